//! What a run is computed from, read out of a snapshot, and the computing of it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use contracts::evaluation::v1 as pb;
use domain::{Catalogue, Period, RegionTable};
use evaluation::{
    Cell, Evaluation, Input, MissingState, Pace, Plan, Presence, Unit,
    index::{self, Absence, Data, GivenRow, IndexEvaluation, Options},
    joint::{self, JointEvaluation},
    robust::{Extent, RankBand, rank_bands},
};

use super::parts;
use crate::{
    inputs::{self, Cells, Records},
    schemes::{PlanExt as _, code_of},
    snapshot::Snapshot,
};

/// Units and their cells, in the period of the run and in the earlier ones of a panel.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) units: Vec<Unit>,
    pub(crate) cells: Cells,
    pub(crate) period: String,
    /// Earlier periods, in order.
    pub(crate) panel: Vec<(String, Cells)>,
}

/// How much is computed beside the scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Replicates for the rank bands; none takes the number of the scheme.
    pub(crate) replicates: Option<u32>,
    /// Their seed; none takes the one of the scheme.
    pub(crate) seed: Option<u64>,
}

impl Wanted {
    /// What a run says.
    pub(crate) fn of(run: &pb::EvaluationRun) -> Self {
        Self { replicates: Some(run.replicates), seed: Some(run.seed) }
    }
}

/// A finished evaluation by any model.
#[derive(Clone, Debug)]
pub(crate) enum Computed {
    Practice { evaluation: Box<Evaluation>, bands: BTreeMap<String, RankBand>, replicates: u32, seed: u64 },
    Index(Box<IndexEvaluation>),
    Joint(Box<JointEvaluation>),
}

/// Why there is no evaluation.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum NotComputed {
    /// It was stopped.
    #[error("计算已中止 / the computation was stopped")]
    Stopped,
    /// The engine refuses the data or the scheme.
    #[error("{0}")]
    Refused(String),
}

/// What a scheme reads: codes of the catalogue, or the names of the data of a joint evaluation.
pub(crate) fn codes(plan: &Plan, catalogue: &Catalogue) -> BTreeSet<String> {
    let mut codes: BTreeSet<String> = plan.columns().into_iter().map(str::to_owned).collect();
    match plan {
        Plan::Practice(scheme) => codes.extend(scheme.indicators().map(|rule| rule.id.clone())),
        Plan::Index(scheme) => {
            let leaves = scheme.indicators();
            codes.extend(leaves.iter().filter_map(|node| code_of(node, catalogue)).map(|code| code.to_string()));
        }
        Plan::Joint(scheme) => codes.extend(parts::names(scheme)),
    }
    codes
}

/// Reads the facts of some indicators out of a snapshot, as far as the approvals that a scheme demands let them count.
pub(crate) fn facts(
    plan: &Plan,
    codes: &BTreeSet<String>,
    (period, panel): (&Period, &[Period]),
    snapshot: &Snapshot,
    catalogue: &Catalogue,
    regions: &RegionTable,
) -> Facts {
    let cities: Vec<_> = regions.cities().collect();
    let unendorsed = snapshot.unendorsed(plan.endorsements());
    let records = Records {
        observations: &snapshot.observations,
        statements: &snapshot.statements,
        accepted: &snapshot.accepted,
        unendorsed: &unendorsed,
    };
    let of = |period: &Period| inputs::cells(codes, period, &cities, catalogue, &records);
    Facts {
        units: inputs::units(&cities),
        cells: of(period),
        period: period.to_string(),
        panel: panel.iter().map(|period| (period.to_string(), of(period))).collect(),
    }
}

