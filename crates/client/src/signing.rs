//! Signs writes: the exact bytes that are sent, for the method that is called.

use std::{
    future::Future,
    mem,
    path::Path,
    pin::Pin,
    task::{Context, Poll},
};

use contracts::log::v1::Signature;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use ledger::{RequestSignatureError, RequestSigner};
use prost::Message as _;
use tonic::{Status, body::Body, metadata::BinaryMetadataValue};
use tower::Service;

use crate::{connect::ConnectError, contract};

/// Metadata of the signature.
const SIGNATURE: &str = "wufei-signature-bin";
/// Flag and length before a message (gRPC over HTTP/2, "Length-Prefixed-Message").
const PREFIX: usize = 5;

/// Reads the key that signs requests from a PEM file, Ed25519 or SM2: the file says which.
///
/// # Errors
/// [`ConnectError::Unreadable`], [`ConnectError::SigningKey`].
pub fn read_signing_key(path: &Path) -> Result<RequestSigner, ConnectError> {
    let file = || path.display().to_string();
    let pem = std::fs::read_to_string(path).map_err(|source| ConnectError::Unreadable { file: file(), source })?;
    RequestSigner::from_pkcs8_pem(&pem).map_err(|source| ConnectError::SigningKey { file: file(), source })
}

/// The signature over a request, as writes carry it in their metadata and uploads in their last message. The method is
/// `package.Service/Method`.
///
/// # Errors
/// [`RequestSignatureError`].
pub fn sign_request(signer: &RequestSigner, method: &str, request: &[u8]) -> Result<Signature, RequestSignatureError> {
    let key = signer.key();
    let value = signer.sign(method, request)?.to_vec();
    Ok(Signature { algorithm: key.algorithm().to_string(), key_id: key.id(), value })
}

/// Signs every unary call that may write, unless the caller did.
#[derive(Clone, Debug)]
pub(crate) struct Signing<S> {
    inner: S,
    signer: Option<RequestSigner>,
}

impl<S> Signing<S> {
    pub(crate) fn new(inner: S, signer: Option<RequestSigner>) -> Self {
        Self { inner, signer }
    }
}

impl<S> Service<Request<Body>> for Signing<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Future: Send> + Clone + Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let signs = contract::is_signed(request.uri().path()) && !request.headers().contains_key(SIGNATURE);
        let Some(signer) = self.signer.clone().filter(|_| signs) else { return Box::pin(self.inner.call(request)) };
        // The clone takes the place of the service that was polled ready, which is the one to call (tower's `Service`).
        let fresh = self.inner.clone();
        let mut ready = mem::replace(&mut self.inner, fresh);
        Box::pin(async move {
            match signed(&signer, request).await {
                Ok(request) => ready.call(request).await,
                Err(status) => Ok(status.into_http()),
            }
        })
    }
}

async fn signed(signer: &RequestSigner, request: Request<Body>) -> Result<Request<Body>, Status> {
    let (mut parts, body) = request.into_parts();
    let framed = body.collect().await?.to_bytes();
    let message = framed.get(PREFIX..).unwrap_or_default();
    let not_signed = |why: String| Status::internal(format!("the request cannot be signed: {why}"));
    let method = parts.uri.path().trim_start_matches('/');
    let signature = sign_request(signer, method, message).map_err(|error| not_signed(error.to_string()))?;
    let value = BinaryMetadataValue::from_bytes(&signature.encode_to_vec());
    let value = HeaderValue::from_bytes(value.as_encoded_bytes()).map_err(|error| not_signed(error.to_string()))?;
    parts.headers.insert(SIGNATURE, value);
    Ok(Request::from_parts(parts, Body::new(Full::new(framed))))
}
