//! Weights from principal components and factor analysis with varimax rotation.

use serde::{Deserialize, Serialize};

use crate::linalg::symmetric_eigen;
use crate::matrix::{Matrix, MatrixError};
use crate::stats::{count, is_constant, pearson, shares};
use crate::sum::exact_sum;

/// Which factors are kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "rule", deny_unknown_fields)]
pub enum Retain {
    /// A number of them.
    Count {
        /// How many.
        factors: usize,
    },
    /// Those with an eigenvalue above a limit (Kaiser: 1).
    Eigenvalue {
        /// The limit.
        above: f64,
    },
    /// As many as are needed to explain a share of the variance.
    Explained {
        /// The share, in (0, 1].
        share: f64,
    },
    /// Those that each explain at least a share (handbook: 0.1).
    Each {
        /// The share, in (0, 1].
        share: f64,
    },
}

/// The parameters of [`factor_analysis`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Factors {
    /// Which factors are kept; if the rule keeps none, the first is.
    pub retain: Retain,
    /// Whether the loadings are rotated by varimax.
    pub rotate: bool,
}

impl Default for Factors {
    fn default() -> Self {
        Self { retain: Retain::Each { share: 0.1 }, rotate: true }
    }
}

/// The factors of a table and the weights made of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FactorResult {
    /// All eigenvalues of the correlations, from the greatest.
    pub eigenvalues: Vec<f64>,
    /// For each column its loading on each kept factor, rotated if asked.
    pub loadings: Vec<Vec<f64>>,
    /// The variance that each kept factor explains: the sum of its squared loadings.
    pub explained: Vec<f64>,
    /// For each column the factor it belongs to.
    pub factor: Vec<usize>,
    /// The weights, of the sum 1.
    pub weights: Vec<f64>,
}

/// Weights by factor analysis: principal components of the correlations, varimax, and the weights of Nicoletti.
///
/// Loadings `l = v·√λ` of the kept components, rotated by varimax (Kaiser's row normalisation). Each factor's squared
/// loadings are scaled to the sum 1, `l²/explained`; a column belongs to the factor in which it has the greatest of these
/// and weighs so much within it; the factor weighs `explained/Σ explained`, and the products are scaled to the sum 1.
/// Source: G. Nicoletti, S. Scarpetta, O. Boylaud, OECD Economics Department Working Paper 226 (2000); OECD handbook 2008,
/// §6.1; H. F. Kaiser, Psychometrika 23 (1958) 187–200.
///
/// Constant columns have no correlation: they take no part and get 0; if all are constant, weights are equal. Zeros and
/// negative cells are values as any other; senses do not matter, for loadings are squared. `NaN`: the matrix has none.
/// Ties: a column that weighs the same in two factors belongs to the first. Signs: each component is turned so that its
/// largest entry is positive.
///
/// # Errors
/// [`MatrixError::TooSmall`] for fewer than two units, [`MatrixError::Parameter`] for a rule out of range,
/// [`MatrixError::NoAnswer`] if the eigenvalues are not found.
pub fn factor_analysis(matrix: &Matrix, options: Factors) -> Result<FactorResult, MatrixError> {
    const NAME: &str = "factor_analysis";
    matrix.at_least(2, 1)?;
    let used: Vec<usize> = (0..matrix.columns()).filter(|&column| !is_constant(matrix.column(column))).collect();
    let correlations: Vec<Vec<f64>> = used
        .iter()
        .map(|&a| {
            used.iter().map(|&b| if a == b { 1.0 } else { pearson(matrix.column(a), matrix.column(b)) }).collect()
        })
        .collect();
    let components = if used.is_empty() { Vec::new() } else { symmetric_eigen(NAME, &correlations)? };
    let eigenvalues: Vec<f64> = components.iter().map(|(value, _)| *value).collect();
    let kept = retained(&eigenvalues, options.retain)?;
    let mut loadings: Vec<Vec<f64>> = (0..used.len())
        .map(|row| components.iter().take(kept).map(|(value, vector)| vector[row] * value.max(0.0).sqrt()).collect())
        .collect();
    if options.rotate {
        varimax(&mut loadings);
    }
    Ok(nicoletti(matrix.columns(), &used, eigenvalues, loadings, kept))
}

