//! The engine's result as wire messages, with the provenance of every figure that was used.

use contracts::{
    common::v1 as common,
    evaluation::v1::{self as pb, ItemState as WireState},
};
use domain::{Catalogue, IndicatorCode, RegionTable};
use evaluation::{Evaluation, ItemScore, ItemState, TargetSource};

use crate::{
    inputs::Mark,
    wire::{decimal, engine_text, fixed, text},
};

/// Finds the provenance of a source key `name@revision`.
pub(crate) type ProvenanceOf<'a> = dyn Fn(&str) -> Option<common::Provenance> + 'a;

/// Converts the results of all units.
pub(crate) fn units(
    evaluation: &Evaluation,
    catalogue: &Catalogue,
    regions: &RegionTable,
    provenance: &ProvenanceOf<'_>,
) -> Vec<pb::UnitResult> {
    evaluation.units.iter().map(|unit| unit_result(unit, catalogue, regions, provenance)).collect()
}

fn unit_result(
    unit: &evaluation::UnitResult,
    catalogue: &Catalogue,
    regions: &RegionTable,
    provenance: &ProvenanceOf<'_>,
) -> pb::UnitResult {
    let scored = unit.items.iter().filter(|item| item.mandatory && item.state == ItemState::Scored).count();
    let english = domain::RegionCode::parse(&unit.unit)
        .ok()
        .and_then(|code| regions.get(&code))
        .map_or_else(|| unit.name.clone(), |region| region.name_en.clone());
    pb::UnitResult {
        unit: unit.unit.clone(),
        display_name: Some(text(unit.name.clone(), english)),
        score: Some(fixed(unit.score, 2)),
        rank: unit.rank.unwrap_or(0),
        grade: unit.grade.as_ref().map(|grade| engine_text(&grade.title)),
        ranked: unit.ranked,
        coverage: Some(pb::Coverage {
            reported: unit.coverage.reported,
            mandatory: unit.coverage.mandatory_total,
            weight_share: Some(decimal(unit.coverage.weight_share)),
            scored: u32::try_from(scored).unwrap_or(u32::MAX),
        }),
        nodes: unit
            .nodes
            .iter()
            .map(|(id, node)| pb::NodeScore {
                node: id.clone(),
                title: Some(engine_text(&node.title)),
                score: Some(fixed(node.score, 2)),
                weight: Some(decimal(node.weight)),
            })
            .collect(),
        items: unit.items.iter().map(|item| item_score(item, catalogue, provenance)).collect(),
    }
}

fn item_score(item: &ItemScore, catalogue: &Catalogue, provenance: &ProvenanceOf<'_>) -> pb::ItemScore {
    let name = IndicatorCode::parse(&item.indicator)
        .ok()
        .and_then(|code| catalogue.get(&code))
        .map_or_else(|| engine_text(&item.title), |found| text(found.name.zh.clone(), found.name.en.clone()));
    let flags = item.flags.iter().map(|flag| engine_text(&flag.text));
    let marks = item.marks.iter().filter_map(|code| Mark::text(code)).map(|mark| text(mark.zh, mark.en));
    pb::ItemScore {
        indicator: item.indicator.clone(),
        display_name: Some(name),
        group: item.group.last().cloned().unwrap_or_default(),
        method: item.method.clone(),
        state: state(item.state).into(),
        value: item.inputs.value.map(decimal),
        qualifier: qualifier(item).into(),
        target: item.inputs.target.map(decimal),
        baseline: item.inputs.baseline.map(decimal),
        weight: Some(decimal(item.weight)),
        score: Some(decimal(item.capped_score)),
        raw_score: Some(decimal(item.raw_score)),
        flags: flags.chain(marks).collect(),
        provenance: item.source.as_deref().and_then(provenance),
        unit: item.unit_of_measure.clone(),
        target_source: match &item.inputs.target_source {
            Some(TargetSource::Own) => OWN_TARGET.to_owned(),
            Some(TargetSource::Scheme { source }) => source.clone(),
            None => String::new(),
        },
    }
}

/// The source of a target that the city set itself.
pub(crate) const OWN_TARGET: &str = "本市目标";

fn qualifier(item: &ItemScore) -> common::Qualifier {
    if item.inputs.value.is_none() {
        return common::Qualifier::Unspecified;
    }
    match item.inputs.qualifier {
        evaluation::Qualifier::Equal => common::Qualifier::Equal,
        evaluation::Qualifier::AtLeast => common::Qualifier::AtLeast,
        evaluation::Qualifier::AtMost => common::Qualifier::AtMost,
        evaluation::Qualifier::About => common::Qualifier::About,
    }
}

fn state(from: ItemState) -> WireState {
    match from {
        ItemState::Scored => WireState::Scored,
        ItemState::Missing => WireState::Missing,
        ItemState::NotApplicable => WireState::NotApplicable,
        ItemState::NoTarget => WireState::NoTarget,
        ItemState::EvidencePending => WireState::EvidencePending,
        ItemState::Refused => WireState::NotScorable,
    }
}
