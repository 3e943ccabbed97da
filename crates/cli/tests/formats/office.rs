//! The workbook and the Word file opened by an office program that knows nothing of this one: LibreOffice reads them, works every formula
//! out again, and writes them anew. `cargo xtask test` installs it.

use std::{collections::BTreeMap, fs, io::Write as _, path::Path, process::Command};

use calamine::{Data, Reader as _, Xlsx};
use tempfile::TempDir;

use super::same::{documents, model};
use crate::wufei;

/// Formulas are worked out when a file is opened, whatever results are stored in it.
const RECALCULATE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>"#;

/// A profile of the office program of its own.
struct Office(TempDir);

impl Office {
    fn new() -> Self {
        let profile = TempDir::new().unwrap();
        let user = profile.path().join("user");
        fs::create_dir(&user).unwrap();
        fs::write(user.join("registrymodifications.xcu"), RECALCULATE).unwrap();
        Self(profile)
    }

    /// Opens a file and saves it in a format, under the same name, in a folder.
    fn save(&self, file: &Path, format: &str, folder: &Path) {
        let output = Command::new("soffice")
            .arg(format!("-env:UserInstallation=file://{}", self.0.path().display()))
            .args(["--headless", "--norestore", "--convert-to", format, "--outdir"])
            .args([folder, file])
            .output()
            .expect("the test needs LibreOffice: run `cargo xtask test` once");
        let made = folder.join(file.with_extension(format).file_name().unwrap());
        assert!(output.status.success() && made.exists(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The results of all formulas of a workbook, by sheet and cell.
fn results(file: &Path) -> BTreeMap<(String, u32, u32), Data> {
    let mut book: Xlsx<_> = calamine::open_workbook(file).unwrap();
    let mut all = BTreeMap::new();
    for sheet in book.sheet_names() {
        let (formulas, values) = (book.worksheet_formula(&sheet).unwrap(), book.worksheet_range(&sheet).unwrap());
        let (top, left) = formulas.start().unwrap_or_default();
        for (row, column, text) in formulas.used_cells() {
            if text.is_empty() {
                continue;
            }
            let at = (top + u32::try_from(row).unwrap(), left + u32::try_from(column).unwrap());
            let value = values.get_value(at).cloned().unwrap_or(Data::Empty);
            all.insert((sheet.clone(), at.0, at.1), value);
        }
    }
    all
}

fn same(one: &Data, other: &Data) -> bool {
    match (one, other) {
        (Data::Float(one), Data::Float(other)) => (one - other).abs() < 1e-9,
        (Data::Int(one), Data::Float(other)) | (Data::Float(other), Data::Int(one)) => {
            (*one as f64 - other).abs() < 1e-9
        }
        (one, other) => one == other,
    }
}

/// A copy of a workbook in which the first number of a column of a sheet that is not 0 is 0. Sheets are numbered in their order.
fn with_a_zero(file: &Path, copy: &Path, sheet: &str, column: char) {
    let book: Xlsx<_> = calamine::open_workbook(file).unwrap();
    let number = book.sheet_names().iter().position(|name| name == sheet).unwrap() + 1;
    let sheet = format!("xl/worksheets/sheet{number}.xml");
    let mut from = zip::ZipArchive::new(fs::File::open(file).unwrap()).unwrap();
    let mut to = zip::ZipWriter::new(fs::File::create(copy).unwrap());
    let mut changed = false;
    for at in 0..from.len() {
        let mut part = from.by_index(at).unwrap();
        let (name, mut bytes) = (part.name().unwrap().into_owned(), Vec::new());
        std::io::copy(&mut part, &mut bytes).unwrap();
        if name == sheet {
            let text = String::from_utf8(bytes).unwrap();
            let cell = text.match_indices(&format!("<c r=\"{column}")).find_map(|(start, _)| {
                let end = start + text[start..].find("</c>")?;
                let value = start + text[start..end].find("<v>")? + 3;
                let plain = !text[start..end].contains(" t=\"") && !text[start..end].contains("<f>");
                let end = value + text[value..].find("</v>")?;
                (plain && &text[value..end] != "0").then_some((value, end))
            });
            let (start, end) = cell.expect("the column has a number");
            bytes = format!("{}0{}", &text[..start], &text[end..]).into_bytes();
            changed = true;
        }
        to.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(&bytes).unwrap();
    }
    to.finish().unwrap();
    assert!(changed, "no part {sheet}");
}

#[test]
fn an_office_program_opens_the_workbook_and_the_word_file_and_finds_the_same_figures() {
    let folder = TempDir::new().unwrap();
    let mut demo = wufei();
    demo.args(["demo", "--once", "--dataset", "synthetic", "--data-dir"]).arg(folder.path());
    assert!(demo.stdout(std::process::Stdio::null()).status().unwrap().success());
    let (reports, opened) = (folder.path().join("report"), folder.path().join("opened"));
    documents(&reports.join("report.json"), &reports, Some(&folder.path().join("aggregator/log.vkey")));
    fs::create_dir(&opened).unwrap();
    fs::copy(reports.join("report.html"), opened.join("report.html")).unwrap();
    let office = Office::new();
    office.save(&reports.join("report.xlsx"), "xlsx", &opened);
    office.save(&reports.join("report.docx"), "docx", &opened);
    // The Word file as it is printed.
    office.save(&reports.join("report.docx"), "pdf", &opened);

    let json: serde_json::Value = serde_json::from_slice(&fs::read(reports.join("report.json")).unwrap()).unwrap();
    let found = super::differences(&json, &super::numbers(&model(&json)), &super::Files::of(&opened));
    assert!(found.is_empty(), "{} figures are others: {:?}", found.len(), &found[..found.len().min(5)]);

    // What the formulas come to is what is stored in the file, and none is unknown to the program.
    let (stored, worked_out) = (results(&reports.join("report.xlsx")), results(&opened.join("report.xlsx")));
    assert!(stored.len() > 100, "{} formulas", stored.len());
    let others: Vec<_> =
        stored.iter().filter(|(at, value)| !worked_out.get(*at).is_some_and(|other| same(value, other))).collect();
    assert!(others.is_empty(), "{} of {}: {:?}", others.len(), stored.len(), others.iter().take(5).collect::<Vec<_>>());

    // A score follows when one figure is another: nothing of it is only stored.
    let changed = folder.path().join("report.xlsx");
    with_a_zero(&reports.join("report.xlsx"), &changed, "指标得分", 'N');
    office.save(&changed, "xlsx", &opened);
    let then = results(&opened.join("report.xlsx"));
    let moved = stored.iter().filter(|(at, value)| !then.get(*at).is_some_and(|other| same(value, other))).count();
    assert!(moved >= 3, "a sub-score of 0 changes its mark, its group and the score; {moved} results are others");
}
