//! The clerks' pages of a department's node: workbooks in, what was understood, drafts, signing, receipts, reviews. Over mutual TLS, as a
//! browser of each person.

mod books;
pub(crate) mod browser;
pub(crate) mod person;
mod refusals;

use client::verify_receipt_file;
use http::StatusCode;
use ledger::RequestSigner;
use node::web::DraftBounds;
use serde_json::{Value, json};
use testkit::{Engine, Province, approver_id, signatory_id, writer_id};

use self::{
    books::{GOOD, book, filled, template_filled},
    person::{Browser, all, one},
};

const CITY: &str = "city-140100";

async fn province_with(drafts: DraftBounds) -> Province {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    province.add_department_with_pages(CITY, drafts).await.unwrap();
    province
}

async fn province() -> Province {
    province_with(DraftBounds::default()).await
}

async fn entries(province: &Province) -> u64 {
    province.head(CITY).await.unwrap().size
}

pub(crate) fn signer(province: &Province, principal: &str) -> RequestSigner {
    province.identities().signer(principal).unwrap()
}

/// What the browser, or `wufei sign`, makes of a file to sign.
pub(crate) fn signed(to_sign: &str, signer: &RequestSigner) -> Value {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let to_sign: Value = serde_json::from_str(to_sign).unwrap();
    let requests = to_sign["requests"].as_array().unwrap();
    let sign = |request: &Value| {
        let message = BASE64_STANDARD.decode(request["message"].as_str().unwrap()).unwrap();
        let signature = client::sign_request(signer, request["method"].as_str().unwrap(), &message).unwrap();
        json!({
            "sha256": request["sha256"], "algorithm": signature.algorithm, "keyId": signature.key_id,
            "value": BASE64_STANDARD.encode(signature.value),
        })
    };
    json!({ "format": "wufei.signed/v1", "signatures": requests.iter().map(sign).collect::<Vec<_>>() })
}

/// Uploads a workbook; the address of the draft.
async fn draft(clerk: &Browser, name: &str, bytes: &[u8]) -> String {
    let got = clerk.upload("/drafts", &[("period", "2024")], name, bytes).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);
    got.header("location").to_owned()
}

/// Signs what a page gives out, and sends it.
async fn sign(
    person: &Browser,
    file: &str,
    action: &str,
    fields: &[(&str, &str)],
    signer: &RequestSigner,
) -> person::Got {
    let to_sign = person.get(file).await;
    assert_eq!(to_sign.status, StatusCode::OK, "{}", to_sign.text);
    let signatures = signed(&to_sign.text, signer).to_string();
    let fields: Vec<_> = fields.iter().copied().chain([("signatures", signatures.as_str())]).collect();
    person.post_with_file(action, &fields, None).await
}

