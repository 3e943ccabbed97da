//! Rules of qualitative facts.

use crate::{
    reason::Reason,
    rules::{RuleContext, place, unknown_indicator},
    statement::{Statement, StatementKind},
    text::Text,
    violation::{Violation, Violations},
};

/// Checks a qualitative fact. Field paths begin with `statement.`.
///
/// # Errors
/// Every fault: region, a period that has not begun, unknown indicator, missing subject, and a policy without a document
/// or the words it was taken from.
pub fn check_statement(statement: &Statement, ctx: &RuleContext<'_>) -> Result<(), Violations> {
    let mut faults = Violations::new();
    if let Some(region) = place::known_region("statement.region", &statement.region, statement.period, ctx, &mut faults)
    {
        place::check_owned("statement.region", region, ctx, &mut faults);
    }
    if statement.period.begins_after(ctx.today) {
        faults.push(place::future_period("statement.period.value", statement.period, ctx));
    }
    if let Some(code) = statement.indicator.as_ref().filter(|code| ctx.catalogue.get(code).is_none()) {
        faults.push(unknown_indicator("statement.indicator", code.as_str(), ctx));
    }
    if statement.subject.trim().is_empty() {
        faults.push(Violation::new(
            "statement.subject",
            Reason::FieldRequired,
            "",
            Text::new("须写明事项", "the subject is missing"),
            Text::new("请填写事项，如文件名称", "name the subject, for example a document's title"),
        ));
    }
    let cited = statement.citation.as_ref().is_some_and(|citation| !citation.quote.trim().is_empty());
    if statement.kind == StatementKind::Policy && statement.evidence.is_empty() && !cited {
        faults.push(Violation::new(
            "statement.evidence",
            Reason::EvidenceRequired,
            "",
            Text::new("政策文件须附文件信息或引文", "a policy needs its document or a quotation"),
            Text::new("请填文件名、文号、日期", "give title, number and date"),
        ));
    }
    faults.into_result(())
}
