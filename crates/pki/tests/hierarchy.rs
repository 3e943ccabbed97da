//! Root, authority, renewal, and the files beside the certificates.

#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

use std::{fs, fs::Permissions, os::unix::fs::PermissionsExt, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use directory::VerifierKey;
use ledger::SignatureAlgorithm;
use pki::{
    Authority, COSIGNATURE, CertificateError, CertificateInfo, CertificateKind, CertifiedKeyPem, IssueRequest,
    PLAIN_NOTE, PkiError, Root, SigningKeyPair, Usage, list, load_note_key, load_signing_key, load_verifier,
    make_note_key, read_identity, replace_signing_key, trust_file, write_identity, write_new_identity,
    write_new_signing_key, write_note_key,
};
use rstest::rstest;
use x509_parser::pem::{Pem, parse_x509_pem};

const INSTANCE: &str = "wufei.test";

fn now() -> DateTime<Utc> {
    "2026-01-05T01:00:00Z".parse().unwrap()
}

fn root() -> Root {
    Root::create(INSTANCE, now(), TimeDelta::days(3650)).unwrap()
}

fn request(days: u32) -> IssueRequest {
    IssueRequest {
        spiffe_id: format!("spiffe://{INSTANCE}/dept/ecology"),
        dns_names: vec!["ecology.example".into()],
        ip_addresses: vec!["10.0.0.5".parse().unwrap(), "::1".parse().unwrap()],
        days,
        usage: Usage::ServerAndClient,
    }
}

fn issued(authority: &Authority, days: u32) -> CertifiedKeyPem {
    authority.issue(&request(days), now()).unwrap()
}

fn info(pair: &CertifiedKeyPem) -> CertificateInfo {
    CertificateInfo::from_pem(&pair.cert_pem).unwrap()
}

fn chain(text: &str) -> Vec<Pem> {
    Pem::iter_from_buffer(text.as_bytes()).map(Result::unwrap).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_certificate_carries_its_authority_and_leads_to_the_root() {
    let root = root();
    let authority = root.certify(730, now()).unwrap();
    let pems = chain(&issued(&authority, 30).cert_pem);
    let certs: Vec<_> = pems.iter().map(|pem| pem.parse_x509().unwrap()).collect();
    let (_, top) = parse_x509_pem(root.cert_pem().as_bytes()).unwrap();
    let top = top.parse_x509().unwrap();
    let [leaf, middle] = &certs[..] else { panic!("{} certificates", certs.len()) };
    assert_eq!(leaf.issuer().as_raw(), middle.subject().as_raw());
    assert_eq!(middle.issuer().as_raw(), top.subject().as_raw());
    assert_ne!(middle.subject().as_raw(), top.subject().as_raw());
    let length = |certificate: &x509_parser::certificate::X509Certificate<'_>| {
        certificate.basic_constraints().unwrap().unwrap().value.path_len_constraint
    };
    assert_eq!((length(&top), length(middle)), (Some(1), Some(0)));
    assert_eq!((authority.trust_pem(), authority.instance()), (root.cert_pem(), INSTANCE));
}

#[test]
fn an_authority_is_loaded_without_the_roots_key() {
    let dir = tempfile::tempdir().unwrap();
    let root = root();
    root.save(dir.path()).unwrap();
    root.certify(730, now()).unwrap().save(dir.path()).unwrap();
    fs::remove_file(dir.path().join("root.key")).unwrap();
    let loaded = Authority::load(dir.path()).unwrap();
    assert_eq!(chain(&issued(&loaded, 30).cert_pem).len(), 2);
    assert_eq!((loaded.trust_pem(), trust_file(dir.path())), (root.cert_pem(), dir.path().join("root.pem")));
    assert!(matches!(Root::load(dir.path()), Err(PkiError::Io { .. })), "the key is away");
    fs::remove_file(dir.path().join("root.pem")).unwrap();
    let error = Authority::load(dir.path()).unwrap_err();
    assert!(error.to_string().contains("root.pem"), "it would issue what nobody trusts: {error}");
}

#[test]
fn a_root_that_did_not_sign_the_authority_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    root().save(dir.path()).unwrap();
    root().certify(730, now()).unwrap().save(dir.path()).unwrap();
    let error = Authority::load(dir.path()).unwrap_err();
    assert!(matches!(&error, PkiError::NotAnAuthority { path, .. } if path.ends_with("root.pem")), "{error}");
}

