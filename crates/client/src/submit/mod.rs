//! Tables that a clerk fills, as requests of the ingest methods.
//!
//! A table is CSV in UTF-8 (with or without a byte-order mark) with one header line. Columns are found by their English or
//! Chinese name, in any order; an empty cell is an unset field. Cells of a code list take the code, the contract's name or
//! the Chinese name: `AT_LEAST`, `QUALIFIER_AT_LEAST` and `≥` are the same. Every fault of the file comes back at once.

mod codes;
mod observations;
mod on_record;
mod rows;

use domain::Text;
use serde_json::{Value, json};
use uuid::Uuid;

pub use observations::submit_observations;
pub use on_record::{OnRecord, Split, Why, correction};

/// Rows of one request; the ingest methods take no more.
const ROWS_PER_REQUEST: usize = 1000;

/// What a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Figures of indicators.
    Observations,
    /// Qualitative facts.
    Statements,
    /// Amounts of money.
    FundingLines,
}

impl Table {
    /// The method that takes the rows.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Observations => "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations",
            Self::Statements => "wufei.exchange.v1.ObservationIngestService/BatchCreateStatements",
            Self::FundingLines => "wufei.funding.v1.FundingIngestService/BatchCreateFundingLines",
        }
    }

    /// Columns with their English and Chinese names; the first is what a template prints.
    #[must_use]
    pub const fn columns(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Observations => codes::OBSERVATION_COLUMNS,
            Self::Statements => codes::STATEMENT_COLUMNS,
            Self::FundingLines => codes::FUNDING_COLUMNS,
        }
    }
}

/// A cell or a line that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFault {
    /// Line of the file, from 1 (the header).
    pub line: u64,
    /// Column; empty when the whole line is meant.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// What should stand there.
    pub rule: Text,
}

impl std::fmt::Display for TableFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "第{}行", self.line)?;
        if !self.column.is_empty() {
            write!(f, "“{}”列", self.column)?;
        }
        write!(f, "：{}（填写值：{:?}）", self.rule.zh, self.value)
    }
}

/// One request that a table becomes.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// Full method.
    pub method: &'static str,
    /// The request as proto JSON, without its request id.
    pub request: Value,
    /// Line of the file for each of its rows, so that a server's fault of `requests[3]` can be shown at its line.
    pub lines: Vec<u64>,
}

/// Reads a table for a department.
///
/// # Errors
/// Every fault of the file, in the order of its lines.
pub fn read_table(table: Table, department: &str, text: &str) -> Result<Vec<Submission>, Vec<TableFault>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut faults = Vec::new();
    let header = reader.headers().map_err(|error| vec![unreadable(1, &error)])?.clone();
    let columns = columns(table, &header, &mut faults);
    let mut items = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                if record.iter().all(str::is_empty) {
                    continue;
                }
                let mut row = rows::Row::new(line, &columns, &record, &mut faults);
                items.push((line, rows::item(table, &mut row)));
            }
            Err(error) => faults.push(unreadable(error.position().map_or(0, csv::Position::line), &error)),
        }
    }
    if items.is_empty() && faults.is_empty() {
        let rule = Text::new("表中没有数据行", "the table has no rows");
        faults.push(TableFault { line: 2, column: String::new(), value: String::new(), rule });
    }
    if faults.is_empty() { Ok(requests(table, department, &items)) } else { Err(faults) }
}

/// The items with their lines, as requests of the size that the methods take.
fn requests(table: Table, department: &str, items: &[(u64, Value)]) -> Vec<Submission> {
    let parent = format!("departments/{department}");
    let request = |chunk: &[(u64, Value)]| Submission {
        method: table.method(),
        request: json!({ "parent": parent, "requests": chunk.iter().map(|(_, item)| item).collect::<Vec<_>>() }),
        lines: chunk.iter().map(|(line, _)| *line).collect(),
    };
    items.chunks(ROWS_PER_REQUEST).map(request).collect()
}

/// A request id that follows from the content (UUIDv5, RFC 9562 §5.5): a table sent twice is recognised, and answered with
/// the first receipt.
#[must_use]
pub fn request_id(department: &str, method: &str, request: &Value) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("wufei:submit\n{department}\n{method}\n{request}").as_bytes())
}

