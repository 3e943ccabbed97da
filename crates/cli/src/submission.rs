//! Tables that a clerk fills, as calls of the ingest methods.

use std::path::Path;

use clap::ValueEnum;
use domain::Text;

use crate::{
    demo::dataset::Call,
    failure::{Failure, Fault, Outcome},
};

/// What a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Table {
    /// 指标数据 / figures of indicators
    Observations,
    /// 定性事实 / qualitative facts
    Statements,
    /// 项目资金 / money of projects
    Funding,
}

impl Table {
    const ALL: [Self; 3] = [Self::Observations, Self::Statements, Self::Funding];

    /// The name of its file in a data set.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Observations => "observations",
            Self::Statements => "statements",
            Self::Funding => "funding",
        }
    }

    /// What the file's name says that it holds.
    pub(crate) fn of_file(file: &Path) -> Option<Self> {
        let stem = file.file_stem()?.to_str()?.to_lowercase();
        Self::ALL.into_iter().find(|table| stem.contains(table.name()))
    }

    fn of_sdk(self) -> client::Table {
        match self {
            Self::Observations => client::Table::Observations,
            Self::Statements => client::Table::Statements,
            Self::Funding => client::Table::FundingLines,
        }
    }
}

/// The requests that a table becomes. Every fault of the file comes back at once, with its line and column.
pub(crate) fn submissions(table: Table, department: &str, file: &str, text: &str) -> Outcome<Vec<client::Submission>> {
    client::read_table(table.of_sdk(), department, text).map_err(|faults| {
        let faults = faults.into_iter().map(|fault| Fault {
            line: Some(fault.line),
            field: fault.column,
            value: fault.value,
            rule: fault.rule,
            action: Text::new("请改正后重新提交", "correct it and submit again"),
            ..Fault::default()
        });
        Failure::refused(
            format!("{file} 有错误，未提交任何数据"),
            format!("{file} has faults, nothing was submitted"),
            faults.collect(),
        )
    })
}

/// As [`submissions`], as calls of a data set.
pub(crate) fn calls(table: Table, department: &str, file: &str, text: &str) -> Outcome<Vec<Call>> {
    let found = submissions(table, department, file, text)?;
    Ok(found.into_iter().map(|submission| Call::new(submission.method, submission.request)).collect())
}
