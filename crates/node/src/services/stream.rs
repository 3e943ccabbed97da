//! Server streams: how they wait, and how they end.

use std::{pin::Pin, time::Duration};

use domain::{DomainError, Reason, Text, text::Lang};
use futures_util::Stream;
use runtime::CancellationToken;
use tokio::sync::watch;
use tonic::Status;

use crate::status::status;

/// A stream of answers.
pub type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send + 'static>>;

/// Longest silence of a stream that follows something.
pub const HEARTBEAT: Duration = Duration::from_secs(10);

/// Items of a chunk.
pub const CHUNK: usize = 500;

/// Why a follower woke up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The log grew, or it is time for a heartbeat: look at the log.
    Look,
    /// The process stops.
    Stopping,
}

/// Waits for the log to grow, for the next heartbeat, or for the end of the process.
pub async fn wait(grown: &mut watch::Receiver<u64>, stop: &CancellationToken) -> Woken {
    tokio::select! {
        biased;
        () = stop.cancelled() => Woken::Stopping,
        // An error means that nobody announces any more; the heartbeat still looks.
        changed = grown.changed() => {
            if changed.is_err() {
                tokio::time::sleep(HEARTBEAT).await;
            }
            Woken::Look
        }
        () = tokio::time::sleep(HEARTBEAT) => Woken::Look,
    }
}

/// How a stream ends when the process stops: not with a silent end, which a client could take for the end of the data.
#[must_use]
pub fn stopping(lang: Lang) -> Status {
    let error = DomainError::new(
        Reason::ServiceUnavailable,
        Text::new("服务正在停止，请从最后收到的游标继续", "the service is stopping; go on from the last cursor"),
    );
    status(&error, lang)
}

/// The refusal of a cursor beyond the end of the log.
pub(crate) fn beyond_end(cursor: u64, size: u64) -> DomainError {
    DomainError::new(
        Reason::CursorOutOfRange,
        Text::new(
            format!("游标 {cursor} 超出日志末尾 {size}，请核对所跟随的日志"),
            format!("cursor {cursor} is beyond the end of the log at {size}; check which log you follow"),
        ),
    )
    .with_fact("cursor", cursor)
    .with_fact("size", size)
}
