//! A finished run made again in memory: what two runs are compared by, and what a what-if starts from.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use contracts::{common::v1 as common, evaluation::v1 as pb};
use domain::{Catalogue, RegionTable, Text};
use evaluation::{Pace, Plan};
use node::desk::DeskError;
use tokio::runtime::Handle;

use super::{
    Evaluations,
    facts::{self, Computed, Facts, NotComputed, Wanted},
    results,
};
use crate::{inputs::Cells, internal, snapshot::Snapshot};

/// Runs that are kept in memory.
const KEPT: usize = 4;

/// A finished run with what it was computed from.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) run: pb::EvaluationRun,
    pub(super) plan: Plan,
    /// Of every indicator of the catalogue, so that another scheme can be put in the place of its own.
    pub(super) facts: Facts,
    pub(super) computed: Computed,
    /// What makes it another run than the stored one; none when it was made again exactly.
    pub(super) differs: Option<Text>,
}

/// The sides that were made last. A finished run never changes, so what was made once can be kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Sides(Arc<Mutex<VecDeque<Arc<Side>>>>);

impl Sides {
    fn get(&self, name: &str) -> Option<Arc<Side>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|side| side.run.name == name)?;
        let side = kept.remove(place)?;
        kept.push_front(Arc::clone(&side));
        Some(side)
    }

    fn put(&self, side: &Arc<Side>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|other| other.run.name != side.run.name);
        kept.push_front(Arc::clone(side));
        kept.truncate(KEPT);
    }
}

impl Evaluations {
    /// A finished run that was made again a short time ago. It never changes.
    pub(super) fn kept_side(&self, name: &str) -> Option<Arc<Side>> {
        self.sides.get(name)
    }

    /// A finished run, made again.
    ///
    /// # Errors
    /// [`domain::Reason::RunStateInvalid`], [`domain::Reason::RunNotReproducible`]; the faults of the store.
    pub(super) async fn side(&self, run: pb::EvaluationRun) -> Result<Arc<Side>, DeskError> {
        super::must_have_succeeded(&run)?;
        if let Some(side) = self.sides.get(&run.name) {
            return Ok(side);
        }
        let plan = self.schemes.of_run(&run).await?.plan;
        let parts = self.parts(&run, &plan).await?;
        let (context, runtime) = (self.context.clone(), Handle::current());
        let made = self.workers.answer(move || {
            let snapshot = runtime.block_on(Snapshot::read(context.store(), &super::sizes(&run.checkpoints)));
            let snapshot = snapshot.map_err(|error| internal(&error))?;
            Side::make(run, plan, (&snapshot, parts), (context.catalogue(), context.regions()))
                .map_err(DeskError::from_computing)
        });
        let side = Arc::new(made.await??);
        self.sides.put(&side);
        Ok(side)
    }
}

impl Side {
    fn make(
        run: pb::EvaluationRun,
        plan: Plan,
        (snapshot, parts): (&Snapshot, Cells),
        (catalogue, regions): (&Catalogue, &RegionTable),
    ) -> Result<Self, NotComputed> {
        let unreadable = || NotComputed::Refused("时期无法识别 / the period cannot be read".to_owned());
        let (period, panel) = super::periods(&run).ok_or_else(unreadable)?;
        let mut codes = facts::codes(&plan, catalogue);
        codes.extend(catalogue.iter().map(|indicator| indicator.code.to_string()));
        let mut facts = facts::facts(&plan, &codes, (&period, &panel), snapshot, catalogue, regions);
        facts.cells.extend(parts);
        let computed = facts::compute(&plan, &facts, scores_only(), catalogue, &Pace::free())?;
        let differs = differs(&run, &computed);
        Ok(Self { run, plan, facts, computed, differs })
    }

    /// The same data by another scheme.
    pub(super) fn by(
        &self,
        plan: Plan,
        wire: &pb::Scheme,
        (catalogue, regions): (&Catalogue, &RegionTable),
    ) -> Result<Self, NotComputed> {
        let computed = facts::compute(&plan, &self.facts, scores_only(), catalogue, &Pace::free())?;
        let mut run = pb::EvaluationRun {
            scheme: wire.name.clone(),
            scheme_digest: wire.digest.clone(),
            scheme_kind: wire.kind,
            ..self.run.clone()
        };
        let known = self.provenance();
        let provenance = |key: &str| known.get(key).cloned();
        results::fill(&mut run, &computed, &self.facts, (catalogue, regions), &plan, &provenance);
        Ok(Self { run, plan, facts: self.facts.clone(), computed, differs: self.differs.clone() })
    }

    /// Where the figures of the run come from, by revision.
    pub(super) fn provenance(&self) -> BTreeMap<String, common::Provenance> {
        let items = self.run.units.iter().chain(&self.run.panel_units).flat_map(|unit| &unit.items);
        let known = items.filter_map(|item| item.provenance.clone());
        known.map(|found| (found.revision_name.clone(), found)).collect()
    }
}

/// Rank bands say nothing about a difference.
pub(super) fn scores_only() -> Wanted {
    Wanted { replicates: Some(0), seed: None }
}

fn differs(run: &pb::EvaluationRun, computed: &Computed) -> Option<Text> {
    let (engine, data) = match computed {
        Computed::Practice { evaluation, .. } => (&evaluation.engine_version, &evaluation.data_digest),
        Computed::Index(evaluation) => (&evaluation.engine_version, &evaluation.data_digest),
        Computed::Joint(evaluation) => (&evaluation.engine_version, &evaluation.data_digest),
    };
    let name = &run.name;
    if *engine != run.engine_version {
        let before = &run.engine_version;
        return Some(Text::new(
            format!("{name} 由引擎 {before} 计算，现为 {engine}，不能重算"),
            format!("{name} was made by the engine {before}, this is {engine}: it is not made again"),
        ));
    }
    (*data != run.data_digest).then(|| {
        Text::new(
            format!("{name} 的数据与当时不同（目录或行政区划已变），不能重算"),
            format!(
                "the data of {name} are others than then (another catalogue or other regions): it is not made again"
            ),
        )
    })
}

/// An evaluation that was refused, as an error of a call.
pub(super) trait FromComputing {
    /// The error of a call.
    fn from_computing(error: NotComputed) -> Self;
}

impl FromComputing for DeskError {
    fn from_computing(error: NotComputed) -> Self {
        Self::Refused(error.into())
    }
}
