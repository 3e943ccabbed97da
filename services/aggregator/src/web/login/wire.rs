//! One request to the provider over TLS, verified against the authorities that the operator named and no others.

use std::{future::Future, io, path::Path, pin::Pin, sync::Arc, time::Duration};

use axum::http;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use tokio::{net::TcpStream, sync::Semaphore};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer that is taken.
const MOST: usize = 1024 * 1024;

/// Requests at one time, so that strangers do not make us flood the provider. What is beyond waits, and is out of time in the end.
const AT_ONCE: usize = 16;

/// The way to the provider.
pub(super) struct Wire {
    config: Arc<ClientConfig>,
    places: Semaphore,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").finish_non_exhaustive()
    }
}

impl Wire {
    /// With the authorities in this file.
    ///
    /// # Errors
    /// When it holds none.
    pub(super) fn open(ca: &Path) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_file_iter(ca)? {
            roots.add(authority?)?;
        }
        anyhow::ensure!(!roots.is_empty(), "{} 中没有证书 / holds no certificate", ca.display());
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
        Ok(Self { config, places: Semaphore::new(AT_ONCE) })
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, io::Error> {
        let _place = self.places.acquire().await.map_err(io::Error::other)?;
        let (mut parts, body) = request.into_parts();
        let place = parts.uri.authority().cloned().ok_or_else(|| io::Error::other("an address without a host"))?;
        if parts.uri.scheme_str() != Some("https") {
            return Err(io::Error::other("an address without TLS"));
        }
        let name = ServerName::try_from(place.host().trim_matches(['[', ']']).to_owned()).map_err(io::Error::other)?;
        let stream =
            TcpStream::connect((place.host().trim_matches(['[', ']']), place.port_u16().unwrap_or(443))).await?;
        let stream = TlsConnector::from(Arc::clone(&self.config)).connect(name, stream).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let host = http::HeaderValue::try_from(place.as_str()).map_err(io::Error::other)?;
        parts.headers.insert(http::header::HOST, host);
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        parts.uri = path.parse().map_err(io::Error::other)?;
        let asked = http::Request::from_parts(parts, Full::new(Bytes::from(body)));
        let answer = async {
            let (parts, body) = sender.send_request(asked).await.map_err(io::Error::other)?.into_parts();
            drop(sender);
            let body = Limited::new(body, MOST).collect().await.map_err(io::Error::other)?;
            Ok(http::Response::from_parts(parts, body.to_bytes().to_vec()))
        };
        // How the connection ends does not matter: the answer is there.
        tokio::join!(answer, connection).0
    }
}

/// Asks once; redirects are not followed. An error when there is no answer in time, or it is too large.
impl<'c> AsyncHttpClient<'c> for Wire {
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, io::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async { tokio::time::timeout(PATIENCE, self.exchange(request)).await.map_err(io::Error::other)? })
    }
}
