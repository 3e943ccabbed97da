//! Weights made of several sets of weights: game theory, and the means.

use serde::{Deserialize, Serialize};

use crate::linalg::solve;
use crate::matrix::{MatrixError, check_length};
use crate::stats::{count, shares};
use crate::sum::exact_sum;

/// How several sets of weights become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combination {
    /// The combination nearest to all sets (博弈论组合赋权).
    #[default]
    GameTheory,
    /// The product of the sets, scaled to the sum 1 (乘法合成).
    Product,
    /// The mean of the sets.
    Mean,
}

/// Weights and the share of each set in them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Combined {
    /// The weights, of the sum 1.
    pub weights: Vec<f64>,
    /// For game theory and the mean, the share of each set; empty for the product.
    pub coefficients: Vec<f64>,
}

/// Combines sets of weights.
///
/// Game theory: `w = Σ αₖ·wₖ` with the least `Σⱼ ‖w − wⱼ‖²`-conditions `Σₖ αₖ·(wⱼ·wₖ) = wⱼ·wⱼ`; the coefficients are
/// scaled to the sum 1. A set whose coefficient is negative is left out and the rest solved again, so that no weight is
/// negative. If the sets are linearly dependent (two equal ones, for instance) the conditions have no single solution:
/// then the sets in play count the same. Product: `Π wₖ` of each column; if it is 0 throughout, weights are equal.
/// Source: Y. Chen et al., *A combination weighting method based on game theory*, Fuzzy Systems and Mathematics 17 (2003).
///
/// Each set is scaled to the sum 1 first. Zeros are allowed. Negative weights and `NaN` are refused.
///
/// # Errors
/// [`MatrixError::TooSmall`] without sets, [`MatrixError::Length`] if they differ in length, [`MatrixError::Weight`].
pub fn combine(sets: &[Vec<f64>], how: Combination) -> Result<Combined, MatrixError> {
    let Some(first) = sets.first().filter(|first| !first.is_empty()) else {
        return Err(MatrixError::TooSmall { rows: sets.len(), columns: 0, least_rows: 1, least_columns: 1 });
    };
    let mut scaled = Vec::with_capacity(sets.len());
    for set in sets {
        check_length("weights of a set", set.len(), first.len())?;
        let bad = set.iter().position(|weight| !weight.is_finite() || *weight < 0.0);
        if bad.is_some() || exact_sum(set.iter().copied()) <= 0.0 {
            let at = bad.unwrap_or(0);
            let rule = "weights of a set are finite, not negative, and not all zero";
            return Err(MatrixError::Weight { column: (at + 1).to_string(), value: set[at], rule });
        }
        scaled.push(shares(set));
    }
    let coefficients = match how {
        Combination::GameTheory => game(&scaled),
        Combination::Mean => vec![1.0 / count(sets.len()); sets.len()],
        Combination::Product => {
            let product =
                (0..first.len()).map(|column| scaled.iter().map(|set| set[column]).product()).collect::<Vec<f64>>();
            return Ok(Combined { weights: shares(&product), coefficients: Vec::new() });
        }
    };
    let mixed = |column: usize| exact_sum(scaled.iter().zip(&coefficients).map(|(set, share)| share * set[column]));
    Ok(Combined { weights: shares(&(0..first.len()).map(mixed).collect::<Vec<_>>()), coefficients })
}

fn game(sets: &[Vec<f64>]) -> Vec<f64> {
    let product = |a: usize, b: usize| exact_sum(sets[a].iter().zip(&sets[b]).map(|(x, y)| x * y));
    let mut players: Vec<usize> = (0..sets.len()).collect();
    loop {
        let mut coefficients = vec![0.0; sets.len()];
        let table: Vec<Vec<f64>> = players.iter().map(|&a| players.iter().map(|&b| product(a, b)).collect()).collect();
        let right: Vec<f64> = players.iter().map(|&a| product(a, a)).collect();
        let solution = if dependent(&table) { None } else { solve(&table, &right) };
        let Some(solution) = solution else {
            for &player in &players {
                coefficients[player] = 1.0 / count(players.len());
            }
            return coefficients;
        };
        if solution.iter().all(|value| *value >= 0.0) {
            for (&player, share) in players.iter().zip(shares(&solution)) {
                coefficients[player] = share;
            }
            return coefficients;
        }
        let mut kept = solution.iter().map(|value| *value >= 0.0);
        players.retain(|_| kept.next().unwrap_or(true));
    }
}

/// Whether two sets are the same up to rounding, or the whole table has no inverse.
fn dependent(table: &[Vec<f64>]) -> bool {
    let n = table.len();
    (0..n).any(|a| {
        (a + 1..n).any(|b| table[a][a] * table[b][b] - table[a][b] * table[a][b] <= 1e-14 * table[a][a] * table[b][b])
    })
}
