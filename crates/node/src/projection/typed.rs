//! Entries of figures and funding lines, whose tables have columns of their own.

use contracts::{
    exchange::v1::{BatchCreateObservationsRequest, UpdateObservationRequest},
    followup::v1::AcceptCommitmentRequest,
    funding::v1::{BatchCreateFundingLinesRequest, UpdateFundingLineRequest},
};
use domain::{Catalogue, Change, DepartmentId, Observation, ResourceName, Violations, convert_exact};
use prost::Message;

use super::{COMMITMENT_ACCEPTANCES, Logged, ProjectionError};
use crate::convert::{Reader, common, funding, observation};

pub(super) fn observations(
    log: &DepartmentId,
    entry: Logged<'_>,
    catalogue: &Catalogue,
) -> Result<Vec<Change>, ProjectionError> {
    let request: BatchCreateObservationsRequest = decode(entry)?;
    read_fields(entry, |reader| {
        let mut changes = Vec::with_capacity(request.requests.len());
        for (index, item) in request.requests.into_iter().enumerate() {
            let mut reader = reader.item("requests", index);
            let mut reader = reader.at("observation");
            let Some(mut read) = observation::read(&mut reader, item.observation) else { continue };
            read.canonical_value = canonical(&read, catalogue);
            changes.extend(put(&mut reader, log, read, None, false));
        }
        changes
    })
}

/// The name of the figure that a correction rests on.
pub(super) fn base(entry: Logged<'_>) -> Result<Option<ResourceName>, ProjectionError> {
    let request: UpdateObservationRequest = decode(entry)?;
    let name = request.observation.map(|message| message.name).unwrap_or_default();
    read_fields(entry, |reader| {
        common::resource_name(&mut reader.at("observation"), "name", &name, observation::COLLECTION)
    })
}

pub(super) fn observation(
    entry: Logged<'_>,
    base: Option<&Observation>,
    catalogue: &Catalogue,
) -> Result<Vec<Change>, ProjectionError> {
    let request: UpdateObservationRequest = decode(entry)?;
    let name = self::base(entry)?;
    let mask = request.update_mask.map(|mask| mask.paths).unwrap_or_default();
    let base = match (base, &name) {
        (Some(base), _) => base,
        (None, Some(name)) => return Err(ProjectionError::NoBase(name.clone())),
        (None, None) => return Ok(Vec::new()),
    };
    let message = request.observation.unwrap_or_default();
    // Paths that no update may name were refused before the entry was written.
    let merged = observation::merge(base, message, &mask).unwrap_or_else(|_paths| observation::body_out(base));
    read_fields(entry, |reader| {
        let correction = common::correction(&mut reader.at("correction"), request.correction.as_ref());
        let mut reader = reader.at("observation");
        let mut read = observation::read(&mut reader, Some(merged))?;
        read.canonical_value = canonical(&read, catalogue);
        put(&mut reader, name.as_ref()?.department(), read, correction, true)
    })
    .map(|change| change.into_iter().collect())
}

/// The value in the indicator's own unit. The unit of an indicator never changes inside one indicator system, so a later
/// catalogue gives the same.
pub(crate) fn canonical(observation: &Observation, catalogue: &Catalogue) -> Option<rust_decimal::Decimal> {
    let definition = catalogue.get(&observation.key.indicator)?;
    if observation.status.is_missing() || definition.is_qualitative() {
        return None;
    }
    convert_exact(observation.value?, observation.unit, definition.unit).ok()
}

/// Name of a figure: its id follows from its key.
pub(crate) fn observation_name(
    reader: &mut Reader<'_>,
    department: &DepartmentId,
    observation: &Observation,
) -> Option<ResourceName> {
    match ResourceName::new(department.clone(), observation::COLLECTION, &observation.key.id()) {
        Ok(name) => Some(name),
        Err(error) => {
            let rule = (error.to_string(), "the key makes an id of more than 128 characters");
            let action = ("请缩短期间", "use a shorter period");
            reader.fault("", domain::Reason::FieldInvalid, observation.key.id(), (&rule.0, rule.1), action);
            None
        }
    }
}

fn put(
    reader: &mut Reader<'_>,
    department: &DepartmentId,
    observation: Observation,
    correction: Option<domain::Correction>,
    supersedes: bool,
) -> Option<Change> {
    Some(Change::PutObservation {
        name: observation_name(reader, department, &observation)?,
        key: observation.key.clone(),
        observation: Box::new(observation),
        correction,
        supersedes,
    })
}

pub(super) fn funding_lines(log: &DepartmentId, entry: Logged<'_>) -> Result<Vec<Change>, ProjectionError> {
    let request: BatchCreateFundingLinesRequest = decode(entry)?;
    read_fields(entry, |reader| {
        let mut changes = Vec::with_capacity(request.requests.len());
        for (index, item) in request.requests.into_iter().enumerate() {
            let mut reader = reader.item("requests", index);
            let name = common::new_name(&mut reader, "funding_line_id", log, funding::LINES, &item.funding_line_id);
            let line = funding::read_line(&mut reader.at("funding_line"), name, item.funding_line);
            changes.extend(line.map(|line| Change::PutFundingLine {
                name: line.name.clone(),
                line: Box::new(line),
                correction: None,
            }));
        }
        changes
    })
}

pub(super) fn funding_line(entry: Logged<'_>) -> Result<Vec<Change>, ProjectionError> {
    let request: UpdateFundingLineRequest = decode(entry)?;
    let name = request.funding_line.as_ref().map(|line| line.name.clone()).unwrap_or_default();
    read_fields(entry, |reader| {
        let correction = common::correction(&mut reader.at("correction"), request.correction.as_ref());
        let mut reader = reader.at("funding_line");
        let name = common::resource_name(&mut reader, "name", &name, funding::LINES)?;
        let line = funding::read_line(&mut reader, Some(name.clone()), request.funding_line)?;
        Some(Change::PutFundingLine { name, line: Box::new(line), correction })
    })
    .map(|change| change.into_iter().collect())
}

/// The closure of a commitment is a resource of its own: who proposes and who accepts are different people, and the light
/// is computed from both.
pub(super) fn acceptance(entry: Logged<'_>) -> Result<Vec<Change>, ProjectionError> {
    let request: AcceptCommitmentRequest = decode(entry)?;
    read_fields(entry, |reader| {
        let commitment = common::resource_name(reader, "name", &request.name, "commitments")?;
        let department = commitment.department().clone();
        let name = common::new_name(reader, "name", &department, COMMITMENT_ACCEPTANCES, commitment.id())?;
        Some(Change::PutResource {
            collection: COMMITMENT_ACCEPTANCES.to_owned(),
            name,
            type_name: "wufei.followup.v1.AcceptCommitmentRequest".to_owned(),
            body: entry.request.to_vec(),
            correction: None,
        })
    })
    .map(|change| change.into_iter().collect())
}

fn decode<M: Message + Default>(entry: Logged<'_>) -> Result<M, ProjectionError> {
    M::decode(entry.request)
        .map_err(|source| ProjectionError::Request { method: entry.envelope.method.clone(), source })
}

fn read_fields<T>(entry: Logged<'_>, read: impl FnOnce(&mut Reader<'_>) -> T) -> Result<T, ProjectionError> {
    let mut faults = Violations::new();
    let value = read(&mut Reader::new(&mut faults));
    if faults.is_empty() {
        Ok(value)
    } else {
        Err(ProjectionError::Fields { method: entry.envelope.method.clone(), faults })
    }
}
