//! The cities side by side, and one city: its groups, its indicators with their sources, what changed since the last edition.

use std::collections::HashMap;

use askama::Template;
use axum::extract::Path;
use contracts::{common::v1 as common, evaluation::v1 as pb, exchange::v1 as exchange};
use domain::Text;
use rust_decimal::Decimal;

use super::{
    common::{Edition, latest, observations},
    items::{Item, marks, reach},
    parts::Parts,
    trend::Trend,
};
use crate::{
    answer::{self, Page},
    charts::{self, Chart},
    format,
    port::Refusal,
    shell::{Here, Shell},
    visit::{Refused, Visit},
};

/// Largest gains, and largest losses, that are shown.
const MOVES: usize = 5;

#[derive(Template)]
#[template(path = "cities.html")]
struct Cities {
    s: Shell,
    edition: Option<Edition>,
    units: Vec<Unit>,
}

#[derive(Template)]
#[template(path = "city.html")]
struct City {
    s: Shell,
    edition: Edition,
    unit: Unit,
    groups: Vec<Group>,
    chart: Option<Chart>,
    parts: Option<Parts>,
    changes: Option<Changes>,
    flags: Vec<common::Text>,
    /// By indicator, where there are figures of several periods.
    trends: HashMap<String, Trend>,
}

/// A city with its result.
struct Unit {
    code: String,
    name: Option<common::Text>,
    score: String,
    /// Length of the bar of the score, in percent.
    reach: String,
    rank: Option<u32>,
    band: Option<(String, String)>,
    grade: Option<common::Text>,
    reported: u32,
    mandatory: u32,
    scored: u32,
    silent: bool,
}

impl Unit {
    fn of(unit: &pb::UnitResult) -> Self {
        let coverage = unit.coverage.clone().unwrap_or_default();
        let band = unit.rank_p05.as_ref().zip(unit.rank_p95.as_ref());
        Self {
            code: unit.unit.clone(),
            name: unit.display_name.clone(),
            score: format::fixed(unit.score.as_ref(), 2),
            reach: reach(format::decimal(unit.score.as_ref()).unwrap_or_default(), Decimal::ONE_HUNDRED),
            rank: unit.ranked.then_some(unit.rank),
            band: band.map(|(low, high)| (format::exact(Some(low)), format::exact(Some(high)))),
            grade: unit.grade.clone(),
            reported: coverage.reported,
            mandatory: coverage.mandatory,
            scored: coverage.scored,
            silent: coverage.reported == 0,
        }
    }
}

struct Group {
    id: String,
    title: Option<common::Text>,
    score: String,
    weight: String,
    reach: String,
    items: Vec<Item>,
}

/// What changed since an earlier edition.
struct Changes {
    since: u32,
    before: String,
    after: String,
    gains: Vec<Move>,
    losses: Vec<Move>,
}

struct Move {
    code: String,
    name: Option<common::Text>,
    change: String,
    before: String,
    after: String,
}

pub(super) async fn list(visit: Visit) -> Page {
    let report = latest(&visit).await.map_err(|refusal| visit.refuse(refusal))?;
    let s = visit.shell(Here::Cities, Text::new("城市", "Cities"));
    let units = report.as_ref().and_then(|report| report.run.as_ref()).map_or(&[][..], |run| &run.units);
    let edition = report.as_ref().map(Edition::of);
    let mut units: Vec<Unit> = units.iter().map(Unit::of).collect();
    units.sort_by_key(|unit| (unit.rank.unwrap_or(u32::MAX), unit.silent, unit.code.clone()));
    Ok(answer::page(&Cities { s, edition, units }))
}

pub(super) async fn page(visit: Visit, Path(code): Path<String>) -> Page {
    let report = latest(&visit).await.map_err(|refusal| visit.refuse(refusal))?;
    let Some(report) = report else { return Err(no_report(&visit)) };
    let run = report.run.clone().unwrap_or_default();
    let Some(found) = run.units.iter().find(|unit| unit.unit == code) else {
        return Err(visit.nothing("评价结果中没有这个城市", "the results have no such city"));
    };
    let asked = tokio::try_join!(changes(&visit, &report, &code), trends(&visit, found, &code));
    let (changes, trends) = asked.map_err(|refusal| visit.refuse(refusal))?;
    let name = found.display_name.clone().unwrap_or_default();
    let s = visit.shell(Here::Cities, Text::new(name.zh, name.en));
    let page = City {
        edition: Edition::of(&report),
        unit: Unit::of(found),
        groups: groups(found),
        chart: chart(found, &s),
        parts: report
            .joint_run
            .as_ref()
            .and_then(|joint| Parts::of(joint.units.iter().filter(|unit| unit.unit == code))),
        changes,
        flags: found.flags.clone(),
        trends,
        s,
    };
    Ok(answer::page(&page))
}

