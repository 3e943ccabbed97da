//! One row of a table as proto JSON.

use domain::Text;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{
    Table, TableFault,
    codes::{self, Codes},
};

/// A row being read; faults are collected, and a cell with a fault is left out.
pub(super) struct Row<'a> {
    line: u64,
    columns: &'a [&'static str],
    record: &'a csv::StringRecord,
    faults: &'a mut Vec<TableFault>,
}

impl<'a> Row<'a> {
    pub(super) fn new(
        line: u64,
        columns: &'a [&'static str],
        record: &'a csv::StringRecord,
        faults: &'a mut Vec<TableFault>,
    ) -> Self {
        Self { line, columns, record, faults }
    }

    /// The cell of a column; none when it is empty or the file has no such column.
    fn cell(&self, column: &str) -> Option<&'a str> {
        let at = self.columns.iter().position(|name| *name == column)?;
        self.record.get(at).filter(|text| !text.is_empty())
    }

    fn fault(&mut self, column: &str, value: &str, zh: impl Into<String>, en: impl Into<String>) {
        let rule = Text::new(zh, en);
        self.faults.push(TableFault { line: self.line, column: column.to_owned(), value: value.to_owned(), rule });
    }

    fn code(&mut self, column: &str, (prefix, list): Codes) -> Option<Value> {
        let text = self.cell(column)?;
        let bare = text.strip_prefix(prefix).unwrap_or(text);
        if let Some((name, _)) = list.iter().find(|(name, others)| *name == bare || others.contains(&text)) {
            return Some(format!("{prefix}{name}").into());
        }
        let names: Vec<_> =
            list.iter().map(|(name, others)| format!("{}({name})", others.first().unwrap_or(name))).collect();
        self.fault(column, text, format!("应为：{}", names.join("、")), format!("one of: {}", names.join(", ")));
        None
    }

    fn flag(&mut self, column: &str) -> bool {
        match self.cell(column) {
            None | Some("false" | "否" | "0") => false,
            Some("true" | "是" | "1") => true,
            Some(other) => {
                self.fault(column, other, "应为 是 或 否", "true or false");
                false
            }
        }
    }

    fn decimal(&mut self, column: &str) -> Option<Value> {
        let text = self.cell(column)?;
        self.number(column, text)
    }

    fn number(&mut self, column: &str, text: &str) -> Option<Value> {
        if Decimal::from_str_exact(text).is_err() || text.starts_with('+') {
            self.fault(column, text, "应为不带千分位和单位的数字", "a plain number without separators and unit");
            return None;
        }
        Some(json!({ "value": text }))
    }

    fn put(&self, into: &mut Map<String, Value>, field: &str, column: &str) {
        if let Some(text) = self.cell(column) {
            into.insert(field.to_owned(), text.into());
        }
    }

    fn period(&mut self) -> Option<Value> {
        let value = self.cell("period")?;
        Some(json!({ "value": value, "assumed": self.flag("period_assumed") }))
    }

    /// What every record says about where it is from.
    fn origin(&mut self, into: &mut Map<String, Value>) {
        self.put(into, "reportingParty", "reporting_party");
        self.put(into, "sourceDepartment", "source_department");
        self.put(into, "note", "note");
        if let Some(titles) = self.cell("evidence") {
            let evidence = titles.split(['；', ';']).map(str::trim).filter(|title| !title.is_empty());
            into.insert("evidence".into(), evidence.map(|title| json!({ "title": title })).collect());
        }
        let mut citation = Map::new();
        self.put(&mut citation, "document", "citation_document");
        self.put(&mut citation, "fact", "citation_fact");
        self.put(&mut citation, "quote", "citation_quote");
        if !citation.is_empty() {
            into.insert("citation".into(), citation.into());
        }
    }
}

/// The row as one item of a batch request.
pub(super) fn item(table: Table, row: &mut Row<'_>) -> Value {
    match table {
        Table::Observations => json!({ "observation": observation(row) }),
        Table::Statements => identified(row, "statement_id", "statementId", "statement", statement),
        Table::FundingLines => identified(row, "funding_line_id", "fundingLineId", "fundingLine", funding_line),
    }
}

