//! PROMETHEE I and II: how strongly a unit is preferred to the others, and they to it.

use serde::{Deserialize, Serialize};

use super::problem::{Better, Problem, Ranked};
use crate::matrix::{MatrixError, check_length, check_parameter};
use crate::sense::Sense;
use crate::stats::count;
use crate::sum::{exact_sum, two_sum};

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
            // exp(−8.7²/2) is less than half of the last digit of 1.
            Self::Gaussian { s } => (0.0, 8.7 * s),
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
/// No table of pairs is made: each column is sorted once, what lies beyond the flat ends of the preference function is
/// counted, and the sloping piece of `v_shape` and `linear` is a difference of two running sums, so a column takes
/// n·log n steps; only `gaussian` looks at every pair. Memory is that of the table. Leads are differences of the raw cells.
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
        let weighted = |flows: Vec<f64>| flows.into_iter().map(|flow| flow * weight).collect::<Vec<_>>();
        let (out, into) = flows(&values, preference);
        plus.push(weighted(out));
        minus.push(weighted(into));
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

/// For each value the sum of its preferences over all others, and of theirs over it.
fn flows(values: &[f64], preference: Preference) -> (Vec<f64>, Vec<f64>) {
    if let Preference::Gaussian { .. } = preference {
        return smooth(values, preference);
    }
    let mirrored: Vec<f64> = values.iter().map(|value| -value).collect();
    (outflow(values, preference), outflow(&mirrored, preference))
}

/// Every pair: a smooth function has no flat end, but for leads beyond which the preference is 1 to the last digit. The
/// pairs are those of the sorted values, so the sums do not depend on the order of the units.
fn smooth(values: &[f64], preference: Preference) -> (Vec<f64>, Vec<f64>) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let sorted: Vec<f64> = order.iter().map(|&at| values[at]).collect();
    let (_, full) = preference.flats();
    let (mut out, mut into) = (vec![0.0; values.len()], vec![0.0; values.len()]);
    for (at, &value) in sorted.iter().enumerate() {
        let counted = sorted[..at].partition_point(|other| value - other > full);
        let mut sum = count(counted);
        for (other, into) in sorted[counted..at].iter().zip(&mut into[counted..at]) {
            let lead = preference.of(value - other);
            sum += lead;
            *into += lead;
        }
        into[..counted].iter_mut().for_each(|into| *into += 1.0);
        out[at] = sum;
    }
    let mut found = (vec![0.0; values.len()], vec![0.0; values.len()]);
    for (place, &at) in order.iter().enumerate() {
        (found.0[at], found.1[at]) = (out[place], into[place]);
    }
    found
}

/// For each value the sum of its preferences over all others, for a function of straight pieces: what lies beyond the
/// flat end is counted, and the sum of a sloping piece is `(k·(value − q) − Σ others) ÷ (p − q)` over its k others.
fn outflow(values: &[f64], preference: Preference) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (none, full) = preference.flats();
    let sums = Sums::of(&sorted);
    values
        .iter()
        .map(|&value| {
            // Leads fall along the sorted values: first those above `full`, then the sloping part, then none.
            let counted = sorted.partition_point(|other| value - other > full);
            let end = sorted.partition_point(|other| value - other > none);
            let between = count(end - counted);
            let sloping = match preference {
                Preference::Level { .. } => between / 2.0,
                Preference::VShape { p } => sums.lead(value, counted, end) / p,
                Preference::Linear { q, p } => (sums.lead(value, counted, end) - between * q) / (p - q),
                Preference::Usual | Preference::UShape { .. } | Preference::Gaussian { .. } => 0.0,
            };
            // A full lead that is not above the flat end is full all the same.
            let sloping = sloping.clamp(0.0, between);
            count(counted) + if end > counted { sloping } else { 0.0 }
        })
        .collect()
}

/// Sums of the first values, each as two numbers, the second of which is what the first rounds away.
struct Sums(Vec<(f64, f64)>);

impl Sums {
    fn of(sorted: &[f64]) -> Self {
        let mut sum = (0.0, 0.0);
        let mut all = vec![sum];
        for value in sorted {
            sum = plus(sum, (*value, 0.0));
            all.push(sum);
        }
        Self(all)
    }

    /// `Σ (value − other)` over the values of a range of places.
    fn lead(&self, value: f64, from: usize, to: usize) -> f64 {
        let (before, all) = (self.0[from], self.0[to]);
        let others = plus(all, (-before.0, -before.1));
        let (high, low) = plus(product(count(to - from), value), (-others.0, -others.1));
        high + low
    }
}

/// The sum of two numbers of two parts.
fn plus(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let (high, low) = two_sum(a.0, b.0);
    two_sum(high, low + (a.1 + b.1))
}

/// A product as two numbers (T. J. Dekker, Numerische Mathematik 18 (1971) 224–242).
fn product(a: f64, b: f64) -> (f64, f64) {
    let halves = |x: f64| {
        let scaled = 134_217_729.0 * x;
        let high = scaled - (scaled - x);
        (high, x - high)
    };
    let whole = a * b;
    let ((a1, a2), (b1, b2)) = (halves(a), halves(b));
    let low = a2 * b2 - (((whole - a1 * b1) - a2 * b1) - a1 * b2);
    // Beyond 10³⁰⁰ the halves leave the range; there the product alone has to do.
    (whole, if low.is_finite() { low } else { 0.0 })
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