#[test]
fn a_new_authority_takes_over_while_old_certificates_stay_whole() {
    let dir = tempfile::tempdir().unwrap();
    let root = root();
    root.save(dir.path()).unwrap();
    let old = root.certify(30, now()).unwrap();
    old.save(dir.path()).unwrap();
    let before = issued(&old, 30);
    let later = now() + TimeDelta::days(20);
    Root::load(dir.path()).unwrap().certify(730, later).unwrap().replace(dir.path()).unwrap();
    let new = Authority::load(dir.path()).unwrap();
    assert_eq!(new.not_after(), later + TimeDelta::days(730));
    assert_eq!((mode(&dir.path().join("ca.key")), new.trust_pem()), (0o600, root.cert_pem()));
    assert!(before.cert_pem.ends_with(old.cert_pem()), "the chain of an old certificate is in its file");
    let alone = Authority::create(INSTANCE, now(), TimeDelta::days(365)).unwrap();
    assert!(alone.replace(dir.path()).is_err(), "nobody trusts an authority without the root");
}

#[test]
fn an_ended_authority_issues_nothing_and_says_what_to_do() {
    let authority = root().certify(30, now()).unwrap();
    let error = authority.issue(&request(1), now() + TimeDelta::days(30)).unwrap_err();
    assert!(matches!(error, PkiError::Ended { .. }), "{error}");
    assert!(error.to_string().contains("wufei pki renew ca") && error.zh().contains("wufei pki renew ca"));
    let error = authority.issue(&request(31), now()).unwrap_err();
    assert!(matches!(error, PkiError::Validity { .. }), "{error}");
    assert!(root().certify(3651, now()).is_err(), "an authority does not outlive its root");
}

#[test]
fn a_renewed_certificate_says_the_same_with_another_key() {
    let authority = root().certify(730, now()).unwrap();
    let old = issued(&authority, 30);
    let later = now() + TimeDelta::days(20);
    let new = authority.renew(&info(&old), 30, later).unwrap();
    let (was, is) = (info(&old), info(&new));
    assert_eq!((&is.spiffe_id, is.not_after), (&was.spiffe_id, later + TimeDelta::days(30)));
    assert_ne!((&is.serial, &is.fingerprint), (&was.serial, &was.fingerprint));
    assert_ne!(old.key_pem, new.key_pem);
    let names = |pair: &CertifiedKeyPem| {
        let pems = chain(&pair.cert_pem);
        let leaf = pems[0].parse_x509().unwrap();
        (format!("{:?}", leaf.subject_alternative_name()), format!("{:?}", leaf.extended_key_usage()))
    };
    assert_eq!(names(&old), names(&new));
    let error = authority.renew(&CertificateInfo::from_pem(authority.cert_pem()).unwrap(), 30, later).unwrap_err();
    assert!(matches!(error, PkiError::NotAnIdentity { .. }), "{error}");
}

#[test]
fn a_pair_that_does_not_fit_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let authority = root().certify(730, now()).unwrap();
    let files = write_identity(dir.path(), "ecology", &issued(&authority, 30)).unwrap();
    let first = read_identity(&files.cert, &files.key).unwrap();
    assert_eq!(chain(&first.cert_pem).len(), 2);
    // As a reader finds it between the two steps of a renewal.
    fs::write(&files.key, issued(&authority, 30).key_pem).unwrap();
    let error = read_identity(&files.cert, &files.key).unwrap_err();
    assert!(matches!(error, PkiError::Pair { .. }) && error.zh().contains("不配套"), "{error}");
    write_identity(dir.path(), "ecology", &issued(&authority, 30)).unwrap();
    read_identity(&files.cert, &files.key).unwrap();
    fs::set_permissions(&files.key, Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(read_identity(&files.cert, &files.key), Err(PkiError::TooOpen { mode: 0o640, .. })));
}

#[test]
fn a_renewal_that_fails_leaves_the_old_pair() {
    let dir = tempfile::tempdir().unwrap();
    let authority = root().certify(730, now()).unwrap();
    let files = write_identity(dir.path(), "ecology", &issued(&authority, 30)).unwrap();
    let old_key = fs::read_to_string(&files.key).unwrap();
    // A folder in the place of the certificate cannot be exchanged with a file.
    fs::remove_file(&files.cert).unwrap();
    fs::create_dir(&files.cert).unwrap();
    assert!(write_identity(dir.path(), "ecology", &issued(&authority, 30)).is_err());
    assert_eq!(fs::read_to_string(&files.key).unwrap(), old_key);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "no temporary file is left");
}

#[test]
fn a_new_identity_never_takes_the_files_of_another() {
    let dir = tempfile::tempdir().unwrap();
    let authority = root().certify(730, now()).unwrap();
    write_new_identity(dir.path(), "ecology", &issued(&authority, 30)).unwrap();
    let error = write_new_identity(dir.path(), "ecology", &issued(&authority, 30)).unwrap_err();
    assert!(matches!(error, PkiError::Exists { .. }), "{error}");
}

