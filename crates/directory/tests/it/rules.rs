//! The rules, and that every fault is told at once.

use directory::{Directory, DirectoryError, Document, Faults, NodeEntry, VerifierKey};
use domain::DepartmentId;
use rstest::rstest;

use crate::world::{INSTANCE, document, ed25519, json, signer, signing};

fn faults(text: &str) -> Faults {
    match Directory::from_json(text) {
        Err(DirectoryError::Faults(faults)) => faults,
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::format("wufei.directory/v1", "wufei.directory/v2", "format")]
#[case::version("\"version\": 1", "\"version\": 0", "version")]
#[case::large_version("\"version\": 1", "\"version\": 9007199254740992", "version")]
#[case::time_zone("2026-01-05T01:00:00Z", "2026-01-05T09:00:00+08:00", "issued")]
#[case::short_life("2026-04-05T01:00:00Z", "2026-01-05T01:00:00Z", "expires")]
#[case::principal("spiffe://wufei.test/dept/ecology/writer", "ecology", "members[0].principal")]
#[case::other_instance(
    "spiffe://wufei.test/dept/ecology/writer",
    "spiffe://other/dept/ecology/writer",
    "members[0].principal"
)]
#[case::twice("wufei.test/dept/commerce/writer", "wufei.test/dept/ecology/writer", "members[1].principal")]
#[case::no_name("reporting system", " ", "members[0].display.en")]
#[case::role("\"department-writer\"", "\"department-reader\"", "members[0].roles[0]")]
#[case::no_role("\"department-writer\"", "", "members[0].roles")]
#[case::role_twice("\"department-writer\"", "\"node\", \"node\"", "members[0].roles[1]")]
#[case::other_department("\"department\": \"ecology\"", "\"department\": \"commerce\"", "members[0].department")]
#[case::unknown_department("wufei.test/dept/ecology/writer", "wufei.test/dept/traffic/writer", "members[0].principal")]
#[case::no_department("\"department\": \"ecology\"", "\"department\": null", "members[0].department")]
#[case::region("\"140100\"", "\"1401\"", "members[2].regions[0]")]
#[case::algorithm("\"sm2-sm3\"", "\"sm2\"", "members[1].signing_keys[0].algorithm")]
#[case::key_time("2027-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "members[0].signing_keys[0].not_after")]
#[case::address("https://ecology", "http://ecology", "nodes[0].address")]
#[case::path("example:7443", "example:7443/", "nodes[0].address")]
#[case::server_name("\"ecology.example\"", "\"\"", "nodes[0].server_name")]
#[case::log_key("wufei.test/dept/ecology+", "wufei.test/dept/ecolog+", "nodes[0].log_key")]
#[case::fingerprint("abab", "ABAB", "revoked_certificates[0]")]
fn a_broken_rule_names_its_place(#[case] from: &str, #[case] to: &str, #[case] path: &str) {
    let text = json();
    assert!(text.contains(from), "{from} is not in the document");
    let found = faults(&text.replacen(from, to, 1));
    assert!(found.0.iter().any(|fault| fault.path == path), "{found:?}");
    assert!(found.0.iter().all(|fault| !fault.rule.zh.is_empty() && !fault.rule.en.is_empty()), "{found:?}");
}

#[test]
fn a_public_key_and_its_id_belong_together() {
    let (right, other) = (ed25519(1).id(), ed25519(2).id());
    let found = faults(&json().replacen(right.as_str(), other.as_str(), 1));
    assert_eq!(found.0.len(), 1, "{found}");
    assert_eq!(found.0[0].path, "members[0].signing_keys[0].id");
    assert!(found.0[0].rule.en.contains(right.as_str()), "{found}");
}

#[test]
fn a_signing_key_belongs_to_one_member() {
    let mut document = document();
    document.members[2].signing_keys.push(signing(ed25519(1)));
    let Err(DirectoryError::Faults(found)) = Directory::sign(&document, &signer()) else { panic!("it was signed") };
    assert_eq!(found.0.len(), 1, "{found}");
    assert_eq!(found.0[0].path, "members[2].signing_keys[0].id");
    assert!(found.0[0].rule.en.contains("members[0].signing_keys[0].id"), "{found}");
}

#[test]
fn every_fault_is_told_at_once() {
    let text = json()
        .replacen("wufei.directory/v1", "v0", 1)
        .replacen("\"department-writer\"", "\"boss\"", 1)
        .replacen("\"sm2-sm3\"", "\"rsa\"", 1)
        .replacen("\"140100\"", "\"Taiyuan\"", 1)
        .replacen("https://", "ftp://", 1)
        .replacen("abab", "zzzz", 1);
    let found = faults(&text);
    let paths: Vec<_> = found.0.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "format",
            "members[0].roles[0]",
            "members[1].signing_keys[0].algorithm",
            "members[2].regions[0]",
            "nodes[0].address",
            "revoked_certificates[0]"
        ]
    );
    let text = found.text();
    assert!(text.zh.contains("6 处") && text.en.contains("6 fault(s)"), "{text:?}");
}

#[test]
fn an_empty_directory_keeps_the_rules() {
    let mut document = document();
    (document.members, document.nodes) = (Vec::new(), Vec::new());
    assert!(Directory::check(&document).is_ok());
}

#[test]
fn every_log_can_reach_the_quorum_and_none_is_its_own_witness() {
    let witness = |name: &str, seed| VerifierKey::new(&format!("{INSTANCE}/{name}"), 0x04, &ed25519(seed).to_bytes());
    let faults = |document: &Document| match Directory::check(document) {
        Err(DirectoryError::Faults(found)) => found.0.into_iter().map(|fault| fault.path).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let mut document = document();
    document.witness_quorum = Some(1);
    assert_eq!(faults(&document), ["witness_quorum"], "one witness, which is no witness of itself");
    let commerce = NodeEntry {
        department: DepartmentId::commerce(),
        witness_key: Some(witness("commerce/witness", 8).unwrap()),
        ..document.nodes[0].clone()
    };
    document.put_node(commerce.clone());
    let directory = Directory::check(&document).unwrap();
    let quorum = directory.quorum_of(&DepartmentId::ecology()).unwrap();
    let names: Vec<_> = quorum.witnesses().iter().map(|witness| witness.name().to_owned()).collect();
    assert_eq!((names, quorum.threshold()), (vec![format!("{INSTANCE}/commerce/witness")], 1));
    for wrong in [0, 2] {
        document.witness_quorum = Some(wrong);
        assert_eq!(faults(&document), ["witness_quorum"]);
    }
    document.witness_quorum = Some(1);
    document.put_node(NodeEntry { witness_key: Some(witness("other/name", 7).unwrap()), ..commerce.clone() });
    assert_eq!(faults(&document), ["nodes"], "one key under two names would be counted twice");
    document.put_node(NodeEntry { witness_key: Some(commerce.log_key.clone()), ..commerce });
    assert_eq!(faults(&document)[0], "nodes[1].witness_key", "the key of a log is none of a witness");
}
