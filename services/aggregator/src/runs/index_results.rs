//! The result of a composite index as wire messages.

use std::collections::BTreeSet;

use contracts::{
    common::v1 as common,
    evaluation::v1::{self as pb, ItemState as WireState},
};
use domain::{Catalogue, RegionTable};
use evaluation::{
    Cell, Presence,
    index::{IndexEvaluation, IndexScheme, IndexUnit, Kind, Node},
};

use super::{
    facts::Facts,
    results::{ProvenanceOf, adjustments, unit_name},
};
use crate::{
    inputs::{Cells, Mark},
    schemes::code_of,
    wire::{decimal, engine_text, fixed, float, text},
};

/// What the items of every unit have in common.
struct Parts<'a> {
    evaluation: &'a IndexEvaluation,
    catalogue: &'a Catalogue,
    regions: &'a RegionTable,
    provenance: &'a ProvenanceOf<'a>,
    /// The indicators with the group that holds them.
    leaves: Vec<(&'a Node, &'a str)>,
    /// The groups, the index itself last.
    groups: Vec<&'a Node>,
    /// Decimals of a printed score.
    decimals: Option<u32>,
    imputed: BTreeSet<(&'a str, Option<&'a str>, &'a str)>,
    treated: BTreeSet<(&'a str, Option<&'a str>, &'a str)>,
}

/// The results in the period of the run, and those of the earlier periods; of one unit where one is named.
pub(super) fn units(
    evaluation: &IndexEvaluation,
    (scheme, only): (&IndexScheme, Option<&str>),
    facts: &Facts,
    (catalogue, regions): (&Catalogue, &RegionTable),
    provenance: &ProvenanceOf<'_>,
) -> (Vec<pb::UnitResult>, Vec<pb::UnitResult>) {
    let (mut leaves, mut groups) = (Vec::new(), Vec::new());
    collect(scheme.root(), scheme.root(), &mut leaves, &mut groups);
    let imputed = evaluation.imputed.iter();
    let treated = evaluation.treatment.iter().flat_map(|column| {
        column.points.iter().map(|point| (&*point.unit, point.period.as_deref(), &*column.indicator))
    });
    let parts = Parts {
        evaluation,
        catalogue,
        regions,
        provenance,
        leaves,
        groups,
        decimals: scheme.result().decimals,
        imputed: imputed.map(|cell| (&*cell.unit, cell.period.as_deref(), &*cell.indicator)).collect(),
        treated: treated.collect(),
    };
    let (mut own, mut panel) = (Vec::new(), Vec::new());
    for unit in evaluation.units.iter().filter(|unit| only.is_none_or(|only| unit.unit == only)) {
        let earlier = facts.panel.iter().find(|(period, _)| unit.period.as_ref() == Some(period));
        match earlier {
            Some((period, cells)) => {
                let result = parts.unit(unit, cells);
                panel.push(pb::UnitResult { period: period.clone(), ..result });
            }
            None => own.push(parts.unit(unit, &facts.cells)),
        }
    }
    (own, panel)
}

/// The rank of every unit in the period of the run.
pub(super) fn places(evaluation: &IndexEvaluation, facts: &Facts) -> Vec<(String, u32)> {
    let own = |unit: &&IndexUnit| !facts.panel.iter().any(|(period, _)| unit.period.as_ref() == Some(period));
    let units = evaluation.units.iter().filter(own);
    units.map(|unit| (unit.unit.clone(), place(unit.rank.unwrap_or(0.0)))).collect()
}

fn collect<'a>(node: &'a Node, parent: &'a Node, leaves: &mut Vec<(&'a Node, &'a str)>, groups: &mut Vec<&'a Node>) {
    match &node.kind {
        Kind::Indicator(_) => leaves.push((node, &parent.id)),
        Kind::Group(group) => {
            group.children.iter().for_each(|child| collect(child, node, leaves, groups));
            groups.push(node);
        }
    }
}

