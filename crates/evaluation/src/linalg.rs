//! What is needed of linear algebra, from `nalgebra` without machine-dependent kernels.

use nalgebra::{DMatrix, SymmetricEigen};

use crate::matrix::MatrixError;

/// How long an iteration of the library may run; it converges in a few steps per number.
const MOST_STEPS: usize = 100_000;

/// Eigenvalues from the greatest, with an eigenvector each whose largest component (of equals the first) is positive.
pub(crate) fn symmetric_eigen(method: &'static str, table: &[Vec<f64>]) -> Result<Vec<(f64, Vec<f64>)>, MatrixError> {
    let n = table.len();
    let eigen = SymmetricEigen::try_new(DMatrix::from_fn(n, n, |row, column| table[row][column]), 1e-15, MOST_STEPS)
        .ok_or_else(|| MatrixError::NoAnswer { method, reason: "the eigenvalues were not found".to_owned() })?;
    let mut pairs: Vec<(f64, Vec<f64>)> = (0..n)
        .map(|at| (eigen.eigenvalues[at], upright(eigen.eigenvectors.column(at).iter().copied().collect())))
        .collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(pairs)
}

/// The right singular vectors of a square table with their singular values, from the least.
pub(crate) fn null_vectors(method: &'static str, table: &[Vec<f64>]) -> Result<Vec<(f64, Vec<f64>)>, MatrixError> {
    let n = table.len();
    let failed = || MatrixError::NoAnswer { method, reason: "the singular values were not found".to_owned() };
    let svd = DMatrix::from_fn(n, n, |row, column| table[row][column])
        .try_svd(false, true, 1e-15, MOST_STEPS)
        .ok_or_else(failed)?;
    let right = svd.v_t.ok_or_else(failed)?;
    let mut pairs: Vec<(f64, Vec<f64>)> =
        (0..n).map(|at| (svd.singular_values[at], upright(right.row(at).iter().copied().collect()))).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(pairs)
}

/// The greatest real eigenvalue of a table of positive numbers (it exists: Perron, Frobenius).
pub(crate) fn perron_root(method: &'static str, table: &[Vec<f64>]) -> Result<f64, MatrixError> {
    let n = table.len();
    let failed = || MatrixError::NoAnswer { method, reason: "the principal eigenvalue was not found".to_owned() };
    let schur = nalgebra::Schur::try_new(DMatrix::from_fn(n, n, |row, column| table[row][column]), 1e-15, MOST_STEPS)
        .ok_or_else(failed)?;
    let root = schur.complex_eigenvalues().iter().map(|value| value.re).fold(f64::NEG_INFINITY, f64::max);
    if root.is_finite() { Ok(root) } else { Err(failed()) }
}

/// The solution of a square system, or `None` if it is singular.
pub(crate) fn solve(table: &[Vec<f64>], right: &[f64]) -> Option<Vec<f64>> {
    let n = right.len();
    let lu = DMatrix::from_fn(n, n, |row, column| table[row][column]).lu();
    let solution = lu.solve(&nalgebra::DVector::from_column_slice(right))?;
    let solution: Vec<f64> = solution.iter().copied().collect();
    solution.iter().all(|value| value.is_finite()).then_some(solution)
}

fn upright(mut vector: Vec<f64>) -> Vec<f64> {
    let largest = (1..vector.len()).fold(0, |best, at| if vector[at].abs() > vector[best].abs() { at } else { best });
    if vector.get(largest).is_some_and(|value| *value < 0.0) {
        for value in &mut vector {
            *value = -*value;
        }
    }
    vector
}
