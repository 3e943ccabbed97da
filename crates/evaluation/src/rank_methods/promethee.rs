//! PROMETHEE I and II: how strongly a unit is preferred to the others, and they to it.

use serde::{Deserialize, Serialize};

use super::problem::{Better, Problem, Ranked};
use crate::matrix::{MatrixError, check_length, check_parameter};
use crate::sense::Sense;
use crate::stats::count;
use crate::sum::exact_sum;

/// How a lead `d` in one indicator becomes a preference in [0, 1]; a lead of zero or less is always 0.
///
/// | name | preference |
/// |---|---|
/// | `usual` | 1 if `d > 0` |
/// | `u_shape` | 1 if `d > q` |
/// | `v_shape` | `min(d/p, 1)` |
/// | `level` | 0 up to `q`, ½ up to `p`, then 1 |
/// | `linear` | 0 up to `q`, `(d − q)/(p − q)` up to `p`, then 1 |
/// | `gaussian` | `1 − exp(−d²/2s²)` |
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "function", deny_unknown_fields)]
pub enum Preference {
    /// Any lead is a full preference.
    Usual,
    /// A lead above `q` is a full preference.
    UShape {
        /// The lead up to which there is none.
        q: f64,
    },
    /// The preference grows up to `p`.
    VShape {
        /// The lead from which it is full.
        p: f64,
    },
    /// None, half, full.
    Level {
        /// The lead up to which there is none.
        q: f64,
        /// The lead up to which it is half.
        p: f64,
    },
    /// None up to `q`, growing up to `p`.
    Linear {
        /// The lead up to which there is none.
        q: f64,
        /// The lead from which it is full.
        p: f64,
    },
    /// Growing smoothly.
    Gaussian {
        /// The lead at the turning point.
        s: f64,
    },
}

impl Preference {
    fn check(self) -> Result<(), MatrixError> {
        match self {
            Self::Usual => Ok(()),
            Self::UShape { q } => check_parameter("q", q, "q is not negative", q >= 0.0),
            Self::VShape { p } => check_parameter("p", p, "p is above zero", p > 0.0),
            Self::Level { q, p } | Self::Linear { q, p } => {
                check_parameter("q", q, "q is not negative", q >= 0.0)?;
                check_parameter("p", p, "p is not below q", p >= q)
            }
            Self::Gaussian { s } => check_parameter("s", s, "s is above zero", s > 0.0),
        }
    }

    /// The preference of a lead.
    #[must_use]
    pub fn of(self, lead: f64) -> f64 {
        let step = |holds: bool| if holds { 1.0 } else { 0.0 };
        if lead <= 0.0 {
            return 0.0;
        }
        match self {
            Self::Usual => 1.0,
            Self::UShape { q } => step(lead > q),
            Self::VShape { p } => {
                if lead >= p {
                    1.0
                } else {
                    lead / p
                }
            }
            Self::Level { q, p } => {
                if lead > p {
                    1.0
                } else {
                    step(lead > q) / 2.0
                }
            }
            Self::Linear { q, p } => {
                if lead > p {
                    1.0
                } else if lead > q {
                    (lead - q) / (p - q)
                } else {
                    0.0
                }
            }
            Self::Gaussian { s } => 1.0 - libm::exp(-(lead * lead) / (2.0 * s * s)),
        }
    }

    /// The lead up to which there is no preference, and the lead above which it is full.
    fn flats(self) -> (f64, f64) {
        match self {
            Self::Usual => (0.0, 0.0),
            Self::UShape { q } => (q, q),
            Self::VShape { p } => (0.0, p),
            Self::Level { q, p } | Self::Linear { q, p } => (q, p),
            Self::Gaussian { .. } => (0.0, f64::INFINITY),
        }
    }
}

/// The parameters of [`promethee`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Promethee {
    /// The preference function of each column, or one for all.
    pub preference: Vec<Preference>,
}

impl Default for Promethee {
    fn default() -> Self {
        Self { preference: vec![Preference::Usual] }
    }
}

