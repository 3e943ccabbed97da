//! What certificates there are.

use std::{
    ffi::OsStr,
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use x509_parser::{
    pem::parse_x509_pem,
    prelude::{GeneralName, X509Certificate},
};

use crate::{
    authority::{IssueRequest, Usage},
    certificate::{self, CertificateError, certificate_fingerprint},
    error::PkiError,
    files,
};

/// Whose certificate it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateKind {
    /// A root: it signed itself.
    Root,
    /// An authority below a root.
    Authority,
    /// A server or caller.
    Identity,
}

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateInfo {
    /// Whose it is.
    pub kind: CertificateKind,
    /// The identity; for root and authority the instance, `spiffe://<instance>`.
    pub spiffe_id: String,
    /// Serial number, lower-case hex.
    pub serial: String,
    /// SHA-256 of its DER bytes, lower-case hex.
    pub fingerprint: String,
    /// First moment.
    pub not_before: DateTime<Utc>,
    /// Last moment.
    pub not_after: DateTime<Utc>,
    dns_names: Vec<String>,
    ip_addresses: Vec<IpAddr>,
    usage: Usage,
}

impl CertificateInfo {
    /// Reads the first certificate of a PEM text. It verifies no signature.
    ///
    /// # Errors
    /// When the text holds none, or it is none of an instance.
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        let (_, pem) = parse_x509_pem(text.as_bytes()).map_err(|_| CertificateError::Malformed)?;
        Self::from_der(&pem.contents)
    }

    /// As [`Self::from_pem`], from the bytes of one certificate.
    ///
    /// # Errors
    /// As there.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let parsed = certificate::parse(der)?;
        let kind = match (parsed.is_ca(), parsed.issuer() == parsed.subject()) {
            (true, true) => CertificateKind::Root,
            (true, false) => CertificateKind::Authority,
            (false, _) => CertificateKind::Identity,
        };
        let moment = |at| certificate::moment(at).ok_or(CertificateError::Malformed);
        let (dns_names, ip_addresses) = names(&parsed)?;
        Ok(Self {
            kind,
            spiffe_id: certificate::spiffe_uri(&parsed)?,
            serial: hex::encode(parsed.raw_serial()),
            fingerprint: certificate_fingerprint(der),
            not_before: moment(parsed.validity().not_before)?,
            not_after: moment(parsed.validity().not_after)?,
            dns_names,
            ip_addresses,
            usage: usage(&parsed)?,
        })
    }

    /// How long it still counts; negative when its time is over.
    pub fn left(&self, now: DateTime<Utc>) -> TimeDelta {
        self.not_after - now
    }

    /// What to ask for to get another one like it.
    pub(crate) fn request(&self, days: u32) -> Result<IssueRequest, PkiError> {
        if self.kind != CertificateKind::Identity {
            return Err(PkiError::NotAnIdentity { spiffe_id: self.spiffe_id.clone() });
        }
        let (spiffe_id, dns_names) = (self.spiffe_id.clone(), self.dns_names.clone());
        Ok(IssueRequest { spiffe_id, dns_names, ip_addresses: self.ip_addresses.clone(), days, usage: self.usage })
    }
}

/// A certificate file of a folder.
#[derive(Debug)]
pub struct Listed {
    /// Its name without `.pem`.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What it says, or why it says nothing.
    pub certificate: Result<CertificateInfo, CertificateError>,
}

/// The certificate files (`*.pem`) of a folder, in the order of their names. One that cannot be understood does not hide
/// the others.
///
/// # Errors
/// When the folder or a file cannot be read.
pub fn list(dir: &Path) -> Result<Vec<Listed>, PkiError> {
    let refused = files::io_at("read", dir);
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(&refused)? {
        let path = entry.map_err(&refused)?.path();
        if path.extension() == Some(OsStr::new("pem")) {
            paths.push(path);
        }
    }
    paths.sort();
    let listed = |path: PathBuf| {
        let certificate = CertificateInfo::from_pem(&files::read(&path)?);
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Listed { name, path, certificate })
    };
    paths.into_iter().map(listed).collect()
}

fn names(certificate: &X509Certificate<'_>) -> Result<(Vec<String>, Vec<IpAddr>), CertificateError> {
    let names = certificate.subject_alternative_name().map_err(|_| CertificateError::Malformed)?;
    let (mut dns, mut ip) = (Vec::new(), Vec::new());
    for name in names.iter().flat_map(|names| &names.value.general_names) {
        if let GeneralName::DNSName(host) = name {
            dns.push((*host).to_owned());
        }
        if let GeneralName::IPAddress(bytes) = name {
            ip.push(address(bytes).ok_or(CertificateError::Malformed)?);
        }
    }
    Ok((dns, ip))
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// Authorities have no extended usage; nobody asks for theirs.
fn usage(certificate: &X509Certificate<'_>) -> Result<Usage, CertificateError> {
    let usage = certificate.extended_key_usage().map_err(|_| CertificateError::Malformed)?;
    Ok(match usage.map(|usage| (usage.value.server_auth, usage.value.client_auth)) {
        Some((true, true)) => Usage::ServerAndClient,
        Some((true, false)) => Usage::Server,
        Some((false, _)) | None => Usage::Client,
    })
}
