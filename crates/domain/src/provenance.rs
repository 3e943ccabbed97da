//! Where a figure comes from: the words it rests on, the documents beside it, why it was corrected, and when it was known.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    labelled::labelled,
    name::{DepartmentId, ResourceName},
};

/// A supporting document (佐证材料).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// Title.
    pub title: String,
    /// 文号; none when unknown.
    pub document_number: Option<String>,
    /// Date of issue; none when unknown.
    pub issued: Option<NaiveDate>,
    /// Where it can be read; none when unknown.
    pub uri: Option<String>,
    /// SHA-256 of the file in lower-case hex; none when no file was handed in.
    pub digest: Option<String>,
}

/// The sentence of a document that a figure was taken from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Citation {
    /// Document number or title.
    pub document: String,
    /// Number of the fact in the data set, for example `F017`; empty when there is none.
    pub fact: String,
    /// The exact words.
    pub quote: String,
}

labelled! {
    /// Why what is recorded was revised.
    CorrectionReason {
        /// Final statistics replaced provisional ones.
        StatisticalFinalisation = "statistical-finalisation", "统计核定", "statistical finalisation";
        /// An audit changed the figure.
        AuditAdjustment = "audit-adjustment", "审计调整", "audit adjustment";
        /// The definition or scope changed.
        DefinitionChange = "definition-change", "口径变更", "change of definition";
        /// A clerical error.
        ClericalError = "clerical-error", "笔误", "clerical error";
        /// The next step of a procedure, for example the answer to a share request.
        ProcedureStep = "procedure-step", "程序办理", "step of a procedure";
    }
}

impl CorrectionReason {
    /// The reasons for which a figure or an amount is revised: all but the step of a procedure.
    pub const OF_FIGURES: &'static [Self] =
        &[Self::StatisticalFinalisation, Self::AuditAdjustment, Self::DefinitionChange, Self::ClericalError];
}

/// Goes with every revision after the first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Correction {
    /// Kind of reason.
    pub reason: CorrectionReason,
    /// Explanation in the reporter's words.
    pub note: String,
}

/// A resource as it was recorded: one revision with its place in the origin's log and the time it was known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded<T> {
    /// Name, the same in every revision.
    pub name: ResourceName,
    /// Department whose log holds it.
    pub origin: DepartmentId,
    /// Revision number, from 1.
    pub revision: u32,
    /// Opaque tag of this revision; see [`crate::etag::etag`].
    pub etag: String,
    /// Index of the log entry.
    pub log_index: u64,
    /// Position inside the entry, from 0.
    pub position: u32,
    /// When it was first known.
    pub known_from: DateTime<Utc>,
    /// When a later revision replaced it; none for the current one.
    pub known_to: Option<DateTime<Utc>>,
    /// Log index of the entry that replaced it; none for the current one.
    pub superseded_index: Option<u64>,
    /// Why it replaced the revision before; none for the first.
    pub correction: Option<Correction>,
    /// The resource itself.
    pub body: T,
}

impl<T> Recorded<T> {
    /// True for the latest revision.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.known_to.is_none()
    }

    /// True when this revision was the current one at that time.
    #[must_use]
    pub fn known_at(&self, time: DateTime<Utc>) -> bool {
        self.known_from <= time && self.known_to.is_none_or(|to| time < to)
    }

    /// The same record around another body.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Recorded<U> {
        let Self {
            name,
            origin,
            revision,
            etag,
            log_index,
            position,
            known_from,
            known_to,
            superseded_index,
            correction,
            body,
        } = self;
        Recorded {
            name,
            origin,
            revision,
            etag,
            log_index,
            position,
            known_from,
            known_to,
            superseded_index,
            correction,
            body: convert(body),
        }
    }
}
