//! The evaluation engine: scheme, scoring, coverage, rank and grade, as pure arithmetic.
//!
//! An evaluation is a function of a [`Scheme`] and an [`Input`] and of nothing else: no clock, no random source, no
//! I/O. Inside, every number is an exact fraction ([`Exact`]), so no sum depends on the order of its terms and the same
//! input gives the same bytes on any machine. Only the printed score is rounded, once, half-up to two decimals; grade
//! and rank are read from that printed score, so that a reader never sees “90.00 良”.
//!
//! Three things stay apart all the way through: a value that is zero, a value that is missing, and an indicator that
//! does not apply to a unit.
//!
//! | module | subject |
//! |---|---|
//! | [`scheme`] | what is scored and how: a tree of groups, read from YAML with all faults at once |
//! | [`input`] | what was reported |
//! | `method` | the scoring methods S1–S8, one file per family |
//! | [`evaluate`](evaluate()) | items → total → coverage → grade → rank |
//! | [`result`] | the result and its JSON form |
//! | [`formula`] | derived indicators |
//! | [`outside`] | bonus items, deductions and vetoes beside the score |
//! | [`panel`] | several periods |
//! | [`change`] | what moved between two evaluations |
//! | [`what_if`](what_if()) | what one other cell would do |
//! | [`pace`] | how far a long evaluation has come, and whether it goes on |
//! | [`files`] | data from CSV text, wide or long |
//! | [`index`] | composite indices: a hierarchy and stages, with `f64` arithmetic |
//! | [`joint`] | parts of several departments side by side |
//! | [`plan`] | a scheme of any model |
//! | [`document`] | the text of a scheme as a tree of keys and words |
//! | [`analysis`] | what stands behind an evaluation of practice: leaving out, gains, lifting, change of rank |
//! | [`gaps`] | what an evaluation of practice says of its missing values: coverage by department, intervals |
//! | [`policy`] | what a missing value means, by the state it is missing in |
//! | [`robust`] | rank bands and contributions of an evaluation of practice |
//! | [`matrix`], [`sum`], [`sense`] | tables of numbers, sums without an order, which way is good |
//! | [`weigh`] | weights from data and from judgements |
//! | [`rank_methods`] | scores and orders from a table and weights |
//! | [`sensitivity`] | how much of the uncertainty comes from each input |
//! | [`explain_score`] | where a score comes from |

pub mod analysis;
pub mod change;
mod derived;
mod digest;
pub mod document;
pub mod evaluate;
pub mod exact;
pub mod explain_score;
pub mod files;
pub mod flag;
pub mod formula;
pub mod gaps;
pub mod index;
pub mod input;
pub mod joint;
mod linalg;
pub mod matrix;
mod method;
mod order;
pub mod outside;
pub mod pace;
pub mod panel;
pub mod plan;
pub mod policy;
mod rank;
pub mod rank_methods;
pub mod result;
pub mod robust;
pub mod scheme;
pub mod sense;
pub mod sensitivity;
mod stats;
pub mod sum;
pub mod text;
pub mod weigh;
mod what_if;

pub use change::{Changes, ItemChange, UnitChange, changes};
pub use document::Document;
pub use evaluate::{EvaluationError, evaluate};
pub use exact::Exact;
pub use files::{DataFault, read_csv, read_panel};
pub use flag::{Flag, FlagCode};
pub use formula::Formula;
pub use input::{Cell, EvidenceState, Input, MissingState, Presence, Qualifier, Unit, Value};
pub use outside::Adjustment;
pub use pace::{Pace, Step};
pub use panel::Panel;
pub use plan::Plan;
pub use policy::{Policies, Policy};
pub use result::{Coverage, Evaluation, Grade, Inputs, ItemScore, ItemState, NodeScore, TargetSource, UnitResult};
pub use scheme::{
    Direction, Endorser, Extra, ExtraItem, FallbackTarget, Framework, GradeBand, Group, IndicatorRule, Method, Outside,
    Printing, RateKind, RateScore, Scheme, SchemeErrors, SchemeFault, SharedRank, VetoRule,
};
pub use text::Text;
pub use what_if::{WhatIf, what_if};

/// Stands in every evaluation; it is raised whenever a change of the engine can change a printed number.
pub const ENGINE_VERSION: &str = "wufei-evaluation/0.1.0";
