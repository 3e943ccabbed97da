//! Two verifiers, written apart: the Rust one that `wufei verify` uses, and the Python one of `tests/verifier`. Both get the
//! same thousands of good and damaged proofs, each in one run, and must say the same of every one.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code outside #[test] functions")]

mod cases;
mod judge;

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use cases::Case;

/// The same cases in every run.
const SEED: u64 = 20_250_610;

/// What the Python verifier says of each case.
fn python(cases: &[Case]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // `cargo xtask test` makes the environment and names it; where it was made before, the test runs without it too.
    let made = root.join("target/xtask/verifier/bin/python");
    let python = std::env::var_os("WUFEI_TEST_PYTHON").map_or(made, Into::into);
    assert!(python.exists(), "the second verifier needs its Python: run `cargo xtask test` once");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.jsonl");
    fs::write(&file, cases.iter().map(|case| format!("{}\n", case.json())).collect::<String>()).unwrap();
    let output = Command::new(python)
        .args(["-m", "wufei_verifier"])
        .arg(&file)
        .env("PYTHONPATH", root.join("tests/verifier"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn two_verifiers_agree_on_thousands_of_good_and_damaged_proofs() {
    let cases = cases::all(SEED);
    assert!(cases.len() >= 2000, "{}", cases.len());
    let theirs = python(&cases);
    assert_eq!(theirs.len(), cases.len(), "a verdict for each case");
    let mut counts: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    for (case, theirs) in cases.iter().zip(&theirs) {
        let ours = judge::verdict(case);
        let accepted = theirs == "ok";
        assert_eq!(ours.is_ok(), accepted, "{} {:?}: ours {ours:?}, theirs {theirs}", case.kind, case.damage);
        assert_eq!(accepted, case.damage.is_none(), "{} {:?}: {theirs}", case.kind, case.damage);
        *counts.entry((case.kind, accepted)).or_default() += 1;
    }
    println!("accepted and refused by both verifiers: {counts:?}");
    for kind in ["receipt", "row", "consistency", "request", "report", "page"] {
        for accepted in [true, false] {
            assert!(counts.get(&(kind, accepted)).is_some_and(|count| *count >= 50), "{kind} {accepted}: {counts:?}");
        }
    }
}
