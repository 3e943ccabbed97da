//! Who calls, in which language, with which permission: what the layers found out about a request before a handler sees it.

use bytes::Bytes;
use contracts::log::v1::Signature;
use domain::{DomainError, Lang};
use http::{HeaderMap, HeaderName, header::ACCEPT_LANGUAGE};
use policy::{Permit, Principal};
use tonic::{Request, Status};

use crate::{access::Standing, status, trust::Trust};

/// The caller of a request. The authorisation layer puts it there, so a handler that has one was allowed to run.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The identity in the client certificate.
    pub principal: Principal,
    /// SHA-256 of the client certificate, lower-case hex.
    pub fingerprint: String,
    /// Language of error texts.
    pub lang: Lang,
    /// The policy's decision on this very call, which says whether it may write.
    pub permit: Permit,
    /// Signatures over the exact bytes of the request, verified; none where the instance takes unsigned writes.
    pub signatures: Vec<Signature>,
    /// Version of the directory that the caller was found in.
    pub directory_version: u64,
    /// How to ask again whether it may go on, and what it sees: [`Caller::renew`], [`Caller::sees`].
    pub(crate) standing: Standing,
}

impl Caller {
    /// The caller of a request.
    ///
    /// # Errors
    /// `INTERNAL` when the layers did not run: the service was wired past them, and nobody may act for an unknown caller.
    pub fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        request.extensions().get::<Self>().cloned().ok_or_else(|| status::internal(&NotWired("caller"), Lang::Zh))
    }
}

/// The exact bytes of the message of a unary write. They become part of the log entry, because decoding and encoding again
/// may not give the same bytes.
#[derive(Clone, Debug)]
pub struct RawRequest(pub Bytes);

impl RawRequest {
    /// The message bytes of a request.
    ///
    /// # Errors
    /// `INTERNAL` when the body layer did not keep them: the method is not a unary write, or was wired past the layers.
    pub fn of<T>(request: &Request<T>) -> Result<Bytes, Status> {
        let raw = request.extensions().get::<Self>();
        raw.map(|raw| raw.0.clone()).ok_or_else(|| status::internal(&NotWired("request bytes"), Lang::Zh))
    }
}

/// Verifies the signature of an upload, which comes in its last message. The signature layer puts it there.
#[derive(Clone, Debug)]
pub struct Verifier(Trust);

impl Verifier {
    /// By what this node trusts.
    #[must_use]
    pub fn new(trust: Trust) -> Self {
        Self(trust)
    }

    /// The verifier of a request.
    ///
    /// # Errors
    /// `INTERNAL` when the signature layer did not run.
    pub fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let verifier = request.extensions().get::<Self>();
        verifier.cloned().ok_or_else(|| status::internal(&NotWired("verifier of signatures"), Lang::Zh))
    }

    /// Verifies what was uploaded; see [`Trust::admit`].
    ///
    /// # Errors
    /// Those of [`Trust::admit`].
    pub fn admit(
        &self,
        caller: &mut Caller,
        method: &str,
        uploaded: &[u8],
        signature: Option<Signature>,
    ) -> Result<(), DomainError> {
        self.0.admit(caller, method, uploaded, signature)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the layer that provides the {0} did not run")]
struct NotWired(&'static str);

/// Metadata of the purpose of a read (使用目的).
const PURPOSE: HeaderName = HeaderName::from_static("wufei-purpose");

/// The purpose that the headers state: UTF-8, with every byte that metadata cannot carry written as `%` and two hexadecimal
/// digits (RFC 3986 §2.1). None when there is none, or what is there cannot be read.
#[must_use]
pub fn purpose(headers: &HeaderMap) -> Option<String> {
    let mut stated = headers.get_all(&PURPOSE).iter();
    let (Some(only), None) = (stated.next(), stated.next()) else { return None };
    let (mut bytes, mut rest) = (Vec::new(), only.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = after.split_first_chunk::<2>()?;
        let hex = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        bytes.push(hex(digits[0])? << 4 | hex(digits[1])?);
        rest = after;
    }
    String::from_utf8(bytes).ok().filter(|purpose| !purpose.is_empty())
}

/// The language that the headers ask for: English when `accept-language` prefers it to Chinese (RFC 9110 §12.5.4), Chinese
/// otherwise.
#[must_use]
pub fn lang(headers: &HeaderMap) -> Lang {
    let Some(wanted) = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()) else { return Lang::Zh };
    let mut best = (0, Lang::Zh);
    for range in wanted.split(',') {
        let (tag, weight) = range.split_once(';').map_or((range, 1000), |(tag, rest)| (tag, weight(rest)));
        let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let spoken = match primary.as_str() {
            "en" => Lang::En,
            "zh" => Lang::Zh,
            _ => continue,
        };
        if weight > best.0 {
            best = (weight, spoken);
        }
    }
    best.1
}

/// `q=0.8` in thousandths; what cannot be read weighs nothing.
fn weight(parameter: &str) -> u32 {
    let Some(value) = parameter.trim().strip_prefix("q=") else { return 0 };
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let digits = format!("{fraction:0<3}");
    match (whole, digits.get(..3).and_then(|digits| digits.parse().ok())) {
        ("1", Some(0)) => 1000,
        ("0", Some(thousandths)) => thousandths,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_chinese_unless_english_is_preferred() {
        let asked = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, value.parse().unwrap());
            lang(&headers)
        };
        assert_eq!(lang(&HeaderMap::new()), Lang::Zh);
        for english in ["en", "en-GB", "EN", "de, en;q=0.5", "zh;q=0.4,en;q=0.8", "en, zh"] {
            assert_eq!(asked(english), Lang::En, "{english}");
        }
        for chinese in ["zh-CN", "zh, en", "de", "en;q=0.3, zh;q=0.9", "en;q=x", "en;q=0", "*"] {
            assert_eq!(asked(chinese), Lang::Zh, "{chinese}");
        }
    }

    #[test]
    fn a_request_that_went_past_the_layers_has_no_caller() {
        let request = Request::new(());
        assert_eq!(Caller::of(&request).unwrap_err().code(), tonic::Code::Internal);
        assert_eq!(RawRequest::of(&request).unwrap_err().code(), tonic::Code::Internal);
    }
}
