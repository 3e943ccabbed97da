//! Where the clerk's pages get what they need beside the services: the tables, the clock, the drafts, the way to write.

use std::{fmt::Debug, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use contracts::{common::v1::Receipt, exchange::v1::Endorsement, log::v1 as log};
use domain::{Catalogue, CorrectionReason, DepartmentId, Observation, Period, RegionTable};

use super::drafts::Drafts;
pub(super) use crate::writing::port::Message;
use crate::writing::port::Writer;

/// What does not change while the node runs.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The department that reports.
    pub department: DepartmentId,
    /// Definitions.
    pub catalogue: Arc<Catalogue>,
    /// Divisions.
    pub regions: Arc<RegionTable>,
    /// The rounds that the operator has opened, in their order.
    pub rounds: Vec<OpenRound>,
}

/// A round of reporting that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenRound {
    /// What is reported.
    pub period: Period,
    /// The last day on which it is in time; none when there is no such day.
    pub due: Option<NaiveDate>,
}

/// A figure on record that is to say something else.
#[derive(Clone, Copy, Debug)]
pub struct Correction<'a> {
    /// Row of the clerk's sheet.
    pub row: u64,
    /// What it is to say.
    pub figure: &'a Observation,
    /// Resource name of the figure.
    pub name: &'a str,
    /// The revision that is corrected.
    pub etag: &'a str,
    /// Why.
    pub reason: CorrectionReason,
    /// The explanation in the clerk's words.
    pub note: &'a str,
}

/// The node of the department, as its clerks use it.
pub trait Desk: Writer {
    /// What the node is and what it goes by.
    fn facts(&self) -> &Facts;

    /// Now.
    fn now(&self) -> DateTime<Utc>;

    /// Today where the department is.
    fn today(&self) -> NaiveDate;

    /// The drafts.
    fn drafts(&self) -> &Arc<Drafts>;

    /// What figures become on the wire, each with the row of the sheet where it stands. The same figures give the same bytes, and a
    /// submission by the program `wufei` of the same table is the same too.
    ///
    /// # Errors
    /// A text for the log of the service: what the workbook's rules have passed, the contract takes.
    fn observations(&self, rows: &[(u64, &Observation)]) -> Result<Vec<Message>, String>;

    /// What a correction of a figure on record becomes on the wire: what a workbook can say of a figure is replaced, the rest stays.
    ///
    /// # Errors
    /// As [`Self::observations`].
    fn correction(&self, correction: &Correction<'_>) -> Result<Message, String>;

    /// What an endorsement becomes on the wire.
    ///
    /// # Errors
    /// As [`Self::observations`].
    fn endorsement(&self, endorsement: &Endorsement) -> Result<Message, String>;

    /// The receipt with its proof as the file that `wufei verify receipt` checks.
    ///
    /// # Errors
    /// A text for the log of the service.
    fn receipt_file(
        &self,
        receipt: Receipt,
        proof: log::GetInclusionProofResponse,
        leaf: Vec<u8>,
    ) -> Result<String, String>;
}

/// The node, shared by all handlers.
pub type SharedDesk = Arc<dyn Desk>;
