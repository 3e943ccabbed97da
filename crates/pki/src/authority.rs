//! The authority of one instance.

use std::{fmt, net::IpAddr, path::Path};

use chrono::{DateTime, Days, TimeDelta, Utc};
use policy::{InvalidPrincipal, Principal};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};
use time::OffsetDateTime;
use x509_parser::pem::parse_x509_pem;

use crate::{certificate, error::PkiError, files};

const CA_CERT: &str = "ca.pem";
const CA_KEY: &str = "ca.key";
/// Certificates start this long before they are made, for servers whose clocks are behind.
const BACKDATED: TimeDelta = TimeDelta::minutes(5);
/// X.520 gives a common name at most 64 characters.
const MAX_COMMON_NAME: usize = 64;

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
    /// The certificate.
    pub cert_pem: String,
    /// The private key, PKCS#8. `Debug` hides it.
    pub key_pem: String,
}

impl fmt::Debug for CertifiedKeyPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertifiedKeyPem").field("cert_pem", &self.cert_pem).field("key_pem", &"***").finish()
    }
}

/// The authority of one instance: an ECDSA P-256 key with a self-signed certificate whose URI name is
/// `spiffe://<instance>` (X.509-SVID §2: a signing certificate names the trust domain). It may sign leaves only, and
/// only for its own instance.
#[derive(Debug)]
pub struct Authority {
    instance: String,
    cert_pem: String,
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Makes a new authority in memory, valid from now.
    ///
    /// # Errors
    /// When the instance is not a trust domain, the validity is under a day, or the library fails.
    pub fn create(instance: &str, now: DateTime<Utc>, validity: TimeDelta) -> Result<Self, PkiError> {
        let uri = format!("spiffe://{instance}");
        // Every identity of the instance must parse, so one is tried here; it also says where the trust domain ends.
        match Principal::parse(&format!("{uri}/aggregator")) {
            Ok(trial) if trial.trust_domain() == instance => {}
            Ok(_) => return Err(PkiError::Identity { spiffe_id: uri, reason: InvalidPrincipal::TrustDomain }),
            Err(reason) => return Err(PkiError::Identity { spiffe_id: uri, reason }),
        }
        let not_before = now - BACKDATED;
        let not_after = now
            .checked_add_signed(validity)
            .filter(|_| validity >= TimeDelta::days(1))
            .ok_or(PkiError::Validity { until: now })?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.subject_alt_names = vec![uri_name(&uri)?];
        params.distinguished_name.push(DnType::CommonName, common_name(&format!("Wufei CA {instance}")));
        (params.not_before, params.not_after) = (calendar(not_before)?, calendar(not_after)?);
        let key = KeyPair::generate().map_err(PkiError::Signing)?;
        let cert_pem = params.self_signed(&key).map_err(PkiError::Signing)?.pem();
        let issuer = Issuer::new(params, key);
        Ok(Self { instance: instance.to_owned(), cert_pem, not_before, not_after, issuer })
    }

    /// Reads an authority from its folder.
    ///
    /// # Errors
    /// When a file is missing, is not an authority's, does not belong to the other one, or when others can read the key.
    pub fn load(dir: &Path) -> Result<Self, PkiError> {
        let (cert_path, key_path) = (dir.join(CA_CERT), dir.join(CA_KEY));
        let wrong_cert =
            || PkiError::NotAnAuthority { path: cert_path.clone(), what: "the certificate of an authority" };
        let wrong_key =
            || PkiError::NotAnAuthority { path: key_path.clone(), what: "the key of the authority beside it" };
        let cert_pem = files::read(&cert_path)?;
        let key = KeyPair::from_pem(&files::read_private(&key_path)?).map_err(|_| wrong_key())?;
        let (_, pem) = parse_x509_pem(cert_pem.as_bytes()).map_err(|_| wrong_cert())?;
        let parsed = certificate::parse(&pem.contents).map_err(|_| wrong_cert())?;
        if !parsed.is_ca() {
            return Err(wrong_cert());
        }
        if parsed.public_key().subject_public_key.data != rcgen::PublicKeyData::der_bytes(&key) {
            return Err(wrong_key());
        }
        let uri = certificate::spiffe_uri(&parsed).map_err(|_| wrong_cert())?;
        let instance = uri.strip_prefix("spiffe://").ok_or_else(wrong_cert)?.to_owned();
        let at = |time: x509_parser::time::ASN1Time| DateTime::from_timestamp(time.timestamp(), 0);
        let not_before = at(parsed.validity().not_before).ok_or_else(wrong_cert)?;
        let not_after = at(parsed.validity().not_after).ok_or_else(wrong_cert)?;
        let issuer = Issuer::from_ca_cert_pem(&cert_pem, key).map_err(|_| wrong_cert())?;
        Ok(Self { instance, cert_pem, not_before, not_after, issuer })
    }

