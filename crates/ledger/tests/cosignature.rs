//! Witnesses: cosignatures and quorums.
#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

use ledger::{
    Checkpoint, CheckpointError, CosignError, Cosignature, CosignatureSigner, CosignatureVerifier, KeyError, NoteError,
    NoteSigner, NoteVerifier, Quorum, QuorumError, SignatureAlgorithm, add_signature, cosigners, leaf_hash, open, sign,
};
use proptest::prelude::*;

/// A checkpoint of a public log with the cosignatures of four public witnesses, as it was published.
const PUBLISHED: &str = "\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
";

/// The keys that these witnesses publish.
const WITNESSES: [&str; 4] = [
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
];

/// A time in seconds since 1970.
const NOW: u64 = 1_700_000_000;

fn witness(n: u8) -> CosignatureSigner {
    CosignatureSigner::generate(format!("wufei.demo/witness/{n}"), [n; 32]).unwrap()
}

fn verifiers(numbers: std::ops::Range<u8>) -> Vec<CosignatureVerifier> {
    numbers.map(|n| witness(n).verifier()).collect()
}

/// A signed checkpoint, cosigned by some witnesses.
fn cosigned(size: u64, by: &[(u8, u64)]) -> String {
    let log = NoteSigner::generate("wufei.demo/dept/ecology", [99; 32]).unwrap();
    let checkpoint = Checkpoint { origin: log.name().to_owned(), size, root: leaf_hash(b"x") };
    let note = sign(&checkpoint, &log).unwrap();
    by.iter().fold(note, |note, (n, time)| add_signature(&note, &witness(*n).cosign(&note, *time).unwrap()).unwrap())
}

#[test]
fn public_witnesses_of_a_public_log_are_understood() {
    let log = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f";
    let log: NoteVerifier = log.parse().unwrap();
    assert_eq!(open(PUBLISHED, &[log]).unwrap().size, 1_432_088_532);

    let witnesses: Vec<CosignatureVerifier> = WITNESSES.iter().map(|key| key.parse().unwrap()).collect();
    for (key, text) in witnesses.iter().zip(WITNESSES) {
        assert_eq!(key.to_string(), text);
    }
    let found = cosigners(PUBLISHED, &witnesses).unwrap();
    let expected = witnesses.iter().map(|key| Cosignature { witness: key.name().to_owned(), time: 0x6a12_2120 });
    assert_eq!(found, expected.collect::<Vec<_>>());
    let quorum = Quorum::new(witnesses, 4).unwrap();
    assert!(quorum.reached(PUBLISHED));
    assert!(!quorum.reached(&PUBLISHED.replace("1432088532", "1432088533")));
}

#[test]
fn a_cosignature_is_a_line_of_the_published_form() {
    use ed25519_dalek::Signer;
    let (note, witness) = (cosigned(12, &[]), witness(1));
    let line = witness.cosign(&note, NOW).unwrap();
    let bytes = line.strip_prefix("— wufei.demo/witness/1 ").and_then(|line| line.strip_suffix('\n')).unwrap();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, bytes).unwrap();

    let (text, _) = note.split_once("\n\n").unwrap();
    let message = format!("cosignature/v1\ntime 1700000000\n{text}\n");
    let signature = ed25519_dalek::SigningKey::from_bytes(&[1; 32]).sign(message.as_bytes());
    let expected = [&witness.verifier().key_id()[..], &NOW.to_be_bytes(), &signature.to_bytes()].concat();
    assert_eq!(bytes, expected);
}

#[test]
fn witnesses_are_listed_once_with_their_newest_time_and_strangers_are_ignored() {
    let note = cosigned(12, &[(3, NOW), (1, NOW + 5), (9, NOW), (1, NOW + 9), (1, NOW + 7)]);
    let found = cosigners(&note, &verifiers(1..4)).unwrap();
    let names: Vec<_> = found.iter().map(|found| (found.witness.as_str(), found.time)).collect();
    assert_eq!(names, [("wufei.demo/witness/1", NOW + 9), ("wufei.demo/witness/3", NOW)]);
    assert_eq!(cosigners(&note, &[]), Ok(vec![]));
    assert_eq!(cosigners(&cosigned(12, &[]), &verifiers(1..4)), Ok(vec![]));
}

#[test]
fn the_signature_of_the_log_is_no_cosignature_even_with_the_same_key() {
    let log = NoteSigner::generate("wufei.demo/dept/ecology", [99; 32]).unwrap();
    let key: [u8; 32] = log.verifier().public_key().try_into().unwrap();
    let itself = CosignatureVerifier::new(log.name(), &key).unwrap();
    assert_ne!(itself.key_id(), log.verifier().key_id());
    assert_eq!(cosigners(&cosigned(12, &[]), &[itself]), Ok(vec![]));
}

#[test]
fn a_cosignature_moved_to_another_checkpoint_spoils_it() {
    let line = witness(1).cosign(&cosigned(12, &[]), NOW).unwrap();
    let moved = add_signature(&cosigned(13, &[(2, NOW)]), &line).unwrap();
    let bad = CheckpointError::from(NoteError::BadSignature("wufei.demo/witness/1".to_owned()));
    assert_eq!(cosigners(&moved, &verifiers(1..3)), Err(bad));
    assert!(!Quorum::new(verifiers(1..3), 1).unwrap().reached(&moved));
    assert!(Quorum::new(verifiers(2..3), 1).unwrap().reached(&moved));
}

