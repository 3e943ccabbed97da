//! Steps from one version of a directory to the next.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::Text;
use policy::Principal;

use crate::{
    document::{Document, Fingerprint, Member, NodeEntry},
    key::SigningKey,
};

/// Why a step cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The identity is a member already.
    #[error("{0} is a member already; renew or rotate its keys, or choose another identity")]
    AlreadyMember(Principal),
    /// The identity is no member.
    #[error("{0} is not a member of the directory; check the spelling")]
    NotAMember(Principal),
    /// The member may do nothing, so it gets no new key.
    #[error("{0} is suspended in the directory; lift that first")]
    Suspended(Principal),
    /// The certificate is in the list.
    #[error("the certificate {0} is revoked already")]
    AlreadyRevoked(Fingerprint),
}

impl EditError {
    /// The refusal in both languages.
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::AlreadyMember(principal) => format!("{principal} 已是成员；请续期或更换密钥，或另选身份"),
            Self::NotAMember(principal) => format!("{principal} 不是目录中的成员，请核对写法"),
            Self::Suspended(principal) => format!("{principal} 在目录中已暂停；请先恢复"),
            Self::AlreadyRevoked(fingerprint) => format!("证书 {fingerprint} 已经吊销"),
        };
        Text::new(zh, self.to_string())
    }
}

impl Document {
    /// The first version of an instance, without members.
    pub fn first(instance: impl Into<String>, issued: DateTime<Utc>, expires: DateTime<Utc>) -> Self {
        Self {
            instance: instance.into(),
            version: 1,
            issued,
            expires,
            members: Vec::new(),
            nodes: Vec::new(),
            revoked_certificates: BTreeSet::new(),
            witness_quorum: None,
        }
    }

    /// The same content as the next version.
    #[must_use]
    pub fn next(&self, issued: DateTime<Utc>, expires: DateTime<Utc>) -> Self {
        Self { version: self.version + 1, issued, expires, ..self.clone() }
    }

    /// Enters a member.
    ///
    /// # Errors
    /// [`EditError::AlreadyMember`].
    pub fn enter(&mut self, member: Member) -> Result<(), EditError> {
        if self.members.iter().any(|known| known.principal == member.principal) {
            return Err(EditError::AlreadyMember(member.principal));
        }
        self.members.push(member);
        Ok(())
    }

    /// Stops a member: it may do nothing until somebody lifts that.
    ///
    /// # Errors
    /// [`EditError::NotAMember`].
    pub fn suspend(&mut self, principal: &Principal) -> Result<(), EditError> {
        self.member_mut(principal)?.suspended = true;
        Ok(())
    }

    /// Revokes a certificate.
    ///
    /// # Errors
    /// [`EditError::AlreadyRevoked`].
    pub fn revoke(&mut self, fingerprint: Fingerprint) -> Result<(), EditError> {
        if self.revoked_certificates.contains(&fingerprint) {
            return Err(EditError::AlreadyRevoked(fingerprint));
        }
        self.revoked_certificates.insert(fingerprint);
        Ok(())
    }

    /// Gives a member a new signing key. Its other keys end at `overlap_end` at the latest; those that never counted after
    /// `issued` are left out, for the log keeps with every entry what is needed to check it.
    ///
    /// # Errors
    /// [`EditError::NotAMember`], [`EditError::Suspended`].
    pub fn rotate(
        &mut self,
        principal: &Principal,
        key: SigningKey,
        overlap_end: DateTime<Utc>,
    ) -> Result<(), EditError> {
        let issued = self.issued;
        let member = self.member_mut(principal)?;
        if member.suspended {
            return Err(EditError::Suspended(principal.clone()));
        }
        member.signing_keys.retain(|old| old.not_after > issued && old.not_before < overlap_end);
        for old in &mut member.signing_keys {
            old.not_after = old.not_after.min(overlap_end);
        }
        member.signing_keys.push(key);
        Ok(())
    }

    /// Puts what is said of a node in the place of what was said of the node of this department.
    pub fn put_node(&mut self, node: NodeEntry) {
        match self.nodes.iter_mut().find(|known| known.department == node.department) {
            Some(known) => *known = node,
            None => self.nodes.push(node),
        }
    }

    fn member_mut(&mut self, principal: &Principal) -> Result<&mut Member, EditError> {
        self.members
            .iter_mut()
            .find(|member| member.principal == *principal)
            .ok_or_else(|| EditError::NotAMember(principal.clone()))
    }
}
