//! The authority of one instance.

use std::{fmt, net::IpAddr, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use policy::Principal;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType};

use crate::{
    ca::{Ca, CaParams, calendar, common_name, own_end, uri_name},
    certificate,
    error::PkiError,
    files,
    info::{CertificateInfo, CertificateKind},
    root::ROOT_CERT,
};

pub(crate) const CA_CERT: &str = "ca.pem";
const CA_KEY: &str = "ca.key";

/// What an identity is used for, as extended key usage (RFC 5280 §4.2.1.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// Serves only.
    Server,
    /// Calls only.
    Client,
    /// Serves and calls, as every node does.
    ServerAndClient,
}

/// What to certify.
#[derive(Debug, Clone)]
pub struct IssueRequest {
    /// The identity, `spiffe://<instance>/…`.
    pub spiffe_id: String,
    /// Host names that a server answers to.
    pub dns_names: Vec<String>,
    /// Addresses that a server answers on.
    pub ip_addresses: Vec<IpAddr>,
    /// How long it is valid, in days, at least 1 and not beyond the authority.
    pub days: u32,
    /// What it is used for.
    pub usage: Usage,
}

/// A certificate with its private key.
#[derive(Clone)]
pub struct CertifiedKeyPem {
    /// The certificate, and after it that of the authority when there is a root above: what a server or caller shows.
    pub cert_pem: String,
    /// The private key, PKCS#8. `Debug` hides it.
    pub key_pem: String,
}

impl fmt::Debug for CertifiedKeyPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertifiedKeyPem").field("cert_pem", &self.cert_pem).field("key_pem", &"***").finish()
    }
}

/// The authority of one instance. It may sign leaves only (path length 0), and only for its own instance.
#[derive(Debug)]
pub struct Authority {
    ca: Ca,
    root_pem: Option<String>,
}

impl Authority {
    /// Makes a new authority in memory, valid from now, that is its own root: for tests and development. An instance that
    /// lives longer has a [`crate::Root`].
    ///
    /// # Errors
    /// When the instance is not a trust domain, the validity is under a day, or the library fails.
    pub fn create(instance: &str, now: DateTime<Utc>, validity: TimeDelta) -> Result<Self, PkiError> {
        let params = CaParams { instance, title: "Wufei CA", path_length: 0, not_after: own_end(now, validity)? };
        Ok(Self { ca: Ca::create(&params, None, now)?, root_pem: None })
    }

    /// Reads an authority from its folder, with `root.pem` beside it unless it is its own root. The root's key is not needed.
    ///
    /// # Errors
    /// When a file is missing, is not an authority's, does not belong to the others, or when others can read the key.
    pub fn load(dir: &Path) -> Result<Self, PkiError> {
        let ca = Ca::load(&dir.join(CA_CERT), &dir.join(CA_KEY))?;
        let root = dir.join(ROOT_CERT);
        let alone = CertificateInfo::from_pem(&ca.cert_pem).is_ok_and(|info| info.kind == CertificateKind::Root);
        if alone && !root.exists() {
            return Ok(Self { ca, root_pem: None });
        }
        let root_pem = files::read(&root)?;
        if !certificate::issued_by(&ca.cert_pem, &root_pem) {
            return Err(PkiError::NotAnAuthority { path: root, what: "the root of the authority beside it" });
        }
        Ok(Self { ca, root_pem: Some(root_pem) })
    }

    /// Writes `ca.key` (mode 0600) and `ca.pem` into a folder of mode 0700, which is made where it is missing.
    ///
    /// # Errors
    /// When one of the files is there already: an authority is not overwritten in passing. Also when a used folder is open
    /// to others, and when the operating system refuses.
    pub fn save(&self, dir: &Path) -> Result<(), PkiError> {
        self.ca.save(dir, CA_CERT, CA_KEY)
    }

    /// Puts this authority in the place of the one in the folder, whose certificates stay good until they end, because
    /// they carry the old authority's certificate and the root above is the same.
    ///
    /// # Errors
    /// When it is its own root, so that nobody would trust what it signs, or the operating system refuses.
    pub fn replace(&self, dir: &Path) -> Result<(), PkiError> {
        if self.root_pem.is_none() {
            return Err(PkiError::Exists { path: dir.join(CA_CERT) });
        }
        let key = self.ca.issuer.key().serialize_pem();
        files::replace_pair((&dir.join(CA_KEY), &key), (&dir.join(CA_CERT), &self.ca.cert_pem))
    }

    /// Certifies a new key for an identity of this instance.
    ///
    /// # Errors
    /// When the identity is malformed or of another instance, a host name is malformed, the days are 0 or reach beyond
    /// the authority, the authority has ended, or the library fails.
    pub fn issue(&self, request: &IssueRequest, now: DateTime<Utc>) -> Result<CertifiedKeyPem, PkiError> {
        let IssueRequest { spiffe_id, dns_names, ip_addresses, days, usage } = request;
        let principal = Principal::parse(spiffe_id)
            .map_err(|reason| PkiError::Identity { spiffe_id: spiffe_id.clone(), reason })?;
        if principal.trust_domain() != self.instance() {
            return Err(PkiError::OtherInstance { spiffe_id: spiffe_id.clone(), instance: self.instance().to_owned() });
        }
        let (not_before, not_after) = (self.ca.starts(now), self.ca.ends(*days, now)?);
        let mut params = CertificateParams::new(dns_names.clone())
            .map_err(|_| PkiError::Name { name: dns_names.join(", "), what: "host names of a certificate" })?;
        params.subject_alt_names.extend(ip_addresses.iter().copied().map(SanType::IpAddress));
        params.subject_alt_names.push(uri_name(spiffe_id)?);
        params.distinguished_name.push(DnType::CommonName, common_name(principal.path().trim_start_matches('/')));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = match usage {
            Usage::Server => vec![ExtendedKeyUsagePurpose::ServerAuth],
            Usage::Client => vec![ExtendedKeyUsagePurpose::ClientAuth],
            Usage::ServerAndClient => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
        };
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = (calendar(not_before)?, calendar(not_after)?);
        let key = KeyPair::generate().map_err(PkiError::Signing)?;
        let mut cert_pem = params.signed_by(&key, &self.ca.issuer).map_err(PkiError::Signing)?.pem();
        if self.root_pem.is_some() {
            cert_pem.push_str(&self.ca.cert_pem);
        }
        Ok(CertifiedKeyPem { cert_pem, key_pem: key.serialize_pem() })
    }

    /// Certifies a new key for what an earlier certificate says: the same identity, names and use. Whether the identity
    /// may still have one is for the caller to know.
    ///
    /// # Errors
    /// As [`Self::issue`], and when the certificate is an authority's.
    pub fn renew(&self, old: &CertificateInfo, days: u32, now: DateTime<Utc>) -> Result<CertifiedKeyPem, PkiError> {
        self.issue(&old.request(days)?, now)
    }

    /// The instance it issues for, which is its trust domain.
    pub fn instance(&self) -> &str {
        &self.ca.instance
    }

    /// Its own certificate.
    pub fn cert_pem(&self) -> &str {
        &self.ca.cert_pem
    }

    /// The certificate that every member of the instance trusts: that of the root, or its own when it is its own root.
    pub fn trust_pem(&self) -> &str {
        self.root_pem.as_deref().unwrap_or(&self.ca.cert_pem)
    }

    /// When it ends.
    pub fn not_after(&self) -> DateTime<Utc> {
        self.ca.not_after
    }

    pub(crate) fn below(ca: Ca, root_pem: String) -> Self {
        Self { ca, root_pem: Some(root_pem) }
    }
}
