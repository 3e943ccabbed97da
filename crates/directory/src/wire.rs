//! The JSON form, all values as texts: what they mean is checked apart, so that one wrong value does not hide the others.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::Text;
use serde::{Deserialize, Serialize};

use crate::{
    document::{Document, Member, NodeEntry},
    key::{SigningKey, VerifierKey},
};

/// Format and version of the document.
pub(crate) const FORMAT: &str = "wufei.directory/v1";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireDocument {
    pub(crate) format: String,
    pub(crate) instance: String,
    pub(crate) version: u64,
    pub(crate) issued: String,
    pub(crate) expires: String,
    pub(crate) members: Vec<WireMember>,
    pub(crate) nodes: Vec<WireNode>,
    pub(crate) revoked_certificates: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) witness_quorum: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireMember {
    pub(crate) principal: String,
    pub(crate) display: WireText,
    pub(crate) roles: Vec<String>,
    pub(crate) department: Option<String>,
    pub(crate) regions: Vec<String>,
    pub(crate) suspended: bool,
    pub(crate) signing_keys: Vec<WireKey>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireText {
    pub(crate) zh: String,
    pub(crate) en: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireKey {
    pub(crate) id: String,
    pub(crate) algorithm: String,
    pub(crate) public_key: String,
    pub(crate) not_before: String,
    pub(crate) not_after: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireNode {
    pub(crate) department: String,
    pub(crate) address: String,
    pub(crate) server_name: String,
    pub(crate) log_key: String,
    pub(crate) audit_key: String,
    pub(crate) witness_key: Option<String>,
}

impl From<&Document> for WireDocument {
    fn from(document: &Document) -> Self {
        let Document { instance, version, issued, expires, members, nodes, revoked_certificates, witness_quorum } =
            document;
        Self {
            format: FORMAT.to_owned(),
            instance: instance.clone(),
            version: *version,
            issued: time(*issued),
            expires: time(*expires),
            members: members.iter().map(WireMember::from).collect(),
            nodes: nodes.iter().map(WireNode::from).collect(),
            revoked_certificates: revoked_certificates.iter().map(ToString::to_string).collect(),
            witness_quorum: *witness_quorum,
        }
    }
}

impl From<&Member> for WireMember {
    fn from(member: &Member) -> Self {
        let Member { principal, display: Text { zh, en }, roles, department, regions, suspended, signing_keys } =
            member;
        Self {
            principal: principal.to_string(),
            display: WireText { zh: zh.clone(), en: en.clone() },
            roles: roles.iter().map(ToString::to_string).collect(),
            department: department.as_ref().map(ToString::to_string),
            regions: regions.iter().map(ToString::to_string).collect(),
            suspended: *suspended,
            signing_keys: signing_keys.iter().map(WireKey::from).collect(),
        }
    }
}

impl From<&SigningKey> for WireKey {
    fn from(signing: &SigningKey) -> Self {
        let SigningKey { key, not_before, not_after } = signing;
        Self {
            id: key.id(),
            algorithm: key.algorithm().to_string(),
            public_key: key.to_base64(),
            not_before: time(*not_before),
            not_after: time(*not_after),
        }
    }
}

impl From<&NodeEntry> for WireNode {
    fn from(node: &NodeEntry) -> Self {
        let NodeEntry { department, address, server_name, log_key, audit_key, witness_key } = node;
        Self {
            department: department.to_string(),
            address: address.clone(),
            server_name: server_name.clone(),
            log_key: log_key.to_string(),
            audit_key: audit_key.to_string(),
            witness_key: witness_key.as_ref().map(VerifierKey::to_string),
        }
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
