//! Lists of who may call what, by method: how a node decided before the policies. It goes with the last node that is
//! configured by `[grants]`.

mod decision;
mod grants;

pub use decision::{Denied, Policy, Rule};
pub use grants::{GrantFault, GrantFaults, Grants, OPEN_TO_TRUST_DOMAIN};
