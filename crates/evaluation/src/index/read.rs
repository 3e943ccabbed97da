//! Data of a composite index from CSV text.
//!
//! **Wide**: the first column names the unit, whatever its header says; one column per indicator, and the columns for
//! period, groups, denominators and name that the scheme names. **Long**: a row per value with the columns
//! `unit,indicator,period,value,status` and, if wanted, `name` and `department` (where the value comes from); a denominator
//! is a row like an indicator, groups are columns.
//!
//! An empty cell is missing, and so is `NA`, `N/A`, `NaN` or `null`, as statistical programs write it. Anything else that is
//! not a plain number (`35%`, `1,000`, `≥35`) is a fault.
//!
//! Every indicator of the scheme that is not `optional` must have a column, so that a mistyped code cannot turn all its
//! values into missing ones; columns that the scheme does not use are named in the result.

use std::collections::{BTreeMap, BTreeSet};

use super::data::{Absence, Data, Row};
use super::derive::derive;
use super::number::plain;
use super::scheme::{IndexScheme, Node};
use crate::files::{DataFault, records};
use crate::input::MissingState;
use crate::text::Text;

/// What programs write for a value that is not there.
const MISSING: [&str; 6] = ["", "NA", "N/A", "NaN", "nan", "null"];

/// Reads a wide or a long file for a scheme, or names everything that is wrong with it.
pub fn read_csv(text: &str, scheme: &IndexScheme) -> Result<Data, Vec<DataFault>> {
    let rows = records(text)?;
    let mut table = Table { scheme, leaves: scheme.indicators(), data: Data::default(), faults: Vec::new() };
    let Some((header, rows)) = rows.split_first() else {
        table.fault(1, "", "", "文件为空", "the file is empty");
        return Err(table.faults);
    };
    table.data.indicators = vec![Vec::new(); table.leaves.len()];
    let raw = scheme.inputs().keys().map(String::as_str).chain(scheme.outside().ids());
    table.data.raw = raw.map(|name| (name.to_owned(), Vec::new())).collect();
    table.data.denominators = scheme.data().denominators.iter().map(|name| (name.clone(), Vec::new())).collect();
    let names: Vec<String> = header.iter().map(str::to_lowercase).collect();
    if ["unit", "indicator", "value"].iter().all(|needed| names.iter().any(|name| name == needed)) {
        table.long(header, rows);
    } else {
        table.wide(header, rows);
    }
    table.check();
    if !table.faults.is_empty() {
        return Err(table.faults);
    }
    table.data.sort();
    derive(scheme, &mut table.data);
    Ok(table.data)
}

