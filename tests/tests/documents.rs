//! What the documents for reviewers claim is held against the sources.
#![allow(clippy::unwrap_used, reason = "test code outside #[test] functions")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Rust sources below a folder.
fn sources(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            sources(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs") {
            all.push(path);
        }
    }
}

/// The function that a line declares.
fn declared(line: &str) -> Option<&str> {
    let (_, rest) = line.trim_start().split_once("fn ")?;
    rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()
}

/// Every function that is a test: an attribute that names one stands above it, or it stands in a list of tests that a macro
/// runs on each engine.
fn tests() -> BTreeSet<String> {
    let mut files = Vec::new();
    for folder in ["crates", "services", "tests"] {
        sources(&root().join(folder), &mut files);
    }
    let mut found = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        // The contract suite of the store runs public functions of its modules on each engine.
        let contract = file.components().any(|part| part.as_os_str() == "contract");
        let mut marked = contract;
        for line in text.lines() {
            let line = line.trim_start();
            if line.starts_with("#[test") || line.starts_with("#[tokio::test") || line.starts_with("#[rstest") {
                marked = true;
            } else if let Some(name) = declared(line).filter(|_| marked && !line.starts_with("//")) {
                found.insert(name.to_owned());
                marked = contract;
            }
        }
    }
    found
}

/// The texts in backquotes of a row's last column.
fn named(row: &str) -> impl Iterator<Item = &str> {
    let last = row.trim_end().trim_end_matches('|').rsplit('|').next().unwrap_or_default();
    last.split('`').skip(1).step_by(2)
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let (tests, page) = (tests(), fs::read_to_string(root().join("docs/threat-model.md")).unwrap());
    let rows =
        page.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---") && !line.ends_with("test |"));
    let mut rows = rows.peekable();
    assert!(rows.peek().is_some());
    let mut named_tests = 0;
    for row in rows {
        if row.contains("no test:") {
            continue;
        }
        let names: Vec<_> = named(row).collect();
        assert!(!names.is_empty(), "no test in the row {row}");
        named_tests += names.len();
        for name in names {
            assert!(tests.contains(name), "docs/threat-model.md names `{name}`, which is no test");
        }
    }
    assert!(named_tests > 30, "only {named_tests} tests are named");
}

#[test]
fn a_function_that_is_no_test_does_not_count_as_one() {
    let tests = tests();
    assert!(!tests.contains("declared"));
    assert!(tests.contains("a_function_that_is_no_test_does_not_count_as_one"));
}
