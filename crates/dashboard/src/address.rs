//! Parts of addresses, percent-encoded (RFC 3986 §2.1).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
#[cfg(feature = "writing")]
use percent_encoding::{PercentEncode, utf8_percent_encode};

/// What is escaped of a single value: all but the unreserved characters (RFC 3986 §2.3).
pub(crate) const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value as it stands in a path, a query or a header.
#[cfg(feature = "writing")]
pub(crate) fn escaped(value: &str) -> PercentEncode<'_> {
    utf8_percent_encode(value, &UNRESERVED)
}

/// A query of these pairs.
#[cfg(feature = "writing")]
pub(crate) fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = pairs.into_iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "writing")]
    #[test]
    fn a_value_is_escaped_and_a_query_has_its_pairs_in_their_order() {
        assert_eq!(escaped("a b/评.~").to_string(), "a%20b%2F%E8%AF%84.~");
        assert_eq!(query([("scheme", "schemes/a@draft"), ("period", "")]), "scheme=schemes%2Fa%40draft&period=");
    }
}
