//! The ranking methods by name.

use serde::{Deserialize, Serialize};

use super::{
    BenefitOfTheDoubt, Copras, ElectreI, ElectreII, ElectreIII, Fuzzy, Grey, Problem, Promethee, Ranked, Rim, Spotis,
    Topsis, Vikor, Waspas, Weighted, benefit_of_the_doubt, borda, copeland, copras, edas, electre_i, electre_ii,
    electre_iii, fuzzy_comprehensive, grey_relational, kemeny, mabac, marcos, promethee, rim, spotis, topsis, vikor,
    waspas, weighted_product, weighted_sum,
};
use crate::matrix::{Matrix, MatrixError};
use crate::sense::{Criterion, orient};

/// A ranking method and its parameters, as written in schemes. The variants are documented by the functions of the same
/// name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "method")]
pub enum RankMethod {
    /// See [`topsis`].
    Topsis(Topsis),
    /// See [`vikor`].
    Vikor(Vikor),
    /// See [`promethee`].
    #[serde(rename = "promethee_ii")]
    Promethee(Promethee),
    /// See [`electre_i`].
    #[serde(rename = "electre_i")]
    ElectreI(ElectreI),
    /// See [`electre_ii`].
    #[serde(rename = "electre_ii")]
    ElectreII(ElectreII),
    /// See [`electre_iii`].
    #[serde(rename = "electre_iii")]
    ElectreIII(ElectreIII),
    /// See [`edas`].
    Edas,
    /// See [`copras`].
    Copras(Copras),
    /// See [`mabac`].
    Mabac,
    /// See [`marcos`].
    Marcos,
    /// See [`waspas`].
    Waspas(Waspas),
    /// See [`weighted_sum`].
    WeightedSum(Weighted),
    /// See [`weighted_product`].
    WeightedProduct(Weighted),
    /// See [`spotis`].
    Spotis(Spotis),
    /// See [`rim`].
    Rim(Rim),
    /// See [`grey_relational`].
    GreyRelational(Grey),
    /// See [`fuzzy_comprehensive`].
    FuzzyComprehensive(Fuzzy),
    /// See [`copeland`].
    Copeland,
    /// See [`borda`].
    Borda,
    /// See [`kemeny`].
    Kemeny,
    /// See [`benefit_of_the_doubt`].
    BenefitOfTheDoubt(BenefitOfTheDoubt),
}

impl RankMethod {
    /// Scores the units of a table.
    ///
    /// Columns that are best at a value or within an interval are made into benefits first (see [`orient`]).
    ///
    /// # Errors
    /// Those of the method, of [`Problem::new`] and of [`orient`].
    pub fn rank(&self, matrix: &Matrix, weights: &[f64], criteria: &[Criterion]) -> Result<Ranked, MatrixError> {
        let (oriented, senses) = orient(matrix, criteria)?;
        let problem = Problem::new(&oriented, weights, &senses)?;
        match self {
            Self::Topsis(options) => topsis(&problem, *options),
            Self::Vikor(options) => vikor(&problem, *options),
            Self::Promethee(options) => promethee(&problem, options),
            Self::ElectreI(options) => Ok(electre_i(&problem, *options)?.ranked),
            Self::ElectreII(options) => electre_ii(&problem, *options),
            Self::ElectreIII(options) => electre_iii(&problem, options),
            Self::Edas => edas(&problem),
            Self::Copras(options) => copras(&problem, *options),
            Self::Mabac => mabac(&problem),
            Self::Marcos => marcos(&problem),
            Self::Waspas(options) => waspas(&problem, *options),
            Self::WeightedSum(options) => weighted_sum(&problem, *options),
            Self::WeightedProduct(options) => weighted_product(&problem, *options),
            Self::Spotis(options) => spotis(&problem, options),
            Self::Rim(options) => rim(&problem, options),
            Self::GreyRelational(options) => grey_relational(&problem, *options),
            Self::FuzzyComprehensive(options) => Ok(fuzzy_comprehensive(&problem, options)?.ranked),
            Self::Copeland => copeland(&problem),
            Self::Borda => borda(&problem),
            Self::Kemeny => Ok(kemeny(&problem)?.ranked),
            Self::BenefitOfTheDoubt(options) => Ok(benefit_of_the_doubt(&problem, options)?.ranked),
        }
    }
}