/// PROMETHEE II, with the flows of PROMETHEE I among the parts.
///
/// `π(a, b) = Σ w·P(lead of a over b)`, `φ⁺(a) = Σ_b π(a, b)/(n − 1)`, `φ⁻(a) = Σ_b π(b, a)/(n − 1)`, score
/// `φ = φ⁺ − φ⁻`, higher is better. Parts: `phi_plus`, `phi_minus`.
/// Source: J.-P. Brans, Ph. Vincke, B. Mareschal, European Journal of Operational Research 24 (1986) 228–238.
///
/// No table of pairs is made: each column is sorted once, and what lies beyond the flat ends of the preference function
/// is counted, not summed; memory is a few vectors of n. Leads are differences of the raw cells.
///
/// Constant columns: no preference either way. Zeros and negative cells are values as any other. `NaN`: the matrix has
/// none. Ties: equal cells have no preference; equal scores share a rank.
///
/// # Errors
/// [`MatrixError::TooSmall`] for fewer than two units, [`MatrixError::Parameter`] for a threshold out of range,
/// [`MatrixError::Length`] if the functions are neither one nor as many as the columns.
pub fn promethee(problem: &Problem<'_>, options: &Promethee) -> Result<Ranked, MatrixError> {
    let matrix = problem.matrix();
    matrix.at_least(2, 1)?;
    if options.preference.len() != 1 {
        check_length("preference functions", options.preference.len(), matrix.columns())?;
    }
    let mut plus = Vec::with_capacity(matrix.columns());
    let mut minus = Vec::with_capacity(matrix.columns());
    for column in 0..matrix.columns() {
        let preference = options.preference[if options.preference.len() == 1 { 0 } else { column }];
        preference.check()?;
        let sign = if problem.senses()[column] == Sense::Benefit { 1.0 } else { -1.0 };
        let values: Vec<f64> = matrix.column(column).iter().map(|value| sign * value).collect();
        let weight = problem.weights()[column] / (count(matrix.rows()) - 1.0);
        let mirrored: Vec<f64> = values.iter().map(|value| -value).collect();
        plus.push(outflow(&values, preference).into_iter().map(|flow| flow * weight).collect::<Vec<_>>());
        minus.push(outflow(&mirrored, preference).into_iter().map(|flow| flow * weight).collect::<Vec<_>>());
    }
    let total = |flows: &[Vec<f64>]| -> Vec<f64> {
        (0..matrix.rows()).map(|row| exact_sum(flows.iter().map(|flow| flow[row]))).collect()
    };
    let score = (0..matrix.rows())
        .map(|row| exact_sum(plus.iter().map(|flow| flow[row]).chain(minus.iter().map(|flow| -flow[row]))))
        .collect();
    let parts = vec![("phi_plus", total(&plus)), ("phi_minus", total(&minus))];
    Ranked::checked(matrix, "promethee_ii", score, Better::Higher, parts)
}

/// For each value the sum of its preferences over all others.
fn outflow(values: &[f64], preference: Preference) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (none, full) = preference.flats();
    values
        .iter()
        .map(|&value| {
            // Leads fall along the sorted values: first those above `full`, then the sloping part, then none.
            let counted = sorted.partition_point(|other| value - other > full);
            let end = sorted.partition_point(|other| value - other > none);
            let sloping: f64 = sorted[counted..end].iter().map(|other| preference.of(value - other)).sum();
            count(counted) + sloping
        })
        .collect()
}

/// How two units stand in the partial order of PROMETHEE I.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The first is preferred.
    Preferred,
    /// The second is preferred.
    PreferredTo,
    /// Both flows are the same.
    Indifferent,
    /// Each is better by one flow.
    Incomparable,
}

/// PROMETHEE I: `a` is preferred if it leaves no less and takes in no more than `b`, and one of the two is strict.
///
/// Given the flows of [`promethee`]; flows are the same if they are the same number. Units out of range, or a result
/// without flows, are incomparable.
#[must_use]
pub fn partial_order(result: &Ranked, a: usize, b: usize) -> Relation {
    let flows = |unit: usize| {
        let plus = result.part("phi_plus").and_then(|values| values.get(unit));
        let minus = result.part("phi_minus").and_then(|values| values.get(unit));
        plus.zip(minus)
    };
    let (Some((plus_a, minus_a)), Some((plus_b, minus_b))) = (flows(a), flows(b)) else {
        return Relation::Incomparable;
    };
    if plus_a == plus_b && minus_a == minus_b {
        Relation::Indifferent
    } else if plus_a >= plus_b && minus_a <= minus_b {
        Relation::Preferred
    } else if plus_a <= plus_b && minus_a >= minus_b {
        Relation::PreferredTo
    } else {
        Relation::Incomparable
    }
}