#[test]
fn every_changed_bit_of_a_cosignature_is_refused() {
    let note = cosigned(12, &[(1, NOW)]);
    let start = note.rfind('—').unwrap();
    for bit in start * 8..note.len() * 8 {
        let mut bytes = note.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        assert!(!Quorum::new(verifiers(1..2), 1).unwrap().reached(&changed), "{changed}");
    }
}

#[test]
fn a_quorum_is_reached_by_enough_different_witnesses() {
    let quorum = Quorum::new(verifiers(1..4), 2).unwrap();
    assert_eq!((quorum.threshold(), quorum.witnesses().len()), (2, 3));
    assert!(!quorum.reached(&cosigned(12, &[])));
    assert!(!quorum.reached(&cosigned(12, &[(1, NOW), (1, NOW + 1), (8, NOW), (9, NOW)])));
    assert!(quorum.reached(&cosigned(12, &[(3, NOW), (1, NOW)])));
    assert!(quorum.reached(&cosigned(12, &[(3, NOW), (1, NOW), (2, NOW)])));
    assert!(!quorum.reached("no note"));
}

#[test]
fn a_quorum_that_could_be_reached_by_nobody_or_by_one_twice_is_refused() {
    for threshold in [0, 4] {
        let refused = QuorumError::Threshold { threshold, witnesses: 3 };
        assert_eq!(Quorum::new(verifiers(1..4), threshold), Err(refused));
    }
    assert!(Quorum::new(vec![], 0).is_err());
    let alias = CosignatureSigner::generate("wufei.demo/witness/alias", [1; 32]).unwrap().verifier();
    let same_name = CosignatureSigner::generate("wufei.demo/witness/1", [7; 32]).unwrap().verifier();
    for second in [alias, same_name] {
        let refused = QuorumError::Twice(second.name().to_owned());
        assert_eq!(Quorum::new(vec![witness(1).verifier(), second], 1), Err(refused));
    }
}

#[test]
fn only_checkpoints_are_cosigned_and_only_at_a_time_that_can_be_stated() {
    let note = cosigned(12, &[]);
    for time in [0, 1 << 63, u64::MAX] {
        assert_eq!(witness(1).cosign(&note, time), Err(CosignError::Time(time)));
    }
    assert!(witness(1).cosign(&note, (1 << 63) - 1).is_ok());
    let text = ledger::sign_note("any text\n", &NoteSigner::generate("a", [1; 32]).unwrap()).unwrap();
    assert_eq!(witness(1).cosign(&text, NOW), Err(CheckpointError::Lines.into()));
    assert_eq!(cosigners(&text, &verifiers(1..2)), Err(CheckpointError::Lines));
}

#[test]
fn a_witness_key_survives_its_file_and_an_sm2_key_is_refused() {
    let witness = witness(1);
    let read = CosignatureSigner::from_pkcs8_pem(witness.name(), &witness.to_pkcs8_pem().unwrap()).unwrap();
    assert_eq!(read.verifier(), witness.verifier());
    assert_eq!(format!("{witness:?}"), format!("CosignatureSigner({})", witness.verifier()));
    let sm2 = NoteSigner::generate_with(SignatureAlgorithm::Sm2Sm3, "w", [1; 32]).unwrap().to_pkcs8_pem().unwrap();
    let refused = KeyError::Algorithm { expected: SignatureAlgorithm::Ed25519, found: SignatureAlgorithm::Sm2Sm3 };
    assert_eq!(CosignatureSigner::from_pkcs8_pem("w", &sm2).unwrap_err(), refused);
    assert!(matches!(CosignatureSigner::generate("a b", [1; 32]), Err(KeyError::Name(_))));
}

proptest! {
    #[test]
    fn cosignatures_hold_at_their_time_and_keys_survive_their_text(
        seed in any::<[u8; 32]>(), time in 1..1_u64 << 63, name in "[a-z]{1,8}(/[a-z-]{1,8}){0,3}",
    ) {
        let witness = CosignatureSigner::generate(name.clone(), seed).unwrap();
        let verifier = witness.verifier();
        prop_assert_eq!(verifier.to_string().parse::<CosignatureVerifier>(), Ok(verifier.clone()));
        let note = cosigned(12, &[]);
        let note = add_signature(&note, &witness.cosign(&note, time).unwrap()).unwrap();
        prop_assert_eq!(cosigners(&note, &[verifier]), Ok(vec![Cosignature { witness: name, time }]));
    }

    #[test]
    fn garbage_is_refused_without_panic(
        garbage in "(\\PC|\n){0,200}", signature in prop::collection::vec(any::<u8>(), 0..90),
    ) {
        prop_assert!(cosigners(&garbage, &verifiers(1..2)).is_err());
        prop_assert!(garbage.parse::<CosignatureVerifier>().is_err());
        let bytes = [&witness(1).verifier().key_id()[..], &signature].concat();
        let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
        let forged = format!("{}— wufei.demo/witness/1 {base64}\n", cosigned(12, &[]));
        prop_assert!(cosigners(&forged, &verifiers(1..2)).is_err());
    }
}
