//! Names, times, corrections, and what is on record about a resource.

use chrono::{DateTime, SubsecRound, Utc};
use contracts::common::v1 as wire;
use domain::{Correction, CorrectionReason, DepartmentId, DomainError, Reason, Recorded, ResourceName, Text};
use prost_types::Timestamp;

use crate::convert::Reader;

/// A name of a resource in a collection.
pub fn resource_name(reader: &mut Reader<'_>, field: &str, text: &str, collection: &str) -> Option<ResourceName> {
    let rule_zh = format!("应为 departments/单位/{collection}/标识");
    let rule_en = format!("a name is departments/{{department}}/{collection}/{{id}}");
    reader.parse(field, text, Reason::FieldInvalid, &rule_en, |text| {
        ResourceName::parse(text).ok().filter(|name| name.collection() == collection).ok_or(rule_zh)
    })
}

/// The name of a new resource from the id that the caller chose.
pub fn new_name(
    reader: &mut Reader<'_>,
    field: &str,
    department: &DepartmentId,
    collection: &str,
    id: &str,
) -> Option<ResourceName> {
    reader.parse(field, id, Reason::FieldInvalid, "an id has lower-case letters, digits and hyphens", |id| {
        ResourceName::new(department.clone(), collection, id)
    })
}

/// The name of something that is to be read.
///
/// # Errors
/// [`Reason::FieldInvalid`] with the path `name`.
pub fn name_to_read(text: &str, collection: &str) -> Result<ResourceName, DomainError> {
    let mut faults = domain::Violations::new();
    let name = resource_name(&mut Reader::new(&mut faults), "name", text, collection);
    name.ok_or_else(|| faults.into())
}

/// A node's name, `departments/{department}`.
#[must_use]
pub fn node_out(department: &DepartmentId) -> String {
    department.parent()
}

/// A time on the wire. Kept to the microsecond, which both database engines can hold.
///
/// # Errors
/// [`Reason::FieldInvalid`] when it is no time of the calendar.
pub fn time(field: &str, message: &Timestamp) -> Result<DateTime<Utc>, DomainError> {
    let nanos = u32::try_from(message.nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    let time = nanos.and_then(|nanos| DateTime::from_timestamp(message.seconds, nanos));
    time.map(|time| time.trunc_subsecs(6)).ok_or_else(|| {
        domain::Violation::new(
            field,
            Reason::FieldInvalid,
            format!("{}.{:09}", message.seconds, message.nanos),
            Text::new("时间无效", "this is not a time"),
            Text::new("请改正时间", "correct the time"),
        )
        .into()
    })
}

/// A time as it travels.
#[must_use]
pub fn time_out(time: DateTime<Utc>) -> Timestamp {
    let nanos = i32::try_from(time.timestamp_subsec_nanos()).unwrap_or_default();
    Timestamp { seconds: time.timestamp(), nanos }
}

/// Why a figure or an amount is revised; both parts are required, and it is never a step of a procedure.
pub fn figure_correction(reader: &mut Reader<'_>, message: Option<&wire::Correction>) -> Option<Correction> {
    let read = correction_among(reader, message, CorrectionReason::OF_FIGURES)?;
    if CorrectionReason::OF_FIGURES.contains(&read.reason) {
        return Some(read);
    }
    let rule = ("数据和金额不因程序办理而更正", "a figure or an amount is not revised by a step of a procedure");
    let allowed = CorrectionReason::OF_FIGURES.iter().map(|reason| reason.zh());
    reader.fault_allowing("reason", Reason::FieldInvalid, read.reason.zh(), rule, allowed);
    None
}

/// Why a revision is made; both parts are required.
pub fn correction(reader: &mut Reader<'_>, message: Option<&wire::Correction>) -> Option<Correction> {
    correction_among(reader, message, CorrectionReason::ALL)
}

fn correction_among(
    reader: &mut Reader<'_>,
    message: Option<&wire::Correction>,
    named: &[CorrectionReason],
) -> Option<Correction> {
    let action = ("请选择更正原因并说明", "choose a reason and explain it");
    let rule = ("更正须有原因和说明", "a correction needs a reason and a note");
    let Some(wire::Correction { reason, note }) = message else {
        reader.fault("", Reason::CorrectionReasonRequired, "", rule, action);
        return None;
    };
    let parsed = correction_reason(*reason);
    if parsed.is_none() {
        reader.fault_allowing(
            "reason",
            Reason::CorrectionReasonRequired,
            "",
            rule,
            named.iter().map(|reason| reason.zh()),
        );
    }
    if note.trim().is_empty() {
        reader.fault("note", Reason::CorrectionReasonRequired, "", rule, action);
        return None;
    }
    Some(Correction { reason: parsed?, note: note.clone() })
}

fn correction_reason(value: i32) -> Option<CorrectionReason> {
    match wire::CorrectionReason::try_from(value).unwrap_or_default() {
        wire::CorrectionReason::Unspecified => None,
        wire::CorrectionReason::StatisticalFinalisation => Some(CorrectionReason::StatisticalFinalisation),
        wire::CorrectionReason::AuditAdjustment => Some(CorrectionReason::AuditAdjustment),
        wire::CorrectionReason::DefinitionChange => Some(CorrectionReason::DefinitionChange),
        wire::CorrectionReason::ClericalError => Some(CorrectionReason::ClericalError),
        wire::CorrectionReason::ProcedureStep => Some(CorrectionReason::ProcedureStep),
    }
}

/// A correction as it travels.
#[must_use]
pub fn correction_out(correction: &Correction) -> wire::Correction {
    let reason = match correction.reason {
        CorrectionReason::StatisticalFinalisation => wire::CorrectionReason::StatisticalFinalisation,
        CorrectionReason::AuditAdjustment => wire::CorrectionReason::AuditAdjustment,
        CorrectionReason::DefinitionChange => wire::CorrectionReason::DefinitionChange,
        CorrectionReason::ClericalError => wire::CorrectionReason::ClericalError,
        CorrectionReason::ProcedureStep => wire::CorrectionReason::ProcedureStep,
    };
    wire::Correction { reason: reason.into(), note: correction.note.clone() }
}

/// Where a log entry came from: what every record made by it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntrySource {
    /// Leaf hash.
    pub leaf_hash: ledger::Hash,
    /// Principal that submitted it; empty when the leaf may not be read.
    pub principal: String,
    /// When the node received it; none when the leaf may not be read.
    pub receive_time: Option<DateTime<Utc>>,
}

/// Revision and provenance of a recorded resource.
#[must_use]
pub fn record_out<T>(
    recorded: &Recorded<T>,
    citation: Option<wire::Citation>,
    source: Option<&EntrySource>,
) -> wire::Record {
    let Recorded {
        name,
        origin,
        revision,
        etag,
        log_index,
        position,
        known_from,
        known_to,
        superseded_index: _,
        correction,
        body: _,
    } = recorded;
    wire::Record {
        revision: *revision,
        etag: etag.clone(),
        create_time: Some(time_out(*known_from)),
        supersede_time: known_to.map(time_out),
        correction: correction.as_ref().map(correction_out),
        provenance: Some(wire::Provenance {
            node: node_out(origin),
            log_index: *log_index,
            position: *position,
            leaf_hash: source.map(|source| source.leaf_hash.to_string()).unwrap_or_default(),
            principal: source.map(|source| source.principal.clone()).unwrap_or_default(),
            receive_time: source.and_then(|source| source.receive_time).map(time_out),
            citation,
            revision_name: name.at_revision(*revision),
        }),
    }
}
