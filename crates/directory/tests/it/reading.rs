//! Opening a directory, and what it answers.

use chrono::{DateTime, TimeDelta, Utc};
use directory::{Directory, DirectoryError, Document, KeyRefused};
use domain::DepartmentId;
use ledger::{NoteError, NoteSigner};
use rstest::rstest;

use crate::world::{at, document, ed25519, json, note, principal, signed, signer, sm2};

fn now() -> DateTime<Utc> {
    at("2026-02-01T00:00:00Z")
}

fn opened() -> Directory {
    Directory::open(&signed(), &[signer().verifier()], now()).unwrap()
}

#[test]
fn a_signed_directory_answers_about_members_keys_nodes_and_certificates() {
    let directory = opened();
    assert_eq!((directory.version(), directory.instance()), (1, "wufei.test"));
    let writer = directory.member(&principal("dept/commerce/writer")).unwrap();
    assert_eq!(writer.department, Some(DepartmentId::commerce()));
    assert!(directory.member(&principal("dept/scitech/writer")).is_none());
    assert_eq!(directory.node(&DepartmentId::ecology()).unwrap().server_name, "ecology.example");
    assert!(directory.node(&DepartmentId::commerce()).is_none());
    assert!(directory.is_revoked(&"ab".repeat(32)) && !directory.is_revoked(&"ac".repeat(32)));
    let key = directory.signing_key(&writer.principal, sm2().id().as_str(), now()).unwrap();
    assert_eq!(key.key, sm2());
}

#[test]
fn a_note_reads_as_text_with_one_block_of_json_and_a_signature_line() {
    let note = signed();
    let (text, signature) = note.split_once("\n\n").unwrap();
    assert_eq!(format!("{text}\n"), json());
    assert!(text.starts_with("{\n  \"format\": \"wufei.directory/v1\","), "{text}");
    assert!(signature.starts_with("— wufei.test/directory "), "{signature}");
}

#[rstest]
#[case::the_first_moment("2026-01-01T00:00:00Z", true)]
#[case::the_last_moment("2026-12-31T23:59:59Z", true)]
#[case::before("2025-12-31T23:59:59Z", false)]
#[case::after("2027-01-01T00:00:00Z", false)]
fn a_signing_key_counts_in_its_time_only(#[case] moment: &str, #[case] counts: bool) {
    let answer = opened()
        .signing_key(&principal("dept/ecology/writer"), ed25519(1).id().as_str(), at(moment))
        .map(|key| key.key.clone());
    match answer {
        Ok(key) => assert!(counts && key == ed25519(1)),
        Err(refused) => {
            assert!(!counts && matches!(refused, KeyRefused::OutOfTime { .. }), "{refused}");
            assert!(refused.text().zh.contains("有效期"));
        }
    }
}

#[test]
fn a_key_of_one_member_does_not_count_for_another() {
    let refused =
        opened().signing_key(&principal("dept/commerce/writer"), ed25519(1).id().as_str(), now()).unwrap_err();
    assert!(matches!(refused, KeyRefused::Unknown { .. }), "{refused}");
}

#[test]
fn an_expired_directory_is_refused_but_can_be_inspected() {
    let (note, keys) = (signed(), [signer().verifier()]);
    let Document { issued, expires, .. } = document();
    assert!(Directory::open(&note, &keys, expires - TimeDelta::seconds(1)).is_ok());
    let error = Directory::open(&note, &keys, expires).unwrap_err();
    assert_eq!(error, DirectoryError::Expired { version: 1, expired: expires });
    assert!(error.text().zh.contains("失效") && error.to_string().contains("expired"));
    assert_eq!(Directory::inspect(&note, &keys).unwrap().document(), &document());
    assert!(Directory::open(&note, &keys, issued - TimeDelta::minutes(4)).is_ok(), "clocks differ a little");
    let error = Directory::open(&note, &keys, issued - TimeDelta::minutes(6)).unwrap_err();
    assert!(matches!(error, DirectoryError::NotYet { .. }), "{error}");
}

#[test]
fn only_the_directory_key_of_the_instance_speaks_for_it() {
    let stranger = NoteSigner::generate("wufei.test/directory", [8; 32]).unwrap();
    let error = Directory::open(&signed(), &[stranger.verifier()], now()).unwrap_err();
    assert_eq!(error, DirectoryError::Note(NoteError::NoTrustedSignature));
    let log = NoteSigner::generate("wufei.test/dept/ecology", [9; 32]).unwrap();
    assert!(matches!(Directory::sign(&document(), &log), Err(DirectoryError::OtherSigner { .. })));
    let by_log = ledger::sign_note(&json(), &log).unwrap();
    let error = Directory::open(&by_log, &[signer().verifier(), log.verifier()], now()).unwrap_err();
    assert!(matches!(error, DirectoryError::OtherSigner { .. }), "{error}");
    assert!(error.text().zh.contains("wufei.test/dept/ecology"));
}

#[rstest]
#[case::unknown_field(
    "\"suspended\": false",
    "\"suspended\": false, \"phone\": \"\"",
    "members[0].phone",
    "unknown field"
)]
#[case::missing_field("\"version\": 1,", "", ".", "missing field `version`")]
#[case::other_type("\"version\": 1", "\"version\": \"1\"", "version", "invalid type")]
#[case::twice("\"version\": 1,", "\"version\": 1, \"version\": 2,", ".", "duplicate field")]
fn what_has_not_the_form_of_a_directory_is_refused_with_its_place(
    #[case] from: &str,
    #[case] to: &str,
    #[case] place: &str,
    #[case] why: &str,
) {
    let text = json().replacen(from, to, 1);
    let error = Directory::open(&note(&text), &[signer().verifier()], now()).unwrap_err();
    let DirectoryError::Form { path, detail } = &error else { panic!("{error}") };
    assert!(detail.contains(why) && (path == place || path == "version"), "{path}: {detail}");
    assert!(error.text().zh.contains("不是目录文件"));
}

#[test]
fn nothing_may_follow_the_document() {
    let error = Directory::from_json(&format!("{}{{}}", json())).unwrap_err();
    assert!(matches!(error, DirectoryError::Form { .. }), "{error}");
}
