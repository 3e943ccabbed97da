//! The level that the caller of a write wants its receipt to have, and until when it waits for it.
//!
//! It is asked for in the metadata of any write, and no request message knows of it. So it goes from the layer that reads it
//! to the desk beside the handlers, in the task of the call, as the trace of the call does.

use contracts::common::v1::ReceiptLevel;
use tokio::time::Instant;

tokio::task_local! {
    static WANTED: Wanted;
}

/// What a caller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The level.
    pub level: ReceiptLevel,
    /// When to answer with the level that was reached by then.
    pub until: Instant,
}

impl Wanted {
    /// Runs a handler whose caller wants this.
    pub async fn during<F: Future>(self, handler: F) -> F::Output {
        WANTED.scope(self, handler).await
    }

    /// What the caller of the write that runs now wants; none when it did not say.
    pub(super) fn current() -> Option<Self> {
        WANTED.try_with(|wanted| *wanted).ok()
    }
}
