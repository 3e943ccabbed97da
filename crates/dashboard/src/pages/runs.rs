//! Evaluation runs: the list, one run with its ranks and their bands, and the what-if that the server recomputes.

use askama::Template;
use axum::{
    extract::{Path, RawQuery},
    response::Response,
};
use contracts::{common::v1 as common, evaluation::v1 as pb};
use domain::Text;
use rust_decimal::Decimal;

use super::{
    items::{Item, marks, reach},
    parts::Parts,
    sensitivity::Sensitivity,
};
use crate::{
    answer::{self, Page},
    charts::{self, Chart},
    format,
    port::{CREATE_RUN, Refusal},
    shell::{Here, Shell},
    visit::Visit,
};

const PREFIX: &str = "departments/aggregator/evaluationRuns/";

#[derive(Template)]
#[template(path = "runs.html")]
struct List {
    s: Shell,
    runs: Vec<Head>,
    /// Whether the visitor may start one here.
    may_start: bool,
}

#[derive(Template)]
#[template(path = "run.html")]
struct Run {
    s: Shell,
    head: Head,
    scheme_title: Option<common::Text>,
    yaml: String,
    units: Vec<Unit>,
    chart: Option<Chart>,
    /// How many units are ranked.
    ranked: usize,
    weights: Vec<Weight>,
    parts: Option<Parts>,
    sensitivity: Option<Sensitivity>,
    checkpoints: Vec<Checkpoint>,
    form: Form,
    outcome: Option<Result<Outcome, String>>,
    /// Whether the visitor may repeat it here.
    may_repeat: bool,
}

/// What is known of a run without its units.
struct Head {
    id: String,
    scheme: String,
    period: String,
    state: pb::RunState,
    provisional: bool,
    progress: u32,
    ended: String,
    as_of: String,
    replicates: u32,
    seed: u64,
    engine: String,
    result: String,
    data: String,
    failure: String,
}

impl Head {
    fn of(run: &pb::EvaluationRun) -> Self {
        Self {
            id: format::id(&run.name).to_owned(),
            scheme: run.scheme.clone(),
            period: run.period.clone(),
            state: run.state(),
            provisional: run.provisional,
            progress: run.progress_percent,
            ended: format::time(run.end_time.as_ref()),
            as_of: run.as_of_date.clone(),
            replicates: run.replicates,
            seed: run.seed,
            engine: run.engine_version.clone(),
            result: run.result_digest.clone(),
            data: run.data_digest.clone(),
            failure: run.failure.clone(),
        }
    }

    fn state(&self, s: &Shell) -> &'static str {
        match self.state {
            pb::RunState::Running => s.t("运行中", "running"),
            pb::RunState::Succeeded => s.t("完成", "finished"),
            pb::RunState::Failed => s.t("失败", "failed"),
            pb::RunState::Cancelled => s.t("已取消", "cancelled"),
            pb::RunState::Unspecified => s.t("未知", "not known"),
        }
    }

    fn is_running(&self) -> bool {
        self.state == pb::RunState::Running
    }
}

struct Unit {
    code: String,
    name: Option<common::Text>,
    score: String,
    /// Whether it reported nothing: that is no zero.
    silent: bool,
    /// Length of the bar of the score, in percent.
    reach: String,
    rank: Option<u32>,
    band: Option<Band>,
}

/// The 90 % band of a rank, and where it stands on the scale from 1 to the number of ranked units, in percent.
struct Band {
    low: String,
    median: String,
    high: String,
    from: String,
    width: String,
    at: String,
}

/// A group of the scheme with its marks.
struct Weight {
    title: Option<common::Text>,
    marks: String,
    reach: String,
    items: usize,
}

struct Checkpoint {
    node: String,
    size: u64,
    root: String,
}

/// What can be assumed, and what is.
struct Form {
    cities: Vec<(String, Option<common::Text>)>,
    items: Vec<(String, Option<common::Text>)>,
    city: String,
    indicator: String,
    /// Value of the slider; empty before an indicator is chosen.
    value: String,
    missing: bool,
    now: String,
    unit: String,
    most: String,
    step: &'static str,
}

/// The city as it would be.
struct Outcome {
    before: Standing,
    after: Standing,
    item: Option<Item>,
    moves: Vec<(Option<common::Text>, u32, u32)>,
}

struct Standing {
    score: String,
    rank: u32,
    grade: Option<common::Text>,
}

