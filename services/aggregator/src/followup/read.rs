//! Commitments and progress reports as they are answered: with their lights, and with where they come from.

use std::collections::BTreeMap;

use contracts::followup::v1 as wire;
use domain::{Recorded, ResourceName, Violations};
use node::{
    convert::{Reader, common},
    desk::DeskError,
    projection::COMMITMENT_ACCEPTANCES,
};
use prost::Message as _;
use store::{StoredResource, View};

use super::{Measured, PROGRESS_REPORTS, convert, rows, service::FollowUp, standings};
use crate::{internal, share, writes::not_found};

impl FollowUp {
    /// Commitments with their lights, as they are answered.
    pub(super) async fn with_lights(&self, view: &View) -> Result<Vec<(Recorded<()>, wire::Commitment)>, DeskError> {
        let context = &self.context;
        let standing = share::current(context.store(), context.regions()).await.map_err(|error| internal(&error))?;
        let measured = Measured { share: &standing.share, rule: &standing.share.rule, as_of: standing.as_of };
        let today = context.today();
        let found = standings(context.store(), context.department(), view, today, &measured).await;
        let found = found.map_err(|error| internal(&error))?;
        let mut accepted = self.acceptances(view).await?;
        let mut answers = Vec::with_capacity(found.len());
        for standing in found {
            let mut message = standing.wire;
            convert::set_light(&mut message, &standing.light, today);
            let row = standing.commitment.map(|_body| ());
            let source = context.sources().of(&row).await?;
            message.record = Some(common::record_out(&row, message.citation.clone(), source.as_ref()));
            message.acceptance = accepted.remove(row.name.id());
            answers.push((row, message));
        }
        Ok(answers)
    }

    /// How commitments were closed, by their ids.
    async fn acceptances(&self, view: &View) -> Result<BTreeMap<String, wire::CommitmentAcceptance>, DeskError> {
        let rows = rows(self.context.store(), self.context.department(), COMMITMENT_ACCEPTANCES, view).await?;
        let mut accepted = BTreeMap::new();
        for row in &rows {
            let wire::AcceptCommitmentRequest { name: _, evidence, request_id: _ } =
                wire::AcceptCommitmentRequest::decode(row.body.body.as_slice())?;
            let source = self.context.sources().of(row).await?;
            let record = Some(common::record_out(row, None, source.as_ref()));
            accepted.insert(row.name.id().to_owned(), wire::CommitmentAcceptance { evidence, record });
        }
        Ok(accepted)
    }

    /// Principals that reported progress of a commitment, or recorded it.
    pub(super) async fn reporters(&self, commitment: &ResourceName) -> Result<Vec<String>, DeskError> {
        let mut reporters = Vec::new();
        for row in rows(self.context.store(), self.context.department(), PROGRESS_REPORTS, &View::Now).await? {
            let message = wire::ProgressReport::decode(row.body.body.as_slice())?;
            if message.commitment == commitment.to_string()
                && let Some(source) = self.context.sources().of(&row).await?
            {
                reporters.push(source.principal);
            }
        }
        Ok(reporters)
    }

    /// One progress report.
    pub(super) async fn progress(&self, name: &str, view: &View) -> Result<wire::ProgressReport, DeskError> {
        let mut faults = Violations::new();
        let name = common::resource_name(&mut Reader::new(&mut faults), "name", name, PROGRESS_REPORTS);
        let Some(name) = name else { return Err(faults.into()) };
        let row = self.context.store().resource(&name, view).await?.ok_or_else(|| not_found(&name))?;
        self.progress_out(&row).await
    }

    /// A progress report as it is answered.
    pub(super) async fn progress_out(&self, row: &Recorded<StoredResource>) -> Result<wire::ProgressReport, DeskError> {
        let mut message = wire::ProgressReport::decode(row.body.body.as_slice())?;
        let source = self.context.sources().of(row).await?;
        message.record = Some(common::record_out(row, message.citation.clone(), source.as_ref()));
        Ok(message)
    }
}