/// What a column of a wide file holds.
enum Column<'s> {
    Unit,
    Name,
    Period,
    Group(&'s str),
    Denominator(&'s str),
    /// A part of formulas, or a bonus item, deduction or veto.
    Raw(&'s str),
    Indicator(usize),
    Ignored,
}

struct Table<'s> {
    scheme: &'s IndexScheme,
    leaves: Vec<&'s Node>,
    data: Data,
    faults: Vec<DataFault>,
}

impl<'s> Table<'s> {
    fn fault(&mut self, line: u64, column: &str, value: &str, zh: &str, en: &str) {
        let rule = Text::new(zh, en);
        self.faults.push(DataFault { line, column: column.to_owned(), value: value.to_owned(), rule });
    }

    /// The number of an indicator, by its id or by another name of its column.
    fn leaf(&self, name: &str) -> Option<usize> {
        let alias = |leaf: &&Node| leaf.indicator().is_some_and(|it| it.columns.iter().any(|column| column == name));
        self.leaves.iter().position(|leaf| leaf.id == name).or_else(|| self.leaves.iter().position(alias))
    }

    /// Whether the indicator has a formula.
    fn computed(&self, leaf: usize) -> bool {
        self.leaves[leaf].indicator().is_some_and(|it| it.formula.is_some())
    }

    /// A raw column of the scheme by its name.
    fn raw(&self, name: &str) -> Option<&'s str> {
        let scheme = self.scheme;
        scheme.inputs().keys().map(String::as_str).chain(scheme.outside().ids()).find(|known| *known == name)
    }

    fn wide(&mut self, header: &csv::StringRecord, rows: &[csv::StringRecord]) {
        let columns = self.columns(header);
        for row in rows {
            let line = line_of(row);
            if row.iter().all(str::is_empty) {
                continue;
            }
            if row.len() > columns.len() {
                self.fault(line, "", &row.len().to_string(), "列数多于表头", "more fields than the header");
            }
            let at = self.data.rows.len();
            self.row(Row { unit: String::new(), name: String::new(), period: None, groups: BTreeMap::new() });
            for (index, column) in columns.iter().enumerate() {
                let (text, title) = (row.get(index).unwrap_or_default(), header.get(index).unwrap_or_default());
                let there = (!MISSING.contains(&text)).then(|| text.to_owned());
                match column {
                    Column::Unit => self.data.rows[at].unit = text.to_owned(),
                    Column::Name => self.data.rows[at].name = there.unwrap_or_default(),
                    Column::Period => self.data.rows[at].period = there,
                    Column::Group(name) => {
                        if let Some(group) = there {
                            self.data.rows[at].groups.insert((*name).to_owned(), group);
                        }
                    }
                    Column::Denominator(name) => {
                        let value = self.number(line, title, text);
                        self.denominator(name, at, line, value);
                    }
                    Column::Raw(name) => {
                        let value = self.number(line, title, text);
                        if let Some(column) = self.data.raw.get_mut(*name) {
                            column[at] = value;
                        }
                    }
                    Column::Indicator(leaf) => self.data.indicators[*leaf][at] = self.number(line, title, text),
                    Column::Ignored => {}
                }
            }
            if self.data.rows[at].unit.is_empty() {
                self.fault(line, header.get(0).unwrap_or_default(), "", "缺少单位", "the unit is missing");
            }
        }
    }

    fn columns(&mut self, header: &csv::StringRecord) -> Vec<Column<'s>> {
        let rules = self.scheme.data();
        let period = rules.period.iter().find(|name| header.iter().skip(1).any(|title| title == **name));
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut columns = Vec::with_capacity(header.len());
        let mut found = BTreeSet::new();
        for (index, title) in header.iter().enumerate() {
            if !seen.insert(title.to_owned()) && !title.is_empty() {
                self.fault(1, title, title, "列重复", "the column stands twice");
            }
            let named = |names: &'s [String]| names.iter().map(String::as_str).find(|name| *name == title);
            columns.push(if index == 0 {
                Column::Unit
            } else if let Some(leaf) = self.leaf(title) {
                if !found.insert(leaf) {
                    let (zh, en) = ("同一指标有两列", "the indicator has two columns");
                    self.fault(1, title, title, zh, en);
                }
                if self.computed(leaf) {
                    let (zh, en) =
                        ("此指标由公式计算，不应有数据列", "this indicator is computed by a formula: it has no column");
                    self.fault(1, title, title, zh, en);
                }
                Column::Indicator(leaf)
            } else if let Some(name) = self.raw(title) {
                Column::Raw(name)
            } else if let Some(name) = named(&rules.denominators) {
                Column::Denominator(name)
            } else if let Some(name) = named(&rules.groups) {
                Column::Group(name)
            } else if period.is_some_and(|name| name == title) {
                Column::Period
            } else if rules.name.as_deref() == Some(title) || (rules.name.is_none() && title == "name") {
                Column::Name
            } else {
                if !title.is_empty() {
                    self.data.ignored.push(title.to_owned());
                }
                Column::Ignored
            });
        }
        let missing: Vec<String> = self
            .leaves
            .iter()
            .enumerate()
            .filter(|(at, leaf)| {
                !found.contains(at) && leaf.indicator().is_some_and(|it| !it.optional && it.formula.is_none())
            })
            .map(|(_, leaf)| leaf.id.clone())
            .chain(self.data.raw.keys().filter(|name| !seen.contains(*name)).cloned())
            .collect();
        for id in missing {
            self.fault(1, &id, "", "缺少此列", "this column is missing");
        }
        let below: Vec<&String> =
            rules.denominators.iter().filter(|name| !seen.contains(*name) && self.divides(name)).collect();
        for name in below {
            self.fault(1, name, "", "缺少此分母的列", "the column of this denominator is missing");
        }
        columns
    }

    fn long(&mut self, header: &csv::StringRecord, rows: &[csv::StringRecord]) {
        let known = ["unit", "indicator", "value", "status", "name", "department"];
        let rules = self.scheme.data();
        let names: Vec<&str> = header.iter().collect();
        let at = |wanted: &str| names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
        let period = at("period").or_else(|| rules.period.iter().find_map(|name| at(name)));
        for (index, name) in names.iter().enumerate() {
            let group = rules.groups.iter().any(|group| group == name);
            if Some(index) != period && !group && !known.iter().any(|word| name.eq_ignore_ascii_case(word)) {
                self.data.ignored.push((*name).to_owned());
            }
        }
        let mut places: BTreeMap<(String, Option<String>), usize> = BTreeMap::new();
        let mut cells: BTreeSet<(usize, String)> = BTreeSet::new();
        for row in rows {
            let line = line_of(row);
            let get = |index: Option<usize>| index.and_then(|index| row.get(index)).unwrap_or_default();
            let (unit, indicator) = (get(at("unit")), get(at("indicator")));
            if unit.is_empty() {
                self.fault(line, "unit", "", "缺少单位", "the unit is missing");
                continue;
            }
            let when = Some(get(period)).filter(|text| !MISSING.contains(text)).map(str::to_owned);
            let place = *places.entry((unit.to_owned(), when.clone())).or_insert_with(|| {
                self.row(Row { unit: unit.to_owned(), name: String::new(), period: when, groups: BTreeMap::new() })
            });
            let name = get(at("name"));
            if !name.is_empty() {
                self.data.rows[place].name = name.to_owned();
            }
            for group in &rules.groups {
                let text = get(names.iter().position(|name| name == group));
                if !MISSING.contains(&text) {
                    self.data.rows[place].groups.insert(group.clone(), text.to_owned());
                }
            }
            if !cells.insert((place, indicator.to_owned())) {
                let (zh, en) = ("同一单位、时期、指标出现多次", "unit, period and indicator stand twice");
                self.fault(line, "indicator", indicator, zh, en);
            }
            let value = self.number(line, "value", get(at("value")));
            if let Some(leaf) = self.leaf(indicator) {
                if self.computed(leaf) {
                    let (zh, en) =
                        ("此指标由公式计算，不应填报", "this indicator is computed by a formula: it has no value here");
                    self.fault(line, "indicator", indicator, zh, en);
                }
                self.data.indicators[leaf][place] = value;
                if let Some(absence) = self.status(line, get(at("status")), value) {
                    self.data.absent.insert((place, leaf), absence);
                }
                let department = get(at("department"));
                if !department.is_empty() {
                    self.data.departments.insert((place, leaf), department.to_owned());
                }
            } else if let Some(name) = self.raw(indicator) {
                if let Some(column) = self.data.raw.get_mut(name) {
                    column[place] = value;
                }
                if let Some(absence) = self.status(line, get(at("status")), value) {
                    self.data.raw_absent.insert((place, name.to_owned()), absence);
                }
            } else if let Some(name) = rules.denominators.iter().find(|name| *name == indicator) {
                self.denominator(name, place, line, value);
            } else {
                self.fault(line, "indicator", indicator, "方案中没有此指标", "the scheme has no such indicator");
            }
        }
    }

    /// Adds a row without values and gives its number.
    fn row(&mut self, row: Row) -> usize {
        self.data.rows.push(row);
        self.data.indicators.iter_mut().for_each(|column| column.push(f64::NAN));
        self.data.denominators.values_mut().for_each(|column| column.push(f64::NAN));
        self.data.raw.values_mut().for_each(|column| column.push(f64::NAN));
        self.data.rows.len() - 1
    }

    fn denominator(&mut self, name: &str, row: usize, line: u64, value: f64) {
        if value < 0.0 {
            self.fault(line, name, &value.to_string(), "分母不能为负", "a denominator must not be negative");
        }
        if let Some(column) = self.data.denominators.get_mut(name) {
            column[row] = value;
        }
    }

    fn divides(&self, name: &str) -> bool {
        let below = |leaf: &Node| leaf.indicator().and_then(|it| it.denominator.as_ref()).map(|it| it.column.clone());
        self.leaves.iter().any(|leaf| below(leaf).as_deref() == Some(name))
    }

    fn number(&mut self, line: u64, column: &str, text: &str) -> f64 {
        if MISSING.contains(&text) {
            return f64::NAN;
        }
        plain(text).unwrap_or_else(|| {
            let (zh, en) = ("应为数，不带单位、百分号和千分位", "must be a plain number without unit, % or separators");
            self.fault(line, column, text, zh, en);
            f64::NAN
        })
    }

    /// Why a value is missing, by the status column: letters of the SDMX code list `CL_OBS_STATUS`, or the engine's own words.
    fn status(&mut self, line: u64, text: &str, value: f64) -> Option<Absence> {
        let absence = match text.to_lowercase().as_str() {
            "" | "reported" | "a" | "e" | "p" | "i" | "b" | "d" | "f" | "u" | "v" => return None,
            "m" | "not_applicable" | "n/a" | "不适用" => Absence::NotApplicable,
            "l" | "h" | "o" | "missing" | "unknown" => Absence::Missing(MissingState::Unknown),
            "q" | "refused" => Absence::Missing(MissingState::Refused),
            "late" => Absence::Missing(MissingState::Late),
            "not_due" => Absence::Missing(MissingState::NotDue),
            "withdrawn" => Absence::Missing(MissingState::Withdrawn),
            _ => {
                let list = "reported, not_applicable, missing, refused, late, not_due, withdrawn";
                self.fault(line, "status", text, &format!("只能是：{list}"), &format!("must be one of: {list}"));
                return None;
            }
        };
        if !value.is_nan() {
            self.fault(line, "status", text, "已填数值，状态不符", "there is a value, which the status denies");
        }
        Some(absence)
    }

    /// What can only be seen when all is read.
    fn check(&mut self) {
        for (unit, period) in self.data.duplicates() {
            let (zh, en) = ("单位（在同一时期）重复", "the unit stands twice (in one period)");
            self.fault(1, period.as_deref().unwrap_or_default(), &unit, zh, en);
        }
        for row in &mut self.data.rows {
            if row.name.is_empty() {
                row.name.clone_from(&row.unit);
            }
        }
        if self.data.rows.is_empty() && self.faults.is_empty() {
            self.fault(1, "", "", "没有数据行", "there are no rows");
        }
    }
}

fn line_of(record: &csv::StringRecord) -> u64 {
    record.position().map_or(1, csv::Position::line)
}
