//! A table of numbers, units in rows and indicators in columns, kept column after column.
//!
//! The matrix is the common currency of the weighting and ranking methods. It has no missing cells: a method that has a
//! policy for missing values says so and takes them in another form; every other method is given a matrix, and making
//! one refuses `NaN` and infinities by the name of the unit and of the indicator.

use std::borrow::Cow;
use std::sync::Arc;

/// Why a matrix, a weight vector or a parameter was refused, or why a method has no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MatrixError {
    /// The number of cells is not rows × columns.
    #[error("{cells} cells do not fill {rows} rows of {columns} columns")]
    Shape {
        /// The rows asked for.
        rows: usize,
        /// The columns asked for.
        columns: usize,
        /// The cells given.
        cells: usize,
    },
    /// There is nothing to evaluate.
    #[error("the table has {rows} rows and {columns} columns; at least {least_rows} and {least_columns} are needed")]
    TooSmall {
        /// The rows given.
        rows: usize,
        /// The columns given.
        columns: usize,
        /// The fewest rows.
        least_rows: usize,
        /// The fewest columns.
        least_columns: usize,
    },
    /// The method is exact and its cost grows beyond use above a size.
    #[error("{what}: {given} were given, at most {most} can be computed exactly")]
    TooLarge {
        /// What is counted.
        what: &'static str,
        /// How many were given.
        given: usize,
        /// How many are possible.
        most: usize,
    },
    /// A cell is `NaN` or infinite.
    #[error(
        "row {row}, column {column}: {value} is not a number that can be computed with; treat the missing cell first"
    )]
    NotFinite {
        /// The unit.
        row: String,
        /// The indicator.
        column: String,
        /// The value as printed.
        value: String,
    },
    /// A cell is outside of what the method is defined for.
    #[error("row {row}, column {column}: {value} breaks the rule of {method}: {rule}")]
    Domain {
        /// The method.
        method: &'static str,
        /// The unit.
        row: String,
        /// The indicator.
        column: String,
        /// The value.
        value: f64,
        /// What is asked of it.
        rule: &'static str,
    },
    /// A column as a whole is outside of what the method is defined for.
    #[error("column {column} breaks the rule of {method}: {rule}")]
    Column {
        /// The method.
        method: &'static str,
        /// The indicator.
        column: String,
        /// What is asked of it.
        rule: &'static str,
    },
    /// A vector that goes with the rows or the columns has another length.
    #[error("{what}: {given} given, {needed} needed")]
    Length {
        /// Which vector.
        what: &'static str,
        /// Its length.
        given: usize,
        /// The length needed.
        needed: usize,
    },
    /// A parameter is outside of its range.
    #[error("{name} = {value} breaks the rule: {rule}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// Its value as printed.
        value: String,
        /// What is asked of it.
        rule: &'static str,
    },
    /// Weights that are negative, not finite, or all zero.
    #[error("weight of column {column} = {value}: {rule}")]
    Weight {
        /// The indicator.
        column: String,
        /// The weight.
        value: f64,
        /// What is asked of it.
        rule: &'static str,
    },
    /// The data leave the method without an answer.
    #[error("{method} has no answer: {reason}")]
    NoAnswer {
        /// The method.
        method: &'static str,
        /// Why.
        reason: String,
    },
}

/// A dense table of finite numbers, column-major, with the names of its rows and columns.
///
/// Cloning shares the names and copies the numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    cells: Vec<f64>,
    row_names: Arc<[String]>,
    column_names: Arc<[String]>,
}

impl Matrix {
    /// Makes a matrix from its cells, column after column.
    ///
    /// # Errors
    /// [`MatrixError::Shape`] if the numbers do not fit, [`MatrixError::NotFinite`] for a `NaN` or an infinity.
    pub fn from_columns(
        row_names: impl Into<Arc<[String]>>,
        column_names: impl Into<Arc<[String]>>,
        cells: Vec<f64>,
    ) -> Result<Self, MatrixError> {
        let (row_names, column_names) = (row_names.into(), column_names.into());
        let (rows, columns) = (row_names.len(), column_names.len());
        let matrix = Self { rows, columns, cells, row_names, column_names };
        matrix.checked()
    }