async fn submit(clerk: &Browser, draft: &str, signer: &RequestSigner) -> person::Got {
    sign(clerk, &format!("{draft}/to-sign.json"), &format!("{draft}/sign"), &[], signer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_recorded_before_a_draft_is_signed_and_then_the_receipt_proves_it() {
    let province = province().await;
    let writer = writer_id(CITY);
    let clerk = Browser::of(&province, CITY, &writer);
    let home = clerk.get("/").await.html();
    assert!(one(&home, "main").contains("2024") && one(&home, "main").contains("还有"), "{}", one(&home, "main"));

    let template = clerk.get("/rounds/2024/template.xlsx").await;
    assert_eq!(template.status, StatusCode::OK);
    let book = template_filled(&template.bytes, &[("ZWC2021-26", "35%以上"), ("ZWC2021-11", "约250万吨")]);
    let draft = draft(&clerk, "太原市 2024.xlsx", &book).await;
    let page = clerk.get(&draft).await.html();
    let cells = one(&page, ".understood");
    for understood in ["35%以上", "≥35%（下限）", "约250万吨", "≈250 万吨 = 2 500 000 吨（约数）"] {
        assert!(cells.contains(understood) || page.html().contains(understood), "{understood} in {cells}");
    }
    clerk.get(&format!("{draft}/sign")).await.html();
    assert_eq!(entries(&province).await, 0, "what was uploaded and looked at is in no log");
    let held = json!({ "parent": format!("departments/{CITY}") });
    let list = "wufei.exchange.v1.ObservationQueryService/ListObservations";
    let reader = province.writer(CITY).unwrap();
    assert_eq!(reader.call_json(list, held.clone()).await.unwrap(), json!({}));

    let got = submit(&clerk, &draft, &signer(&province, &writer)).await;
    assert_eq!((got.status, got.header("location")), (StatusCode::SEE_OTHER, "/submissions/0?new"), "{}", got.text);
    let receipt = clerk.get("/submissions/0?new").await.html();
    let text = one(&receipt, "main");
    for told in ["待审核", "已入日志", &writer, "ed25519", "≥35 %"] {
        assert!(text.contains(told), "{told} in {text}");
    }
    let file = clerk.get("/submissions/0/receipt.json").await;
    let file = client::ReceiptFile::parse(&file.text).unwrap();
    let key = std::fs::read_to_string(province.folder(CITY).join("log.vkey")).unwrap().trim().parse().unwrap();
    let verdict = verify_receipt_file(&file, &key).unwrap();
    assert!(verdict.included && verdict.envelope.unwrap().principal == writer);
    let recorded = reader.call_json(list, held).await.unwrap();
    assert_eq!(recorded["observations"].as_array().unwrap().len(), 2, "{recorded}");
    // The draft has become the submission.
    assert_eq!(clerk.get(&draft).await.status, StatusCode::NOT_FOUND);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_on_record_is_not_sent_again_and_another_value_is_a_correction_with_its_reason() {
    let province = province().await;
    let (clerk, own) = (Browser::of(&province, CITY, &writer_id(CITY)), signer(&province, &writer_id(CITY)));
    let first = draft(&clerk, "a.xlsx", &book(GOOD)).await;
    assert_eq!(submit(&clerk, &first, &own).await.header("location"), "/submissions/0?new");
    let again = draft(&clerk, "a.xlsx", &book(GOOD)).await;
    let page = clerk.get(&again).await.text;
    assert!(page.contains("没有要提交") && page.contains("本期已报"), "{page}");
    assert_eq!(clerk.get(&format!("{again}/sign")).await.status, StatusCode::CONFLICT);

    let other = draft(&clerk, "b.xlsx", &book(&filled("ZWC2021-26", "41", "%"))).await;
    assert!(clerk.get(&other).await.text.contains("更正原因"), "a reason is asked for");
    assert_eq!(clerk.get(&format!("{other}/sign?reason=audit-adjustment&note=")).await.status, StatusCode::CONFLICT);
    let (file, action) = (format!("{other}/to-sign.json?reason=audit-adjustment&note=A1"), format!("{other}/sign"));
    let got = sign(&clerk, &file, &action, &[("reason", "audit-adjustment"), ("note", "A1")], &own).await;
    assert_eq!(got.header("location"), "/submissions/1?new", "{}", got.text);
    let reader = province.writer(CITY).unwrap();
    let held = json!({ "parent": format!("departments/{CITY}") });
    let found = reader.call_json("wufei.exchange.v1.ObservationQueryService/ListObservations", held).await.unwrap();
    let figure = &found["observations"][0];
    assert_eq!((&figure["value"]["value"]["value"], &figure["qualifier"]), (&json!("41"), &json!("QUALIFIER_EQUAL")));
    assert_eq!(figure["record"]["revision"], 2, "{figure}");
    assert_eq!(
        figure["record"]["correction"],
        json!({ "reason": "CORRECTION_REASON_AUDIT_ADJUSTMENT", "note": "A1" }),
        "{figure}"
    );
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_table_by_the_page_and_by_the_program_is_recorded_once() {
    let province = province().await;
    let clerk = Browser::of(&province, CITY, &writer_id(CITY));
    let bytes = book(GOOD);
    let draft = draft(&clerk, "a.xlsx", &bytes).await;
    let by_page = submit(&clerk, &draft, &signer(&province, &writer_id(CITY))).await;
    assert_eq!(by_page.header("location"), "/submissions/0?new");
    // As `wufei submit` does it.
    let tables = node::department::Tables::embedded().unwrap();
    let (department, period) = (domain::DepartmentId::parse(CITY).unwrap(), domain::Period::parse("2024").unwrap());
    let today = "2025-07-01".parse().unwrap();
    let round = workbook::Round::new(&tables.catalogue, &tables.regions, period, department, today);
    let reading = workbook::Filled::open(&bytes, &workbook::Limits::default()).unwrap().read(&round).unwrap();
    let rows = reading.observations().map(|(row, observation)| (u64::from(row), observation));
    let submission = client::submit_observations(CITY, rows).unwrap().remove(0);
    let id = client::request_id(CITY, submission.method, &submission.request);
    let mut request = submission.request;
    request["requestId"] = id.to_string().into();
    request["validateOnly"] = false.into();
    let answer = province.writer(CITY).unwrap().call_json(submission.method, request).await.unwrap();
    assert_eq!(answer["receipt"]["requestId"], id.to_string(), "{answer}");
    assert_eq!(answer["receipt"].get("logIndex"), None, "the first entry: {answer}");
    assert_eq!(entries(&province).await, 1);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clerks_really_write_is_understood_and_shown() {
    let province = province().await;
    let clerk = Browser::of(&province, CITY, &writer_id(CITY));
    for (code, value, unit, understood) in [
        ("ZWC2021-26", "35%以上", "%", "≥35%（下限）"),
        ("ZWC2021-11", "约2.5万吨", "万吨", "≈2.5 万吨"),
        ("ZWC2021-11", "１２３", "万吨", "123 万吨"),
        ("ZWC2021-11", "1,234.5", "万吨", "1 234.5 万吨"),
    ] {
        let draft = draft(&clerk, "a.xlsx", &book(&filled(code, value, unit))).await;
        let page = clerk.get(&draft).await.html();
        let row = all(&page, ".understood tbody tr").into_iter().find(|row| row.contains("填报值")).unwrap();
        assert!(row.contains(understood), "{value}: {row}");
        let english = clerk.get(&format!("{draft}?lang=en")).await.html();
        assert!(one(&english, "h1").contains("What was understood"), "{}", one(&english, "h1"));
    }
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_shown_at_their_cells_marked_in_the_workbook_and_corrected_in_the_form() {
    let province = province().await;
    let clerk = Browser::of(&province, CITY, &writer_id(CITY));
    let draft = draft(&clerk, "错.xlsx", &book(&filled("ZWC2021-26", "135", "%"))).await;
    let page = clerk.get(&draft).await.html();
    let wrong = one(&page, ".understood .cell-wrong");
    assert!(wrong.contains("RATE_OUT_OF_RANGE") && wrong.contains("有误"), "{wrong}");
    assert!(!page.html().contains(&format!("{draft}/sign")), "it cannot be signed");
    assert_eq!(clerk.get(&format!("{draft}/sign")).await.status, StatusCode::CONFLICT);
    let marked = clerk.get(&format!("{draft}/marked.xlsx")).await;
    let faults = books::sheet(&marked.bytes, "错误清单");
    assert!(faults.iter().any(|line| line.contains("RATE_OUT_OF_RANGE")), "{faults:?}");

    let field = person::attribute(&page, ".understood .cell-wrong input", "name");
    let got = clerk.post(&format!("{draft}/cells"), &[(&field, "35%以上")]).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);
    let page = clerk.get(&draft).await.html();
    assert!(one(&page, ".understood").contains("≥35%（下限）"), "{}", one(&page, ".understood"));
    assert!(one(&page, "main").contains("135 → 35%以上"), "what was corrected is told");
    assert!(page.html().contains(&format!("{draft}/sign")));
    // Another file takes the place of what was there.
    let got = clerk.upload(&format!("{draft}/replace"), &[], "新.xlsx", &book(&filled("ZWC2021-25", "91", "%"))).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);
    let page = clerk.get(&draft).await.html();
    assert!(one(&page, ".understood").contains("ZWC2021-25") && !page.html().contains("135 →"));
    assert_eq!(clerk.post(&format!("{draft}/delete"), &[]).await.header("location"), "/");
    assert_eq!(clerk.get(&draft).await.status, StatusCode::NOT_FOUND);
    assert_eq!(entries(&province).await, 0);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_does_not_count_is_refused_with_its_reason_and_nothing_is_recorded() {
    let province = province().await;
    let clerk = Browser::of(&province, CITY, &writer_id(CITY));
    let draft = draft(&clerk, "a.xlsx", &book(GOOD)).await;
    let action = format!("{draft}/sign");
    // By the key of somebody else.
    let got = submit(&clerk, &draft, &signer(&province, &approver_id(CITY))).await;
    assert_eq!(got.status, StatusCode::FORBIDDEN, "{}", got.text);
    assert!(got.text.contains("SIGNING_KEY_UNKNOWN"), "{}", got.text);
    // Over other bytes, under the digest of these.
    let to_sign = clerk.get(&format!("{draft}/to-sign.json")).await.text;
    let own = signer(&province, &writer_id(CITY));
    let mut others: Value = serde_json::from_str(&to_sign).unwrap();
    others["requests"][0]["message"] = "b3RoZXI=".into();
    let forged = signed(&others.to_string(), &own).to_string();
    let got = clerk.post_with_file(&action, &[("signatures", &forged)], None).await;
    assert!(got.text.contains("SIGNATURE_INVALID"), "{}", got.text);
    // Over an earlier state of the draft.
    let early = signed(&to_sign, &own).to_string();
    clerk.upload(&format!("{draft}/replace"), &[], "b.xlsx", &book(&filled("ZWC2021-26", "36", "%"))).await;
    let got = clerk.post_with_file(&action, &[("signatures", &early)], None).await;
    assert_eq!(got.status, StatusCode::CONFLICT, "{}", got.text);
    for nothing in ["", "{}", "[1]", "not json"] {
        let got = clerk.post_with_file(&action, &[("signatures", nothing)], None).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{nothing}: {}", got.text);
    }
    assert_eq!(entries(&province).await, 0);
    // The same signatures as a file, which is how a key that no browser takes is used.
    let file = signed(&clerk.get(&format!("{draft}/to-sign.json")).await.text, &own).to_string();
    let got = clerk.post_with_file(&action, &[], Some(("signatures", "signed.json", file.as_bytes()))).await;
    assert_eq!(got.header("location"), "/submissions/0?new", "{}", got.text);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_is_reviewed_signed_or_returned_on_the_pages_by_two_others() {
    let province = province().await;
    let (writer, approver, signatory) = (writer_id(CITY), approver_id(CITY), signatory_id(CITY));
    let person = |principal: &str| Browser::of(&province, CITY, principal);
    let clerk = person(&writer);
    for value in ["35", "36"] {
        let code = if value == "35" { "ZWC2021-26" } else { "ZWC2021-25" };
        let draft = draft(&clerk, "a.xlsx", &book(&filled(code, value, "%"))).await;
        submit(&clerk, &draft, &signer(&province, &writer)).await;
    }
    let waits = person(&approver).get("/submissions").await.html();
    assert_eq!(all(&waits, "tbody tr").iter().filter(|row| row.contains("待审核")).count(), 2);
    let endorse = async |principal: &str, index: u64, query: &str, fields: &[(&str, &str)]| {
        let file = format!("/submissions/{index}/to-sign.json?{query}");
        let action = format!("/submissions/{index}/endorse");
        sign(&person(principal), &file, &action, fields, &signer(&province, principal)).await
    };
    let approved = [("verdict", "approved"), ("note", "")];
    // Who submits never reviews: the policies say so.
    let own = clerk.get("/submissions/0/endorse?verdict=approved").await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "{}", own.text);
    let got = endorse(&approver, 0, "verdict=approved", &approved).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);
    assert!(clerk.get("/submissions/0").await.text.contains("待签署"));
    // The reviewer is not the signatory.
    let got = endorse(&approver, 0, "verdict=approved", &approved).await;
    assert!(got.text.contains("ROLE_CONFLICT"), "{}", got.text);
    let got = endorse(&signatory, 0, "verdict=approved", &approved).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);
    assert!(clerk.get("/submissions/0").await.text.contains("已签署定稿"));
    // A return needs its reason.
    let bare = person(&approver).get("/submissions/1/endorse?verdict=returned&note=").await;
    assert_eq!(bare.status, StatusCode::CONFLICT, "{}", bare.text);
    let note = "第2行单位请核实";
    let query = "verdict=returned&note=%E7%AC%AC2%E8%A1%8C%E5%8D%95%E4%BD%8D%E8%AF%B7%E6%A0%B8%E5%AE%9E";
    let got = endorse(&approver, 1, query, &[("verdict", "returned"), ("note", note)]).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);
    let returned = clerk.get("/submissions/1").await.text;
    assert!(returned.contains("已退回") && returned.contains(note), "{returned}");
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_returned_is_submitted_anew_and_says_what_it_replaces() {
    let province = province().await;
    let (writer, approver) = (writer_id(CITY), approver_id(CITY));
    let (clerk, own) = (Browser::of(&province, CITY, &writer), signer(&province, &writer));
    let template = clerk.get("/rounds/2024/template.xlsx").await.bytes;
    let figures = |value| template_filled(&template, &[("ZWC2021-26", value), ("ZWC2021-11", "250")]);
    let first = draft(&clerk, "a.xlsx", &figures("35")).await;
    submit(&clerk, &first, &own).await;
    // Before it is returned, what is on record as it is stays as it is.
    let early = draft(&clerk, "a.xlsx", &figures("35")).await;
    assert_eq!(clerk.get(&format!("{early}/sign")).await.status, StatusCode::CONFLICT);
    let fields = [("verdict", "returned"), ("note", "A1")];
    let file = "/submissions/0/to-sign.json?verdict=returned&note=A1";
    let reviewer = Browser::of(&province, CITY, &approver);
    let got = sign(&reviewer, file, "/submissions/0/endorse", &fields, &signer(&province, &approver)).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);

    // One figure is corrected, the other was returned with it and goes along as it is.
    let second = draft(&clerk, "b.xlsx", &figures("36")).await;
    let page = clerk.get(&second).await.html();
    assert!(one(&page, "main").contains("更正 1 项，退回后原样重报 1 项"), "{}", one(&page, "main"));
    let query = "reason=clerical-error&note=B2";
    let (file, action) = (format!("{second}/to-sign.json?{query}"), format!("{second}/sign"));
    let got = sign(&clerk, &file, &action, &[("reason", "clerical-error"), ("note", "B2")], &own).await;
    assert_eq!(got.header("location"), "/submissions?new", "{}", got.text);
    let reader = province.writer(CITY).unwrap();
    let held = json!({ "parent": format!("departments/{CITY}") });
    let found = reader.call_json("wufei.exchange.v1.ObservationQueryService/ListObservations", held).await.unwrap();
    let found = found["observations"].as_array().unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    for figure in found {
        assert_eq!(figure["record"]["revision"], 2, "{figure}");
        assert_eq!(figure["record"]["correction"]["note"], "替换已退回的第 0 条报送：B2", "{figure}");
    }
    // Whoever reviews it sees the figure and why, and it goes its way as any submission.
    let anew = one(&reviewer.get("/submissions/2").await.html(), "main");
    for told in ["待审核", "笔误", "替换已退回的第 0 条报送：B2", "ZWC2021-"] {
        assert!(anew.contains(told), "{told} in {anew}");
    }
    let waits = reviewer.get("/submissions").await.html();
    assert_eq!(person::attributes(&waits, "input[name=index]", "value"), ["3", "2"], "several can be ticked");
    let file = "/submissions/to-sign.json?verdict=approved&index=2&index=3";
    let fields = [("verdict", "approved"), ("note", ""), ("index", "2"), ("index", "3")];
    let got = sign(&reviewer, file, "/submissions/endorse", &fields, &signer(&province, &approver)).await;
    assert_eq!(got.header("location"), "/submissions", "{}", got.text);
    assert_eq!(reviewer.get("/submissions").await.text.matches("待签署").count(), 2);
    // It was not returned itself, so there is nothing to submit once more.
    let third = draft(&clerk, "b.xlsx", &figures("36")).await;
    assert_eq!(clerk.get(&format!("{third}/sign")).await.status, StatusCode::CONFLICT);
    province.end().await.unwrap();
}
