//! Data from CSV text.
//!
//! Two forms are read. **Wide**: the first column names the unit, whatever its header says, and every other column is an
//! indicator; `ID:target` and `ID:baseline` give targets and base periods, `ID:evidence` the state of the evidence, `name` the
//! printed name. **Long**: a row per
//! value with the columns `unit,indicator,period,value,status` and, if wanted, `name`, `target`, `baseline`,
//! `qualifier`, `evidence`.
//!
//! An empty value is a missing one. A number may begin with `≥`, `≤` or `≈`; anything else that is not a plain decimal
//! (`35%`, `35以上`, `1,000`) is a fault: guessing at it is for the import of spreadsheets, where somebody looks at the
//! guess. A column that the scheme does not know is a fault too, since a mistyped code would otherwise turn every value
//! under it into a missing one.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::Serialize;

use crate::input::{Cell, EvidenceState, Input, MissingState, Presence, Qualifier, Unit, Value};
use crate::scheme::{Method, Scheme};
use crate::text::Text;

/// One thing that is wrong with a data file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataFault {
    /// Line of the file, from 1 (the header).
    pub line: u64,
    /// Header of the column; empty where the fault is of the whole line.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// The rule it breaks and what is allowed.
    pub rule: Text,
}

impl std::fmt::Display for DataFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "第{}行 {} = “{}”：{}", self.line, self.column, self.value, self.rule)
    }
}

/// The rows of a CSV file as they stand, with or without a byte order mark.
pub(crate) fn records(text: &str) -> Result<Vec<csv::StringRecord>, Vec<DataFault>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    reader.records().collect::<Result<_, _>>().map_err(|error| {
        let line = error.position().map_or(1, csv::Position::line);
        let rule = Text::new(format!("CSV 格式错误：{error}"), format!("not CSV: {error}"));
        vec![DataFault { line, column: String::new(), value: String::new(), rule }]
    })
}

/// Reads a wide or a long file of one period for a scheme, or names everything that is wrong with it. Periods that the file
/// names are kept as the sources of its cells.
pub fn read_csv(text: &str, scheme: &Scheme) -> Result<Input, Vec<DataFault>> {
    let mut periods = read(text, known(scheme), false)?;
    Ok(periods.pop_first().map(|(_, input)| input).unwrap_or_default())
}

/// Reads a wide or a long file of one or several periods, which are told apart by a column `period` (or `时期`, `year`, `年份`).
/// Periods that are numbers are in the order of numbers.
pub fn read_panel(text: &str, scheme: &Scheme) -> Result<Vec<(Option<String>, Input)>, Vec<DataFault>> {
    panel(text, known(scheme))
}

/// Reads numbers of these codes like [`read_panel`].
pub(crate) fn read_known<'s>(
    text: &str,
    known: impl Iterator<Item = Known<'s>>,
) -> Result<Vec<(Option<String>, Input)>, Vec<DataFault>> {
    panel(text, known.map(|known| (known.id, known)).collect())
}

fn panel(text: &str, known: BTreeMap<&str, Known<'_>>) -> Result<Vec<(Option<String>, Input)>, Vec<DataFault>> {
    let mut periods: Vec<_> = read(text, known, true)?.into_iter().collect();
    periods.sort_by(|(a, _), (b, _)| period_order(a.as_deref(), b.as_deref()));
    if periods.is_empty() {
        periods.push((None, Input::default()));
    }
    Ok(periods)
}

/// The order of time: of numbers where both are numbers, otherwise of texts.
pub(crate) fn period_order(a: Option<&str>, b: Option<&str>) -> std::cmp::Ordering {
    let number = |period: Option<&str>| period.and_then(crate::index::plain);
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => a.cmp(&b),
    }
}

fn read(
    text: &str,
    known: BTreeMap<&str, Known<'_>>,
    panel: bool,
) -> Result<BTreeMap<Option<String>, Input>, Vec<DataFault>> {
    let rows = records(text)?;
    let mut table = Table { known, panel, periods: BTreeMap::new(), units: BTreeSet::new(), faults: Vec::new() };
    let Some((header, rows)) = rows.split_first() else {
        table.fault(1, "", "", "文件为空", "the file is empty");
        return Err(table.faults);
    };
    let names: Vec<String> = header.iter().map(str::to_lowercase).collect();
    if ["unit", "indicator", "value"].iter().all(|needed| names.iter().any(|name| name == needed)) {
        table.long(&names, rows);
    } else {
        table.wide(header, rows);
    }
    if table.faults.is_empty() { Ok(table.periods) } else { Err(table.faults) }
}

