//! What the ranks of a run hang on: each group, indicator or part left out in turn. Nothing is stored.

use std::collections::BTreeMap;

use contracts::{common::v1 as common, evaluation::v1 as pb};
use domain::{Catalogue, DomainError, Reason};
use evaluation::{
    Plan, analysis,
    index::{self, Kind, Node},
    joint,
};
use node::{caller::Caller, convert::Reader, desk::DeskError};

use super::{
    Evaluations,
    facts::{self, Computed, NotComputed},
    side::{FromComputing as _, Side},
};
use crate::wire::{decimal, engine_text, float};

/// What leaving out one node does: by unit, rank without − rank.
struct LeftOut {
    node: String,
    /// Mean of the sizes, two decimals.
    mean: Option<common::Decimal>,
    most: f64,
    shifts: BTreeMap<String, f64>,
    refusal: Option<common::Text>,
}

impl From<analysis::LeftOut> for LeftOut {
    fn from(from: analysis::LeftOut) -> Self {
        let (mean, most) = (Some(decimal(from.mean_shift.round(2))), from.max_shift as f64);
        let shifts = from.shifts.into_iter().map(|(unit, shift)| (unit, shift as f64)).collect();
        Self { node: from.node, mean, most, shifts, refusal: None }
    }
}

impl From<index::analysis::LeftOut> for LeftOut {
    fn from(from: index::analysis::LeftOut) -> Self {
        let refusal = from.refused.as_ref().map(engine_text);
        let mean = float((from.mean_shift * 100.0).round() / 100.0);
        Self { node: from.node, mean, most: from.max_shift, shifts: from.shifts, refusal }
    }
}

impl Evaluations {
    pub(super) async fn analyzed(
        &self,
        caller: &Caller,
        message: pb::AnalyzeRunRequest,
    ) -> Result<pb::AnalyzeRunResponse, DeskError> {
        // About all cities: the rank of one depends on the others.
        caller.must_see(self.context.department(), "")?;
        let mut faults = domain::Violations::new();
        let name = Reader::new(&mut faults).required("name", &message.name);
        let Some(name) = name else { return Err(faults.into()) };
        let side = match self.kept_side(&name) {
            Some(side) => side,
            None => self.side(self.run(&name).await?).await?,
        };
        if let Some(text) = &side.differs {
            let error = DomainError::new(Reason::RunNotReproducible, text.clone());
            return Err(error.with_fact("name", &name).into());
        }
        let context = self.context.clone();
        let answer = self.workers.answer(move || analyze(&side, context.catalogue()));
        answer.await?.map_err(DeskError::from_computing)
    }
}

fn analyze(side: &Side, catalogue: &Catalogue) -> Result<pb::AnalyzeRunResponse, NotComputed> {
    let ranked = side.run.units.iter().filter(|unit| unit.ranked).count();
    let found = if ranked < 2 { Vec::new() } else { left_out(side, catalogue)? };
    let titles = titles(side);
    let node = |found: LeftOut| {
        let (title, group) = titles.get(&found.node).cloned().unwrap_or_default();
        pb::NodeInfluence {
            group,
            display_name: Some(title),
            mean_rank_shift: found.mean,
            max_rank_shift: float(found.most),
            moves: moves(side, &found.shifts),
            refusal: found.refusal,
            node: found.node,
        }
    };
    Ok(pb::AnalyzeRunResponse {
        nodes: found.into_iter().map(node).collect(),
        ranked_units: i32::try_from(ranked).unwrap_or(i32::MAX),
    })
}

fn left_out(side: &Side, catalogue: &Catalogue) -> Result<Vec<LeftOut>, NotComputed> {
    Ok(match (&side.plan, &side.computed) {
        (Plan::Practice(scheme), Computed::Practice { evaluation, .. }) => {
            let input = facts::input(scheme, &side.facts);
            analysis::leave_one_out(scheme, &input, evaluation).into_iter().map(LeftOut::from).collect()
        }
        (Plan::Index(scheme), Computed::Index(evaluation)) => {
            let data = facts::data(scheme, &side.facts, catalogue).map_err(facts::twice)?;
            index::analysis::leave_one_out(scheme, &data, evaluation).into_iter().map(LeftOut::from).collect()
        }
        (Plan::Joint(_), Computed::Joint(evaluation)) => {
            joint::leave_one_out(evaluation).into_iter().map(LeftOut::from).collect()
        }
        (Plan::Practice(_) | Plan::Index(_) | Plan::Joint(_), _) => Vec::new(),
    })
}

/// Units of the period of the run whose rank would be another. In a panel a unit stands with its period behind a slash.
fn moves(side: &Side, shifts: &BTreeMap<String, f64>) -> Vec<pb::RankMove> {
    let suffix = format!("/{}", side.facts.period);
    let shift = |unit: &str| shifts.get(unit).or_else(|| shifts.get(&format!("{unit}{suffix}"))).copied();
    let moved = |unit: &pb::UnitResult| {
        let shift = shift(&unit.unit).filter(|shift| *shift != 0.0)?;
        let rank_after = (f64::from(unit.rank) + shift).max(0.0) as u32;
        Some(pb::RankMove {
            unit: unit.unit.clone(),
            display_name: unit.display_name.clone(),
            rank_before: unit.rank,
            rank_after,
        })
    };
    side.run.units.iter().filter_map(moved).collect()
}

/// Names of the nodes, and which are groups or parts.
fn titles(side: &Side) -> BTreeMap<String, (common::Text, bool)> {
    let mut titles = BTreeMap::new();
    if let Plan::Index(scheme) = &side.plan {
        below(scheme.root(), &mut titles);
    }
    let Some(unit) = side.run.units.first() else { return titles };
    let text = |text: &Option<common::Text>| text.clone().unwrap_or_default();
    titles.extend(unit.nodes.iter().map(|node| (node.node.clone(), (text(&node.title), true))));
    titles.extend(unit.items.iter().map(|item| (item.indicator.clone(), (text(&item.display_name), false))));
    titles.extend(unit.parts.iter().map(|part| (part.part.clone(), (text(&part.title), true))));
    titles
}

fn below(node: &Node, titles: &mut BTreeMap<String, (common::Text, bool)>) {
    titles.insert(node.id.clone(), (engine_text(&node.title), matches!(node.kind, Kind::Group(_))));
    for child in node.children() {
        below(child, titles);
    }
}
