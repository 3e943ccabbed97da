//! `wufei evaluate` on files, as the real program.
#![allow(clippy::unwrap_used, reason = "test code outside #[test] functions")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// A small index; the first example of docs/evaluation.md.
const SCHEME: &str = r#"
kind: index
id: small
version: "1"
title: {zh: 小例, en: small example}
data: {period: period}
stages:
  - {stage: normalise, method: minmax}
  - {stage: aggregate, method: arithmetic}
result: {decimals: 2}
index:
  id: I
  children:
    - id: A
      weight: 3
      children:
        - {id: rate, direction: higher_better}
        - {id: intensity, direction: lower_better}
    - {id: recovery, direction: higher_better}
"#;
const WIDE: &str = "city,rate,intensity,recovery\nx,1,3,5\ny,2,1,9\nz,3,2,1\n";
const LONG: &str = "unit,indicator,value\nx,rate,1\nx,intensity,3\nx,recovery,5\ny,rate,2\ny,intensity,1\ny,recovery,9\n\
                    z,rate,3\nz,intensity,2\nz,recovery,1\n";

/// Marks against targets.
const PRACTICE: &str = r#"
id: marks
version: "1"
title: {zh: 计分, en: marks}
min_coverage: 0
over_fulfilment_flag: 1.3
grades:
  - {title: {zh: 良, en: Good}, from: 80}
  - {title: {zh: 差, en: Poor}, from: 0}
groups:
  - id: g
    title: {zh: 组, en: group}
    weight: 100
    indicators:
      - {id: a, title: {zh: 甲, en: a}, unit: "%", direction: higher_better, method: S1, marks: 60, department: eco}
      - {id: b, title: {zh: 乙, en: b}, unit: "%", direction: higher_better, method: S1, marks: 40}
"#;
const PANEL: &str = "city,period,a,a:target,b,b:target\nx,2025,50,100,40,40\ny,2025,90,100,,40\nx,2024,100,100,20,40\n";