    /// Makes a matrix without names from its rows; rows and columns are called by their number, from 1.
    ///
    /// # Errors
    /// As [`Matrix::from_columns`]; the rows must have one length.
    pub fn from_rows<R: AsRef<[f64]>>(rows: &[R]) -> Result<Self, MatrixError> {
        let columns = rows.first().map_or(0, |row| row.as_ref().len());
        let mut cells = Vec::with_capacity(rows.len() * columns);
        for column in 0..columns {
            cells.extend(rows.iter().filter_map(|row| row.as_ref().get(column).copied()));
        }
        let given: usize = rows.iter().map(|row| row.as_ref().len()).sum();
        if given != rows.len() * columns {
            return Err(MatrixError::Shape { rows: rows.len(), columns, cells: given });
        }
        Self::unnamed(rows.len(), columns, cells)
    }

    /// Makes a matrix without names from its cells, column after column.
    ///
    /// # Errors
    /// As [`Matrix::from_columns`].
    pub fn unnamed(rows: usize, columns: usize, cells: Vec<f64>) -> Result<Self, MatrixError> {
        Self { rows, columns, cells, row_names: Arc::default(), column_names: Arc::default() }.checked()
    }

    /// A matrix of the same names whose cells are `cells`.
    ///
    /// # Errors
    /// As [`Matrix::from_columns`].
    pub fn with_cells(&self, cells: Vec<f64>) -> Result<Self, MatrixError> {
        Self { cells, ..self.shell() }.checked()
    }

    fn shell(&self) -> Self {
        Self {
            rows: self.rows,
            columns: self.columns,
            cells: Vec::new(),
            row_names: Arc::clone(&self.row_names),
            column_names: Arc::clone(&self.column_names),
        }
    }

    fn checked(self) -> Result<Self, MatrixError> {
        if self.cells.len() != self.rows * self.columns {
            return Err(MatrixError::Shape { rows: self.rows, columns: self.columns, cells: self.cells.len() });
        }
        match self.cells.iter().position(|value| !value.is_finite()) {
            None => Ok(self),
            Some(at) => Err(MatrixError::NotFinite {
                row: self.row_name(at % self.rows).into_owned(),
                column: self.column_name(at / self.rows).into_owned(),
                value: format!("{}", self.cells[at]),
            }),
        }
    }

    /// The number of units.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of indicators.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The cell of a unit and an indicator.
    #[must_use]
    pub fn get(&self, row: usize, column: usize) -> f64 {
        self.cells[column * self.rows + row]
    }

    /// One indicator for all units.
    #[must_use]
    pub fn column(&self, column: usize) -> &[f64] {
        &self.cells[column * self.rows..(column + 1) * self.rows]
    }

    /// The indicators in order.
    pub fn iter_columns(&self) -> impl Iterator<Item = &[f64]> {
        (0..self.columns).map(|column| self.column(column))
    }

