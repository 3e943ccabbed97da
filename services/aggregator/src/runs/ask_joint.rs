//! What a call to start a joint evaluation names: the runs whose scores are its parts, and the day for reports to be on time.

use chrono::NaiveDate;
use contracts::evaluation::v1 as pb;
use domain::{Period, Reason, Text, Violation, Violations};
use evaluation::{Plan, joint::Source};
use node::desk::DeskError;

use super::{Evaluations, must_have_succeeded};
use crate::wire::sorted;

/// A run that is a part of another.
pub(super) struct PartOf {
    /// As it is recorded, with the digest of its result.
    pub(super) named: pb::PartRun,
    /// What it rests on.
    pub(super) checkpoints: Vec<pb::NodeCheckpoint>,
    /// Whether its scheme was not published.
    pub(super) provisional: bool,
}

impl Evaluations {
    /// Finds the runs that are the parts of a joint evaluation.
    ///
    /// # Errors
    /// [`Reason::FieldInvalid`] for what does not fit, with all its faults at once; [`Reason::RunStateInvalid`] for a run without
    /// a result; [`Reason::ResourceNotFound`].
    pub(super) async fn part_runs(
        &self,
        plan: &Plan,
        period: &Period,
        named: Vec<pb::PartRun>,
        deadline: &str,
    ) -> Result<Vec<PartOf>, DeskError> {
        let mut faults = Violations::new();
        let Plan::Joint(scheme) = plan else {
            let given = [("part_runs", !named.is_empty()), ("reporting_deadline", !deadline.is_empty())];
            given.into_iter().filter(|(_, given)| *given).for_each(|(field, _)| faults.push(only_joint(field)));
            return Ok(faults.into_result(Vec::new())?);
        };
        if !deadline.is_empty() && deadline.parse::<NaiveDate>().is_err() {
            let rule = Text::new("应为日期，如 2025-03-31", "must be a date such as 2025-03-31");
            faults.push(wrong("reporting_deadline", deadline, rule));
        }
        let scores: Vec<&str> =
            scheme.parts().iter().filter(|part| part.from == Source::Score).map(|part| part.id.as_str()).collect();
        for (number, one) in named.iter().enumerate() {
            let field = format!("part_runs[{number}].part");
            if !scores.contains(&one.part.as_str()) {
                let rule = Text::new("应为方案中 from: score 的部分", "must be a part of the scheme with from: score");
                faults.push(wrong(&field, &one.part, rule).allowing(scores.iter().map(|id| (*id).to_owned())));
            }
            if named.iter().take(number).any(|before| before.part == one.part) {
                faults.push(wrong(&field, &one.part, Text::new("每个部分只能有一个运行", "a part has one run")));
            }
        }
        if !faults.is_empty() {
            return Err(faults.into());
        }
        let mut found = Vec::with_capacity(named.len());
        for (number, one) in named.into_iter().enumerate() {
            let field = format!("part_runs[{number}].run");
            let run = self.run(&one.run).await?;
            must_have_succeeded(&run)?;
            if run.scheme_kind() == pb::SchemeKind::Joint {
                let rule = Text::new("联合评价不能作为另一联合评价的部分", "a joint evaluation is no part of another");
                faults.push(wrong(&field, &one.run, rule));
            }
            if run.period != period.to_string() {
                let rule = Text::new(
                    format!("须与本次评价同一时期（{period}），该运行为 {}", run.period),
                    format!("must be of the same period ({period}); it is of {}", run.period),
                );
                faults.push(wrong(&field, &one.run, rule));
            }
            found.push(PartOf {
                named: pb::PartRun { part: one.part, run: run.name, result_digest: run.result_digest },
                checkpoints: sorted(run.checkpoints),
                provisional: run.provisional,
            });
        }
        Ok(faults.into_result(found)?)
    }
}

/// Refuses parts over other data.
///
/// # Errors
/// [`Reason::FieldInvalid`] for each part whose run rests on other checkpoints.
pub(super) fn same_data(parts: &[PartOf], checkpoints: &[pb::NodeCheckpoint]) -> Result<(), Violations> {
    let mut faults = Violations::new();
    for (number, part) in parts.iter().enumerate() {
        if part.checkpoints != checkpoints {
            let rule = Text::new("各部分须使用同一批检查点", "the parts must rest on the same checkpoints");
            faults.push(wrong(&format!("part_runs[{number}].run"), &part.named.run, rule));
        }
    }
    faults.into_result(())
}

fn only_joint(field: &str) -> Violation {
    let rule = Text::new("只用于联合评价方案", "goes with a scheme of a joint evaluation only");
    Violation::new(field, Reason::FieldInvalid, "", rule, Text::new("请留空", "leave it out"))
}

fn wrong(field: &str, value: &str, rule: Text) -> Violation {
    Violation::new(field, Reason::FieldInvalid, value, rule, Text::new("请改正", "correct it"))
}
