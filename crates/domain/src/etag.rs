//! Tags of revisions.

use sha2::{Digest, Sha256};

use crate::name::DepartmentId;

/// The tag of the revision that an item of a log entry made: 32 lower-case hex digits.
///
/// It depends only on the item's place in the origin's log, so a table that is rebuilt from the log, and the aggregator's
/// mirror, give the same tags. It is a tag against lost updates, not a secret.
#[must_use]
pub fn etag(origin: &DepartmentId, log_index: u64, position: u32) -> String {
    let digest = Sha256::digest(format!("wufei etag v1\n{origin}\n{log_index}\n{position}\n"));
    hex::encode(&digest[..16])
}