impl Parts<'_> {
    fn unit(&self, unit: &IndexUnit, cells: &Cells) -> pb::UnitResult {
        let coverage = unit.coverage;
        // A tied rank can lie between two places; `rank` is its whole part.
        let rank = unit.rank.unwrap_or(0.0);
        pb::UnitResult {
            unit: unit.unit.clone(),
            display_name: Some(unit_name(&unit.unit, &unit.name, self.regions)),
            score: self.printed(unit.adjustment.as_ref().map_or(unit.score, |it| it.final_exact.to_f64())),
            rank: place(rank),
            grade: unit.grade.as_ref().zip(unit.grade_en.as_ref()).map(|(zh, en)| text(zh, en)),
            ranked: unit.ranked,
            coverage: Some(pb::Coverage {
                reported: coverage.reported,
                mandatory: coverage.total - coverage.not_applicable,
                weight_share: float(coverage.weight_share),
                scored: coverage.reported,
            }),
            nodes: self.groups.iter().map(|node| self.node(node, unit)).collect(),
            items: self.leaves.iter().map(|(node, group)| self.item(node, group, unit, cells)).collect(),
            rank_p05: unit.rank_p05.and_then(float),
            rank_p50: unit.rank_p50.and_then(float),
            rank_p95: unit.rank_p95.and_then(float),
            period: String::new(),
            flags: unit.flags.iter().map(|flag| engine_text(&flag.text)).collect(),
            exact_score: float(unit.exact_score),
            average_rank: if rank.fract() == 0.0 { None } else { float(rank) },
            weighted_score: unit.adjustment.as_ref().and_then(|_| self.printed(unit.score)),
            adjustments: unit.adjustment.as_ref().map(adjustments).unwrap_or_default(),
            parts: Vec::new(),
        }
    }

    /// A score with the decimals of the scheme.
    fn printed(&self, score: f64) -> Option<common::Decimal> {
        let printed = float(score)?;
        let places = self.decimals.and_then(|places| Some(fixed(printed.value.parse().ok()?, places)));
        Some(places.unwrap_or(printed))
    }

    fn node(&self, node: &Node, unit: &IndexUnit) -> pb::NodeScore {
        // The nominal weight of a group in the index: that of its indicators.
        let mut below = Vec::new();
        collect(node, node, &mut below, &mut Vec::new());
        let weights = below.iter().filter_map(|(leaf, _)| self.evaluation.effective_weights.get(&leaf.id));
        pb::NodeScore {
            node: node.id.clone(),
            title: Some(engine_text(&node.title)),
            score: unit.nodes.get(&node.id).copied().and_then(float),
            weight: float(weights.sum()),
        }
    }

    fn item(&self, node: &Node, group: &str, unit: &IndexUnit, cells: &Cells) -> pb::ItemScore {
        let code = code_of(node, self.catalogue);
        let definition = code.as_ref().and_then(|code| self.catalogue.get(code));
        let cell = code.as_ref().and_then(|code| cells.get(&(unit.unit.clone(), code.to_string())));
        let name = definition
            .map_or_else(|| engine_text(&node.title), |found| text(found.name.zh.clone(), found.name.en.clone()));
        let key = (&*unit.unit, unit.period.as_deref(), &*node.id);
        let mut flags: Vec<common::Text> = Vec::new();
        if self.imputed.contains(&key) {
            flags.push(text("缺失值由插补得出", "a missing value was imputed"));
        }
        if self.treated.contains(&key) {
            flags.push(text("离群值已处理", "an outlier was treated"));
        }
        let marks = cell.into_iter().flat_map(|cell| &cell.marks).filter_map(|code| Mark::text(code));
        flags.extend(marks.map(|mark| text(mark.zh, mark.en)));
        let (state, value, qualifier) = presence(cell);
        pb::ItemScore {
            indicator: code.map_or_else(|| node.id.clone(), |code| code.to_string()),
            display_name: Some(name),
            group: group.to_owned(),
            state: state.into(),
            value,
            qualifier: qualifier.into(),
            weight: self.evaluation.effective_weights.get(&node.id).copied().and_then(float),
            flags,
            provenance: cell.and_then(|cell| cell.source.as_deref()).and_then(self.provenance),
            unit: definition.map_or_else(String::new, |found| found.unit.zh().to_owned()),
            contribution: unit.contributions.get(&node.id).copied().and_then(float),
            normalised: unit.nodes.get(&node.id).copied().and_then(float),
            ..pb::ItemScore::default()
        }
    }
}

fn presence(cell: Option<&Cell>) -> (WireState, Option<common::Decimal>, common::Qualifier) {
    match cell.map(|cell| &cell.presence) {
        Some(Presence::Reported(value)) => {
            let qualifier = match value.qualifier {
                evaluation::Qualifier::Equal => common::Qualifier::Equal,
                evaluation::Qualifier::AtLeast => common::Qualifier::AtLeast,
                evaluation::Qualifier::AtMost => common::Qualifier::AtMost,
                evaluation::Qualifier::About => common::Qualifier::About,
            };
            (WireState::Scored, Some(decimal(value.value)), qualifier)
        }
        Some(Presence::NotApplicable { .. }) => (WireState::NotApplicable, None, common::Qualifier::Unspecified),
        Some(Presence::Missing(_)) | None => (WireState::Missing, None, common::Qualifier::Unspecified),
    }
}

/// A rank as a place: the whole part; 0 for none.
fn place(rank: f64) -> u32 {
    format!("{:.0}", rank.floor()).parse().unwrap_or(0)
}
