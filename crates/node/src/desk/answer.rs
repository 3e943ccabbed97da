//! The answer to a write: with the checkpoint of the commit that made it durable, and the level that it reached.

use contracts::common::v1::ReceiptLevel;
use prost::Message;
use store::EVIDENCE;
use tokio::time::Instant;

use super::{Desk, DeskError, Kept, Wanted, batch::Sealing, checks, evidence};

impl Desk {
    /// The answer with the checkpoint of the commit that made it durable.
    pub(super) async fn answer<R: Message + Default>(
        &self,
        method: &str,
        kept: Kept,
        sealing: Sealing,
    ) -> Result<R, DeskError> {
        let parts = &self.0.parts;
        let note = if kept.pending {
            sealing.note().await?
        } else {
            parts.store.checkpoint_over(&parts.department, kept.log_index).await?.ok_or_else(checks::busy)?
        };
        let wanted = Wanted::current().filter(|wanted| wanted.level == ReceiptLevel::Witnessed);
        let (note, level) = match wanted {
            Some(Wanted { level, until }) => self.reached(kept.log_index, level, Some(until)).await?,
            None if !EVIDENCE => (String::new(), ReceiptLevel::Durable),
            None => (note, ReceiptLevel::Logged),
        };
        let mut answer = kept.answer;
        answer.extend(evidence::receipt_patch(method, note, level));
        Ok(R::decode(answer.as_slice())?)
    }

    /// The checkpoint over an entry, and the level that it reached. Waits for the level that is wanted until a moment, or
    /// until the process stops; what was reached by then is the answer. A checkpoint at [`ReceiptLevel::Witnessed`] carries
    /// the cosignatures, and may be one of a later tree.
    ///
    /// # Errors
    /// [`DeskError::Store`]; `SERVICE_UNAVAILABLE` when no commit holds the entry.
    pub async fn reached(
        &self,
        log_index: u64,
        wanted: ReceiptLevel,
        until: Option<Instant>,
    ) -> Result<(String, ReceiptLevel), DeskError> {
        let parts = &self.0.parts;
        if let Some(cosignatures) = &parts.cosignatures {
            if let (ReceiptLevel::Witnessed, Some(until)) = (wanted, until) {
                tokio::select! {
                    () = cosignatures.witnessed(log_index.saturating_add(1)) => {}
                    () = tokio::time::sleep_until(until) => {}
                    () = parts.tasks.stop_token().cancelled() => {}
                }
            }
            if let Some(note) = cosignatures.over(log_index).await? {
                return Ok((note, ReceiptLevel::Witnessed));
            }
        }
        let note = parts.store.checkpoint_over(&parts.department, log_index).await?.ok_or_else(checks::busy)?;
        Ok((note, ReceiptLevel::Logged))
    }

    /// A checkpoint of this log with the cosignatures that there are.
    ///
    /// # Errors
    /// [`DeskError::Store`].
    pub async fn cosigned(&self, size: u64, note: String) -> Result<String, DeskError> {
        match &self.0.parts.cosignatures {
            Some(cosignatures) => Ok(cosignatures.under(size, &note).await?),
            None => Ok(note),
        }
    }
}
