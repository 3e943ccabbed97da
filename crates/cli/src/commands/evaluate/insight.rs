//! What stands behind a result: sensitivity, explanation and comparison, as JSON and as tables.

use std::{collections::BTreeMap, path::PathBuf, str::FromStr};

use evaluation::{
    Evaluation, Exact, Input, Scheme, analysis,
    index::{
        self, Data, IndexError, IndexEvaluation, IndexScheme,
        analysis::{Alternative, Edition},
    },
    read_panel,
    sensitivity::Design,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    refused, scheme_faults,
    source::{self, Table},
    tables,
};
use crate::{
    failure::{Failure, Outcome},
    screen::Screen,
};

/// Base points and repetitions of the Sobol experiment: 256 · 8 · (inputs + 2) aggregations.
const DESIGN: (u32, u32) = (256, 8);

/// What is asked for beside the result.
#[derive(Debug, clap::Args)]
pub(super) struct InsightArgs {
    /// 附敏感性分析：逐项剔除、权重核查、变动限度、Sobol 指标 / add the sensitivity: leaving out, weights audit, limits, Sobol indices
    #[arg(long)]
    sensitivity: bool,
    /// 可另选的方案，可多次给出，计入 --sensitivity / another scheme that could be chosen; may be given several times
    #[arg(long, value_name = "FILE", requires = "sensitivity")]
    alternative: Vec<PathBuf>,
    /// 解释一个单位的得分与名次，可多次给出 / explain score and rank of a unit; may be given several times
    #[arg(long, value_name = "UNIT")]
    explain: Vec<String>,
    /// 所解释单位怎样达到此等级 / what lifts the explained units to this grade
    #[arg(long, value_name = "GRADE", requires = "explain")]
    lift: Option<String>,
    /// 指标可变动的范围，如 recovery=40..60，可多次给出 / bounds of an indicator for --lift, like recovery=40..60
    #[arg(long, value_name = "ID=LOW..HIGH", requires = "lift")]
    bound: Vec<Bound>,
    /// 同类单位按此分组列比较 / column of groups whose units are the peers
    #[arg(long, value_name = "COLUMN", requires = "explain")]
    peers: Option<String>,
    /// 上一期数据，分解名次变化 / data of the earlier edition: where the changes of rank come from
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// 上一期的方案，默认同一方案 / scheme of the earlier edition; default: the same
    #[arg(long, value_name = "FILE", requires = "compare")]
    compare_scheme: Option<PathBuf>,
    /// 上一期数据的更正版 / the earlier data as corrected since
    #[arg(long, value_name = "FILE", requires = "compare")]
    corrected: Option<PathBuf>,
}

/// `ID=LOW..HIGH`.
#[derive(Clone, Debug)]
struct Bound(String, f64, f64);

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (id, ends) = text.split_once('=')?;
            let (low, high) = ends.split_once("..")?;
            let (low, high) = (low.parse::<f64>().ok()?, high.parse::<f64>().ok()?);
            (low.is_finite() && high.is_finite() && low <= high).then(|| Self(id.to_owned(), low, high))
        };
        read().ok_or_else(|| "应为 ID=LOW..HIGH，如 recovery=40..60 / must be like recovery=40..60".to_owned())
    }
}

impl InsightArgs {
    /// Whether anything is asked for.
    pub(super) fn asks(&self) -> bool {
        self.sensitivity || !self.explain.is_empty() || self.compare.is_some()
    }

