//! What each role may do, and what it never may.

use policy::{Permit, Refusal};
use rstest::rstest;

use crate::support::{
    ACCEPT, AUDIT, CHECKPOINT, COMMITMENT, ENDORSE, FOLLOW, FUNDING, INDICATORS, LIST, MILESTONES, PUBLISH, REPORT,
    REQUESTS, RUN, SUBMIT, ask, word,
};

#[rstest]
// A department's own node.
#[case("department-writer@commerce", "commerce", SUBMIT, "write")]
#[case("department-writer@commerce", "commerce", LIST, "read")]
#[case("department-writer@commerce", "commerce", FOLLOW, "read")]
#[case("department-writer@commerce", "commerce", ENDORSE, "PERMISSION_DENIED writer-never-endorses")]
#[case("department-approver@commerce", "commerce", ENDORSE, "write")]
#[case("department-approver@commerce", "commerce", LIST, "read")]
#[case("department-approver@commerce", "commerce", SUBMIT, "PERMISSION_DENIED approver-never-submits")]
// Another department's node.
#[case("department-writer@commerce", "scitech", SUBMIT, "PERMISSION_DENIED only-the-owner-writes")]
#[case("department-approver@commerce", "scitech", ENDORSE, "PERMISSION_DENIED only-the-owner-writes")]
#[case("department-writer@commerce", "scitech", LIST, "PURPOSE_REQUIRED grant-opens-conditional-data")]
#[case("department-writer@commerce", "scitech", REQUESTS, "read")]
#[case("department-writer@commerce", "ecology", MILESTONES, "read")]
#[case("node@commerce", "ecology", MILESTONES, "read")]
#[case("node@commerce", "ecology", CHECKPOINT, "read")]
#[case("node@commerce", "ecology", "/wufei.log.v1.WitnessService/AddCheckpoint", "write")]
#[case("node@commerce", "ecology", LIST, "PURPOSE_REQUIRED grant-opens-conditional-data")]
// A city, about its own region.
#[case("department-writer@city-140100", "commerce", LIST, "read")]
#[case("department-writer@city-140100", "aggregator", LIST, "read")]
#[case("department-writer@city-140100", "aggregator", RUN, "PERMISSION_DENIED no-policy")]
// The aggregator follows and reads, and writes nowhere.
#[case("aggregator@aggregator", "commerce", FOLLOW, "read")]
#[case("aggregator@aggregator", "commerce", FUNDING, "read")]
#[case("aggregator@aggregator", "commerce", SUBMIT, "PERMISSION_DENIED only-the-owner-writes")]
// The evaluator works at the aggregator.
#[case("evaluator", "aggregator", RUN, "write")]
#[case("evaluator", "aggregator", ACCEPT, "write")]
#[case("evaluator", "aggregator", PUBLISH, "write")]
#[case("evaluator", "aggregator", LIST, "read")]
#[case("evaluator", "aggregator", COMMITMENT, "PERMISSION_DENIED no-policy")]
#[case("evaluator", "commerce", LIST, "PURPOSE_REQUIRED grant-opens-conditional-data")]
// The lead department keeps the follow-up there, and does not accept what it reported.
#[case("department-writer@ecology", "aggregator", COMMITMENT, "write")]
#[case("department-writer@ecology", "aggregator", PUBLISH, "PERMISSION_DENIED no-policy")]
#[case("department-approver@ecology", "aggregator", PUBLISH, "write")]
#[case("department-approver@ecology", "aggregator", RUN, "PERMISSION_DENIED no-policy")]
#[case("department-approver@commerce", "aggregator", PUBLISH, "PERMISSION_DENIED no-policy")]
#[case("department-writer@ecology", "aggregator", ACCEPT, "PERMISSION_DENIED no-policy")]
#[case("department-writer@ecology", "aggregator", FOLLOW, "read")]
#[case("department-writer@commerce", "aggregator", COMMITMENT, "PERMISSION_DENIED no-policy")]
#[case("department-writer@commerce", "aggregator", REPORT, "read")]
// The auditor reads everything.
#[case("auditor", "commerce", AUDIT, "read")]
#[case("auditor", "commerce", LIST, "read")]
#[case("auditor", "commerce", SUBMIT, "PERMISSION_DENIED auditor-never-writes")]
// Operators and administrators see no data.
#[case("operator", "commerce", CHECKPOINT, "read")]
#[case("operator", "commerce", LIST, "PERMISSION_DENIED operator-reads-no-data")]
#[case("operator", "commerce", AUDIT, "PERMISSION_DENIED audit-log-is-for-auditors")]
#[case("administrator", "commerce", INDICATORS, "read")]
#[case("administrator", "commerce", AUDIT, "PERMISSION_DENIED administrator-only-describes")]
#[case("administrator", "commerce", CHECKPOINT, "PERMISSION_DENIED administrator-only-describes")]
// The public reads what is open, at the aggregator.
#[case("public", "aggregator", REPORT, "read")]
#[case("public", "aggregator", INDICATORS, "read")]
#[case("public", "aggregator", AUDIT, "PERMISSION_DENIED audit-log-is-for-auditors")]
#[case("public", "aggregator", FUNDING, "PERMISSION_DENIED public-reads-nothing-else")]
#[case("public", "aggregator", LIST, "PERMISSION_DENIED public-reads-nothing-else")]
#[case("public", "aggregator", CHECKPOINT, "PERMISSION_DENIED public-reads-nothing-else")]
#[case("public", "aggregator", RUN, "PERMISSION_DENIED public-reads-nothing-else")]
#[case("public", "ecology", MILESTONES, "PERMISSION_DENIED public-reads-nothing-else")]
#[case("public", "ecology", INDICATORS, "PERMISSION_DENIED public-reads-nothing-else")]
// A member without a role describes, and no more.
#[case("", "commerce", INDICATORS, "read")]
#[case("", "commerce", CHECKPOINT, "PURPOSE_REQUIRED grant-opens-conditional-data")]
#[case("", "commerce", SUBMIT, "PERMISSION_DENIED only-the-owner-writes")]
fn a_role_decides(#[case] who: &str, #[case] node: &str, #[case] method: &str, #[case] expected: &str) {
    assert_eq!(word(&ask(who, node).call(method)), expected);
}

