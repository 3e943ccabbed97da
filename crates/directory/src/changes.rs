//! What differs between two directories.

use std::collections::BTreeMap;

use domain::{DepartmentId, Text};
use policy::Principal;

use crate::{
    document::{Fingerprint, Member},
    key::SigningKey,
    open::Directory,
};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new member.
    MemberEntered(Principal),
    /// A member is not listed any more.
    MemberGone(Principal),
    /// A member may do nothing now.
    MemberSuspended(Principal),
    /// A suspended member may act again.
    MemberReinstated(Principal),
    /// Roles, department or regions of a member are others now.
    MemberChanged(Principal),
    /// A member has a new signing key, named by its id.
    KeyEntered(Principal, String),
    /// A signing key is not listed any more, or for a shorter time.
    KeyEnded(Principal, String),
    /// A certificate does not count any more.
    CertificateRevoked(Fingerprint),
    /// A node is new, or has another address or key.
    NodeChanged(DepartmentId),
    /// A node is not listed any more.
    NodeGone(DepartmentId),
    /// Another number of witnesses must cosign a checkpoint.
    QuorumChanged(Option<u32>),
}

impl Change {
    /// Whether what was allowed before may not be allowed now: calls and streams that go on must be asked again.
    pub fn may_end_access(&self) -> bool {
        match self {
            Self::MemberGone(_)
            | Self::MemberSuspended(_)
            | Self::MemberChanged(_)
            | Self::KeyEnded(..)
            | Self::CertificateRevoked(_)
            | Self::NodeGone(_) => true,
            Self::MemberEntered(_)
            | Self::MemberReinstated(_)
            | Self::KeyEntered(..)
            | Self::NodeChanged(_)
            | Self::QuorumChanged(_) => false,
        }
    }

    /// The difference in both languages.
    pub fn text(&self) -> Text {
        match self {
            Self::MemberEntered(who) => Text::new(format!("新增成员 {who}"), format!("new member {who}")),
            Self::MemberGone(who) => Text::new(format!("移除成员 {who}"), format!("member {who} is gone")),
            Self::MemberSuspended(who) => Text::new(format!("暂停成员 {who}"), format!("member {who} is suspended")),
            Self::MemberReinstated(who) => Text::new(format!("恢复成员 {who}"), format!("member {who} may act again")),
            Self::MemberChanged(who) => Text::new(
                format!("成员 {who} 的角色、部门或地区有变"),
                format!("roles, department or regions of {who} changed"),
            ),
            Self::KeyEntered(who, key) => {
                Text::new(format!("{who} 新增签名公钥 {key}"), format!("{who} has the new signing key {key}"))
            }
            Self::KeyEnded(who, key) => Text::new(
                format!("{who} 的签名公钥 {key} 终止或提前到期"),
                format!("the signing key {key} of {who} ends"),
            ),
            Self::CertificateRevoked(fingerprint) => {
                Text::new(format!("吊销证书 {fingerprint}"), format!("the certificate {fingerprint} is revoked"))
            }
            Self::NodeChanged(node) => {
                Text::new(format!("节点 {node} 新增或有变"), format!("the node {node} is new or changed"))
            }
            Self::NodeGone(node) => Text::new(format!("移除节点 {node}"), format!("the node {node} is gone")),
            Self::QuorumChanged(Some(quorum)) => Text::new(
                format!("检查点须有 {quorum} 个见证签名"),
                format!("a checkpoint needs {quorum} cosignatures of witnesses"),
            ),
            Self::QuorumChanged(None) => {
                Text::new("检查点不再要求见证签名", "a checkpoint needs no cosignatures any more")
            }
        }
    }
}

/// What `new` says that `old` did not: members in the order of their identity, then certificates, then nodes.
pub fn changes(old: &Directory, new: &Directory) -> Vec<Change> {
    let mut found = Vec::new();
    let (before, after) = (by_principal(old), by_principal(new));
    for (who, member) in &after {
        match before.get(who) {
            None => found.push(Change::MemberEntered((*who).clone())),
            Some(was) => member_changes(was, member, &mut found),
        }
    }
    let gone = before.keys().filter(|who| !after.contains_key(*who));
    found.extend(gone.map(|who| Change::MemberGone((*who).clone())));
    let (before, after) = (&old.document().revoked_certificates, &new.document().revoked_certificates);
    found.extend(after.difference(before).cloned().map(Change::CertificateRevoked));
    let changed = new.document().nodes.iter().filter(|node| old.node(&node.department) != Some(*node));
    found.extend(changed.map(|node| Change::NodeChanged(node.department.clone())));
    let gone = old.document().nodes.iter().filter(|node| new.node(&node.department).is_none());
    found.extend(gone.map(|node| Change::NodeGone(node.department.clone())));
    let quorum = new.document().witness_quorum;
    if old.document().witness_quorum != quorum {
        found.push(Change::QuorumChanged(quorum));
    }
    found
}

fn by_principal(directory: &Directory) -> BTreeMap<&Principal, &Member> {
    directory.document().members.iter().map(|member| (&member.principal, member)).collect()
}

fn member_changes(was: &Member, is: &Member, found: &mut Vec<Change>) {
    let who = &is.principal;
    match (was.suspended, is.suspended) {
        (false, true) => found.push(Change::MemberSuspended(who.clone())),
        (true, false) => found.push(Change::MemberReinstated(who.clone())),
        (true, true) | (false, false) => {}
    }
    if (&was.roles, &was.department, &was.regions) != (&is.roles, &is.department, &is.regions) {
        found.push(Change::MemberChanged(who.clone()));
    }
    let of = |keys: &[SigningKey]| -> BTreeMap<String, SigningKey> {
        keys.iter().map(|key| (key.key.id(), key.clone())).collect()
    };
    let (before, after) = (of(&was.signing_keys), of(&is.signing_keys));
    let new = after.keys().filter(|id| !before.contains_key(*id));
    found.extend(new.map(|id| Change::KeyEntered(who.clone(), id.clone())));
    let shorter = |old: &SigningKey, new: &SigningKey| new.not_after < old.not_after || new.not_before > old.not_before;
    let ended = before.iter().filter(|(id, old)| after.get(*id).is_none_or(|new| shorter(old, new)));
    found.extend(ended.map(|(id, _)| Change::KeyEnded(who.clone(), id.clone())));
}
