//! Why a file is not read at all. Faults inside a file that is read are findings of its cells.

use domain::Text;

/// A refusal of a whole file, with what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}；{}", .rule.zh, .action.zh)]
pub struct WorkbookError {
    /// What is wrong.
    pub rule: Text,
    /// What to do.
    pub action: Text,
}

impl WorkbookError {
    pub(crate) fn new(
        zh: impl Into<String>,
        en: impl Into<String>,
        action_zh: impl Into<String>,
        action_en: impl Into<String>,
    ) -> Self {
        Self { rule: Text::new(zh, en), action: Text::new(action_zh, action_en) }
    }

    /// The refusal in one sentence per language.
    #[must_use]
    pub fn sentence(&self) -> Text {
        Text::new(format!("{}；{}", self.rule.zh, self.action.zh), format!("{}; {}", self.rule.en, self.action.en))
    }

    /// A fault of this program: the library refused what it was given.
    pub(crate) fn unwritable(error: &rust_xlsxwriter::XlsxError) -> Self {
        Self::new(
            format!("无法生成工作簿：{error}"),
            format!("the workbook cannot be made: {error}"),
            "请把这句话告诉系统管理员",
            "tell the administrator this sentence",
        )
    }
}

impl From<rust_xlsxwriter::XlsxError> for WorkbookError {
    fn from(error: rust_xlsxwriter::XlsxError) -> Self {
        Self::unwritable(&error)
    }
}
