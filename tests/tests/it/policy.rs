//! Who may read what: the policies, purposes and grants at the public doors.

use std::time::Duration;

use client::{CallError, Connection, Options, Refusal};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use testkit::{AGGREGATOR, Call, Engine, Province, auditor_id, until, writer_id};

use crate::figures::CITY;

const QUERY: &str = "wufei.exchange.v1.ObservationQueryService";
const PURPOSE: &str = "全省回收网络规划2026";
const TAIYUAN: &str = "140100";
const DATONG: &str = "140200";

/// The ecology department's figure of a city.
fn figure(region: &str, day: &str) -> Call {
    let observation = json!({
        "indicator": "ZWC2021-26", "region": region, "period": { "value": day }, "scope": "SCOPE_WHOLE_CITY",
        "measure": "MEASURE_ACTUAL", "qualifier": "QUALIFIER_EQUAL", "value": { "value": { "value": "36" }, "unit": "%" },
        "status": "OBSERVATION_STATUS_NORMAL", "reportingParty": "省生态环境厅",
    });
    let request = json!({ "parent": "departments/ecology", "requests": [{ "observation": observation }] });
    Call::new("ecology", "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations", request)
}

fn name(region: &str, day: &str) -> String {
    format!("departments/ecology/observations/zwc2021-26--{region}--{day}--whole-city--actual")
}

/// The ecology node with one figure of Taiyuan and one of Datong.
async fn ecology() -> Province {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    province.add_department("ecology").await.unwrap();
    submit(&province, &[figure(TAIYUAN, "2024-01-01"), figure(DATONG, "2024-01-01")]).await;
    province
}

async fn submit(province: &Province, calls: &[Call]) {
    province.submit(&province.writer("ecology").unwrap(), calls).await.unwrap();
}

fn with_purpose(province: &Province, service: &str, principal: &str) -> Connection {
    let options = Options { purpose: Some(PURPOSE.to_owned()), ..Options::default() };
    province.caller_with(service, principal, &options).unwrap()
}

/// A grant to the commerce department's writer.
fn grant(more: &str) -> String {
    let principal = writer_id("commerce");
    format!(
        "[[grant]]\nid = \"g-1\"\nprincipal = {principal:?}\npurpose = {PURPOSE:?}\nbasis = \"示例\"\nclasses = [\"figures\", \
         \"log\"]\nnot_before = 2025-01-01\nnot_after = 2025-12-31\n{more}\n"
    )
}

fn list() -> Value {
    json!({ "parent": "departments/ecology" })
}

async fn call(caller: &Connection, method: &str, request: Value) -> Result<Value, Refusal> {
    match caller.call_json(method, request).await {
        Ok(answer) => Ok(answer),
        Err(CallError::Refused(refusal)) => Err(*refusal),
        Err(other) => panic!("{other}"),
    }
}

async fn refused(caller: &Connection, method: &str, request: Value) -> (String, String) {
    let refusal = call(caller, method, request).await.unwrap_err();
    assert!(!refusal.facts["ask"].is_empty(), "{refusal:?}");
    (refusal.reason, refusal.facts["rule"].clone())
}

/// Regions of the figures that somebody lists.
async fn listed(caller: &Connection) -> Vec<String> {
    let answer = call(caller, &format!("{QUERY}/ListObservations"), list()).await.unwrap();
    let of = |figure: &Value| figure["region"].as_str().unwrap().to_owned();
    answer["observations"].as_array().map(|figures| figures.iter().map(of).collect()).unwrap_or_default()
}

