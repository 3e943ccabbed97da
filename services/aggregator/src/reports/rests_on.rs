//! The runs that a report may rest on.

use contracts::evaluation::v1 as pb;
use domain::{DomainError, Reason, Text, Violation};
use node::desk::DeskError;

use super::{Reports, build::snapshot_id};
use crate::runs;

/// Most indices beside the official evaluation.
const MOST_INDICES: usize = 8;

impl Reports {
    /// Checks the run of a report, and finds the runs of indices that are to stand beside it.
    ///
    /// # Errors
    /// [`Reason::RunStateInvalid`] for a run without a result, [`Reason::SchemeNotPublished`] for a provisional one,
    /// [`Reason::FieldInvalid`] for one of the other kind or over other data, [`Reason::ResourceNotFound`].
    pub(super) async fn index_runs(
        &self,
        run: &pb::EvaluationRun,
        names: &[String],
    ) -> Result<Vec<pb::EvaluationRun>, DeskError> {
        finished_and_published(run)?;
        if let pb::SchemeKind::Index | pb::SchemeKind::Joint = run.scheme_kind() {
            return Err(wrong(
                "evaluation_run",
                &run.name,
                Text::new("正式报告以按目标计分的评价为准", "a report rests on an evaluation of practice"),
                Text::new(
                    "请把综合指数的运行放入 index_runs，联合评价的放入 joint_run",
                    "name the run of an index in index_runs, that of a joint evaluation in joint_run",
                ),
            )
            .into());
        }
        if names.len() > MOST_INDICES {
            return Err(wrong(
                "index_runs",
                &names.len().to_string(),
                Text::new(format!("至多 {MOST_INDICES} 个"), format!("at most {MOST_INDICES}")),
                Text::new("请减少", "name fewer"),
            )
            .into());
        }
        let mut found = Vec::with_capacity(names.len());
        for (number, name) in names.iter().enumerate() {
            let field = format!("index_runs[{number}]");
            let index = self.evaluations.run(name).await?;
            finished_and_published(&index)?;
            if index.scheme_kind() != pb::SchemeKind::Index {
                let rule = Text::new("应为综合指数的运行", "it is a run of an index");
                return Err(wrong(&field, name, rule, Text::new("请删去", "leave it out")).into());
            }
            same_data(&field, run, &index)?;
            found.push(index);
        }
        Ok(found)
    }

    /// Finds the run of a joint evaluation that is to be shown; an empty name is none.
    ///
    /// # Errors
    /// As [`Self::index_runs`].
    pub(super) async fn joint_run(
        &self,
        run: &pb::EvaluationRun,
        name: &str,
    ) -> Result<Option<pb::EvaluationRun>, DeskError> {
        if name.is_empty() {
            return Ok(None);
        }
        let field = "joint_run";
        let joint = self.evaluations.run(name).await?;
        finished_and_published(&joint)?;
        if joint.scheme_kind() != pb::SchemeKind::Joint {
            let rule = Text::new("应为联合评价的运行", "it is a run of a joint evaluation");
            return Err(wrong(field, name, rule, Text::new("请删去", "leave it out")).into());
        }
        same_data(field, run, &joint)?;
        Ok(Some(joint))
    }
}

/// Refuses a run over other data than the evaluation that it is shown beside.
fn same_data(field: &str, run: &pb::EvaluationRun, beside: &pb::EvaluationRun) -> Result<(), Violation> {
    if snapshot_id(&beside.checkpoints) == snapshot_id(&run.checkpoints) {
        return Ok(());
    }
    let rule = Text::new("须与正式评价使用同一批检查点", "it rests on the checkpoints of the evaluation");
    let action = Text::new("请以同样的检查点重新运行", "run it again over the same checkpoints");
    Err(wrong(field, &beside.name, rule, action))
}

fn finished_and_published(run: &pb::EvaluationRun) -> Result<(), DomainError> {
    runs::must_have_succeeded(run)?;
    if !run.provisional {
        return Ok(());
    }
    let text = Text::new(
        format!("{} 按未发布的方案 {} 试算，不能编制报告；请先由另一主体发布方案再运行", run.name, run.scheme),
        format!(
            "{} is provisional, by the scheme {} that is not published: have another principal publish it, and run again",
            run.name, run.scheme
        ),
    );
    Err(DomainError::new(Reason::SchemeNotPublished, text).with_fact("run", &run.name).with_fact("scheme", &run.scheme))
}

fn wrong(field: &str, value: &str, rule: Text, action: Text) -> Violation {
    Violation::new(field, Reason::FieldInvalid, value, rule, action)
}
