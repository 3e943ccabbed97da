//! A draft: “this is what I understood” (我们是这样理解的), cell by cell, and what is done with it before it is signed.

use askama::Template;
use axum::{
    Extension, Form,
    extract::{Multipart, Path},
    http::StatusCode,
    response::Response,
};
use domain::{CorrectionReason, Period, Text};
use workbook::{
    CellReading, Certainty, Column, Counts, Filled, Finding, Limits, Reading, RowReading, Severity, Understood,
};

use super::{
    Answer, Clerks, XLSX, blocking, download,
    drafts::{Corrected, Draft},
    fault, form,
    form::Posted,
    reading::{Change, Of, sentence},
    reported::Split,
    rounds, to, told,
};
use crate::{
    answer,
    shell::{Here, Shell},
    visit::Visit,
};

/// A draft with what was understood of it.
pub(super) struct Opened {
    pub(super) draft: Draft,
    pub(super) of: Of,
    pub(super) reading: Reading,
}

impl Opened {
    /// What becomes of its figures.
    pub(super) fn split(&self) -> Split<'_> {
        self.of.reported.split(&self.reading, self.of.period)
    }
}

/// Opens a draft of the visitor and reads its workbook.
pub(super) async fn opened(visit: &Visit, clerks: &Clerks, id: &str) -> Result<Opened, Response> {
    clerks.may_submit(visit).await?;
    let (owner, id, now) = (visit.visitor.principal.clone(), id.to_owned(), clerks.desk().now());
    let (draft, bytes) = clerks.with_drafts(visit, move |drafts| drafts.get(&owner, &id, now)).await?;
    let of = rounds::of(visit, clerks, draft.period).await?;
    let reading = read(visit, clerks, &of, bytes).await?;
    Ok(Opened { draft, of, reading })
}

async fn read(visit: &Visit, clerks: &Clerks, of: &Of, bytes: Vec<u8>) -> Result<Reading, Response> {
    let (of, limits) = (of.clone(), clerks.desk().drafts().limits());
    let read = blocking(visit, move || of.read(&bytes, limits)).await?;
    read.map_err(|error| {
        let heading = Text::new("这个文件没有被接收", "The file was not taken");
        told(visit, StatusCode::BAD_REQUEST, heading, sentence(&error))
    })
}

pub(super) async fn upload(visit: Visit, Extension(clerks): Extension<Clerks>, form: Multipart) -> Answer {
    clerks.may_submit(&visit).await?;
    let mut posted = Posted::read(&visit, &clerks, form).await?;
    let file = book(&visit, &mut posted)?;
    let period = period(&visit, &clerks, posted.field("period"), &file.bytes).await?;
    let of = rounds::of(&visit, &clerks, period).await?;
    // What cannot be read at all is no draft.
    read(&visit, &clerks, &of, file.bytes.to_vec()).await?;
    let (owner, now) = (visit.visitor.principal.clone(), clerks.desk().now());
    let add = move |drafts: &super::Drafts| drafts.add(&owner, period, file.name, &file.bytes, now);
    let draft = clerks.with_drafts(&visit, add).await?;
    Ok(to(&format!("/drafts/{}", draft.id)))
}

fn book(visit: &Visit, posted: &mut Posted) -> Result<form::File, Response> {
    posted.take_file("book").ok_or_else(|| {
        told(
            visit,
            StatusCode::BAD_REQUEST,
            Text::new("没有选择文件", "No file was chosen"),
            Text::new("请选择填好的工作簿再上传", "choose the filled workbook and upload it"),
        )
    })
}

/// The round that a workbook is for: the one that was chosen, else the one that it names; it has to be open.
async fn period(visit: &Visit, clerks: &Clerks, chosen: &str, bytes: &bytes::Bytes) -> Result<Period, Response> {
    let rounds: Vec<Period> = clerks.desk().facts().rounds.iter().map(|round| round.period).collect();
    let chosen = rounds.iter().find(|period| period.to_string() == chosen).copied();
    let (bytes, most) = (bytes.clone(), clerks.desk().drafts().limits().file_bytes);
    let of_file = blocking(visit, move || {
        let limits = Limits { bytes: most, old_xls: false, ..Limits::default() };
        Filled::open(&bytes, &limits).ok().and_then(|filled| filled.identity().period)
    });
    let period = match chosen {
        Some(period) => Some(period),
        None => of_file.await?.filter(|period| rounds.contains(period)),
    };
    period.ok_or_else(|| {
        told(
            visit,
            StatusCode::BAD_REQUEST,
            Text::new("看不出是哪一期", "It is not known for which round"),
            Text::new(
                "工作簿里没有开放填报的期间；请在上传时选择，或下载新模板",
                "the workbook names no open round; choose one with the upload, or take a new template",
            ),
        )
    })
}

