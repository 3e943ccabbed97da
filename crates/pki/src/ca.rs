//! A key with the certificate that lets it sign others.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use policy::{InvalidPrincipal, Principal};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};
use time::OffsetDateTime;
use x509_parser::pem::parse_x509_pem;

use crate::{certificate, error::PkiError, files};

/// Certificates and keys start this long before they are made, for servers whose clocks are behind.
pub(crate) const BACKDATED: TimeDelta = TimeDelta::minutes(5);
/// X.520 gives a common name at most 64 characters.
const MAX_COMMON_NAME: usize = 64;

/// An ECDSA P-256 key with a certificate whose URI name is `spiffe://<instance>` (X.509-SVID §2: a signing certificate
/// names the trust domain).
#[derive(Debug)]
pub(crate) struct Ca {
    pub(crate) instance: String,
    pub(crate) cert_pem: String,
    pub(crate) not_before: DateTime<Utc>,
    pub(crate) not_after: DateTime<Utc>,
    pub(crate) issuer: Issuer<'static, KeyPair>,
}

/// What a signing certificate is for.
pub(crate) struct CaParams<'a> {
    pub(crate) instance: &'a str,
    /// Start of the common name.
    pub(crate) title: &'a str,
    /// How many signing certificates may stand below it (RFC 5280 §4.2.1.9).
    pub(crate) path_length: u8,
    pub(crate) not_after: DateTime<Utc>,
}

impl Ca {
    /// Makes a key; its certificate is signed by `above`, or by itself.
    pub(crate) fn create(params: &CaParams<'_>, above: Option<&Self>, now: DateTime<Utc>) -> Result<Self, PkiError> {
        let CaParams { instance, title, path_length, not_after } = *params;
        let uri = format!("spiffe://{instance}");
        // Every identity of the instance must parse, so one is tried here; it also says where the trust domain ends.
        match Principal::parse(&format!("{uri}/aggregator")) {
            Ok(trial) if trial.trust_domain() == instance => {}
            Ok(_) => return Err(PkiError::Identity { spiffe_id: uri, reason: InvalidPrincipal::TrustDomain }),
            Err(reason) => return Err(PkiError::Identity { spiffe_id: uri, reason }),
        }
        let not_before = above.map_or(now - BACKDATED, |above| above.starts(now));
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(path_length));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.subject_alt_names = vec![uri_name(&uri)?];
        params.distinguished_name.push(DnType::CommonName, common_name(&format!("{title} {instance}")));
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = (calendar(not_before)?, calendar(not_after)?);
        let key = KeyPair::generate().map_err(PkiError::Signing)?;
        let cert = match above {
            Some(above) => params.signed_by(&key, &above.issuer),
            None => params.self_signed(&key),
        };
        let cert_pem = cert.map_err(PkiError::Signing)?.pem();
        Ok(Self { instance: instance.to_owned(), cert_pem, not_before, not_after, issuer: Issuer::new(params, key) })
    }

    /// Reads certificate and key.
    pub(crate) fn load(cert_path: &Path, key_path: &Path) -> Result<Self, PkiError> {
        let not = |path: &Path, what| PkiError::NotAnAuthority { path: path.to_owned(), what };
        let wrong_cert = || not(cert_path, "the certificate of an authority");
        let wrong_key = || not(key_path, "the key of the authority beside it");
        let cert_pem = files::read(cert_path)?;
        let key = KeyPair::from_pem(&files::read_private(key_path)?).map_err(|_| wrong_key())?;
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
        let not_before = certificate::moment(parsed.validity().not_before).ok_or_else(wrong_cert)?;
        let not_after = certificate::moment(parsed.validity().not_after).ok_or_else(wrong_cert)?;
        let issuer = Issuer::from_ca_cert_pem(&cert_pem, key).map_err(|_| wrong_cert())?;
        Ok(Self { instance, cert_pem, not_before, not_after, issuer })
    }

    /// Writes both files, which must not be there, into a folder of mode 0700.
    pub(crate) fn save(&self, dir: &Path, cert: &str, key: &str) -> Result<(), PkiError> {
        let (cert_path, key_path) = (dir.join(cert), dir.join(key));
        for path in [&cert_path, &key_path] {
            if path.exists() {
                return Err(PkiError::Exists { path: path.clone() });
            }
        }
        files::make_private_folder(dir)?;
        files::write_new_private(&key_path, &self.issuer.key().serialize_pem())?;
        files::write_new_public(&cert_path, &self.cert_pem)
    }

    /// When something that is made now begins: a little earlier, but not before its authority.
    pub(crate) fn starts(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        (now - BACKDATED).max(self.not_before)
    }

    /// The end of something that is made now for some days, at least 1 and not beyond this authority.
    pub(crate) fn ends(&self, days: u32, now: DateTime<Utc>) -> Result<DateTime<Utc>, PkiError> {
        if now >= self.not_after {
            return Err(PkiError::Ended { instance: self.instance.clone(), at: self.not_after });
        }
        now.checked_add_signed(TimeDelta::days(days.into()))
            .filter(|end| days > 0 && *end <= self.not_after)
            .ok_or(PkiError::Validity { until: self.not_after })
    }
}

/// The end of what signs itself.
pub(crate) fn own_end(now: DateTime<Utc>, validity: TimeDelta) -> Result<DateTime<Utc>, PkiError> {
    now.checked_add_signed(validity).filter(|_| validity >= TimeDelta::days(1)).ok_or(PkiError::Validity { until: now })
}

pub(crate) fn uri_name(uri: &str) -> Result<SanType, PkiError> {
    Ok(SanType::URI(uri.try_into().map_err(PkiError::Signing)?))
}

/// The text cut to what a common name may have. It is only for people; the identity is the URI name.
pub(crate) fn common_name(text: &str) -> String {
    text.chars().take(MAX_COMMON_NAME).collect()
}

pub(crate) fn calendar(at: DateTime<Utc>) -> Result<OffsetDateTime, PkiError> {
    OffsetDateTime::from_unix_timestamp(at.timestamp()).map_err(|_| PkiError::Validity { until: at })
}
