//! From a printed figure to the signed message, checked offline: what an auditor does with the files of a real run.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code outside #[test] functions")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tempfile::TempDir;

fn wufei(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wufei")).args(args).output().unwrap()
}

/// A demo that stays up; dropping it kills it.
struct Demo(Child);

impl Demo {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wufei"))
            .args(["demo", "--data-dir"])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("client.toml")), "the demo ended before it was up");
        Self(child)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The failure of a verification that must fail.
fn refused(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    error["error"].clone()
}

/// A folder with a report whose files are changed one at a time.
struct Report {
    folder: PathBuf,
    key: PathBuf,
}

impl Report {
    fn verify(&self, file: &str) -> Output {
        let file = self.folder.join(file);
        wufei(&["verify", "report", path(&file), "--key", path(&self.key), "--json"])
    }

    /// Changes a file, expects the refusal, and puts the file back; what is named.
    fn changed(&self, file: &str, change: impl FnOnce(String) -> String) -> Vec<String> {
        let place = self.folder.join(file);
        let good = text(&place);
        let bad = change(good.clone());
        assert_ne!(good, bad, "nothing was changed");
        fs::write(&place, bad).unwrap();
        let error = refused(&self.verify(file));
        fs::write(&place, good).unwrap();
        let named =
            error["violations"].as_array().unwrap().iter().map(|found| found["field"].as_str().unwrap().to_owned());
        named.collect()
    }
}

/// Sets a member of the report and writes it again.
fn with(pointer: &'static str, value: Value) -> impl FnOnce(String) -> String {
    move |text| {
        let mut report: Value = serde_json::from_str(&text).unwrap();
        *report.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        serde_json::to_string_pretty(&report).unwrap()
    }
}

#[test]
fn one_changed_figure_of_a_report_or_its_page_is_found_and_named() {
    let data = TempDir::new().unwrap();
    assert!(wufei(&["demo", "--once", "--data-dir", path(data.path())]).status.success());
    let report = Report { folder: data.path().join("report"), key: data.path().join("aggregator/log.vkey") };
    let good = report.verify("");
    assert!(good.status.success(), "{good:?}");
    let verdict: Value = serde_json::from_slice(&good.stdout).unwrap();
    assert!(verdict["files"][0]["figures"].as_u64().unwrap() > 300, "{verdict}");

    let json = |pointer, value| report.changed("report.json", with(pointer, value));
    assert_eq!(json("/run/units/0/score/value", json!("99.99")), ["report.json score/140100"]);
    assert_eq!(json("/run/units/0/items/0/score/value", json!("5")).len(), 1);
    assert_eq!(json("/shareTarget/sharePercent/value", json!("63.6")), ["report.json share-target"]);
    assert_eq!(json("/funding/0/amount/yuan/value", json!("1")).len(), 1);
    assert_eq!(json("/commitments/0/light", json!("green")).len(), 1);
    assert_eq!(json("/title/zh", json!("报告")), ["report.json title"]);
    assert_eq!(json("/run/units/0/displayName/zh", json!("大同市")), ["report.json run"]);
    let rank = report.changed("report.json", |text| {
        let mut changed: Value = serde_json::from_str(&text).unwrap();
        changed["run"]["units"][0]["rank"] = json!(1);
        changed.to_string()
    });
    assert_eq!(rank, ["report.json rank/140100"], "a figure that was not there");

    let page =
        |from: &'static str, to: &'static str| report.changed("report.html", move |text| text.replacen(from, to, 1));
    assert_eq!(page("2/11 = 18.2 %", "7/11 = 63.6 %"), ["report.html share-target"]);
    assert_eq!(page(">24,700,000<", ">99,700,000<"), ["report.html funding/awarded/provincial-science"]);
    assert_eq!(page("缺报不等于零", "缺报等于零"), ["report.html c2"]);

    // White space is no content; another order is none either.
    let place = report.folder.join("report.json");
    let compact: Value = serde_json::from_str(&text(&place)).unwrap();
    fs::write(&place, compact.to_string()).unwrap();
    assert!(report.verify("").status.success());
    // Two readings of one file are refused, with the place.
    fs::write(&place, text(&place).replacen("{\"", "{\"edition\":2,\"", 1)).unwrap();
    let error = refused(&report.verify("report.json"));
    assert!(error["message"]["zh"].as_str().unwrap().contains("第 1 行"), "{error}");
    // The key of another log signs no report.
    let other = Report { key: data.path().join("ecology/log.vkey"), ..report };
    refused(&other.verify("report.html"));
}

/// A bundle and the keys that an auditor was given.
struct Audit {
    folder: TempDir,
    data: TempDir,
}

impl Audit {
    /// With the authority's key alone: the directory that it opens lists those of the logs.
    fn verify(&self, bundle: &Value) -> Output {
        self.verify_with(bundle, &[])
    }

    /// With keys of these nodes' logs beside it.
    fn verify_with(&self, bundle: &Value, nodes: &[&str]) -> Output {
        let file = self.folder.path().join("bundle.json");
        fs::write(&file, bundle.to_string()).unwrap();
        let authority = self.data.path().join("pki/directory.vkey");
        let mut args = vec!["verify", "bundle", path(&file), "--json", "--authority", path(&authority)];
        let keys: Vec<_> = nodes.iter().map(|node| self.data.path().join(node).join("log.vkey")).collect();
        for key in &keys {
            args.extend(["--log-key", path(key)]);
        }
        wufei(&args)
    }

