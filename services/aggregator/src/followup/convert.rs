//! Commitments and progress reports: wire messages to parsed types.

use chrono::NaiveDate;
use contracts::followup::v1 as wire;
use domain::{Colour, Commitment, CommitmentTarget, Light, ProgressReport, Reason};
use node::convert::{Reader, common};

/// Reads a commitment. `None` when a part of it cannot be read; the faults say which. The computed fields must be unset:
/// a light is never typed in.
pub(crate) fn read_commitment(reader: &mut Reader<'_>, id: &str, message: &wire::Commitment) -> Option<Commitment> {
    let wire::Commitment {
        name: _,
        sequence,
        text,
        responsible,
        responsible_basis,
        target,
        suggested_proxy,
        start_date,
        deadline,
        deadline_assumed,
        suggested_evidence,
        citation,
        light,
        light_reason: _,
        light_date: _,
        record: _,
        acceptance: _,
    } = message;
    let before = reader.fault_count();
    if *light != 0 {
        let rule = ("灯色由系统按事实和日期计算，不可填报", "a light is computed from facts and the date");
        reader.fault("light", Reason::LightNotWritable, *light, rule, ("请去掉该字段", "leave the field out"));
    }
    let text = reader.required("text", text);
    if responsible.iter().all(|name| name.trim().is_empty()) {
        reader.missing("responsible");
    }
    let target = target.as_ref().map(|target| read_target(&mut reader.at("target"), target));
    let start = common::date(reader, "start_date", start_date);
    let last = common::date(reader, "deadline", deadline);
    if reader.fault_count() > before {
        return None;
    }
    Some(Commitment {
        id: id.to_owned(),
        sequence: sequence.clone(),
        text: text?,
        responsible: responsible.clone(),
        responsible_basis: responsible_basis.clone(),
        target: target.flatten(),
        suggested_proxy: suggested_proxy.clone(),
        start,
        deadline: last,
        deadline_assumed: *deadline_assumed,
        evidence_suggested: suggested_evidence.clone(),
        citation: common::citation(citation.clone()),
    })
}

fn read_target(reader: &mut Reader<'_>, message: &wire::CommitmentTarget) -> Option<CommitmentTarget> {
    let wire::CommitmentTarget { indicator, value, counting_rule } = message;
    let indicator = reader.required("indicator", indicator);
    if value.is_none() {
        reader.missing("value");
    }
    let quantity = common::quantity(&mut reader.at("value"), value.as_ref());
    Some(CommitmentTarget { indicator: indicator?, quantity: quantity?, counting_rule: counting_rule.clone() })
}

/// Reads a progress report.
pub(crate) fn read_progress(
    reader: &mut Reader<'_>,
    reporter: &str,
    message: &wire::ProgressReport,
) -> Option<ProgressReport> {
    let wire::ProgressReport {
        name: _,
        commitment,
        as_of_date,
        fraction,
        measured,
        summary,
        evidence,
        citation: _,
        record: _,
    } = message;
    let before = reader.fault_count();
    let commitment = common::resource_name(reader, "commitment", commitment, super::COMMITMENTS);
    let as_of = reader.required("as_of_date", as_of_date).and_then(|day| common::date(reader, "as_of_date", &day));
    let fraction = common::decimal(reader, "fraction", fraction.as_ref());
    let measured = common::quantity(&mut reader.at("measured"), measured.as_ref());
    let summary = reader.required("summary", summary);
    let evidence = common::evidence(reader, "evidence", evidence);
    if reader.fault_count() > before {
        return None;
    }
    Some(ProgressReport {
        commitment: commitment?.id().to_owned(),
        as_of: as_of?,
        fraction,
        measured,
        summary: summary?,
        evidence,
        reporter: reporter.to_owned(),
    })
}

/// Writes a light into the output-only fields.
pub(crate) fn set_light(message: &mut wire::Commitment, light: &Light, day: NaiveDate) {
    message.light = colour(light.colour).into();
    message.light_reason = Some(crate::wire::domain_text(&light.why));
    message.light_date = day.to_string();
}

fn colour(from: Colour) -> wire::Light {
    match from {
        Colour::Red => wire::Light::Red,
        Colour::Yellow => wire::Light::Yellow,
        Colour::Blue => wire::Light::Blue,
        Colour::Green => wire::Light::Green,
        Colour::Grey => wire::Light::Grey,
    }
}
