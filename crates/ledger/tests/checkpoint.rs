//! Keys, signed notes and checkpoints.

use ledger::{
    Checkpoint, CheckpointError, EMPTY_ROOT, KeyError, MAX_SIGNATURES, NoteError, NoteSigner, NoteVerifier,
    SignatureAlgorithm, leaf_hash, open, sign,
};
use proptest::prelude::*;

const ECOLOGY: &str = "wufei.demo/dept/ecology";
const COMMERCE: &str = "wufei.demo/dept/commerce";

fn signer(name: &str, seed: u8) -> Result<NoteSigner, KeyError> {
    NoteSigner::generate(name, [seed; 32])
}

fn checkpoint(origin: &str) -> Checkpoint {
    Checkpoint { origin: origin.to_owned(), size: 12, root: leaf_hash(b"x") }
}

/// Every way to change one byte of a text by one bit that still is a text.
fn changed_texts(text: &str) -> impl Iterator<Item = String> {
    (0..text.len() * 8).filter_map(move |bit| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        String::from_utf8(bytes).ok()
    })
}

/// Signs any text as a note, through the only door there is to a raw key: the published format.
fn raw_note(text: &str, name: &str, seed: u8) -> Result<String, KeyError> {
    use base64::Engine;
    use ed25519_dalek::Signer;
    let mut bytes = signer(name, seed)?.verifier().key_id().to_vec();
    bytes.extend(ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).sign(text.as_bytes()).to_bytes());
    Ok(format!("{text}\n— {name} {}\n", base64::engine::general_purpose::STANDARD.encode(bytes)))
}

#[test]
fn the_verifier_key_of_the_go_checksum_database_example_is_read_as_published() {
    // Published by golang.org/x/mod/sumdb/note, documentation of package note.
    let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let verifier: NoteVerifier = text.parse().unwrap();
    assert_eq!(verifier.name(), "PeterNeumann");
    assert_eq!(verifier.to_string(), text);
}

#[test]
fn a_signed_checkpoint_has_the_published_form_and_is_believed() {
    let signer = signer(ECOLOGY, 1).unwrap();
    let note = sign(&checkpoint(ECOLOGY), &signer).unwrap();
    let lines: Vec<&str> = note.lines().collect();
    assert_eq!(lines[..2], [ECOLOGY, "12"]);
    assert_eq!(lines[2].len(), 44);
    assert_eq!(lines[3], "");
    assert!(lines[4].starts_with("— wufei.demo/dept/ecology "));
    assert_eq!(lines.len(), 5);
    assert_eq!(note, raw_note(&checkpoint(ECOLOGY).to_string(), ECOLOGY, 1).unwrap());
    assert_eq!(open(&note, &[signer.verifier()]), Ok(checkpoint(ECOLOGY)));
}

#[test]
fn every_changed_bit_of_a_note_is_refused() {
    let signer = signer(ECOLOGY, 1).unwrap();
    let note = sign(&checkpoint(ECOLOGY), &signer).unwrap();
    for changed in changed_texts(&note) {
        assert!(open(&changed, &[signer.verifier()]).is_err(), "{changed}");
    }
}

#[test]
fn a_note_that_is_cut_or_extended_is_refused() {
    let signer = signer(ECOLOGY, 1).unwrap();
    let note = sign(&checkpoint(ECOLOGY), &signer).unwrap();
    for (at, _) in note.char_indices() {
        assert!(open(&note[..at], &[signer.verifier()]).is_err(), "cut at {at}");
    }
    for extended in [format!("{note}\n"), format!("{note}x\n"), format!("\n{note}"), note.replace('\n', "\r\n")] {
        assert!(open(&extended, &[signer.verifier()]).is_err(), "{extended}");
    }
}

