//! 公开清单: the indicators whose published figures are open to the public, each with its basis. What is not listed is not open.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{indicator::Catalogue, name::IndicatorCode, text::Text};

/// The list. Empty: nothing is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenList(BTreeMap<IndicatorCode, String>);

/// One fault of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("open 第{line}行：{} / line {line}: {}", .problem.zh, .problem.en)]
pub struct OpenListFault {
    /// Line of the file, from 1.
    pub line: u64,
    /// What is wrong and what to do.
    pub problem: Text,
}

/// Every fault of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct OpenListFaults(pub Vec<OpenListFault>);

/// What the program reads of a line; the rest is for people.
#[derive(Deserialize)]
struct Row {
    indicator_code: String,
    basis_zh: String,
}

impl OpenList {
    /// Reads the list from the text of `open.csv`.
    ///
    /// # Errors
    /// Every fault at once: lines that cannot be read, indicators that the catalogue does not have or that are listed twice, a
    /// missing basis.
    pub fn from_csv(text: &str, catalogue: &Catalogue) -> Result<Self, OpenListFaults> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let (mut list, mut faults) = (BTreeMap::new(), Vec::new());
        for (row, place) in reader.deserialize::<Row>().zip(2_u64..) {
            let mut fault =
                |line, zh: String, en: String| faults.push(OpenListFault { line, problem: Text::new(zh, en) });
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    let line = error.position().map_or(place, csv::Position::line);
                    fault(line, format!("无法读取：{error}"), format!("cannot be read: {error}"));
                    continue;
                }
            };
            let Row { indicator_code, basis_zh } = row;
            let known = IndicatorCode::parse(&indicator_code).ok().filter(|code| catalogue.get(code).is_some());
            let Some(code) = known else {
                fault(
                    place,
                    format!("指标目录没有 {indicator_code:?}；请改正或删去"),
                    format!("the catalogue has no {indicator_code:?}; correct it or remove the line"),
                );
                continue;
            };
            if basis_zh.is_empty() {
                fault(
                    place,
                    format!("basis_zh 为空；请写明 {code} 公开的依据"),
                    format!("basis_zh is empty; say on what basis {code} is open"),
                );
            }
            if list.insert(code.clone(), basis_zh).is_some() {
                fault(
                    place,
                    format!("{code} 重复；请删去一行"),
                    format!("{code} is there twice; remove one of the lines"),
                );
            }
        }
        if faults.is_empty() { Ok(Self(list)) } else { Err(OpenListFaults(faults)) }
    }

    /// On what basis the figures of an indicator are open; none when they are not.
    #[must_use]
    pub fn basis(&self, indicator: &str) -> Option<&str> {
        let code = IndicatorCode::parse(indicator).ok()?;
        self.0.get(&code).map(String::as_str)
    }
}
