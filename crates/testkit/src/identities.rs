//! A certificate authority for one test, and whom it has certified.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use anyhow::Context as _;
use chrono::TimeDelta;
use client::Identity;
use directory::Document;
use ledger::RequestSigner;
use node::{trust::TrustConfig, witness::WitnessConfig};
use pki::{Authority, CertifiedKeyPem, IssueRequest, Usage, write_identity};
use runtime::{
    clock::{Clock as _, SystemClock},
    config::Tls,
};
use tempfile::TempDir;

use crate::{configs::AGGREGATOR, membership::Membership};

/// Trust domain of the tests.
pub const INSTANCE: &str = "wufei.test";

/// The identity that submits for a department.
#[must_use]
pub fn writer_id(department: &str) -> String {
    format!("spiffe://{INSTANCE}/dept/{department}/writer")
}

/// The identity that answers for what a department submits.
#[must_use]
pub fn signatory_id(department: &str) -> String {
    format!("spiffe://{INSTANCE}/dept/{department}/signatory")
}

/// The identity that evaluates.
#[must_use]
pub fn evaluator_id() -> String {
    format!("spiffe://{INSTANCE}/evaluator/test")
}

/// The identity that endorses for a department.
#[must_use]
pub fn approver_id(department: &str) -> String {
    format!("spiffe://{INSTANCE}/dept/{department}/approver")
}

/// The identity that audits.
#[must_use]
pub fn auditor_id() -> String {
    format!("spiffe://{INSTANCE}/auditor/test")
}

/// The identity that operates the servers.
#[must_use]
pub fn operator_id() -> String {
    format!("spiffe://{INSTANCE}/operator/test")
}

/// The identity that keeps the directory.
#[must_use]
pub fn administrator_id() -> String {
    format!("spiffe://{INSTANCE}/administrator/test")
}

/// The identity in whose name the public page asks.
#[must_use]
pub fn public_id() -> String {
    format!("spiffe://{INSTANCE}/public")
}

/// The identity of a service.
#[must_use]
pub fn service_id(service: &str) -> String {
    if service == AGGREGATOR {
        format!("spiffe://{INSTANCE}/aggregator")
    } else {
        format!("spiffe://{INSTANCE}/dept/{service}")
    }
}

/// The part of a service's configuration that is about trust.
#[derive(Clone, Debug)]
pub struct Trusted {
    /// Its certificate.
    pub tls: Tls,
    /// Whom it believes.
    pub trust: TrustConfig,
    /// How its log is witnessed.
    pub witness: Option<WitnessConfig>,
}

/// An authority with its certificates, each issued once: two worlds that share them get the same log entries from the same
/// calls, because an entry names the certificate of its caller.
#[derive(Debug)]
pub struct Identities {
    authority: Authority,
    folder: TempDir,
    membership: Membership,
    callers: Mutex<BTreeMap<String, CertifiedKeyPem>>,
}

