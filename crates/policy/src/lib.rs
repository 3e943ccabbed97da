//! Who may call what. Pure: no network, no files, no clock.
//!
//! - [`Principal`] is a parsed SPIFFE identity, taken from the client certificate.
//! - [`Grants`] is the configuration after checking: closed by default, and it cannot be built when it grants a method
//!   that is not served or names a principal that cannot exist.
//! - [`Policy::allow`] is the only maker of [`Allowed`]. Code that acts asks for that value instead of asking again.

mod decision;
mod grants;
mod method;
mod principal;

pub use decision::{Allowed, Denied, Permit, Policy, Read, Rule, Write};
pub use grants::{GrantFault, GrantFaults, Grants, OPEN_TO_TRUST_DOMAIN};
pub use method::{Access, Method};
pub use principal::{InvalidPrincipal, Principal, Role};
