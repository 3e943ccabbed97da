//! What we read from a certificate.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use x509_parser::{
    extensions::ParsedExtension,
    pem::parse_x509_pem,
    prelude::{FromDer, GeneralName, X509Certificate},
    time::ASN1Time,
};

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

impl CertificateError {
    /// The reason in Chinese.
    pub fn zh(self) -> String {
        match self {
            Self::Malformed => "不是证书，或证书已损坏".to_owned(),
            Self::Authority => "是证书机构的证书，不能作为身份".to_owned(),
            Self::UriNames(count) => format!("证书应恰有一个 URI 名称，现有 {count} 个"),
            Self::Scheme => "证书的 URI 名称不以 spiffe:// 开头".to_owned(),
        }
    }
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

/// Whether the first certificate was issued by the second, by name and key identifier (RFC 5280 §4.2.1.1). It verifies no
/// signature; that is for the TLS layer.
pub(crate) fn issued_by(child: &str, parent: &str) -> bool {
    let (Ok((_, child)), Ok((_, parent))) = (parse_x509_pem(child.as_bytes()), parse_x509_pem(parent.as_bytes()))
    else {
        return false;
    };
    let (Ok(child), Ok(parent)) = (parse(&child.contents), parse(&parent.contents)) else { return false };
    let above = child.iter_extensions().find_map(|extension| {
        let ParsedExtension::AuthorityKeyIdentifier(id) = extension.parsed_extension() else { return None };
        id.key_identifier.as_ref().map(|id| id.0)
    });
    let own = parent.iter_extensions().find_map(|extension| {
        let ParsedExtension::SubjectKeyIdentifier(id) = extension.parsed_extension() else { return None };
        Some(id.0)
    });
    parent.is_ca() && child.issuer() == parent.subject() && above.is_some() && above == own
}

pub(crate) fn moment(time: ASN1Time) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.timestamp(), 0)
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