#[test]
fn signatures_of_unknown_keys_are_ignored_even_under_a_known_name() {
    let signer = signer(ECOLOGY, 1).unwrap();
    let note = sign(&checkpoint(ECOLOGY), &signer).unwrap();
    let old_key = raw_note(&checkpoint(ECOLOGY).to_string(), ECOLOGY, 9).unwrap();
    let line = old_key.lines().last().unwrap();
    let witnessed = format!("{note}— witness.example AAAAAAA=\n{line}\n");
    assert_eq!(open(&witnessed, &[signer.verifier()]), Ok(checkpoint(ECOLOGY)));
}

#[test]
fn one_bad_signature_of_a_known_key_spoils_the_note() {
    let (ecology, commerce) = (signer(ECOLOGY, 1).unwrap(), signer(COMMERCE, 2).unwrap());
    let note = sign(&checkpoint(ECOLOGY), &ecology).unwrap();
    let foreign = raw_note("other text\n", COMMERCE, 2).unwrap();
    let both = format!("{note}{}\n", foreign.lines().last().unwrap());
    assert_eq!(
        open(&both, &[ecology.verifier(), commerce.verifier()]),
        Err(NoteError::BadSignature(COMMERCE.to_owned()).into())
    );
}

#[test]
fn a_note_without_a_trusted_signature_is_refused() {
    let note = sign(&checkpoint(ECOLOGY), &signer(ECOLOGY, 1).unwrap()).unwrap();
    let stranger = signer(ECOLOGY, 2).unwrap().verifier();
    for trusted in [&[][..], &[stranger]] {
        assert_eq!(open(&note, trusted), Err(NoteError::NoTrustedSignature.into()));
    }
}

#[test]
fn one_department_cannot_speak_for_the_log_of_another() {
    let (ecology, commerce) = (signer(ECOLOGY, 1).unwrap(), signer(COMMERCE, 2).unwrap());
    assert!(matches!(sign(&checkpoint(ECOLOGY), &commerce), Err(CheckpointError::NotSignedByOrigin { .. })));
    let forged = raw_note(&checkpoint(ECOLOGY).to_string(), COMMERCE, 2).unwrap();
    assert_eq!(
        open(&forged, &[ecology.verifier(), commerce.verifier()]),
        Err(CheckpointError::NotSignedByOrigin { origin: ECOLOGY.to_owned(), signers: vec![COMMERCE.to_owned()] })
    );
}

#[test]
fn loose_forms_of_a_signed_checkpoint_are_refused() {
    let signer = signer(ECOLOGY, 1).unwrap();
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    let good = format!("{ECOLOGY}\n12\n{root}\n");
    assert!(open(&raw_note(&good, ECOLOGY, 1).unwrap(), &[signer.verifier()]).is_ok());
    let bad = [
        format!("{ECOLOGY}\n012\n{root}\n"),
        format!("{ECOLOGY}\n+12\n{root}\n"),
        format!("{ECOLOGY}\n\n{root}\n"),
        format!("{ECOLOGY}\n18446744073709551616\n{root}\n"),
        format!("{ECOLOGY}\n12\n{}\n", root.trim_end_matches('=')),
        format!("{ECOLOGY}\n12\n{}\n", root.replace("2I=", "2J=")),
        format!("{ECOLOGY}\n12\nAAAA\n"),
        format!("{ECOLOGY}\n12\n{root}\nextension\n"),
        format!("{ECOLOGY}\n12\n{root}\n\n"),
        format!("{ECOLOGY}\n12\n"),
        format!("{ECOLOGY}\n0\n{root}\n"),
        format!("\n12\n{root}\n"),
    ];
    for text in bad {
        let opened = open(&raw_note(&text, ECOLOGY, 1).unwrap(), &[signer.verifier()]);
        assert!(opened.is_err(), "{text}");
    }
}

#[test]
fn an_empty_log_can_sign_its_checkpoint_but_only_with_the_empty_root() {
    let signer = signer(ECOLOGY, 1).unwrap();
    let empty = Checkpoint { origin: ECOLOGY.to_owned(), size: 0, root: EMPTY_ROOT };
    assert_eq!(open(&sign(&empty, &signer).unwrap(), &[signer.verifier()]), Ok(empty.clone()));
    let wrong = Checkpoint { root: leaf_hash(b"x"), ..empty };
    assert!(matches!(sign(&wrong, &signer), Err(CheckpointError::EmptyTree(_))));
}