#[derive(Template)]
#[template(path = "intake/draft.html")]
struct DraftPage {
    s: Shell,
    draft: Draft,
    counts: Counts,
    may_be_sent: bool,
    becomes: Becomes,
    reasons: Vec<(&'static str, Text)>,
    has_marks: bool,
    of_file: Vec<Shown>,
    rows: Vec<Row>,
    extras: Vec<(String, String)>,
    token: String,
    most: usize,
}

/// How many figures are new, correct what is on record, are submitted anew after a return, and are on record as they are.
struct Becomes {
    new: usize,
    corrections: usize,
    again: usize,
    unchanged: usize,
}

/// A filled row.
struct Row {
    code: String,
    name: Text,
    /// What the round has for it already.
    held: Option<String>,
    cells: Vec<Cell>,
}

struct Cell {
    /// Name of its field in the form.
    field: String,
    place: String,
    column: Text,
    raw: String,
    formula: Option<String>,
    meaning: Text,
    sure: Text,
    class: &'static str,
    entry: bool,
    findings: Vec<Shown>,
}

/// A finding as it is shown.
struct Shown {
    class: &'static str,
    mark: Text,
    rule: Text,
    expected: String,
    action: Text,
    reason: String,
}

impl Shown {
    fn of(finding: &Finding) -> Self {
        let Finding { severity, reason, rule, expected, action } = finding;
        Self {
            class: if severity.stops() { "bad" } else { "" },
            mark: Text::new(severity.zh(), severity.en()),
            rule: rule.clone(),
            expected: expected.join("、"),
            action: action.clone(),
            reason: reason.map(|reason| reason.to_string()).unwrap_or_default(),
        }
    }
}

impl DraftPage {
    fn corrected(&self) -> &[Corrected] {
        &self.draft.corrected
    }
}

pub(super) async fn page(visit: Visit, Extension(clerks): Extension<Clerks>, Path(id): Path<String>) -> Answer {
    let Opened { draft, of, reading } = opened(&visit, &clerks, &id).await?;
    let title = Text::new(format!("我们是这样理解的：{}", draft.file), format!("What was understood: {}", draft.file));
    let split = of.reported.split(&reading, of.period);
    let becomes = Becomes {
        new: split.new.len(),
        corrections: split.corrections.len(),
        again: split.again.len(),
        unchanged: split.unchanged,
    };
    let filled = reading.rows.iter().filter(|row| row.filled);
    let counts = reading.counts();
    Ok(answer::page(&DraftPage {
        s: visit.shell(Here::Intake, title),
        counts,
        may_be_sent: reading.may_be_sent(),
        becomes,
        reasons: CorrectionReason::OF_FIGURES.iter().map(|one| (one.code(), Text::new(one.zh(), one.en()))).collect(),
        has_marks: counts.faults + counts.questions + counts.warnings > 0,
        of_file: reading.findings.iter().map(Shown::of).collect(),
        rows: filled.map(|row| shown(row, &of)).collect(),
        extras: reading.extras.iter().map(|extra| (extra.place.clone(), extra.raw.clone())).collect(),
        token: clerks.token(&visit),
        most: clerks.desk().drafts().limits().file_bytes,
        draft,
    }))
}

fn shown(row: &RowReading, of: &Of) -> Row {
    let understood = row.cells.iter().find_map(|cell| match &cell.understood {
        Understood::Indicator(code) => Some(code.clone()),
        Understood::Nothing
        | Understood::Value { .. }
        | Understood::Number(_)
        | Understood::Text(_)
        | Understood::Date(_)
        | Understood::Region(_)
        | Understood::Scope(_)
        | Understood::Unit(_)
        | Understood::Qualifier(_)
        | Understood::Status(_) => None,
    });
    let written = row.cell(Column::Code).map(|cell| cell.raw.clone()).unwrap_or_default();
    let definition = understood.as_ref().and_then(|code| of.facts.catalogue.get(code));
    let held = row.observation.as_ref().and_then(|figure| of.reported.held(figure, of.period));
    Row {
        code: understood.map_or(written, |code| code.to_string()),
        name: definition.map(|definition| definition.name.clone()).unwrap_or_default(),
        held: held.map(|held| held.shown.clone()),
        cells: row.cells.iter().filter(|cell| is_shown(row, cell)).map(|cell| told_of(row.row, cell)).collect(),
    }
}

/// What says something; and where something is asked, the remark, because some questions are answered there.
fn is_shown(row: &RowReading, cell: &CellReading) -> bool {
    cell.is_telling() || (cell.column == Column::Remark && !row.is_clear())
}

fn told_of(row: u32, cell: &CellReading) -> Cell {
    let position = Column::ALL.iter().position(|column| *column == cell.column).unwrap_or_default();
    Cell {
        field: format!("{row}.{position}"),
        place: cell.place.clone(),
        column: Text::new(cell.column.zh(), cell.column.en()),
        raw: cell.raw.clone(),
        formula: cell.formula.clone(),
        meaning: cell.meaning(),
        sure: Text::new(cell.certainty.zh(), cell.certainty.en()),
        class: match cell.certainty {
            Certainty::Wrong => "cell-wrong",
            Certainty::Asked => "cell-asked",
            Certainty::Converted if cell.severity() == Some(Severity::Warning) => "cell-asked",
            Certainty::Converted => "cell-converted",
            Certainty::Empty | Certainty::Sure => "",
        },
        entry: cell.column.is_entry(),
        findings: cell.findings.iter().map(Shown::of).collect(),
    }
}

pub(super) async fn correct(
    visit: Visit,
    Extension(clerks): Extension<Clerks>,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let fields = form::fields(&visit, &clerks, fields)?;
    let Opened { draft, of, reading } = opened(&visit, &clerks, &id).await?;
    let now = clerks.desk().now();
    let changes: Vec<Change> = fields.into_iter().filter_map(|(name, text)| change(&name, text)).collect();
    let made = blocking(&visit, move || of.corrected(reading, &changes, now)).await?;
    let (bytes, mut corrected) = made.map_err(|error| fault(&visit, &sentence(&error)))?;
    if !corrected.is_empty() {
        let mut draft = draft;
        draft.corrected.append(&mut corrected);
        keep(&visit, &clerks, draft, bytes).await?;
    }
    Ok(to(&format!("/drafts/{id}")))
}

/// Longest text of a cell that is taken; the reader of workbooks takes no more either.
const LONGEST: usize = 4_000;

/// A field of the form: `7.6` is the seventh column of row 7.
fn change(name: &str, text: String) -> Option<Change> {
    let (row, column) = name.split_once('.')?;
    let column = Column::ALL.get(column.parse::<usize>().ok()?)?;
    (text.chars().count() <= LONGEST).then_some((row.parse().ok()?, *column, text))
}

async fn keep(visit: &Visit, clerks: &Clerks, draft: Draft, bytes: Vec<u8>) -> Result<(), Response> {
    let (owner, now) = (visit.visitor.principal.clone(), clerks.desk().now());
    clerks.with_drafts(visit, move |drafts| drafts.replace(&owner, &draft, &bytes, now)).await
}

pub(super) async fn replace(
    visit: Visit,
    Extension(clerks): Extension<Clerks>,
    Path(id): Path<String>,
    form: Multipart,
) -> Answer {
    clerks.may_submit(&visit).await?;
    let mut posted = Posted::read(&visit, &clerks, form).await?;
    let file = book(&visit, &mut posted)?;
    let Opened { mut draft, of, .. } = opened(&visit, &clerks, &id).await?;
    read(&visit, &clerks, &of, file.bytes.to_vec()).await?;
    (draft.file, draft.corrected) = (file.name, Vec::new());
    keep(&visit, &clerks, draft, file.bytes.to_vec()).await?;
    Ok(to(&format!("/drafts/{id}")))
}

pub(super) async fn delete(
    visit: Visit,
    Extension(clerks): Extension<Clerks>,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    form::fields(&visit, &clerks, fields)?;
    let (owner, now) = (visit.visitor.principal.clone(), clerks.desk().now());
    clerks.with_drafts(&visit, move |drafts| drafts.delete(&owner, &id, now)).await?;
    Ok(to("/"))
}

pub(super) async fn marked(visit: Visit, Extension(clerks): Extension<Clerks>, Path(id): Path<String>) -> Answer {
    let Opened { draft, of, reading } = opened(&visit, &clerks, &id).await?;
    let made = blocking(&visit, move || of.marked(&reading)).await?;
    let bytes = made.map_err(|error| fault(&visit, &sentence(&error)))?;
    let stem = draft.file.rsplit_once('.').map_or(draft.file.as_str(), |(stem, _)| stem);
    Ok(download(XLSX, &format!("{stem}-退回.xlsx"), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_the_form_names_a_row_and_a_column() {
        assert_eq!(change("7.6", "35".to_owned()), Some((7, Column::Value, "35".to_owned())));
        for wrong in ["", "7", "7.99", "a.6", "-1.6", "7.6.1"] {
            assert_eq!(change(wrong, "35".to_owned()), None, "{wrong}");
        }
        assert_eq!(change("7.6", "9".repeat(LONGEST + 1)), None);
    }
}