    /// What is said of a bundle in which this was changed.
    fn said(&self, bundle: &Value, change: impl FnOnce(&mut Value)) -> String {
        let mut bad = bundle.clone();
        change(&mut bad);
        assert_ne!(&bad, bundle, "nothing was changed");
        refused(&self.verify(&bad))["message"]["en"].as_str().unwrap().to_owned()
    }
}

/// One bit of the bytes in a text of base64.
fn flip(value: &mut Value) {
    let mut bytes = BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    *value = json!(BASE64_STANDARD.encode(bytes));
}

#[test]
fn a_bundle_is_checked_from_the_figures_to_the_messages_and_each_kind_of_damage_is_named() {
    let audit = Audit { folder: TempDir::new().unwrap(), data: TempDir::new().unwrap() };
    let file = audit.folder.path().join("made.json");
    {
        let _demo = Demo::start(audit.data.path());
        let profile = audit.data.path().join("client.toml");
        let made = wufei(&["bundle", "--out", path(&file), "--profile", path(&profile)]);
        assert!(made.status.success(), "{made:?}");

        let explained = wufei(&["explain", "item/140100/ZWC2021-26", "--profile", path(&profile)]);
        let explained = String::from_utf8(explained.stdout).unwrap();
        assert!(
            explained.contains("签名密钥 ed25519 ") && explained.contains("1 份报文的证明已用日志公钥核对"),
            "{explained}"
        );
        let bond = wufei(&["explain", "rank/140100", "--profile", path(&profile), "--lang", "en"]);
        assert!(bond.status.success(), "{bond:?}");
    }
    // Nothing runs any more.
    let bundle: Value = serde_json::from_str(&text(&file)).unwrap();
    let good = audit.verify(&bundle);
    assert!(good.status.success(), "{good:?}");
    let verdict: Value = serde_json::from_slice(&good.stdout).unwrap();
    let count = |name: &str| verdict[name].as_u64().unwrap();
    assert!(count("figures") > 300 && count("logs") >= 5, "{verdict}");
    assert!(count("signed") > 20 && count("citations") > 60 && count("recomputed") >= 4, "{verdict}");

    let at = bundle["logs"].as_array().unwrap().iter().position(|log| log["entries"][0].is_object()).unwrap();
    let entry = move |bundle: &mut Value, part: &str| flip(&mut bundle["logs"][at]["entries"][0][part]);
    let place = format!("logs[{at}].entries[0]");
    type Damage = Box<dyn FnOnce(&mut Value)>;
    let cases: [(&str, Damage); 14] = [
        (&format!("{place}.request: expected"), Box::new(move |b| entry(b, "request"))),
        (&format!("{place}.leaf: the submission is not in the signed log"), Box::new(move |b| entry(b, "leaf"))),
        (&format!("{place}.rowSeed: expected"), Box::new(move |b| entry(b, "rowSeed"))),
        (
            &format!("{place}.leaf: the submission is not in the signed log"),
            Box::new(move |b| b["logs"][at]["entries"][0]["index"] = json!("5")),
        ),
        (
            &format!("logs[{at}].checkpoint"),
            Box::new(move |b| {
                let note = b["logs"][at]["checkpoint"].as_str().unwrap().replacen('\n', "\n1", 1);
                b["logs"][at]["checkpoint"] = json!(note);
            }),
        ),
        (
            "rests on entry",
            Box::new(move |b| {
                b["logs"][at]["entries"].as_array_mut().unwrap().remove(0);
            }),
        ),
        (
            "is not in the bundle",
            Box::new(move |b| {
                let logs = b["logs"].as_array_mut().unwrap();
                logs.retain(|log| log["node"] != "departments/ecology");
            }),
        ),
        (
            "stands there twice",
            Box::new(move |b| {
                let log = b["logs"][at].clone();
                b["logs"].as_array_mut().unwrap().push(log);
            }),
        ),
        (
            "directories[0]",
            Box::new(|b| {
                let note = b["directories"][0].as_str().unwrap().replacen("department_writer", "operator", 1);
                let note = if note == b["directories"][0].as_str().unwrap() {
                    note.replacen("wufei.demo", "wufei.demp", 1)
                } else {
                    note
                };
                b["directories"][0] = json!(note);
            }),
        ),
        ("no directory in the bundle lists the node", Box::new(|b| b["directories"] = json!([]))),
        ("report: the figure share-target", Box::new(|b| b["report"]["shareTarget"]["gap"] = json!(0))),
        (
            "report: facts is not as it was signed",
            Box::new(|b| {
                b["report"]["facts"].as_array_mut().unwrap().push(Value::Null);
            }),
        ),
        (
            "page: the figure share-target",
            Box::new(|b| {
                b["page"] = json!(b["page"].as_str().unwrap().replacen("2/11 = 18.2", "9/11 = 81.8", 1));
            }),
        ),
        ("format is", Box::new(|b| b["format"] = json!("wufei.bundle/v9"))),
    ];
    for (expected, change) in cases {
        let said = audit.said(&bundle, change);
        assert!(said.contains(expected), "expected {expected:?}, it says {said:?}");
    }
    // With the keys of the logs at hand, the keys of the submitters are still missing.
    let mut bare = bundle.clone();
    bare["directories"] = json!([]);
    let nodes = ["aggregator", "city-140100", "commerce", "ecology", "scitech"];
    let error = refused(&audit.verify_with(&bare, &nodes));
    assert!(error["message"]["en"].as_str().unwrap().contains("the directory version"), "{error}");
    // A key of another authority opens no directory of this one.
    let other = audit.folder.path().join("bundle.json");
    fs::write(&other, bundle.to_string()).unwrap();
    let key = audit.data.path().join("ecology/log.vkey");
    refused(&wufei(&["verify", "bundle", path(&other), "--json", "--authority", path(&key)]));
}
