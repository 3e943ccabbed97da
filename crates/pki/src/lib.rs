//! A certificate authority for development, the demo and the tests, and the key files of a service.
//!
//! A production instance may use any authority that issues X.509-SVIDs; what a service needs from this crate then is
//! [`spiffe_id`] and [`certificate_fingerprint`]. Trust: whoever reads `ca.key` can be every principal of the instance,
//! so it is written with mode 0600 in a folder of mode 0700, and it is not loaded when others can read it.

mod authority;
mod certificate;
mod error;
mod files;

pub use authority::{Authority, CertifiedKeyPem, IssueRequest, Usage};
pub use certificate::{CertificateError, certificate_fingerprint, spiffe_id};
pub use error::PkiError;
pub use files::{IdentityFiles, write_identity};
