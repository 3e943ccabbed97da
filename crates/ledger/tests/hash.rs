//! Hashes, digests and their text forms.

use ledger::{Algorithm, Hash, HashParseError, body_digest, leaf_hash, node_hash};
use proptest::prelude::*;

#[test]
fn leaf_node_and_body_of_the_same_bytes_have_different_hashes() {
    let (left, right) = (leaf_hash(b"a"), leaf_hash(b"b"));
    let joined = [left.to_bytes(), right.to_bytes()].concat();
    let hashes = [node_hash(left, right), leaf_hash(&joined), body_digest(&joined)];
    assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2] && hashes[0] != hashes[2]);
}

#[test]
fn the_body_digest_is_plain_sha_256() {
    // FIPS 180-4 example: the one-block message "abc".
    assert_eq!(body_digest(b"abc").to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn a_hash_has_one_text() {
    let text = leaf_hash(b"").to_string();
    assert_eq!(text.to_uppercase().parse::<Hash>(), Err(HashParseError::NotHex));
    assert_eq!(format!(" {text}").parse::<Hash>(), Err(HashParseError::NotHex));
    assert_eq!(text[2..].parse::<Hash>(), Err(HashParseError::Length(31)));
    assert_eq!(Hash::try_from([0_u8; 33].as_slice()), Err(HashParseError::Length(33)));
}

#[test]
fn algorithms_are_stored_by_name_and_unknown_names_are_refused() {
    assert_eq!(Algorithm::Sha256.to_string(), "sha256");
    assert_eq!("ed25519".parse(), Ok(Algorithm::Ed25519));
    assert!("SHA256".parse::<Algorithm>().is_err());
}

proptest! {
    #[test]
    fn hashes_survive_text_and_bytes(bytes in any::<[u8; 32]>()) {
        let hash = Hash::from_bytes(bytes);
        prop_assert_eq!(hash.to_string().parse::<Hash>(), Ok(hash));
        prop_assert_eq!(Hash::try_from(bytes.as_slice()), Ok(hash));
    }

    #[test]
    fn what_is_read_as_a_hash_is_written_the_same(text in "[0-9a-fA-F ]{0,66}|\\PC{0,70}") {
        if let Ok(hash) = text.parse::<Hash>() {
            prop_assert_eq!(hash.to_string(), text);
        }
    }
}
