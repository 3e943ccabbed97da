//! Reading a filled workbook before anything is sent.

use std::{
    fs,
    path::{Path, PathBuf},
};

use domain::Text;
use policy::day_in_china;
use runtime::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};
use workbook::{CellReading, Filled, Finding, Limits, Reading, Round, RowReading, Severity};

use super::{
    Asked, Understood, preview,
    template::{create, department, period, refused},
};
use crate::{
    embedded,
    failure::{Failure, Fault, Outcome},
    screen::Screen,
};

/// What the file that goes back to the clerk is called, behind the name of the one that came.
const RETURNED: &str = "-退回";

/// Reads a workbook, shows what was understood, and gives the requests. With faults or questions it writes the workbook that
/// goes back beside the file, and nothing is sent.
pub(crate) fn understand(asked: Asked<'_>, screen: &Screen) -> Outcome<Understood> {
    let bytes = fs::read(asked.file).map_err(|error| Failure::unreadable(asked.file, &error))?;
    let filled = Filled::open(&bytes, &Limits::default()).map_err(|error| refused(&error))?;
    let (catalogue, regions) = (embedded::catalogue()?, embedded::regions()?);
    let identity = filled.identity();
    let department = match (asked.department, &identity.department) {
        (Some(text), _) => department(text)?,
        (None, Some(department)) => department.clone(),
        (None, None) => return Err(unmarked("填报单位", "--node city-140100", "department")),
    };
    let period = match (asked.period, identity.period) {
        (Some(text), _) => period(text)?,
        (None, Some(period)) => period,
        (None, None) => return Err(unmarked("填报期", "--period 2024", "period")),
    };
    let round = Round::new(&catalogue, &regions, period, department, day_in_china(SystemClock.now()));
    let reading = filled.read(&round).map_err(|error| refused(&error))?;
    let returned = if reading.counts().faults + reading.counts().questions > 0 {
        Some(give_back(asked.file, &reading, &round)?)
    } else {
        None
    };
    show(&reading, returned.as_deref(), asked.check, screen);
    if !reading.may_be_sent() {
        return Err(stopped(asked.file, &reading, returned.as_deref()));
    }
    let rows = reading.observations().map(|(row, observation)| (u64::from(row), observation));
    let submissions = client::submit_observations(round.department.as_str(), rows).map_err(|faults| {
        // What the workbook's rules have passed, the table's reader takes; a difference is a fault of the program.
        Failure::unexpected("workbook", faults.first().map(ToString::to_string).unwrap_or_default())
    })?;
    Ok(Understood { department: round.department.to_string(), submissions })
}

fn show(reading: &Reading, returned: Option<&Path>, check: bool, screen: &Screen) {
    if !screen.is_json() {
        preview::print(reading, screen);
    } else if check {
        let reading_json = serde_json::to_value(reading).unwrap_or(Value::Null);
        screen.value(&json!({
            "reading": reading_json, "counts": reading.counts(), "mayBeSent": reading.may_be_sent(),
            "returned": returned.map(|path| path.display().to_string()),
        }));
    }
}

/// Writes the marked workbook beside the file, under a name that is free.
fn give_back(file: &Path, reading: &Reading, round: &Round<'_>) -> Outcome<PathBuf> {
    let bytes = workbook::marked(reading, round).map_err(|error| refused(&error))?;
    let path = free_name(file, Path::exists);
    create(&path, &bytes)?;
    Ok(path)
}

/// `a-退回.xlsx` for `a.xlsx` and for `a-退回2.xlsx`; with a number where that is taken.
fn free_name(file: &Path, taken: impl Fn(&Path) -> bool) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let stem = match stem.rsplit_once(RETURNED) {
        Some((first, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => first,
        Some(_) | None => stem.as_ref(),
    };
    let name = |number: u32| match number {
        1 => file.with_file_name(format!("{stem}{RETURNED}.xlsx")),
        _ => file.with_file_name(format!("{stem}{RETURNED}{number}.xlsx")),
    };
    let mut number = 1;
    while taken(&name(number)) {
        number += 1;
    }
    name(number)
}

fn stopped(file: &Path, reading: &Reading, returned: Option<&Path>) -> Failure {
    let counts = reading.counts();
    let file = file.display();
    let Some(returned) = returned.map(Path::display) else {
        return Failure::refused(
            format!("{file} 没有填报任何数据"),
            format!("nothing is filled in {file}"),
            Vec::new(),
        );
    };
    let of_file = reading.findings.iter().map(|finding| fault(None, finding));
    let of_cells = reading.rows.iter().flat_map(|row| {
        row.cells
            .iter()
            .flat_map(move |cell| cell.findings.iter().map(move |finding| fault(Some((row, cell)), finding)))
    });
    let faults = of_file.chain(of_cells).flatten().collect();
    Failure::refused(
        format!(
            "{file} 有 {} 处错误、{} 处疑问，未提交任何数据；已标注在 {returned}，改好后提交该文件即可",
            counts.faults, counts.questions
        ),
        format!(
            "{file} has {} faults and {} questions, nothing was submitted; they are marked in {returned}: correct that and submit it",
            counts.faults, counts.questions
        ),
        faults,
    )
}

/// A fault or question as the program prints it; none for what does not stop a submission.
fn fault(place: Option<(&RowReading, &CellReading)>, finding: &Finding) -> Option<Fault> {
    if !finding.severity.stops() {
        return None;
    }
    let Finding { severity, reason, rule, expected, action } = finding;
    let asked = *severity == Severity::Question;
    let (zh, en) = if asked { ("待确认：", "please confirm: ") } else { ("", "") };
    Some(Fault {
        line: place.map(|(row, _)| u64::from(row.row)),
        field: place.map(|(_, cell)| format!("{} {}", cell.place, cell.column.zh())).unwrap_or_default(),
        reason: reason.map(|reason| reason.to_string()).unwrap_or_default(),
        value: place.map(|(_, cell)| cell.raw.clone()).unwrap_or_default(),
        rule: Text::new(format!("{zh}{}", rule.zh), format!("{en}{}", rule.en)),
        allowed: expected.join("、"),
        action: action.clone(),
    })
}

fn unmarked(zh: &str, option: &str, en: &str) -> Failure {
    Failure::failed(
        format!("工作簿里没有写{zh}，请加 {option}，或改用 wufei template 生成的模板"),
        format!("the workbook does not say its {en}: add {option}, or fill a workbook of wufei template"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_returned_workbook_never_replaces_another() {
        let none = |_: &Path| false;
        assert_eq!(free_name(Path::new("d/a.ods"), none), Path::new("d/a-退回.xlsx"));
        let taken = |path: &Path| path == Path::new("d/a-退回.xlsx");
        assert_eq!(free_name(Path::new("d/a.xlsx"), taken), Path::new("d/a-退回2.xlsx"));
        assert_eq!(free_name(Path::new("d/a-退回.xlsx"), taken), Path::new("d/a-退回2.xlsx"));
        assert_eq!(free_name(Path::new("d/a-退回2.xlsx"), none), Path::new("d/a-退回.xlsx"));
    }
}
