//! Proof files of single entries.

use std::collections::HashMap;
use std::error::Error;

use ledger::{
    Checkpoint, CompactRange, LogProof, LogProofError, MAX_PROOF_HASHES, NoteSigner, NoteVerifier, VerifyError,
    inclusion_proof, leaf_hash, sign,
};
use proptest::prelude::*;

/// A log of `size` entries, entry `n` being the four bytes of `n`.
fn proof_in_log(index: u32, size: u32) -> Result<(LogProof, NoteVerifier), Box<dyn Error>> {
    let (mut tree, mut nodes) = (CompactRange::empty(), HashMap::new());
    for n in 0..size {
        nodes.extend(tree.append(leaf_hash(&n.to_be_bytes())));
    }
    let signer = NoteSigner::generate("wufei.demo/dept/scitech", [3; 32])?;
    let checkpoint = Checkpoint { origin: signer.name().to_owned(), size: tree.size(), root: tree.root() };
    let path = inclusion_proof(u64::from(index), tree.size(), |id| nodes.get(&id).copied())?;
    Ok((LogProof::new(u64::from(index), path, sign(&checkpoint, &signer)?)?, signer.verifier()))
}

#[test]
fn a_proof_file_has_the_published_form() {
    let (proof, _) = proof_in_log(4, 7).unwrap();
    let file = proof.clone().with_extra(*b"age").to_string();
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(lines[..3], ["c2sp.org/tlog-proof@v1", "extra YWdl", "index 4"]);
    assert!(lines[3..6].iter().all(|line| line.len() == 44));
    assert_eq!(lines[6..9], ["", "wufei.demo/dept/scitech", "7"]);
    assert_eq!(LogProof::parse(&file).unwrap().extra(), b"age");
    assert_eq!(proof.to_string().lines().nth(1), Some("index 4"));
}

#[test]
fn every_changed_bit_of_a_proof_file_is_refused() {
    let (proof, verifier) = proof_in_log(4, 7).unwrap();
    let file = proof.to_string();
    for bit in 0..file.len() * 8 {
        let mut bytes = file.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        let held = LogProof::parse(&changed)
            .and_then(|p| p.verify_leaf(&4_u32.to_be_bytes(), std::slice::from_ref(&verifier)));
        assert!(held.is_err(), "{changed}");
    }
}

#[test]
fn a_proof_file_that_is_cut_anywhere_is_refused() {
    let file = proof_in_log(4, 7).unwrap().0.with_extra(*b"age").to_string();
    for (at, _) in file.char_indices() {
        assert!(LogProof::parse(&file[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn a_proof_of_another_entry_is_refused() {
    let (proof, verifier) = proof_in_log(4, 7).unwrap();
    let told = proof.verify_leaf(&5_u32.to_be_bytes(), &[verifier]);
    assert!(matches!(told, Err(LogProofError::Inclusion(VerifyError::RootMismatch { .. }))));
}

#[test]
fn a_proof_whose_index_lies_beyond_the_checkpoint_is_refused() {
    let (proof, verifier) = proof_in_log(4, 7).unwrap();
    let beyond = LogProof::new(7, proof.hashes().to_vec(), proof.checkpoint_note()).unwrap();
    assert_eq!(
        beyond.verify_leaf(&4_u32.to_be_bytes(), &[verifier]),
        Err(VerifyError::IndexOutsideTree { index: 7, size: 7 }.into())
    );
}

#[test]
fn loose_forms_of_a_proof_file_are_refused_by_name() {
    let file = proof_in_log(4, 7).unwrap().0.to_string();
    let refused = |from: &str, to: &str| LogProof::parse(&file.replacen(from, to, 1)).unwrap_err();
    assert_eq!(refused("@v1", "@v2"), LogProofError::Header);
    assert_eq!(refused("index 4", "index 04"), LogProofError::Index);
    assert_eq!(refused("index 4", "index +4"), LogProofError::Index);
    assert_eq!(refused("index 4\n", ""), LogProofError::Index);
    assert_eq!(refused("index 4", "extra \nindex 4"), LogProofError::Extra);
    assert_eq!(refused("index 4", "extra YWd\nindex 4"), LogProofError::Extra);
    assert_eq!(refused("index 4", "extra YWdl\nextra YWdl\nindex 4"), LogProofError::Index);
    assert_eq!(refused("index 4\n", "index 4\nAAAA\n"), LogProofError::HashLine(1));
    assert_eq!(refused("\n\n", "\n"), LogProofError::HashLine(4));
    assert!(matches!(refused("\n\n", "\n\n\n"), LogProofError::Checkpoint(_)));
    let line = file.lines().nth(2).unwrap();
    assert_eq!(refused(line, &vec![line; MAX_PROOF_HASHES].join("\n")), LogProofError::TooLong);
}

proptest! {
    #[test]
    fn proofs_hold_and_survive_their_file(
        size in 1_u32..80, pick in any::<prop::sample::Index>(), extra in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let index = pick.index(size as usize) as u32;
        let (proof, verifier) = proof_in_log(index, size).unwrap();
        let proof = proof.with_extra(extra);
        let read: LogProof = proof.to_string().parse().unwrap();
        prop_assert_eq!(&read, &proof);
        prop_assert_eq!(read.to_string(), proof.to_string());
        let checkpoint = read.verify_leaf(&index.to_be_bytes(), &[verifier]).unwrap();
        prop_assert_eq!(checkpoint.size, u64::from(size));
    }

    #[test]
    fn garbage_is_refused_without_panic(
        garbage in "(\\PC|\n){0,200}", lines in "(extra [a-z=]{0,8}\n)?(index [0-9]{0,3}\n)?([A-Za-z0-9+/]{43}=\n){0,70}\n(\\PC|\n){0,60}",
    ) {
        prop_assert!(LogProof::parse(&garbage).is_err());
        let headed = format!("c2sp.org/tlog-proof@v1\n{lines}");
        prop_assert!(LogProof::parse(&headed).is_err());
    }
}
