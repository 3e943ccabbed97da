//! Mutual TLS of a server, and the identity on the other end.

mod serving;

use std::{fs, path::PathBuf};

use policy::{InvalidPrincipal, Principal};
use runtime::config::Tls;

pub use serving::{Held, ServerTls, TlsError};

/// The PEM texts of mutual TLS, read from the configured files. There is no way to serve without.
#[derive(Clone, PartialEq, Eq)]
pub struct TlsTexts {
    /// Authorities whose client certificates are accepted.
    pub ca: Vec<u8>,
    /// Our certificate with its chain.
    pub cert: Vec<u8>,
    /// Our private key. `Debug` hides it.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for TlsTexts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsTexts").finish_non_exhaustive()
    }
}

/// A TLS file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}", path.display())]
pub struct TlsFileError {
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

impl TlsTexts {
    /// Reads the configured files.
    ///
    /// # Errors
    /// The first file that cannot be read.
    pub fn read(files: &Tls) -> Result<Self, TlsFileError> {
        let read =
            |path: &std::path::Path| fs::read(path).map_err(|source| TlsFileError { path: path.to_owned(), source });
        Ok(Self { ca: read(&files.ca)?, cert: read(&files.cert)?, key: read(&files.key)? })
    }
}

/// Who is on the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) principal: Principal,
    /// SHA-256 of the certificate, lower-case hex.
    pub(crate) fingerprint: String,
}

/// Why a verified certificate names no principal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoPrincipal {
    #[error(transparent)]
    Certificate(#[from] pki::CertificateError),
    #[error(transparent)]
    Identity(#[from] InvalidPrincipal),
}

impl Peer {
    /// The identity in a leaf certificate that the handshake has verified.
    pub(crate) fn of(leaf: &[u8]) -> Result<Self, NoPrincipal> {
        let principal = Principal::parse(&pki::spiffe_id(leaf)?)?;
        Ok(Self { principal, fingerprint: pki::certificate_fingerprint(leaf) })
    }
}