#[test]
fn a_list_shows_what_there_is_and_what_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let root = root();
    root.save(dir.path()).unwrap();
    let authority = root.certify(730, now()).unwrap();
    authority.save(dir.path()).unwrap();
    let pair = issued(&authority, 30);
    write_identity(dir.path(), "ecology", &pair).unwrap();
    fs::write(dir.path().join("notes.pem"), "nothing").unwrap();
    let listed = list(dir.path()).unwrap();
    let names: Vec<_> = listed.iter().map(|listed| listed.name.as_str()).collect();
    assert_eq!(names, ["ca", "ecology", "notes", "root"]);
    let kind = |at: usize| listed[at].certificate.as_ref().map(|certificate| certificate.kind);
    assert_eq!(kind(0), Ok(CertificateKind::Authority));
    assert_eq!(kind(1), Ok(CertificateKind::Identity));
    assert_eq!(kind(2), Err(&CertificateError::Malformed));
    assert_eq!(kind(3), Ok(CertificateKind::Root));
    let ecology = listed[1].certificate.as_ref().unwrap();
    assert_eq!(*ecology, info(&pair));
    assert_eq!(ecology.left(now()), TimeDelta::days(30));
    assert!(ecology.left(now() + TimeDelta::days(31)) < TimeDelta::zero());
}

#[rstest]
#[case::international(SignatureAlgorithm::Ed25519, 32)]
#[case::chinese(SignatureAlgorithm::Sm2Sm3, 65)]
fn a_signing_key_is_for_its_owner_only(#[case] algorithm: SignatureAlgorithm, #[case] public: usize) {
    let dir = tempfile::tempdir().unwrap();
    let pair = SigningKeyPair::generate(algorithm).unwrap();
    assert_eq!((pair.public.algorithm(), pair.public.to_bytes().len()), (algorithm, public));
    assert!(!format!("{pair:?}").contains("PRIVATE"));
    let path = write_new_signing_key(dir.path(), "ecology-writer", &pair).unwrap();
    assert_eq!((mode(&path), path.file_name().unwrap().to_str()), (0o600, Some("ecology-writer.sign.key")));
    assert!(fs::read_to_string(&path).unwrap().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    let other = SigningKeyPair::generate(algorithm).unwrap();
    assert_ne!(pair.public.id(), other.public.id());
    assert!(matches!(write_new_signing_key(dir.path(), "ecology-writer", &other), Err(PkiError::Exists { .. })));
    replace_signing_key(dir.path(), "ecology-writer", &other).unwrap();
    assert_eq!(load_signing_key(&path).unwrap().key(), other.public);
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(load_signing_key(&path), Err(PkiError::TooOpen { mode: 0o644, .. })));
}

#[test]
fn a_signing_key_file_gives_the_public_key_back() {
    let dir = tempfile::tempdir().unwrap();
    for (name, algorithm) in [("national", SignatureAlgorithm::Sm2Sm3), ("other", SignatureAlgorithm::Ed25519)] {
        let pair = SigningKeyPair::generate(algorithm).unwrap();
        let signer = load_signing_key(&write_new_signing_key(dir.path(), name, &pair).unwrap()).unwrap();
        let signature = signer.sign("wufei.test.v1.Service/Write", b"request").unwrap();
        pair.public.verify("wufei.test.v1.Service/Write", b"request", &signature).unwrap();
    }
}

#[test]
fn the_keys_of_directory_and_witness_are_kept_with_their_public_line() {
    let dir = tempfile::tempdir().unwrap();
    let signer = make_note_key("wufei.test/directory").unwrap();
    write_note_key(dir.path(), "directory", &signer, PLAIN_NOTE).unwrap();
    let path = dir.path().join("directory.key");
    assert_eq!(mode(&path), 0o600);
    assert_eq!(load_note_key(&path, signer.name()).unwrap().verifier(), signer.verifier());
    assert_eq!(load_verifier(&dir.path().join("directory.vkey")).unwrap(), signer.verifier());
    let witness = make_note_key("wufei.test/witness/ecology").unwrap();
    write_note_key(dir.path(), "witness", &witness, COSIGNATURE).unwrap();
    let line = fs::read_to_string(dir.path().join("witness.vkey")).unwrap();
    let key: VerifierKey = line.trim_end().parse().unwrap();
    assert_eq!(key.name(), witness.name());
    assert!(load_verifier(&dir.path().join("witness.vkey")).is_err(), "a witness does not speak for a directory");
    fs::set_permissions(&path, Permissions::from_mode(0o660)).unwrap();
    assert!(matches!(load_note_key(&path, signer.name()), Err(PkiError::TooOpen { mode: 0o660, .. })));
    assert!(make_note_key("two words").is_err());
}
