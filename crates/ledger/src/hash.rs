//! A SHA-256 value and the two ways the tree makes one (RFC 6962 §2.1).

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// Prefix of a leaf, so that no leaf can be passed off as an inner node (RFC 6962 §2.1).
const LEAF_PREFIX: [u8; 1] = [0x00];
/// Prefix of an inner node (RFC 6962 §2.1).
const NODE_PREFIX: [u8; 1] = [0x01];

/// Root of the tree without leaves: SHA-256 of the empty string (RFC 6962 §2.1).
pub const EMPTY_ROOT: Hash = Hash([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41,
    0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// A SHA-256 value. Written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Number of bytes of a hash.
    pub const LEN: usize = 32;

    /// Wraps bytes that already are a hash; computes nothing.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 32 bytes, by value.
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl From<Hash> for [u8; 32] {
    fn from(hash: Hash) -> Self {
        hash.0
    }
}

/// From bytes of a database column or a message; anything but 32 bytes is refused.
impl TryFrom<&[u8]> for Hash {
    type Error = HashParseError;

    fn try_from(bytes: &[u8]) -> Result<Self, HashParseError> {
        bytes.try_into().map(Self).map_err(|_| HashParseError::Length(bytes.len()))
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// Reads what `Display` writes: upper-case digits are refused, so that one hash has one text.
impl FromStr for Hash {
    type Err = HashParseError;

    fn from_str(text: &str) -> Result<Self, HashParseError> {
        let bytes = hex::decode(text).map_err(|_| HashParseError::NotHex)?;
        let hash = Self::try_from(bytes.as_slice())?;
        if text.bytes().any(|b| b.is_ascii_uppercase()) { Err(HashParseError::NotHex) } else { Ok(hash) }
    }
}

/// Why bytes or a text are not a [`Hash`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashParseError {
    /// The text holds something else than pairs of lower-case hexadecimal digits.
    #[error("a hash is written as 64 lower-case hexadecimal digits")]
    NotHex,
    /// The number of bytes is wrong.
    #[error("a hash has 32 bytes, found {0}")]
    Length(usize),
}

/// Hash of a leaf: SHA-256(0x00 ‖ leaf) (RFC 6962 §2.1).
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    sha256(&[&LEAF_PREFIX, leaf])
}

/// Hash of an inner node: SHA-256(0x01 ‖ left ‖ right) (RFC 6962 §2.1).
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    sha256(&[&NODE_PREFIX, &left.0, &right.0])
}

/// SHA-256 of the parts, one after the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Hash(hasher.finalize().into())
}
