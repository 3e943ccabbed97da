//! The rules of [`domain`] over what was understood: what they find is put to its cell.

use std::collections::BTreeMap;

use domain::{
    DoubtKind, IndicatorCode, IndicatorDefinition, Observation, ObservationKey, Period, RegionCode, Scope, Text,
    Violation, check_observations, doubt, doubt_sum,
};
use rust_decimal::Decimal;

use crate::{
    column::Column,
    reading::{Finding, RowReading, Severity},
    round::Round,
    understand::{TextReading, grouped, read_amount, squeeze},
};

/// What a remark must say for a doubted value to be taken.
const CONFIRMED: &str = "已核实";

/// Checks every row that was understood, all at once.
pub(super) fn apply(rows: &mut [RowReading], round: &Round<'_>) {
    let at: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].observation.is_some()).collect();
    let observations: Vec<Observation> = rows.iter().filter_map(|row| row.observation.clone()).collect();
    let violations = match check_observations(&observations, &round.rules()) {
        Ok(_) => Vec::new(),
        Err(violations) => violations.0,
    };
    let numbers: Vec<u32> = at.iter().map(|at| rows[*at].row).collect();
    for violation in violations {
        let Some((index, field)) = place(&violation.field) else { continue };
        let Some(row) = at.get(index).and_then(|at| rows.get_mut(*at)) else { continue };
        let finding = finding(&violation, &numbers);
        if let Some(cell) = row.cell_mut(column(field)) {
            cell.find(finding);
        }
    }
    for at in at {
        if let Some(row) = rows.get_mut(at).filter(|row| row.is_clear()) {
            settle(row, round);
        }
    }
    add_up(rows, round);
}

/// Compares each city's figure with those of its counties that stand in the same workbook.
fn add_up(rows: &mut [RowReading], round: &Round<'_>) {
    let mut counties: BTreeMap<(IndicatorCode, Period, RegionCode), Vec<Decimal>> = BTreeMap::new();
    for (key, value) in rows.iter().filter_map(settled) {
        let parent = round.regions.get(&key.region).and_then(|region| region.parent.clone());
        if let Some(city) = parent.filter(|_| key.scope == Scope::County) {
            counties.entry((key.indicator.clone(), key.period, city)).or_default().push(value);
        }
    }
    for row in rows {
        let Some((key, whole)) = settled(row).map(|(key, whole)| (key.clone(), whole)) else { continue };
        let parts = counties.get(&(key.indicator.clone(), key.period, key.region.clone()));
        let Some(parts) = parts.filter(|_| key.scope == Scope::WholeCity) else { continue };
        let complete = round.regions.children(&key.region).count() == parts.len();
        let definition = round.catalogue.get(&key.indicator);
        let Some(doubt) = definition.and_then(|definition| doubt_sum(whole, parts, complete, definition)) else {
            continue;
        };
        let explained = row.observation.as_ref().is_some_and(|observation| !observation.note.is_empty());
        let severity = if explained { Severity::Note } else { Severity::Warning };
        if let Some(cell) = row.cell_mut(Column::Value) {
            cell.find(Finding::new(severity, (doubt.rule.zh, doubt.rule.en), (doubt.action.zh, doubt.action.en)));
        }
    }
}

/// The key and the value, in the indicator's unit, of a row that passed the rules.
fn settled(row: &RowReading) -> Option<(&ObservationKey, Decimal)> {
    let observation = row.observation.as_ref()?;
    Some((&observation.key, observation.canonical_value?))
}

/// `requests[3].observation.value.unit` as 3 and `value.unit`.
fn place(field: &str) -> Option<(usize, &str)> {
    let (index, rest) = field.strip_prefix("requests[")?.split_once(']')?;
    let rest = rest.strip_prefix(".observation")?;
    Some((index.parse().ok()?, rest.strip_prefix('.').unwrap_or(rest)))
}

/// The column that a field of an observation is written in.
fn column(field: &str) -> Column {
    match field {
        "region" => Column::Region,
        "scope" => Column::Scope,
        "period.value" => Column::AsOf,
        "value.value" | "text_value" => Column::Value,
        "value.unit" => Column::Unit,
        "numerator" => Column::Numerator,
        "denominator" => Column::Denominator,
        "evidence" => Column::Evidence,
        "reported_label" => Column::Name,
        _ => Column::Code,
    }
}

/// The rule's words with rows of the sheet in place of positions in the request.
fn finding(violation: &Violation, numbers: &[u32]) -> Finding {
    let Violation { field: _, reason, rule, value: _, allowed, action } = violation;
    let (mut zh, mut en) = (rule.zh.clone(), rule.en.clone());
    if let Some(index) = zh.split_once("requests[").and_then(|(_, rest)| rest.split_once(']')?.0.parse::<usize>().ok())
        && let Some(row) = numbers.get(index)
    {
        let written = format!("requests[{index}]");
        zh = zh.replace(&format!("同批 {written} "), &format!("第{row}行")).replace(&written, &format!("第{row}行"));
        en = en.replace(&written, &format!("row {row}"));
    }
    Finding {
        severity: Severity::Fault,
        reason: Some(*reason),
        rule: Text::new(zh, en),
        expected: allowed.clone(),
        action: action.clone(),
    }
}

/// Fills in the value in the indicator's own unit, and compares it with the last one.
fn settle(row: &mut RowReading, round: &Round<'_>) {
    let Some(observation) = row.observation.clone() else { return };
    let Ok(checked) = domain::check_observation(&observation, &round.rules()) else { return };
    let Some(definition) = round.catalogue.get(&checked.key.indicator) else { return };
    if let (Some(value), Some(last)) = (checked.canonical_value, last(row, &checked, definition, round))
        && let Some(doubt) = doubt(value, last, definition)
    {
        let confirmed = checked.note.contains(CONFIRMED);
        let severity = match doubt.kind {
            DoubtKind::UnitFactor | DoubtKind::Fraction if !confirmed => Severity::Question,
            DoubtKind::UnitFactor | DoubtKind::Fraction => Severity::Warning,
            DoubtKind::Jump | DoubtKind::SumOfParts if checked.note.is_empty() => Severity::Warning,
            DoubtKind::Jump | DoubtKind::SumOfParts => Severity::Note,
        };
        let mut finding = Finding::new(severity, (doubt.rule.zh, doubt.rule.en), (doubt.action.zh, doubt.action.en));
        if let Some(meant) = doubt.meant {
            finding = finding.expecting([format!("{} {}", grouped(meant.value), meant.unit)]);
        }
        if let Some(cell) = row.cell_mut(Column::Value) {
            cell.find(finding);
        }
    }
    row.observation = Some(checked);
}

/// The last value in the indicator's own unit: from the round, or from the sheet, which the template has filled.
fn last(
    row: &RowReading,
    observation: &Observation,
    definition: &IndicatorDefinition,
    round: &Round<'_>,
) -> Option<Decimal> {
    let key = &observation.key;
    let held = round.last.get(&(key.indicator.clone(), key.region.clone(), key.scope));
    if let Some(last) = held {
        return last.quantity.to(definition.unit).ok().map(|quantity| quantity.value);
    }
    if !round.last.is_empty() {
        return None;
    }
    let text = squeeze(&row.cell(Column::Last)?.raw);
    let text = text.split('(').next()?;
    let TextReading::Amount(amount) = read_amount(text) else { return None };
    domain::convert_exact(amount.value, amount.unit?, definition.unit).ok()
}
