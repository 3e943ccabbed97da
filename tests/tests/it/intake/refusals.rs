//! What the clerks' pages refuse: people of elsewhere, forms of elsewhere, files that are too large, drafts of others, scripts.

use directory::Member;
use domain::Text;
use http::StatusCode;
use node::web::DraftBounds;
use policy::{Principal, Role};
use serde_json::json;
use testkit::{approver_id, until, writer_id};

use super::{
    CITY,
    books::{GOOD, book},
    draft,
    person::{Browser, all, attributes},
    province, province_with,
};

#[tokio::test(flavor = "multi_thread")]
async fn somebody_of_another_department_gets_nothing_and_the_refusal_is_recorded() {
    let province = province().await;
    let stranger = Browser::of(&province, CITY, &writer_id("commerce"));
    for path in ["/", "/rounds/2024", "/rounds/2024/template.xlsx", "/submissions"] {
        let got = stranger.get(path).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{path}");
        assert!(got.text.contains("PERMISSION_DENIED"), "{path}: {}", got.text);
    }
    let token = stranger.token_of_nothing();
    let got = stranger.upload_with(&token, "/drafts", &[], "a.xlsx", &book(GOOD)).await;
    assert_eq!(got.status, StatusCode::FORBIDDEN, "{}", got.text);
    // The department's own approver reviews and submits nothing.
    let approver = Browser::of(&province, CITY, &approver_id(CITY));
    assert_eq!(approver.get("/").await.header("location"), "/submissions");
    assert_eq!(approver.get("/rounds/2024").await.status, StatusCode::FORBIDDEN);
    let records = "wufei.log.v1.AuditLogService/ListAuditRecords";
    let auditor = province.auditor(CITY).unwrap();
    until("the record of the refusal", async || {
        let found = auditor.call_json(records, json!({ "pageSize": 1000 })).await?.to_string();
        Ok((found.contains(&writer_id("commerce")) && found.contains("BatchCreateObservations")).then_some(()))
    })
    .await
    .unwrap();
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_the_token_of_its_person_changes_nothing() {
    let province = province().await;
    let (clerk, approver) =
        (Browser::of(&province, CITY, &writer_id(CITY)), Browser::of(&province, CITY, &approver_id(CITY)));
    let draft = draft(&clerk, "a.xlsx", &book(GOOD)).await;
    let (own, none) = (clerk.token().await, String::new());
    let mut other = own.clone();
    other.replace_range(..2, if own.starts_with("00") { "11" } else { "00" });
    for token in [&none, &other] {
        let got = clerk.upload_with(token, "/drafts", &[], "b.xlsx", &book(GOOD)).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{}", got.text);
        for action in ["cells", "delete"] {
            let got = clerk.post_with(token, &format!("{draft}/{action}"), &[]).await;
            assert_eq!(got.status, StatusCode::FORBIDDEN, "{action}: {}", got.text);
        }
        let got = clerk.upload_with(token, &format!("{draft}/sign"), &[("signatures", "{}")], "", &[]).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{}", got.text);
    }
    // The token of one person is none for another.
    let got = approver.upload_with(&own, "/submissions/0/endorse", &[("verdict", "approved")], "", &[]).await;
    assert_eq!(got.status, StatusCode::FORBIDDEN, "{}", got.text);
    assert!(got.text.contains("表单已失效"), "{}", got.text);
    assert_eq!(clerk.get(&draft).await.status, StatusCode::OK);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_too_large_or_no_workbook_is_refused_and_drafts_are_bounded() {
    let bounds = DraftBounds { per_person: 2, file_bytes: 64 << 10, ..DraftBounds::default() };
    let province = province_with(bounds).await;
    let clerk = Browser::of(&province, CITY, &writer_id(CITY));
    let got = clerk.upload("/drafts", &[("period", "2024")], "大.xlsx", &vec![7; 1 << 20]).await;
    assert_eq!(got.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", got.text);
    assert!(got.text.contains("64 KB"), "{}", got.text);
    for (name, bytes) in
        [("a.txt", b"text".to_vec()), ("b.xlsx", b"PK\x03\x04 broken".to_vec()), ("c.xlsx", Vec::new())]
    {
        let got = clerk.upload("/drafts", &[("period", "2024")], name, &bytes).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{name}: {}", got.text);
    }
    // A workbook without the marks of a template names no round.
    let got = clerk.upload("/drafts", &[("period", "")], "a.xlsx", &book(GOOD)).await;
    assert_eq!(got.status, StatusCode::BAD_REQUEST, "{}", got.text);
    for _draft in 0..2 {
        draft(&clerk, "a.xlsx", &book(GOOD)).await;
    }
    let got = clerk.upload("/drafts", &[("period", "2024")], "a.xlsx", &book(GOOD)).await;
    assert_eq!(got.status, StatusCode::CONFLICT, "{}", got.text);
    assert!(got.text.contains("上限"), "{}", got.text);
    assert_eq!(all(&clerk.get("/").await.html(), "section:nth-of-type(3) tbody tr").len(), 2);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_seen_by_the_person_who_uploaded_it_only() {
    let province = province().await;
    let identities = province.identities();
    let second = format!("{}2", writer_id(CITY));
    let member = Member {
        principal: Principal::parse(&second).unwrap(),
        display: Text::new("测试", "test"),
        roles: [Role::DepartmentWriter].into(),
        department: Some(domain::DepartmentId::parse(CITY).unwrap()),
        regions: [domain::RegionCode::parse("140100").unwrap()].into(),
        suspended: false,
        signing_keys: Vec::new(),
    };
    identities.publish(|document| document.enter(member).unwrap()).unwrap();
    let (clerk, colleague) = (Browser::of(&province, CITY, &writer_id(CITY)), Browser::of(&province, CITY, &second));
    until("the colleague in the directory", async || {
        Ok((colleague.get("/").await.status == StatusCode::OK).then_some(()))
    })
    .await
    .unwrap();
    let draft = draft(&clerk, "机密.xlsx", &book(GOOD)).await;
    assert!(clerk.get("/").await.text.contains("机密.xlsx"));
    assert!(!colleague.get("/").await.text.contains("机密.xlsx"));
    for path in
        [draft.clone(), format!("{draft}/sign"), format!("{draft}/marked.xlsx"), format!("{draft}/to-sign.json")]
    {
        assert_eq!(colleague.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let got = colleague.post(&format!("{draft}/delete"), &[]).await;
    assert_eq!(got.status, StatusCode::NOT_FOUND, "{}", got.text);
    assert_eq!(clerk.get(&draft).await.status, StatusCode::OK);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clerks_pages_load_nothing_from_elsewhere_and_hold_no_script_or_key() {
    let province = province().await;
    let clerk = Browser::of(&province, CITY, &writer_id(CITY));
    let draft = draft(&clerk, "<script>alert(1)</script>.xlsx", &book(GOOD)).await;
    for lang in ["zh", "en"] {
        for path in ["/", "/rounds/2024", &draft, &format!("{draft}/sign"), "/submissions", "/no/such/page"] {
            let got = clerk.get(&format!("{path}?lang={lang}")).await;
            let policy = got.header("content-security-policy");
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
            assert_eq!((got.header("cache-control"), got.header("x-content-type-options")), ("no-store", "nosniff"));
            assert!(!got.text.contains("<script>alert"), "{path}");
            let html = scraper::Html::parse_document(&got.text);
            assert_eq!(all(&html, "script").concat(), "", "{path}");
            assert_eq!((all(&html, "main").len(), all(&html, "h1").len()), (1, 1), "{path}");
            assert_eq!(all(&html, "table").len(), all(&html, "table > caption").len(), "{path}");
        }
    }
    let sign = clerk.get(&format!("{draft}/sign")).await.html();
    assert!(attributes(&sign, "#key", "name").is_empty(), "the field of the key is not sent");
    province.end().await.unwrap();
}
