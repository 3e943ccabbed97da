//! The certificate that a node shows: a handshake of its own, because a connection for calls does not tell.

use std::{io, sync::Arc, time::Duration};

use client::Endpoint;
use pki::CertificateInfo;
use runtime::config::Tls;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    },
};

/// How long the handshake may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The certificate that the node at this endpoint shows, verified against our authorities and the name that it must carry.
///
/// # Errors
/// When it cannot be reached, shows none that counts, or our own files cannot be used.
pub(crate) async fn shown(endpoint: &Endpoint, tls: &Tls) -> io::Result<CertificateInfo> {
    tokio::time::timeout(PATIENCE, handshake(endpoint, tls)).await.map_err(io::Error::other)?
}

async fn handshake(endpoint: &Endpoint, tls: &Tls) -> io::Result<CertificateInfo> {
    let name = ServerName::try_from(endpoint.server_name.clone()).map_err(io::Error::other)?;
    let place = endpoint.address.strip_prefix("https://").unwrap_or(&endpoint.address);
    let connector = TlsConnector::from(Arc::new(config(tls)?));
    let stream = connector.connect(name, TcpStream::connect(place.trim_end_matches('/')).await?).await?;
    let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let leaf = shown.ok_or_else(|| io::Error::other("no certificate was shown"))?;
    CertificateInfo::from_der(leaf).map_err(io::Error::other)
}

fn config(tls: &Tls) -> io::Result<ClientConfig> {
    let chain = |path: &std::path::Path| -> io::Result<Vec<CertificateDer<'static>>> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(io::Error::other)?.collect();
        found.map_err(io::Error::other)
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(chain(&tls.ca)?);
    let key = PrivateKeyDer::from_pem_file(&*tls.key).map_err(io::Error::other)?;
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(io::Error::other)?.with_root_certificates(roots);
    let mut config = builder.with_client_auth_cert(chain(&tls.cert)?, key).map_err(io::Error::other)?;
    config.alpn_protocols.push(b"h2".to_vec());
    Ok(config)
}
