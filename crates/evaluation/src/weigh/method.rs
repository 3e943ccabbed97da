//! The weighting methods by name.

use serde::{Deserialize, Serialize};

use super::{
    BestWorst, Combination, Entropy, Factors, Importance, Merec, Retain, Spread, ahp, ahp_group, angle, best_worst,
    budget_allocation, cilos, combine, critic, entropy, equal, factor_analysis, gini, idocriw, lopcow, merec, rancom,
    standard_deviation, statistical_variance, target_importance,
};
use crate::matrix::{Matrix, MatrixError, check_length};
use crate::sense::Sense;

/// A weighting method and its parameters, as written in schemes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "method")]
pub enum WeightMethod {
    /// The same weight for every column.
    Equal,
    /// Weights as given, scaled to the sum 1.
    Given {
        /// One for each column.
        weights: Vec<f64>,
    },
    /// See [`entropy`].
    Entropy(Entropy),
    /// See [`critic`].
    Critic,
    /// See [`merec`].
    Merec(Merec),
    /// See [`standard_deviation`].
    StandardDeviation(Spread),
    /// See [`statistical_variance`].
    StatisticalVariance(Spread),
    /// See [`gini`].
    Gini,
    /// See [`angle`].
    Angle,
    /// See [`cilos`].
    Cilos,
    /// See [`idocriw`].
    Idocriw,
    /// See [`lopcow`].
    Lopcow,
    /// See [`factor_analysis`].
    FactorAnalysis(Factors),
    /// [`factor_analysis`] without rotation.
    PrincipalComponents {
        /// Which components are kept.
        #[serde(default = "kaiser")]
        retain: Retain,
    },
    /// See [`ahp`].
    Ahp {
        /// How many times as important the row is as the column.
        judgements: Vec<Vec<f64>>,
    },
    /// See [`ahp_group`].
    AhpGroup {
        /// The judgements of each judge.
        tables: Vec<Vec<Vec<f64>>>,
        /// The weight of each judge; the same for all if left out.
        #[serde(default)]
        voices: Option<Vec<f64>>,
    },
    /// See [`best_worst`].
    BestWorst(BestWorst),
    /// See [`budget_allocation`].
    BudgetAllocation {
        /// The points of each judge.
        points: Vec<Vec<f64>>,
    },
    /// See [`rancom`].
    Rancom {
        /// The comparisons.
        table: Vec<Vec<f64>>,
    },
    /// See [`target_importance`].
    TargetImportance(Importance),
    /// Several methods as one; see [`combine`].
    Combined {
        /// The methods.
        sets: Vec<WeightMethod>,
        /// How they are combined.
        #[serde(default)]
        how: Combination,
    },
}

fn kaiser() -> Retain {
    Retain::Eigenvalue { above: 1.0 }
}

impl WeightMethod {
    /// The weights of the columns, of the sum 1.
    ///
    /// # Errors
    /// Those of the method; [`MatrixError::Length`] if judgements do not cover the columns of the table.
    pub fn weights(&self, matrix: &Matrix, senses: &[Sense]) -> Result<Vec<f64>, MatrixError> {
        let weights = match self {
            Self::Equal => equal(matrix)?,
            Self::Given { weights } => matrix.weights(weights)?,
            Self::Entropy(options) => entropy(matrix, senses, *options)?,
            Self::Critic => critic(matrix, senses)?,
            Self::Merec(options) => merec(matrix, senses, *options)?,
            Self::StandardDeviation(options) => standard_deviation(matrix, senses, *options)?,
            Self::StatisticalVariance(options) => statistical_variance(matrix, senses, *options)?,
            Self::Gini => gini(matrix)?,
            Self::Angle => angle(matrix)?,
            Self::Cilos => cilos(matrix, senses)?,
            Self::Idocriw => idocriw(matrix, senses)?,
            Self::Lopcow => lopcow(matrix, senses)?,
            Self::FactorAnalysis(options) => factor_analysis(matrix, *options)?.weights,
            Self::PrincipalComponents { retain } => {
                factor_analysis(matrix, Factors { retain: *retain, rotate: false })?.weights
            }
            Self::Ahp { judgements } => ahp(judgements)?.weights,
            Self::AhpGroup { tables, voices } => ahp_group(tables, voices.as_deref())?.weights,
            Self::BestWorst(options) => best_worst(options)?.weights,
            Self::BudgetAllocation { points } => budget_allocation(points)?,
            Self::Rancom { table } => rancom(table)?,
            Self::TargetImportance(options) => target_importance(matrix, options)?.weights,
            Self::Combined { sets, how } => {
                let sets: Vec<Vec<f64>> =
                    sets.iter().map(|set| set.weights(matrix, senses)).collect::<Result<_, _>>()?;
                combine(&sets, *how)?.weights
            }
        };
        check_length("weights", weights.len(), matrix.columns())?;
        Ok(weights)
    }
}
