//! The certificates of an instance and the files of its keys.
//!
//! - [`Root`] signs the [`Authority`] of the instance, which signs what servers and callers show. Everybody trusts the
//!   root, so its key can lie in a safe, and the authority can be replaced without touching anybody's configuration.
//! - [`CertificateInfo`] and [`list`] say what there is; [`Authority::renew`] certifies a new key for the same identity.
//! - [`SigningKeyPair`] signs requests, [`write_note_key`] keeps the keys of directory and witness.
//!
//! A production instance may use any authority that issues X.509-SVIDs; what a service needs from this crate then is
//! [`read_identity`], [`spiffe_id`] and [`certificate_fingerprint`]. Trust: whoever reads `ca.key` can be every principal
//! of the instance, so private keys are written with mode 0600 in a folder of mode 0700, and are not loaded when others
//! can read them. The time is always an argument.

mod authority;
mod ca;
mod certificate;
mod error;
mod files;
mod info;
mod keys;
mod root;

pub use authority::{Authority, CertifiedKeyPem, IssueRequest, Usage};
pub use certificate::{CertificateError, certificate_fingerprint, spiffe_id};
pub use error::PkiError;
pub use files::{
    IdentityFiles, make_private_folder, read, read_identity, write_identity, write_new_identity, write_public,
};
pub use info::{CertificateInfo, CertificateKind, Listed, list};
pub use keys::{
    COSIGNATURE, PLAIN_NOTE, SigningKeyPair, load_note_key, load_or_make_cosignature_key, load_signing_key,
    load_verifier, make_note_key, read_verifier_key, replace_signing_key, write_new_signing_key, write_note_key,
};
pub use root::{Root, trust_file};
