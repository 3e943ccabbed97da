//! Tells open pages that something which they may show has changed. It carries no data: the page asks again, as its visitor.

use std::{convert::Infallible, time::Duration};

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};

use crate::{port::Changes, visit::Visit};

/// Changes that come within this time are one.
const TOGETHER: Duration = Duration::from_millis(400);
/// A line that says nothing, so that a connection which is gone is noticed.
const STILL_HERE: Duration = Duration::from_secs(15);

pub(super) async fn events(visit: Visit) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = stream::unfold(visit.site.source().changes(), next);
    let events = changes.map(|()| Ok(Event::default().event("changed").data("")));
    Sse::new(events).keep_alive(KeepAlive::new().interval(STILL_HERE))
}

/// The next change, with all that come soon after it.
async fn next(mut changes: Changes) -> Option<((), Changes)> {
    changes.next().await?;
    tokio::time::sleep(TOGETHER).await;
    while let Some(more) = changes.next().now_or_never() {
        more?;
    }
    Some(((), changes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn changes_that_come_together_are_told_once() {
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        let changes: Changes =
            Box::pin(stream::unfold(receiver, async |mut receiver: tokio::sync::mpsc::UnboundedReceiver<()>| {
                receiver.recv().await.map(|()| ((), receiver))
            }));
        for _ in 0..5 {
            sender.send(()).unwrap();
        }
        let ((), changes) = next(changes).await.unwrap();
        sender.send(()).unwrap();
        let ((), changes) = next(changes).await.unwrap();
        drop(sender);
        assert!(next(changes).await.is_none());
    }
}
