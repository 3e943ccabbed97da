//! Recording commitments, progress reports and acceptances: what is checked before the log, and what inside the transaction.

use contracts::followup::v1 as wire;
use domain::{ResourceName, Violations, check_commitment, check_progress};
use node::{
    caller::Caller,
    convert::{Reader, common},
    desk::{self, DeskError, Submission},
    projection::COMMITMENT_ACCEPTANCES,
};
use prost::Message;
use store::{View, WriteTxn};

use super::{COMMITMENTS, PROGRESS_REPORTS, convert, service::FollowUp};
use crate::writes::{Named, Write, before, not_found, recorded};

impl Named for wire::Commitment {
    fn name(&self) -> &str {
        &self.name
    }
    fn set_name(&mut self, name: String) {
        self.name = name;
    }
}

impl Named for wire::ProgressReport {
    fn name(&self) -> &str {
        &self.name
    }
    fn set_name(&mut self, name: String) {
        self.name = name;
    }
}

impl FollowUp {
    /// Records a commitment, or a new revision of it.
    pub(super) async fn write_commitment<R: Message + Default>(
        &self,
        caller: &Caller,
        submission: Submission<'_>,
        write: Write<'_, wire::Commitment>,
        respond: impl FnOnce(wire::Commitment, Option<contracts::common::v1::Receipt>) -> R,
    ) -> Result<R, DeskError> {
        let mut faults = Violations::new();
        let name = write.name(&mut faults, self.context.department(), COMMITMENTS, "commitment", &submission);
        let parsed = write.resource.as_ref().and_then(|message| {
            let mut reader = Reader::new(&mut faults);
            convert::read_commitment(&mut reader.at("commitment"), name.as_ref().map_or("", |name| name.id()), message)
        });
        if let Some(parsed) = &parsed
            && let Err(more) = check_commitment(parsed)
        {
            faults.extend(more.under("commitment."));
        }
        let (Some(name), Some(message)) = (name.filter(|_| faults.is_empty()), write.resource) else {
            return Err(faults.into());
        };
        let etag = write.etag;
        let check = async |txn: &mut WriteTxn| before(txn, &name, etag).await;
        self.context
            .desk()
            .submit(caller, submission, check, |outcome, before| {
                let answer = recorded(outcome, before, &name, message, |message, record| message.record = record);
                respond(answer, outcome.receipt.clone())
            })
            .await
    }

    /// Records progress of a commitment that is on record, or a new revision of it.
    pub(super) async fn write_progress<R: Message + Default>(
        &self,
        caller: &Caller,
        submission: Submission<'_>,
        write: Write<'_, wire::ProgressReport>,
        respond: impl FnOnce(wire::ProgressReport, Option<contracts::common::v1::Receipt>) -> R,
    ) -> Result<R, DeskError> {
        let mut faults = Violations::new();
        let name = write.name(&mut faults, self.context.department(), PROGRESS_REPORTS, "progress_report", &submission);
        let parsed = write.resource.as_ref().and_then(|message| {
            let mut reader = Reader::new(&mut faults);
            convert::read_progress(&mut reader.at("progress_report"), caller.principal.as_str(), message)
        });
        let (Some(name), Some(message), Some(report)) = (name.filter(|_| faults.is_empty()), write.resource, parsed)
        else {
            return Err(faults.into());
        };
        let etag = write.etag;
        let check = async |txn: &mut WriteTxn| {
            let commitment = commitment(txn, &message.commitment, "progress_report.commitment").await?;
            check_progress(&commitment, &report).map_err(|faults| DeskError::from(faults.under("progress_report.")))?;
            before(txn, &name, etag).await
        };
        self.context
            .desk()
            .submit(caller, submission, check, |outcome, before| {
                let answer =
                    recorded(outcome, before, &name, message.clone(), |message, record| message.record = record);
                respond(answer, outcome.receipt.clone())
            })
            .await
    }

    /// Records that a commitment is done. Whoever reported its progress cannot accept it.
    pub(super) async fn accept(
        &self,
        caller: &Caller,
        submission: Submission<'_>,
        message: &wire::AcceptCommitmentRequest,
    ) -> Result<wire::AcceptCommitmentResponse, DeskError> {
        let mut faults = Violations::new();
        desk::request_id(&mut Reader::new(&mut faults), &message.request_id);
        let name = common::resource_name(&mut Reader::new(&mut faults), "name", &message.name, COMMITMENTS);
        let evidence = common::evidence(&mut Reader::new(&mut faults), "evidence", &message.evidence);
        let Some(name) = name.filter(|_| faults.is_empty()) else { return Err(faults.into()) };
        let reporters = self.reporters(&name).await?;
        let today = self.context.today();
        for reporter in &reporters {
            domain::Closure::accept(reporter, caller.principal.as_str(), today, evidence.clone())?;
        }
        domain::Closure::accept("", caller.principal.as_str(), today, evidence)?;
        let check = async |txn: &mut WriteTxn| {
            commitment(txn, &message.name, "name").await?;
            let acceptance = ResourceName::new(name.department().clone(), COMMITMENT_ACCEPTANCES, name.id());
            match acceptance {
                Ok(acceptance) => before(txn, &acceptance, None).await.map(|_| ()),
                Err(_) => Ok(()),
            }
        };
        let receipt = self
            .context
            .desk()
            .submit(caller, submission, check, |outcome, ()| wire::AcceptCommitmentResponse {
                commitment: None,
                receipt: outcome.receipt.clone(),
            })
            .await?
            .receipt;
        let closed = self.with_lights(&View::Now).await?.into_iter().find(|(row, _)| row.name == name);
        Ok(wire::AcceptCommitmentResponse { commitment: closed.map(|(_, message)| message), receipt })
    }
}

async fn commitment(txn: &mut WriteTxn, name: &str, field: &str) -> Result<domain::Commitment, DeskError> {
    let mut faults = Violations::new();
    let name = common::resource_name(&mut Reader::new(&mut faults), field, name, COMMITMENTS);
    let Some(name) = name else { return Err(faults.into()) };
    let row = txn.resource(&name).await?.ok_or_else(|| not_found(&name))?;
    let message = wire::Commitment::decode(row.body.body.as_slice())?;
    convert::read_commitment(&mut Reader::new(&mut faults), name.id(), &message).ok_or_else(|| faults.into())
}
