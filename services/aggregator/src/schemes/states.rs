//! What entries about schemes do to the tables. The text of a scheme is in every one of them: who proposes or publishes signs
//! what it is about.

use contracts::evaluation::v1 as pb;
use domain::{Change, DepartmentId, ResourceName};
use node::projection::{Logged, ProjectionError};
use prost::Message;

use super::{Known, PlanExt as _, SCHEMES, draft_name, known, public_draft};

/// The methods whose entries are interpreted here.
pub(crate) const CREATE: &str = "wufei.evaluation.v1.SchemeService/CreateScheme";
/// As above.
pub(crate) const PROPOSE: &str = "wufei.evaluation.v1.SchemeService/ProposeScheme";
/// As above.
pub(crate) const PUBLISH: &str = "wufei.evaluation.v1.SchemeService/PublishScheme";

/// The draft that a principal wrote.
pub(super) fn draft(mut known: Known, author: &str) -> Known {
    known.wire.name = public_draft(known.plan.id());
    known.wire.set_state(pb::SchemeState::Draft);
    author.clone_into(&mut known.wire.author);
    known
}

/// The draft that somebody wrote and a principal puts forward.
pub(super) fn proposal(known: Known, author: &str, proposer: &str) -> Known {
    let mut known = draft(known, author);
    known.wire.set_state(pb::SchemeState::Proposed);
    proposer.clone_into(&mut known.wire.proposer);
    known
}

/// The scheme in force that a principal publishes.
pub(super) fn publication(mut known: Known, author: &str, proposer: &str, publisher: &str) -> Known {
    known.wire.set_state(pb::SchemeState::Published);
    author.clone_into(&mut known.wire.author);
    proposer.clone_into(&mut known.wire.proposer);
    publisher.clone_into(&mut known.wire.publisher);
    known
}

/// What CreateScheme does.
pub(crate) fn created(entry: Logged<'_>, log: &DepartmentId) -> Result<Vec<Change>, ProjectionError> {
    let request: pb::CreateSchemeRequest = decode(entry)?;
    let Some((known, _)) = read(request.scheme, log) else { return Ok(Vec::new()) };
    Ok(put_draft(log, draft(known, &entry.envelope.principal)).into_iter().collect())
}

/// What ProposeScheme does.
pub(crate) fn proposed(entry: Logged<'_>, log: &DepartmentId) -> Result<Vec<Change>, ProjectionError> {
    let request: pb::ProposeSchemeRequest = decode(entry)?;
    let Some((known, sent)) = read(request.scheme, log) else { return Ok(Vec::new()) };
    Ok(put_draft(log, proposal(known, &sent.author, &entry.envelope.principal)).into_iter().collect())
}

/// What PublishScheme does: the scheme is in force, and its draft is done.
pub(crate) fn published(entry: Logged<'_>, log: &DepartmentId) -> Result<Vec<Change>, ProjectionError> {
    let request: pb::PublishSchemeRequest = decode(entry)?;
    let Some((known, sent)) = read(request.scheme, log) else { return Ok(Vec::new()) };
    let known = publication(known, &sent.author, &sent.proposer, &entry.envelope.principal);
    let Ok(name) = ResourceName::new(log.clone(), SCHEMES, known.plan.id()) else { return Ok(Vec::new()) };
    let in_force = put(SCHEMES, name, &known.wire);
    let mut done = known;
    done.wire.name = public_draft(done.plan.id());
    Ok(std::iter::once(in_force).chain(put_draft(log, done)).collect())
}

fn decode<M: Message + Default>(entry: Logged<'_>) -> Result<M, ProjectionError> {
    M::decode(entry.request)
        .map_err(|source| ProjectionError::Request { method: entry.envelope.method.clone(), source })
}

/// The scheme of a request, read anew, and as it was sent.
fn read(sent: Option<pb::Scheme>, log: &DepartmentId) -> Option<(Known, pb::Scheme)> {
    let sent = sent.unwrap_or_default();
    let known = known::text(&sent).and_then(|text| Known::read(&text)).ok();
    if known.is_none() {
        tracing::warn!(log = %log, "a recorded scheme cannot be read by this version and has no effect");
    }
    Some((known?, sent))
}

fn put_draft(log: &DepartmentId, known: Known) -> Option<Change> {
    let name = draft_name(log, known.plan.id())?;
    Some(put(super::DRAFTS, name, &known.wire))
}

fn put(collection: &str, name: ResourceName, wire: &pb::Scheme) -> Change {
    Change::PutResource {
        collection: collection.to_owned(),
        name,
        type_name: "wufei.evaluation.v1.Scheme".to_owned(),
        // The messages follow from the text.
        body: pb::Scheme { model: None, ..wire.clone() }.encode_to_vec(),
        correction: None,
    }
}
