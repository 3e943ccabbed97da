//! The stages and their methods.

use marked_yaml::Node as Yaml;

use super::super::aggregate::{Aggregate, Penalty};
use super::super::number::Number;
use super::super::stage::{
    AggregateStage, Centre, Imputation, Impute, Normalise, Screen, ScreenBy, Stage, Transform, Treat,
};
use super::super::weighting::Weighting;
use super::parts;
use crate::scheme::fields::{Faults, Fields};

/// Normalisations of the multi-criteria family.
const NORMS: [&str; 8] =
    ["max", "sum", "vector", "linear", "logarithmic", "nonlinear", "enhanced_accuracy", "zavadskas_turskis"];

/// Aggregations that are read here; all others are methods of whole tables.
const MEANS: [&str; 9] =
    ["arithmetic", "geometric", "harmonic", "generalised", "median", "min", "max", "mazziotta_pareto", "owa"];

/// Sources of weights that are read here; all others are computed.
const SOURCES: [&str; 3] = ["given", "equal", "set"];

/// Reads `stages:`: a list of mappings, each with the word of its `stage`. The last one aggregates.
pub(super) fn stages(fields: &mut Fields<'_>, faults: &mut Faults) -> Vec<Stage> {
    let nodes = fields.list("stages", faults);
    let count = nodes.len();
    let stages: Vec<Stage> = nodes.into_iter().filter_map(|(node, at)| stage(node, &at, faults)).collect();
    if stages.len() < count {
        return stages;
    }
    let aggregates = stages.iter().filter(|stage| matches!(stage, Stage::Aggregate(_))).count();
    if aggregates != 1 || !matches!(stages.last(), Some(Stage::Aggregate(_))) {
        let (zh, en) = ("最后一个阶段应为 aggregate，且只有一个", "the last stage must be aggregate, and the only one");
        fields.fault("stages", "", zh, en, faults);
    }
    let order = |is: fn(&Stage) -> bool| stages.iter().position(is);
    let normalise = order(|stage| matches!(stage, Stage::Normalise { .. }));
    let raw = |stage: &Stage| matches!(stage, Stage::Denominate | Stage::Treat(_) | Stage::Normalise { .. });
    if let Some(at) = normalise
        && stages.iter().skip(at + 1).any(raw)
    {
        let (zh, en) =
            ("标准化之后只能有 screen、impute、aggregate", "only screen, impute and aggregate may follow normalise");
        fields.fault("stages", "", zh, en, faults);
    }
    stages
}

fn stage(node: &Yaml, at: &str, faults: &mut Faults) -> Option<Stage> {
    let mut fields = Fields::of(node, at, faults)?;
    let word = fields.text("stage", faults)?;
    let stage = match word.as_str() {
        "denominate" => Some(Stage::Denominate),
        "screen" => screen(&mut fields, faults).map(Stage::Screen),
        "impute" => impute(&mut fields, faults).map(Stage::Impute),
        "treat" => Some(Stage::Treat(treat(&mut fields, faults)?)),
        "normalise" => {
            let word = fields.text("method", faults)?;
            normalise_of(&word, &mut fields, faults).map(|by| Stage::Normalise { by })
        }
        "aggregate" => aggregate_stage(&mut fields, faults).map(Stage::Aggregate),
        _ => {
            let list = "denominate, screen, impute, treat, normalise, aggregate";
            fields.fault("stage", &word, &format!("只能是：{list}"), &format!("must be one of: {list}"), faults);
            return None;
        }
    };
    fields.finish(faults);
    stage
}

