//! Qualitative facts.

use contracts::exchange::v1 as wire;
use domain::{IndicatorCode, Reason, Statement, StatementKind};

use super::{Reader, common};

/// Collection of qualitative facts.
pub const COLLECTION: &str = "statements";
/// Full name of the message.
pub const TYPE_NAME: &str = "wufei.exchange.v1.Statement";

/// Reads a qualitative fact. `None` when a part of it cannot be read; the faults say which.
pub fn read(reader: &mut Reader<'_>, message: Option<wire::Statement>) -> Option<Statement> {
    let Some(message) = message else {
        reader.missing("");
        return None;
    };
    let wire::Statement {
        name: _,
        kind,
        region,
        period,
        subject,
        text,
        indicator,
        reporting_party,
        source_department,
        evidence,
        citation,
        note,
        record: _,
    } = message;
    let before = reader.fault_count();
    let kind = read_kind(reader, kind);
    let region = common::region(reader, "region", &region);
    let period = common::period(&mut reader.at("period"), period.as_ref());
    let subject = reader.required("subject", &subject);
    let indicator = reader.parse_optional(
        "indicator",
        &indicator,
        Reason::IndicatorUnknown,
        "an indicator code has upper-case letters, digits and hyphens",
        IndicatorCode::parse,
    );
    let evidence = common::evidence(reader, "evidence", &evidence);
    if reader.fault_count() > before {
        return None;
    }
    let (period, period_assumed) = period?;
    Some(Statement {
        kind: kind?,
        region: region?,
        period,
        period_assumed,
        subject: subject?,
        text,
        indicator,
        evidence,
        citation: common::citation(citation),
        reporting_party,
        source_department,
        note,
    })
}

fn read_kind(reader: &mut Reader<'_>, value: i32) -> Option<StatementKind> {
    let parsed = kind_in(value);
    if parsed.is_none() {
        let rule = ("须注明类别", "the kind is required");
        let allowed = StatementKind::ALL.iter().map(|kind| kind.zh());
        reader.fault_allowing("kind", Reason::FieldRequired, "", rule, allowed);
    }
    parsed
}

fn kind_in(value: i32) -> Option<StatementKind> {
    match wire::StatementKind::try_from(value).unwrap_or_default() {
        wire::StatementKind::Unspecified => None,
        wire::StatementKind::Policy => Some(StatementKind::Policy),
        wire::StatementKind::Mechanism => Some(StatementKind::Mechanism),
        wire::StatementKind::Progress => Some(StatementKind::Progress),
        wire::StatementKind::Problem => Some(StatementKind::Problem),
        wire::StatementKind::Platform => Some(StatementKind::Platform),
        wire::StatementKind::Designation => Some(StatementKind::Designation),
    }
}
