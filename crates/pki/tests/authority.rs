//! The authority, its files and what it certifies.

#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

use std::{fs, fs::Permissions, os::unix::fs::PermissionsExt, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use pki::{
    Authority, CertificateError, IssueRequest, PkiError, Usage, certificate_fingerprint, spiffe_id, write_identity,
};
use rstest::rstest;
use x509_parser::pem::parse_x509_pem;

fn now() -> DateTime<Utc> {
    "2026-01-05T01:00:00Z".parse().unwrap()
}

fn authority() -> Authority {
    Authority::create("wufei.demo", now(), TimeDelta::days(365)).unwrap()
}

fn request(id: &str) -> IssueRequest {
    IssueRequest {
        spiffe_id: id.into(),
        dns_names: vec!["localhost".into()],
        ip_addresses: vec!["127.0.0.1".parse().unwrap()],
        days: 90,
        usage: Usage::ServerAndClient,
    }
}

fn der(pem: &str) -> Vec<u8> {
    parse_x509_pem(pem.as_bytes()).unwrap().1.contents
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn an_issued_certificate_carries_the_identity_and_verifies_against_the_authority() {
    let authority = authority();
    let pair = authority.issue(&request("spiffe://wufei.demo/dept/ecology"), now()).unwrap();
    let (leaf, root) = (der(&pair.cert_pem), der(authority.cert_pem()));
    assert_eq!(spiffe_id(&leaf).unwrap(), "spiffe://wufei.demo/dept/ecology");
    let (_, leaf) = x509_parser::parse_x509_certificate(&leaf).unwrap();
    let (_, root) = x509_parser::parse_x509_certificate(&root).unwrap();
    assert_eq!(leaf.issuer(), root.subject());
    assert_eq!(leaf.validity().not_after.timestamp(), (now() + TimeDelta::days(90)).timestamp());
    assert!(leaf.validity().not_before.timestamp() < now().timestamp());
    assert!(!leaf.is_ca() && root.is_ca());
}

#[rstest]
#[case(Usage::Server, (true, false))]
#[case(Usage::Client, (false, true))]
#[case(Usage::ServerAndClient, (true, true))]
fn a_certificate_is_good_only_for_what_was_asked(#[case] usage: Usage, #[case] server_client: (bool, bool)) {
    let pair = authority().issue(&IssueRequest { usage, ..request("spiffe://wufei.demo/aggregator") }, now()).unwrap();
    let der = der(&pair.cert_pem);
    let (_, leaf) = x509_parser::parse_x509_certificate(&der).unwrap();
    let usage = leaf.extended_key_usage().unwrap().unwrap().value;
    assert_eq!((usage.server_auth, usage.client_auth), server_client);
}

#[test]
fn the_authority_and_its_files_are_for_the_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let pki = dir.path().join("pki");
    let authority = authority();
    authority.save(&pki).unwrap();
    assert_eq!((mode(&pki), mode(&pki.join("ca.key"))), (0o700, 0o600));
    let pair = authority.issue(&request("spiffe://wufei.demo/dept/ecology"), now()).unwrap();
    let files = write_identity(&pki, "ecology", &pair).unwrap();
    assert_eq!(mode(&files.key), 0o600);
    assert_eq!(fs::read_to_string(&files.cert).unwrap(), pair.cert_pem);
    assert_eq!(fs::read_to_string(&files.key).unwrap(), pair.key_pem);
    assert_eq!(fs::read_dir(&pki).unwrap().count(), 4, "no temporary file is left");
}

#[test]
fn a_loaded_authority_issues_like_the_saved_one() {
    let dir = tempfile::tempdir().unwrap();
    authority().save(dir.path()).unwrap();
    let loaded = Authority::load(dir.path()).unwrap();
    assert_eq!((loaded.instance(), loaded.not_after()), ("wufei.demo", now() + TimeDelta::days(365)));
    let pair = loaded.issue(&request("spiffe://wufei.demo/dept/ecology"), now()).unwrap();
    let (leaf, root) = (der(&pair.cert_pem), der(loaded.cert_pem()));
    let (_, leaf) = x509_parser::parse_x509_certificate(&leaf).unwrap();
    let (_, root) = x509_parser::parse_x509_certificate(&root).unwrap();
    assert_eq!(leaf.issuer().as_raw(), root.subject().as_raw());
}

#[rstest]
#[case::the_certificate("ca.pem")]
#[case::the_key("ca.key")]
fn an_authority_is_never_overwritten(#[case] left: &str) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(left), "mine").unwrap();
    let error = authority().save(dir.path()).unwrap_err();
    assert!(matches!(&error, PkiError::Exists { path } if path.ends_with(left)), "{error}");
    assert_eq!(fs::read_to_string(dir.path().join(left)).unwrap(), "mine");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_used_folder_that_others_can_enter_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("notes"), "").unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(authority().save(dir.path()), Err(PkiError::TooOpen { mode: 0o755, .. })));
}

