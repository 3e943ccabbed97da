//! Lists of grants and their decisions.

#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

use std::collections::BTreeMap;

use policy::{
    Method, Permit, Principal,
    lists::{GrantFault, Grants, Policy, Rule},
};
use proptest::prelude::*;
use rstest::rstest;

const INGEST: &str = "wufei.exchange.v1.ObservationIngestService";
const QUERY: &str = "wufei.exchange.v1.ObservationQueryService";
const WRITER: &str = "spiffe://wufei.demo/dept/ecology/writer";
const AGGREGATOR: &str = "spiffe://wufei.demo/aggregator";
const COMMERCE: &str = "spiffe://wufei.demo/dept/commerce";

fn served() -> Vec<Method> {
    vec![
        Method::write(&format!("/{INGEST}/CreateObservation")),
        Method::write(&format!("{INGEST}/UpdateObservation")),
        Method::read(&format!("{QUERY}/GetObservation")),
        Method::read(&format!("{QUERY}/ListObservations")),
    ]
}

fn config(lines: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    lines.iter().map(|(key, to)| ((*key).to_owned(), to.iter().map(|p| (*p).to_owned()).collect())).collect()
}

fn policy_of(lines: &[(&str, &[&str])]) -> Policy {
    Policy::new(Grants::new("wufei.demo", &served(), &config(lines)).unwrap(), "省生态环境厅数据管理员")
}

fn faults_of(lines: &[(&str, &[&str])]) -> Vec<GrantFault> {
    Grants::new("wufei.demo", &served(), &config(lines)).unwrap_err().0
}

/// What a decision comes to, short enough for a table.
fn ask(policy: &Policy, principal: &str, path: &str) -> &'static str {
    match policy.allow(&Principal::parse(principal).unwrap(), path) {
        Ok(Permit::Read(proof)) => {
            assert_eq!((proof.principal().as_str(), proof.method()), (principal, path));
            "read"
        }
        Ok(Permit::Write(proof)) => {
            assert_eq!((proof.principal().as_str(), proof.method()), (principal, path));
            "write"
        }
        Err(denied) => denied.rule.as_str(),
    }
}

#[rstest]
#[case(WRITER, "/wufei.exchange.v1.ObservationIngestService/CreateObservation", "write")]
#[case(WRITER, "/wufei.exchange.v1.ObservationIngestService/UpdateObservation", "write")]
#[case(WRITER, "/wufei.exchange.v1.ObservationQueryService/GetObservation", "no-grant")]
#[case(AGGREGATOR, "/wufei.exchange.v1.ObservationQueryService/GetObservation", "read")]
#[case(AGGREGATOR, "/wufei.exchange.v1.ObservationQueryService/ListObservations", "read")]
#[case(AGGREGATOR, "/wufei.exchange.v1.ObservationIngestService/CreateObservation", "no-grant")]
#[case(COMMERCE, "/wufei.exchange.v1.ObservationQueryService/GetObservation", "read")]
#[case(COMMERCE, "/wufei.exchange.v1.ObservationQueryService/ListObservations", "no-grant")]
#[case("spiffe://wufei.demo/dept/ecology", "/wufei.exchange.v1.ObservationIngestService/CreateObservation", "no-grant")]
#[case(WRITER, "/wufei.exchange.v1.ObservationIngestService/DeleteObservation", "not-served")]
#[case(WRITER, "wufei.exchange.v1.ObservationIngestService/CreateObservation", "not-served")]
#[case(WRITER, "/wufei.exchange.v1.ObservationIngestService/createobservation", "not-served")]
#[case(WRITER, "", "not-served")]
#[case(COMMERCE, "/grpc.health.v1.Health/Check", "read")]
#[case(COMMERCE, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "read")]
#[case(COMMERCE, "/grpc.health.v1.Healthy/Check", "not-served")]
#[case("spiffe://other.demo/aggregator", "/grpc.health.v1.Health/Check", "foreign-trust-domain")]
#[case(
    "spiffe://other.demo/dept/ecology/writer",
    "/wufei.exchange.v1.ObservationIngestService/CreateObservation",
    "foreign-trust-domain"
)]
fn a_call_is_decided_by_the_grants_alone(#[case] principal: &str, #[case] path: &str, #[case] decision: &str) {
    let policy = policy_of(&[
        (INGEST, &[WRITER]),
        (QUERY, &[AGGREGATOR]),
        ("wufei.exchange.v1.ObservationQueryService/GetObservation", &[COMMERCE]),
    ]);
    assert_eq!(ask(&policy, principal, path), decision);
}

