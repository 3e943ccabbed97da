//! Evaluation runs: a pure function of checkpoints, scheme and engine version, recorded in the aggregator's own log.

pub(crate) mod explain;
mod pin;
pub(crate) mod results;
mod service;

use std::collections::BTreeMap;

use contracts::evaluation::v1 as pb;
use domain::{Catalogue, DepartmentId, Period, RegionTable};
use evaluation::Scheme;
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use crate::{
    inputs::{self, Records},
    snapshot::Snapshot,
};

pub(crate) use service::Evaluations;

/// Collection of the runs.
pub(crate) const RUNS: &str = "evaluationRuns";

/// What a run is computed from, apart from the snapshot.
pub(crate) struct Question<'a> {
    pub(crate) scheme_name: &'a str,
    pub(crate) scheme: &'a Scheme,
    pub(crate) period: &'a Period,
    pub(crate) checkpoints: Vec<pb::NodeCheckpoint>,
}

/// Computes a run. Its name, day and record are for the caller to fill in; they are not part of the result.
///
/// # Errors
/// When the engine refuses the input, which only a fault of this program makes.
pub(crate) fn compute(
    question: Question<'_>,
    snapshot: &Snapshot,
    catalogue: &Catalogue,
    regions: &RegionTable,
) -> Result<pb::EvaluationRun, evaluation::EvaluationError> {
    let cities: Vec<_> = regions.cities().collect();
    let unendorsed = snapshot.unendorsed(question.scheme.endorsements());
    let records = Records {
        observations: &snapshot.observations,
        statements: &snapshot.statements,
        accepted: &snapshot.accepted,
        unendorsed: &unendorsed,
    };
    let input = inputs::input(question.scheme, question.period, &cities, catalogue, &records);
    let evaluation = evaluation::evaluate(question.scheme, &input)?;
    let mut run = pb::EvaluationRun {
        state: pb::RunState::Succeeded.into(),
        scheme: question.scheme_name.to_owned(),
        scheme_digest: evaluation.scheme_digest.clone(),
        data_digest: evaluation.data_digest.clone(),
        engine_version: evaluation.engine_version.clone(),
        checkpoints: crate::wire::sorted(question.checkpoints),
        units: results::units(&evaluation, catalogue, regions, &|key| snapshot.provenance(key)),
        period: question.period.to_string(),
        ..pb::EvaluationRun::default()
    };
    run.result_digest = result_digest(&run);
    Ok(run)
}

/// SHA-256 over everything that the result is: checkpoints, scheme, engine, period and units, as their protobuf bytes.
pub(crate) fn result_digest(run: &pb::EvaluationRun) -> String {
    let result = pb::EvaluationRun {
        checkpoints: run.checkpoints.clone(),
        scheme_digest: run.scheme_digest.clone(),
        data_digest: run.data_digest.clone(),
        engine_version: run.engine_version.clone(),
        period: run.period.clone(),
        units: run.units.clone(),
        ..pb::EvaluationRun::default()
    };
    hex::encode(Sha256::digest(result.encode_to_vec()))
}

/// Sizes of the logs as the store asks for them.
pub(crate) fn sizes(checkpoints: &[pb::NodeCheckpoint]) -> BTreeMap<DepartmentId, u64> {
    checkpoints.iter().filter_map(|at| Some((DepartmentId::parse_parent(&at.node).ok()?, at.size))).collect()
}