/// The refusal of what rests on a report, before there is one.
pub(super) fn no_report(visit: &Visit) -> Refused {
    visit.nothing(
        "还没有报告。先运行一次评价并生成报告",
        "there is no report yet; run an evaluation and create one first",
    )
}

fn groups(unit: &pb::UnitResult) -> Vec<Group> {
    let of = |node: &pb::NodeScore| {
        let items = unit.items.iter().filter(|item| item.group == node.node).map(Item::of).collect();
        let number = |value: Option<&common::Decimal>| format::decimal(value).unwrap_or_default();
        Group {
            id: node.node.clone(),
            title: node.title.clone(),
            score: format::fixed(node.score.as_ref(), 2),
            weight: marks(node.weight.as_ref()),
            reach: reach(number(node.score.as_ref()), number(node.weight.as_ref())),
            items,
        }
    };
    unit.nodes.iter().map(of).collect()
}

/// The groups as a chart; none of a city that reported nothing, which is not a row of zeros.
fn chart(unit: &pb::UnitResult, s: &Shell) -> Option<Chart> {
    unit.coverage.as_ref().filter(|coverage| coverage.reported > 0)?;
    let of = |node: &pb::NodeScore| charts::Group {
        name: s.x(&node.title).to_owned(),
        score: format::decimal(node.score.as_ref()).unwrap_or_default(),
        full: format::decimal(node.weight.as_ref()).unwrap_or_default(),
        printed: format!("{} / {}", format::fixed(node.score.as_ref(), 2), marks(node.weight.as_ref())),
    };
    charts::groups(s, &unit.nodes.iter().map(of).collect::<Vec<_>>())
}

/// The trend of each indicator, by the figures that are like the one which was used.
async fn trends(visit: &Visit, unit: &pb::UnitResult, code: &str) -> Result<HashMap<String, Trend>, Refusal> {
    let measure = exchange::Measure::Actual.into();
    let filter = exchange::ObservationFilter { region: code.to_owned(), measure, ..Default::default() };
    let figures = observations(visit, filter).await?;
    let revision = |figure: &exchange::Observation| {
        figure.record.as_ref()?.provenance.as_ref().map(|from| from.revision_name.clone())
    };
    let by_revision: HashMap<String, &exchange::Observation> =
        figures.iter().filter_map(|figure| Some((revision(figure)?, figure))).collect();
    let trend = |item: &pb::ItemScore| {
        let used = by_revision.get(&item.provenance.as_ref()?.revision_name)?;
        Some((item.indicator.clone(), Trend::through(&figures, used)?))
    };
    Ok(unit.items.iter().filter_map(trend).collect())
}

/// Against the newest earlier edition that rests on another run; none when there is none.
async fn changes(visit: &Visit, report: &pb::Report, code: &str) -> Result<Option<Changes>, Refusal> {
    let run = report.run.as_ref().map(|run| run.name.clone()).unwrap_or_default();
    let listed = visit.ask(pb::ListReportsRequest { page_size: 1000, page_token: String::new() }).await?;
    let earlier =
        listed.reports.into_iter().filter(|found| found.edition < report.edition && found.evaluation_run != run);
    let Some(earlier) = earlier.max_by_key(|found| found.edition) else { return Ok(None) };
    let compared = visit.ask(pb::CompareRunsRequest { first: earlier.evaluation_run, second: run }).await?;
    let own = compared.units.iter().find(|unit| unit.unit == code);
    let mut moved: Vec<(Decimal, &pb::ItemChange)> = compared
        .changes
        .iter()
        .filter(|change| change.unit == code)
        .filter_map(|change| Some((format::decimal(change.change.as_ref())?, change)))
        .filter(|(change, _)| !change.is_zero())
        .collect();
    moved.sort_by_key(|(change, found)| (std::cmp::Reverse(*change), found.indicator.clone()));
    let gains = moved.iter().filter(|(change, _)| *change > Decimal::ZERO).take(MOVES);
    let losses = moved.iter().rev().filter(|(change, _)| *change < Decimal::ZERO).take(MOVES);
    Ok(Some(Changes {
        since: earlier.edition,
        before: format::fixed(own.and_then(|unit| unit.score_before.as_ref()), 2),
        after: format::fixed(own.and_then(|unit| unit.score_after.as_ref()), 2),
        gains: gains.map(|(_, found)| moved_item(found)).collect(),
        losses: losses.map(|(_, found)| moved_item(found)).collect(),
    }))
}

fn moved_item(change: &pb::ItemChange) -> Move {
    Move {
        code: change.indicator.clone(),
        name: change.display_name.clone(),
        change: marks(change.change.as_ref()),
        before: format::exact(change.value_before.as_ref()),
        after: format::exact(change.value_after.as_ref()),
    }
}
