//! Reading a filled workbook: which sheet, which columns, what each row says, and what the rules say about it.

mod cells;
mod check;
mod identity;
mod layout;
mod open;
mod place;
mod row;
mod value;

use chrono::NaiveDate;
use domain::{DepartmentId, Period};

pub(crate) use identity::keys;
pub(crate) use open::raw;

use crate::{
    error::WorkbookError,
    limits::Limits,
    reading::{Extra, Finding, Reading, Severity, Source},
    round::{OLDEST_VERSION, Round, TEMPLATE_VERSION},
};

/// Name of the sheet to fill.
pub(crate) const SHEET: &str = "填报表";
/// Name of the sheet of instructions.
pub(crate) const GUIDE: &str = "填报说明";
/// Name of the sheet of faults.
pub(crate) const FAULTS: &str = "错误清单";
/// Name of the hidden sheet that says what the workbook is.
pub(crate) const MARKS: &str = "_wufei";
/// Name of the hidden sheet with the lists to choose from.
pub(crate) const LISTS: &str = "_lists";

/// What a workbook says about itself in its hidden sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Version of its template.
    pub version: Option<u32>,
    /// The period that it is for.
    pub period: Option<Period>,
    /// The department that it is for.
    pub department: Option<DepartmentId>,
    /// Digest of the catalogue that it was made from.
    pub catalogue_digest: Option<String>,
    /// The day it was made.
    pub made: Option<NaiveDate>,
}

/// A workbook that was opened and keeps the limits.
#[derive(Debug)]
pub struct Filled {
    sheets: Vec<open::Sheet>,
    identity: Identity,
    limits: Limits,
}

impl Filled {
    /// Opens a workbook: `.xlsx`, `.xlsm`, `.ods` or `.xls`.
    ///
    /// # Errors
    /// A file that is none of these, is damaged or locked by a password, breaks a limit, or whose template is too old or too
    /// new for this program.
    pub fn open(bytes: &[u8], limits: &Limits) -> Result<Self, WorkbookError> {
        let sheets = open::sheets(bytes, limits)?;
        let identity = identity::of(&sheets);
        match identity.version {
            Some(version) if version < OLDEST_VERSION => Err(too_old(version)),
            Some(version) if version > TEMPLATE_VERSION => Err(too_new(version)),
            Some(_) | None => Ok(Self { sheets, identity, limits: *limits }),
        }
    }

    /// What the workbook says about itself.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Reads the workbook for a round: what every cell means, checked by the rules.
    ///
    /// # Errors
    /// A workbook of another round or department, without a sheet to fill, or with two of them.
    pub fn read(&self, round: &Round<'_>) -> Result<Reading, WorkbookError> {
        self.belongs_to(round)?;
        let table = layout::find(&self.sheets)?;
        let places = table.rows();
        if places.len() > self.limits.rows {
            return Err(too_many_rows(self.limits.rows));
        }
        let (mut rows, mut extras) = (Vec::new(), Vec::new());
        for row in places {
            let (reading, rest) = row::read(&table, row, round);
            rows.extend(reading);
            extras.extend(rest.into_iter().map(|(place, raw)| Extra { row: row + 1, place, raw }));
        }
        let source = Source {
            sheet: table.sheet.name.clone(),
            heading_row: table.heading + 1,
            version: self.identity.version,
            period: round.period,
            department: round.department.clone(),
            same_catalogue: self.identity.catalogue_digest.as_ref().map(|digest| *digest == round.catalogue_digest()),
            reporting_party: table.reporting_party(),
        };
        for row in &mut rows {
            if let Some(observation) = &mut row.observation {
                observation.reporting_party.clone_from(&source.reporting_party);
            }
        }
        check::apply(&mut rows, round);
        let findings = self.about_the_file(&source);
        Ok(Reading { source, rows, extras, findings })
    }

    fn belongs_to(&self, round: &Round<'_>) -> Result<(), WorkbookError> {
        let other = |zh: &str, en: &str, have: &dyn std::fmt::Display, want: &dyn std::fmt::Display| {
            WorkbookError::new(
                format!("这份工作簿的{zh}是 {have}，不是 {want}"),
                format!("the {en} of this workbook is {have}, not {want}"),
                format!("请提交 {want} 的工作簿，或重新下载模板"),
                format!("submit the workbook of {want}, or make a new template"),
            )
        };
        match &self.identity {
            Identity { period: Some(period), .. } if *period != round.period => {
                Err(other("期间", "period", period, &round.period))
            }
            Identity { department: Some(department), .. } if *department != round.department => {
                Err(other("填报单位", "department", department, &round.department))
            }
            _ => Ok(()),
        }
    }

    fn about_the_file(&self, source: &Source) -> Vec<Finding> {
        let mut findings = Vec::new();
        if source.version.is_none() {
            findings.push(Finding::new(
                Severity::Warning,
                (
                    format!("没有模板信息，按 {} 的 {} 期读取", source.department, source.period),
                    format!("no marks of a template: read as {} of {}", source.period, source.department),
                ),
                ("请核对期间和单位；下次请在模板里填写", "check period and department; fill the template next time"),
            ));
        }
        if source.same_catalogue == Some(false) {
            findings.push(Finding::new(
                Severity::Warning,
                ("模板生成后指标目录有变动", "the catalogue has changed since the template was made"),
                ("请对照新模板核对指标解释", "compare the definitions with those of a new template"),
            ));
        }
        if source.sheet != SHEET {
            findings.push(Finding::note(
                format!("读取的是工作表“{}”", source.sheet),
                format!("sheet \"{}\" was read", source.sheet),
            ));
        }
        findings
    }
}

/// The name of a cell, for example `G7`.
pub(crate) fn address(row: u32, column: u32) -> String {
    let column = u16::try_from(column).unwrap_or(u16::MAX);
    rust_xlsxwriter::utility::row_col_to_cell(row, column)
}

fn too_old(version: u32) -> WorkbookError {
    WorkbookError::new(
        format!("模板版本 {version} 太旧，最早支持版本 {OLDEST_VERSION}"),
        format!("version {version} of the template is too old; the oldest that is read is {OLDEST_VERSION}"),
        "请用 wufei template 下载新模板，把填报值、分子、分母等列粘贴过去后再提交",
        "make a new template with wufei template, paste the columns you filled into it, and submit that",
    )
}

fn too_new(version: u32) -> WorkbookError {
    WorkbookError::new(
        format!("模板版本 {version} 比本程序新（{TEMPLATE_VERSION}）"),
        format!("version {version} of the template is newer than this program ({TEMPLATE_VERSION})"),
        "请升级本程序后再提交",
        "update this program and submit again",
    )
}

fn too_many_rows(most: usize) -> WorkbookError {
    WorkbookError::new(
        format!("填报表超过上限 {most} 行"),
        format!("the sheet has more than {most} rows"),
        "请分几个文件提交",
        "submit it in several files",
    )
}