#[test]
fn without_grants_everything_is_refused() {
    let policy = policy_of(&[]);
    for method in served() {
        assert_eq!(ask(&policy, WRITER, method.path()), "no-grant");
    }
}

#[test]
fn a_refusal_names_the_caller_the_method_the_rule_and_whom_to_ask() {
    let path = format!("/{INGEST}/CreateObservation");
    let denied = policy_of(&[(INGEST, &[WRITER])]).allow(&Principal::parse(COMMERCE).unwrap(), &path).unwrap_err();
    assert_eq!(denied.rule, Rule::NoGrant);
    for text in [denied.zh(), denied.to_string()] {
        assert!(text.contains(COMMERCE) && text.contains(&path) && text.contains("数据管理员"), "{text}");
        assert!(!text.contains(WRITER), "a refusal must not say who else may: {text}");
    }
}

#[test]
fn all_faults_of_the_grants_are_told_at_once() {
    let faults = faults_of(&[
        ("wufei.exchange.v1.NoSuchService", &[WRITER]),
        ("wufei.exchange.v1.ObservationIngestService/NoSuchMethod", &[WRITER]),
        (INGEST, &["*", "spiffe://wufei.demo/dept/*", "ecology", WRITER]),
        (QUERY, &["spiffe://other.demo/aggregator"]),
    ]);
    let kinds: Vec<_> = faults
        .iter()
        .map(|fault| match fault {
            GrantFault::TrustDomain { .. } => "trust domain",
            GrantFault::MethodPath { .. } => "path",
            GrantFault::MethodTwice { .. } => "twice",
            GrantFault::NotServed { .. } => "not served",
            GrantFault::Wildcard { .. } => "wildcard",
            GrantFault::Principal { .. } => "principal",
            GrantFault::Foreign { .. } => "foreign",
        })
        .collect();
    assert_eq!(kinds, ["not served", "wildcard", "wildcard", "principal", "not served", "foreign"]);
    for fault in &faults {
        let key = fault.key().unwrap();
        assert!(fault.zh().contains(key) && fault.to_string().contains(key));
    }
}

#[rstest]
#[case("/a.B/C", "/a.B/C")]
#[case("a.B/C", "/a.B/C")]
fn a_method_listed_twice_is_refused(#[case] first: &str, #[case] second: &str) {
    let served = [Method::read(first), Method::write(second)];
    let faults = Grants::new("wufei.demo", &served, &BTreeMap::new()).unwrap_err();
    assert_eq!(faults.0, [GrantFault::MethodTwice { path: "/a.B/C".into() }]);
}

#[rstest]
#[case("")]
#[case("a.B")]
#[case("a.B/")]
#[case("//C")]
#[case("a.B/C/D")]
fn a_served_method_has_a_service_and_a_name(#[case] path: &str) {
    let faults = Grants::new("wufei.demo", &[Method::read(path)], &BTreeMap::new()).unwrap_err();
    assert!(matches!(faults.0[..], [GrantFault::MethodPath { .. }]), "{faults:?}");
}

#[test]
fn a_bad_trust_domain_is_refused() {
    assert!(Grants::new("Wufei Demo", &served(), &BTreeMap::new()).is_err());
}

proptest! {
    /// Deny by default: a principal that no grant names gets nothing but the open services.
    #[test]
    fn a_principal_without_a_grant_is_refused(id in "[a-z0-9-]{1,12}", pick in 0usize..4) {
        prop_assume!(id != "ecology");
        let principal = format!("spiffe://wufei.demo/dept/{id}/writer");
        let policy = policy_of(&[(INGEST, &[WRITER]), (QUERY, &[AGGREGATOR])]);
        prop_assert_eq!(ask(&policy, &principal, served()[pick].path()), "no-grant");
    }
}
