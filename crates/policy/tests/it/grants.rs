//! Grants: what opens conditional data, for which purpose, in which scope, until when.

use policy::{Grants, Refusal, Row};
use rstest::rstest;

use crate::support::{Ask, FOLLOW, FUNDING, LIST, SUBMIT, ask, member, policy, region, word};

const PURPOSE: &str = "planning-2026";

fn file(lines: &str) -> String {
    let head = "[[grant]]\nid = \"g-1\"\nprincipal = \"spiffe://wufei.test/department-writer/commerce\"\n";
    format!(
        "{head}purpose = \"{PURPOSE}\"\nbasis = \"示例\"\nnot_before = 2026-01-01\nnot_after = 2026-12-31\n{lines}\n"
    )
}

fn parse(text: &str) -> Grants {
    Grants::parse(text, "wufei.test", policy()).unwrap()
}

/// The commerce department's writer at the science department's node.
fn with(lines: &str) -> Ask<'static> {
    Ask { purpose: Some(PURPOSE), grants: parse(&file(lines)), ..ask("department-writer@commerce", "scitech") }
}

fn row<'a>(region: &'a str, class: &'a str) -> Row<'a> {
    Row { department: "scitech", region, class }
}

#[test]
fn a_grant_opens_its_classes_and_the_permit_names_it() {
    let asked = with(r#"classes = ["figures"]"#);
    let permit = asked.call(LIST).unwrap();
    let basis = permit.basis();
    assert_eq!((&*basis.rule, basis.grant.as_deref()), ("grant-opens-conditional-data", Some("g-1")));
    assert_eq!(basis.purpose.as_deref(), Some(PURPOSE));
    assert!(permit.sees(row("140100", "figures")) && !permit.sees(row("140100", "funding")));
    assert_eq!(word(&asked.call(FUNDING)), "PURPOSE_REQUIRED grant-opens-conditional-data");
}

#[test]
fn a_grant_of_a_method_opens_the_data_of_its_own_class_only() {
    let permit = with(&format!("methods = [{FUNDING:?}]")).call(FUNDING).unwrap();
    assert!(permit.sees(row("", "funding")) && !permit.sees(row("", "figures")));
    let feed = with(&format!("methods = [{FOLLOW:?}]")).call(FOLLOW).unwrap();
    assert!(!feed.sees(row("", "figures")), "the feed shows entries whose data were not granted");
}

#[test]
fn a_grant_for_some_regions_opens_these_and_what_lies_in_them() {
    let permit = with("classes = [\"figures\"]\nregions = [\"140100\"]").call(LIST).unwrap();
    let sees = |code| permit.sees(row(code, "figures"));
    assert_eq!([sees("140100"), sees("140105"), sees("140200"), sees("")], [true, true, false, false]);
}

#[test]
fn a_row_that_needed_a_grant_is_accounted_to_it() {
    let grants = r#"
        [[grant]]
        id = "city"
        principal = "spiffe://wufei.test/department-writer/city-140100"
        purpose = "planning-2026"
        basis = "示例"
        classes = ["figures"]
        not_before = 2026-01-01
        not_after = 2026-12-31
    "#;
    let asked =
        Ask { purpose: Some(PURPOSE), grants: parse(grants), ..ask("department-writer@city-140100", "scitech") };
    let permit = asked.call(LIST).unwrap();
    assert!(permit.sees(row("140100", "figures")) && permit.grants().is_empty());
    assert!(permit.sees(row("140200", "figures")));
    assert_eq!(permit.grants().iter().map(|grant| &**grant).collect::<Vec<_>>(), ["city"]);
}

#[rstest]
#[case("2025-12-31T15:59:59Z", "GRANT_ENDED grant-opens-conditional-data")]
#[case("2025-12-31T16:00:00Z", "read")]
#[case("2026-12-31T15:59:59Z", "read")]
#[case("2026-12-31T16:00:00Z", "GRANT_ENDED grant-opens-conditional-data")]
fn a_grant_holds_from_its_first_to_its_last_day_in_china(#[case] now: &str, #[case] expected: &str) {
    let asked = Ask { now, ..with(r#"classes = ["figures"]"#) };
    assert_eq!(word(&asked.call(LIST)), expected);
}

#[test]
fn a_revoked_grant_opens_nothing_and_is_named() {
    let denied = with("classes = [\"figures\"]\nrevoked = true").call(LIST).unwrap_err();
    assert_eq!(denied.why, Refusal::GrantEnded { grant: "g-1".into() });
    assert!(denied.zh().contains("授权 g-1 已撤销") && denied.to_string().contains("g-1 was revoked"), "{denied}");
}

#[test]
fn the_purpose_is_stated_and_is_the_grants() {
    for purpose in [None, Some("another"), Some("Planning-2026"), Some("")] {
        let denied = Ask { purpose, ..with(r#"classes = ["figures"]"#) }.call(LIST).unwrap_err();
        assert_eq!(denied.why, Refusal::PurposeRequired, "{purpose:?}");
    }
}

#[test]
fn a_grant_is_for_its_principal_and_never_opens_a_write() {
    let other = Ask { who: member("department-approver@commerce"), ..with(r#"classes = ["figures"]"#) };
    assert_eq!(word(&other.call(LIST)), "PURPOSE_REQUIRED grant-opens-conditional-data");
    assert_eq!(word(&with(r#"classes = ["figures"]"#).call(SUBMIT)), "PERMISSION_DENIED only-the-owner-writes");
}

#[test]
fn a_grant_does_not_open_what_a_role_may_never_read() {
    let text = file(r#"classes = ["figures"]"#).replace("department-writer/commerce", "operator");
    let asked = Ask { purpose: Some(PURPOSE), grants: parse(&text), ..ask("operator", "scitech") };
    assert_eq!(word(&asked.call(LIST)), "PERMISSION_DENIED operator-reads-no-data");
}

#[test]
fn the_example_of_the_release_is_read() {
    let text = include_str!("../../../../deploy/policy/grants.example.toml");
    let grants = Grants::parse(text, "wufei.demo", policy()).unwrap();
    let grant = grants.iter().next().unwrap();
    assert_eq!((grants.iter().count(), &*grant.id), (1, "commerce-2026-recycling"));
    assert!(grant.regions.contains(&region("140100")) && !grant.revoked);
}

#[test]
fn every_fault_of_the_file_is_reported_at_once_with_its_key() {
    let text = r#"
        note = "x"
        [[grant]]
        id = "Not An Id"
        principal = "spiffe://other/x"
        purpose = " "
        classes = ["milestones", "made-up", "figures"]
        methods = ["x/y", "wufei.catalog.v1.CatalogService/ListUnits", "wufei.log.v1.AuditLogService/ListAuditRecords"]
        regions = ["14"]
        not_before = "2026-01-01"
        not_after = 2026-01-01T00:00:00Z
        revoked = "no"
        untill = 2026-01-01
        [[grant]]
        id = "g-2"
        principal = "commerce"
        purpose = "p"
        basis = "b"
        classes = "figures"
        not_before = 2026-02-01
        not_after = 2026-01-31
        [[grant]]
        id = "g-3"
        principal = "spiffe://wufei.test/a"
        purpose = "p"
        basis = "b"
        not_before = 2026-01-01
        not_after = 2026-01-31
    "#;
    let faults = Grants::parse(text, "wufei.test", policy()).unwrap_err().0;
    let paths: Vec<_> = faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "note",
            "grant[0].untill",
            "grant[0].id",
            "grant[0].principal",
            "grant[0].purpose",
            "grant[0].basis",
            "grant[0].methods",
            "grant[0].methods",
            "grant[0].methods",
            "grant[0].classes",
            "grant[0].classes",
            "grant[0].regions",
            "grant[0].not_before",
            "grant[0].not_after",
            "grant[0].revoked",
            "grant[1].principal",
            "grant[1].classes",
            "grant[1].not_after",
            "grant[2].classes",
        ]
    );
    assert!(faults.iter().all(|fault| !fault.problem.zh.is_empty() && fault.to_string().is_ascii()), "{faults:?}");
}

#[test]
fn an_id_is_given_once_and_no_grants_are_no_fault() {
    let twice = file(r#"classes = ["figures"]"#).repeat(2);
    let faults = Grants::parse(&twice, "wufei.test", policy()).unwrap_err().0;
    assert_eq!(faults.iter().map(|fault| fault.path.as_str()).collect::<Vec<_>>(), ["grant[1].id"]);
    assert_eq!(parse("").iter().count(), 0);
    assert!(Grants::parse("[[grant", "wufei.test", policy()).is_err());
}
