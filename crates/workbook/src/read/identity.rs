//! The hidden sheet that says what a workbook is.

use domain::{DepartmentId, Period};

use super::{Identity, MARKS, open::Sheet};

/// The keys of the hidden sheet, in its first column; the values stand in the second.
pub(crate) mod keys {
    pub(crate) const VERSION: &str = "template_version";
    pub(crate) const PERIOD: &str = "period";
    pub(crate) const DEPARTMENT: &str = "department";
    pub(crate) const CATALOGUE: &str = "catalogue_version";
    pub(crate) const DIGEST: &str = "catalogue_digest";
    pub(crate) const SYNTHETIC: &str = "synthetic";
    pub(crate) const MADE: &str = "made";
}

pub(super) fn of(sheets: &[Sheet]) -> Identity {
    let Some(sheet) = sheets.iter().find(|sheet| sheet.name == MARKS) else { return Identity::default() };
    let value = |key: &str| {
        let row = (0..32).find(|row| sheet.text(*row, 0) == key)?;
        Some(sheet.text(row, 1)).filter(|text| !text.is_empty())
    };
    Identity {
        version: value(keys::VERSION).and_then(|text| text.parse().ok()),
        period: value(keys::PERIOD).and_then(|text| Period::parse(&text).ok()),
        department: value(keys::DEPARTMENT).and_then(|text| DepartmentId::parse(&text).ok()),
        catalogue_digest: value(keys::DIGEST),
        made: value(keys::MADE).and_then(|text| text.parse().ok()),
    }
}
