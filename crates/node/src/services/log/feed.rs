//! The feed of a log: what is logged, then what is logged next, with a heartbeat in between.

use std::collections::VecDeque;

use contracts::log::v1 as wire;
use store::LogHead;
use tokio::sync::watch;
use tonic::Status;

use super::{LogError, answer, head, read};
use crate::{
    caller::Caller,
    convert::common,
    desk::DeskError,
    services::{
        context::NodeContext,
        stream::{Woken, stopping, wait},
    },
    status::{internal, status, store_status},
};

/// Entries of a chunk.
const CHUNK_ENTRIES: usize = 500;

/// A feed that is under way.
pub(super) struct Follow {
    context: NodeContext,
    caller: Caller,
    next: u64,
    grown: watch::Receiver<u64>,
    ready: VecDeque<wire::FollowEntriesResponse>,
    started: bool,
    done: bool,
}

impl Follow {
    /// A feed from an index on.
    pub(super) fn new(context: NodeContext, caller: Caller, next: u64, grown: watch::Receiver<u64>) -> Self {
        Self { context, caller, next, grown, ready: VecDeque::new(), started: false, done: false }
    }

    pub(super) async fn next(mut self) -> Option<(Result<wire::FollowEntriesResponse, Status>, Self)> {
        if self.done {
            return None;
        }
        let answer = loop {
            if let Some(answer) = self.ready.pop_front() {
                break Ok(answer);
            }
            if let Err(status) = self.look().await {
                self.done = true;
                break Err(status);
            }
        };
        Some((answer, self))
    }

    /// Reads on; waits first when the follower had everything the last time.
    async fn look(&mut self) -> Result<(), Status> {
        let mut newest = self.head().await?;
        if self.next >= newest.size && self.started {
            match wait(&mut self.grown, self.context.stop()).await {
                Woken::Stopping => return Err(stopping(self.caller.lang)),
                Woken::Look => newest = self.head().await?,
            }
        }
        self.started = true;
        if self.context.stop().is_cancelled() {
            return Err(stopping(self.caller.lang));
        }
        self.caller.renew().map_err(|error| status(&error, self.caller.lang))?;
        let entries = match read(&self.context, &self.caller, self.next..newest.size, CHUNK_ENTRIES).await {
            Ok(entries) => entries,
            Err(error) => {
                return Err(answer::<()>(self.caller.lang, Err(error))
                    .err()
                    .unwrap_or_else(|| stopping(self.caller.lang)));
            }
        };
        self.next = entries.last().map_or(self.next, |entry| entry.index + 1);
        let caught_up = self.next >= newest.size;
        self.ready.push_back(wire::FollowEntriesResponse {
            entries,
            checkpoint: if caught_up { newest.note } else { String::new() },
            caught_up,
            send_time: Some(common::time_out(self.context.now())),
        });
        Ok(())
    }

    async fn head(&self) -> Result<LogHead, Status> {
        match head(&self.context).await {
            Ok(head) => Ok(head),
            Err(LogError::Desk(DeskError::Store(error))) => Err(store_status(&error, self.caller.lang)),
            Err(error) => Err(internal(&error, self.caller.lang)),
        }
    }
}
