//! What we read from a certificate.

use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// Why a certificate does not carry an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The bytes are not one DER certificate.
    #[error("not a certificate")]
    Malformed,
    /// It is the certificate of an authority, which must not act as a workload (X.509-SVID §5.2).
    #[error("an authority's certificate is not an identity")]
    Authority,
    /// There is not exactly one URI name (X.509-SVID §2).
    #[error("the certificate must carry exactly one URI name, it carries {0}")]
    UriNames(usize),
    /// The URI name is not a SPIFFE identity.
    #[error("the URI name of the certificate does not start with spiffe://")]
    Scheme,
}

/// SHA-256 of the certificate's DER bytes, in lower-case hex. It names one certificate in the exchange log and in audit
/// entries.
pub fn certificate_fingerprint(der: &[u8]) -> String {
    hex::encode(Sha256::digest(der))
}

/// The identity in a leaf certificate: its one URI name (X.509-SVID §2 and §5.2). It does not verify the certificate;
/// that is for the TLS layer, before. The text is not parsed further: that is for `policy::Principal`.
///
/// # Errors
/// When the bytes are no certificate, when it is an authority's, or when it has no URI name, several, or one that is not
/// SPIFFE.
pub fn spiffe_id(der: &[u8]) -> Result<String, CertificateError> {
    let certificate = parse(der)?;
    if certificate.is_ca() {
        return Err(CertificateError::Authority);
    }
    spiffe_uri(&certificate)
}

pub(crate) fn parse(der: &[u8]) -> Result<X509Certificate<'_>, CertificateError> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) | Err(_) => Err(CertificateError::Malformed),
    }
}

pub(crate) fn spiffe_uri(certificate: &X509Certificate<'_>) -> Result<String, CertificateError> {
    let names = certificate.subject_alternative_name().map_err(|_| CertificateError::Malformed)?;
    let uris: Vec<&str> = names
        .iter()
        .flat_map(|names| &names.value.general_names)
        .filter_map(|name| if let GeneralName::URI(uri) = name { Some(*uri) } else { None })
        .collect();
    let [uri] = uris[..] else { return Err(CertificateError::UriNames(uris.len())) };
    if uri.starts_with("spiffe://") { Ok(uri.to_owned()) } else { Err(CertificateError::Scheme) }
}
