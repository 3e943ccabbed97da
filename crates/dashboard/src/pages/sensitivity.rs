//! What the ranks of a run hang on: what leaving out each group and each indicator does to them.

use contracts::{common::v1 as common, evaluation::v1 as pb};
use rust_decimal::Decimal;

use crate::{
    charts::{self, Chart},
    format,
    port::Refusal,
    shell::Shell,
    visit::Visit,
};

/// Nodes that a chart shows, those first that move the ranks most.
const SHOWN: usize = 12;

/// The sensitivity of the ranks of a run.
pub(super) struct Sensitivity {
    pub(super) nodes: Vec<Influence>,
    pub(super) chart: Option<Chart>,
    /// Why there is nothing to show, where it was asked for and refused.
    pub(super) refusal: String,
    /// Nodes that move nothing.
    pub(super) quiet: usize,
}

/// A group, an indicator or a part that moves ranks when it is left out.
pub(super) struct Influence {
    pub(super) code: String,
    pub(super) name: Option<common::Text>,
    pub(super) group: bool,
    pub(super) mean: String,
    pub(super) most: String,
    pub(super) moves: Vec<(Option<common::Text>, u32, u32)>,
    /// Why there would be no result without it; empty otherwise.
    pub(super) refusal: Option<common::Text>,
}

impl Sensitivity {
    /// Of a run that has succeeded and ranks at least two units; none otherwise.
    pub(super) async fn of(visit: &Visit, run: &pb::EvaluationRun, s: &Shell) -> Option<Self> {
        let ranked = run.units.iter().filter(|unit| unit.ranked).count();
        if run.state() != pb::RunState::Succeeded || ranked < 2 {
            return None;
        }
        Some(match visit.ask(pb::AnalyzeRunRequest { name: run.name.clone() }).await {
            Ok(answer) => Self::read(answer.nodes, s),
            // The rest of the page stands without it.
            Err(Refusal { text, .. }) => Self { nodes: Vec::new(), chart: None, refusal: text, quiet: 0 },
        })
    }

    fn read(all: Vec<pb::NodeInfluence>, s: &Shell) -> Self {
        let count = all.len();
        let mean = |node: &pb::NodeInfluence| format::decimal(node.mean_rank_shift.as_ref()).unwrap_or_default();
        let mut nodes: Vec<pb::NodeInfluence> =
            all.into_iter().filter(|node| mean(node) > Decimal::ZERO || node.refusal.is_some()).collect();
        nodes.sort_by_key(|node| (std::cmp::Reverse(mean(node)), !node.group));
        let bars: Vec<charts::Shift> = nodes
            .iter()
            .filter(|node| mean(node) > Decimal::ZERO)
            .take(SHOWN)
            .map(|node| charts::Shift {
                name: s.x(&node.display_name).to_owned(),
                group: node.group,
                mean: mean(node),
                most: format::exact(node.max_rank_shift.as_ref()),
            })
            .collect();
        Self {
            chart: charts::shifts(s, &bars),
            refusal: String::new(),
            quiet: count - nodes.len(),
            nodes: nodes.into_iter().map(Influence::of).collect(),
        }
    }
}

impl Influence {
    fn of(node: pb::NodeInfluence) -> Self {
        Self {
            mean: format::fixed(node.mean_rank_shift.as_ref(), 2),
            most: format::exact(node.max_rank_shift.as_ref()),
            moves: node.moves.into_iter().map(|it| (it.display_name, it.rank_before, it.rank_after)).collect(),
            code: node.node,
            name: node.display_name,
            group: node.group,
            refusal: node.refusal,
        }
    }
}
