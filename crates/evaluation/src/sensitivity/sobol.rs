//! Sobol indices by a quasi-random design.

use serde::{Deserialize, Serialize};

use crate::stats::{count, deviation, mean};
use crate::sum::exact_sum;

/// The size of the experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Design {
    /// Base points of each repetition; a power of two keeps the points even.
    pub points: u32,
    /// Independent repetitions, from whose spread the confidence is taken.
    pub repetitions: u32,
    /// The seed of the scrambling.
    pub seed: u32,
}

impl Default for Design {
    fn default() -> Self {
        Self { points: 1024, repetitions: 8, seed: 1 }
    }
}

/// An estimate with the half width of its 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Half of the width of the 95 % confidence interval.
    pub half_width: f64,
}

/// The indices of one output.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SobolIndices {
    /// The variance of the output.
    pub variance: f64,
    /// For each input the share of the variance that it explains alone.
    pub first: Vec<Estimate>,
    /// For each input the share of the variance in which it takes part.
    pub total: Vec<Estimate>,
}

/// Why no indices can be computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SobolError {
    /// The design has too few points, repetitions or inputs, or too many.
    #[error("{name} = {value}; {rule}")]
    Design {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: usize,
        /// What is asked of it.
        rule: &'static str,
    },
    /// The model gave another number of outputs than before, or a number that is none.
    #[error("the model gave {problem} at point {point}")]
    Model {
        /// What it gave.
        problem: &'static str,
        /// The number of the point.
        point: u32,
    },
}

/// The greatest number of inputs: the design needs two dimensions for each.
pub const MOST_INPUTS: usize = (sobol_burley::NUM_DIMENSIONS / 2) as usize;

/// Two-sided 97.5 % quantiles of Student's t for 1 to 30 degrees of freedom; the normal one beyond.
const STUDENT: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// First-order and total Sobol indices of every output of a model of `inputs` independent inputs, uniform in [0, 1).
///
/// With points `A` and `B` of a scrambled Sobol sequence of `2·inputs` dimensions (Owen scrambling by `sobol_burley`, a
/// stable sequence) and `ABᵢ`, which is `A` with input `i` from `B`:
/// `Sᵢ = mean((yB − ȳ)·(yABᵢ − yA))/V` (A. Saltelli et al., Computer Physics Communications 181 (2010) 259–270) and
/// `STᵢ = mean((yA − yABᵢ)²)/2V` (M. Jansen 1999), with the mean and variance over `A` and `B` together. The design is
/// repeated with other scramblings; the value is the mean over the repetitions, the half width comes from their spread by
/// Student's t. Cost: `points · repetitions · (inputs + 2)` runs of the model.
///
/// `model` is called once for a point and returns one number for each output: the mean rank shift and the rank of each
/// unit, for instance, so that indices per unit cost no more runs. An output without variance has indices 0 of width 0.
/// Indices are not cut to [0, 1]: a value outside shows that there are too few points.
///
/// # Errors
/// [`SobolError::Design`] for a design out of range, [`SobolError::Model`] if the model's answer is `NaN` or infinite or
/// of another length.
pub fn sobol_indices(
    inputs: usize,
    design: Design,
    mut model: impl FnMut(&[f64]) -> Vec<f64>,
) -> Result<Vec<SobolIndices>, SobolError> {
    check(inputs, design)?;
    let mut repeated: Vec<Vec<Repetition>> = Vec::new();
    for repetition in 0..design.repetitions {
        let seed = design.seed.wrapping_mul(0x9E37_79B9).wrapping_add(repetition);
        for (output, found) in one_repetition(inputs, design.points, seed, &mut model)?.into_iter().enumerate() {
            if repetition == 0 {
                repeated.push(Vec::new());
            }
            let Some(list) = repeated.get_mut(output) else {
                return Err(SobolError::Model { problem: "another number of outputs", point: 0 });
            };
            list.push(found);
        }
    }
    Ok(repeated.iter().map(|repetitions| summarise(inputs, repetitions)).collect())
}

fn check(inputs: usize, design: Design) -> Result<(), SobolError> {
    let design_error = |name, value: u32, rule| {
        Err(SobolError::Design { name, value: usize::try_from(value).unwrap_or(usize::MAX), rule })
    };
    if inputs == 0 || inputs > MOST_INPUTS {
        return Err(SobolError::Design {
            name: "inputs",
            value: inputs,
            rule: "between 1 and 128 inputs are possible",
        });
    }
    if design.points < 2 || design.points > 1 << 16 {
        return design_error("points", design.points, "between 2 and 65536 points are possible");
    }
    if design.repetitions < 2 {
        return design_error("repetitions", design.repetitions, "at least two repetitions give a confidence");
    }
    Ok(())
}

