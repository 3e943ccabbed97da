//! How the nodes' logs are followed, for those who keep the exchange running: `FollowedLogService`.
//!
//! What is held comes from the database. What the nodes themselves show (their newest checkpoint with its cosignatures, their
//! certificate) the followers see while they follow, and leave in [`Sightings`]; nothing is asked for a caller's sake, so a
//! node that is down keeps nobody waiting.

mod certificate;
mod service;
mod sightings;

pub(crate) use certificate::shown as certificate_shown;
pub(crate) use service::{LogParts, Logs};
pub(crate) use sightings::Sightings;