impl Standing {
    fn of(unit: Option<&pb::UnitResult>) -> Self {
        let unit = unit.cloned().unwrap_or_default();
        Self { score: format::fixed(unit.score.as_ref(), 2), rank: unit.rank, grade: unit.grade }
    }
}

pub(super) async fn list(visit: Visit) -> Page {
    let request = pb::ListEvaluationRunsRequest { page_size: 200, page_token: String::new() };
    let answer = visit.ask(request).await.map_err(|refusal| visit.refuse(refusal))?;
    let s = visit.shell(Here::Runs, Text::new("评价运行", "Evaluation runs"));
    let may_start = visit.may_write(CREATE_RUN);
    Ok(answer::page(&List { s, runs: answer.evaluation_runs.iter().map(Head::of).collect(), may_start }))
}

/// What the form asks for.
#[derive(Debug, Default)]
struct Asked {
    city: String,
    indicator: String,
    value: String,
    missing: bool,
    compute: bool,
}

impl Asked {
    /// Values are digits and codes, so nothing in them is escaped; what is escaped all the same is refused by the service.
    fn of(query: &str) -> Self {
        let mut asked = Self::default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "city" => value.clone_into(&mut asked.city),
                "indicator" => value.clone_into(&mut asked.indicator),
                "value" => value.clone_into(&mut asked.value),
                "missing" => asked.missing = value == "yes",
                _ => {}
            }
        }
        asked.compute = !asked.indicator.is_empty() && (asked.missing || !asked.value.is_empty());
        asked
    }
}

