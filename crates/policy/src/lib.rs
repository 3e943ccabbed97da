//! Who may call what, and which rows they see. Pure: no network, no files, no clock.
//!
//! - [`Principal`] is a parsed SPIFFE identity, taken from the client certificate; [`Member`] is what the signed directory
//!   says of it.
//! - [`Policies`] are the Cedar policies of `deploy/policy`, checked against their schema; [`Policy`] is what they mean for one
//!   server. It is closed by default, and cannot be made when a served method is unknown to the policies.
//! - [`Grants`] are the decisions of one department on who reads its conditional data, for which purpose.
//! - [`Policy::allow`] decides in two steps. First, before the body of the request is read: may this member call this method
//!   here for anything at all. Then, row by row: [`Permit::sees`].
//! - [`Allowed`] is the proof of a "yes". Code that acts asks for that value instead of asking again.

mod cedar;
mod compile;
mod decide;
mod denied;
mod fault;
mod grant;
mod member;
mod method;
mod permit;
mod principal;
mod remembered;
mod role;
mod sight;
mod table;
mod texts;

pub use cedar::day_in_china;
pub use compile::{OPEN_CLASS, Policies, Policy, SERVICE_CLASS};
pub use decide::Call;
pub use denied::{Denied, Refusal};
pub use fault::{PolicyFault, PolicyFaults};
pub use grant::{Grant, GrantFault, GrantFaults, Grants};
pub use member::Member;
pub use method::{Access, Method};
pub use permit::{Allowed, Basis, Permit, Read, Write};
pub use principal::{InvalidPrincipal, Principal};
pub use role::{Role, Roles, UnknownRoles};
pub use sight::Row;
pub use table::access_table;
pub use texts::PolicyTexts;