/// A folder with the files of one evaluation.
struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// The result of a scheme and a table.
    fn json(&self, scheme: &str, data: &str, more: &[&str]) -> Value {
        let output = wufei(&[&["--scheme", scheme, "--data", data, "--json"], more].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn wufei(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wufei")).arg("evaluate").args(args).output().unwrap()
}

/// The violations of a refused evaluation; nothing is written to stdout, and the file is named.
fn violations(scheme: &str, data: &str, named: &str) -> Vec<Value> {
    let output = wufei(&["--scheme", scheme, "--data", data, "--json"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0), "{output:?}");
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    for lang in ["zh", "en"] {
        let message = error["error"]["message"][lang].as_str().unwrap();
        assert!(message.contains(named), "{message}");
    }
    let faults = error["error"]["violations"].as_array().unwrap().clone();
    for fault in &faults {
        for part in ["rule", "action"] {
            assert!(["zh", "en"].iter().all(|lang| fault[part][lang].as_str().is_some_and(|text| !text.is_empty())));
        }
    }
    faults
}

/// Line, column and value of each.
fn places(faults: &[Value]) -> Vec<(Option<u64>, &str, &str)> {
    faults
        .iter()
        .map(|fault| (fault["line"].as_u64(), fault["field"].as_str().unwrap(), fault["value"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_wide_and_a_long_table_of_the_same_data_give_the_same_result() {
    let desk = Desk::new();
    let scheme = desk.file("s.yaml", SCHEME);
    let wide = desk.json(&scheme, &desk.file("wide.csv", WIDE), &[]);
    let ranks: Vec<_> = wide["units"].as_array().unwrap().iter().map(|unit| (&unit["score"], &unit["rank"])).collect();
    assert_eq!(ranks, [(&12.5.into(), &3.into()), (&81.25.into(), &1.into()), (&56.25.into(), &2.into())]);
    assert_eq!(wide, desk.json(&scheme, &desk.file("long.csv", LONG), &[]));
}

#[test]
fn several_periods_of_a_scheme_of_practice_are_a_panel() {
    let desk = Desk::new();
    let (scheme, data) = (desk.file("s.yaml", PRACTICE), desk.file("d.csv", PANEL));
    let json = desk.json(&scheme, &data, &["--explain", "x"]);
    let units: Vec<_> = json["units"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unit| (unit["period"].as_str().unwrap(), unit["unit"].as_str().unwrap(), &unit["rank"]))
        .collect();
    assert_eq!(units, [("2024", "x", &1.into()), ("2025", "x", &1.into()), ("2025", "y", &2.into())]);
    let moved = &json["changes"][0];
    assert_eq!(
        (&moved["from"], &moved["to"], &moved["changes"]["appeared"][0]),
        (&"2024".into(), &"2025".into(), &"y".into())
    );
    // What is missing is told of its own period, and what is explained is of the last one.
    assert!(json["units"][0]["interval"].is_null() && json["units"][2]["interval"].is_object(), "{json:#}");
    assert_eq!(json["units"][0]["coverage_by_department"]["eco"]["reported"], 1);
    assert!(json["explanations"]["x"].is_object() && json["explained_period"] == "2025");
    let shown = wufei(&["--scheme", &scheme, "--data", &data]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.contains("时期 2024") && shown.contains("2024 → 2025 的变化") && shown.contains("新参评: y"),
        "{shown}"
    );
}

#[test]
fn several_periods_of_an_index_share_one_scale() {
    let desk = Desk::new();
    let (scheme, data) = (
        desk.file("s.yaml", SCHEME),
        desk.file("d.csv", "city,period,rate,intensity,recovery\nx,2024,0,4,0\nx,2025,4,0,4\ny,2025,2,2,2\n"),
    );
    let json = desk.json(&scheme, &data, &[]);
    let units: Vec<_> = json["units"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unit| (unit["period"].as_str().unwrap(), &unit["score"]))
        .collect();
    assert_eq!(units, [("2024", &0.0.into()), ("2025", &100.0.into()), ("2025", &50.0.into())]);
}

#[test]
fn the_stages_stand_in_the_result_and_in_files_of_their_own() {
    let desk = Desk::new();
    let (scheme, data) = (desk.file("s.yaml", SCHEME), desk.file("d.csv", WIDE));
    let out = desk.path("out").display().to_string();
    let json = desk.json(&scheme, &data, &["--stages", "--out", &out, "--replicates", "20", "--seed", "7"]);
    let written: Value = serde_json::from_slice(&fs::read(desk.path("out/evaluation.json")).unwrap()).unwrap();
    assert_eq!(json, written);
    assert_eq!((&json["seed"], &json["replicates"]), (&7.into(), &20.into()));
    let normalised = fs::read_to_string(desk.path("out/stages/normalised.csv")).unwrap();
    assert_eq!(normalised.lines().count(), 4, "{normalised}");
}

#[test]
fn every_fault_of_a_table_is_named_with_its_file_line_column_and_value() {
    let desk = Desk::new();
    let scheme = desk.file("s.yaml", SCHEME);
    let data = desk.file("bad.csv", "city,rate,intensity\nx,35%,3\n,2,1\nz,3,1,1\n");
    let faults = violations(&scheme, &data, "bad.csv");
    let places = places(&faults);
    for place in [(Some(1), "recovery", ""), (Some(2), "rate", "35%"), (Some(3), "city", ""), (Some(4), "", "4")] {
        assert!(places.contains(&place), "{place:?} is not in {places:?}");
    }
    let practice = desk.file("p.yaml", PRACTICE);
    let data = desk.file("worse.csv", "city,period,a,c\nx,2024,1,2\nx,2024,3,4\ny,2024,,\n");
    let faults = violations(&practice, &data, "worse.csv");
    assert_eq!(self::places(&faults), [(Some(1), "c", "c"), (Some(3), "city", "x")]);
}

#[test]
fn every_fault_of_a_scheme_is_named_with_its_line_and_path() {
    let desk = Desk::new();
    let text = SCHEME.replace("method: minmax", "method: minmx").replace("weight: 3", "weight: three");
    let faults = violations(&desk.file("bad.yaml", text), &desk.file("d.csv", WIDE), "bad.yaml");
    assert_eq!(
        self::places(&faults),
        [(Some(8), "stages[0].method", "minmx"), (Some(15), "index.children[0].weight", "three")]
    );
    let output = wufei(&["--scheme", "no.yaml", "--data", "d.csv"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("无法读取 no.yaml（不存在）"), "{output:?}");
    let gbk = desk.file("gbk.csv", b"\xb3\xc7\xca\xd0,rate\n");
    let output = wufei(&["--scheme", &desk.file("s.yaml", SCHEME), "--data", &gbk]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("另存为 UTF-8"), "{output:?}");
}

#[test]
fn the_schema_of_scheme_files_is_printed_without_other_words() {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/schemes/scheme.schema.json");
    let output = wufei(&["--print-schema"]);
    assert!(output.status.success() && output.stdout == fs::read(published).unwrap(), "{output:?}");
    for args in [&["--print-schema", "--scheme", "s.yaml"][..], &["--scheme", "s.yaml"], &[]] {
        let output = wufei(args);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{output:?}");
    }
}

#[cfg(feature = "parquet")]
mod parquet_files {
    use std::{fs::File, sync::Arc};

    use parquet::{
        data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type},
        file::{properties::WriterProperties, writer::SerializedFileWriter},
        schema::parser::parse_message_type,
    };

    use super::{Desk, LONG, SCHEME, WIDE, places, violations, wufei};

    /// A column of a file.
    enum Column<'a> {
        Text(&'a [&'a str]),
        Float(&'a [Option<f64>]),
        Whole(&'a [i32]),
    }

    /// Writes a file as other programs do, in the given schema.
    fn write(desk: &Desk, name: &str, schema: &str, columns: &[Column<'_>]) -> String {
        let path = desk.path(name);
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let properties = Arc::new(WriterProperties::builder().build());
        let mut writer = SerializedFileWriter::new(File::create(&path).unwrap(), schema, properties).unwrap();
        let mut group = writer.next_row_group().unwrap();
        for column in columns {
            let mut out = group.next_column().unwrap().unwrap();
            match column {
                Column::Text(texts) => {
                    let texts: Vec<ByteArray> = texts.iter().map(|text| ByteArray::from(*text)).collect();
                    out.typed::<ByteArrayType>().write_batch(&texts, None, None).unwrap();
                }
                Column::Float(numbers) => {
                    let levels: Vec<i16> = numbers.iter().map(|number| i16::from(number.is_some())).collect();
                    let there: Vec<f64> = numbers.iter().copied().flatten().collect();
                    out.typed::<DoubleType>().write_batch(&there, Some(&levels), None).unwrap();
                }
                Column::Whole(numbers) => {
                    out.typed::<Int32Type>().write_batch(numbers, None, None).unwrap();
                }
            }
            out.close().unwrap();
        }
        group.close().unwrap();
        writer.close().unwrap();
        path.display().to_string()
    }

    const FLAT: &str = "message table { required binary city (STRING); required int32 rate; optional double intensity; \
                        optional double recovery; }";

    #[test]
    fn a_parquet_table_gives_what_the_same_csv_gives() {
        let desk = Desk::new();
        let scheme = desk.file("s.yaml", SCHEME);
        let columns = [
            Column::Text(&["x", "y", "z"]),
            Column::Whole(&[1, 2, 3]),
            Column::Float(&[Some(3.0), Some(1.0), Some(2.0)]),
            Column::Float(&[Some(5.0), Some(9.0), Some(1.0)]),
        ];
        let parquet = desk.json(&scheme, &write(&desk, "d.parquet", FLAT, &columns), &[]);
        assert_eq!(parquet, desk.json(&scheme, &desk.file("d.csv", WIDE), &[]));

        let long: Vec<Vec<&str>> = LONG.lines().skip(1).map(|line| line.split(',').collect()).collect();
        let column = |at: usize| long.iter().map(|row| row[at]).collect::<Vec<_>>();
        let values: Vec<Option<f64>> = column(2).iter().map(|value| value.parse().ok()).collect();
        let schema = "message table { required binary unit (STRING); required binary indicator (STRING); \
                      optional double value; }";
        let columns = [Column::Text(&column(0)), Column::Text(&column(1)), Column::Float(&values)];
        assert_eq!(parquet, desk.json(&scheme, &write(&desk, "LONG.PARQUET", schema, &columns), &[]));
    }

    #[test]
    fn a_null_and_a_float_that_is_no_number_are_missing() {
        let desk = Desk::new();
        let scheme = desk.file("s.yaml", SCHEME);
        let columns = [
            Column::Text(&["x", "y", "z"]),
            Column::Whole(&[1, 2, 3]),
            Column::Float(&[None, Some(1.0), Some(2.0)]),
            Column::Float(&[Some(0.1), Some(f64::NAN), Some(1e-7)]),
        ];
        let parquet = desk.json(&scheme, &write(&desk, "d.parquet", FLAT, &columns), &[]);
        let csv = "city,rate,intensity,recovery\nx,1,,0.1\ny,2,1,\nz,3,2,0.0000001\n";
        assert_eq!(parquet, desk.json(&scheme, &desk.file("d.csv", csv), &[]));
    }

    #[test]
    fn a_fault_in_a_parquet_table_is_named_by_its_row() {
        let desk = Desk::new();
        let scheme = desk.file("s.yaml", SCHEME);
        let schema = "message table { required binary city (STRING); required binary rate (STRING); \
                      optional double intensity; required binary note (STRING); }";
        let columns = [
            Column::Text(&["x", "y"]),
            Column::Text(&["1", "二"]),
            Column::Float(&[Some(3.0), Some(1.0)]),
            Column::Text(&["two\nlines", ""]),
        ];
        let faults = violations(&scheme, &write(&desk, "bad.parquet", schema, &columns), "bad.parquet");
        assert_eq!(places(&faults), [(None, "recovery", ""), (Some(2), "rate", "二")]);
    }

    #[test]
    fn what_is_no_flat_parquet_table_is_refused_by_its_name() {
        let desk = Desk::new();
        let scheme = desk.file("s.yaml", SCHEME);
        let said = |file: &str| {
            let output = wufei(&["--scheme", &scheme, "--data", file]);
            assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0), "{output:?}");
            String::from_utf8(output.stderr).unwrap()
        };
        let text = said(&desk.file("text.parquet", WIDE));
        assert!(text.contains("text.parquet") && text.contains("不是 Parquet"), "{text}");
        let schema = "message table { required binary city (STRING); required group rate { required int32 a; } }";
        let nested = write(&desk, "nested.parquet", schema, &[Column::Text(&["x"]), Column::Whole(&[1])]);
        let nested = said(&nested);
        assert!(nested.contains("第1行 rate 列") && nested.contains("展开"), "{nested}");
    }
}
