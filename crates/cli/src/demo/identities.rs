//! The root and the authority of the demo, and a certificate for every node and every caller. Made once; later starts use
//! what is there.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::Text;
use pki::{Authority, IssueRequest, PkiError, Root, Usage, trust_file, write_identity};

use crate::failure::{Code, Failure, Outcome};

/// The instance, which is the trust domain of every identity.
pub(crate) const INSTANCE: &str = "wufei.demo";
/// Host name for tools that know nothing of departments; our own clients ask for [`client::server_name`].
const HOST: &str = "localhost";
/// Who evaluates.
pub(crate) const EVALUATOR: &str = "evaluator";
/// Who publishes schemes: the reviewer of the lead department.
pub(crate) const LEAD_REVIEWER: &str = "ecology-reviewer";
/// Who reads the audit logs.
pub(crate) const AUDITOR: &str = "auditor";
/// How long root and authority last. A demo folder is not kept longer.
const AUTHORITY_DAYS: u32 = 3650;
/// How long a certificate, a signing key and the directory last.
pub(crate) const CERTIFICATE_DAYS: u32 = 3600;

/// The files of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Name of its files.
    pub(crate) name: String,
    /// SPIFFE identity.
    pub(crate) spiffe: String,
    /// Certificate, PEM.
    pub(crate) cert: PathBuf,
    /// Private key, PEM.
    pub(crate) key: PathBuf,
}

/// The identity of a department's node.
pub(crate) fn node_id(department: &str) -> String {
    format!("spiffe://{INSTANCE}/dept/{department}")
}

/// The identity that submits for a department.
pub(crate) fn writer_id(department: &str) -> String {
    format!("spiffe://{INSTANCE}/dept/{department}/writer")
}

/// The identity that reviews what a department submits.
pub(crate) fn reviewer_id(department: &str) -> String {
    format!("spiffe://{INSTANCE}/dept/{department}/reviewer")
}

/// The identity that answers for what a department submits.
pub(crate) fn signatory_id(department: &str) -> String {
    format!("spiffe://{INSTANCE}/dept/{department}/signatory")
}

/// The identity of the aggregator.
pub(crate) fn aggregator_id() -> String {
    format!("spiffe://{INSTANCE}/aggregator")
}

/// The identity that audits.
pub(crate) fn auditor_id() -> String {
    format!("spiffe://{INSTANCE}/auditor/demo")
}

/// The identity that evaluates.
pub(crate) fn evaluator_id() -> String {
    format!("spiffe://{INSTANCE}/evaluator/demo")
}

/// The identity in whose name the public page asks. It has no certificate.
pub(crate) fn public_id() -> String {
    format!("spiffe://{INSTANCE}/public")
}

/// The name of the files of a department's writer.
pub(crate) fn writer_name(department: &str) -> String {
    format!("{department}-writer")
}

/// The certificates below one folder.
#[derive(Debug)]
pub(crate) struct Identities {
    dir: PathBuf,
    authority: Authority,
}

impl Identities {
    /// Opens the authority, or makes it below a root of its own on the first start.
    pub(crate) fn open(dir: &Path, now: DateTime<Utc>) -> Outcome<Self> {
        let authority = if dir.join("ca.pem").exists() || dir.join("ca.key").exists() {
            Authority::load(dir).map_err(failure)?
        } else {
            let root = Root::create(INSTANCE, now, TimeDelta::days(AUTHORITY_DAYS.into())).map_err(failure)?;
            let authority = root.certify(AUTHORITY_DAYS, now).map_err(failure)?;
            root.save(dir).map_err(failure)?;
            authority.save(dir).map_err(failure)?;
            authority
        };
        Ok(Self { dir: dir.to_owned(), authority })
    }

    /// The certificate that everybody trusts.
    pub(crate) fn ca(&self) -> PathBuf {
        trust_file(&self.dir)
    }

    /// The certificate of a server, which also calls others.
    pub(crate) fn server(&self, name: &str, spiffe: String, now: DateTime<Utc>) -> Outcome<Identity> {
        let hosts = (vec![client::server_name(name), HOST.to_owned()], vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]);
        self.identity(name, spiffe, hosts, Usage::ServerAndClient, now)
    }

    /// The certificate of a caller.
    pub(crate) fn caller(&self, name: &str, spiffe: String, now: DateTime<Utc>) -> Outcome<Identity> {
        self.identity(name, spiffe, (Vec::new(), Vec::new()), Usage::Client, now)
    }

    fn identity(
        &self,
        name: &str,
        spiffe: String,
        (dns_names, ip_addresses): (Vec<String>, Vec<IpAddr>),
        usage: Usage,
        now: DateTime<Utc>,
    ) -> Outcome<Identity> {
        let (cert, key) = (self.dir.join(format!("{name}.pem")), self.dir.join(format!("{name}.key")));
        if !cert.exists() || !key.exists() {
            let request =
                IssueRequest { spiffe_id: spiffe.clone(), dns_names, ip_addresses, days: CERTIFICATE_DAYS, usage };
            let pair = self.authority.issue(&request, now).map_err(failure)?;
            write_identity(&self.dir, name, &pair).map_err(failure)?;
        }
        Ok(Identity { name: name.to_owned(), spiffe, cert, key })
    }
}

/// A refusal of the certificates' side.
pub(crate) fn failure(error: PkiError) -> Failure {
    Failure { text: Text::new(error.zh(), error.to_string()), ..Failure::new(Code::Failed, "", "") }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn certificates_are_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("pki");
        let now = DateTime::from_timestamp(1_760_000_000, 0).unwrap();
        let first = Identities::open(&dir, now).unwrap();
        let made = first.server("ecology", node_id("ecology"), now).unwrap();
        let text = fs::read_to_string(&made.cert).unwrap();
        let second = Identities::open(&dir, now + TimeDelta::days(1)).unwrap();
        let again = second.server("ecology", node_id("ecology"), now + TimeDelta::days(1)).unwrap();
        assert_eq!((made, text), (again.clone(), fs::read_to_string(&again.cert).unwrap()));
    }
}
