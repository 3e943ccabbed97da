//! Workbooks of clerks: the template, and a filled one on its way to a node. A program that was built without them, as the
//! demo is, says how to get them.

use std::path::Path;

#[cfg(not(feature = "workbook"))]
mod absent;
#[cfg(feature = "workbook")]
mod filled;
#[cfg(feature = "workbook")]
mod last;
#[cfg(feature = "workbook")]
mod preview;
#[cfg(feature = "workbook")]
mod template;

#[cfg(not(feature = "workbook"))]
pub(crate) use absent::{make, understand};
#[cfg(feature = "workbook")]
pub(crate) use filled::understand;
#[cfg(feature = "workbook")]
pub(crate) use template::make;

/// What is asked of a filled workbook.
#[cfg_attr(not(feature = "workbook"), expect(dead_code, reason = "nothing is read without workbooks"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// The file.
    pub(crate) file: &'a Path,
    /// The department that reports; without it the workbook's own.
    pub(crate) department: Option<&'a str>,
    /// The period; without it the workbook's own.
    pub(crate) period: Option<&'a str>,
    /// Whether it is checked and nothing more.
    pub(crate) check: bool,
}

/// What a filled workbook becomes.
#[derive(Debug)]
pub(crate) struct Understood {
    /// The department that reports.
    pub(crate) department: String,
    /// The requests.
    pub(crate) submissions: Vec<client::Submission>,
}

/// True for the files that spreadsheet programs write.
pub(crate) fn is_workbook(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["xlsx", "xlsm", "xls", "ods"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbook_is_known_by_its_name() {
        assert!(is_workbook(Path::new("a/2024.XLSX")) && is_workbook(Path::new("b.ods")));
        assert!(!is_workbook(Path::new("a.csv")) && !is_workbook(Path::new("xlsx")));
    }
}
