//! Keeps error answers inside what clients can take, and their texts out of the spans.
//!
//! Error details travel in headers. Common clients refuse answers with more than 8 KiB of headers (gRPC core's soft limit,
//! grpc-java's default), so a batch with hundreds of faults would arrive as a broken connection. A caller that can take more
//! says so with `wufei-error-bytes`; to others the first faults are sent, and the metadata says how many there are.

use http::{HeaderMap, HeaderName, Request, Response};
use tonic::{Status, body::Body};
use tonic_types::StatusExt;

use super::stage::{Handle, Next};

const ERROR_BYTES: HeaderName = HeaderName::from_static("wufei-error-bytes");
/// What every client can take, with room for the other headers.
const DEFAULT_BYTES: usize = 7 * 1024;
/// What no caller can ask beyond.
const MOST_BYTES: usize = 512 * 1024;
/// Headers that quote what was submitted.
const TEXTS: [HeaderName; 2] =
    [HeaderName::from_static("grpc-message"), HeaderName::from_static("grpc-status-details-bin")];

#[derive(Clone, Debug)]
pub(super) struct Stage;

impl Handle for Stage {
    async fn handle(self, request: Request<Body>, next: Next) -> Response<Body> {
        let asked = request.headers().get(&ERROR_BYTES).and_then(|value| value.to_str().ok()?.parse().ok());
        let room = asked.unwrap_or(DEFAULT_BYTES).min(MOST_BYTES);
        let mut response = next.run(request).await;
        if size(response.headers()) > room {
            shorten(response.headers_mut(), room);
        }
        for name in &TEXTS {
            if let Some(value) = response.headers_mut().get_mut(name) {
                value.set_sensitive(true);
            }
        }
        response
    }
}

fn size(headers: &HeaderMap) -> usize {
    TEXTS.iter().filter_map(|name| headers.get(name)).map(|value| value.as_bytes().len()).sum()
}

/// Sends as many faults as fit, by halving.
fn shorten(headers: &mut HeaderMap, room: usize) {
    let Some(status) = Status::from_header_map(headers) else { return };
    let all = status.get_error_details().bad_request().map_or(0, |bad| bad.field_violations.len());
    let mut shown = all;
    while shown > 0 {
        shown /= 2;
        let shorter = with_faults(&status, shown);
        let mut trial = HeaderMap::new();
        if shorter.add_header(&mut trial).is_ok() && (size(&trial) <= room || shown == 0) {
            for name in &TEXTS {
                headers.remove(name);
            }
            headers.extend(trial);
            return;
        }
    }
}

fn with_faults(status: &Status, shown: usize) -> Status {
    let mut details = status.get_error_details();
    let faults = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    details.set_bad_request(faults.into_iter().take(shown).collect::<Vec<_>>());
    if let Some(info) = details.error_info().cloned() {
        let mut metadata = info.metadata;
        metadata.insert("violations_shown".to_owned(), shown.to_string());
        details.set_error_info(info.reason, info.domain, metadata);
    }
    Status::with_error_details(status.code(), status.message(), details)
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use tonic::Code;
    use tonic_types::{ErrorDetails, pb};

    use super::*;

    fn refusal(faults: usize) -> HeaderMap {
        let mut details = ErrorDetails::with_error_info(
            "UNIT_MISMATCH",
            "wufei",
            std::collections::HashMap::from([("violations".to_owned(), faults.to_string())]),
        );
        for index in 0..faults {
            details.add_bad_request_violation(format!("requests[{index}].observation.value.unit"), "单位须与指标一致");
        }
        let mut headers = HeaderMap::new();
        Status::with_error_details(Code::InvalidArgument, "共有问题", details).add_header(&mut headers).unwrap();
        headers
    }

    #[test]
    fn the_faults_of_a_large_batch_are_cut_to_what_clients_take() {
        let mut headers = refusal(1000);
        assert!(size(&headers) > 50_000);
        shorten(&mut headers, DEFAULT_BYTES);
        assert!(size(&headers) <= DEFAULT_BYTES);
        let details = Status::from_header_map(&headers).unwrap().get_error_details();
        let info = details.error_info().unwrap();
        let shown = details.bad_request().unwrap().field_violations.len();
        assert!(shown > 20, "{shown}");
        assert_eq!(
            (info.metadata["violations"].as_str(), info.metadata["violations_shown"].clone()),
            ("1000", shown.to_string())
        );
    }

    #[test]
    fn an_answer_that_fits_is_left_alone() {
        let headers = refusal(20);
        assert!(size(&headers) <= DEFAULT_BYTES);
        let status = pb::Status::decode(Status::from_header_map(&headers).unwrap().details()).unwrap();
        assert_eq!(status.code, i32::from(Code::InvalidArgument));
    }
}
