//! What a file from outside may cost. Checked before the spreadsheet reader sees it, because a packed file of a few
//! kilobytes can unpack to gigabytes and two cells in opposite corners can ask for a grid of billions.

mod xls;

use std::io::{Cursor, Read as _, copy, sink};

use quick_xml::{XmlVersion, events::Event};
use zip::ZipArchive;

use crate::error::WorkbookError;

/// Limits of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Bytes of all its parts, unpacked.
    pub unpacked: u64,
    /// Parts of the package.
    pub parts: usize,
    /// Cells of one sheet that hold something.
    pub cells: usize,
    /// Rows of the table.
    pub rows: usize,
    /// Characters of one cell.
    pub text: usize,
    /// Whether the old binary format is read. Its reader trusts what a file says of itself; the known ways to ask for too much are
    /// checked before, but a server that takes files from strangers should refuse it.
    pub old_xls: bool,
}

impl Default for Limits {
    /// 8 MiB, unpacked 64 MiB in at most 500 parts; 200 000 cells, 5 000 rows, 4 000 characters a cell; `.xls` is read.
    fn default() -> Self {
        Self { bytes: 8 << 20, unpacked: 64 << 20, parts: 500, cells: 200_000, rows: 5_000, text: 4_000, old_xls: true }
    }
}

/// The kinds of file that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `.xlsx` and `.xlsm`.
    Xlsx,
    /// `.ods`.
    Ods,
    /// `.xls`.
    Xls,
}

/// The first bytes of the two containers.
const ZIP: &[u8] = b"PK\x03\x04";
const CFB: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// Tells the kind of a file and that it keeps the limits.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Result<Kind, WorkbookError> {
    if bytes.len() > limits.bytes {
        let (have, most) = (bytes.len() >> 10, limits.bytes >> 10);
        return Err(WorkbookError::new(
            format!("文件有 {have} KB，超过上限 {most} KB"),
            format!("the file has {have} KB, more than {most} KB"),
            "请只保留填报表，删去图片和其他工作表",
            "keep the sheet to fill only, without pictures and other sheets",
        ));
    }
    if bytes.starts_with(CFB) {
        if !limits.old_xls {
            return Err(old_xls());
        }
        xls::check(bytes, limits)?;
        return Ok(Kind::Xls);
    }
    if !bytes.starts_with(ZIP) {
        return Err(no_workbook());
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| broken())?;
    if archive.len() > limits.parts {
        return Err(too_much(limits));
    }
    let mut left = limits.unpacked;
    for index in 0..archive.len() {
        // The sizes that an archive states may be lies, so the bytes are counted.
        let part = archive.by_index(index).map_err(|_| broken())?;
        let read = copy(&mut part.take(left + 1), &mut sink()).map_err(|_| broken())?;
        left = left.checked_sub(read).ok_or_else(|| too_much(limits))?;
    }
    let names: Vec<String> = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    if has("xl/workbook.bin") {
        return Err(WorkbookError::new(
            "不支持 .xlsb 格式",
            ".xlsb is not read",
            "请在表格软件中另存为 .xlsx 后再提交",
            "save it as .xlsx and submit again",
        ));
    }
    if names.iter().any(|name| name.starts_with("xl/")) {
        return Ok(Kind::Xlsx);
    }
    if has("content.xml") {
        let mut content = String::new();
        let part = archive.by_name("content.xml").map_err(|_| broken())?;
        part.take(limits.unpacked).read_to_string(&mut content).map_err(|_| broken())?;
        check_ods(&content, limits)?;
        return Ok(Kind::Ods);
    }
    Err(no_workbook())
}

/// How many times [`Limits::cells`] the grid of an ODS or `.xls` sheet may have, from its first cell to its last.
const GRID: usize = 10;