struct Table<'s> {
    known: BTreeMap<&'s str, Known<'s>>,
    /// Whether periods are told apart.
    panel: bool,
    periods: BTreeMap<Option<String>, Input>,
    units: BTreeSet<(Option<String>, String)>,
    faults: Vec<DataFault>,
}

/// Headers of the column of the period in a wide file.
const PERIOD: [&str; 4] = ["period", "时期", "year", "年份"];

/// A code that data can be given for: an indicator, a bonus item, deduction or veto, or a raw column.
#[derive(Clone, Copy)]
pub(crate) struct Known<'s> {
    id: &'s str,
    /// Scored by evidence alone, so that a word for it is a value.
    evidence: bool,
    /// Computed by a formula: it has targets, but no value is reported.
    computed: bool,
}

impl<'s> Known<'s> {
    /// A code whose values are numbers.
    pub(crate) fn number(id: &'s str) -> Self {
        Self { id, evidence: false, computed: false }
    }
}

fn known(scheme: &Scheme) -> BTreeMap<&str, Known<'_>> {
    let others = scheme.outside().ids().chain(scheme.inputs().keys().map(String::as_str)).map(Known::number);
    let indicators = scheme.indicators().map(|rule| Known {
        id: &rule.id,
        evidence: rule.method == Method::Evidence,
        computed: rule.formula.is_some(),
    });
    others.chain(indicators).map(|known| (known.id, known)).collect()
}

