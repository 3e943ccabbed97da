//! What an old binary workbook (MS-XLS, in a compound file) asks for. Its reader takes room for as many cells as a sheet says that it
//! has, and makes a grid over those that it finds: one damaged byte can ask for a terabyte, and a program that gets no memory ends.

use std::io::{Cursor, Read as _};

use super::{GRID, Limits, broken, too_many_cells};
use crate::error::WorkbookError;

/// Rows and columns of a sheet (MS-XLS, 2.5.53 `ColU` and the record `Dimensions`; of the versions before too).
const ROWS: u32 = 65_536;
const COLUMNS: u32 = 256;
/// Most sheets of a workbook.
const SHEETS: usize = 256;

/// Records (MS-XLS 2.3) by their number.
mod record {
    pub(super) const FORMULA: u16 = 0x0006;
    pub(super) const EOF: u16 = 0x000A;
    pub(super) const BOUND_SHEET: u16 = 0x0085;
    pub(super) const MUL_RK: u16 = 0x00BD;
    pub(super) const RICH_STRING: u16 = 0x00D6;
    pub(super) const LABEL_SST: u16 = 0x00FD;
    pub(super) const DIMENSIONS: u16 = 0x0200;
    pub(super) const NUMBER: u16 = 0x0203;
    pub(super) const LABEL: u16 = 0x0204;
    pub(super) const BOOL_ERR: u16 = 0x0205;
    pub(super) const RK: u16 = 0x027E;
    pub(super) const BOF: u16 = 0x0809;
}

/// Checks every sheet.
pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<(), WorkbookError> {
    let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(|_| broken())?;
    // Excel 97 and later, and those before.
    for name in ["/Workbook", "/Book"] {
        let Ok(stream) = file.open_stream(name) else { continue };
        let mut book = Vec::new();
        // A stream is no longer than its file.
        stream.take(bytes.len() as u64).read_to_end(&mut book).map_err(|_| broken())?;
        let starts: Vec<usize> = Records::from(&book, 0).filter_map(|(kind, data)| start(kind, data)).collect();
        if starts.len() > SHEETS {
            return Err(too_many_cells(limits));
        }
        for start in starts {
            check_sheet(Records::from(&book, start), limits)?;
        }
    }
    Ok(())
}

/// Where a sheet begins.
fn start(kind: u16, data: &[u8]) -> Option<usize> {
    (kind == record::BOUND_SHEET).then(|| long(data, 0)).flatten().and_then(|at| usize::try_from(at).ok())
}

fn check_sheet(records: Records<'_>, limits: &Limits) -> Result<(), WorkbookError> {
    let (mut extent, mut depth) = (Extent::default(), 0_usize);
    for (kind, data) in records {
        match kind {
            record::BOF => depth += 1,
            // The sheet's own, or that of a chart in it.
            record::EOF if depth <= 1 => break,
            record::EOF => depth -= 1,
            record::DIMENSIONS => dimensions(data)?,
            record::MUL_RK => {
                let last = data.len().checked_sub(2).and_then(|at| short(data, at));
                let last = last.map_or_else(|| Err(broken()), Ok)?;
                extent.cell(data, limits)?;
                extent.reach(data, last, limits)?;
            }
            record::FORMULA
            | record::RICH_STRING
            | record::LABEL_SST
            | record::NUMBER
            | record::LABEL
            | record::BOOL_ERR
            | record::RK => extent.cell(data, limits)?,
            _ => {}
        }
    }
    Ok(())
}

/// What a sheet says of its size: the first row and the one after the last, and the columns alike; all 0 of an empty one.
fn dimensions(data: &[u8]) -> Result<(), WorkbookError> {
    // Rows have two bytes in versions before Excel 97.
    let size = match data.len() {
        10 => short(data, 0).zip(short(data, 2)).zip(short(data, 6)),
        _ => long(data, 0).zip(long(data, 4)).zip(short(data, 10)),
    };
    let Some(((first, end), columns)) = size else { return Err(broken()) };
    let fits = end == 0 || columns == 0 || (first < end && end <= ROWS && columns <= COLUMNS);
    if fits { Ok(()) } else { Err(broken()) }
}

/// How far the cells of a sheet reach.
#[derive(Default)]
struct Extent {
    rows: Option<(u32, u32)>,
    columns: Option<(u32, u32)>,
}

impl Extent {
    /// A cell record begins with its row and its column.
    fn cell(&mut self, data: &[u8], limits: &Limits) -> Result<(), WorkbookError> {
        let column = short(data, 2).map_or_else(|| Err(broken()), Ok)?;
        self.reach(data, column, limits)
    }

    fn reach(&mut self, data: &[u8], column: u32, limits: &Limits) -> Result<(), WorkbookError> {
        let row = short(data, 0).map_or_else(|| Err(broken()), Ok)?;
        if column >= COLUMNS {
            return Err(broken());
        }
        let wider = |range: Option<(u32, u32)>, at: u32| {
            Some(range.map_or((at, at), |(first, last)| (first.min(at), last.max(at))))
        };
        (self.rows, self.columns) = (wider(self.rows, row), wider(self.columns, column));
        let length = |range: Option<(u32, u32)>| range.map_or(0, |(first, last)| (last - first + 1) as usize);
        let grid = length(self.rows).saturating_mul(length(self.columns));
        if grid > limits.cells.saturating_mul(GRID) { Err(too_many_cells(limits)) } else { Ok(()) }
    }
}

/// The records of a stream from a place on: number, length, data. A last one that is cut off ends it.
struct Records<'a>(&'a [u8]);

impl<'a> Records<'a> {
    fn from(stream: &'a [u8], at: usize) -> Self {
        Self(stream.get(at..).unwrap_or_default())
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, rest) = self.0.split_first_chunk::<2>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (data, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        self.0 = rest;
        Some((u16::from_le_bytes(*kind), data))
    }
}

fn short(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..)?.first_chunk().map(|bytes| u32::from(u16::from_le_bytes(*bytes)))
}

fn long(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}
