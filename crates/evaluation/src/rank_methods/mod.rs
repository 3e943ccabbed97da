//! Scores and orders of units from a table, weights and senses: the multi-criteria family.
//!
//! Every function is pure and deterministic; its documentation is its numerical contract. Sums are exact and rounded once
//! ([`crate::sum`]), so the order of units and of indicators does not move a last digit, and logarithms and roots are
//! those of `libm`, the same on every machine. [`RankMethod`] names the methods for schemes, `{method: name,
//! …parameters}`; a low score is better where the table says so, and [`Ranked::better`] tells it.
//!
//! | `method` | parameters (default) | better | function |
//! |---|---|---|---|
//! | `topsis` | `normalise` (`vector`) | higher | [`topsis`] |
//! | `vikor` | `v` (0.5) | lower | [`vikor`] |
//! | `promethee_ii` | `preference` (one or a list; `usual`) | higher | [`promethee`] |
//! | `electre_i` | `concordance` (0.65), `discordance` (0.35) | higher | [`electre_i`] |
//! | `electre_ii` | `strong`, `weak` | lower | [`electre_ii`] |
//! | `electre_iii` | `thresholds`, `alpha` (0.3), `beta` (−0.15) | lower | [`electre_iii`] |
//! | `edas` | – | higher | [`edas`] |
//! | `copras` | `cost_term` (`inverse`) | higher | [`copras`] |
//! | `mabac` | – | higher | [`mabac`] |
//! | `marcos` | – | higher | [`marcos`] |
//! | `waspas` | `lambda` (0.5), `normalise` (`linear`) | higher | [`waspas`] |
//! | `weighted_sum` | `normalise` (`sum`) | higher | [`weighted_sum`] |
//! | `weighted_product` | `normalise` (`sum`) | higher | [`weighted_product`] |
//! | `spotis` | `bounds`, `expected` (the better bound), `alpha` (1) | lower | [`spotis`] |
//! | `rim` | `bounds`, `ideal` (the better bound) | higher | [`rim`] |
//! | `grey_relational` | `rho` (0.5), `normalise` (`min_max`) | higher | [`grey_relational`] |
//! | `fuzzy_comprehensive` | `grades`, `anchors`, `composition` (`weighted_sum`) | higher | [`fuzzy_comprehensive`] |
//! | `copeland` | – | higher | [`copeland`] |
//! | `borda` | – | higher | [`borda`] |
//! | `kemeny` | – (at most 16 units) | lower | [`kemeny`] |
//! | `aras` | `optimal` (best present) | higher | [`aras`] |
//! | `cocoso` | `lambda` (0.5) | higher | [`cocoso`] |
//! | `codas` | `tau` (0.02) | higher | [`codas`] |
//! | `moora` | – | higher | [`moora`] |
//! | `ram` | – | higher | [`ram`] |
//! | `mairca` | – | lower | [`mairca`] |
//! | `ocra` | – | higher | [`ocra`] |
//! | `probid` | – | higher | [`probid`] |
//! | `sprobid` | – | higher | [`sprobid`] |
//! | `rafsi` | `bounds`, `n1` (1), `n2k` (6) | higher | [`rafsi`] |
//! | `lmaw` | – | higher | [`lmaw`] |
//! | `lopm` | `limits` | lower | [`lopm`] |
//! | `ervd` | `reference`, `lambda` (2.25), `alpha` (0.88) | higher | [`ervd`] |
//! | `aroman` | `beta` (0.5), `lambda` (0.5) | higher | [`aroman`] |
//! | `benefit_of_the_doubt` | `share_of` (`weights`), `shares` (none) | higher | [`benefit_of_the_doubt`] |

mod aras;
mod aroman;
mod bod;
mod cocoso;
mod codas;
mod copeland;
mod copras;
mod duels;
mod edas;
mod electre;
mod ervd;
mod fuzzy;
mod grey;
mod kemeny;
mod lmaw;
mod lopm;
mod mabac;
mod mairca;
mod marcos;
mod method;
mod moora;
pub mod normalise;
mod ocra;
mod probid;
mod problem;
mod promethee;
mod rafsi;
mod relation;
mod rim;
mod spotis;
mod topsis;
mod vikor;
mod votes;
mod waspas;

pub use aras::{Aras, aras};
pub use aroman::{Aroman, aroman};
pub use bod::{BenefitOfTheDoubt, DoubtResult, ShareBounds, ShareOf, benefit_of_the_doubt};
pub use cocoso::{Cocoso, cocoso};
pub use codas::{Codas, codas};
pub use copeland::{borda, condorcet_winner, copeland, copeland_with_missing, outranking_table};
pub use copras::{Copras, CostTerm, copras};
pub use edas::edas;
pub use electre::{
    ElectreI, ElectreII, ElectreIII, Outranking, Thresholds, credibility, electre_i, electre_ii, electre_iii,
};
pub use ervd::{Ervd, ervd};
pub use fuzzy::{Composition, Fuzzy, FuzzyResult, fuzzy_comprehensive};
pub use grey::{Grey, grey_relational};
pub use kemeny::{Kemeny, kemeny};
pub use lmaw::lmaw;
pub use lopm::{Limit, Lopm, lopm};
pub use mabac::mabac;
pub use mairca::mairca;
pub use marcos::marcos;
pub use method::RankMethod;
pub use moora::{moora, ram};
pub use normalise::{Norm, normalise};
pub use ocra::ocra;
pub use probid::{probid, sprobid};
pub use problem::{Better, Part, Problem, Ranked, ranks};
pub use promethee::{Preference, Promethee, Relation, partial_order, promethee};
pub use rafsi::{Rafsi, rafsi};
pub use rim::{Rim, rim};
pub use spotis::{Bounds, Spotis, spotis};
pub use topsis::{Topsis, topsis};
pub use vikor::{Vikor, compromise, vikor};
pub use waspas::{Waspas, Weighted, waspas, weighted_product, weighted_sum};
