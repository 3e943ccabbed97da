//! The open rounds, what they ask of the department, the workbook to fill, and the visitor's drafts.

use askama::Template;
use axum::{Extension, extract::Path, http::StatusCode};
use domain::{Period, Text};

use super::{
    Answer, Clerks, ENDORSE, SUBMIT, XLSX, blocking, download,
    drafts::Draft,
    fault,
    port::OpenRound,
    reading::{Of, sentence},
    refused, reported,
    reported::Reported,
    submissions, to, told,
};
use crate::{
    answer, format,
    shell::{Here, Shell},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "intake/rounds.html")]
struct Rounds {
    s: Shell,
    department: String,
    rounds: Vec<Line>,
    drafts: Vec<DraftLine>,
    token: String,
    /// Largest file in bytes.
    most: usize,
    /// How many drafts may be kept, and for how many days.
    bounds: (usize, u32),
}

/// An open round.
struct Line {
    period: Period,
    due: String,
    /// Days until it is due; negative when it is overdue.
    left: Option<i64>,
    indicators: usize,
    reported: usize,
}

struct DraftLine {
    id: String,
    period: Period,
    file: String,
    changed: String,
    corrected: usize,
}

impl DraftLine {
    fn of(draft: Draft) -> Self {
        let changed = format::time(Some(&prost_types::Timestamp { seconds: draft.changed.timestamp(), nanos: 0 }));
        let Draft { id, period, file, corrected, .. } = draft;
        Self { id, period, file, changed, corrected: corrected.len() }
    }
}

pub(super) async fn list(visit: Visit, Extension(clerks): Extension<Clerks>) -> Answer {
    let desk = clerks.desk();
    // An approver has nothing to fill; what waits for them is on the next page.
    if !desk.allows(&visit.visitor, visit.lang, SUBMIT) && desk.allows(&visit.visitor, visit.lang, ENDORSE) {
        return Ok(to("/submissions"));
    }
    clerks.may_submit(&visit).await?;
    let (facts, today, now) = (desk.facts().clone(), desk.today(), desk.now());
    let mut rounds = Vec::new();
    for round in &facts.rounds {
        let of = of(&visit, &clerks, round.period).await?;
        rounds.push(line(round, &of, today));
    }
    let owner = visit.visitor.principal.clone();
    let drafts = clerks.with_drafts(&visit, move |drafts| drafts.list(&owner, now)).await?;
    let limits = desk.drafts().limits();
    let s = visit.shell(Here::Intake, Text::new("填报", "Reporting"));
    Ok(answer::page(&Rounds {
        s,
        department: facts.department.to_string(),
        rounds,
        drafts: drafts.into_iter().map(DraftLine::of).collect(),
        token: clerks.token(&visit),
        most: limits.file_bytes,
        bounds: (limits.per_person, limits.days),
    }))
}

fn line(round: &OpenRound, of: &Of, today: chrono::NaiveDate) -> Line {
    let indicators = of.round().indicators();
    let held = of.reported.indicators();
    Line {
        period: round.period,
        due: round.due.map_or_else(format::dash, |due| due.to_string()),
        left: round.due.map(|due| (due - today).num_days()),
        reported: indicators.iter().filter(|definition| held.contains(&definition.code)).count(),
        indicators: indicators.len(),
    }
}

/// What a workbook of a round is made from and read against.
pub(super) async fn of(visit: &Visit, clerks: &Clerks, period: Period) -> Result<Of, axum::response::Response> {
    let desk = clerks.desk();
    let facts = desk.facts().clone();
    let reported = reported::reported(visit, &facts.department, period).await;
    let mut reported = reported.map_err(|refusal| refused(visit, refusal))?;
    let returned = submissions::returned(visit, clerks).await;
    reported.returned = returned.map_err(|refusal| refused(visit, refusal))?;
    Ok(Of { facts, period, today: desk.today(), reported })
}

/// The open round of an address.
fn open(visit: &Visit, clerks: &Clerks, period: &str) -> Result<OpenRound, axum::response::Response> {
    let rounds = &clerks.desk().facts().rounds;
    let found = rounds.iter().find(|round| round.period.to_string() == period).copied();
    found.ok_or_else(|| {
        told(
            visit,
            StatusCode::NOT_FOUND,
            Text::new("没有这一期", "There is no such round"),
            Text::new(
                "这一期没有开放填报；请从“填报”页选择",
                "this round is not open; choose one on the page “Reporting”",
            ),
        )
    })
}

#[derive(Template)]
#[template(path = "intake/round.html")]
struct RoundPage {
    s: Shell,
    period: Period,
    due: String,
    indicators: Vec<Indicator>,
}

struct Indicator {
    code: String,
    name: Text,
    kind: Text,
    unit: Text,
    mandatory: bool,
    formula: String,
    last: Vec<String>,
    now: Vec<String>,
}

pub(super) async fn page(visit: Visit, Extension(clerks): Extension<Clerks>, Path(period): Path<String>) -> Answer {
    clerks.may_submit(&visit).await?;
    let round = open(&visit, &clerks, &period)?;
    let of = of(&visit, &clerks, round.period).await?;
    let s = visit.shell(
        Here::Intake,
        Text::new(format!("{period} 期：要报的指标"), format!("Round {period}: what is to be reported")),
    );
    let due = round.due.map_or_else(format::dash, |due| due.to_string());
    let indicators = indicators(&of);
    Ok(answer::page(&RoundPage { s, period: round.period, due, indicators }))
}

fn indicators(of: &Of) -> Vec<Indicator> {
    let round = of.round();
    let Reported { last, now, .. } = &of.reported;
    let mut definitions = round.indicators();
    definitions.sort_by_key(|definition| (&definition.system, definition.ordinal));
    let line = |definition: &domain::IndicatorDefinition| {
        let of_it = |code: &domain::IndicatorCode| *code == definition.code;
        let region = |code: &domain::RegionCode| round.regions.get(code).map_or("", |region| region.name_zh.as_str());
        Indicator {
            code: definition.code.to_string(),
            name: definition.name.clone(),
            kind: Text::new(definition.value_type.zh(), definition.value_type.en()),
            unit: Text::new(definition.unit.zh(), definition.unit.en()),
            mandatory: definition.mandatory,
            formula: definition.formula.clone(),
            last: last
                .iter()
                .filter(|((code, _, _), _)| of_it(code))
                .map(|((_, code, scope), last)| {
                    let value = last.quantity.value.normalize();
                    format!("{} {} {value}{}（{}）", region(code), scope.zh(), last.quantity.unit, last.period)
                })
                .collect(),
            now: now
                .iter()
                .filter(|((code, _, _), _)| of_it(code))
                .map(|((_, code, scope), held)| format!("{} {} {}", region(code), scope.zh(), held.shown))
                .collect(),
        }
    };
    definitions.into_iter().map(line).collect()
}

pub(super) async fn template(visit: Visit, Extension(clerks): Extension<Clerks>, Path(period): Path<String>) -> Answer {
    clerks.may_submit(&visit).await?;
    let round = open(&visit, &clerks, &period)?;
    let of = of(&visit, &clerks, round.period).await?;
    let name = format!("{}-{period}.xlsx", of.facts.department);
    let made = blocking(&visit, move || of.template()).await?;
    let bytes = made.map_err(|error| fault(&visit, &sentence(&error)))?;
    Ok(download(XLSX, &name, bytes))
}
