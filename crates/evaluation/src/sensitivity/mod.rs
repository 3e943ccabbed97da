//! How much of the uncertainty of a result comes from each uncertain input.

mod sobol;

pub use sobol::{Design, Estimate, MOST_INPUTS, SobolError, SobolIndices, ishigami, sobol_indices};
