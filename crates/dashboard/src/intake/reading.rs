//! A workbook of a round: the template, what was understood of a filled one, the same with a cell corrected.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::{Period, Text};
use workbook::{Column, Filled, Held, Limits, Reading, Round, WorkbookError};

use super::{
    drafts::{Corrected, DraftLimits},
    port::Facts,
    reported::Reported,
};

/// What a workbook is made from and read against, without borrowing, so that it goes to another thread.
#[derive(Clone, Debug)]
pub(super) struct Of {
    pub(super) facts: Facts,
    pub(super) period: Period,
    pub(super) today: NaiveDate,
    pub(super) reported: Reported,
}

/// A cell that is to hold something else: row of the file, column, the new text.
pub(super) type Change = (u32, Column, String);

impl Of {
    pub(super) fn round(&self) -> Round<'_> {
        let Facts { department, catalogue, regions, .. } = &self.facts;
        let mut round = Round::new(catalogue, regions, self.period, department.clone(), self.today);
        round.last.clone_from(&self.reported.last);
        round.synthetic = self.reported.synthetic;
        round
    }

    /// The workbook to fill.
    pub(super) fn template(&self) -> Result<Vec<u8>, WorkbookError> {
        workbook::template(&self.round(), &[])
    }

    /// What was understood of a workbook.
    pub(super) fn read(&self, bytes: &[u8], limits: DraftLimits) -> Result<Reading, WorkbookError> {
        // The old binary format is not read here: what its reader may cost is not bounded by the size of the file.
        let limits = Limits { bytes: limits.file_bytes, old_xls: false, ..Limits::default() };
        Filled::open(bytes, &limits)?.read(&self.round())
    }

    /// The workbook with its faults marked.
    pub(super) fn marked(&self, reading: &Reading) -> Result<Vec<u8>, WorkbookError> {
        workbook::marked(reading, &self.round())
    }

    /// The workbook with some cells holding something else, in the layout of the current template, and what was changed. Cells that
    /// hold that text already, and those that nobody fills, stay as they are.
    pub(super) fn corrected(
        &self,
        mut reading: Reading,
        changes: &[Change],
        time: chrono::DateTime<chrono::Utc>,
    ) -> Result<(Vec<u8>, Vec<Corrected>), WorkbookError> {
        let wanted: BTreeMap<(u32, Column), &str> =
            changes.iter().map(|(row, column, text)| ((*row, *column), text.trim())).collect();
        let mut corrected = Vec::new();
        for row in &mut reading.rows {
            for cell in &mut row.cells {
                let Some(text) = wanted.get(&(row.row, cell.column)).filter(|text| **text != cell.raw.trim()) else {
                    continue;
                };
                if !cell.column.is_entry() {
                    continue;
                }
                let before = std::mem::replace(&mut cell.raw, (*text).to_owned());
                cell.held = if text.is_empty() { Held::Empty } else { Held::Text((*text).to_owned()) };
                (cell.formula, cell.findings) = (None, Vec::new());
                corrected.push(Corrected { place: cell.place.clone(), before, after: (*text).to_owned(), time });
            }
        }
        Ok((self.marked(&reading)?, corrected))
    }
}

/// A refusal of a whole workbook, as a page tells it.
pub(super) fn sentence(error: &WorkbookError) -> Text {
    error.sentence()
}