    /// Adds what is asked for to the JSON of a composite index, and gives what is to be shown as tables.
    pub(super) fn of_index(
        &self,
        scheme: &IndexScheme,
        data: &Data,
        (result, table): (&IndexEvaluation, &Table),
        json: &mut Value,
    ) -> Outcome<Vec<Shown>> {
        let mut shown = Vec::new();
        let able = |error: IndexError| refused(&error.0.zh, &error.0.en);
        if self.sensitivity {
            let others: Vec<(IndexScheme, Data)> = self
                .alternative
                .iter()
                .map(|file| {
                    let scheme =
                        IndexScheme::from_yaml(&source::text(file)?).map_err(|errors| scheme_faults(file, errors))?;
                    let data = index::read_csv(&table.text, &scheme).map_err(|faults| table.refusal(faults))?;
                    Ok((scheme, data))
                })
                .collect::<Outcome<_>>()?;
            let others: Vec<Alternative<'_>> =
                others.iter().map(|(scheme, data)| Alternative { scheme, data }).collect();
            let seed = u32::try_from(result.seed % u64::from(u32::MAX)).unwrap_or(1);
            let design = Design { points: DESIGN.0, repetitions: DESIGN.1, seed };
            let first = Alternative { scheme, data };
            let left = index::analysis::leave_one_out(scheme, data, result);
            let audit = index::analysis::audit(scheme, data).map_err(able)?;
            let reach = index::analysis::weight_reach(scheme, data, result, None).map_err(able)?;
            let shares = index::analysis::shares(first, &others, result, design).map_err(able)?;
            json["sensitivity"] =
                json!({ "leave_one_out": left, "weights_audit": audit, "weight_reach": reach, "sobol": shares });
            shown.extend([Shown::LeftOut(left), Shown::Audit(audit), Shown::Weights(reach), Shown::Sobol(shares)]);
        }
        let bounds: BTreeMap<String, (f64, f64)> =
            self.bound.iter().map(|bound| (bound.0.clone(), (bound.1, bound.2))).collect();
        for id in bounds.keys() {
            if !scheme.indicators().iter().any(|leaf| leaf.id == *id) {
                return Err(refused(
                    &format!("方案中没有指标 {id}（--bound）"),
                    &format!("--bound: no indicator {id}"),
                ));
            }
        }
        let mut explanations = Map::new();
        for unit in &self.explain {
            let explanation =
                index::analysis::explain(scheme, data, result, unit, self.peers.as_deref()).map_err(able)?;
            let lift = self
                .lift
                .as_ref()
                .map(|grade| index::analysis::lift(scheme, data, result, (unit, grade), &bounds).map_err(able));
            let lift = lift.transpose()?;
            let mut value = plain(&explanation)?;
            value["lift"] = json!(lift);
            explanations.insert(unit.clone(), value);
            shown.push(Shown::Explained(Box::new(explanation), lift));
        }
        if !explanations.is_empty() {
            json["explanations"] = Value::Object(explanations);
        }
        if let Some(file) = &self.compare {
            let other = self.earlier_index()?;
            let earlier = other.as_ref().unwrap_or(scheme);
            let of = |file: &PathBuf| {
                let table = Table::read(file)?;
                index::read_csv(&table.text, earlier).map_err(|faults| table.refusal(faults))
            };
            let before = of(file)?;
            let corrected = self.corrected.as_ref().map(of).transpose()?;
            let changes = index::analysis::compare(
                Edition { scheme: earlier, data: &before },
                corrected.as_ref(),
                Edition { scheme, data },
            )
            .map_err(able)?;
            json["comparison"] = json!({ "rank_changes": changes });
            let rows = changes.into_iter().map(|it| (it.unit, it.before, it.after, it.parts));
            shown.push(Shown::Changes(rows.collect()));
        }
        Ok(shown)
    }

    fn earlier_index(&self) -> Outcome<Option<IndexScheme>> {
        let read =
            |file: &PathBuf| IndexScheme::from_yaml(&source::text(file)?).map_err(|errors| scheme_faults(file, errors));
        self.compare_scheme.as_ref().map(read).transpose()
    }

