//! Follow-up of commitments: what was promised, what was reported, and the light that follows from both and the date.

pub(crate) mod convert;
mod read;
mod service;
mod write;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use contracts::followup::v1 as wire;
use domain::{
    Closure, Commitment, DepartmentId, Light, LightRule, ProgressReport, Recorded, ShareStanding, Violations, light,
};
use node::{convert::Reader, projection::COMMITMENT_ACCEPTANCES};
use prost::Message as _;
use store::{MAX_PAGE, ResourceQuery, Store, StoredResource, View};

pub(crate) use service::FollowUp;

/// Collection of commitments.
pub(crate) const COMMITMENTS: &str = "commitments";
/// Collection of progress reports.
pub(crate) const PROGRESS_REPORTS: &str = "progressReports";

/// A commitment with everything that its light follows from.
pub(crate) struct Standing {
    pub(crate) commitment: Recorded<Commitment>,
    pub(crate) wire: wire::Commitment,
    pub(crate) reports: Vec<ProgressReport>,
    pub(crate) light: Light,
}

/// The share of cities, as the light of the commitment that it measures needs it.
pub(crate) struct Measured<'a> {
    pub(crate) share: &'a ShareStanding,
    /// Name of the counting rule that a commitment's target names.
    pub(crate) rule: &'a str,
    /// Day of the newest step on record.
    pub(crate) as_of: Option<NaiveDate>,
}

/// Every commitment with its light on a day, in the order of its number.
///
/// # Errors
/// When the store fails or a stored message cannot be read.
pub(crate) async fn standings(
    store: &Store,
    log: &DepartmentId,
    view: &View,
    today: NaiveDate,
    measured: &Measured<'_>,
) -> anyhow::Result<Vec<Standing>> {
    let mut reports: BTreeMap<String, Vec<ProgressReport>> = BTreeMap::new();
    for row in rows(store, log, PROGRESS_REPORTS, view).await? {
        let message = wire::ProgressReport::decode(row.body.body.as_slice())?;
        // Who reported is in the log; here only that it is somebody, which is all the light asks.
        let report = parsed(|reader| convert::read_progress(reader, "", &message), &row.name.to_string())?;
        reports.entry(report.commitment.clone()).or_default().push(report);
    }
    let mut closures = BTreeMap::new();
    for row in rows(store, log, COMMITMENT_ACCEPTANCES, view).await? {
        let message = wire::AcceptCommitmentRequest::decode(row.body.body.as_slice())?;
        let mut faults = Violations::new();
        let evidence = node::convert::common::evidence(&mut Reader::new(&mut faults), "evidence", &message.evidence);
        let closure = Closure::accept("报送人", "认定人", row.known_from.date_naive(), evidence)
            .map_err(|faults| anyhow::anyhow!("stored acceptance {}: {faults:?}", row.name))?;
        closures.insert(row.name.id().to_owned(), closure);
    }
    let mut standings = Vec::new();
    for row in rows(store, log, COMMITMENTS, view).await? {
        let message = wire::Commitment::decode(row.body.body.as_slice())?;
        let id = row.name.id().to_owned();
        let body = parsed(|reader| convert::read_commitment(reader, &id, &message), &row.name.to_string())?;
        let mut known = reports.remove(&id).unwrap_or_default();
        known.extend(computed(&body, measured));
        let light = light(&body, &known, closures.get(&id), today, &LightRule::default());
        standings.push(Standing { commitment: row.map(|_| body), wire: message, reports: known, light });
    }
    standings.sort_by_key(|standing| natural(&standing.commitment.body.sequence));
    Ok(standings)
}

/// A commitment and when it was accepted as done.
pub(crate) struct Promise {
    pub(crate) commitment: Commitment,
    pub(crate) accepted: Option<DateTime<Utc>>,
}

/// Every commitment as a log said.
///
/// # Errors
/// When the store fails or a stored message cannot be read.
pub(crate) async fn promises(store: &Store, log: &DepartmentId, view: &View) -> anyhow::Result<Vec<Promise>> {
    let mut accepted = BTreeMap::new();
    for row in rows(store, log, COMMITMENT_ACCEPTANCES, view).await? {
        accepted.insert(row.name.id().to_owned(), row.known_from);
    }
    let mut promises = Vec::new();
    for row in rows(store, log, COMMITMENTS, view).await? {
        let message = wire::Commitment::decode(row.body.body.as_slice())?;
        let id = row.name.id().to_owned();
        let commitment = parsed(|reader| convert::read_commitment(reader, &id, &message), &row.name.to_string())?;
        promises.push(Promise { commitment, accepted: accepted.get(&id).copied() });
    }
    Ok(promises)
}

/// Progress of the share target is counted, not reported: the cities that count over those that are needed.
fn computed(commitment: &Commitment, measured: &Measured<'_>) -> Option<ProgressReport> {
    let target = commitment.target.as_ref().filter(|target| target.counting_rule == measured.rule)?;
    let percent = measured.share.percent?;
    let shown = percent.round_dp_with_strategy(1, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    Some(ProgressReport {
        commitment: commitment.id.clone(),
        as_of: measured.as_of?,
        fraction: None,
        measured: Some(domain::Quantity::new(percent, target.quantity.unit)),
        summary: format!(
            "{} / {} = {shown}%（按登记的程序步骤计算 computed from the recorded steps）",
            measured.share.counted.len(),
            measured.share.total
        ),
        evidence: Vec::new(),
        reporter: "系统计算".to_owned(),
    })
}

/// Orders `C4-4` before `C10-1`.
fn natural(sequence: &str) -> (Vec<u32>, String) {
    let numbers = sequence.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    (numbers, sequence.to_owned())
}

fn parsed<T>(read: impl FnOnce(&mut Reader<'_>) -> Option<T>, name: &str) -> anyhow::Result<T> {
    let mut faults = Violations::new();
    read(&mut Reader::new(&mut faults))
        .ok_or_else(|| anyhow::anyhow!("stored resource {name} cannot be read: {faults:?}"))
}

pub(crate) async fn rows(
    store: &Store,
    log: &DepartmentId,
    collection: &str,
    view: &View,
) -> Result<Vec<Recorded<StoredResource>>, store::StoreError> {
    let mut query = ResourceQuery {
        origin: Some(log.clone()),
        collection: Some(collection.to_owned()),
        view: view.clone(),
        after_name: None,
        limit: MAX_PAGE,
    };
    let mut rows = Vec::new();
    loop {
        let page = store.resources(&query).await?;
        query.after_name = page.last().map(|row| row.name.to_string());
        let full = page.len() >= MAX_PAGE as usize;
        rows.extend(page);
        if !full {
            return Ok(rows);
        }
    }
}
