//! Figures.

use contracts::exchange::v1 as wire;
use domain::{
    IndicatorCode, Measure, Observation, ObservationKey, ObservationStatus, Qualifier, Reason, Recorded, Unit,
};

use super::{
    Reader,
    common::{self, EntrySource},
};

/// Collection of figures.
pub const COLLECTION: &str = "observations";

/// Reads a figure. `None` when a part of it cannot be read; the faults say which.
pub fn read(reader: &mut Reader<'_>, message: Option<wire::Observation>) -> Option<Observation> {
    let Some(message) = message else {
        reader.missing("");
        return None;
    };
    let wire::Observation {
        name: _,
        indicator,
        region,
        period,
        scope,
        scope_assumed,
        measure,
        value,
        canonical_value: _,
        qualifier,
        status,
        numerator,
        denominator,
        text_value,
        reported_label,
        reporting_party,
        source_department,
        evidence,
        citation,
        note,
        record: _,
    } = message;
    let before = reader.fault_count();
    let indicator = reader.parse(
        "indicator",
        &indicator,
        Reason::IndicatorUnknown,
        "an indicator code has upper-case letters, digits and hyphens",
        IndicatorCode::parse,
    );
    let region = common::region(reader, "region", &region);
    let period = common::period(&mut reader.at("period"), period.as_ref());
    let scope = common::scope(reader, "scope", scope);
    let measure = read_measure(reader, measure);
    let status = read_status(reader, status);
    let quantity = common::quantity(&mut reader.at("value"), value.as_ref());
    let qualifier = read_qualifier(reader, qualifier, value.is_some());
    let numerator = common::decimal(reader, "numerator", numerator.as_ref());
    let denominator = common::decimal(reader, "denominator", denominator.as_ref());
    let evidence = common::evidence(reader, "evidence", &evidence);
    if reader.fault_count() > before {
        return None;
    }
    let (period, period_assumed) = period?;
    Some(Observation {
        key: ObservationKey { indicator: indicator?, region: region?, period, scope: scope?, measure: measure? },
        value: quantity.map(|quantity| quantity.value),
        text_value: common::filled(&text_value),
        unit: quantity.map_or(Unit::NONE, |quantity| quantity.unit),
        qualifier: qualifier?,
        status: status?,
        numerator,
        denominator,
        canonical_value: None,
        period_assumed,
        scope_assumed,
        reported_label,
        reporting_party,
        source_department,
        evidence,
        citation: common::citation(citation),
        note,
    })
}

/// A required measure.
pub fn read_measure(reader: &mut Reader<'_>, value: i32) -> Option<Measure> {
    let parsed = measure_in(value);
    if parsed.is_none() {
        let rule = ("须注明是实际值、目标值还是基期值", "say whether it is an actual, target or base value");
        reader.fault_allowing("measure", Reason::FieldRequired, "", rule, Measure::ALL.iter().map(|item| item.zh()));
    }
    parsed
}

fn read_status(reader: &mut Reader<'_>, value: i32) -> Option<ObservationStatus> {
    let parsed = status_in(value);
    if parsed.is_none() {
        let rule = ("须注明数据状态", "the observation status is required");
        let allowed = ObservationStatus::ALL.iter().map(|item| format!("{} {}", item.code(), item.zh()));
        reader.fault_allowing("status", Reason::FieldRequired, "", rule, allowed);
    }
    parsed
}

/// A number needs its qualifier; without a number there is nothing to qualify.
fn read_qualifier(reader: &mut Reader<'_>, value: i32, has_value: bool) -> Option<Qualifier> {
    let parsed = common::qualifier_in(value);
    if parsed.is_none() && has_value {
        let rule = ("有数值时须注明 =、≥、≤ 或 ≈", "a value needs its qualifier");
        let allowed = Qualifier::ALL.iter().map(|item| item.zh());
        reader.fault_allowing("qualifier", Reason::FieldRequired, "", rule, allowed);
        return None;
    }
    Some(parsed.unwrap_or(Qualifier::Equal))
}

/// The measure of a number on the wire; none when it is not stated or not known.
#[must_use]
pub fn measure_in(value: i32) -> Option<Measure> {
    match wire::Measure::try_from(value).unwrap_or_default() {
        wire::Measure::Unspecified => None,
        wire::Measure::Actual => Some(Measure::Actual),
        wire::Measure::Target => Some(Measure::Target),
        wire::Measure::Baseline => Some(Measure::Baseline),
    }
}

fn measure_out(measure: Measure) -> i32 {
    let measure = match measure {
        Measure::Actual => wire::Measure::Actual,
        Measure::Target => wire::Measure::Target,
        Measure::Baseline => wire::Measure::Baseline,
    };
    measure.into()
}

fn status_in(value: i32) -> Option<ObservationStatus> {
    match wire::ObservationStatus::try_from(value).unwrap_or_default() {
        wire::ObservationStatus::Unspecified => None,
        wire::ObservationStatus::Normal => Some(ObservationStatus::Normal),
        wire::ObservationStatus::Estimated => Some(ObservationStatus::Estimated),
        wire::ObservationStatus::Provisional => Some(ObservationStatus::Provisional),
        wire::ObservationStatus::NotApplicable => Some(ObservationStatus::NotApplicable),
        wire::ObservationStatus::NotCollected => Some(ObservationStatus::NotCollected),
        wire::ObservationStatus::Missing => Some(ObservationStatus::Missing),
    }
}