    /// The same for an evaluation of practice. Options that only an index has are refused.
    pub(super) fn of_practice(
        &self,
        scheme: &Scheme,
        input: &Input,
        result: &Evaluation,
        json: &mut Value,
    ) -> Outcome<Vec<Shown>> {
        let mut shown = Vec::new();
        let foreign = !self.alternative.is_empty() || !self.bound.is_empty() || self.peers.is_some();
        if foreign || self.corrected.is_some() {
            let (zh, en) = (
                "--alternative、--bound、--peers、--corrected 只用于综合指数方案",
                "--alternative, --bound, --peers and --corrected go with composite indices only",
            );
            return Err(refused(zh, en));
        }
        if self.sensitivity {
            let left = analysis::leave_one_out(scheme, input, result);
            json["sensitivity"] = json!({ "leave_one_out": left });
            shown.push(Shown::PracticeLeftOut(left));
        }
        let mut explanations = Map::new();
        for unit in &self.explain {
            let Some(of) = result.unit(unit) else {
                return Err(refused(&format!("数据中没有单位 {unit}"), &format!("the data have no unit {unit}")));
            };
            let gains = analysis::gains(scheme, input, of);
            let lift = self.lift.as_ref().map(|grade| {
                analysis::lift(scheme, input, of, grade).ok_or_else(|| {
                    refused(&format!("方案没有等级 {grade}"), &format!("the scheme has no grade {grade}"))
                })
            });
            let lift = lift.transpose()?;
            explanations.insert(unit.clone(), json!({ "unit": unit, "gains": gains, "lift": lift }));
            shown.push(Shown::PracticeExplained(unit.clone(), gains, lift));
        }
        if !explanations.is_empty() {
            json["explanations"] = Value::Object(explanations);
        }
        if let Some(file) = &self.compare {
            let other = self.compare_scheme.as_ref();
            let other =
                other.map(|file| Scheme::from_yaml(&source::text(file)?).map_err(|errors| scheme_faults(file, errors)));
            let other = other.transpose()?;
            let earlier = other.as_ref().unwrap_or(scheme);
            let table = Table::read(file)?;
            let before = read_panel(&table.text, earlier).map_err(|faults| table.refusal(faults))?;
            let before = before.into_iter().next_back().map(|(_, input)| input).unwrap_or_default();
            let changes = analysis::compare((earlier, &before), (scheme, input))
                .map_err(|error| refused(&error.to_string(), &error.to_string()))?;
            let old = evaluation::evaluate(earlier, &before)
                .map_err(|error| refused(&error.to_string(), &error.to_string()))?;
            json["comparison"] = json!({ "rank_changes": changes, "changes": evaluation::changes(&old, result) });
            let rows = changes.into_iter().map(|it| (it.unit, f64::from(it.before), f64::from(it.after), it.parts));
            shown.push(Shown::Changes(rows.collect()));
        }
        Ok(shown)
    }
}

fn plain(value: &impl Serialize) -> Outcome<Value> {
    serde_json::to_value(value).map_err(|error| Failure::unexpected("evaluation", error))
}

/// What was worked out, to be shown.
pub(super) enum Shown {
    LeftOut(Vec<index::analysis::LeftOut>),
    Audit(Vec<index::analysis::GroupAudit>),
    Weights(Vec<index::analysis::WeightReach>),
    Sobol(index::analysis::Shares),
    Explained(Box<index::analysis::Explanation>, Option<index::analysis::Lift>),
    PracticeLeftOut(Vec<analysis::LeftOut>),
    PracticeExplained(String, Vec<analysis::Gain>, Option<analysis::Lift>),
    /// Unit, rank before, rank after, causes.
    Changes(Vec<(String, f64, f64, BTreeMap<String, Exact>)>),
}

/// Shows each as a table.
pub(super) fn show(screen: &Screen, shown: &[Shown]) {
    for part in shown {
        match part {
            Shown::LeftOut(left) => {
                let rows = left
                    .iter()
                    .map(|it| (it.node.clone(), tables::number(it.mean_shift), tables::number(it.max_shift)));
                tables::left_out(screen, rows);
            }
            Shown::PracticeLeftOut(left) => {
                let rows = left
                    .iter()
                    .map(|it| (it.node.clone(), it.mean_shift.round(2).to_string(), it.max_shift.to_string()));
                tables::left_out(screen, rows);
            }
            Shown::Audit(audit) => tables::audit(screen, audit),
            Shown::Weights(reach) => tables::weights(screen, reach),
            Shown::Sobol(shares) => tables::sobol(screen, shares),
            Shown::Explained(explanation, lift) => tables::explanation(screen, explanation, lift.as_ref()),
            Shown::PracticeExplained(unit, gains, lift) => tables::practice(screen, unit, gains, lift.as_ref()),
            Shown::Changes(changes) => tables::changes(screen, changes),
        }
    }
}