pub(super) async fn page(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Page {
    let asked = Asked::of(query.as_deref().unwrap_or_default());
    shown(&visit, &id, asked).await.map_err(|refusal| visit.refuse(refusal))
}

async fn shown(visit: &Visit, id: &str, asked: Asked) -> Result<Response, Refusal> {
    let name = format!("{PREFIX}{id}");
    let run = visit.ask(pb::GetEvaluationRunRequest { name: name.clone() }).await?.evaluation_run.unwrap_or_default();
    let scheme = visit.ask(pb::GetSchemeRequest { name: run.scheme.clone() }).await;
    // A run may have been made with a scheme that is not there any more under its name.
    let scheme = scheme.ok().and_then(|answer| answer.scheme).unwrap_or_default();
    let form = form(&run, &asked);
    let outcome = if asked.compute {
        let value = (!asked.missing).then(|| common::Decimal { value: asked.value.clone() });
        let (unit, indicator) = (form.city.clone(), asked.indicator.clone());
        let request = pb::SimulateRunRequest { name, unit, indicator, value, missing: asked.missing };
        Some(visit.ask(request).await.map(|answer| outcome(&answer, &asked.indicator)).map_err(|refusal| refusal.text))
    } else {
        None
    };
    let ranked = run.units.iter().filter(|unit| unit.ranked).count();
    let mut units: Vec<Unit> = run.units.iter().map(|found| unit(found, ranked)).collect();
    units.sort_by_key(|unit| (unit.rank.unwrap_or(u32::MAX), unit.code.clone()));
    let checkpoints = run.checkpoints.iter().map(|at| Checkpoint {
        node: format::node(&at.node).to_owned(),
        size: at.size,
        root: at.root_hash.clone(),
    });
    let s = visit.shell(Here::Runs, Text::new(format!("评价运行 {id}"), format!("Run {id}")));
    let sensitivity = Sensitivity::of(visit, &run, &s).await;
    let page = Run {
        sensitivity,
        chart: chart(&run, &s),
        head: Head::of(&run),
        scheme_title: scheme.title,
        yaml: scheme.yaml,
        units,
        ranked,
        weights: weights(&run),
        parts: Parts::of(&run.units),
        checkpoints: checkpoints.collect(),
        form,
        outcome,
        may_repeat: visit.may_write(CREATE_RUN) && run.state() == pb::RunState::Succeeded,
        s,
    };
    Ok(answer::page(&page))
}

/// The ranks as a chart.
fn chart(run: &pb::EvaluationRun, s: &Shell) -> Option<Chart> {
    let of = |unit: &pb::UnitResult| charts::Ranked {
        name: s.x(&unit.display_name).to_owned(),
        score: format::decimal(unit.score.as_ref()).unwrap_or_default(),
        rank: unit.rank,
        band: format::decimal(unit.rank_p05.as_ref()).zip(format::decimal(unit.rank_p95.as_ref())),
    };
    charts::ranks(s, run.units.iter().filter(|unit| unit.ranked).map(of).collect())
}

/// Where a rank stands between the first and the last, in percent.
fn along(rank: Decimal, ranked: usize) -> Decimal {
    let steps = Decimal::from(ranked.saturating_sub(1).max(1));
    report::number::half_up(((rank - Decimal::ONE) * Decimal::from(96) / steps) + Decimal::TWO, 2)
}

fn unit(found: &pb::UnitResult, ranked: usize) -> Unit {
    let number = |value: &Option<common::Decimal>| format::decimal(value.as_ref());
    let band = number(&found.rank_p05).zip(number(&found.rank_p50)).zip(number(&found.rank_p95));
    Unit {
        code: found.unit.clone(),
        name: found.display_name.clone(),
        score: format::fixed(found.score.as_ref(), 2),
        silent: found.coverage.as_ref().is_some_and(|coverage| coverage.reported == 0),
        reach: reach(number(&found.score).unwrap_or_default(), Decimal::ONE_HUNDRED),
        rank: found.ranked.then_some(found.rank),
        band: band.filter(|_| found.ranked).map(|((low, median), high)| {
            let (from, to) = (along(low, ranked), along(high, ranked));
            Band {
                low: report::number::exact(low),
                median: report::number::exact(median),
                high: report::number::exact(high),
                from: from.to_string(),
                width: (to - from).max(Decimal::new(4, 1)).to_string(),
                at: along(Decimal::from(found.rank), ranked).to_string(),
            }
        }),
    }
}

fn weights(run: &pb::EvaluationRun) -> Vec<Weight> {
    let Some(first) = run.units.first() else { return Vec::new() };
    let all = Decimal::ONE_HUNDRED;
    let of = |node: &pb::NodeScore| Weight {
        title: node.title.clone(),
        marks: marks(node.weight.as_ref()),
        reach: reach(format::decimal(node.weight.as_ref()).unwrap_or_default(), all),
        items: first.items.iter().filter(|item| item.group == node.node).count(),
    };
    first.nodes.iter().map(of).collect()
}

fn form(run: &pb::EvaluationRun, asked: &Asked) -> Form {
    let city = run.units.iter().find(|unit| unit.unit == asked.city).or(run.units.first());
    let items = city.map_or(&[][..], |unit| &unit.items);
    let item = items.iter().find(|item| item.indicator == asked.indicator);
    let known = item.and_then(|item| format::decimal(item.value.as_ref()));
    let unit = item.map(|item| item.unit.clone()).unwrap_or_default();
    let target = item.and_then(|item| format::decimal(item.target.as_ref()));
    let most = if unit == "%" {
        Decimal::ONE_HUNDRED
    } else {
        let widest = known.into_iter().chain(target).max().unwrap_or(Decimal::from(50));
        (widest * Decimal::TWO).max(Decimal::ONE).ceil()
    };
    let value = if asked.value.is_empty() {
        known.map(|value| value.to_string()).unwrap_or_default()
    } else {
        asked.value.clone()
    };
    Form {
        cities: run.units.iter().map(|unit| (unit.unit.clone(), unit.display_name.clone())).collect(),
        items: items.iter().map(|item| (item.indicator.clone(), item.display_name.clone())).collect(),
        city: city.map(|unit| unit.unit.clone()).unwrap_or_default(),
        indicator: asked.indicator.clone(),
        value,
        missing: asked.missing,
        now: item.map_or_else(format::dash, |item| format::quantity(item.value.as_ref(), item.qualifier(), &item.unit)),
        unit,
        most: most.to_string(),
        step: if most <= Decimal::TEN { "0.01" } else { "0.1" },
    }
}

fn outcome(answer: &pb::SimulateRunResponse, indicator: &str) -> Outcome {
    let item = answer.unit.as_ref().and_then(|unit| unit.items.iter().find(|item| item.indicator == indicator));
    let moves = answer.moves.iter().map(|found| (found.display_name.clone(), found.rank_before, found.rank_after));
    Outcome {
        before: Standing::of(answer.before.as_ref()),
        after: Standing::of(answer.unit.as_ref()),
        item: item.map(Item::of),
        moves: moves.collect(),
    }
}