fn status_out(status: ObservationStatus) -> i32 {
    let status = match status {
        ObservationStatus::Normal => wire::ObservationStatus::Normal,
        ObservationStatus::Estimated => wire::ObservationStatus::Estimated,
        ObservationStatus::Provisional => wire::ObservationStatus::Provisional,
        ObservationStatus::NotApplicable => wire::ObservationStatus::NotApplicable,
        ObservationStatus::NotCollected => wire::ObservationStatus::NotCollected,
        ObservationStatus::Missing => wire::ObservationStatus::Missing,
    };
    status.into()
}

/// A figure as it travels, without name and record: what a caller would send.
#[must_use]
pub fn body_out(observation: &Observation) -> wire::Observation {
    let Observation {
        key: ObservationKey { indicator, region, period, scope, measure },
        value,
        text_value,
        unit,
        qualifier,
        status,
        numerator,
        denominator,
        canonical_value,
        period_assumed,
        scope_assumed,
        reported_label,
        reporting_party,
        source_department,
        evidence,
        citation,
        note,
    } = observation;
    wire::Observation {
        name: String::new(),
        indicator: indicator.to_string(),
        region: region.to_string(),
        period: Some(common::period_out(*period, *period_assumed)),
        scope: common::scope_out(*scope),
        scope_assumed: *scope_assumed,
        measure: measure_out(*measure),
        value: value.map(|value| common::quantity_out(domain::Quantity::new(value, *unit))),
        canonical_value: canonical_value.map(common::decimal_out),
        qualifier: if value.is_some() { common::qualifier_out(*qualifier) } else { 0 },
        status: status_out(*status),
        numerator: numerator.map(common::decimal_out),
        denominator: denominator.map(common::decimal_out),
        text_value: text_value.clone().unwrap_or_default(),
        reported_label: reported_label.clone(),
        reporting_party: reporting_party.clone(),
        source_department: source_department.clone(),
        evidence: evidence.iter().map(common::evidence_out).collect(),
        citation: citation.as_ref().map(common::citation_out),
        note: note.clone(),
        record: None,
    }
}

/// A recorded figure as it travels.
#[must_use]
pub fn out(recorded: &Recorded<Observation>, source: Option<&EntrySource>) -> wire::Observation {
    let mut message = body_out(&recorded.body);
    message.name = recorded.name.to_string();
    message.record = Some(common::record_out(recorded, message.citation.clone(), source));
    message
}

/// The fields that an update may name in its mask.
pub const UPDATABLE: [&str; 13] = [
    "value",
    "qualifier",
    "status",
    "numerator",
    "denominator",
    "text_value",
    "reported_label",
    "reporting_party",
    "source_department",
    "evidence",
    "citation",
    "note",
    "scope_assumed",
];

/// `base` with the fields of the mask taken from `changed`; key fields, name and output-only fields stay those of `base`.
/// An empty mask, or `*`, takes everything that may change.
///
/// # Errors
/// The paths of the mask that no update may name.
pub fn merge(
    base: &Observation,
    changed: wire::Observation,
    mask: &[String],
) -> Result<wire::Observation, Vec<String>> {
    let unknown: Vec<String> =
        mask.iter().filter(|path| *path != "*" && !UPDATABLE.contains(&path.as_str())).cloned().collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let takes = |field: &str| mask.is_empty() || mask.iter().any(|path| path == "*" || path == field);
    let base = body_out(base);
    let wire::Observation {
        name,
        indicator,
        region,
        period,
        scope,
        scope_assumed,
        measure,
        value,
        canonical_value: _,
        qualifier,
        status,
        numerator,
        denominator,
        text_value,
        reported_label,
        reporting_party,
        source_department,
        evidence,
        citation,
        note,
        record: _,
    } = changed;
    // Without a mask the message is the whole figure, so its key fields are taken and compared later.
    let whole = mask.is_empty() || mask.iter().any(|path| path == "*");
    macro_rules! pick {
        ($field:ident) => {
            if takes(stringify!($field)) { $field } else { base.$field }
        };
    }
    let value_taken = takes("value");
    Ok(wire::Observation {
        name,
        indicator: if whole { indicator } else { base.indicator },
        region: if whole { region } else { base.region },
        period: if whole { period } else { base.period },
        scope: if whole { scope } else { base.scope },
        measure: if whole { measure } else { base.measure },
        scope_assumed: pick!(scope_assumed),
        qualifier: if takes("qualifier") || (value_taken && qualifier != 0) { qualifier } else { base.qualifier },
        value: if value_taken { value } else { base.value },
        canonical_value: None,
        status: pick!(status),
        numerator: pick!(numerator),
        denominator: pick!(denominator),
        text_value: pick!(text_value),
        reported_label: pick!(reported_label),
        reporting_party: pick!(reporting_party),
        source_department: pick!(source_department),
        evidence: pick!(evidence),
        citation: pick!(citation),
        note: pick!(note),
        record: None,
    })
}