    /// Writes `ca.key` (mode 0600) and `ca.pem` into a folder of mode 0700, which is made where it is missing.
    ///
    /// # Errors
    /// When one of the files is there already: an authority is never overwritten, for every certificate of the instance
    /// would fail at once. Also when a used folder is open to others, and when the operating system refuses.
    pub fn save(&self, dir: &Path) -> Result<(), PkiError> {
        let (cert_path, key_path) = (dir.join(CA_CERT), dir.join(CA_KEY));
        for path in [&cert_path, &key_path] {
            if path.exists() {
                return Err(PkiError::Exists { path: path.clone() });
            }
        }
        files::make_private_folder(dir)?;
        files::write_new_private(dir, &key_path, &self.issuer.key().serialize_pem())?;
        files::write_new_public(dir, &cert_path, &self.cert_pem)
    }

    /// Certifies a new key for an identity of this instance.
    ///
    /// # Errors
    /// When the identity is malformed or of another instance, a host name is malformed, the days are 0 or reach beyond
    /// the authority, or the library fails.
    pub fn issue(&self, request: &IssueRequest, now: DateTime<Utc>) -> Result<CertifiedKeyPem, PkiError> {
        let IssueRequest { spiffe_id, dns_names, ip_addresses, days, usage } = request;
        let principal = Principal::parse(spiffe_id)
            .map_err(|reason| PkiError::Identity { spiffe_id: spiffe_id.clone(), reason })?;
        if principal.trust_domain() != self.instance {
            return Err(PkiError::OtherInstance { spiffe_id: spiffe_id.clone(), instance: self.instance.clone() });
        }
        let (not_before, not_after) = self.leaf_validity(*days, now)?;
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
        let cert = params.signed_by(&key, &self.issuer).map_err(PkiError::Signing)?;
        Ok(CertifiedKeyPem { cert_pem: cert.pem(), key_pem: key.serialize_pem() })
    }

    /// The instance it issues for, which is its trust domain.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Its certificate, which every member of the instance trusts.
    pub fn cert_pem(&self) -> &str {
        &self.cert_pem
    }

    /// When it ends.
    pub fn not_after(&self) -> DateTime<Utc> {
        self.not_after
    }

    fn leaf_validity(&self, days: u32, now: DateTime<Utc>) -> Result<(DateTime<Utc>, DateTime<Utc>), PkiError> {
        let end = now
            .checked_add_days(Days::new(days.into()))
            .filter(|end| days > 0 && *end <= self.not_after)
            .ok_or(PkiError::Validity { until: self.not_after })?;
        Ok(((now - BACKDATED).max(self.not_before), end))
    }
}

fn uri_name(uri: &str) -> Result<SanType, PkiError> {
    Ok(SanType::URI(uri.try_into().map_err(PkiError::Signing)?))
}

/// The text cut to what a common name may have. It is only for people; the identity is the URI name.
fn common_name(text: &str) -> String {
    text.chars().take(MAX_COMMON_NAME).collect()
}

fn calendar(at: DateTime<Utc>) -> Result<OffsetDateTime, PkiError> {
    OffsetDateTime::from_unix_timestamp(at.timestamp()).map_err(|_| PkiError::Validity { until: at })
}
