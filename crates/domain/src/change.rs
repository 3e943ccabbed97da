//! What a log entry does to the tables. Projections make these, the store applies them.

use serde::{Deserialize, Serialize};

use crate::{
    funding::FundingLine,
    name::ResourceName,
    observation::{Observation, ObservationKey},
    provenance::Correction,
};

/// One change. Whether it creates or revises follows from whether a current row with this name exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// A figure.
    PutObservation {
        /// Name.
        name: ResourceName,
        /// Natural key.
        key: ObservationKey,
        /// The figure.
        observation: Box<Observation>,
        /// Why it replaces the revision before; none for a new figure.
        correction: Option<Correction>,
        /// True when the entry says that it replaces a revision.
        supersedes: bool,
    },
    /// A funding line.
    PutFundingLine {
        /// Name.
        name: ResourceName,
        /// The line.
        line: Box<FundingLine>,
        /// Why it replaces the revision before; none for a new line.
        correction: Option<Correction>,
    },
    /// Any other resource, kept as its protobuf bytes.
    PutResource {
        /// Collection, for example `statements`.
        collection: String,
        /// Name.
        name: ResourceName,
        /// Full name of the protobuf message.
        type_name: String,
        /// Serialized message.
        body: Vec<u8>,
        /// Why it replaces the revision before; none for a new resource.
        correction: Option<Correction>,
    },
}

impl Change {
    /// Name of the resource that changes.
    #[must_use]
    pub fn name(&self) -> &ResourceName {
        match self {
            Self::PutObservation { name, .. } | Self::PutFundingLine { name, .. } | Self::PutResource { name, .. } => {
                name
            }
        }
    }
}