/// What a column of a wide file holds.
enum Column<'s> {
    Unit,
    Name,
    Period,
    Value(Known<'s>),
    Target(&'s str),
    Baseline(&'s str),
    Evidence(&'s str),
}

impl<'s> Table<'s> {
    fn fault(&mut self, line: u64, column: &str, value: &str, zh: &str, en: &str) {
        let rule = Text::new(zh, en);
        self.faults.push(DataFault { line, column: column.to_owned(), value: value.to_owned(), rule });
    }

    fn wide(&mut self, header: &csv::StringRecord, rows: &[csv::StringRecord]) {
        let columns = self.columns(header);
        for row in rows {
            let line = line_of(row);
            if row.len() > columns.len() {
                self.fault(line, "", &row.len().to_string(), "列数多于表头", "more fields than the header");
            }
            let id = row.get(0).unwrap_or_default();
            if id.is_empty() {
                self.fault(line, header.get(0).unwrap_or_default(), "", "缺少单位", "the unit is missing");
                continue;
            }
            let period = columns.iter().position(|column| matches!(column, Some(Column::Period)));
            let period = self.period(period.and_then(|at| row.get(at)).unwrap_or_default());
            if self.units.contains(&(period.clone(), id.to_owned())) {
                self.fault(line, header.get(0).unwrap_or_default(), id, "单位重复", "the unit stands twice");
                continue;
            }
            let mut name = id;
            let mut cells: BTreeMap<&str, Cell> = BTreeMap::new();
            // Taken up when the value is there, in whatever order the columns stand.
            let mut states: Vec<(&str, &str, &str)> = Vec::new();
            for (index, column) in columns.iter().enumerate() {
                let Some(column) = column else { continue };
                let (text, title) = (row.get(index).unwrap_or_default(), header.get(index).unwrap_or_default());
                match column {
                    Column::Unit | Column::Period => {}
                    Column::Name => name = if text.is_empty() { id } else { text },
                    Column::Value(rule) => {
                        if let Some(presence) = self.presence(line, title, text, *rule) {
                            cells.entry(rule.id).or_insert_with(missing).presence = presence;
                        }
                    }
                    Column::Target(id) => {
                        if let Some(number) = self.number(line, title, text) {
                            cells.entry(id).or_insert_with(missing).target = Some(number);
                        }
                    }
                    Column::Baseline(id) => {
                        if let Some(number) = self.number(line, title, text) {
                            cells.entry(id).or_insert_with(missing).baseline = Some(number);
                        }
                    }
                    Column::Evidence(id) => states.push((id, title, text)),
                }
            }
            for (indicator, title, text) in states {
                if let Some(cell) = cells.get_mut(indicator) {
                    self.accept(line, title, text, &mut cell.presence);
                }
            }
            self.unit(&period, id, name);
            let input = self.periods.entry(period).or_default();
            for (indicator, cell) in cells {
                input.cells.insert((id.to_owned(), indicator.to_owned()), cell);
            }
        }
    }

    fn columns(&mut self, header: &csv::StringRecord) -> Vec<Option<Column<'s>>> {
        let mut seen = BTreeSet::new();
        let mut columns = Vec::with_capacity(header.len());
        for (index, title) in header.iter().enumerate() {
            if index == 0 {
                columns.push(Some(Column::Unit));
                continue;
            }
            if !seen.insert(title.to_owned()) {
                self.fault(line_of(header), title, title, "列重复", "the column stands twice");
            }
            let (id, part) = title.split_once(':').unwrap_or((title, ""));
            let rule = self.known.get(id).copied();
            let column = match (rule, part) {
                (Some(rule), "") => Some(Column::Value(rule)),
                (Some(rule), "target") => Some(Column::Target(rule.id)),
                (Some(rule), "baseline") => Some(Column::Baseline(rule.id)),
                (Some(rule), "evidence") => Some(Column::Evidence(rule.id)),
                (None, "") if title.eq_ignore_ascii_case("name") => Some(Column::Name),
                (None, "") if PERIOD.contains(&title.to_lowercase().as_str()) => Some(Column::Period),
                _ => {
                    let (zh, en) = ("方案中没有此指标", "the scheme has no such indicator");
                    self.fault(line_of(header), title, title, zh, en);
                    None
                }
            };
            columns.push(column);
        }
        columns
    }

    fn long(&mut self, names: &[String], rows: &[csv::StringRecord]) {
        const KNOWN: [&str; 10] =
            ["unit", "name", "indicator", "period", "value", "status", "target", "baseline", "qualifier", "evidence"];
        for name in names.iter().filter(|name| !KNOWN.contains(&name.as_str())) {
            let list = KNOWN.join(", ");
            self.fault(1, name, name, &format!("未知的列；可用：{list}"), &format!("unknown column; allowed: {list}"));
        }
        for row in rows {
            let line = line_of(row);
            if row.len() > names.len() {
                self.fault(line, "", &row.len().to_string(), "列数多于表头", "more fields than the header");
            }
            let get = |column: &str| {
                names.iter().position(|name| name == column).and_then(|index| row.get(index)).unwrap_or_default()
            };
            let (unit, indicator) = (get("unit"), get("indicator"));
            if unit.is_empty() {
                self.fault(line, "unit", "", "缺少单位", "the unit is missing");
            }
            let Some(rule) = self.known.get(indicator).copied() else {
                self.fault(line, "indicator", indicator, "方案中没有此指标", "the scheme has no such indicator");
                continue;
            };
            let Some(mut presence) = self.presence(line, "value", get("value"), rule) else { continue };
            self.status(line, get("status"), &mut presence);
            self.qualify(line, get("qualifier"), get("evidence"), &mut presence);
            let mut cell = Cell::of(presence);
            cell.target = self.number(line, "target", get("target"));
            cell.baseline = self.number(line, "baseline", get("baseline"));
            cell.source = Some(get("period")).filter(|period| !period.is_empty()).map(str::to_owned);
            if unit.is_empty() {
                continue;
            }
            let name = get("name");
            let period = self.period(get("period"));
            self.unit(&period, unit, if name.is_empty() { unit } else { name });
            let input = self.periods.entry(period).or_default();
            if input.cells.insert((unit.to_owned(), indicator.to_owned()), cell).is_some() {
                let (zh, en) =
                    ("同一单位同一指标在一个时期内出现多次", "the pair of unit and indicator stands twice in a period");
                self.fault(line, "indicator", indicator, zh, en);
            }
        }
    }

    /// The period that a row is of; none where periods are not told apart.
    fn period(&self, text: &str) -> Option<String> {
        (self.panel && !text.is_empty()).then(|| text.to_owned())
    }

    fn unit(&mut self, period: &Option<String>, id: &str, name: &str) {
        if self.units.insert((period.clone(), id.to_owned())) {
            self.periods
                .entry(period.clone())
                .or_default()
                .units
                .push(Unit { id: id.to_owned(), name: name.to_owned() });
        }
    }

    /// A value as it stands in a cell.
    fn presence(&mut self, line: u64, column: &str, text: &str, rule: Known<'_>) -> Option<Presence> {
        if text.is_empty() {
            return Some(Presence::Missing(MissingState::Unknown));
        }
        if rule.computed {
            let (zh, en) =
                ("此指标由公式计算，不应填报", "this indicator is computed by a formula: it has no value here");
            self.fault(line, column, text, zh, en);
            return None;
        }
        if ["n/a", "不适用"].contains(&text.to_lowercase().as_str()) {
            return Some(Presence::NotApplicable { reason: text.to_owned() });
        }
        if rule.evidence
            && let Some(evidence) = evidence(text)
        {
            let value = Value { value: Decimal::ONE, qualifier: Qualifier::Equal, evidence: Some(evidence) };
            return Some(Presence::Reported(value));
        }
        let signs = [('≥', Qualifier::AtLeast), ('≤', Qualifier::AtMost), ('≈', Qualifier::About)];
        let (digits, qualifier) = signs
            .iter()
            .find_map(|(sign, qualifier)| text.strip_prefix(*sign).map(|rest| (rest.trim_start(), *qualifier)))
            .unwrap_or((text, Qualifier::Equal));
        match Decimal::from_str_exact(digits) {
            Ok(value) => Some(Presence::Reported(Value { value, qualifier, evidence: None })),
            Err(_) => {
                let (zh, en) = (
                    "应为数值（可带 ≥ ≤ ≈ 前缀），不带单位与百分号",
                    "must be a number (≥ ≤ ≈ may stand before it) without a unit",
                );
                self.fault(line, column, text, zh, en);
                None
            }
        }
    }

    /// An optional plain number.
    fn number(&mut self, line: u64, column: &str, text: &str) -> Option<Decimal> {
        if text.is_empty() {
            return None;
        }
        let number = Decimal::from_str_exact(text).ok();
        if number.is_none() {
            self.fault(line, column, text, "应为数值", "must be a number");
        }
        number
    }

    /// Applies the status column: letters of the SDMX code list `CL_OBS_STATUS`, or the engine's own words.
    fn status(&mut self, line: u64, text: &str, presence: &mut Presence) {
        let absent = match text.to_lowercase().as_str() {
            // Normal, estimated, provisional, imputed, break, definition differs, forecast, low reliability, unvalidated.
            "" | "a" | "e" | "p" | "i" | "b" | "d" | "f" | "u" | "v" => return,
            // M: data cannot exist.
            "m" | "not_applicable" | "n/a" | "不适用" => Presence::NotApplicable { reason: text.to_owned() },
            // L, H: exist but were not collected; O: missing; Q: suppressed.
            "l" | "h" | "o" | "missing" | "unknown" => Presence::Missing(MissingState::Unknown),
            "q" | "refused" => Presence::Missing(MissingState::Refused),
            "late" => Presence::Missing(MissingState::Late),
            "not_due" => Presence::Missing(MissingState::NotDue),
            "withdrawn" => Presence::Missing(MissingState::Withdrawn),
            _ => {
                let (zh, en) = (
                    "应为 SDMX 状态字母（A E P … 有值；L O 缺失；M 不适用）或 late、not_due、refused、withdrawn",
                    "must be a letter of SDMX CL_OBS_STATUS, or late, not_due, refused, withdrawn",
                );
                self.fault(line, "status", text, zh, en);
                return;
            }
        };
        if matches!(presence, Presence::Reported(_)) {
            let (zh, en) = ("状态表示无值，却填了数值", "the status says there is no value, but there is one");
            self.fault(line, "status", text, zh, en);
        }
        *presence = absent;
    }

    fn qualify(&mut self, line: u64, qualifier: &str, state: &str, presence: &mut Presence) {
        let read = match qualifier.to_lowercase().as_str() {
            "" => None,
            "=" | "equal" => Some(Qualifier::Equal),
            "≥" | "at_least" => Some(Qualifier::AtLeast),
            "≤" | "at_most" => Some(Qualifier::AtMost),
            "≈" | "about" => Some(Qualifier::About),
            _ => {
                self.fault(line, "qualifier", qualifier, "应为 = ≥ ≤ ≈", "must be one of = ≥ ≤ ≈");
                None
            }
        };
        self.accept(line, "evidence", state, presence);
        let Presence::Reported(value) = presence else { return };
        if let Some(read) = read {
            if value.qualifier != Qualifier::Equal && value.qualifier != read {
                let (zh, en) = ("与数值前缀不一致", "contradicts the sign before the value");
                self.fault(line, "qualifier", qualifier, zh, en);
            }
            value.qualifier = read;
        }
    }

    /// Applies the state of the evidence; an empty one leaves what the value itself says.
    fn accept(&mut self, line: u64, column: &str, state: &str, presence: &mut Presence) {
        let accepted = evidence(state);
        if accepted.is_none() && !state.is_empty() {
            self.fault(line, column, state, "应为 named 或 accepted", "must be named or accepted");
        }
        if let Presence::Reported(value) = presence {
            value.evidence = accepted.or(value.evidence);
        }
    }
}

fn evidence(text: &str) -> Option<EvidenceState> {
    match text.to_lowercase().as_str() {
        "named" | "待审核" => Some(EvidenceState::Named),
        "accepted" | "已采信" => Some(EvidenceState::Accepted),
        _ => None,
    }
}

fn missing() -> Cell {
    Cell::of(Presence::Missing(MissingState::Unknown))
}

fn line_of(row: &csv::StringRecord) -> u64 {
    row.position().map_or(1, csv::Position::line)
}
