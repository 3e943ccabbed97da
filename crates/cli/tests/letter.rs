//! The main job as a user meets it: the real program, five real services on loopback, the letter's data.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code outside #[test] functions")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

#[cfg(feature = "documents")]
mod formats;

fn wufei() -> Command {
    Command::new(env!("CARGO_BIN_EXE_wufei"))
}

/// A demo that stays up; dropping it kills it, as a crash would.
struct Demo {
    child: Child,
    folder: PathBuf,
}

impl Demo {
    fn start(folder: &Path) -> Self {
        Self::with(folder, "letter")
    }

    fn with(folder: &Path, dataset: &str) -> Self {
        let mut child = wufei()
            .args(["demo", "--dataset", dataset, "--data-dir"])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The last table names the profile; by then everything is loaded and the report is written.
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let up = lines.into_iter().any(|line| line.contains("client.toml"));
        assert!(up, "the demo ended before it was up");
        Self { child, folder: folder.to_owned() }
    }

    fn run(&self, args: &[&str]) -> Output {
        wufei().args(args).arg("--json").arg("--profile").arg(self.folder.join("client.toml")).output().unwrap()
    }

    fn call(&self, node: &str, method: &str, request: &Value) -> Result<Value, Value> {
        let output = self.run(&["call", method, &request.to_string(), "--node", node]);
        let text = if output.status.success() { &output.stdout } else { &output.stderr };
        let value = serde_json::from_slice(text).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(text)));
        if output.status.success() { Ok(value) } else { Err(value) }
    }

    fn log_size(&self, node: &str) -> u64 {
        let answer = self.call(node, "wufei.log.v1.LogService/GetCheckpoint", &json!({})).unwrap();
        answer["size"].as_str().unwrap().parse().unwrap()
    }

    /// Sends what must be refused and stores nothing; the reason.
    fn refused(&self, node: &str, method: &str, request: &Value) -> String {
        let before = self.log_size(node);
        let error = self.call(node, method, request).unwrap_err();
        assert_eq!(self.log_size(node), before, "{method} stored something");
        let error = &error["error"];
        let first = error["violations"][0]["reason"].as_str().filter(|reason| !reason.is_empty());
        first.or(error["reason"].as_str()).unwrap().to_owned()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn once(folder: &Path) -> Value {
    let status = wufei().args(["demo", "--once", "--data-dir"]).arg(folder).stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
    serde_json::from_slice(&fs::read(folder.join("report/report.json")).unwrap()).unwrap()
}

fn yuan(report: &Value, cell: &str) -> (String, u64, u64) {
    let entry = report["funding"].as_array().unwrap().iter().find(|entry| entry["cell"] == cell).unwrap();
    let count = |field: &str| entry[field].as_u64().unwrap();
    (entry["amount"]["yuan"]["value"].as_str().unwrap().to_owned(), count("projectCount"), count("namedProjectCount"))
}

#[test]
fn the_letter_becomes_a_report_with_its_figures_and_its_gaps() {
    let folder = TempDir::new().unwrap();
    let report = once(folder.path());

    assert_eq!(yuan(&report, "funding/awarded/provincial-science"), ("24700000".into(), 16, 3));
    assert_eq!(yuan(&report, "funding/awarded/ultra-long-treasury-bond"), ("110860000".into(), 3, 1));
    assert_eq!(yuan(&report, "funding/applied/central-budget-investment"), ("25250000".into(), 1, 1));
    assert_eq!(report["funding"].as_array().unwrap().len(), 3, "stages and sources are never mixed");

    let share = &report["shareTarget"];
    assert_eq!(
        (share["needed"].as_u64(), share["gap"].as_u64(), share["total"].as_u64()),
        (Some(7), Some(5), Some(11))
    );
    assert_eq!(share["sharePercent"]["value"], "18.2");
    assert_eq!(share["preparing"][0]["zh"], "吕梁市");

    let units = report["run"]["units"].as_array().unwrap();
    assert_eq!(units.len(), 11);
    assert!(units.iter().all(|unit| unit.get("ranked").is_none() && unit.get("grade").is_none()));
    let taiyuan = &units[0];
    assert_eq!(
        (taiyuan["coverage"]["reported"].as_u64(), taiyuan["coverage"]["mandatory"].as_u64()),
        (Some(3), Some(25))
    );
    let items = taiyuan["items"].as_array().unwrap();
    let recovery = items.iter().find(|item| item["indicator"] == "ZWC2021-26").unwrap();
    assert_eq!(recovery["qualifier"], "QUALIFIER_AT_LEAST");
    assert!(recovery["flags"].as_array().unwrap().iter().any(|flag| flag["zh"] == "按下限计"));

    let lights: Vec<_> =
        report["commitments"].as_array().unwrap().iter().map(|c| c["light"].as_str().unwrap()).collect();
    assert_eq!((lights.len(), lights.iter().filter(|light| **light == "grey").count()), (20, 19));

    let cited: std::collections::BTreeSet<_> = report["facts"]
        .as_array()
        .unwrap()
        .iter()
        .chain(report["funding"].as_array().unwrap().iter().flat_map(|entry| entry["provenance"].as_array().unwrap()))
        .filter_map(|entry| entry.get("provenance").unwrap_or(entry)["citation"]["fact"].as_str())
        .collect();
    let letter: Vec<_> = (1..=38).map(|number| format!("F{number:03}")).collect();
    assert!(letter.iter().all(|fact| cited.contains(fact.as_str())), "{cited:?}");
}

#[test]
fn a_second_start_loads_nothing_twice_and_computes_the_same_bytes() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (once(folder.path()), once(folder.path()));
    assert_eq!(first["run"]["resultDigest"], second["run"]["resultDigest"]);
    assert_eq!(first["run"]["checkpoints"], second["run"]["checkpoints"]);
    assert_eq!(first["edition"], second["edition"]);
    assert_eq!(first["contentDigest"], second["contentDigest"]);
}

