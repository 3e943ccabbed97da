//! Why something on record is corrected: what goes with every revision, as part of a form.

use contracts::common::v1 as common;
use domain::{CorrectionReason, Text, Violations};

use super::{fault, form::Fields};
use crate::writing::{form::Posted, said::Said};

/// Most characters of the explanation.
const LONGEST: usize = 2_000;

/// What was chosen and typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Why {
    reason: Option<CorrectionReason>,
    pub(super) note: String,
    /// Of the revision that is corrected: when there is a newer one meanwhile, the service refuses.
    pub(super) etag: String,
}

impl Why {
    /// Nothing chosen yet, about a revision.
    pub(super) fn of_revision(record: Option<&common::Record>) -> Self {
        Self { etag: record.map(|record| record.etag.clone()).unwrap_or_default(), ..Self::default() }
    }

    pub(super) fn of(posted: &Posted) -> Self {
        let reason = CorrectionReason::from_code(posted.field("reason"));
        Self {
            reason: reason.filter(|reason| CorrectionReason::OF_FIGURES.contains(reason)),
            note: posted.field("note").trim().to_owned(),
            etag: posted.field("etag").to_owned(),
        }
    }

    pub(super) fn fields(&self) -> Fields {
        let code = self.reason.map_or("", CorrectionReason::code);
        vec![("reason", code.to_owned()), ("note", self.note.clone()), ("etag", self.etag.clone())]
    }

    /// The reasons to choose from, and whether each is chosen.
    pub(super) fn reasons(&self) -> impl Iterator<Item = (&'static str, Text, bool)> {
        let chosen = self.reason;
        let of = move |one: &CorrectionReason| (one.code(), Text::new(one.zh(), one.en()), Some(*one) == chosen);
        CorrectionReason::OF_FIGURES.iter().map(of)
    }

    /// What is sent; none when something is missing, and the faults say what.
    pub(super) fn read(&self, faults: &mut Violations) -> Option<common::Correction> {
        if self.reason.is_none() {
            let rule = ("更正须注明原因", "a correction has a reason");
            faults.push(fault("reason", "", rule, ("请选择原因", "choose it")));
        }
        let length = self.note.chars().count();
        if length == 0 || length > LONGEST {
            let most = format!("更正须有说明，至多 {LONGEST} 字");
            let most_en = format!("a correction is explained, in at most {LONGEST} characters");
            let value = if length == 0 { String::new() } else { length.to_string() };
            let rule = (most.as_str(), most_en.as_str());
            faults.push(fault("note", &value, rule, ("请写明改了什么、为什么", "say what was changed, and why")));
        }
        Some(common::Correction { reason: wire(self.reason?).into(), note: self.note.clone() })
    }

    /// What is signed of it, in words.
    pub(super) fn said(&self) -> Vec<Said> {
        let reason = self.reason.map_or_else(Text::default, |reason| Text::new(reason.zh(), reason.en()));
        vec![Said::text("更正原因", "Why corrected", reason), Said::paragraphs("说明", "Explanation", &self.note)]
    }
}

fn wire(reason: CorrectionReason) -> common::CorrectionReason {
    match reason {
        CorrectionReason::StatisticalFinalisation => common::CorrectionReason::StatisticalFinalisation,
        CorrectionReason::AuditAdjustment => common::CorrectionReason::AuditAdjustment,
        CorrectionReason::DefinitionChange => common::CorrectionReason::DefinitionChange,
        CorrectionReason::ClericalError => common::CorrectionReason::ClericalError,
        CorrectionReason::ProcedureStep => common::CorrectionReason::ProcedureStep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_without_reason_or_explanation_is_told_at_both_fields() {
        let mut faults = Violations::new();
        assert_eq!(Why::default().read(&mut faults), None);
        assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["reason", "note"]);
        let why = Why { reason: Some(CorrectionReason::ClericalError), note: "笔误".to_owned(), etag: String::new() };
        let read = why.read(&mut Violations::new()).unwrap();
        assert_eq!(read.reason(), common::CorrectionReason::ClericalError);
        assert_eq!(why.reasons().filter(|(_, _, chosen)| *chosen).count(), 1);
    }
}
