//! The identity of a caller or a server.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Longest identity we take, in bytes. SPIFFE-ID §2.3 lets an implementation reject more than 2048; ours are short, and
/// each is stored with every entry of the exchange log.
const MAX_BYTES: usize = 255;
const SCHEME: &str = "spiffe://";

/// A SPIFFE identity, `spiffe://<trust domain>/<path>` (SPIFFE-ID §2).
///
/// Parsing is strict, because two spellings of one identity would be two answers to one question: there is no
/// percent-encoding, no upper case in the trust domain, and no empty or dot segment. A bare trust domain names an
/// authority and not a workload (X.509-SVID §4.1), so it is not a principal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Principal {
    text: String,
    /// Where the path starts in `text`, at its slash.
    path_at: usize,
}

/// Why a text is not a [`Principal`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrincipal {
    /// It has more bytes than we take.
    #[error("an identity has at most {MAX_BYTES} bytes, this one has {0}")]
    TooLong(usize),
    /// It is not a `spiffe://` URI.
    #[error("an identity starts with spiffe://")]
    Scheme,
    /// The trust domain is empty or has a character outside `a-z 0-9 . - _`.
    #[error("the trust domain is made of a-z, 0-9, '.', '-' and '_'")]
    TrustDomain,
    /// There is nothing after the trust domain.
    #[error("the identity has no path, so it names a trust domain and not a workload")]
    NoPath,
    /// A segment is empty, is `.` or `..`, or has a character outside `A-Z a-z 0-9 . - _`.
    #[error("a path segment is not empty, not '.' or '..', and made of letters, digits, '.', '-' and '_'")]
    Segment,
}

impl Principal {
    /// Parses an identity.
    ///
    /// # Errors
    /// The first rule of SPIFFE-ID §2 that the text breaks.
    pub fn parse(text: &str) -> Result<Self, InvalidPrincipal> {
        if text.len() > MAX_BYTES {
            return Err(InvalidPrincipal::TooLong(text.len()));
        }
        let rest = text.strip_prefix(SCHEME).ok_or(InvalidPrincipal::Scheme)?;
        let (domain, path) = match rest.split_once('/') {
            Some((domain, path)) => (domain, Some(path)),
            None => (rest, None),
        };
        if !is_trust_domain(domain) {
            return Err(InvalidPrincipal::TrustDomain);
        }
        let path = path.ok_or(InvalidPrincipal::NoPath)?;
        if !path.split('/').all(is_segment) {
            return Err(InvalidPrincipal::Segment);
        }
        Ok(Self { text: text.to_owned(), path_at: SCHEME.len() + domain.len() })
    }

    /// The whole identity, as it stands in a certificate.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The instance this identity belongs to, e.g. `wufei.demo`.
    pub fn trust_domain(&self) -> &str {
        &self.text[SCHEME.len()..self.path_at]
    }

    /// The path with its leading slash.
    pub fn path(&self) -> &str {
        &self.text[self.path_at..]
    }

    /// The department that the path names: `/dept/<id>` and `/dept/<id>/<role>`; nothing for any other shape. It says what an
    /// identity is for, never what it may do: that is for the directory and the policies.
    pub fn department(&self) -> Option<&str> {
        match self.segments()[..] {
            ["dept", id] | ["dept", id, _] => Some(id),
            _ => None,
        }
    }

    fn segments(&self) -> Vec<&str> {
        self.path().split('/').skip(1).collect()
    }
}

/// Says whether the text can be a trust domain (SPIFFE-ID §2.1).
pub(crate) fn is_trust_domain(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_'))
}

fn is_segment(text: &str) -> bool {
    !matches!(text, "" | "." | "..")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Principal({})", self.text)
    }
}

impl FromStr for Principal {
    type Err = InvalidPrincipal;
    fn from_str(text: &str) -> Result<Self, InvalidPrincipal> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Principal {
    type Error = InvalidPrincipal;
    fn try_from(text: String) -> Result<Self, InvalidPrincipal> {
        Self::parse(&text)
    }
}

impl From<Principal> for String {
    fn from(principal: Principal) -> Self {
        principal.text
    }
}