#[test]
fn the_same_letter_in_another_folder_scores_the_same() {
    let (a, b) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let score = |report: &Value| {
        let units = report["run"]["units"].as_array().unwrap();
        units.iter().map(|unit| (unit["unit"].clone(), unit["score"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(score(&once(a.path())), score(&once(b.path())));
}

#[test]
fn the_wrong_doors_are_closed() {
    let folder = TempDir::new().unwrap();
    let demo = Demo::start(folder.path());
    let ingest = "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations";
    let figure = |change: Value| {
        let mut row = json!({
            "indicator": "ZWC2021-26", "region": "140100", "period": {"value": "2023"}, "scope": "SCOPE_WHOLE_CITY",
            "measure": "MEASURE_ACTUAL", "value": {"value": {"value": "36"}, "unit": "%"},
            "qualifier": "QUALIFIER_EQUAL", "status": "OBSERVATION_STATUS_NORMAL", "reportingParty": "太原市人民政府",
            "sourceDepartment": "住建/城管",
        });
        row.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!({"parent": "departments/city-140100", "requests": [{"observation": row}]})
    };
    let value = |text: &str, unit: &str| json!({"value": {"value": {"value": text}, "unit": unit}});
    let cases = [
        ("INDICATOR_LABEL_MISMATCH", json!({"reportedLabel": "资源化利用率"})),
        ("UNIT_MISMATCH", json!({"indicator": "ZWC2021-04", "value": {"value": {"value": "21"}, "unit": "个"}})),
        ("REGION_LEVEL_MISMATCH", json!({"region": "140109"})),
        ("REGION_NOT_OWNED", json!({"region": "140500"})),
        ("REGION_UNKNOWN", json!({"region": "140171"})),
        ("UNIT_UNKNOWN", value("36", "顿")),
        ("RATE_OUT_OF_RANGE", value("136", "%")),
        ("PERIOD_INVALID", json!({"period": {"value": "2023年上半年"}})),
        ("PERIOD_IN_FUTURE", json!({"period": {"value": "2999"}})),
        ("RATE_PARTS_MISMATCH", json!({"numerator": {"value": "30"}, "denominator": {"value": "100"}})),
        ("INDICATOR_UNKNOWN", json!({"indicator": "ZWC2021-99"})),
    ];
    for (reason, change) in cases {
        assert_eq!(demo.refused("city-140100", ingest, &figure(change.clone())), reason, "{change}");
    }
    let other = json!({"parent": "departments/commerce", "requests": figure(json!({}))["requests"]});
    assert_eq!(demo.refused("city-140100", ingest, &other), "PARENT_MISMATCH");

    let lines = "wufei.funding.v1.FundingIngestService/BatchCreateFundingLines";
    let line = |change: Value| {
        let mut row = json!({
            "project": "departments/city-140100/fundingProjects/f022", "stage": "FUNDING_STAGE_AWARDED",
            "source": "FUND_SOURCE_CENTRAL_BUDGET_INVESTMENT", "budgetYear": 2025, "period": {"value": "2025"},
            "amount": {"amount": {"value": "2525"}, "unit": "万元"}, "reportingParty": "太原市人民政府",
        });
        row.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!({"parent": "departments/city-140100", "requests": [{"fundingLineId": "wrong", "fundingLine": row}]})
    };
    let moved = line(json!({"movedFrom": "departments/city-140100/fundingLines/f021"}));
    assert_eq!(demo.refused("city-140100", lines, &moved), "FUNDING_STAGE_WITHOUT_BASIS");
    let member = line(json!({
        "project": "departments/city-140100/fundingProjects/f020", "source": "FUND_SOURCE_ULTRA_LONG_TREASURY_BOND",
        "budgetYear": 2024, "period": {"value": "2024"}, "amount": {"amount": {"value": "11086"}, "unit": "万元"},
        "citation": {"document": "晋环提函〔2025〕35号", "fact": "F019", "quote": "x"},
    }));
    assert_eq!(demo.refused("city-140100", lines, &member), "FUNDING_GROUP_AMOUNT_ON_MEMBER");
}

#[test]
fn a_figure_can_be_followed_to_its_submission_and_checked_offline() {
    let folder = TempDir::new().unwrap();
    let demo = Demo::start(folder.path());
    let request = json!({"name": "latest", "cell": "item/140100/ZWC2021-26"});
    let found = demo.call("aggregator", "wufei.evaluation.v1.ReportService/ExplainCell", &request).unwrap();
    let provenance = &found["explanation"]["provenance"];
    assert_eq!(provenance["citation"]["quote"], "回收利用率稳定达到35%以上");
    let index = provenance["logIndex"].as_str().unwrap_or("0").to_owned();
    let proof = json!({"logIndex": index});
    let proof = demo.call("city-140100", "wufei.log.v1.LogService/GetInclusionProof", &proof).unwrap();
    assert_eq!(proof["leafHash"], provenance["leafHash"]);

    let table = folder.path().join("observations.csv");
    let head = "indicator,region,period,scope,measure,value,unit,reporting_party,source_department\n";
    fs::write(&table, format!("{head}ZWC2021-26,140100,2023,全市,实际值,36,%,太原市人民政府,住建\n")).unwrap();
    let (table, receipt) = (table.to_str().unwrap().to_owned(), folder.path().join("receipt.json"));
    let receipt = receipt.to_str().unwrap();
    let submit = ["submit", &table, "--node", "city-140100", "--receipt", receipt];
    assert!(demo.run(&submit).status.success());
    let size = demo.log_size("city-140100");
    assert!(demo.run(&submit).status.success(), "the same table again is answered with the first receipt");
    assert_eq!(demo.log_size("city-140100"), size);
    assert!(demo.run(&["verify", "receipt", receipt]).status.success());
    // Returned by its reviewer, the same table is submitted anew as a correction; once.
    let returned = ["endorse", receipt, "--role", "reviewer", "--return", "单位请核", "--as", "city-140100-reviewer"];
    assert!(demo.run(&returned).status.success());
    let anew = ["submit", &table, "--node", "city-140100", "--corrects", "clerical", "--note", "单位已核"];
    let answer = demo.run(&anew);
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(answer["observation"]["record"]["correction"]["note"], "替换已退回的第 16 条报送：单位已核");
    assert_eq!(demo.log_size("city-140100"), size + 2);
    assert!(demo.run(&anew).status.success());
    assert_eq!(demo.log_size("city-140100"), size + 2, "what was not returned and did not change is not sent");
    let damaged = fs::read_to_string(receipt).unwrap().replacen("\"logIndex\": \"16\"", "\"logIndex\": \"15\"", 1);
    assert_ne!(damaged, fs::read_to_string(receipt).unwrap());
    fs::write(receipt, damaged).unwrap();
    assert_eq!(demo.run(&["verify", "receipt", receipt]).status.code(), Some(5));
}

#[test]
fn a_chapter_is_written_edited_and_withdrawn_and_every_revision_stays() {
    let folder = TempDir::new().unwrap();
    let demo = Demo::start(folder.path());
    let file = folder.path().join("practice.txt");
    let path = file.to_str().unwrap().to_owned();
    let put = ["text", "put", "practice", &path, "--period", "2024", "--chapter", "experience"];
    let answer = |output: Output| -> Value {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let size = demo.log_size("aggregator");
    fs::write(&file, "按季召开联席会议。\n").unwrap();
    answer(demo.run(&[&put[..], &["--check"]].concat()));
    assert_eq!(demo.log_size("aggregator"), size, "a check stores nothing");
    assert_eq!(answer(demo.run(&put))["reportText"]["record"]["revision"], 1);
    fs::write(&file, "按月召开联席会议。\n数据由各部门签名报送。\n").unwrap();
    assert_eq!(answer(demo.run(&put))["reportText"]["record"]["revision"], 2);
    let shown = answer(demo.run(&["text", "show", "practice"]));
    assert_eq!(shown["text"], "按月召开联席会议。\n数据由各部门签名报送。");
    fs::write(&file, "").unwrap();
    answer(demo.run(&put));
    let revisions = answer(demo.run(&["text", "history", "practice"]));
    let texts: Vec<_> = revisions["reportTexts"].as_array().unwrap().iter().map(|text| text["text"].clone()).collect();
    assert_eq!(texts, [json!(null), json!("按月召开联席会议。\n数据由各部门签名报送。"), json!("按季召开联席会议。")]);
    let listed = answer(demo.run(&["text", "list", "--period", "2023"]));
    assert_eq!(listed["reportTexts"], json!([]));
    fs::write(&file, "话\u{7}").unwrap();
    let refused = demo.run(&put);
    assert_eq!(refused.status.code(), Some(3), "{}", String::from_utf8_lossy(&refused.stderr));
    assert_eq!(demo.log_size("aggregator"), size + 3);
}

#[test]
fn a_killed_demo_comes_back_with_everything_once() {
    let folder = TempDir::new().unwrap();
    let sizes =
        |demo: &Demo| ["ecology", "commerce", "scitech", "city-140100", "aggregator"].map(|node| demo.log_size(node));
    let before = {
        let demo = Demo::start(folder.path());
        sizes(&demo)
    };
    let demo = Demo::start(folder.path());
    assert_eq!(sizes(&demo), before);
}

#[test]
fn a_stranger_is_refused() {
    let folder = TempDir::new().unwrap();
    let demo = Demo::start(folder.path());
    let own = ["call", "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations", "{}"];
    let output = demo.run(&[&own[..], &["--node", "ecology", "--as", "commerce-writer"]].concat());
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["reason"], "PERMISSION_DENIED");
}

#[test]
fn synthetic_data_fill_every_city_and_say_what_they_are() {
    let folder = TempDir::new().unwrap();
    let run = |folder: &Path| {
        let status = wufei()
            .args(["demo", "--once", "--dataset", "synthetic", "--seed", "7", "--data-dir"])
            .arg(folder)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        let json: Value = serde_json::from_slice(&fs::read(folder.join("report/report.json")).unwrap()).unwrap();
        json
    };
    let report = run(folder.path());
    assert_eq!(report["synthetic"], true);
    let units = report["run"]["units"].as_array().unwrap();
    assert!(units.iter().filter(|unit| unit["ranked"] == true).count() >= 9);
    assert!(fs::read_to_string(folder.path().join("report/report.html")).unwrap().contains("模拟数据"));
}

/// Writes into the cells of one row of a workbook, as a clerk would.
#[cfg(feature = "workbook")]
fn fill(file: &Path, code: &str, entries: &[(workbook::Column, &str)]) {
    use domain::{Catalogue, RegionTable};
    use workbook::{Filled, Held, Limits, Round};

    let catalogue = Catalogue::from_csv(
        include_str!("../../../deploy/catalogue/indicators.csv"),
        include_str!("../../../deploy/catalogue/supplementary.csv"),
        include_str!("../../../deploy/catalogue/labels.csv"),
    )
    .unwrap();
    let regions = RegionTable::from_csv(include_str!("../../../deploy/catalogue/regions.csv")).unwrap();
    let filled = Filled::open(&fs::read(file).unwrap(), &Limits::default()).unwrap();
    let (period, department) = (filled.identity().period.unwrap(), filled.identity().department.clone().unwrap());
    let round = Round::new(&catalogue, &regions, period, department, "2026-01-01".parse().unwrap());
    let mut reading = filled.read(&round).unwrap();
    let row = reading.rows.iter_mut().find(|row| row.cell(workbook::Column::Code).unwrap().raw == code).unwrap();
    for (column, text) in entries {
        row.cells.iter_mut().find(|cell| cell.column == *column).unwrap().held = Held::Text((*text).to_owned());
    }
    fs::write(file, workbook::marked(&reading, &round).unwrap()).unwrap();
}

#[cfg(feature = "workbook")]
#[test]
fn a_workbook_is_filled_shown_returned_corrected_and_submitted() {
    use workbook::Column;

    let folder = TempDir::new().unwrap();
    let demo = Demo::start(folder.path());
    let file = |name: &str| folder.path().join(name);
    let (book, returned) = (file("2023.xlsx"), file("2023-退回.xlsx"));
    let path = book.to_str().unwrap().to_owned();
    let template = ["template", "--period", "2023", "--department", "city-140100", "--out", &path];
    assert!(demo.run(&template).status.success());
    assert!(!demo.run(&template).status.success(), "a file that is there is not replaced");

    fill(&book, "ZWC2021-26", &[(Column::Scope, "全市"), (Column::Value, "约36%以上")]);
    let size = demo.log_size("city-140100");
    let output = demo.run(&["submit", &path]);
    assert_eq!(output.status.code(), Some(3));
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert!(error["error"]["violations"][0]["field"].as_str().unwrap().ends_with("填报值"), "{error}");
    assert!(returned.exists());
    assert_eq!(demo.log_size("city-140100"), size, "nothing was sent");

    fill(&returned, "ZWC2021-26", &[(Column::Value, "３６％以上")]);
    let path = returned.to_str().unwrap().to_owned();
    let output = demo.run(&["submit", &path, "--check"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let preview: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((preview["mayBeSent"].as_bool(), preview["counts"]["ready"].as_u64()), (Some(true), Some(1)));
    assert_eq!(demo.log_size("city-140100"), size);

    assert!(demo.run(&["submit", &path]).status.success());
    assert_eq!(demo.log_size("city-140100"), size + 1);
    assert!(
        demo.run(&["submit", &path]).status.success(),
        "the same workbook again is answered with the first receipt"
    );
    assert_eq!(demo.log_size("city-140100"), size + 1);
    let listed = demo.run(&["list", "observations", "--node", "city-140100", "--period", "2023"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let figure = &listed["observations"][0];
    assert_eq!(
        (&figure["value"]["value"]["value"], &figure["qualifier"]),
        (&json!("36"), &json!("QUALIFIER_AT_LEAST"))
    );

    let next = file("2024.xlsx");
    let next = next.to_str().unwrap();
    let output =
        demo.run(&["template", "--period", "2024", "--department", "city-140100", "--with-last", "--out", next]);
    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((made["lastValues"].as_u64(), made["synthetic"].as_bool()), (Some(1), Some(false)), "{made}");
}

#[test]
fn every_page_works_in_a_browser_with_the_letters_and_with_synthetic_data() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    // `cargo xtask test` installs the packages and names them; where they were installed before, the test runs without it too.
    let made = root.join("target/xtask/browser/node_modules");
    let modules = std::env::var_os("WUFEI_TEST_NODE_MODULES").map_or(made, PathBuf::from);
    assert!(
        modules.join("playwright-core").exists(),
        "the browser tests need their packages: run `cargo xtask test` once"
    );
    for dataset in ["letter", "synthetic"] {
        let folder = TempDir::new().unwrap();
        let demo = Demo::with(folder.path(), dataset);
        let config: toml::Table =
            fs::read_to_string(demo.folder.join("config/aggregator.toml")).unwrap().parse().unwrap();
        let address = format!("http://{}", config["web"]["listen"].as_str().unwrap());
        let output = Command::new("node")
            .arg(root.join("tests/browser/pages.mjs"))
            .args([&address, "/usr/bin/chromium"])
            .arg(std::env::var_os("WUFEI_SCREENSHOTS").map_or(folder.path().join("screenshots"), PathBuf::from))
            .arg(dataset)
            .env("WUFEI_TEST_NODE_MODULES", &modules)
            .output()
            .unwrap();
        assert!(output.status.success(), "{dataset}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
