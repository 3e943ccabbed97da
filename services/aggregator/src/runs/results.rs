//! The engine's result as wire messages, with the provenance of every figure that was used.

use std::collections::BTreeMap;

use contracts::{
    common::v1 as common,
    evaluation::v1::{self as pb, ItemState as WireState},
};
use domain::{Catalogue, IndicatorCode, RegionTable};
use evaluation::{
    Adjustment, Evaluation, ItemScore, ItemState, Plan, TargetSource, outside::ExtraScore, robust::RankBand,
};

use super::{
    facts::{Computed, Facts},
    index_results, joint_results,
};
use crate::{
    inputs::Mark,
    wire::{decimal, engine_text, fixed, float, text},
};

/// Finds the provenance of a source key `name@revision`.
pub(crate) type ProvenanceOf<'a> = dyn Fn(&str) -> Option<common::Provenance> + 'a;

/// Puts what was computed into a run, with its digest. Name, state, day and record are for the caller.
pub(crate) fn fill(
    run: &mut pb::EvaluationRun,
    computed: &Computed,
    facts: &Facts,
    tables: (&Catalogue, &RegionTable),
    plan: &Plan,
    provenance: &ProvenanceOf<'_>,
) {
    match (computed, plan) {
        (Computed::Practice { evaluation, bands, replicates, seed }, _) => {
            run.data_digest.clone_from(&evaluation.data_digest);
            run.engine_version.clone_from(&evaluation.engine_version);
            // A seed without replicates says nothing.
            (run.replicates, run.seed) = (*replicates, if *replicates > 0 { *seed } else { 0 });
            run.units = practice_units(evaluation, bands, tables, provenance);
        }
        (Computed::Index(evaluation), Plan::Index(scheme)) => {
            run.data_digest.clone_from(&evaluation.data_digest);
            run.engine_version.clone_from(&evaluation.engine_version);
            (run.replicates, run.seed) =
                (evaluation.replicates, if evaluation.replicates > 0 { evaluation.seed } else { 0 });
            (run.units, run.panel_units) = index_results::units(evaluation, (scheme, None), facts, tables, provenance);
        }
        (Computed::Joint(evaluation), Plan::Joint(scheme)) => {
            run.data_digest.clone_from(&evaluation.data_digest);
            run.engine_version.clone_from(&evaluation.engine_version);
            run.units = joint_results::units(evaluation, scheme, tables.1);
        }
        (Computed::Index(_), Plan::Practice(_) | Plan::Joint(_))
        | (Computed::Joint(_), Plan::Practice(_) | Plan::Index(_)) => {}
    }
    run.result_digest = super::result_digest(run);
}

/// One unit of what was computed, and the rank of every unit; 0 is none.
pub(super) fn one(
    computed: &Computed,
    (facts, unit): (&Facts, &str),
    tables: (&Catalogue, &RegionTable),
    plan: &Plan,
    provenance: &ProvenanceOf<'_>,
) -> (Option<pb::UnitResult>, Vec<(String, u32)>) {
    match (computed, plan) {
        (Computed::Practice { evaluation, .. }, _) => (
            evaluation.unit(unit).map(|found| unit_result(found, tables.0, tables.1, provenance)),
            evaluation.units.iter().map(|unit| (unit.unit.clone(), unit.rank.unwrap_or(0))).collect(),
        ),
        (Computed::Index(evaluation), Plan::Index(scheme)) => (
            index_results::units(evaluation, (scheme, Some(unit)), facts, tables, provenance).0.pop(),
            index_results::places(evaluation, facts),
        ),
        (Computed::Joint(evaluation), Plan::Joint(scheme)) => {
            let found = evaluation.units.iter().find(|found| found.unit == unit);
            (
                found.map(|found| joint_results::unit(found, scheme, tables.1)),
                evaluation.units.iter().map(|unit| (unit.unit.clone(), unit.rank.unwrap_or(0))).collect(),
            )
        }
        (Computed::Index(_), Plan::Practice(_) | Plan::Joint(_))
        | (Computed::Joint(_), Plan::Practice(_) | Plan::Index(_)) => (None, Vec::new()),
    }
}

/// Converts the results of all units.
pub(crate) fn practice_units(
    evaluation: &Evaluation,
    bands: &BTreeMap<String, RankBand>,
    (catalogue, regions): (&Catalogue, &RegionTable),
    provenance: &ProvenanceOf<'_>,
) -> Vec<pb::UnitResult> {
    let of = |unit: &evaluation::UnitResult| {
        let mut result = unit_result(unit, catalogue, regions, provenance);
        if let Some(band) = bands.get(&unit.unit) {
            (result.rank_p05, result.rank_p50, result.rank_p95) = (float(band.p05), float(band.p50), float(band.p95));
        }
        result
    };
    evaluation.units.iter().map(of).collect()
}

/// A unit's name in both languages.
pub(super) fn unit_name(unit: &str, name: &str, regions: &RegionTable) -> common::Text {
    let region = domain::RegionCode::parse(unit).ok().and_then(|code| regions.get(&code));
    let english = region.map_or_else(|| name.to_owned(), |region| region.name_en.clone());
    text(name.to_owned(), english)
}

pub(super) fn unit_result(
    unit: &evaluation::UnitResult,
    catalogue: &Catalogue,
    regions: &RegionTable,
    provenance: &ProvenanceOf<'_>,
) -> pb::UnitResult {
    let scored = unit.items.iter().filter(|item| item.mandatory && item.state == ItemState::Scored).count();
    pb::UnitResult {
        unit: unit.unit.clone(),
        display_name: Some(unit_name(&unit.unit, &unit.name, regions)),
        score: Some(printed(unit.final_score())),
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
        weighted_score: unit.adjustment.as_ref().map(|_| printed(unit.score)),
        adjustments: unit.adjustment.as_ref().map(adjustments).unwrap_or_default(),
        ..pb::UnitResult::default()
    }
}

/// A score with the decimals of its scheme, two at least.
fn printed(score: rust_decimal::Decimal) -> common::Decimal {
    fixed(score, score.scale().max(2))
}

/// What stands between the weighted and the final score, in words.
pub(super) fn adjustments(from: &Adjustment) -> Vec<common::Text> {
    let points = |points: &evaluation::Exact| points.round(2).normalize().to_string();
    let item = |item: &ExtraScore, (zh, en): (&str, &str)| {
        let points = points(&item.points);
        text(format!("{zh} {} {points}", item.title.zh), format!("{en} {} {points}", item.title.en))
    };
    let bonus = from.bonus_items.iter().filter(|item| !item.points.is_zero()).map(|it| item(it, ("加分", "bonus")));
    let taken =
        from.deduction_items.iter().filter(|item| !item.points.is_zero()).map(|it| item(it, ("扣分", "deduction")));
    let mut lines: Vec<_> = bonus.chain(taken).collect();
    if let Some(most) = from.score_at_most.filter(|_| from.vetoed) {
        lines.push(text(format!("一票否决，得分不超过 {most}"), format!("vetoed: at most {most}")));
    } else if from.vetoed {
        lines.push(text("一票否决", "vetoed"));
    }
    lines
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
        contribution: None,
        normalised: None,
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
