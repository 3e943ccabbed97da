//! What peers get wrong, and we must not.

use evaluation::matrix::{Matrix, MatrixError};
use evaluation::rank_methods::{Better, Copras, Weighted, copras};
use evaluation::rank_methods::{
    Norm, Problem, Topsis, Vikor, copeland_with_missing, normalise, ranks, topsis, vikor, weighted_sum,
};
use evaluation::sense::Sense;
use evaluation::weigh::{Entropy, Merec, critic, entropy, merec};

use crate::support::{matrix, near};

const BENEFIT: Sense = Sense::Benefit;

/// COINr: with missing cells the score of a unit depends on the row it stands in (−14 first, +19 last).
#[test]
fn copeland_with_missing_cells_does_not_depend_on_the_order_of_rows() {
    let gap = f64::NAN;
    let rows = [[1.0, gap, 3.0], [gap, 5.0, 1.0], [2.0, 4.0, gap], [gap, gap, 2.0], [3.0, 1.0, gap], [gap, gap, gap]];
    let score = |order: &[usize]| {
        let columns: Vec<Vec<f64>> =
            (0..3).map(|column| order.iter().map(|&row| rows[row][column]).collect()).collect();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let result = copeland_with_missing(&columns, &[1.0, 1.0, 1.0], &[BENEFIT; 3]).unwrap();
        let mut by_unit = vec![0.0; order.len()];
        for (place, &unit) in order.iter().enumerate() {
            by_unit[unit] = result.score[place];
        }
        by_unit
    };
    let wanted = score(&[0, 1, 2, 3, 4, 5]);
    assert_eq!(score(&[5, 4, 3, 2, 1, 0]), wanted);
    assert_eq!(score(&[3, 0, 5, 1, 4, 2]), wanted);
    assert_eq!(wanted.iter().sum::<f64>(), 0.0, "what one wins another loses");
    assert_eq!(wanted[5], 0.0, "a unit without any cell is compared with nobody");
}

/// pymcdm, pyDecision: one `NaN` makes every score `NaN`, and no error; scikit-criteria: a message without the cell.
#[test]
fn a_missing_cell_is_refused_by_name() {
    let names = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let cells = vec![1.0, 2.0, 3.0, 4.0, f64::NAN, 6.0];
    let error =
        Matrix::from_columns(names(&["许昌市", "绍兴市", "三亚市"]), names(&["回收率", "填埋率"]), cells).unwrap_err();
    assert_eq!(
        error,
        MatrixError::NotFinite { row: "绍兴市".to_owned(), column: "填埋率".to_owned(), value: "NaN".to_owned() }
    );
    assert!(error.to_string().contains("row 绍兴市, column 填埋率"));
}

/// pymcdm: entropy and MEREC stop with an error at any zero.
#[test]
fn zeros_have_a_weight_by_entropy() {
    let table = matrix(&[vec![0.0, 1.0], vec![1.0, 1.5], vec![1.0, 2.0]]);
    let weights = entropy(&table, &[BENEFIT; 2], Entropy::default()).unwrap();
    // Column 1: p = 0, ½, ½, E = ln 2/ln 3.
    let first = 1.0 - 2_f64.ln() / 3_f64.ln();
    let p = [1.0 / 4.5, 1.5 / 4.5, 2.0 / 4.5];
    let second = 1.0 + p.iter().map(|p: &f64| p * p.ln()).sum::<f64>() / 3_f64.ln();
    near("entropy with a zero", &weights, &[first / (first + second), second / (first + second)], 1e-12);
}

#[test]
fn zeros_in_merec_are_refused_by_name_or_moved() {
    let table = matrix(&[vec![0.0, 1.0], vec![1.0, 1.5], vec![1.0, 2.0]]);
    let error = merec(&table, &[BENEFIT; 2], Merec::default()).unwrap_err();
    assert!(matches!(&error, MatrixError::Domain { row, column, .. } if row == "1" && column == "1"), "{error}");
    let weights = merec(&table, &[BENEFIT; 2], Merec { shift: 0.01 }).unwrap();
    assert!(weights.iter().all(|weight| weight.is_finite() && *weight > 0.0));
}

/// pymcdm: CRITIC gives `NaN` for all weights if one column is constant.
#[test]
fn a_constant_column_gets_no_weight_and_spoils_no_other() {
    let with = matrix(&[vec![1.0, 7.0, 2.0], vec![2.0, 7.0, 1.0], vec![4.0, 7.0, 3.0], vec![3.0, 7.0, 9.0]]);
    let without = with.select_columns(&[0, 2]).unwrap();
    let weights = critic(&with, &[BENEFIT; 3]).unwrap();
    let alone = critic(&without, &[BENEFIT; 2]).unwrap();
    near("critic", &weights, &[alone[0], 0.0, alone[1]], 1e-15);
    let weights = entropy(&with, &[BENEFIT; 3], Entropy::default()).unwrap();
    assert_eq!(weights[1], 0.0);
    let same = matrix(&[vec![7.0, 7.0], vec![7.0, 7.0]]);
    assert_eq!(critic(&same, &[BENEFIT; 2]).unwrap(), [0.5, 0.5]);
}

