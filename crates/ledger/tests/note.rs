//! Signed notes of any text, with keys of both algorithms.
#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

use ledger::{
    Checkpoint, KeyError, MAX_SIGNATURES, NoteError, NoteSigner, NoteVerifier, SignatureAlgorithm, add_signature,
    leaf_hash, open, open_note, sign, sign_note, signature_line,
};
use proptest::prelude::*;

const BOTH: [SignatureAlgorithm; 2] = [SignatureAlgorithm::Ed25519, SignatureAlgorithm::Sm2Sm3];
const NAME: &str = "wufei.demo/directory";
const TEXT: &str = "{\n  \"format\": \"wufei.directory/v1\"\n}\n";

fn signer(algorithm: SignatureAlgorithm, seed: u8) -> NoteSigner {
    NoteSigner::generate_with(algorithm, NAME, [seed; 32]).unwrap()
}

#[test]
fn the_note_of_the_specification_is_opened() {
    // C2SP signed-note, "Verifier keys", example.
    let key: NoteVerifier = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k".parse().unwrap();
    let note = "This is an example message.\n\n— example.com/foo \
                Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    assert_eq!(open_note(note, std::slice::from_ref(&key)), Ok("This is an example message.\n"));
    let changed = note.replace("example message", "example massage");
    assert_eq!(open_note(&changed, &[key]), Err(NoteError::BadSignature("example.com/foo".to_owned())));
}

#[test]
fn an_sm2_key_has_a_text_that_names_its_algorithm() {
    // Key id and base64 by hashlib and base64 of Python, public key by OpenSSL 3.0.19.
    let text = "wufei.demo/dept/ecology+f92de283+/3d1ZmVpLnNtMi1zbTME6ZZs9VsMFetofNu4qc3YHwAwj7aLi8GYNPpuoWWr48qXMkAe7QZ\
                lT65H6i3391W/U98YlqCZ74b3tbFzJH1EQw==";
    let seed = std::array::from_fn(|at| at as u8);
    let signer = NoteSigner::generate_with(SignatureAlgorithm::Sm2Sm3, "wufei.demo/dept/ecology", seed).unwrap();
    assert_eq!(signer.verifier().to_string(), text);
    assert_eq!(text.parse(), Ok(signer.verifier()));
    assert_eq!(signer.verifier().algorithm(), SignatureAlgorithm::Sm2Sm3);
    assert_eq!(format!("{signer:?}"), format!("NoteSigner({text})"));
}

#[test]
fn notes_and_checkpoints_of_both_algorithms_are_signed_and_opened() {
    for algorithm in BOTH {
        let signer = signer(algorithm, 1);
        let note = sign_note(TEXT, &signer).unwrap();
        assert_eq!(note, format!("{TEXT}\n{}", signature_line(TEXT, &signer).unwrap()));
        assert_eq!(open_note(&note, &[signer.verifier()]), Ok(TEXT));

        let checkpoint = Checkpoint { origin: NAME.to_owned(), size: 12, root: leaf_hash(b"x") };
        let note = sign(&checkpoint, &signer).unwrap();
        assert_eq!(open(&note, &[signer.verifier()]), Ok(checkpoint));
        let read = NoteSigner::from_pkcs8_pem(NAME, &signer.to_pkcs8_pem().unwrap()).unwrap();
        assert_eq!(read.verifier(), signer.verifier());
    }
}

#[test]
fn every_changed_bit_of_an_sm2_note_or_key_is_refused() {
    let signer = signer(SignatureAlgorithm::Sm2Sm3, 1);
    let (note, key) = (sign_note("two\nlines\n", &signer).unwrap(), signer.verifier().to_string());
    let changed = |text: &str, bit: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        String::from_utf8(bytes)
    };
    for bit in 0..note.len() * 8 {
        let Ok(changed) = changed(&note, bit) else { continue };
        assert!(open_note(&changed, &[signer.verifier()]).is_err(), "{changed}");
    }
    for bit in 0..key.len() * 8 {
        let Ok(changed) = changed(&key, bit) else { continue };
        assert!(changed.parse::<NoteVerifier>().is_err(), "{changed}");
    }
}

#[test]
fn the_keys_of_the_two_algorithms_under_one_name_are_two_keys() {
    let [ed25519, sm2] = BOTH.map(|algorithm| signer(algorithm, 1));
    assert_ne!(ed25519.verifier(), sm2.verifier());
    assert_ne!(ed25519.verifier().key_id(), sm2.verifier().key_id());
    let note = sign_note(TEXT, &sm2).unwrap();
    assert_eq!(open_note(&note, &[ed25519.verifier()]), Err(NoteError::NoTrustedSignature));

    let both = add_signature(&note, &signature_line(TEXT, &ed25519).unwrap()).unwrap();
    assert_eq!(open_note(&both, &[ed25519.verifier()]), Ok(TEXT));
    assert_eq!(open_note(&both, &[sm2.verifier()]), Ok(TEXT));
}

#[test]
fn a_text_without_a_final_newline_or_with_control_characters_cannot_be_signed() {
    let signer = signer(SignatureAlgorithm::Ed25519, 1);
    for (text, error) in [
        ("", NoteError::Text),
        ("no newline", NoteError::Text),
        ("tab\there\n", NoteError::ControlCharacter),
        ("windows\r\n", NoteError::ControlCharacter),
    ] {
        assert_eq!(sign_note(text, &signer), Err(error), "{text:?}");
    }
}

#[test]
fn a_line_that_is_there_is_not_added_again_and_a_loose_line_is_refused() {
    let signer = signer(SignatureAlgorithm::Ed25519, 1);
    let note = sign_note(TEXT, &signer).unwrap();
    let line = "— witness.example AAAAAAA=\n";
    let added = add_signature(&note, line).unwrap();
    assert_eq!(added, format!("{note}{line}"));
    assert_eq!(add_signature(&added, line).unwrap(), added);
    for loose in ["", "\n", "— witness.example AAAAAAA=", "witness.example AAAAAAA=\n", "— witness.example AAAAAA==\n"]
    {
        assert_eq!(add_signature(&added, loose), Err(NoteError::SignatureLine(3)), "{loose:?}");
    }
    let two = format!("{line}{line}");
    assert_eq!(add_signature(&note, &two), Err(NoteError::SignatureLine(2)));
    assert_eq!(add_signature(TEXT, line), Err(NoteError::NoSignatures));

    let full = format!("{note}{}", line.repeat(MAX_SIGNATURES - 1));
    assert_eq!(add_signature(&full, "— other.example AAAAAAA=\n"), Err(NoteError::TooManySignatures));
}

#[test]
fn a_verifier_key_of_another_type_is_refused() {
    // A witness key (type 0x04), published in the witness network of transparency.dev.
    let witness = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";
    assert!(matches!(witness.parse::<NoteVerifier>(), Err(KeyError::Format(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_of_lines_survives_its_note(
        text in "(([^\\x00-\\x1f]|\n){0,30}\n){1,3}", algorithm in prop::sample::select(&BOTH[..]), seed in any::<u8>(),
    ) {
        let signer = signer(algorithm, seed);
        let note = sign_note(&text, &signer).unwrap();
        prop_assert_eq!(open_note(&note, &[signer.verifier()]), Ok(text.as_str()));
    }
}
