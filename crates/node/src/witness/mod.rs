//! Witnesses: the nodes cosign each other's checkpoints, so that no log can show two histories (C2SP tlog-witness,
//! tlog-cosignature).
//!
//! Each node has two parts. As a witness it serves [`Witness`] and keeps of every log the newest tree that it cosigned. For
//! its own log it collects: [`Offers`] shows new checkpoints to the others, [`Cosignatures`] keeps what they sign and tells
//! when the quorum of the signed directory is reached. Who is a witness, under which key and at which address, is what the
//! directory in force says; a new version is taken without a restart.

mod config;
mod cosignatures;
mod offers;
mod service;

pub use config::WitnessConfig;
pub use cosignatures::Cosignatures;
pub use service::Witness;

pub(crate) use offers::{OfferParts, Offers};

/// Files of the key that cosigns, in the folder of the log's key: `witness.key` and `witness.vkey`.
pub(crate) const KEY_FILE: &str = "witness";

/// Name of the key with which the node of a log cosigns others.
pub(crate) fn key_name(log: &str) -> String {
    format!("{log}/witness")
}