/// The indices of one output in one repetition.
struct Repetition {
    variance: f64,
    first: Vec<f64>,
    total: Vec<f64>,
}

fn one_repetition(
    inputs: usize,
    points: u32,
    seed: u32,
    model: &mut impl FnMut(&[f64]) -> Vec<f64>,
) -> Result<Vec<Repetition>, SobolError> {
    let mut outputs = None;
    let mut run = |point: u32, at: &[f64]| -> Result<Vec<f64>, SobolError> {
        let answer = model(at);
        if *outputs.get_or_insert(answer.len()) != answer.len() {
            return Err(SobolError::Model { problem: "another number of outputs", point });
        }
        if answer.iter().any(|value| !value.is_finite()) {
            return Err(SobolError::Model { problem: "a value that is not a number", point });
        }
        Ok(answer)
    };
    let (mut in_a, mut in_b) = (Vec::new(), Vec::new());
    let mut mixed: Vec<Vec<Vec<f64>>> = vec![Vec::new(); inputs];
    for point in 0..points {
        let coordinates = |half: usize| -> Vec<f64> {
            (0..inputs)
                .map(|input| {
                    let dimension = u32::try_from(half * inputs + input).unwrap_or(0);
                    f64::from(sobol_burley::sample(point, dimension, seed))
                })
                .collect()
        };
        let (a, b) = (coordinates(0), coordinates(1));
        in_a.push(run(point, &a)?);
        in_b.push(run(point, &b)?);
        for (input, list) in mixed.iter_mut().enumerate() {
            let mut between = a.clone();
            between[input] = b[input];
            list.push(run(point, &between)?);
        }
    }
    let outputs = in_a.first().map_or(0, Vec::len);
    Ok((0..outputs).map(|output| indices_of(output, &in_a, &in_b, &mixed)).collect())
}

fn indices_of(output: usize, in_a: &[Vec<f64>], in_b: &[Vec<f64>], mixed: &[Vec<Vec<f64>>]) -> Repetition {
    let both: Vec<f64> = in_a.iter().chain(in_b).map(|answer| answer[output]).collect();
    let centre = mean(&both);
    let variance = exact_sum(both.iter().map(|y| (y - centre) * (y - centre))) / count(both.len());
    let points = count(in_a.len());
    let share = |sum: f64| if variance > 0.0 { sum / points / variance } else { 0.0 };
    let triples = |input: usize| {
        let answers = in_a.iter().zip(in_b).zip(&mixed[input]);
        answers.map(move |((a, b), between)| (a[output], b[output], between[output]))
    };
    let first = (0..mixed.len())
        .map(|input| share(exact_sum(triples(input).map(|(a, b, between)| (b - centre) * (between - a)))))
        .collect();
    let total = (0..mixed.len())
        .map(|input| share(exact_sum(triples(input).map(|(a, _, between)| (a - between) * (a - between))) / 2.0))
        .collect();
    Repetition { variance, first, total }
}

fn summarise(inputs: usize, repetitions: &[Repetition]) -> SobolIndices {
    let student = STUDENT.get(repetitions.len().saturating_sub(2)).copied().unwrap_or(1.96);
    let estimate = |values: Vec<f64>| Estimate {
        value: mean(&values),
        half_width: student * deviation(&values) / count(values.len()).sqrt(),
    };
    let over = |pick: &dyn Fn(&Repetition) -> f64| estimate(repetitions.iter().map(pick).collect());
    SobolIndices {
        variance: over(&|repetition| repetition.variance).value,
        first: (0..inputs).map(|input| over(&|repetition| repetition.first[input])).collect(),
        total: (0..inputs).map(|input| over(&|repetition| repetition.total[input])).collect(),
    }
}

/// The Ishigami function `sin x₁ + 7·sin² x₂ + 0.1·x₃⁴·sin x₁` with `x` in (−π, π), given in [0, 1): its indices are
/// known exactly, so that a design can be tried on it.
#[must_use]
pub fn ishigami(point: &[f64]) -> f64 {
    let x = |input: usize| (2.0 * point.get(input).copied().unwrap_or(0.5) - 1.0) * std::f64::consts::PI;
    let (sine, second, third) = (libm::sin(x(0)), libm::sin(x(1)), x(2));
    sine + 7.0 * second * second + 0.1 * third * third * third * third * sine
}