fn words(reason: &str, rule: &str) -> (String, String) {
    (reason.to_owned(), rule.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_city_reads_its_own_region_everywhere_and_nothing_of_another() {
    let mut province = ecology().await;
    province.add_aggregator().await.unwrap();
    province.followed("ecology").await.unwrap();
    for server in ["ecology", AGGREGATOR] {
        let city = province.caller(server, &writer_id(CITY)).unwrap();
        assert_eq!(listed(&city).await, [TAIYUAN], "{server}");
        let get = |region| json!({ "name": name(region, "2024-01-01") });
        call(&city, &format!("{QUERY}/GetObservation"), get(TAIYUAN)).await.unwrap();
        for method in ["GetObservation", "ListObservationRevisions"] {
            assert_eq!(
                refused(&city, &format!("{QUERY}/{method}"), get(DATONG)).await,
                words("PURPOSE_REQUIRED", "grant-opens-conditional-data"),
                "{server} {method}"
            );
        }
        // Of a row that nobody recorded it hears the same, so asking does not tell which rows there are.
        let absent = json!({ "name": name(DATONG, "2023-01-01") });
        let (get_one, denied) =
            (format!("{QUERY}/GetObservation"), words("PURPOSE_REQUIRED", "grant-opens-conditional-data"));
        assert_eq!(refused(&city, &get_one, absent.clone()).await, denied, "{server}");
        let owner = province.caller(server, &writer_id("ecology")).unwrap();
        let refusal = call(&owner, &get_one, absent).await.unwrap_err();
        assert_eq!(refusal.reason, if server == "ecology" { "RESOURCE_NOT_FOUND" } else { "PURPOSE_REQUIRED" });
        let summarize = "wufei.funding.v1.FundingQueryService/SummarizeFunding";
        assert_eq!(refused(&city, summarize, list()).await.0, "PURPOSE_REQUIRED", "{server}");
        let mut pages = city.stream_json(&format!("{QUERY}/ExportObservations"), list()).await.unwrap();
        let only = pages.next().await.unwrap().unwrap();
        assert_eq!(only["observations"].as_array().unwrap().len(), 1);
        assert!(pages.next().await.is_none());
    }
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_may_not_be_read_comes_as_its_hash_and_the_tree_still_checks() {
    let province = ecology().await;
    let mut log = province.caller("ecology", &writer_id(CITY)).unwrap().log();
    let request = contracts::log::v1::FollowEntriesRequest::default();
    let message = log.follow_entries(request).await.unwrap().into_inner().message().await.unwrap().unwrap();
    let shown: Vec<_> = message.entries.iter().map(|entry| !entry.request.is_empty()).collect();
    assert_eq!(shown, [true, false]);
    assert!(message.entries[1].leaf.is_empty() && message.entries[1].row_seed.is_empty());
    let key = std::fs::read_to_string(province.folder("ecology").join("log.vkey")).unwrap();
    let mut verifier = client::Verifier::new(key.trim().parse().unwrap(), ledger::CompactRange::empty());
    assert_eq!(verifier.accept(message).unwrap().entries.len(), 2);

    let city = province.caller("ecology", &writer_id(CITY)).unwrap();
    let proof = |index: u64| json!({ "logIndex": index.to_string() });
    for method in ["GetRowProof", "GetReceipt"] {
        let method = format!("wufei.log.v1.LogService/{method}");
        call(&city, &method, proof(0)).await.unwrap();
        assert_eq!(refused(&city, &method, proof(1)).await.0, "PURPOSE_REQUIRED");
    }
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_opens_what_it_names_for_its_purpose_only() {
    let province = ecology().await;
    let method = format!("{QUERY}/ListObservations");
    let plain = province.caller("ecology", &writer_id("commerce")).unwrap();
    let stated = with_purpose(&province, "ecology", &writer_id("commerce"));
    let required = words("PURPOSE_REQUIRED", "grant-opens-conditional-data");
    for caller in [&plain, &stated] {
        assert_eq!(refused(caller, &method, list()).await, required);
    }
    province.grant("ecology", &grant(&format!("regions = [{DATONG:?}]"))).unwrap();
    until("the grant", async || Ok(call(&stated, &method, list()).await.ok())).await.unwrap();
    assert_eq!(listed(&stated).await, [DATONG]);
    assert_eq!(refused(&plain, &method, list()).await, required);
    // Granted to one, not to others, and never to those who keep the servers.
    let other = with_purpose(&province, "ecology", &writer_id("scitech"));
    assert_eq!(refused(&other, &method, list()).await, required);
    let operator = with_purpose(&province, "ecology", &testkit::operator_id());
    assert_eq!(refused(&operator, &method, list()).await, words("PERMISSION_DENIED", "operator-reads-no-data"));

    province.end().await.unwrap();
}

/// The reason with which a watch ends within five seconds.
async fn end(
    watch: &mut (impl futures_util::Stream<Item = Result<Value, CallError>> + Unpin),
) -> (String, Option<String>) {
    let end = async {
        loop {
            match watch.next().await.expect("the watch ended without a status") {
                Ok(_) => {}
                Err(CallError::Refused(refusal)) => {
                    return (refusal.reason.clone(), refusal.facts.get("grant").cloned());
                }
                Err(other) => panic!("{other}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), end).await.expect("the watch goes on")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_grant_ends_the_running_stream() {
    let province = ecology().await;
    province.grant("ecology", &grant("")).unwrap();
    let caller = with_purpose(&province, "ecology", &writer_id("commerce"));
    let method = format!("{QUERY}/ListObservations");
    until("the grant", async || Ok(call(&caller, &method, list()).await.ok())).await.unwrap();
    let mut watch = caller.stream_json(&format!("{QUERY}/WatchObservations"), list()).await.unwrap();
    let first = watch.next().await.unwrap().unwrap();
    assert_eq!(first["observations"].as_array().unwrap().len(), 2);
    province.grant("ecology", &grant("revoked = true")).unwrap();
    assert_eq!(end(&mut watch).await, ("GRANT_ENDED".to_owned(), Some("g-1".to_owned())));
    assert_eq!(refused(&caller, &method, list()).await.0, "GRANT_ENDED");
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_ends_while_a_stream_runs_stops_the_next_message() {
    let province = ecology().await;
    province.grant("ecology", &grant("")).unwrap();
    let caller = with_purpose(&province, "ecology", &writer_id("commerce"));
    let method = format!("{QUERY}/ListObservations");
    until("the grant", async || Ok(call(&caller, &method, list()).await.ok())).await.unwrap();
    let mut watch = caller.stream_json(&format!("{QUERY}/WatchObservations"), list()).await.unwrap();
    watch.next().await.unwrap().unwrap();
    // The first second of 2026 in China.
    province.clock().set("2025-12-31T16:00:00Z".parse().unwrap());
    submit(&province, &[figure(TAIYUAN, "2024-01-02")]).await;
    assert_eq!(end(&mut watch).await, ("GRANT_ENDED".to_owned(), Some("g-1".to_owned())));
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrowed_grant_narrows_the_running_stream() {
    let province = ecology().await;
    province.grant("ecology", &grant("")).unwrap();
    let caller = with_purpose(&province, "ecology", &writer_id("commerce"));
    let method = format!("{QUERY}/ListObservations");
    until("the grant", async || Ok(call(&caller, &method, list()).await.ok())).await.unwrap();
    let mut watch = caller.stream_json(&format!("{QUERY}/WatchObservations"), list()).await.unwrap();
    watch.next().await.unwrap().unwrap();
    province.grant("ecology", &grant(&format!("regions = [{DATONG:?}]"))).unwrap();
    until("the narrower grant", async || Ok((listed(&caller).await == [DATONG]).then_some(()))).await.unwrap();
    submit(&province, &[figure(TAIYUAN, "2024-01-02"), figure(DATONG, "2024-01-02")]).await;
    let next = async {
        loop {
            let message = watch.next().await.unwrap().unwrap();
            if let Some(figure) = message["observations"].get(0) {
                assert_eq!(figure["region"], DATONG, "{figure}");
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), next).await.expect("no figure of Datong came");
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_was_taken_away_ends_the_running_stream() {
    let province = ecology().await;
    let auditor = province.caller("ecology", &auditor_id()).unwrap();
    let mut watch = auditor.stream_json(&format!("{QUERY}/WatchObservations"), list()).await.unwrap();
    watch.next().await.unwrap().unwrap();
    let demote = |document: &mut directory::Document| {
        let listed = document.members.iter_mut().find(|member| member.principal.as_str() == auditor_id()).unwrap();
        listed.roles = [policy::Role::Operator].into();
    };
    province.identities().publish(demote).unwrap();
    assert_eq!(end(&mut watch).await.0, "PERMISSION_DENIED");
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_city_reads_its_own_score_and_not_that_of_others() {
    let province = Province::of(&["ecology", CITY], Engine::Sqlite).await.unwrap();
    province.submit_letter().await.unwrap();
    let run = province.evaluate().await.unwrap();
    let city = province.caller(AGGREGATOR, &writer_id(CITY)).unwrap();
    let explain = |unit: &str| json!({ "name": run["name"], "unit": unit });
    let method = "wufei.evaluation.v1.EvaluationService/ExplainScore";
    call(&city, method, explain(TAIYUAN)).await.unwrap();
    assert_eq!(refused(&city, method, explain(DATONG)).await.0, "PURPOSE_REQUIRED");
    let get = "wufei.evaluation.v1.EvaluationService/GetEvaluationRun";
    let seen = call(&city, get, json!({ "name": run["name"] })).await.unwrap();
    let units = seen["evaluationRun"]["units"].as_array().unwrap();
    assert_eq!(units.iter().map(|unit| unit["unit"].as_str().unwrap()).collect::<Vec<_>>(), [TAIYUAN]);

    let report = province.report(&run).await.unwrap();
    let cell = |cell: &str| json!({ "name": report["name"], "cell": cell });
    let method = "wufei.evaluation.v1.ReportService/ExplainCell";
    call(&city, method, cell("score/140100")).await.unwrap();
    for other in ["score/140200", "rank/140100"] {
        assert_eq!(refused(&city, method, cell(other)).await.0, "PURPOSE_REQUIRED", "{other}");
    }
    province.end().await.unwrap();
}
