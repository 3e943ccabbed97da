//! The content of a directory.

use std::{collections::BTreeSet, fmt};

use chrono::{DateTime, Utc};
use domain::{DepartmentId, RegionCode, Text};
use policy::{Principal, Role};

use crate::key::{SigningKey, VerifierKey};

/// What a directory says. It may still break rules: see [`crate::Directory`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The instance, which is the trust domain of every member.
    pub instance: String,
    /// Grows with every directory of the instance, from 1.
    pub version: u64,
    /// When it was issued.
    pub issued: DateTime<Utc>,
    /// First moment at which it does not count any more.
    pub expires: DateTime<Utc>,
    /// The members, in no meaningful order.
    pub members: Vec<Member>,
    /// The nodes, in no meaningful order.
    pub nodes: Vec<NodeEntry>,
    /// Certificates that do not count any more.
    pub revoked_certificates: BTreeSet<Fingerprint>,
    /// How many of the witnesses must cosign a checkpoint before anybody relies on it; none while logs are not witnessed.
    pub witness_quorum: Option<u32>,
}

/// A member: a system or a seat, never a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its identity, as it stands in its certificates.
    pub principal: Principal,
    /// What people read.
    pub display: Text,
    /// What it may be, at least one.
    pub roles: BTreeSet<Role>,
    /// The department it acts for.
    pub department: Option<DepartmentId>,
    /// The regions it answers for.
    pub regions: BTreeSet<RegionCode>,
    /// Whether it may do nothing for the time being.
    pub suspended: bool,
    /// What it signs requests with; several while a key is being changed.
    pub signing_keys: Vec<SigningKey>,
}

/// A node: where it is and with what it signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeEntry {
    /// Whose node it is.
    pub department: DepartmentId,
    /// `https://host:port`.
    pub address: String,
    /// The host name that its certificate carries.
    pub server_name: String,
    /// Signs the checkpoints of its log.
    pub log_key: VerifierKey,
    /// Signs the checkpoints of its audit log.
    pub audit_key: VerifierKey,
    /// Cosigns the checkpoints of others, if it is a witness.
    pub witness_key: Option<VerifierKey>,
}

/// SHA-256 of a certificate's DER bytes as 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Reads the digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (text.len() == 64 && digits).then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lets a set of fingerprints be asked with a text.
impl std::borrow::Borrow<str> for Fingerprint {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Name of the key that signs the directory of an instance.
pub fn directory_key_name(instance: &str) -> String {
    format!("{instance}/directory")
}
