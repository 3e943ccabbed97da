//! What a log entry does to the tables.
//!
//! Deterministic: the changes follow from the entry, the catalogue's units and, for a figure that was corrected through a
//! mask, from the revision before it. The node uses this when it writes, `wufei node rebuild` when it makes the tables again,
//! and the aggregator when it follows a node, so that the three can never disagree.
//!
//! A method that is not known here is skipped with a warning: a follower must live with nodes that are newer than itself.
//! The entry itself is kept, so its changes can be made by a later release.

mod generic;
mod typed;

use std::{collections::BTreeMap, sync::Arc};

use contracts::log::v1::Envelope;
use domain::{Catalogue, Change, DepartmentId, Observation, ResourceName, Violations};
use prost::Message;
use store::{StoreError, WriteTxn};

pub(crate) use typed::observation_name;

pub use generic::{collection_of, pool, rows};

/// Methods that are interpreted by hand, as an envelope names them.
pub mod method {
    /// Records figures.
    pub const BATCH_CREATE_OBSERVATIONS: &str = "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations";
    /// Corrects a figure.
    pub const UPDATE_OBSERVATION: &str = "wufei.exchange.v1.ObservationIngestService/UpdateObservation";
    /// Records a large batch; the entry holds the uploaded message.
    pub const UPLOAD_SUBMISSION: &str = "wufei.exchange.v1.ObservationIngestService/UploadSubmission";
    /// Records qualitative facts.
    pub const BATCH_CREATE_STATEMENTS: &str = "wufei.exchange.v1.ObservationIngestService/BatchCreateStatements";
    /// Records funding lines.
    pub const BATCH_CREATE_FUNDING_LINES: &str = "wufei.funding.v1.FundingIngestService/BatchCreateFundingLines";
    /// Corrects a funding line.
    pub const UPDATE_FUNDING_LINE: &str = "wufei.funding.v1.FundingIngestService/UpdateFundingLine";
    /// Records a project.
    pub const CREATE_FUNDING_PROJECT: &str = "wufei.funding.v1.FundingIngestService/CreateFundingProject";
    /// Records a group of projects.
    pub const CREATE_FUNDING_GROUP: &str = "wufei.funding.v1.FundingIngestService/CreateFundingGroup";
    /// Reviews, signs or returns a submission.
    pub const CREATE_ENDORSEMENT: &str = "wufei.exchange.v1.EndorsementService/CreateEndorsement";
    /// Closes a commitment.
    pub const ACCEPT_COMMITMENT: &str = "wufei.followup.v1.FollowUpService/AcceptCommitment";
    /// Prefix of an entry that the service wrote itself: the rest is the message type, the request is the resource.
    pub const PUT_RESOURCE: &str = "internal/PutResource:";
}

/// Collection of closures of commitments: the id is the commitment's, the body the request that closed it.
pub const COMMITMENT_ACCEPTANCES: &str = "commitmentAcceptances";

/// Version of the envelopes that this release writes and reads.
pub const VERSION: u32 = 2;

/// An entry that cannot be interpreted.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// The leaf is no envelope.
    #[error("the leaf is not an envelope")]
    Leaf(#[source] prost::DecodeError),
    /// The envelope is of a version that is not known.
    #[error("the envelope has version {0}, which is not known")]
    Version(u32),
    /// The bytes beside the leaf are not those that it binds.
    #[error("the request beside the leaf does not have the digest in the leaf")]
    OtherRequest,
    /// The envelope names no node, or not the one whose log it is in.
    #[error("the envelope names {found:?}, the log is that of {log}")]
    Node {
        /// What the envelope says.
        found: String,
        /// Whose log it is.
        log: DepartmentId,
    },
    /// The request is not the message that the method takes.
    #[error("the request of {method} cannot be decoded")]
    Request {
        /// The method.
        method: String,
        /// Why.
        #[source]
        source: prost::DecodeError,
    },
    /// Fields of the request cannot be read.
    #[error("the request of {method} has {} faults, the first in field {}", faults.len(), first_field(faults))]
    Fields {
        /// The method.
        method: String,
        /// The faults.
        faults: Violations,
    },
    /// The entry writes a resource of another department.
    #[error("the entry writes {name}, which is not a resource of {log}")]
    Foreign {
        /// The resource.
        name: ResourceName,
        /// Whose log it is.
        log: DepartmentId,
    },
    /// A correction through a mask, and the revision before it is not there.
    #[error("the entry corrects {0}, of which there is no revision")]
    NoBase(ResourceName),
    /// The store failed while the revision before was read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn first_field(faults: &Violations) -> &str {
    faults.iter().next().map_or("", |violation| violation.field.as_str())
}

