//! The story of a case: its revisions, who spoke in each, and on which day.

use chrono::NaiveDate;
use contracts::log::v1::Envelope;
use domain::{DepartmentId, DomainError, Party, Reason, Recorded, ResourceName, Said, Text};
use policy::{Principal, day_in_china};
use prost::Message as _;
use store::{StoredResource, WriteTxn};

use super::{Sharing, provider_at};
use crate::{access::department_of, desk::DeskError, resources::Resource, services::NodeContext};

/// Most revisions of a case. Who changes it that often files another one.
pub(super) const MOST_REVISIONS: u32 = 100;

/// A case with everything that was said about it.
#[derive(Clone, Debug)]
pub(super) struct Story<M> {
    /// The department that filed it.
    pub(super) requester: DepartmentId,
    /// The node that it is filed at.
    pub(super) node: DepartmentId,
    /// Oldest first; never empty.
    revisions: Vec<Revision<M>>,
}

/// What one party said.
#[derive(Clone, Debug)]
pub(super) struct Revision<M> {
    /// Identity of the member who spoke.
    pub(super) principal: String,
    /// Day in China on which the node received it.
    pub(super) day: NaiveDate,
    /// Its entry.
    pub(super) log_index: u64,
    /// The case as it was sent.
    pub(super) body: M,
}

impl<M: Resource<Sharing>> Revision<M> {
    fn of(recorded: Recorded<StoredResource>, principal: String) -> Result<Self, DeskError> {
        Ok(Self {
            principal,
            day: day_in_china(recorded.known_from),
            log_index: recorded.log_index,
            body: M::decode(recorded.body.body.as_slice())?,
        })
    }
}

impl<M: Resource<Sharing>> Story<M> {
    /// A story from its revisions, oldest first.
    ///
    /// # Errors
    /// When there is none, or when the member who filed it speaks for no department, which no node lets in.
    pub(super) fn of(node: &DepartmentId, revisions: Vec<Revision<M>>) -> Result<Self, DeskError> {
        let filed = revisions.first().and_then(|revision| Principal::parse(&revision.principal).ok());
        let requester = filed.as_ref().and_then(department_of).ok_or_else(|| {
            let text = Text::new("登记的记录没有申请单位", "a record names no requesting department");
            DomainError::new(Reason::Internal, text).with_fact("node", node)
        })?;
        Ok(Self { requester, node: node.clone(), revisions })
    }

    /// The story of what is on record up to one revision.
    ///
    /// # Errors
    /// The store; as [`Self::of`].
    pub(super) async fn read(context: &NodeContext, upto: &Recorded<StoredResource>) -> Result<Self, DeskError> {
        let before = Some(upto.revision.saturating_add(1));
        let mut recorded = context.store().resource_revisions(&upto.name, before, MOST_REVISIONS).await?;
        recorded.reverse();
        let mut revisions = Vec::with_capacity(recorded.len());
        for recorded in recorded {
            let source = context.sources().of(&recorded).await?;
            revisions.push(Revision::of(recorded, source.map(|source| source.principal).unwrap_or_default())?);
        }
        Self::of(&upto.origin, revisions)
    }

    /// The story inside the transaction that will go on with it; none when there is no such case.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) async fn read_in(txn: &mut WriteTxn, name: &ResourceName) -> Result<Option<Self>, DeskError> {
        let mut recorded = txn.resource_revisions(name, MOST_REVISIONS).await?;
        if recorded.is_empty() {
            return Ok(None);
        }
        recorded.reverse();
        let mut revisions = Vec::with_capacity(recorded.len());
        for recorded in recorded {
            let leaf = txn.leaf(recorded.log_index).await?.unwrap_or_default();
            let Envelope { principal, .. } = Envelope::decode(leaf.as_slice())?;
            revisions.push(Revision::of(recorded, principal)?);
        }
        Self::of(name.department(), revisions).map(Some)
    }

    /// The story with one revision more.
    pub(super) fn with(mut self, revision: Revision<M>) -> Self {
        self.revisions.push(revision);
        self
    }

    /// The first revision.
    pub(super) fn filed(&self) -> Option<&Revision<M>> {
        self.revisions.first()
    }

    /// The case as it stands.
    pub(super) fn newest(&self) -> Option<&M> {
        self.revisions.last().map(|revision| &revision.body)
    }

    /// True when it takes no more revisions.
    pub(super) fn is_full(&self) -> bool {
        u32::try_from(self.revisions.len()).is_ok_and(|count| count >= MOST_REVISIONS)
    }

    /// The side of a department; none for one that has no part in it.
    pub(super) fn party(&self, department: &DepartmentId) -> Option<Party> {
        if *department == self.requester {
            Some(Party::Requester)
        } else {
            (*department == provider_at(&self.node)).then_some(Party::Provider)
        }
    }

    /// The provider's revisions, newest first.
    pub(super) fn answers(&self) -> impl Iterator<Item = &Revision<M>> {
        self.revisions.iter().skip(1).rev().filter(|revision| !self.is_requesters(revision))
    }

    /// What was said after the filing. An answer counts when the provider gave it, wherever else it stands.
    pub(super) fn said<A>(&self, answer: impl Fn(&M) -> Option<A>) -> Vec<Said<A>> {
        let later = self.revisions.iter().skip(1).map(|revision| Said {
            day: revision.day,
            answer: if self.is_requesters(revision) { None } else { answer(&revision.body) },
        });
        later.collect()
    }

    fn is_requesters(&self, revision: &Revision<M>) -> bool {
        let speaker = Principal::parse(&revision.principal).ok();
        speaker.as_ref().and_then(department_of).as_ref() == Some(&self.requester)
    }
}
