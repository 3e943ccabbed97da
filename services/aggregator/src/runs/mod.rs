//! Evaluation runs: a pure function of checkpoints, scheme and engine version, recorded in the aggregator's own log.
//!
//! A run is recorded when it starts, with everything that it is computed from, and again when it ends. Between the two it is
//! computed by a few workers beside the calls. What was not ended when the process stopped is computed when it starts again:
//! the same checkpoints and scheme give the same result, and nothing of it was written before.
//!
//! | module | subject |
//! |---|---|
//! | `ask`, `ask_joint` | what a call asks for, with its faults |
//! | `facts` | from a snapshot to units and cells, and the evaluation of them; pure |
//! | `parts` | what the parts of a joint evaluation are made of |
//! | `results`, `index_results`, `joint_results` | the evaluation as wire messages |
//! | `live` | progress and cancellation of what runs |
//! | `work` | the workers, the end of a run, going on after a start |
//! | `influence` | what the ranks hang on |
//! | `side`, `compare`, `causes`, `what_if`, `session` | two runs, and one cell changed |
//! | `service`, `watched` | the calls |

mod ask;
mod ask_joint;
mod causes;
mod compare;
pub(crate) mod explain;
mod facts;
mod impact;
mod index_results;
mod influence;
mod joint_results;
mod live;
mod parts;
mod pin;
pub(crate) mod results;
mod service;
mod session;
mod side;
mod watched;
mod what_if;
mod work;

use std::collections::BTreeMap;

use contracts::evaluation::v1 as pb;
use domain::{DepartmentId, DomainError, Period, Reason, Text};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

pub(crate) use service::Evaluations;
pub(crate) use work::Workers;

/// Collection of the runs.
pub(crate) const RUNS: &str = "evaluationRuns";

/// SHA-256 over everything that the result is: checkpoints, scheme, engine, period and units, as their protobuf bytes.
pub(crate) fn result_digest(run: &pb::EvaluationRun) -> String {
    let result = pb::EvaluationRun {
        checkpoints: run.checkpoints.clone(),
        scheme_digest: run.scheme_digest.clone(),
        data_digest: run.data_digest.clone(),
        engine_version: run.engine_version.clone(),
        period: run.period.clone(),
        units: run.units.clone(),
        replicates: run.replicates,
        seed: run.seed,
        panel_periods: run.panel_periods.clone(),
        panel_units: run.panel_units.clone(),
        part_runs: run.part_runs.clone(),
        reporting_deadline: run.reporting_deadline.clone(),
        ..pb::EvaluationRun::default()
    };
    hex::encode(Sha256::digest(result.encode_to_vec()))
}

/// Sizes of the logs as the store asks for them.
pub(crate) fn sizes(checkpoints: &[pb::NodeCheckpoint]) -> BTreeMap<DepartmentId, u64> {
    checkpoints.iter().filter_map(|at| Some((DepartmentId::parse_parent(&at.node).ok()?, at.size))).collect()
}

/// The periods of a run: its own, and the earlier ones of a panel.
fn periods(run: &pb::EvaluationRun) -> Option<(Period, Vec<Period>)> {
    let panel = run.panel_periods.iter().map(|period| Period::parse(period)).collect::<Result<_, _>>().ok()?;
    Some((Period::parse(&run.period).ok()?, panel))
}

/// Refuses what needs the result of a run that has none.
///
/// # Errors
/// [`Reason::RunStateInvalid`].
pub(crate) fn must_have_succeeded(run: &pb::EvaluationRun) -> Result<(), DomainError> {
    let (zh, en) = match run.state() {
        pb::RunState::Succeeded => return Ok(()),
        pb::RunState::Running | pb::RunState::Unspecified => ("尚在计算", "is still running"),
        pb::RunState::Failed => ("未能完成", "failed"),
        pb::RunState::Cancelled => ("已取消", "was cancelled"),
    };
    Err(state_error(run, &format!("{} {zh}，没有结果", run.name), &format!("{} {en}: it has no result", run.name)))
}

fn state_error(run: &pb::EvaluationRun, zh: &str, en: &str) -> DomainError {
    DomainError::new(Reason::RunStateInvalid, Text::new(zh, en))
        .with_fact("name", &run.name)
        .with_fact("state", run.state().as_str_name())
}
