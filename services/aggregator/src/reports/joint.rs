//! The run of a joint evaluation as the table of a report.

use contracts::evaluation::v1 as pb;
use domain::Text;
use report::model;

use super::model::{Read, number, text};

/// What is printed of a run.
///
/// # Errors
/// A damaged number.
pub(super) fn table(from: &pb::EvaluationRun) -> Read<model::JointTable> {
    // Every unit has the parts of the scheme.
    let parts = from.units.first().map(|unit| unit.parts.as_slice()).unwrap_or_default();
    let part = |part: &pb::PartResult| {
        Ok(model::JointPart {
            id: part.part.clone(),
            title: text(part.title.as_ref()),
            basis: text(part.basis.as_ref()),
            weight: number(part.weight.as_ref())?,
        })
    };
    let row = |unit: &pb::UnitResult| {
        Ok(model::JointRow {
            unit: unit.unit.clone(),
            display_name: text(unit.display_name.as_ref()),
            cells: unit.parts.iter().map(cell).collect::<Read<_>>()?,
            score: number(unit.score.as_ref())?,
            rank: (unit.rank > 0).then_some(unit.rank),
            grade: unit.grade.as_ref().map(|grade| text(Some(grade))),
            flags: unit.flags.iter().map(|flag| text(Some(flag))).collect(),
        })
    };
    Ok(model::JointTable {
        run: from.name.clone(),
        scheme: from.scheme.clone(),
        result_digest: from.result_digest.clone(),
        period: from.period.clone(),
        parts: parts.iter().map(part).collect::<Read<_>>()?,
        rows: from.units.iter().map(row).collect::<Read<_>>()?,
    })
}

fn cell(part: &pb::PartResult) -> Read<model::JointCell> {
    let state = match part.state() {
        pb::PartState::Scored => Text::new("有得分", "scored"),
        pb::PartState::Unspecified | pb::PartState::Missing => Text::new("缺，不按零分计", "missing, not a zero"),
        pb::PartState::NotApplicable => Text::new("不适用", "not applicable"),
        pb::PartState::Refused => Text::new("数据矛盾", "contradictory data"),
    };
    Ok(model::JointCell { score: number(part.score.as_ref())?, rank: (part.rank > 0).then_some(part.rank), state })
}
