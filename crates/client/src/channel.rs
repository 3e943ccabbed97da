//! What every call carries: trace context, a deadline, the language of error texts.

use std::time::Duration;

use contracts::common::v1::ReceiptLevel;
use domain::Lang;
use http::{HeaderMap, HeaderValue, Request, Response, header::ACCEPT_LANGUAGE};
use tonic::body::Body;
use tower::{ServiceBuilder, util::BoxCloneSyncService};
use tower_otel::trace::GrpcLayer;
use tracing::Level;

use crate::{connect::Options, contract, signing::Signing};

/// A channel to one node, for any generated client: `LogServiceClient::new(connection.channel())`. Clones share one
/// connection.
pub type Channel = BoxCloneSyncService<Request<Body>, Response<Body>, tonic::transport::Error>;

/// Metadata of the level that a receipt is to have.
const LEVEL: &str = "wufei-receipt-level";
/// gRPC header of the time that the caller is willing to wait.
const TIMEOUT: &str = "grpc-timeout";

/// Metadata of the purpose.
const PURPOSE: &str = "wufei-purpose";

/// A purpose as metadata carry it: every byte that is no printable ASCII, and the percent sign, as `%` and two hexadecimal
/// digits (RFC 3986 §2.1).
fn stated(purpose: &str) -> Option<HeaderValue> {
    let mut text = String::with_capacity(purpose.len());
    for byte in purpose.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    HeaderValue::try_from(text).ok()
}

/// Puts the layers of a client around a transport.
pub(crate) fn layered(transport: tonic::transport::Channel, options: &Options) -> Channel {
    let (deadline, lang) = (options.deadline, options.lang);
    let purpose = options.purpose.as_deref().and_then(stated);
    let level = options.receipt_level.and_then(level);
    let stack = ServiceBuilder::new()
        .layer(GrpcLayer::client(Level::INFO))
        .map_request(move |mut request: Request<Body>| {
            let streaming = contract::is_streaming(request.uri().path());
            set_defaults(request.headers_mut(), (!streaming).then_some(deadline), lang);
            if let Some(purpose) = &purpose {
                request.headers_mut().entry(PURPOSE).or_insert_with(|| purpose.clone());
            }
            if let Some(level) = level {
                request.headers_mut().entry(LEVEL).or_insert(HeaderValue::from_static(level));
            }
            request
        })
        .service(Signing::new(transport, options.signer.clone()));
    BoxCloneSyncService::new(stack)
}

/// A level as the metadata name it; reading calls pass it over.
const fn level(level: ReceiptLevel) -> Option<&'static str> {
    match level {
        ReceiptLevel::Unspecified | ReceiptLevel::Received => None,
        ReceiptLevel::Durable => Some("durable"),
        ReceiptLevel::Logged => Some("logged"),
        ReceiptLevel::Witnessed => Some("witnessed"),
    }
}

/// What the caller set itself stays.
fn set_defaults(headers: &mut HeaderMap, deadline: Option<Duration>, lang: Lang) {
    let lang = match lang {
        Lang::Zh => "zh",
        Lang::En => "en",
    };
    headers.entry(ACCEPT_LANGUAGE).or_insert(HeaderValue::from_static(lang));
    if let Some(deadline) = deadline
        && let Ok(value) = HeaderValue::try_from(timeout(deadline))
    {
        headers.entry(TIMEOUT).or_insert(value);
    }
}

/// A time in the form of the gRPC protocol: at most 8 digits and a unit.
fn timeout(time: Duration) -> String {
    const MOST: u128 = 99_999_999;
    let millis = time.as_millis();
    if millis <= MOST { format!("{millis}m") } else { format!("{}S", u128::from(time.as_secs()).min(MOST)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_gets_the_defaults_and_keeps_what_the_caller_set() {
        let mut headers = HeaderMap::new();
        headers.insert(TIMEOUT, HeaderValue::from_static("1S"));
        set_defaults(&mut headers, Some(Duration::from_secs(30)), Lang::En);
        assert_eq!(headers[TIMEOUT], "1S");
        assert_eq!(headers[ACCEPT_LANGUAGE], "en");
        let mut headers = HeaderMap::new();
        set_defaults(&mut headers, Some(Duration::from_secs(30)), Lang::Zh);
        assert_eq!(headers[TIMEOUT], "30000m");
        let mut headers = HeaderMap::new();
        set_defaults(&mut headers, None, Lang::Zh);
        assert!(!headers.contains_key(TIMEOUT));
    }

    #[test]
    fn a_purpose_in_chinese_travels_in_metadata() {
        assert_eq!(stated("规划 100%").unwrap(), "%E8%A7%84%E5%88%92 100%25");
        assert_eq!(stated("planning-2026").unwrap(), "planning-2026");
    }

    #[test]
    fn a_timeout_never_has_more_than_eight_digits() {
        assert_eq!(timeout(Duration::from_millis(99_999_999)), "99999999m");
        assert_eq!(timeout(Duration::from_millis(100_000_000)), "100000S");
        assert_eq!(timeout(Duration::MAX), "99999999S");
    }

    #[test]
    fn what_may_write_with_one_message_is_signed() {
        for path in [
            "/wufei.funding.v1.FundingIngestService/BatchCreateFundingLines",
            "/wufei.evaluation.v1.EvaluationService/CancelEvaluationRun",
        ] {
            assert!(contract::is_signed(path), "{path}");
        }
        for path in [
            "/wufei.exchange.v1.ObservationIngestService/UploadSubmission",
            "/wufei.log.v1.LogService/GetCheckpoint",
            "/wufei.log.v1.LogService/FollowEntries",
        ] {
            assert!(!contract::is_signed(path), "{path}");
        }
    }

    #[test]
    fn feeds_have_no_deadline_and_other_calls_have_one() {
        assert!(contract::is_streaming("/wufei.log.v1.LogService/FollowEntries"));
        assert!(!contract::is_streaming("/wufei.log.v1.LogService/GetCheckpoint"));
    }
}
