//! Commitments, reports of their progress, and their acceptance as done.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    provenance::{Citation, Evidence},
    reason::Reason,
    text::Text,
    unit::Quantity,
    violation::{Violation, Violations},
};

/// A measurable target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitmentTarget {
    /// What is measured, in words.
    pub indicator: String,
    /// The value to reach.
    pub quantity: Quantity,
    /// What counts, for example a version of a counting rule.
    pub counting_rule: String,
}

/// Something that was promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment {
    /// Id inside the node, for example `c4-4`.
    pub id: String,
    /// Number in its document, for example `C4-4`.
    pub sequence: String,
    /// What was promised, in words.
    pub text: String,
    /// Responsible parties.
    pub responsible: Vec<String>,
    /// Whether the document names them or they are inferred.
    pub responsible_basis: String,
    /// Measurable target; none is honest and shows as 无量化目标.
    pub target: Option<CommitmentTarget>,
    /// A proxy that was suggested and not agreed; never used for a light. Empty when there is none.
    pub suggested_proxy: String,
    /// When it began; none when unknown, and then progress is not compared with time.
    pub start: Option<NaiveDate>,
    /// Last day.
    pub deadline: Option<NaiveDate>,
    /// True when the document does not state the day and it was assumed (“到2027年”).
    pub deadline_assumed: bool,
    /// Evidence that would show it.
    pub evidence_suggested: String,
    /// The sentence it was taken from.
    pub citation: Option<Citation>,
}

/// A report of progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressReport {
    /// Id of the commitment.
    pub commitment: String,
    /// The day it describes.
    pub as_of: NaiveDate,
    /// Progress from 0 to 1; none when it is only described or measured.
    pub fraction: Option<Decimal>,
    /// What was measured, in the target's dimension.
    pub measured: Option<Quantity>,
    /// In words.
    pub summary: String,
    /// Supporting documents.
    pub evidence: Vec<Evidence>,
    /// Who reports.
    pub reporter: String,
}

/// The acceptance of a commitment as done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    reporter: String,
    accepted_by: String,
    accepted_on: NaiveDate,
    evidence: Vec<Evidence>,
}

impl Closure {
    /// Accepts a commitment as done. Whoever reports cannot accept: the rule of 政府督查工作条例 Art. 17, by which those who
    /// made a conclusion stand aside when it is reviewed.
    ///
    /// # Errors
    /// [`Reason::PermissionDenied`] when reporter and acceptor are the same, [`Reason::EvidenceRequired`] without evidence;
    /// both at once when both are so.
    pub fn accept(
        reporter: &str,
        accepted_by: &str,
        accepted_on: NaiveDate,
        evidence: Vec<Evidence>,
    ) -> Result<Self, Violations> {
        let mut faults = Violations::new();
        if reporter.trim() == accepted_by.trim() {
            faults.push(Violation::new(
                "accepted_by",
                Reason::PermissionDenied,
                accepted_by,
                Text::new("办结须由报送人以外的人认定", "somebody other than the reporter must accept it"),
                Text::new("请由其他责任人认定", "let another officer accept it"),
            ));
        }
        if evidence.iter().all(|item| item.title.trim().is_empty()) {
            faults.push(Violation::new(
                "evidence",
                Reason::EvidenceRequired,
                "",
                Text::new("办结须有佐证材料", "closing needs evidence"),
                Text::new("请附佐证材料", "add a supporting document"),
            ));
        }
        faults.into_result(Self {
            reporter: reporter.to_owned(),
            accepted_by: accepted_by.to_owned(),
            accepted_on,
            evidence,
        })
    }

    /// Who reported it as done.
    #[must_use]
    pub fn reporter(&self) -> &str {
        &self.reporter
    }

    /// Who accepted it.
    #[must_use]
    pub fn accepted_by(&self) -> &str {
        &self.accepted_by
    }

    /// When.
    #[must_use]
    pub fn accepted_on(&self) -> NaiveDate {
        self.accepted_on
    }

    /// On which evidence.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }
}

/// Checks a commitment.
///
/// # Errors
/// [`Reason::CommitmentDeadlineInvalid`] when the deadline lies before the start, [`Reason::FieldRequired`] without a
/// text.
pub fn check_commitment(commitment: &Commitment) -> Result<(), Violations> {
    let mut faults = Violations::new();
    if let (Some(start), Some(deadline)) = (commitment.start, commitment.deadline)
        && deadline < start
    {
        faults.push(Violation::new(
            "deadline",
            Reason::CommitmentDeadlineInvalid,
            deadline,
            Text::new(format!("时限不能早于开始日期 {start}"), format!("the deadline lies before the start {start}")),
            Text::new("请核对时限", "correct the deadline"),
        ));
    }
    if commitment.text.trim().is_empty() {
        faults.push(Violation::new(
            "text",
            Reason::FieldRequired,
            "",
            Text::new("须写明承诺事项", "the commitment is missing"),
            Text::new("请填写承诺内容", "say what is promised"),
        ));
    }
    faults.into_result(())
}

/// Checks a report of progress.
///
/// # Errors
/// [`Reason::ValueInvalid`] for a fraction outside 0–1, [`Reason::UnitMismatch`] for a measured value of another dimension
/// than the target's, [`Reason::FieldRequired`] without any content.
pub fn check_progress(commitment: &Commitment, report: &ProgressReport) -> Result<(), Violations> {
    let mut faults = Violations::new();
    if let Some(fraction) = report.fraction.filter(|fraction| *fraction < Decimal::ZERO || *fraction > Decimal::ONE) {
        faults.push(Violation::new(
            "fraction",
            Reason::ValueInvalid,
            fraction,
            Text::new("进度应在0到1之间", "progress lies between 0 and 1"),
            Text::new("请按比例填写，如 0.35", "give it as a share, for example 0.35"),
        ));
    }
    if let (Some(target), Some(measured)) = (&commitment.target, report.measured)
        && measured.unit.dimension() != target.quantity.unit.dimension()
    {
        let allowed = crate::unit::Unit::of_dimension(target.quantity.unit.dimension());
        faults.push(
            Violation::new(
                "measured.unit",
                Reason::UnitMismatch,
                measured.unit,
                Text::new("单位与目标的量纲不同", "the unit has another dimension than the target"),
                Text::new("请换用目标的单位", "use a unit of the target"),
            )
            .allowing(allowed),
        );
    }
    if report.fraction.is_none() && report.measured.is_none() && report.summary.trim().is_empty() {
        faults.push(Violation::new(
            "summary",
            Reason::FieldRequired,
            "",
            Text::new("进展报告须有进度、实测值或文字说明之一", "a report needs a fraction, a measured value or words"),
            Text::new("请补充进展内容", "add the progress"),
        ));
    }
    faults.into_result(())
}
