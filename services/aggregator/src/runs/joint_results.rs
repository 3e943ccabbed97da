//! The result of a joint evaluation as wire messages.

use contracts::evaluation::v1 as pb;
use domain::RegionTable;
use evaluation::joint::{JointEvaluation, JointScheme, JointUnit, Part, PartScore, PartState};

use super::results::unit_name;
use crate::wire::{decimal, engine_text, fixed};

/// Places that a contribution is shown with.
const PLACES: u32 = 12;

/// The results of all units.
pub(super) fn units(evaluation: &JointEvaluation, scheme: &JointScheme, regions: &RegionTable) -> Vec<pb::UnitResult> {
    evaluation.units.iter().map(|found| unit(found, scheme, regions)).collect()
}

/// The result of one unit.
pub(super) fn unit(from: &JointUnit, scheme: &JointScheme, regions: &RegionTable) -> pb::UnitResult {
    let part = |part: &Part| Some(result(from, part, from.parts.get(&part.id)?));
    let coverage = &from.coverage;
    pb::UnitResult {
        unit: from.unit.clone(),
        display_name: Some(unit_name(&from.unit, &from.name, regions)),
        score: from.score.map(|score| fixed(score, 2)),
        rank: from.rank.unwrap_or(0),
        grade: from.grade.as_ref().map(engine_text),
        ranked: from.rank.is_some(),
        coverage: Some(pb::Coverage {
            reported: coverage.scored,
            mandatory: coverage.total - coverage.not_applicable,
            weight_share: coverage.weight_share.as_ref().map(|share| decimal(share.round(4))),
            scored: coverage.scored,
        }),
        exact_score: from.exact_score.as_ref().map(|score| decimal(score.round(PLACES))),
        flags: from.flags.iter().map(|flag| engine_text(&flag.text)).collect(),
        parts: scheme.parts().iter().filter_map(part).collect(),
        ..pb::UnitResult::default()
    }
}

fn result(unit: &JointUnit, part: &Part, found: &PartScore) -> pb::PartResult {
    pb::PartResult {
        part: part.id.clone(),
        title: Some(engine_text(&found.title)),
        state: match found.state {
            PartState::Scored => pb::PartState::Scored,
            PartState::Missing => pb::PartState::Missing,
            PartState::NotApplicable => pb::PartState::NotApplicable,
            PartState::Refused => pb::PartState::Refused,
        }
        .into(),
        score: found.score.map(|score| fixed(score, 2)),
        rank: found.rank.unwrap_or(0),
        weight: found.weight.map(decimal),
        contribution: unit.contributions.get(&part.id).map(|points| decimal(points.round(PLACES))),
        facts: found
            .facts
            .iter()
            .map(|(fact, value)| pb::PartFact { fact: fact.clone(), value: value.map(decimal) })
            .collect(),
        basis: Some(engine_text(&found.basis)),
        flags: found.flags.iter().map(|flag| engine_text(&flag.text)).collect(),
    }
}
