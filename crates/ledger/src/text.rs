//! Strict readers for the small text forms that the C2SP formats share.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::hash::Hash;

/// Standard base64 with padding (RFC 4648 §4), as all C2SP formats use it.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads base64 that is exactly what [`to_base64`] writes: missing padding and loose trailing bits are refused.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Reads one base64 hash.
pub(crate) fn hash_from_base64(text: &str) -> Option<Hash> {
    Hash::try_from(from_base64(text)?.as_slice()).ok()
}

/// Reads an ASCII decimal without sign and without leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let value: u64 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}