#[test]
fn a_note_may_carry_many_signatures_but_not_any_number() {
    let signer = signer(ECOLOGY, 1).unwrap();
    let note = sign(&checkpoint(ECOLOGY), &signer).unwrap();
    let with = |more: usize| format!("{note}{}", "— witness.example AAAAAAA=\n".repeat(more));
    assert!(open(&with(MAX_SIGNATURES - 1), &[signer.verifier()]).is_ok());
    assert_eq!(open(&with(MAX_SIGNATURES), &[signer.verifier()]), Err(NoteError::TooManySignatures.into()));
}

#[test]
fn a_private_key_survives_its_file_and_is_never_shown() {
    let signer = signer(ECOLOGY, 1).unwrap();
    let pem = signer.to_pkcs8_pem().unwrap();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    let read = NoteSigner::from_pkcs8_pem(ECOLOGY, &pem).unwrap();
    assert_eq!(read.verifier(), signer.verifier());
    assert_eq!(format!("{signer:?}"), format!("NoteSigner({})", signer.verifier()));
    assert!(matches!(NoteSigner::from_pkcs8_pem(ECOLOGY, "no key"), Err(KeyError::PrivateKey)));
}

#[test]
fn key_names_that_would_break_a_signature_line_are_refused() {
    for name in ["", "a b", "a+b", "a\nb", "a\u{3000}b", "a\tb"] {
        assert!(matches!(signer(name, 1), Err(KeyError::Name(_))), "{name:?}");
    }
    assert!(signer("生态环境厅", 1).is_ok());
}

#[test]
fn every_changed_bit_of_a_verifier_key_is_refused() {
    let text = signer(ECOLOGY, 1).unwrap().verifier().to_string();
    for changed in changed_texts(&text) {
        assert!(changed.parse::<NoteVerifier>().is_err(), "{changed}");
    }
}

#[test]
fn a_weak_public_key_is_refused() {
    // The neutral element of the curve: signatures under it can be made without a private key.
    let mut weak = [0; 32];
    weak[0] = 1;
    assert_eq!(NoteVerifier::new(ECOLOGY, &weak), Err(KeyError::PublicKey(SignatureAlgorithm::Ed25519)));
}

proptest! {
    #[test]
    fn keys_and_checkpoints_survive_their_texts(
        seed in any::<[u8; 32]>(), size in 1..=u64::MAX, root in any::<[u8; 32]>(), name in "[a-z]{1,8}(/[a-z-]{1,8}){0,3}",
    ) {
        let signer = NoteSigner::generate(name.clone(), seed).unwrap();
        let verifier = signer.verifier();
        prop_assert_eq!(verifier.to_string().parse::<NoteVerifier>(), Ok(verifier.clone()));
        let checkpoint = Checkpoint { origin: name, size, root: root.into() };
        prop_assert_eq!(open(&sign(&checkpoint, &signer).unwrap(), &[verifier]), Ok(checkpoint));
    }

    #[test]
    fn garbage_is_refused_without_panic(
        garbage in "(\\PC|\n){0,200}", lines in "[a-z0-9]{0,3}\n[0-9]{0,3}\n[A-Za-z=]{0,44}\n\n(— [a-z]{0,2} [A-Za-z=]{0,9}\n){0,3}",
    ) {
        let verifier = signer(ECOLOGY, 1).unwrap().verifier();
        for text in [garbage, lines] {
            prop_assert!(open(&text, std::slice::from_ref(&verifier)).is_err());
            prop_assert!(text.parse::<NoteVerifier>().is_err());
            prop_assert!(NoteSigner::from_pkcs8_pem(ECOLOGY, &text).is_err());
        }
    }
}