fn screen(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Screen> {
    let by = if fields.optional("by").is_some() {
        let words = [("count", ScreenBy::Count), ("weight", ScreenBy::Weight), ("non_zero", ScreenBy::NonZero)];
        fields.word("by", &words, faults)?
    } else {
        ScreenBy::Count
    };
    let min_share = parts::share(fields, "min_share", 0.0, faults);
    let include = parts::texts(fields, "include", faults);
    let exclude = parts::texts(fields, "exclude", faults);
    Some(Screen { by, min_share, include, exclude })
}

fn impute(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Imputation> {
    let word = fields.text("method", faults)?;
    imputation_of(&word, fields, faults)
}

fn imputation_of(word: &str, fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Imputation> {
    let by = impute_of(word, fields, faults);
    let draws = count(fields, "draws", 0, faults);
    let by = by?;
    if draws? > 0 && !by.has_donors() {
        let (zh, en) = (
            "此方法没有供抽取的依据；draws 可用于 mean, median, group_mean, group_median, nearest",
            "there is nothing to draw from; draws goes with mean, median, group_mean, group_median, nearest",
        );
        fields.fault("draws", "", zh, en, faults);
    }
    Some(Imputation { by, draws: draws? })
}

/// A whole number that is not negative, with a default.
fn count(fields: &mut Fields<'_>, key: &'static str, default: u32, faults: &mut Faults) -> Option<u32> {
    let Some(number) = parts::optional_number(fields, key, faults) else { return Some(default) };
    let whole = parts::whole(number);
    if whole.is_none() {
        fields.fault(key, &number.to_string(), "应为非负整数", "must be a whole number", faults);
    }
    whole
}

fn impute_of(word: &str, fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Impute> {
    Some(match word {
        "none" => Impute::None,
        "mean" => Impute::Mean,
        "median" => Impute::Median,
        "group_mean" => Impute::GroupMean { group: fields.text("group", faults)? },
        "group_median" => Impute::GroupMedian { group: fields.text("group", faults)? },
        "row_mean" => Impute::RowMean,
        "row_median" => Impute::RowMedian,
        "linear" => Impute::Linear,
        "constant" => Impute::Constant { value: parts::required(fields, "value", faults)? },
        "last" => {
            let stated = fields.optional("max_age").is_some();
            let max_age = count(fields, "max_age", 0, faults).filter(|_| stated);
            Impute::Last { max_age }
        }
        "nearest" => {
            let k = count(fields, "k", 5, faults);
            if k == Some(0) {
                fields.fault("k", "0", "应至少为 1", "must be at least 1", faults);
            }
            let words = [("mean", Centre::Mean), ("median", Centre::Median)];
            let stated = fields.optional("by").is_some();
            let by = if stated { fields.word("by", &words, faults)? } else { Centre::Mean };
            Impute::Nearest { k: k?, by, min_common: parts::share(fields, "min_common", 0.5, faults) }
        }
        _ => {
            let list =
                "none, mean, median, group_mean, group_median, row_mean, row_median, last, linear, constant, nearest";
            unknown(fields, "method", word, list, faults);
            return None;
        }
    })
}

/// An imputation as an alternative: a word or a mapping.
pub(super) fn impute_alternative(node: &Yaml, at: &str, faults: &mut Faults) -> Option<Imputation> {
    parts::method(node, at, faults, imputation_of)
}

/// A treatment as an alternative: `none`, or a mapping with the parameters of the stage.
pub(super) fn treat_alternative(node: &Yaml, at: &str, faults: &mut Faults) -> Option<Option<Treat>> {
    if let Yaml::Scalar(_) = node {
        let word = crate::scheme::fields::scalar(node, at, faults)?;
        if word != "none" {
            let (zh, en) = ("应为 none 或处理规则", "must be none or the rule of a treatment");
            faults.add(at, node.span(), word, zh, en);
        }
        return Some(None);
    }
    let mut fields = Fields::of(node, at, faults)?;
    let rule = treat(&mut fields, faults);
    fields.finish(faults);
    rule.map(Some)
}

fn treat(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Treat> {
    let winsorise = parts::number_or(fields, "winsorise", 5.0, faults);
    let points = parts::whole(winsorise);
    if points.is_none() {
        fields.fault("winsorise", &winsorise.to_string(), "应为非负整数", "must be a whole number", faults);
    }
    let skewness = parts::number_or(fields, "skewness", 2.0, faults);
    let kurtosis = parts::number_or(fields, "kurtosis", 3.5, faults);
    let then = match fields.optional("then") {
        None => Transform::Log,
        Some(node) => {
            let at = fields.at("then");
            parts::method(node, &at, faults, |word, inner, faults| match word {
                "none" => Some(Transform::None),
                "log" => Some(Transform::Log),
                "log_by_skew" => Some(Transform::LogBySkew),
                "log_shifted" => Some(Transform::LogShifted),
                "log_gii" => Some(Transform::LogGii),
                "box_cox" => parts::required(inner, "lambda", faults).map(|lambda| Transform::BoxCox { lambda }),
                _ => {
                    unknown(inner, "", word, "none, log, log_by_skew, log_shifted, log_gii, box_cox", faults);
                    None
                }
            })?
        }
    };
    Some(Treat { winsorise: points?, skewness, kurtosis, then })
}

/// A normalisation as a word or a mapping.
pub(super) fn normalise(node: &Yaml, at: &str, faults: &mut Faults) -> Option<Normalise> {
    parts::method(node, at, faults, normalise_of)
}

fn normalise_of(word: &str, fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Normalise> {
    Some(match word {
        "none" => Normalise::None,
        "minmax" => {
            let lower = parts::number_or(fields, "lower", 0.0, faults);
            let upper = parts::number_or(fields, "upper", 100.0, faults);
            if lower >= upper {
                fields.fault("upper", &upper.to_string(), "应大于 lower", "must be above lower", faults);
            }
            Normalise::MinMax { lower, upper }
        }
        "zscore" => {
            let mean = parts::number_or(fields, "mean", 0.0, faults);
            let deviation = parts::number_or(fields, "deviation", 1.0, faults);
            if deviation.get() <= 0.0 {
                fields.fault("deviation", &deviation.to_string(), "应大于 0", "must be above 0", faults);
            }
            Normalise::ZScore { mean, deviation }
        }
        "mean_ratio" => Normalise::MeanRatio,
        "rank" => Normalise::Rank { ties: parts::ties(fields, faults) },
        "percentile_rank" => Normalise::PercentileRank { ties: parts::ties(fields, faults) },
        "borda" => Normalise::Borda { ties: parts::ties(fields, faults) },
        "distance_to_max" => Normalise::DistanceToMax,
        "distance_to_target" => Normalise::DistanceToTarget { cap: fields.boolean("cap", false, faults) },
        "attainment" => Normalise::Attainment { cap: fields.boolean("cap", true, faults) },
        "bands" => Normalise::Bands { interpolate: fields.boolean("interpolate", false, faults) },
        "distance_to_reference" => {
            let unit = fields.text("unit", faults)?;
            Normalise::DistanceToReference { unit, cap: fields.boolean("cap", false, faults) }
        }
        "fraction_of_max" => Normalise::FractionOfMax,
        "goalposts" => Normalise::Goalposts { scale: parts::number_or(fields, "scale", 1.0, faults) },
        _ if NORMS.contains(&word) => Normalise::Family { by: parts::named(word, fields, faults)? },
        _ => {
            let list = "none, minmax, zscore, mean_ratio, rank, percentile_rank, borda, distance_to_max, \
                        distance_to_target, distance_to_reference, attainment, bands, fraction_of_max, goalposts, max, sum, vector, linear, \
                        logarithmic, nonlinear, enhanced_accuracy, zavadskas_turskis";
            unknown(fields, "", word, list, faults);
            return None;
        }
    })
}

fn aggregate_stage(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<AggregateStage> {
    let word = fields.text("method", faults)?;
    let by = aggregate_of(&word, fields, faults);
    let at = fields.at("weights");
    let weights = fields.optional("weights").map_or(Some(Weighting::Given), |node| weighting(node, &at, faults));
    let min_share = parts::share(fields, "min_share", 0.0, faults);
    Some(AggregateStage { by: by?, weights: weights?, min_share })
}

/// An aggregation as a word or a mapping.
pub(super) fn aggregate(node: &Yaml, at: &str, faults: &mut Faults) -> Option<Aggregate> {
    parts::method(node, at, faults, aggregate_of)
}

fn aggregate_of(word: &str, fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Aggregate> {
    Some(match word {
        "arithmetic" => Aggregate::Arithmetic,
        "geometric" => Aggregate::Geometric,
        "harmonic" => Aggregate::Harmonic,
        "generalised" => {
            let power = parts::required(fields, "power", faults)?;
            if power.get() == 0.0 {
                fields.fault("power", "0", "p = 0 即几何平均，请写 geometric", "p = 0 is geometric", faults);
            }
            Aggregate::Generalised { power }
        }
        "median" => Aggregate::Median,
        "min" => Aggregate::Min,
        "max" => Aggregate::Max,
        "mazziotta_pareto" => {
            let words = [("lowers", Penalty::Lowers), ("raises", Penalty::Raises)];
            let stated = fields.optional("penalty").is_some();
            let penalty = if stated { fields.word("penalty", &words, faults)? } else { Penalty::Lowers };
            Aggregate::MazziottaPareto { penalty }
        }
        "owa" => Aggregate::Owa { alpha: positive(fields, "alpha", faults)? },
        _ => Aggregate::Ranking { by: parts::tagged(word, &MEANS, fields, faults)? },
    })
}

/// A source of weights as a word or a mapping.
pub(super) fn weighting(node: &Yaml, at: &str, faults: &mut Faults) -> Option<Weighting> {
    parts::method(node, at, faults, |word, fields, faults| {
        Some(match word {
            "given" => Weighting::Given,
            "equal" => Weighting::Equal,
            "set" => Weighting::Set { name: fields.text("name", faults)? },
            _ => Weighting::Computed { by: parts::tagged(word, &SOURCES, fields, faults)? },
        })
    })
}

fn positive(fields: &mut Fields<'_>, key: &'static str, faults: &mut Faults) -> Option<Number> {
    let number = parts::required(fields, key, faults)?;
    if number.get() > 0.0 {
        return Some(number);
    }
    fields.fault(key, &number.to_string(), "应大于 0", "must be above 0", faults);
    None
}

/// A word that is not in the list; `key` is empty where the word stands for the whole field.
fn unknown(fields: &Fields<'_>, key: &str, word: &str, list: &str, faults: &mut Faults) {
    let key = if key.is_empty() { "method" } else { key };
    fields.fault(key, word, &format!("只能是：{list}"), &format!("must be one of: {list}"), faults);
}