/// COINr: min–max of a constant column is `NaN` and then dropped by re-weighting in silence.
#[test]
fn a_constant_column_is_normalised_to_numbers() {
    let table = matrix(&[vec![7.0, 1.0], vec![7.0, 2.0]]);
    for norm in [Norm::MinMax, Norm::Max, Norm::Sum, Norm::Vector, Norm::Linear, Norm::EnhancedAccuracy] {
        for sense in [Sense::Benefit, Sense::Cost] {
            let normal = normalise(&table, norm, &[sense; 2]).unwrap();
            assert_eq!(normal.get(0, 0).to_bits(), normal.get(1, 0).to_bits(), "{norm:?}");
        }
    }
}

/// JMcDM, pyrepo-mcda: VIKOR and COPRAS give `NaN` for all if a column is constant or a weight is 0.
#[test]
fn vikor_stands_a_constant_column_and_a_zero_weight() {
    let table = matrix(&[vec![1.0, 5.0, 3.0], vec![2.0, 5.0, 1.0], vec![3.0, 5.0, 2.0]]);
    let senses = [BENEFIT; 3];
    let all = vikor(&Problem::new(&table, &[1.0, 1.0, 0.0], &senses).unwrap(), Vikor::default()).unwrap();
    assert_eq!(all.score, [1.0, 0.5, 0.0]);
    let same = matrix(&[vec![1.0], vec![1.0]]);
    let same = vikor(&Problem::new(&same, &[1.0], &senses[..1]).unwrap(), Vikor::default()).unwrap();
    assert_eq!(same.score, [0.0, 0.0]);
    let table = matrix(&[vec![4.0, 5.0], vec![2.0, 5.0]]);
    let senses = [BENEFIT, Sense::Cost];
    let result = copras(&Problem::new(&table, &[0.5, 0.5], &senses).unwrap(), Copras::default()).unwrap();
    assert!(result.score[0] > result.score[1]);
}

/// scikit-criteria: TOPSIS and the weighted sum fail on a column of zeros.
#[test]
fn a_column_of_zeros_adds_nothing() {
    let table = matrix(&[vec![0.0, 1.0], vec![0.0, 2.0], vec![0.0, 3.0]]);
    let problem = Problem::new(&table, &[0.5, 0.5], &[BENEFIT; 2]).unwrap();
    let result = topsis(&problem, Topsis::default()).unwrap();
    near("topsis", &result.score, &[0.0, 0.5, 1.0], 1e-12);
    let result = weighted_sum(&problem, Weighted { normalise: Norm::Sum }).unwrap();
    near("weighted sum", &result.score, &[0.5 / 6.0, 1.0 / 6.0, 0.25], 1e-15);
}

/// TOPSIS-Python: the order of the units is given out as their ranks.
#[test]
fn ranks_are_places_and_equal_scores_share_the_best() {
    assert_eq!(ranks(&[0.2, 0.9, 0.5, 0.9, 0.1], Better::Higher), [4, 1, 3, 1, 5]);
    assert_eq!(ranks(&[0.2, 0.9, 0.5, 0.9, 0.1], Better::Lower), [2, 4, 3, 4, 1]);
}

/// xarray-spatial: a weight that is `NaN` passes the check of the sum.
#[test]
fn weights_that_are_none_are_refused() {
    let table = matrix(&[vec![1.0, 2.0], vec![2.0, 1.0]]);
    for weights in [[f64::NAN, 1.0], [-0.5, 1.5], [0.0, 0.0], [f64::INFINITY, 1.0]] {
        assert!(
            matches!(Problem::new(&table, &weights, &[BENEFIT; 2]), Err(MatrixError::Weight { .. })),
            "{weights:?}"
        );
    }
    assert!(matches!(Problem::new(&table, &[1.0], &[BENEFIT; 2]), Err(MatrixError::Length { .. })));
}

/// pymcdm: COPRAS adds costs as if they were benefits.
#[test]
fn more_costs_are_less_significance() {
    let table = matrix(&[vec![5.0, 1.0], vec![5.0, 3.0]]);
    let senses = [BENEFIT, Sense::Cost];
    let result = copras(&Problem::new(&table, &[0.5, 0.5], &senses).unwrap(), Copras::default()).unwrap();
    assert_eq!(result.ranks(), [1, 2]);
    // Q₁ = ½·½ + ½·(1/1)/(1/1 + 1/3) = 0.625, Q₂ = 0.25 + ½·(1/3)/(4/3) = 0.375.
    near("copras", &result.score, &[1.0, 0.6], 1e-15);
}