#[test]
fn a_key_that_others_can_read_is_not_loaded() {
    let dir = tempfile::tempdir().unwrap();
    authority().save(dir.path()).unwrap();
    fs::set_permissions(dir.path().join("ca.key"), Permissions::from_mode(0o640)).unwrap();
    let error = Authority::load(dir.path()).unwrap_err();
    assert!(error.to_string().contains("chmod 600") && error.zh().contains("chmod 600"), "{error}");
}

#[test]
fn files_that_are_not_one_authority_are_not_loaded() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    authority().save(one.path()).unwrap();
    authority().save(two.path()).unwrap();
    fs::copy(two.path().join("ca.key"), one.path().join("ca.key")).unwrap();
    assert!(matches!(Authority::load(one.path()), Err(PkiError::NotAnAuthority { .. })));
    let leaf = authority().issue(&request("spiffe://wufei.demo/aggregator"), now()).unwrap();
    fs::write(two.path().join("ca.pem"), leaf.cert_pem).unwrap();
    assert!(matches!(Authority::load(two.path()), Err(PkiError::NotAnAuthority { .. })));
    fs::remove_file(two.path().join("ca.pem")).unwrap();
    let error = Authority::load(two.path()).unwrap_err();
    assert!(error.to_string().contains("ca.pem"), "{error}");
}

#[test]
fn a_rotated_identity_replaces_both_files() {
    let dir = tempfile::tempdir().unwrap();
    let authority = authority();
    let first = authority.issue(&request("spiffe://wufei.demo/dept/ecology"), now()).unwrap();
    let second = authority.issue(&request("spiffe://wufei.demo/dept/ecology"), now()).unwrap();
    write_identity(dir.path(), "ecology", &first).unwrap();
    let files = write_identity(dir.path(), "ecology", &second).unwrap();
    assert_eq!(fs::read_to_string(&files.cert).unwrap(), second.cert_pem);
    assert_eq!((fs::read_to_string(&files.key).unwrap(), mode(&files.key)), (second.key_pem, 0o600));
}

#[rstest]
#[case("")]
#[case("ca")]
#[case("../ecology")]
#[case("a/b")]
#[case(".hidden")]
#[case("生态")]
fn an_identity_is_written_under_a_plain_name_only(#[case] name: &str) {
    let dir = tempfile::tempdir().unwrap();
    let pair = authority().issue(&request("spiffe://wufei.demo/dept/ecology"), now()).unwrap();
    assert!(matches!(write_identity(dir.path(), name, &pair), Err(PkiError::Name { .. })));
}

#[rstest]
#[case::another_instance(request("spiffe://other.demo/dept/ecology"))]
#[case::no_path(request("spiffe://wufei.demo"))]
#[case::no_days(IssueRequest { days: 0, ..request("spiffe://wufei.demo/aggregator") })]
#[case::beyond_the_authority(IssueRequest { days: 366, ..request("spiffe://wufei.demo/aggregator") })]
#[case::bad_host(IssueRequest { dns_names: vec!["无废".into()], ..request("spiffe://wufei.demo/aggregator") })]
fn a_request_that_cannot_be_met_is_refused(#[case] request: IssueRequest) {
    let error = authority().issue(&request, now()).unwrap_err();
    assert!(!error.zh().is_empty());
}

#[rstest]
#[case("Wufei Demo")]
#[case("")]
#[case("wufei.demo/x")]
fn an_instance_is_a_trust_domain(#[case] instance: &str) {
    assert!(Authority::create(instance, now(), TimeDelta::days(1)).is_err());
}

#[test]
fn only_a_leaf_with_one_spiffe_name_is_an_identity() {
    let authority = authority();
    assert_eq!(spiffe_id(&der(authority.cert_pem())), Err(CertificateError::Authority));
    assert_eq!(spiffe_id(b"not a certificate"), Err(CertificateError::Malformed));
    let mut bytes = der(&authority.issue(&request("spiffe://wufei.demo/aggregator"), now()).unwrap().cert_pem);
    bytes.push(0);
    assert_eq!(spiffe_id(&bytes), Err(CertificateError::Malformed), "nothing may follow the certificate");
    let made = |uris: &[&str]| {
        let mut params = rcgen::CertificateParams::default();
        params.subject_alt_names = uris.iter().map(|uri| rcgen::SanType::URI((*uri).try_into().unwrap())).collect();
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
    };
    assert_eq!(spiffe_id(&made(&[])), Err(CertificateError::UriNames(0)));
    assert_eq!(spiffe_id(&made(&["spiffe://a/b", "spiffe://a/c"])), Err(CertificateError::UriNames(2)));
    assert_eq!(spiffe_id(&made(&["spiffe://a/b", "https://a/c"])), Err(CertificateError::UriNames(2)));
    assert_eq!(spiffe_id(&made(&["https://a/b"])), Err(CertificateError::Scheme));
}

#[test]
fn a_fingerprint_is_sha256_in_hex() {
    // FIPS 180-4, example of a one-block message.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(certificate_fingerprint(b"abc"), abc);
}

#[test]
fn a_key_is_not_shown_in_debug_output() {
    let authority = authority();
    let pair = authority.issue(&request("spiffe://wufei.demo/aggregator"), now()).unwrap();
    assert!(!format!("{pair:?} {authority:?}").contains("PRIVATE KEY"));
}
