//! Entries that the node writes for itself.

use prost::Message;
use store::WriteTxn;

use super::{
    Desk, DeskError, Ready,
    evidence::{By, Content},
};
use crate::projection::method;

impl Desk {
    /// Writes a resource that the node itself has something to say about, for example how a long piece of work ended. Nobody
    /// calls, so nothing is kept for a repetition: `check` says inside the transaction whether it is still to be written.
    /// False when it is not. Returns when the entry is on disk.
    ///
    /// # Errors
    /// What `check` returns; `SERVICE_UNAVAILABLE` as for [`Self::submit`]; the faults of [`DeskError`].
    pub async fn note(
        &self,
        principal: &str,
        type_name: &str,
        resource: &impl Message,
        check: impl AsyncFnOnce(&mut WriteTxn) -> Result<bool, DeskError>,
    ) -> Result<bool, DeskError> {
        let method = format!("{}{}", method::PUT_RESOURCE, type_name);
        let request = resource.encode_to_vec().into();
        let evidence = Content { method, request, by: By::Node(principal), request_id: "" }.evidence()?;
        let mut turn = self.0.batches.turn().await?;
        let open = turn.open(self).await?;
        if !check(open.txn()).await? {
            return Ok(false);
        }
        let Ready { leaf, beside, outcome } = self.ready(open, evidence).await?;
        let mut step = open.step();
        self.put(step.txn(), &leaf, beside, &outcome).await?;
        step.done(outcome.time);
        turn.leave().note().await?;
        Ok(true)
    }
}