/// An ODS cell or row may say that it is repeated; its reader makes as many copies, and a grid over everything up to the
/// last cell that holds something.
fn check_ods(content: &str, limits: &Limits) -> Result<(), WorkbookError> {
    let mut reader = quick_xml::Reader::from_str(content);
    let mut sheet = Extent::default();
    loop {
        match reader.read_event().map_err(|_| broken())? {
            Event::Eof => return Ok(()),
            Event::Start(tag) if tag.name().as_ref() == "table:table" => sheet = Extent::default(),
            Event::Start(tag) if tag.name().as_ref() == "table:table-row" => {
                sheet.begin_row(attribute(&tag, "table:number-rows-repeated")?);
            }
            Event::Start(tag) if is_cell(&tag) => sheet.cell(attribute(&tag, COLUMNS)?, true),
            Event::Empty(tag) if is_cell(&tag) => sheet.cell(attribute(&tag, COLUMNS)?, has_value(&tag)?),
            Event::End(tag) if tag.name().as_ref() == "table:table-row" => {
                sheet.end_row();
                if sheet.cells > limits.cells || sheet.grid() > limits.cells.saturating_mul(GRID) {
                    return Err(too_many_cells(limits));
                }
            }
            Event::Start(_)
            | Event::Empty(_)
            | Event::End(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

const COLUMNS: &str = "table:number-columns-repeated";

/// How far a sheet reaches.
#[derive(Default)]
struct Extent {
    /// Cells that hold something.
    cells: usize,
    /// Rows so far, and those up to the last one that holds something.
    rows: usize,
    last_row: usize,
    /// Columns up to the last one that holds something.
    width: usize,
    repeats: usize,
    column: usize,
    filled: usize,
    filled_to: usize,
}

impl Extent {
    fn begin_row(&mut self, repeats: usize) {
        (self.repeats, self.column, self.filled, self.filled_to) = (repeats, 0, 0, 0);
    }

    fn cell(&mut self, repeats: usize, holds_something: bool) {
        self.column = self.column.saturating_add(repeats);
        if holds_something {
            self.filled = self.filled.saturating_add(repeats);
            self.filled_to = self.column;
        }
    }

    fn end_row(&mut self) {
        self.rows = self.rows.saturating_add(self.repeats);
        if self.filled > 0 {
            self.last_row = self.rows;
            self.width = self.width.max(self.filled_to);
            self.cells = self.cells.saturating_add(self.filled.saturating_mul(self.repeats));
        }
    }

    fn grid(&self) -> usize {
        self.last_row.saturating_mul(self.width)
    }
}

fn is_cell(tag: &quick_xml::events::BytesStart<'_>) -> bool {
    matches!(tag.name().as_ref(), "table:table-cell" | "table:covered-table-cell")
}

fn has_value(tag: &quick_xml::events::BytesStart<'_>) -> Result<bool, WorkbookError> {
    Ok(tag.try_get_attribute("office:value-type").map_err(|_| broken())?.is_some())
}

fn attribute(tag: &quick_xml::events::BytesStart<'_>, name: &str) -> Result<usize, WorkbookError> {
    let Some(found) = tag.try_get_attribute(name).map_err(|_| broken())? else { return Ok(1) };
    found.normalized_value(XmlVersion::Implicit1_0).map_err(|_| broken())?.trim().parse().map_err(|_| broken())
}

pub(crate) fn too_many_cells(limits: &Limits) -> WorkbookError {
    let most = limits.cells;
    WorkbookError::new(
        format!("工作表的单元格超过上限 {most} 个"),
        format!("the sheet has more than {most} cells"),
        "请用模板填报，删去表外的内容",
        "fill the template, and remove what lies outside its table",
    )
}

fn too_much(limits: &Limits) -> WorkbookError {
    let most = limits.unpacked >> 20;
    WorkbookError::new(
        format!("文件解压后超过上限 {most} MB"),
        format!("unpacked, the file has more than {most} MB"),
        "请用模板重新填报，不要附带图片和其他工作表",
        "fill a new template, without pictures and other sheets",
    )
}

fn no_workbook() -> WorkbookError {
    WorkbookError::new(
        "这不是工作簿文件",
        "this is no workbook",
        "请提交 .xlsx、.xlsm、.xls 或 .ods 文件；有密码的，请先取消密码",
        "submit an .xlsx, .xlsm, .xls or .ods file, without a password",
    )
}

fn old_xls() -> WorkbookError {
    WorkbookError::new(
        "此处不接收 .xls 格式",
        ".xls is not taken here",
        "请在表格软件中另存为 .xlsx 后再提交",
        "save it as .xlsx and submit again",
    )
}

pub(crate) fn broken() -> WorkbookError {
    WorkbookError::new(
        "工作簿已损坏或有密码，无法打开",
        "the workbook is damaged or has a password",
        "请在表格软件中打开、取消密码、另存为 .xlsx 后再提交",
        "open it in a spreadsheet program, remove the password, save it as .xlsx and submit again",
    )
}