fn identified(
    row: &mut Row<'_>,
    column: &str,
    id_field: &str,
    field: &str,
    read: impl Fn(&mut Row<'_>) -> Map<String, Value>,
) -> Value {
    let mut item = Map::new();
    row.put(&mut item, id_field, column);
    item.insert(field.to_owned(), read(row).into());
    item.into()
}

fn observation(row: &mut Row<'_>) -> Map<String, Value> {
    let mut out = Map::new();
    row.put(&mut out, "indicator", "indicator");
    row.put(&mut out, "region", "region");
    row.put(&mut out, "textValue", "text_value");
    row.put(&mut out, "reportedLabel", "reported_label");
    let (bound, value) = value(row);
    let missing = row.cell("value").is_none() && row.cell("text_value").is_none();
    let status = row.code("status", codes::STATUSES);
    // A table without a status column means what it shows: a value is normal, an empty cell is missing.
    let shown = if missing { "OBSERVATION_STATUS_MISSING" } else { "OBSERVATION_STATUS_NORMAL" };
    let status = status.or_else(|| row.cell("status").is_none().then(|| shown.into()));
    let fallback = if value.is_some() { bound.or(Some("QUALIFIER_EQUAL")) } else { None };
    let qualifier = row.code("qualifier", codes::QUALIFIERS).or_else(|| fallback.map(Value::from));
    let fields = [
        ("period", row.period()),
        ("scope", row.code("scope", codes::SCOPES)),
        (
            "measure",
            row.code("measure", codes::MEASURES)
                .or_else(|| row.cell("measure").is_none().then(|| "MEASURE_ACTUAL".into())),
        ),
        ("value", value),
        ("qualifier", qualifier),
        ("status", status),
        ("numerator", row.decimal("numerator")),
        ("denominator", row.decimal("denominator")),
    ];
    out.extend(fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))));
    if row.flag("scope_assumed") {
        out.insert("scopeAssumed".into(), true.into());
    }
    row.origin(&mut out);
    out
}

/// The value with its unit, and the bound written in front of it, as in `≥35`.
fn value(row: &mut Row<'_>) -> (Option<&'static str>, Option<Value>) {
    let Some(text) = row.cell("value") else { return (None, None) };
    let bounds = [("≥", "QUALIFIER_AT_LEAST"), ("≤", "QUALIFIER_AT_MOST"), ("≈", "QUALIFIER_ABOUT")];
    let found = bounds.iter().find_map(|(sign, name)| Some((*name, text.strip_prefix(sign)?.trim())));
    let (bound, text) = found.map_or((None, text), |(name, rest)| (Some(name), rest));
    let unit = row.cell("unit").unwrap_or_default().to_owned();
    (bound, row.number("value", text).map(|value| json!({ "value": value, "unit": unit })))
}

fn statement(row: &mut Row<'_>) -> Map<String, Value> {
    let mut out = Map::new();
    for (field, column) in [("region", "region"), ("subject", "subject"), ("text", "text"), ("indicator", "indicator")]
    {
        row.put(&mut out, field, column);
    }
    let fields = [("kind", row.code("kind", codes::KINDS)), ("period", row.period())];
    out.extend(fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))));
    row.origin(&mut out);
    out
}

fn funding_line(row: &mut Row<'_>) -> Map<String, Value> {
    let mut out = Map::new();
    for (field, column) in [
        ("project", "project"),
        ("group", "group"),
        ("sourceDetail", "source_detail"),
        ("splitOf", "split_of"),
        ("movedFrom", "moved_from"),
    ] {
        row.put(&mut out, field, column);
    }
    let unit = row.cell("unit").unwrap_or_default().to_owned();
    let amount = row.decimal("amount").map(|amount| json!({ "amount": amount, "unit": unit }));
    let fields = [
        ("stage", row.code("stage", codes::STAGES)),
        ("source", row.code("source", codes::SOURCES)),
        ("amount", amount),
        ("budgetYear", year(row)),
        ("period", row.period()),
    ];
    out.extend(fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))));
    let mut basis = Map::new();
    for (field, column) in [("title", "basis_title"), ("documentNumber", "basis_number"), ("issueDate", "basis_date")] {
        row.put(&mut basis, field, column);
    }
    if !basis.is_empty() {
        out.insert("basis".into(), basis.into());
    }
    row.origin(&mut out);
    out
}

fn year(row: &mut Row<'_>) -> Option<Value> {
    let text = row.cell("budget_year")?;
    let Ok(year) = text.parse::<i32>() else {
        row.fault("budget_year", text, "应为四位年份", "a year of four digits");
        return None;
    };
    Some(year.into())
}
