//! The ranking methods by name.

use serde::{Deserialize, Serialize};

use super::{
    Aras, Aroman, BenefitOfTheDoubt, Better, Cocoso, Codas, Copras, ElectreI, ElectreII, ElectreIII, Ervd, Fuzzy, Grey,
    Lopm, Problem, Promethee, Rafsi, Ranked, Rim, Spotis, Topsis, Vikor, Waspas, Weighted, aras, aroman,
    benefit_of_the_doubt, borda, cocoso, codas, copeland, copras, edas, electre_i, electre_ii, electre_iii, ervd,
    fuzzy_comprehensive, grey_relational, kemeny, lmaw, lopm, mabac, mairca, marcos, moora, ocra, probid, promethee,
    rafsi, ram, rim, spotis, sprobid, topsis, vikor, waspas, weighted_product, weighted_sum,
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
    /// See [`aras`].
    Aras(Aras),
    /// See [`cocoso`].
    Cocoso(Cocoso),
    /// See [`codas`].
    Codas(Codas),
    /// See [`moora`].
    Moora,
    /// See [`ram`].
    Ram,
    /// See [`mairca`].
    Mairca,
    /// See [`ocra`].
    Ocra,
    /// See [`probid`].
    Probid,
    /// See [`sprobid`].
    Sprobid,
    /// See [`rafsi`].
    Rafsi(Rafsi),
    /// See [`lmaw`].
    Lmaw,
    /// See [`lopm`].
    Lopm(Lopm),
    /// See [`ervd`].
    Ervd(Ervd),
    /// See [`aroman`].
    Aroman(Aroman),
    /// See [`benefit_of_the_doubt`].
    BenefitOfTheDoubt(BenefitOfTheDoubt),
}

impl RankMethod {
    /// How the scores of the method are to be read.
    #[must_use]
    pub fn better(&self) -> Better {
        match self {
            Self::Vikor(_)
            | Self::ElectreII(_)
            | Self::ElectreIII(_)
            | Self::Spotis(_)
            | Self::Kemeny
            | Self::Mairca
            | Self::Lopm(_) => Better::Lower,
            Self::Topsis(_)
            | Self::Promethee(_)
            | Self::ElectreI(_)
            | Self::Edas
            | Self::Copras(_)
            | Self::Mabac
            | Self::Marcos
            | Self::Waspas(_)
            | Self::WeightedSum(_)
            | Self::WeightedProduct(_)
            | Self::Rim(_)
            | Self::GreyRelational(_)
            | Self::FuzzyComprehensive(_)
            | Self::Copeland
            | Self::Borda
            | Self::Aras(_)
            | Self::Cocoso(_)
            | Self::Codas(_)
            | Self::Moora
            | Self::Ram
            | Self::Ocra
            | Self::Probid
            | Self::Sprobid
            | Self::Rafsi(_)
            | Self::Lmaw
            | Self::Ervd(_)
            | Self::Aroman(_)
            | Self::BenefitOfTheDoubt(_) => Better::Higher,
        }
    }

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
            Self::Aras(options) => aras(&problem, options),
            Self::Cocoso(options) => cocoso(&problem, *options),
            Self::Codas(options) => codas(&problem, *options),
            Self::Moora => moora(&problem),
            Self::Ram => ram(&problem),
            Self::Mairca => mairca(&problem),
            Self::Ocra => ocra(&problem),
            Self::Probid => probid(&problem),
            Self::Sprobid => sprobid(&problem),
            Self::Rafsi(options) => rafsi(&problem, options),
            Self::Lmaw => lmaw(&problem),
            Self::Lopm(options) => lopm(&problem, options),
            Self::Ervd(options) => ervd(&problem, options),
            Self::Aroman(options) => aroman(&problem, *options),
            Self::BenefitOfTheDoubt(options) => Ok(benefit_of_the_doubt(&problem, options)?.ranked),
        }
    }
}
