//! The five formats of real reports, made by the program.

use std::{fs, path::Path, process::Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Demo, once, wufei};

/// Makes the documents of a report beside it, from its JSON alone.
pub(super) fn documents(json: &Path, folder: &Path, key: Option<&Path>) {
    for format in ["pdf", "xlsx", "docx"] {
        let mut command = wufei();
        command.args(["report", "--format", format, "--from"]).arg(json);
        command.arg("--out").arg(folder.join(format!("report.{format}")));
        if let Some(key) = key {
            command.arg("--key").arg(key);
        }
        let output = command.current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{format}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A report as the renderers see it.
pub(super) fn model(json: &Value) -> report::Report {
    let wire: contracts::evaluation::v1::Report =
        client::dynamic::from_json("wufei.evaluation.v1.Report", json.clone()).unwrap();
    aggregator::reports::model::report(&wire).unwrap()
}

#[test]
fn every_figure_of_the_manifest_is_the_same_in_all_five_formats_and_a_changed_one_is_named() {
    for dataset in ["letter", "synthetic"] {
        let folder = TempDir::new().unwrap();
        let mut demo = wufei();
        demo.args(["demo", "--once", "--dataset", dataset, "--data-dir"]).arg(folder.path()).stdout(Stdio::null());
        assert!(demo.status().unwrap().success());
        let reports = folder.path().join("report");
        let key = folder.path().join("aggregator/log.vkey");
        documents(&reports.join("report.json"), &reports, Some(&key));

        let json: Value = serde_json::from_slice(&fs::read(reports.join("report.json")).unwrap()).unwrap();
        let (numbers, files) = (super::numbers(&model(&json)), super::Files::of(&reports));
        let listed = super::manifest(&json);
        assert!(listed.len() > 300, "{}", listed.len());
        let found = super::differences(&json, &numbers, &files);
        assert!(found.is_empty(), "{found:?}");

        // One figure of each kind, changed in the JSON alone: each of the other four says so.
        let mut kinds = std::collections::BTreeSet::new();
        for (id, place) in listed {
            let kind = id.split('/').next().unwrap().to_owned();
            let shown = json.pointer(&place).is_some_and(|figure| !figure.is_null());
            let missing = json.pointer(&format!("{place}/state")) == Some(&json!("ITEM_STATE_MISSING"));
            let silent = files.is_silent(&id);
            if !shown || missing || silent || !kinds.insert(kind) {
                continue;
            }
            let found = super::difference(&super::changed(&json, &place), &id, &place, &numbers, &files);
            let formats: Vec<&str> = found.iter().map(|found| found.format).collect();
            assert_eq!(formats, ["html", "pdf", "docx", "xlsx"], "{id}: {found:?}");
        }
        assert!(kinds.len() >= 8, "{kinds:?}");
    }
}

#[test]
fn a_document_of_a_changed_report_shows_the_change_and_is_not_made_under_a_key() {
    let folder = TempDir::new().unwrap();
    let json = once(folder.path());
    let reports = folder.path().join("report");
    let key = folder.path().join("aggregator/log.vkey");
    let place = super::manifest(&json).into_iter().find(|(id, _)| id.starts_with("funding/")).unwrap().1;
    let changed = super::changed(&json, &place);
    let file = folder.path().join("changed.json");
    fs::write(&file, changed.to_string()).unwrap();

    let output =
        wufei().args(["report", "--format", "pdf", "--from"]).arg(&file).arg("--key").arg(&key).output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_empty());

    documents(&file, &reports, None);
    let found = super::differences(&json, &super::numbers(&model(&json)), &super::Files::of(&reports));
    let formats: Vec<&str> = found.iter().map(|found| found.format).collect();
    assert_eq!(formats, ["pdf", "docx", "xlsx"], "{found:?}");
}

#[test]
fn a_node_and_the_program_make_the_same_bytes() {
    let folder = TempDir::new().unwrap();
    let demo = Demo::start(folder.path());
    for (format, wire) in [("pdf", "PDF"), ("xlsx", "XLSX"), ("docx", "DOCX")] {
        let local = demo.run(&["report", "--format", format]);
        assert!(local.status.success(), "{}", String::from_utf8_lossy(&local.stderr));
        let request = json!({"name": "latest", "format": format!("REPORT_FORMAT_{wire}")});
        let method = "wufei.evaluation.v1.ReportService/DownloadReport";
        let served = demo.run(&["call", method, &request.to_string(), "--node", "aggregator"]);
        let first = String::from_utf8(served.stdout).unwrap();
        let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&local.stdout));
        assert!(first.contains(&digest), "{format}: {}", &first[..first.len().min(300)]);
    }
}
