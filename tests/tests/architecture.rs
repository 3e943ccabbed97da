//! Who may import whom, and who may touch what: the dependency rules of ARCHITECTURE.md.
#![allow(clippy::unwrap_used, reason = "test code outside #[test] functions")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{DependencyKind, MetadataCommand};

const SERVICES: [&str; 5] = ["aggregator", "city", "commerce", "ecology", "scitech"];
const PURE: [&str; 8] = ["directory", "documents", "domain", "evaluation", "ledger", "policy", "report", "workbook"];

/// Library, and the crates that may name it. `cli` reads stored envelopes and drives the services that it starts; `testkit`
/// makes and drops the databases of tests.
const OWNERS: [(&str, &[&str]); 11] = [
    (
        "tonic",
        &["contracts", "node", "client", "portal", "aggregator", "city", "commerce", "ecology", "scitech", "cli"],
    ),
    ("sea-orm", &["store", "testkit"]),
    ("sea-orm-migration", &["store"]),
    ("opentelemetry", &["runtime"]),
    ("opentelemetry_sdk", &["runtime"]),
    ("rcgen", &["pki"]),
    ("axum", &["aggregator", "dashboard", "portal", "runtime"]),
    ("calamine", &["workbook"]),
    ("rust_xlsxwriter", &["documents", "workbook"]),
    ("typst", &["documents"]),
    ("docx-rs", &["documents"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Normal dependencies of each workspace member.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    let of = |package: &cargo_metadata::Package| {
        let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
        (package.name.to_string(), normal.map(|dependency| dependency.name.clone()).collect())
    };
    metadata.packages.iter().map(of).collect()
}

/// What a member depends on, through other members too.
fn reach(all: &BTreeMap<String, BTreeSet<String>>, member: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut open = vec![member.to_owned()];
    while let Some(next) = open.pop() {
        for dependency in all.get(&next).into_iter().flatten() {
            if seen.insert(dependency.clone()) {
                open.push(dependency.clone());
            }
        }
    }
    seen
}

#[test]
fn only_the_owner_of_a_library_names_it() {
    for (member, dependencies) in dependencies() {
        for (library, owners) in OWNERS {
            let allowed = owners.contains(&member.as_str());
            assert!(allowed || !dependencies.contains(library), "{member} must not depend on {library}");
        }
    }
}

#[test]
fn pure_crates_reach_no_runtime_no_transport_and_no_database() {
    let all = dependencies();
    for member in PURE {
        assert!(all.contains_key(member), "{member} is gone");
        let reached = reach(&all, member);
        for library in ["tokio", "tonic", "sea-orm", "contracts", "axum"] {
            assert!(!reached.contains(library), "{member} reaches {library}");
        }
    }
}

#[test]
fn pages_get_their_data_through_their_port_only() {
    let all = dependencies();
    let named = all.get("dashboard").unwrap();
    // The messages of the contracts are the data; how they travel is the aggregator's matter.
    for library in ["node", "store", "client", "policy", "ledger", "runtime", "tonic", "portal", "aggregator"] {
        assert!(!named.contains(library), "dashboard names {library}");
    }
    let users =
        all.iter().filter(|(_, dependencies)| dependencies.contains("dashboard")).map(|(member, _)| member.as_str());
    assert_eq!(users.collect::<Vec<_>>(), ["aggregator", "portal"]);
}

#[test]
fn services_never_import_each_other() {
    let all = dependencies();
    for service in SERVICES {
        let others: Vec<_> = SERVICES.into_iter().filter(|other| *other != service).collect();
        let reached = reach(&all, service);
        assert!(others.iter().all(|other| !reached.contains(*other)), "{service} reaches another service");
    }
}

#[test]
fn only_tests_use_the_testkit() {
    let all = dependencies();
    assert!(all.contains_key("testkit"), "testkit is gone");
    for (member, dependencies) in &all {
        assert!(!dependencies.contains("testkit"), "{member} has testkit as a dependency of its own code");
    }
}

#[test]
fn every_service_has_a_main_of_three_lines() {
    for service in SERVICES {
        let text = fs::read_to_string(root().join(format!("services/{service}/src/main.rs"))).unwrap();
        let code = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("//")).count();
        assert!(code <= 3, "services/{service}/src/main.rs has {code} lines");
    }
}

#[test]
fn only_the_runtime_reads_the_environment() {
    for file in sources(&root()) {
        let path = file.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let exempt =
            ["crates/runtime/", "crates/testkit/", "crates/xtask/"].iter().any(|start| path.starts_with(start))
                || path.contains("/tests/")
                || path.ends_with("build.rs");
        let text = fs::read_to_string(&file).unwrap();
        assert!(exempt || !text.contains("env::var"), "{path} reads the environment");
    }
}

#[test]
fn no_source_holds_a_machines_paths() {
    let machine = ["/ro", "ot/"].concat();
    for file in sources(&root()) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains(&machine), "{} names a home folder", file.display());
    }
}

fn sources(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.join("crates"), root.join("services"), root.join("tests")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 100, "only {} sources found", found.len());
    found
}
