//! `FollowedLogService`.

use std::sync::Arc;

use contracts::log::v1::{self as wire, followed_log_service_server::FollowedLogService};
use domain::DepartmentId;
use node::{
    caller::Caller,
    convert::common,
    desk::DeskError,
    pages::Page,
    services::{NodeContext, reply},
    tls::ServerTls,
    trust::Trust,
};
use prost_types::Timestamp;
use store::FollowState;
use tonic::{Request, Response, Status};

use super::Sightings;

/// What it tells from.
#[derive(Clone, Debug)]
pub(crate) struct LogParts {
    pub(crate) context: NodeContext,
    pub(crate) nodes: Arc<Vec<DepartmentId>>,
    pub(crate) sightings: Sightings,
    pub(crate) trust: Trust,
    pub(crate) tls: ServerTls,
}

/// Says how the logs are followed.
#[derive(Clone, Debug)]
pub(crate) struct Logs(LogParts);

impl Logs {
    /// From these parts.
    pub(crate) fn new(parts: LogParts) -> Self {
        Self(parts)
    }

    async fn list(
        &self,
        caller: &Caller,
        request: wire::ListFollowedLogsRequest,
    ) -> Result<wire::ListFollowedLogsResponse, DeskError> {
        let LogParts { context, nodes, .. } = &self.0;
        let wire::ListFollowedLogsRequest { page_size, page_token } = request;
        let page = Page::read("ListFollowedLogs", &wire::ListFollowedLogsRequest::default(), page_size, &page_token)?;
        let sees = |node: &&DepartmentId| {
            let region = node.city_region().map(|region| region.to_string()).unwrap_or_default();
            caller.sees(node, &region)
        };
        let mut seen: Vec<&DepartmentId> = nodes.iter().chain([context.department()]).filter(sees).collect();
        seen.sort_by_key(|node| node.parent());
        seen.retain(|node| page.after.as_ref().is_none_or(|after| node.parent() > *after));
        let next_page_token = page.cut(&mut seen, |node| node.parent());
        let states = context.store().follow_states().await?;
        let mut followed_logs = Vec::new();
        for node in seen {
            let state = states.iter().find(|state| state.log == *node);
            followed_logs.push(self.log(node, state).await?);
        }
        let read_time = Some(common::time_out(context.now()));
        Ok(wire::ListFollowedLogsResponse { followed_logs, next_page_token, read_time })
    }

    async fn log(&self, node: &DepartmentId, state: Option<&FollowState>) -> Result<wire::FollowedLog, DeskError> {
        let LogParts { context, sightings, trust, tls, nodes: _ } = &self.0;
        let own = node == context.department();
        let head = context.store().head(node).await?;
        let (size, root_hash) = head.as_ref().map_or((0, String::new()), |head| (head.size, head.root.to_string()));
        let (node_size, checkpoint, ends) = match &head {
            Some(head) if own => {
                let note = context.desk().cosigned(head.size, head.note.clone()).await?;
                let held = tls.certificates().into_iter().find(|held| held.role == "server");
                (head.size, note, held.map(|held| held.info.not_after))
            }
            _ => {
                let seen = sightings.of(node);
                // What is held was signed for, so the node has at least that.
                (seen.size.max(size), seen.checkpoint, seen.certificate_ends)
            }
        };
        let directory = &trust.newest().directory;
        let quorum = directory.document().witness_quorum.unwrap_or(0);
        Ok(wire::FollowedLog {
            node: node.parent(),
            size,
            root_hash,
            entry_time: head.and_then(|head| head.last_time).map(common::time_out),
            node_size,
            cosigners: cosigners(directory.witnesses_of(node), &checkpoint),
            checkpoint,
            quorum,
            contact_time: state.and_then(|state| state.last_contact).map(common::time_out),
            failure: state.and_then(|state| state.last_error.clone()).unwrap_or_default(),
            certificate_expire_time: ends.map(common::time_out),
            own,
        })
    }
}

/// The witnesses whose cosignatures stand under a checkpoint. A note that cannot be read, or a cosignature that does not fit, counts
/// for nobody.
fn cosigners<'a>(
    witnesses: impl Iterator<Item = (&'a directory::NodeEntry, ledger::CosignatureVerifier)>,
    checkpoint: &str,
) -> Vec<wire::Cosigner> {
    let (nodes, keys): (Vec<_>, Vec<_>) = witnesses.unzip();
    let found = match ledger::cosigners(checkpoint, &keys) {
        Ok(found) => found,
        Err(_) if checkpoint.is_empty() => Vec::new(),
        Err(error) => {
            tracing::warn!(%error, "the cosignatures under a checkpoint do not fit it");
            Vec::new()
        }
    };
    let node_of = |name: &str| keys.iter().position(|key| key.name() == name).and_then(|at| nodes.get(at));
    let cosigner = |found: ledger::Cosignature| {
        let node = node_of(&found.witness)?.department.parent();
        let time = i64::try_from(found.time).ok().map(|seconds| Timestamp { seconds, nanos: 0 });
        Some(wire::Cosigner { node, time })
    };
    found.into_iter().filter_map(cosigner).collect()
}

#[tonic::async_trait]
impl FollowedLogService for Logs {
    async fn list_followed_logs(
        &self,
        request: Request<wire::ListFollowedLogsRequest>,
    ) -> Result<Response<wire::ListFollowedLogsResponse>, Status> {
        let caller = Caller::of(&request)?;
        reply(caller.lang, self.list(&caller, request.into_inner()).await)
    }
}