#[test]
fn what_is_forbidden_stays_forbidden_with_a_second_role() {
    for (roles, method, rule) in [
        ("auditor+department-writer@commerce", SUBMIT, "auditor-never-writes"),
        ("administrator+auditor", AUDIT, "administrator-only-describes"),
        ("operator+evaluator", LIST, "operator-reads-no-data"),
        ("department-writer+department-approver@commerce", SUBMIT, "approver-never-submits"),
        ("public+department-writer@commerce", LIST, "public-reads-nothing-else"),
        ("department-writer+department-approver@commerce", ENDORSE, "writer-never-endorses"),
    ] {
        let denied = ask(roles, "commerce").call(method).unwrap_err();
        assert_eq!((&*denied.rule, &denied.why), (rule, &Refusal::Forbidden), "{roles}");
    }
}

#[test]
fn the_method_may_be_written_with_and_without_its_slash_and_only_as_it_is_served() {
    let writer = ask("department-writer@commerce", "commerce");
    assert_eq!(writer.call(LIST.trim_start_matches('/')).unwrap().method(), LIST);
    for method in ["", "/", "//", "/wufei.exchange.v1.ObservationQueryService", &LIST.to_uppercase(), "/read-data"] {
        assert_eq!(word(&writer.call(method)), "NOT_IMPLEMENTED not-served", "{method}");
    }
}

#[test]
fn a_permit_says_what_it_rests_on() {
    let permit = ask("department-writer@commerce", "commerce").call(SUBMIT).unwrap();
    assert_eq!(permit.principal().as_str(), "spiffe://wufei.test/department-writer/commerce");
    assert_eq!((&*permit.basis().rule, &permit.basis().grant), ("writer-submits-at-own-node", &None));
    assert!(matches!(permit, Permit::Write(_)) && permit.grants().is_empty());
}

#[test]
fn a_refusal_names_the_rule_and_whom_to_ask_in_both_languages() {
    let denied = ask("auditor", "commerce").call(SUBMIT).unwrap_err();
    let (zh, en) = (denied.zh(), denied.to_string());
    for part in ["auditor", "BatchCreateObservations", "auditor-never-writes", "节点管理员"] {
        assert!(zh.contains(part) && en.contains(part), "{zh} / {en}");
    }
    assert!(zh.contains("审计人员不写入") && en.contains("an auditor writes nothing"), "{zh} / {en}");
}
