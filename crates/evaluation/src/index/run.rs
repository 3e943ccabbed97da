//! One run: the data through the stages of the scheme.

use std::collections::BTreeMap;

use super::data::{Absence, Data};
use super::result::{ColumnTreatment, Filled, Screened, StageTable, TreatedPoint};
use super::scheme::{Direction, IndexScheme};
use super::stage::{
    Normalise, Stage, Treat, denominate,
    normalise::{self, Facts, Unfit},
    screen, treat,
};
use super::tree::{Leaves, Refusal, Tree, Weights};
use super::uncertainty::Stream;
use crate::pace::{Pace, Step};
use crate::policy::Policy;
use crate::sense::Criterion;
use crate::text::Text;

/// Why there is no evaluation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct IndexError(pub Text);

/// What a run has made, before it is read as scores and ranks.
#[derive(Clone, Debug)]
pub(super) struct Computed {
    pub(super) tree: Tree,
    pub(super) weights: Weights,
    /// The rows of the data that stayed in, in order.
    pub(super) rows: Vec<usize>,
    /// The columns of the indicators as they are aggregated.
    pub(super) leaves: Leaves,
    /// The columns of the groups, by the number of the node; those of the indicators are in `leaves`.
    columns: Vec<Vec<f64>>,
    pub(super) stages: BTreeMap<String, StageTable>,
    pub(super) screened: Vec<Screened>,
    pub(super) filled: Vec<Filled>,
    pub(super) treated: Vec<ColumnTreatment>,
}

impl Computed {
    /// The column of a node.
    pub(super) fn column(&self, node: usize) -> &[f64] {
        match self.tree.nodes[node].leaf {
            Some(leaf) => &self.leaves.turned[leaf],
            None => &self.columns[node],
        }
    }

    /// The column of a node as readers see it: where no stage normalises, indicators as they were reported and not negated.
    pub(super) fn shown(&self, node: usize) -> &[f64] {
        match (self.tree.nodes[node].leaf, &self.leaves.raw) {
            (Some(leaf), Some((raw, _))) => &raw[leaf],
            (Some(_), None) | (None, _) => self.column(node),
        }
    }

    /// The columns of all nodes.
    pub(super) fn columns(&self) -> Vec<&[f64]> {
        (0..self.columns.len()).map(|node| self.column(node)).collect()
    }

    /// The column of the index.
    pub(super) fn index(&self) -> &[f64] {
        &self.columns[self.tree.top()]
    }

    /// Whether the smallest score of the index is the best.
    pub(super) fn lower_is_better(&self) -> bool {
        self.tree.nodes.last().is_some_and(|top| top.method.lower_is_better())
    }
}

/// What is left to do is to combine the columns.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub(super) tree: Tree,
    pub(super) leaves: Leaves,
    pub(super) weights: Weights,
    /// The rows of the data that stayed in, in order.
    pub(super) rows: Vec<usize>,
    /// Whether a cell was imputed.
    pub(super) filled: bool,
}

/// Runs the stages; keeps the table of every stage if wanted.
pub(super) fn run(scheme: &IndexScheme, data: &Data, keep: bool, pace: &Pace) -> Result<Computed, IndexError> {
    let mut run = Run::new(scheme, data, data.indicators.clone(), keep)?;
    run.pass(pace)?;
    run.aggregate()
}

/// The end of an evaluation that is not to go on.
pub(super) fn stopped() -> IndexError {
    refuse("计算已中止", "the computation was stopped")
}

/// Runs the stages but the last, from other columns than those of the data. With a stream, imputation stages with draws take
/// from it which donor fills each cell, by column and row.
pub(super) fn prepared(
    scheme: &IndexScheme,
    data: &Data,
    columns: Vec<Vec<f64>>,
    draws: Option<&mut Stream>,
) -> Result<Prepared, IndexError> {
    let mut run = Run { draws, ..Run::new(scheme, data, columns, false)? };
    run.pass(&Pace::free())?;
    let (leaves, weights) = run.ready()?;
    Ok(Prepared { tree: run.tree, leaves, weights, rows: run.rows, filled: !run.filled.is_empty() })
}

fn refuse(zh: impl Into<String>, en: impl Into<String>) -> IndexError {
    IndexError(Text::new(zh, en))
}

/// A run while its stages pass.
pub(super) struct Run<'a, 'r> {
    /// Which donor fills each cell, for imputation stages with draws.
    pub(super) draws: Option<&'r mut Stream>,
    pub(super) scheme: &'a IndexScheme,
    pub(super) data: &'a Data,
    pub(super) tree: Tree,
    weights: Weights,
    keep: bool,
    pub(super) rows: Vec<usize>,
    pub(super) leaves: Vec<Vec<f64>>,
    /// Whether more is better in every column already.
    normalised: bool,
    stages: BTreeMap<String, StageTable>,
    screened: Vec<Screened>,
    pub(super) filled: Vec<Filled>,
    treated: Vec<ColumnTreatment>,
}