    /// One unit over all indicators.
    pub fn row(&self, row: usize) -> impl Iterator<Item = f64> + '_ {
        (0..self.columns).map(move |column| self.get(row, column))
    }

    /// All cells, column after column.
    #[must_use]
    pub fn cells(&self) -> &[f64] {
        &self.cells
    }

    /// What the unit is called in messages: its name, or its number from 1.
    #[must_use]
    pub fn row_name(&self, row: usize) -> Cow<'_, str> {
        name(&self.row_names, row)
    }

    /// What the indicator is called in messages: its name, or its number from 1.
    #[must_use]
    pub fn column_name(&self, column: usize) -> Cow<'_, str> {
        name(&self.column_names, column)
    }

    /// Each column put through `f`, which is given the number of the column and its cells.
    ///
    /// # Errors
    /// Whatever `f` refuses, and [`MatrixError::NotFinite`] if it makes a number that is none.
    pub fn map_columns(
        &self,
        mut f: impl FnMut(usize, &[f64]) -> Result<Vec<f64>, MatrixError>,
    ) -> Result<Self, MatrixError> {
        let mut cells = Vec::with_capacity(self.cells.len());
        for column in 0..self.columns {
            cells.extend(f(column, self.column(column))?);
        }
        self.with_cells(cells)
    }

    /// The matrix of some rows, in the order given.
    ///
    /// # Errors
    /// [`MatrixError::Parameter`] if a row does not exist.
    pub fn select_rows(&self, rows: &[usize]) -> Result<Self, MatrixError> {
        check_indices("rows", rows, self.rows)?;
        let mut cells = Vec::with_capacity(rows.len() * self.columns);
        for column in self.iter_columns() {
            cells.extend(rows.iter().map(|&row| column[row]));
        }
        let row_names = pick(&self.row_names, rows);
        Ok(Self { rows: rows.len(), cells, row_names, ..self.shell() })
    }

    /// The matrix of some columns, in the order given.
    ///
    /// # Errors
    /// [`MatrixError::Parameter`] if a column does not exist.
    pub fn select_columns(&self, columns: &[usize]) -> Result<Self, MatrixError> {
        check_indices("columns", columns, self.columns)?;
        let cells = columns.iter().flat_map(|&column| self.column(column).iter().copied()).collect();
        let column_names = pick(&self.column_names, columns);
        Ok(Self { columns: columns.len(), cells, column_names, ..self.shell() })
    }

    /// Fails unless there are at least so many rows and columns.
    ///
    /// # Errors
    /// [`MatrixError::TooSmall`].
    pub fn at_least(&self, least_rows: usize, least_columns: usize) -> Result<(), MatrixError> {
        if self.rows < least_rows || self.columns < least_columns {
            return Err(MatrixError::TooSmall { rows: self.rows, columns: self.columns, least_rows, least_columns });
        }
        Ok(())
    }

    /// Fails at the first cell that breaks a rule of the method.
    ///
    /// # Errors
    /// [`MatrixError::Domain`], naming the cell.
    pub fn require(
        &self,
        method: &'static str,
        rule: &'static str,
        holds: impl Fn(f64) -> bool,
    ) -> Result<(), MatrixError> {
        match self.cells.iter().position(|&value| !holds(value)) {
            None => Ok(()),
            Some(at) => Err(MatrixError::Domain {
                method,
                row: self.row_name(at % self.rows).into_owned(),
                column: self.column_name(at / self.rows).into_owned(),
                value: self.cells[at],
                rule,
            }),
        }
    }

    /// The weights scaled to the sum 1.
    ///
    /// # Errors
    /// [`MatrixError::Length`] if there is not one for each column; [`MatrixError::Weight`] for a weight that is negative
    /// or not finite, or if all are zero.
    pub fn weights(&self, weights: &[f64]) -> Result<Vec<f64>, MatrixError> {
        check_length("weights", weights.len(), self.columns)?;
        if let Some(at) = weights.iter().position(|weight| !weight.is_finite() || *weight < 0.0) {
            return Err(MatrixError::Weight {
                column: self.column_name(at).into_owned(),
                value: weights[at],
                rule: "a weight is finite and not negative",
            });
        }
        let total = crate::sum::exact_sum(weights.iter().copied());
        if total <= 0.0 || !total.is_finite() {
            return Err(MatrixError::Weight {
                column: self.column_name(0).into_owned(),
                value: weights.first().copied().unwrap_or(0.0),
                rule: "at least one weight is above zero",
            });
        }
        Ok(weights.iter().map(|weight| weight / total).collect())
    }
}

fn name(names: &[String], at: usize) -> Cow<'_, str> {
    names.get(at).map_or_else(|| Cow::Owned((at + 1).to_string()), |name| Cow::Borrowed(name.as_str()))
}

fn pick(names: &Arc<[String]>, at: &[usize]) -> Arc<[String]> {
    if names.is_empty() { Arc::clone(names) } else { at.iter().map(|&index| names[index].clone()).collect() }
}

fn check_indices(what: &'static str, indices: &[usize], end: usize) -> Result<(), MatrixError> {
    match indices.iter().find(|&&index| index >= end) {
        None => Ok(()),
        Some(index) => {
            Err(MatrixError::Parameter { name: what, value: index.to_string(), rule: "the number is below the count" })
        }
    }
}

/// Fails if a vector has not the length needed.
pub(crate) fn check_length(what: &'static str, given: usize, needed: usize) -> Result<(), MatrixError> {
    if given == needed { Ok(()) } else { Err(MatrixError::Length { what, given, needed }) }
}

/// Fails if a parameter does not hold to its rule.
pub(crate) fn check_parameter(
    name: &'static str,
    value: f64,
    rule: &'static str,
    holds: bool,
) -> Result<(), MatrixError> {
    if holds && value.is_finite() {
        Ok(())
    } else {
        Err(MatrixError::Parameter { name, value: value.to_string(), rule })
    }
}
