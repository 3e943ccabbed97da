//! Names of the algorithms that stand beside every digest and signature, and the digest of a request body.

use std::fmt;
use std::str::FromStr;

use crate::hash::{Hash, sha256};

/// An algorithm of the log. Its name is stored beside each value made with it, so that an old entry can still be
/// checked after a new algorithm has been added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-256 (FIPS 180-4), for digests and the tree.
    Sha256,
    /// Ed25519 (RFC 8032), for signatures.
    Ed25519,
    /// SM2 (GB/T 32918.2) over SM3 (GB/T 32905), for signatures.
    Sm2Sm3,
}

impl Algorithm {
    /// The name as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Ed25519 => "ed25519",
            Self::Sm2Sm3 => "sm2-sm3",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        [Self::Sha256, Self::Ed25519, Self::Sm2Sm3]
            .into_iter()
            .find(|algorithm| algorithm.as_str() == name)
            .ok_or_else(|| UnknownAlgorithm(name.to_owned()))
    }
}

/// An [`Algorithm`] that signs. Which one signs is a property of the key, never of the message: whoever made the key
/// has decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureAlgorithm {
    /// Ed25519 (RFC 8032). Public keys of 32 bytes, signatures of 64.
    Ed25519,
    /// SM2 (GB/T 32918.2, curve of GB/T 32918.5) over SM3 (GB/T 32905), user id `1234567812345678` (GB/T 35276). Public
    /// keys of 65 bytes (SEC 1, uncompressed), signatures of 64 (r‖s).
    Sm2Sm3,
}

impl SignatureAlgorithm {
    /// The name as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => Algorithm::Ed25519.as_str(),
            Self::Sm2Sm3 => Algorithm::Sm2Sm3.as_str(),
        }
    }
}

impl From<SignatureAlgorithm> for Algorithm {
    fn from(algorithm: SignatureAlgorithm) -> Self {
        match algorithm {
            SignatureAlgorithm::Ed25519 => Self::Ed25519,
            SignatureAlgorithm::Sm2Sm3 => Self::Sm2Sm3,
        }
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads a name; an algorithm that does not sign is unknown here.
impl FromStr for SignatureAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        [Self::Ed25519, Self::Sm2Sm3]
            .into_iter()
            .find(|algorithm| algorithm.as_str() == name)
            .ok_or_else(|| UnknownAlgorithm(name.to_owned()))
    }
}

/// A name that is no [`Algorithm`] of this release, or none for this purpose; the value beside it cannot be checked
/// here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown algorithm `{0}`")]
pub struct UnknownAlgorithm(
    /// The name as received.
    pub String,
);

/// Plain SHA-256 of the exact bytes of a request body: tells whether a repeated request id carries the same request.
///
/// Not a [`leaf_hash`](crate::leaf_hash): that one is prefixed, so neither can stand in for the other.
pub fn body_digest(body: &[u8]) -> Hash {
    sha256(&[body])
}