/// Names of the file's columns in the words of the table; a name that is not known is a fault, since it may be a typo.
fn columns(table: Table, header: &csv::StringRecord, faults: &mut Vec<TableFault>) -> Vec<&'static str> {
    let known = table.columns();
    header
        .iter()
        .map(|name| {
            let found = known.iter().find(|(en, zh)| en.eq_ignore_ascii_case(name) || *zh == name);
            found.map_or_else(
                || {
                    let names: Vec<_> = known.iter().map(|(en, zh)| format!("{en}({zh})")).collect();
                    faults.push(TableFault {
                        line: 1,
                        column: name.to_owned(),
                        value: name.to_owned(),
                        rule: Text::new(
                            format!("不认识这一列；可用的列：{}", names.join("、")),
                            format!("no such column; columns: {}", names.join(", ")),
                        ),
                    });
                    ""
                },
                |(en, _)| *en,
            )
        })
        .collect()
}

fn unreadable(line: u64, error: &csv::Error) -> TableFault {
    let rule = if let csv::ErrorKind::UnequalLengths { expected_len, len, .. } = error.kind() {
        Text::new(
            format!("应有{expected_len}列，实有{len}列"),
            format!("the line has {len} columns, the header {expected_len}"),
        )
    } else {
        Text::new("这一行不是有效的UTF-8 CSV", "the line is not CSV in UTF-8")
    };
    TableFault { line, column: String::new(), value: String::new(), rule }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTER: [(&str, Table, &str); 5] = [
        (
            "city-140100",
            Table::Observations,
            include_str!("../../../../deploy/demo/letter/city-140100/observations.csv"),
        ),
        ("city-140100", Table::Statements, include_str!("../../../../deploy/demo/letter/city-140100/statements.csv")),
        ("city-140100", Table::FundingLines, include_str!("../../../../deploy/demo/letter/city-140100/funding.csv")),
        ("scitech", Table::FundingLines, include_str!("../../../../deploy/demo/letter/scitech/funding.csv")),
        ("ecology", Table::Statements, include_str!("../../../../deploy/demo/letter/ecology/statements.csv")),
    ];

    #[test]
    fn the_letters_tables_become_requests_that_the_contract_takes() {
        for (department, table, text) in LETTER {
            for submission in read_table(table, department, text).unwrap() {
                let input = crate::contract::pool().unwrap();
                let (service, method) = submission.method.split_once('/').unwrap();
                let service = input.get_service_by_name(service).unwrap();
                let method = service.methods().find(|found| found.name() == method).unwrap();
                prost_reflect::DynamicMessage::deserialize(method.input(), &submission.request).unwrap();
            }
        }
    }

    #[test]
    fn a_lower_bound_stays_one() {
        let found = read_table(Table::Observations, "city-140100", LETTER[0].2).unwrap();
        let bound = &found[0].request["requests"][1]["observation"];
        assert_eq!(bound["qualifier"], "QUALIFIER_AT_LEAST");
        assert_eq!(bound["value"]["value"]["value"], "35");
        assert_eq!(bound["scopeAssumed"], true);
    }

    #[test]
    fn chinese_heads_and_words_are_understood() {
        let text = "指标代码,行政区划,时期,口径,数据类型,数值,单位\nZWC2021-26,140100,2024,全市,实际值,≥35,%\n";
        let found = read_table(Table::Observations, "city-140100", text).unwrap();
        let row = &found[0].request["requests"][0]["observation"];
        assert_eq!(row["scope"], "SCOPE_WHOLE_CITY");
        assert_eq!(row["qualifier"], "QUALIFIER_AT_LEAST");
        assert_eq!(row["status"], "OBSERVATION_STATUS_NORMAL");
    }

    #[test]
    fn every_fault_is_named_with_line_and_column() {
        let text = "indicator,region,period,scope,measure,value,unit,colour\nZWC2021-26,140100,2024,城里,ACTUAL,35,%,red\nZWC2021-26,140100,2024,全市,ACTUAL,约莫三十,%,\n";
        let faults = read_table(Table::Observations, "city-140100", text).unwrap_err();
        let places: Vec<_> = faults.iter().map(|fault| (fault.line, fault.column.as_str())).collect();
        assert_eq!(places, [(1, "colour"), (2, "scope"), (3, "value")]);
        let short = read_table(Table::Statements, "ecology", "statement_id,kind\nf1\n").unwrap_err();
        assert_eq!(short[0].line, 2);
        assert!(read_table(Table::Statements, "ecology", "statement_id,kind\n").is_err());
    }

    #[test]
    fn the_same_content_has_the_same_request_id() {
        let (a, b) = (json!({"parent": "x"}), json!({"parent": "y"}));
        assert_eq!(request_id("ecology", "m", &a), request_id("ecology", "m", &a));
        assert_ne!(request_id("ecology", "m", &a), request_id("ecology", "m", &b));
        assert_ne!(request_id("ecology", "m", &a), request_id("commerce", "m", &a));
    }
}
