//! What a ranking method is given and what it gives back.

use serde::Serialize;

use crate::matrix::{Matrix, MatrixError, check_length};
use crate::sense::Sense;
use crate::sum::exact_sum;

/// A table, a weight and a sense for each of its columns.
///
/// The weights are used as they are given, not scaled: several methods have scores that grow with the sum of the
/// weights. [`Matrix::weights`] scales them to the sum 1.
#[derive(Clone, Debug)]
pub struct Problem<'a> {
    matrix: &'a Matrix,
    weights: &'a [f64],
    senses: &'a [Sense],
}

impl<'a> Problem<'a> {
    /// Checks that the parts belong together.
    ///
    /// # Errors
    /// [`MatrixError::TooSmall`] for an empty table, [`MatrixError::Length`] if a column has no weight or sense,
    /// [`MatrixError::Weight`] for a weight that is negative or `NaN`, or if all are zero.
    pub fn new(matrix: &'a Matrix, weights: &'a [f64], senses: &'a [Sense]) -> Result<Self, MatrixError> {
        matrix.at_least(1, 1)?;
        matrix.weights(weights)?;
        check_length("senses", senses.len(), matrix.columns())?;
        Ok(Self { matrix, weights, senses })
    }

    /// The table.
    #[must_use]
    pub fn matrix(&self) -> &'a Matrix {
        self.matrix
    }

    /// The weights as given.
    #[must_use]
    pub fn weights(&self) -> &'a [f64] {
        self.weights
    }

    /// The sense of each column.
    #[must_use]
    pub fn senses(&self) -> &'a [Sense] {
        self.senses
    }

    /// The number of units.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.matrix.rows()
    }

    /// The best and the worst value of a column.
    pub(crate) fn best_and_worst(&self, column: usize) -> (f64, f64) {
        let (low, high) = crate::stats::range(self.matrix.column(column));
        match self.senses[column] {
            Sense::Benefit => (high, low),
            Sense::Cost => (low, high),
        }
    }

    /// Fails unless every cell is at least zero and every cost above it.
    pub(crate) fn require_ratios(&self, method: &'static str) -> Result<(), MatrixError> {
        let matrix = self.matrix;
        for (column, values) in matrix.iter_columns().enumerate() {
            let cost = self.senses[column] == Sense::Cost;
            if let Some(row) = values.iter().position(|x| if cost { *x <= 0.0 } else { *x < 0.0 }) {
                return Err(MatrixError::Domain {
                    method,
                    row: matrix.row_name(row).into_owned(),
                    column: matrix.column_name(column).into_owned(),
                    value: values[row],
                    rule: "a benefit is not negative, a cost is above zero",
                });
            }
        }
        Ok(())
    }

    /// For each unit the sum over the columns of `term(column, cell)`.
    pub(crate) fn row_sums(&self, table: &Matrix, term: impl Fn(usize, f64) -> f64) -> Vec<f64> {
        (0..table.rows())
            .map(|row| exact_sum(table.row(row).enumerate().map(|(column, cell)| term(column, cell))))
            .collect()
    }
}

/// Whether a high or a low score is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// The highest score is ranked first.
    Higher,
    /// The lowest score is ranked first.
    Lower,
}

/// An intermediate result, one number for each unit, for the report and for checking by hand.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// The name in the method's formula.
    pub name: &'static str,
    /// One number for each unit.
    pub values: Vec<f64>,
}

/// The scores of a method.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranked {
    /// One score for each unit.
    pub score: Vec<f64>,
    /// How the scores are to be read.
    pub better: Better,
    /// What the scores were made of.
    pub parts: Vec<Part>,
}

impl Ranked {
    pub(crate) fn checked(
        problem_rows: &Matrix,
        method: &'static str,
        score: Vec<f64>,
        better: Better,
        parts: Vec<(&'static str, Vec<f64>)>,
    ) -> Result<Self, MatrixError> {
        if let Some(row) = score.iter().position(|value| !value.is_finite()) {
            let reason = format!("the score of row {} is {}", problem_rows.row_name(row), score[row]);
            return Err(MatrixError::NoAnswer { method, reason });
        }
        let parts = parts.into_iter().map(|(name, values)| Part { name, values }).collect();
        Ok(Self { score, better, parts })
    }

    /// The intermediate result of a name.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&[f64]> {
        self.parts.iter().find(|part| part.name == name).map(|part| part.values.as_slice())
    }

    /// The rank of each unit, from 1; equal scores share the best rank of theirs (1, 2, 2, 4).
    #[must_use]
    pub fn ranks(&self) -> Vec<usize> {
        ranks(&self.score, self.better)
    }
}

/// Ranks from 1; equal scores share the best rank of theirs. Two scores are equal if they are the same number.
#[must_use]
pub fn ranks(score: &[f64], better: Better) -> Vec<usize> {
    let mut order: Vec<usize> = (0..score.len()).collect();
    order.sort_by(|&a, &b| match better {
        Better::Higher => score[b].total_cmp(&score[a]),
        Better::Lower => score[a].total_cmp(&score[b]),
    });
    let mut ranks = vec![0; score.len()];
    let mut shared = 0;
    for (place, &unit) in order.iter().enumerate() {
        let tied = place > 0 && score[unit] == score[order[place - 1]];
        if !tied {
            shared = place + 1;
        }
        ranks[unit] = shared;
    }
    ranks
}