impl Identities {
    /// A new authority. Certificates are judged by the clock of the machine, whatever the clock of the services shows.
    ///
    /// # Errors
    /// When the certificate cannot be made or written.
    pub fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let authority = Authority::create(INSTANCE, SystemClock.now(), TimeDelta::days(2))?;
        std::fs::write(folder.path().join("ca.pem"), authority.cert_pem())?;
        let membership = Membership::new(folder.path())?;
        Ok(Self { authority, folder, membership, callers: Mutex::default() })
    }

    /// Certificate files of a service.
    ///
    /// # Errors
    /// When the certificate cannot be made or written.
    pub fn service(&self, service: &str) -> anyhow::Result<Tls> {
        let path = |end: &str| -> PathBuf { self.folder.path().join(format!("{service}.{end}")) };
        let (cert, key) = (path("pem"), path("key"));
        if !cert.exists() {
            let pair = self.issue(service_id(service), vec![client::server_name(service)], Usage::ServerAndClient)?;
            write_identity(self.folder.path(), service, &pair)?;
        }
        Ok(Tls { ca: self.folder.path().join("ca.pem").into(), cert: cert.into(), key: key.into() })
    }

    /// What a service shows, believes and signs with.
    ///
    /// # Errors
    /// When its certificate cannot be made or written.
    pub fn trusted(&self, service: &str) -> anyhow::Result<Trusted> {
        let signing_key = self.folder.path().join(format!("{service}.sign.key")).into();
        let witness = Some(WitnessConfig { signing_key });
        Ok(Trusted { tls: self.service(service)?, trust: self.trust(), witness })
    }

    /// The identity of a caller.
    ///
    /// # Errors
    /// When the certificate cannot be made.
    pub fn caller(&self, principal: &str) -> anyhow::Result<Identity> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if !callers.contains_key(principal) {
            callers.insert(principal.to_owned(), self.issue(principal.to_owned(), Vec::new(), Usage::Client)?);
        }
        let pair = callers.get(principal).context("the certificate was just made")?;
        Ok(Identity::from_pem(self.authority.cert_pem(), pair.cert_pem.as_str(), pair.key_pem.as_str()))
    }

    /// An identity whose certificate ended yesterday.
    ///
    /// # Errors
    /// When the certificate cannot be made.
    pub fn expired(&self, principal: &str) -> anyhow::Result<Identity> {
        let request = request(principal.to_owned(), Vec::new(), Usage::Client);
        let pair = self.authority.issue(&request, SystemClock.now() - TimeDelta::days(2))?;
        Ok(Identity::from_pem(self.authority.cert_pem(), pair.cert_pem.as_str(), pair.key_pem.as_str()))
    }

    /// The authority's certificate, and a caller's with its key: for a client that is no client of ours.
    ///
    /// # Errors
    /// When the certificate cannot be made.
    pub fn caller_pem(&self, principal: &str) -> anyhow::Result<(String, CertifiedKeyPem)> {
        self.caller(principal)?;
        let callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = callers.get(principal).context("the certificate was just made")?;
        Ok((self.authority.cert_pem().to_owned(), pair.clone()))
    }

    /// File of a caller's certificate.
    ///
    /// # Errors
    /// When the certificate cannot be made or written.
    pub fn certificate_file(&self, principal: &str) -> anyhow::Result<PathBuf> {
        let (_, pair) = self.caller_pem(principal)?;
        let path = self.folder.path().join(format!("{}.pem", self.fingerprint(principal)?));
        std::fs::write(&path, pair.cert_pem)?;
        Ok(path)
    }

    /// The certificate of the authority, PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.authority.cert_pem()
    }

    /// SHA-256 of a caller's certificate.
    ///
    /// # Errors
    /// When the certificate cannot be made.
    pub fn fingerprint(&self, principal: &str) -> anyhow::Result<String> {
        self.caller(principal)?;
        let callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = callers.get(principal).context("the certificate was just made")?;
        Ok(pki::CertificateInfo::from_pem(&pair.cert_pem)?.fingerprint)
    }

    /// The key that a member signs with.
    #[must_use]
    pub fn signer(&self, principal: &str) -> Option<RequestSigner> {
        self.membership.signer(principal)
    }

    /// What the services trust; unsigned writes are refused.
    #[must_use]
    pub fn trust(&self) -> TrustConfig {
        self.membership.trust()
    }

    /// Puts a changed directory in the place of the one in force, as its next version. Services take it by themselves.
    ///
    /// # Errors
    /// When the change breaks a rule, or the file cannot be written.
    pub fn publish(&self, change: impl FnOnce(&mut Document)) -> anyhow::Result<u64> {
        self.membership.publish(change)
    }

    /// The directory as it is published now, as it was signed.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn directory(&self) -> anyhow::Result<String> {
        self.membership.note()
    }

    /// Puts a file in the place of the directory, whatever it holds.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put_directory(&self, note: &str) -> anyhow::Result<()> {
        self.membership.put(note)
    }

    fn issue(&self, spiffe_id: String, dns_names: Vec<String>, usage: Usage) -> anyhow::Result<CertifiedKeyPem> {
        Ok(self.authority.issue(&request(spiffe_id, dns_names, usage), SystemClock.now())?)
    }
}

/// A certificate for a day.
fn request(spiffe_id: String, dns_names: Vec<String>, usage: Usage) -> IssueRequest {
    let ip_addresses = if dns_names.is_empty() { Vec::new() } else { vec![IpAddr::V4(Ipv4Addr::LOCALHOST)] };
    IssueRequest { spiffe_id, dns_names, ip_addresses, days: 1, usage }
}