/// A log entry with the request that it binds.
#[derive(Clone, Copy, Debug)]
pub struct Logged<'a> {
    /// What the leaf says.
    pub envelope: &'a Envelope,
    /// The exact bytes of the request.
    pub request: &'a [u8],
}

/// Interprets the entries of a method: the entry and the department whose log it is in.
pub type Interpreter = fn(Logged<'_>, &DepartmentId) -> Result<Vec<Change>, ProjectionError>;

/// Interprets log entries.
#[derive(Clone, Debug)]
pub struct Projection {
    catalogue: Arc<Catalogue>,
    registered: BTreeMap<&'static str, Interpreter>,
}

impl Projection {
    /// Interprets the methods of the contracts.
    #[must_use]
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue, registered: BTreeMap::new() }
    }

    /// Also interprets a method whose requests do not have the shape of a Create or Update.
    #[must_use]
    pub fn with(mut self, method: &'static str, interpreter: Interpreter) -> Self {
        self.registered.insert(method, interpreter);
        self
    }

    /// Reads the envelope of a leaf and checks that it belongs to this log and that the request is the one that it binds.
    ///
    /// # Errors
    /// [`ProjectionError::Leaf`], [`ProjectionError::Version`], [`ProjectionError::Node`],
    /// [`ProjectionError::OtherRequest`].
    pub fn envelope(log: &DepartmentId, leaf: &[u8], request: &[u8]) -> Result<Envelope, ProjectionError> {
        let envelope = Envelope::decode(leaf).map_err(ProjectionError::Leaf)?;
        if envelope.version != VERSION {
            return Err(ProjectionError::Version(envelope.version));
        }
        if envelope.node != log.parent() {
            return Err(ProjectionError::Node { found: envelope.node, log: log.clone() });
        }
        if envelope.request_digest != ledger::body_digest(request).as_bytes() {
            return Err(ProjectionError::OtherRequest);
        }
        Ok(envelope)
    }

    /// The figure whose current revision the entry rests on; none for entries that stand by themselves.
    ///
    /// # Errors
    /// As [`Self::changes`].
    pub fn base(&self, entry: Logged<'_>) -> Result<Option<ResourceName>, ProjectionError> {
        if entry.envelope.method == method::UPDATE_OBSERVATION { typed::base(entry) } else { Ok(None) }
    }

    /// The changes of an entry, in the order of its items. `base` is the figure named by [`Self::base`].
    ///
    /// # Errors
    /// [`ProjectionError`] when the method is known and its request cannot be read, or writes what is not the log's own.
    pub fn changes(
        &self,
        log: &DepartmentId,
        entry: Logged<'_>,
        base: Option<&Observation>,
    ) -> Result<Vec<Change>, ProjectionError> {
        let changes = match entry.envelope.method.as_str() {
            method::BATCH_CREATE_OBSERVATIONS | method::UPLOAD_SUBMISSION => {
                typed::observations(log, entry, &self.catalogue)
            }
            method::UPDATE_OBSERVATION => typed::observation(entry, base, &self.catalogue),
            method::BATCH_CREATE_FUNDING_LINES => typed::funding_lines(log, entry),
            method::UPDATE_FUNDING_LINE => typed::funding_line(entry),
            method::ACCEPT_COMMITMENT => typed::acceptance(entry),
            other => match self.registered.get(other) {
                Some(interpreter) => interpreter(entry, log),
                None => generic::changes(log, entry),
            },
        }?;
        match changes.iter().find(|change| change.name().department() != log) {
            Some(foreign) => Err(ProjectionError::Foreign { name: foreign.name().clone(), log: log.clone() }),
            None => Ok(changes),
        }
    }

    /// As [`Self::changes`], with the base read from the tables of the open transaction.
    ///
    /// # Errors
    /// As [`Self::changes`], and [`ProjectionError::Store`].
    pub async fn changes_in(&self, txn: &mut WriteTxn, entry: Logged<'_>) -> Result<Vec<Change>, ProjectionError> {
        let log = txn.log().clone();
        let base = match self.base(entry)? {
            None => None,
            Some(name) => txn.observation(&name).await?.map(|recorded| recorded.body),
        };
        self.changes(&log, entry, base.as_ref())
    }
}
