//! The certificate, the key and the authorities of a server, exchanged while it serves.
//!
//! Every handshake takes what is in force when it begins; connections that stand are not touched. So a certificate is renewed,
//! or an authority is exchanged while both are trusted, without one failed call.

use std::{fmt, sync::Arc};

use pki::{CertificateError, CertificateInfo};
use runtime::config::Tls;
use tokio::sync::watch as channel;
use tokio_rustls::rustls::{
    self, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    server::{VerifierBuilderError, WebPkiClientVerifier},
};

use super::{TlsFileError, TlsTexts};

/// HTTP/2, as ALPN names it (RFC 7301).
const HTTP2: &[u8] = b"h2";
/// HTTP/1.1, as ALPN names it.
const HTTP1: &[u8] = b"http/1.1";

/// What a server presents and whom it lets in. Clones share what is in force.
#[derive(Clone)]
pub struct ServerTls(Arc<Inner>);

struct Inner {
    in_force: channel::Sender<Arc<Loaded>>,
    /// Where it comes from; none when it stays as it is.
    files: Option<Tls>,
    /// The identity that the certificate has to carry.
    principal: Option<String>,
    /// Whether it lets in who shows no certificate.
    strangers: bool,
}

struct Loaded {
    texts: TlsTexts,
    config: Arc<ServerConfig>,
    certificates: Vec<Held>,
}

/// A certificate of a server, for those who watch how long it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// `server` or `authority`.
    pub role: &'static str,
    /// What it says.
    pub info: CertificateInfo,
}

/// TLS files that are not taken. In both languages, because it stops a start or stands in the operator's log.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("TLS 文件无法读取 / a TLS file cannot be read: {0}")]
    File(#[from] TlsFileError),
    /// A text is no PEM.
    #[error("{key} 不是 PEM（{source}），请检查文件 / {key} is no PEM ({source}); check the file")]
    Pem {
        /// Key of the configuration.
        key: &'static str,
        /// Why.
        source: pem::Error,
    },
    /// A certificate cannot be read.
    #[error("{key} 中的证书无法读取（{}） / a certificate in {key} cannot be read ({source})", source.zh())]
    Certificate {
        /// Key of the configuration.
        key: &'static str,
        /// Why.
        source: CertificateError,
    },
    /// The certificate is another node's.
    #[error("tls.cert 是 {found} 的证书，本节点是 {expected} / tls.cert names {found}, this node is {expected}")]
    OtherNode {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// Certificate and key do not belong together, or cannot be used.
    #[error("tls.cert 与 tls.key 不能一起使用（{0}） / tls.cert and tls.key cannot be used together ({0})")]
    Pair(#[from] rustls::Error),
    /// No authority can be used.
    #[error("tls.ca 中没有可用的颁发机构（{0}） / tls.ca holds no authority that can be used ({0})")]
    Authorities(#[from] VerifierBuilderError),
}

impl ServerTls {
    /// From files that may be exchanged; the certificate has to carry this identity.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn open(files: Tls, principal: String) -> Result<Self, TlsError> {
        let loaded = load(TlsTexts::read(&files)?, Some(&principal), false)?;
        Ok(Self::new(loaded, Some(files), Some(principal), false))
    }

    /// As [`Self::open`], but who shows no certificate gets in too: the server has another way to find out who they are. A
    /// certificate that does not count is refused as ever.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn open_to_strangers(files: Tls, principal: String) -> Result<Self, TlsError> {
        let loaded = load(TlsTexts::read(&files)?, Some(&principal), true)?;
        Ok(Self::new(loaded, Some(files), Some(principal), true))
    }

    /// From texts that stay as they are.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn fixed(texts: TlsTexts) -> Result<Self, TlsError> {
        Ok(Self::new(load(texts, None, false)?, None, None, false))
    }

    fn new(loaded: Loaded, files: Option<Tls>, principal: Option<String>, strangers: bool) -> Self {
        let (in_force, _) = channel::channel(Arc::new(loaded));
        Self(Arc::new(Inner { in_force, files, principal, strangers }))
    }

    /// Reads the files again, and takes them when they have changed. True when they were taken.
    ///
    /// # Errors
    /// [`TlsError`]; what is in force then stays.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let Inner { in_force, files: Some(files), principal, strangers } = &*self.0 else { return Ok(false) };
        let texts = TlsTexts::read(files)?;
        if texts == in_force.borrow().texts {
            return Ok(false);
        }
        in_force.send_replace(Arc::new(load(texts, principal.as_deref(), *strangers)?));
        Ok(true)
    }

    /// The certificates in force: the server's own and those of the authorities.
    #[must_use]
    pub fn certificates(&self) -> Vec<Held> {
        self.0.in_force.borrow().certificates.clone()
    }

    /// For a handshake with a browser, which speaks HTTP/1.1 here.
    #[must_use]
    pub fn http1(&self) -> Arc<ServerConfig> {
        let mut config = ServerConfig::clone(&self.config());
        config.alpn_protocols = vec![HTTP1.to_vec()];
        Arc::new(config)
    }

    /// For the handshake that begins now.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.in_force.borrow().config)
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").field("certificates", &self.certificates()).finish_non_exhaustive()
    }
}

/// A client without a certificate of our authorities does not get past the handshake, unless strangers may.
fn load(texts: TlsTexts, principal: Option<&str>, strangers: bool) -> Result<Loaded, TlsError> {
    let (chain, authorities) = (certificates("tls.cert", &texts.cert)?, certificates("tls.ca", &texts.ca)?);
    let key = PrivateKeyDer::from_pem_slice(&texts.key).map_err(|source| TlsError::Pem { key: "tls.key", source })?;
    let mut held = Vec::new();
    if let Some(own) = chain.first() {
        let info = info("tls.cert", own)?;
        if let Some(expected) = principal
            && info.spiffe_id != expected
        {
            return Err(TlsError::OtherNode { found: info.spiffe_id, expected: expected.to_owned() });
        }
        held.push(Held { role: "server", info });
    }
    let mut roots = RootCertStore::empty();
    for authority in &authorities {
        // One that another program made may lack what ours have; it counts, and nobody watches it.
        held.extend(info("tls.ca", authority).ok().map(|info| Held { role: "authority", info }));
    }
    roots.add_parsable_certificates(authorities);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let verifier = if strangers { verifier.allow_unauthenticated() } else { verifier }.build()?;
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = builder.with_client_cert_verifier(verifier).with_single_cert(chain, key)?;
    config.alpn_protocols.push(HTTP2.to_vec());
    Ok(Loaded { texts, config: Arc::new(config), certificates: held })
}

fn certificates(key: &'static str, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let found = read.map_err(|source| TlsError::Pem { key, source })?;
    if found.is_empty() { Err(TlsError::Pem { key, source: pem::Error::NoItemsFound }) } else { Ok(found) }
}

fn info(key: &'static str, certificate: &CertificateDer<'_>) -> Result<CertificateInfo, TlsError> {
    CertificateInfo::from_der(certificate).map_err(|source| TlsError::Certificate { key, source })
}
