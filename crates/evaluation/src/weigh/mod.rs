//! Weights of the columns of a table, from the data or from judgements.
//!
//! Every function is pure and deterministic; its documentation is its numerical contract. [`WeightMethod`] names them
//! all for schemes, `{method: name, …parameters}`:
//!
//! | `method` | parameters (default) | function |
//! |---|---|---|
//! | `equal` | – | [`equal`] |
//! | `given` | `weights` | scaled to the sum 1 |
//! | `entropy` | `min_max_shift` (none) | [`entropy`] |
//! | `critic` | – | [`critic`] |
//! | `merec` | `shift` (0) | [`merec`] |
//! | `standard_deviation` | `normalise` (none) | [`standard_deviation`] |
//! | `statistical_variance` | `normalise` (`min_max`) | [`statistical_variance`] |
//! | `gini` | – | [`gini`] |
//! | `angle` | – | [`angle`] |
//! | `cilos` | – | [`cilos`] |
//! | `idocriw` | – | [`idocriw`] |
//! | `lopcow` | – | [`lopcow`] |
//! | `factor_analysis` | `retain` (each ≥ 0.1), `rotate` (true) | [`factor_analysis`] |
//! | `principal_components` | `retain` (eigenvalue > 1) | [`factor_analysis`] without rotation |
//! | `ahp` | `judgements` | [`ahp`] |
//! | `ahp_group` | `tables`, `voices` (equal) | [`ahp_group`] |
//! | `best_worst` | `best`, `worst`, `best_to_others`, `others_to_worst` | [`best_worst`] |
//! | `budget_allocation` | `points` | [`budget_allocation`] |
//! | `rancom` | `table` | [`rancom`] |
//! | `target_importance` | `target` (equal), `tolerance` (1e-6), `most_steps` (10000) | [`target_importance`] |
//! | `combined` | `sets` (list of methods), `how` (`game_theory`, `product`, `mean`) | [`combine`] |

mod ahp;
mod bwm;
mod cilos;
mod combine;
mod critic;
mod entropy;
mod factor;
mod importance;
mod judges;
mod merec;
mod method;
mod spread;

pub use ahp::{AhpResult, ahp, ahp_group};
pub use bwm::{BestWorst, BwmResult, best_worst};
pub use cilos::{cilos, idocriw};
pub use combine::{Combination, Combined, combine};
pub use critic::{angle, critic};
pub use entropy::{Entropy, entropy};
pub use factor::{FactorResult, Factors, Retain, factor_analysis};
pub use importance::{Importance, ImportanceResult, correlations, target_importance};
pub use judges::{budget_allocation, rancom};
pub use merec::{Merec, lopcow, merec};
pub use method::WeightMethod;
pub use spread::{Spread, equal, gini, standard_deviation, statistical_variance};