/// Evaluates the facts.
///
/// # Errors
/// [`NotComputed`].
pub(crate) fn compute(
    plan: &Plan,
    facts: &Facts,
    wanted: Wanted,
    catalogue: &Catalogue,
    pace: &Pace,
) -> Result<Computed, NotComputed> {
    match plan {
        Plan::Practice(scheme) => {
            let evaluation = evaluation::evaluate(scheme, &input(scheme, facts)).map_err(|error| refused(&error))?;
            let extent = Extent {
                replicates: wanted.replicates.unwrap_or(0),
                seed: wanted.seed.unwrap_or(0),
                ..Extent::default()
            };
            let bands = rank_bands(&evaluation, extent, pace).ok_or(NotComputed::Stopped)?;
            let Extent { replicates, seed, .. } = extent;
            Ok(Computed::Practice { evaluation: Box::new(evaluation), bands, replicates, seed })
        }
        Plan::Joint(scheme) => {
            let names = parts::names(scheme);
            let cells = facts.cells.iter().filter(|((_, name), _)| names.contains(name));
            let cells = cells.map(|(key, cell)| (key.clone(), cell.clone())).collect();
            let periods = [(Some(facts.period.clone()), Input { units: facts.units.clone(), cells })];
            joint::evaluate(scheme, &periods)
                .map(|found| Computed::Joint(Box::new(found)))
                .map_err(|error| refused(&error))
        }
        Plan::Index(scheme) => {
            let options = Options { replicates: wanted.replicates, seed: wanted.seed, ..Options::default() };
            let data = data(scheme, facts, catalogue).map_err(twice)?;
            let stopped = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
            let (asked, told) = (pace.clone(), std::sync::Arc::clone(&stopped));
            let pace = Pace::told(move |step| {
                let goes_on = asked.goes_on(step);
                told.fetch_or(!goes_on, std::sync::atomic::Ordering::Relaxed);
                goes_on
            });
            index::evaluate_paced(scheme, &data, options, &pace).map(|found| Computed::Index(Box::new(found))).map_err(
                |index::IndexError(text)| {
                    if stopped.load(std::sync::atomic::Ordering::Relaxed) {
                        NotComputed::Stopped
                    } else {
                        NotComputed::Refused(format!("{} / {}", text.zh, text.en))
                    }
                },
            )
        }
    }
}

/// The facts as the model of practice takes them.
pub(crate) fn input(scheme: &evaluation::Scheme, facts: &Facts) -> Input {
    let known = known(scheme);
    let cells = facts.cells.iter().filter(|((_, code), _)| known.contains(code.as_str()));
    Input { units: facts.units.clone(), cells: cells.map(|(key, cell)| (key.clone(), cell.clone())).collect() }
}

/// The cells of one unit as the model of practice takes them, by indicator.
pub(super) fn cells_of(scheme: &evaluation::Scheme, facts: &Facts, unit: &str) -> BTreeMap<String, Cell> {
    let known = known(scheme);
    let own = facts.cells.range((unit.to_owned(), String::new())..).take_while(|((of, _), _)| of == unit);
    let own = own.filter(|((_, code), _)| known.contains(code.as_str()));
    own.map(|((_, code), cell)| (code.clone(), cell.clone())).collect()
}

/// What a scheme of practice reads.
fn known(scheme: &evaluation::Scheme) -> BTreeSet<&str> {
    let columns = scheme.inputs().keys().map(String::as_str).chain(scheme.outside().ids());
    scheme.indicators().map(|rule| rule.id.as_str()).chain(columns).collect()
}

/// A unit that stands twice in a period.
pub(super) fn twice((unit, period): (String, Option<String>)) -> NotComputed {
    let period = period.unwrap_or_default();
    NotComputed::Refused(format!("{unit} {period} 重复 / {unit} {period} stands twice"))
}

/// The facts as an index takes them: a row for each unit and period.
///
/// # Errors
/// A unit, with its period in a panel, that stands twice.
pub(super) fn data(
    scheme: &index::IndexScheme,
    facts: &Facts,
    catalogue: &Catalogue,
) -> Result<Data, (String, Option<String>)> {
    let mut rows = Vec::new();
    let panel = !facts.panel.is_empty();
    let periods = facts.panel.iter().map(|(period, cells)| (period, cells));
    for (period, cells) in periods.chain([(&facts.period, &facts.cells)]) {
        for unit in &facts.units {
            let cell = |code: &str| cells.get(&(unit.id.clone(), code.to_owned()));
            let mut row = GivenRow {
                unit: unit.id.clone(),
                name: unit.name.clone(),
                period: panel.then(|| period.clone()),
                ..GivenRow::default()
            };
            for node in scheme.indicators() {
                if let Some(found) = code_of(node, catalogue).and_then(|code| cell(code.as_str())) {
                    row.cells.insert(node.id.clone(), number(found));
                }
            }
            let below = scheme.data().denominators.iter().chain(scheme.inputs().keys()).map(String::as_str);
            for column in below.chain(scheme.outside().ids()) {
                if let Some(found) = cell(column) {
                    row.columns.insert(column.to_owned(), number(found));
                }
            }
            rows.push(row);
        }
    }
    Data::given(scheme, rows)
}

/// A cell as a number. A bound (≥, ≤, ≈) counts as the number itself.
fn number(cell: &Cell) -> Result<f64, Absence> {
    match &cell.presence {
        Presence::Reported(value) => {
            value.value.to_string().parse().map_err(|_| Absence::Missing(MissingState::Unknown))
        }
        Presence::Missing(state) => Err(Absence::Missing(*state)),
        Presence::NotApplicable { .. } => Err(Absence::NotApplicable),
    }
}

fn refused(error: &evaluation::EvaluationError) -> NotComputed {
    NotComputed::Refused(error.to_string())
}