impl<'a> Run<'a, '_> {
    fn new(scheme: &'a IndexScheme, data: &'a Data, leaves: Vec<Vec<f64>>, keep: bool) -> Result<Self, IndexError> {
        let Some(aggregation) = scheme.stages().iter().find_map(|stage| match stage {
            Stage::Aggregate(stage) => Some(stage),
            Stage::Denominate | Stage::Screen(_) | Stage::Impute(_) | Stage::Treat(_) | Stage::Normalise { .. } => None,
        }) else {
            return Err(refuse("方案没有汇总阶段", "the scheme has no aggregation"));
        };
        let tree = Tree::of(scheme, aggregation);
        let weights = tree.weights(scheme.weight_sets());
        Ok(Self {
            draws: None,
            scheme,
            data,
            tree,
            weights,
            keep,
            rows: (0..data.rows.len()).collect(),
            leaves,
            normalised: false,
            stages: BTreeMap::new(),
            screened: Vec::new(),
            filled: Vec::new(),
            treated: Vec::new(),
        })
    }

    /// The stages before the aggregation.
    fn pass(&mut self, pace: &Pace) -> Result<(), IndexError> {
        self.keep_table("raw");
        let of = u32::try_from(self.scheme.stages().len()).unwrap_or(u32::MAX);
        for (done, stage) in (0..).zip(self.scheme.stages()) {
            if !pace.goes_on(Step::Stage { done, of }) {
                return Err(stopped());
            }
            match stage {
                Stage::Denominate => self.denominate(),
                Stage::Screen(rule) => self.screen(rule),
                Stage::Impute(stage) => self.impute(stage),
                Stage::Treat(rule) => self.treat(rule),
                Stage::Normalise { by } => self.normalise(by)?,
                Stage::Aggregate(_) => {}
            }
            let name = match stage {
                Stage::Denominate => "denominated",
                Stage::Screen(_) => "screened",
                Stage::Impute(_) => "imputed",
                Stage::Treat(_) => "treated",
                Stage::Normalise { .. } => "normalised",
                Stage::Aggregate(_) => continue,
            };
            self.keep_table(name);
        }
        Ok(())
    }

    fn keep_table(&mut self, name: &str) {
        if self.keep {
            let ids = self.scheme.indicators().iter().map(|leaf| leaf.id.clone()).collect();
            // A stage that stands twice in a scheme keeps both tables.
            let name = match (1..)
                .map(|n| if n == 1 { name.to_owned() } else { format!("{name}_{n}") })
                .find(|name| !self.stages.contains_key(name))
            {
                Some(name) => name,
                None => return,
            };
            self.stages.insert(name, StageTable::of(self.data, &self.rows, ids, &self.leaves));
        }
    }

    fn denominate(&mut self) {
        for (column, leaf) in self.leaves.iter_mut().zip(self.scheme.indicators()) {
            let Some(denominator) = leaf.indicator().and_then(|indicator| indicator.denominator.as_ref()) else {
                continue;
            };
            let Some(below) = self.data.denominators.get(&denominator.column) else { continue };
            let below: Vec<f64> = self.rows.iter().map(|&row| below[row]).collect();
            denominate::denominate(column, &below, denominator.factor.get());
        }
    }

    fn screen(&mut self, rule: &super::stage::Screen) {
        let effective = self.tree.effective(&self.weights);
        let mut stay = Vec::with_capacity(self.rows.len());
        for (at, &row) in self.rows.iter().enumerate() {
            let values: Vec<f64> = self.leaves.iter().map(|column| column[at]).collect();
            let share = screen::share(rule.by, &values, &effective);
            let unit = &self.data.rows[row];
            let stays = screen::stays(rule, &unit.unit, share);
            self.screened.push(Screened {
                unit: unit.unit.clone(),
                period: unit.period.clone(),
                share,
                included: stays,
            });
            stay.push(stays);
        }
        let mut flags = stay.iter();
        self.rows.retain(|_| flags.next().copied().unwrap_or(false));
        for column in &mut self.leaves {
            let mut flags = stay.iter();
            column.retain(|_| flags.next().copied().unwrap_or(false));
        }
    }

    /// −1 for indicators of which less is better, as long as the columns are as reported.
    pub(super) fn signs(&self) -> Vec<f64> {
        let sign = |direction: Direction| match direction {
            Direction::LowerBetter if !self.normalised => -1.0,
            Direction::LowerBetter | Direction::HigherBetter | Direction::Range { .. } => 1.0,
        };
        let leaves = self.scheme.indicators();
        leaves.iter().filter_map(|leaf| leaf.indicator()).map(|indicator| sign(indicator.direction)).collect()
    }

    fn treat(&mut self, rule: &Treat) {
        for (column, leaf) in self.leaves.iter_mut().zip(self.scheme.indicators()) {
            if !leaf.indicator().is_some_and(|indicator| indicator.treat) {
                continue;
            }
            let treated = treat::treat(rule, std::mem::take(column));
            let before = treated.before.as_deref().unwrap_or_default();
            let points = treated.changes.iter().map(|&(at, change)| TreatedPoint {
                unit: self.data.rows[self.rows[at]].unit.clone(),
                period: self.data.rows[self.rows[at]].period.clone(),
                change,
                before: before[at],
                after: treated.values[at],
            });
            let points: Vec<TreatedPoint> = points.collect();
            if !points.is_empty() || treated.passes != Some(true) {
                self.treated.push(ColumnTreatment { indicator: leaf.id.clone(), passes: treated.passes, points });
            }
            *column = treated.values;
        }
    }

    fn normalise(&mut self, stage: &Normalise) -> Result<(), IndexError> {
        let zero = |row: usize, leaf: usize| match self.data.absence(row, leaf) {
            Absence::NotApplicable => false,
            Absence::Missing(state) => self.scheme.missing().of(state, Policy::Impute) == Policy::Zero,
        };
        for (leaf_at, (column, leaf)) in self.leaves.iter_mut().zip(self.scheme.indicators()).enumerate() {
            let Some(indicator) = leaf.indicator() else { continue };
            let method = indicator.normalise.as_ref().unwrap_or(stage);
            let reference =
                method.reference().and_then(|unit| self.rows.iter().position(|&row| self.data.rows[row].unit == unit));
            let facts = Facts::of(indicator, reference);
            // Missing now, and zero by the policy of its state: it takes no part in the scale of the others.
            let zeros: Vec<usize> = match method.low_end() {
                Some(_) => {
                    (0..column.len()).filter(|&at| column[at].is_nan() && zero(self.rows[at], leaf_at)).collect()
                }
                None => Vec::new(),
            };
            normalise::apply(method, column, &facts).map_err(|unfit| {
                let (zh, en) = match unfit {
                    Unfit::Goalposts => ("缺少上下限".to_owned(), "it has no goalposts".to_owned()),
                    Unfit::Target => ("缺少目标值".to_owned(), "it has no target".to_owned()),
                    Unfit::Baseline => ("缺少基期值".to_owned(), "it has no baseline".to_owned()),
                    Unfit::Bands => ("缺少分档".to_owned(), "it has no bands".to_owned()),
                    Unfit::Reference => {
                        ("参照单位不在数据中".to_owned(), "its reference unit is not in the data".to_owned())
                    }
                    Unfit::Refused(error) => (error.to_string(), error.to_string()),
                };
                refuse(format!("指标 {} 无法标准化：{zh}", leaf.id), format!("{} cannot be normalised: {en}", leaf.id))
            })?;
            zeros.into_iter().for_each(|at| column[at] = method.low_end().unwrap_or(f64::NAN));
        }
        self.normalised = true;
        Ok(())
    }

    /// The columns as they are aggregated, and the weights.
    fn ready(&mut self) -> Result<(Leaves, Weights), IndexError> {
        let raw = (!self.normalised).then(|| (self.leaves.clone(), self.criteria()));
        if !self.normalised {
            self.normalise(&Normalise::None)?;
        }
        let leaves = Leaves { units: self.data.names(&self.rows), turned: std::mem::take(&mut self.leaves), raw };
        let weights = std::mem::take(&mut self.weights);
        let told = |refusal: Refusal| IndexError(refusal.told(&self.tree, &leaves.units));
        let weights = self.tree.weighed(&leaves, weights).map_err(told)?;
        Ok((leaves, weights))
    }

    fn aggregate(mut self) -> Result<Computed, IndexError> {
        let (leaves, weights) = self.ready()?;
        let told = |refusal: Refusal| IndexError(refusal.told(&self.tree, &leaves.units));
        let columns = self.tree.compute(&leaves, &weights).map_err(told)?;
        let mut computed = Computed {
            tree: self.tree,
            weights,
            rows: self.rows,
            leaves,
            columns,
            stages: self.stages,
            screened: self.screened,
            filled: self.filled,
            treated: self.treated,
        };
        if self.keep {
            let ids = computed.tree.nodes.iter().map(|node| node.id.clone()).collect();
            let shown: Vec<&[f64]> = (0..computed.columns.len()).map(|node| computed.shown(node)).collect();
            let table = StageTable::of(self.data, &computed.rows, ids, &shown);
            computed.stages.insert("aggregated".to_owned(), table);
        }
        Ok(computed)
    }

    /// The directions of the indicators as the methods of whole tables take them.
    fn criteria(&self) -> Vec<Criterion> {
        let of = |direction: Direction| match direction {
            Direction::HigherBetter => Criterion::Benefit,
            Direction::LowerBetter => Criterion::Cost,
            Direction::Range { from, to } => Criterion::Interval { low: from.get(), high: to.get() },
        };
        let leaves = self.scheme.indicators();
        leaves.iter().filter_map(|leaf| leaf.indicator()).map(|indicator| of(indicator.direction)).collect()
    }
}