fn retained(eigenvalues: &[f64], rule: Retain) -> Result<usize, MatrixError> {
    let out_of_range = |name: &'static str, value: f64| MatrixError::Parameter {
        name,
        value: value.to_string(),
        rule: "a share lies in (0, 1], a number between 1 and the number of columns",
    };
    let total = exact_sum(eigenvalues.iter().copied());
    let within = |share: f64| share > 0.0 && share <= 1.0;
    let kept = match rule {
        Retain::Count { factors } if factors == 0 || factors > eigenvalues.len() => {
            return Err(out_of_range("factors", count(factors)));
        }
        Retain::Explained { share } | Retain::Each { share } if !within(share) => {
            return Err(out_of_range("share", share));
        }
        Retain::Count { factors } => factors,
        Retain::Eigenvalue { above } => eigenvalues.iter().filter(|value| **value > above).count(),
        Retain::Each { share } => eigenvalues.iter().filter(|value| **value >= share * total).count(),
        Retain::Explained { share } => {
            // A hair below the share is the share: sums of eigenvalues are rounded.
            let enough =
                |kept: &usize| exact_sum(eigenvalues[..*kept].iter().copied()) >= share * total - 1e-12 * total;
            (1..=eigenvalues.len()).find(enough).unwrap_or(eigenvalues.len())
        }
    };
    Ok(kept.clamp(1, eigenvalues.len().max(1)))
}

/// Rotates loadings pair by pair until no turn is left to make; Kaiser's row normalisation.
fn varimax(loadings: &mut [Vec<f64>]) {
    const MOST_SWEEPS: usize = 1000;
    let factors = loadings.first().map_or(0, Vec::len);
    if factors < 2 {
        return;
    }
    let lengths: Vec<f64> = loadings.iter().map(|row| exact_sum(row.iter().map(|l| l * l)).sqrt()).collect();
    for (row, length) in loadings.iter_mut().zip(&lengths) {
        row.iter_mut().for_each(|l| *l = if *length > 0.0 { *l / length } else { 0.0 });
    }
    let n = count(loadings.len());
    for _ in 0..MOST_SWEEPS {
        let mut turned = false;
        for a in 0..factors {
            for b in a + 1..factors {
                let (mut us, mut vs) = (Vec::new(), Vec::new());
                for row in loadings.iter() {
                    us.push(row[a] * row[a] - row[b] * row[b]);
                    vs.push(2.0 * row[a] * row[b]);
                }
                let sum = |values: &[f64]| exact_sum(values.iter().copied());
                let product = exact_sum(us.iter().zip(&vs).map(|(u, v)| 2.0 * u * v));
                let difference = exact_sum(us.iter().zip(&vs).map(|(u, v)| u * u - v * v));
                let numerator = product - 2.0 * sum(&us) * sum(&vs) / n;
                let denominator = difference - (sum(&us) * sum(&us) - sum(&vs) * sum(&vs)) / n;
                let angle = libm::atan2(numerator, denominator) / 4.0;
                if angle.abs() > 1e-14 {
                    turned = true;
                    let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
                    for row in loadings.iter_mut() {
                        (row[a], row[b]) = (row[a] * cosine + row[b] * sine, row[b] * cosine - row[a] * sine);
                    }
                }
            }
        }
        if !turned {
            break;
        }
    }
    for (row, length) in loadings.iter_mut().zip(&lengths) {
        row.iter_mut().for_each(|l| *l *= length);
    }
}

fn nicoletti(
    columns: usize,
    used: &[usize],
    eigenvalues: Vec<f64>,
    loadings: Vec<Vec<f64>>,
    kept: usize,
) -> FactorResult {
    let explained: Vec<f64> =
        (0..kept).map(|factor| exact_sum(loadings.iter().filter_map(|row| row.get(factor)).map(|l| l * l))).collect();
    let mut weights = vec![0.0; columns];
    let mut factor = vec![0; columns];
    let mut all = vec![vec![0.0; kept]; columns];
    for (&column, row) in used.iter().zip(loadings) {
        let within = |at: usize| if explained[at] > 0.0 { row[at] * row[at] / explained[at] } else { 0.0 };
        let own = (1..row.len()).fold(0, |best, at| if within(at) > within(best) { at } else { best });
        // (l²/explained)·(explained/Σ explained): what is explained cancels, and the scaling takes the rest.
        weights[column] = row[own] * row[own];
        factor[column] = own;
        all[column] = row;
    }
    FactorResult { eigenvalues, loadings: all, explained, factor, weights: shares(&weights) }
}
