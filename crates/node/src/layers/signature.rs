//! Verifies the caller's signature over the exact bytes of a write, before anything else is done with them.
//!
//! An upload signs what its chunks make together, in its last message, so it is verified where it is put together; the
//! handler gets what it needs for that as [`Verifier`].

use domain::DomainError;
use http::{HeaderMap, Request, Response};
use prost::Message;
use tonic::{body::Body, metadata::MetadataMap};

use super::{
    refuse,
    stage::{Handle, Next},
};
use crate::{
    caller::{Caller, RawRequest, Verifier},
    trust::{Trust, invalid},
};
use contracts::log::v1::Signature;

/// Metadata of the signature: a serialized `wufei.log.v1.Signature`.
pub(crate) const SIGNATURE: &str = "wufei-signature-bin";

#[derive(Clone, Debug)]
pub(super) struct Stage(Trust);

impl Stage {
    pub(super) fn new(trust: Trust) -> Self {
        Self(trust)
    }

    fn admit(&self, request: &mut Request<Body>) -> Result<(), DomainError> {
        let Some(RawRequest(raw)) = request.extensions().get::<RawRequest>().cloned() else { return Ok(()) };
        let method = request.uri().path().trim_start_matches('/').to_owned();
        let signature = signature(request.headers())?;
        match request.extensions_mut().get_mut::<Caller>() {
            Some(caller) => self.0.admit(caller, &method, &raw, signature),
            // The handler asks for the caller too and refuses.
            None => Ok(()),
        }
    }
}

impl Handle for Stage {
    async fn handle(self, mut request: Request<Body>, next: Next) -> Response<Body> {
        if let Err(error) = self.admit(&mut request) {
            let caller = request.extensions().get::<Caller>();
            let principal = caller.map(|caller| caller.principal.to_string()).unwrap_or_default();
            tracing::warn!(principal, %error, "the signature of a write is refused");
            return refuse(&error, crate::caller::lang(request.headers()));
        }
        request.extensions_mut().insert(Verifier::new(self.0));
        next.run(request).await
    }
}

/// The signature in the metadata.
fn signature(headers: &HeaderMap) -> Result<Option<Signature>, DomainError> {
    let metadata = MetadataMap::from_headers(headers.clone());
    let mut values = metadata.get_all_bin(SIGNATURE).iter();
    let Some(first) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(invalid("there are several; a write carries one"));
    }
    let bytes = first.to_bytes().map_err(|_| invalid("the metadata is not base64"))?;
    Signature::decode(bytes).map(Some).map_err(|_| invalid("the metadata is no serialized wufei.log.v1.Signature"))
}

#[cfg(test)]
mod tests {
    use tonic::metadata::MetadataValue;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut metadata = MetadataMap::new();
        for value in values {
            metadata.append_bin(SIGNATURE, MetadataValue::from_bytes(value));
        }
        metadata.into_headers()
    }

    #[test]
    fn a_write_carries_one_signature_that_can_be_read() {
        let one = Signature { algorithm: "ed25519".to_owned(), key_id: "0".repeat(16), value: vec![7; 64] };
        let bytes = one.encode_to_vec();
        assert_eq!(signature(&headers(&[])).unwrap(), None);
        assert_eq!(signature(&headers(&[&bytes])).unwrap(), Some(one));
        signature(&headers(&[&bytes, &bytes])).unwrap_err();
        signature(&headers(&[b"\xff\xff"])).unwrap_err();
    }
}
