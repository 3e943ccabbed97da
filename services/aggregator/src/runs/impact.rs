//! What a scheme that is not in force would change on what was computed.

use contracts::evaluation::v1 as pb;
use node::desk::DeskError;

use super::{Evaluations, compare, side::FromComputing as _};
use crate::schemes::{Known, PlanExt as _};

impl Evaluations {
    /// The newest finished run of the scheme with the same id, beside the same data under this one; none without such a run.
    ///
    /// # Errors
    /// When the run cannot be made again, or not by this scheme.
    pub(crate) async fn impact(&self, known: &Known) -> Result<Option<pb::SchemeImpact>, DeskError> {
        let id = format!("schemes/{}", known.plan.id());
        let mut newest: Option<(u64, pb::EvaluationRun)> = None;
        for row in self.rows().await? {
            let run = super::service::decode(&row)?;
            let of_it = run.scheme == id || run.scheme.strip_suffix("@draft") == Some(&id);
            let newer = newest.as_ref().is_none_or(|(index, _)| row.log_index > *index);
            if of_it && newer && run.state() == pb::RunState::Succeeded {
                newest = Some((row.log_index, run));
            }
        }
        let Some((_, run)) = newest else { return Ok(None) };
        let name = run.name.clone();
        let side = self.side(run).await?;
        let (context, known) = (self.context.clone(), known.clone());
        let changes = self.workers.answer(move || {
            let tables = (context.catalogue(), context.regions());
            let would = side.by(known.plan, &known.wire, tables).map_err(DeskError::from_computing)?;
            Ok::<_, DeskError>(compare::with_causes(&side, &would, context.catalogue()))
        });
        Ok(Some(pb::SchemeImpact { run: name, changes: Some(changes.await??) }))
    }
}
