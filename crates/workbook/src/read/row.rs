//! One row: from its cells to an observation.

use std::collections::BTreeSet;

use domain::{
    Evidence, IndicatorDefinition, Measure, Observation, ObservationKey, ObservationStatus, Qualifier, Text, Unit,
};

use super::{
    address,
    cells::{self, understood, words},
    layout::Table,
    open, place, value,
};
use crate::{
    column::Column,
    reading::{CellReading, Finding, Held, RowReading, Understood},
    round::Round,
};

/// What is beside the table, by place.
type Beside = Vec<(String, String)>;

/// Reads a row; what is no row of the table comes back as text.
pub(super) fn read(table: &Table<'_>, row: u32, round: &Round<'_>) -> (Option<RowReading>, Beside) {
    let mut cells = cells::of_row(table, row);
    let own: BTreeSet<u32> = table.columns.values().copied().collect();
    let mut beside: Beside = table
        .sheet
        .cells
        .range((row, 0)..=(row, u32::MAX))
        .filter(|((_, column), cell)| !own.contains(column) && cell.held != Held::Empty)
        .map(|((row, column), cell)| (address(*row, *column), open::raw(&cell.held)))
        .collect();
    let any = |cells: &[CellReading], wanted: fn(Column) -> bool| {
        cells.iter().any(|cell| {
            wanted(cell.column) && (cell.held != Held::Empty || cell.formula.is_some() || !cell.findings.is_empty())
        })
    };
    let filled = any(&cells, Column::is_answer);
    let known = |cell: &CellReading| {
        let text = words(&mut cell.clone()).unwrap_or_default();
        let code = domain::IndicatorCode::parse(&crate::understand::squeeze(&text).to_uppercase());
        code.is_ok_and(|code| round.catalogue.get(&code).is_some())
            || text.lines().next().is_some_and(|name| round.catalogue.by_name(name.trim()).is_some())
    };
    // Below the table stand notes and signatures: text that is no indicator, without an answer beside it.
    let of_an_indicator = cells.iter().any(|cell| matches!(cell.column, Column::Code | Column::Name) && known(cell));
    if !filled && !of_an_indicator {
        let text = cells.into_iter().filter(|cell| cell.held != Held::Empty && cell.column != Column::Region);
        beside.extend(text.map(|cell| (cell.place, cell.raw)));
        return (None, beside);
    }
    let observation = if filled { understand(&mut cells, round) } else { None };
    (Some(RowReading { row: row + 1, cells, observation, filled }), beside)
}

/// The cells of a row by column, to be written to.
struct Cells<'c>(&'c mut [CellReading]);

impl Cells<'_> {
    /// Takes the cell of a column out, works on it and puts it back.
    fn with<T>(&mut self, column: Column, work: impl FnOnce(&mut CellReading) -> T) -> T {
        // Every row has a cell of each column, in their order.
        work(&mut self.0[usize::from(column.position())])
    }

    fn stops(&self, columns: &[Column]) -> bool {
        self.0
            .iter()
            .filter(|cell| columns.contains(&cell.column))
            .flat_map(|cell| &cell.findings)
            .any(|finding| finding.severity.stops())
    }
}

fn understand(cells: &mut [CellReading], round: &Round<'_>) -> Option<Observation> {
    let mut cells = Cells(cells);
    let (first, rest) = cells.0.split_at_mut(1);
    let (code, name) = (first.first_mut()?, rest.first_mut()?);
    let identified = place::indicator(code, name, round);
    let region = cells.with(Column::Region, |cell| place::region(cell, round));
    let period = cells.with(Column::AsOf, |cell| place::period(cell, round));
    let (definition, label) = identified?;
    let scope = cells.with(Column::Scope, |cell| place::scope(cell, definition, region.as_ref(), round));
    let answer = answer(&mut cells, definition);
    let needed = [
        Column::Code,
        Column::Region,
        Column::Scope,
        Column::AsOf,
        Column::Value,
        Column::Unit,
        Column::Qualifier,
        Column::Status,
        Column::Numerator,
        Column::Denominator,
    ];
    let (note, evidence) = (cells.with(Column::Remark, words), cells.with(Column::Evidence, words));
    if cells.stops(&needed) {
        return None;
    }
    let key = ObservationKey {
        indicator: definition.code.clone(),
        region: region?,
        period: period?,
        scope: scope?,
        measure: Measure::Actual,
    };
    let answer = answer?;
    let evidence = evidence.unwrap_or_default();
    let titles = evidence.split(['；', ';', '\n']).map(str::trim).filter(|title| !title.is_empty());
    Some(Observation {
        key,
        value: answer.value,
        text_value: answer.text,
        unit: answer.unit,
        qualifier: answer.qualifier,
        status: answer.status,
        numerator: answer.numerator,
        denominator: answer.denominator,
        canonical_value: None,
        period_assumed: false,
        scope_assumed: false,
        reported_label: label,
        reporting_party: String::new(),
        source_department: definition.data_sources.clone(),
        evidence: titles.map(|title| Evidence { title: title.to_owned(), ..Evidence::default() }).collect(),
        citation: None,
        note: note.unwrap_or_default(),
    })
}

/// What was answered.
struct Answer {
    value: Option<rust_decimal::Decimal>,
    text: Option<String>,
    unit: Unit,
    qualifier: Qualifier,
    status: ObservationStatus,
    numerator: Option<rust_decimal::Decimal>,
    denominator: Option<rust_decimal::Decimal>,
}

fn answer(cells: &mut Cells<'_>, definition: &IndicatorDefinition) -> Option<Answer> {
    let stated = cells.with(Column::Status, value::status);
    let unit = cells.with(Column::Unit, |cell| value::unit(cell, definition));
    let bound = cells.with(Column::Qualifier, value::bound);
    let found = cells.with(Column::Value, |cell| value::value(cell, unit, bound, definition));
    let numerator =
        cells.with(Column::Numerator, |cell| value::part(cell, definition.numerator_unit(), definition.has_parts()));
    let denominator = cells
        .with(Column::Denominator, |cell| value::part(cell, definition.denominator_unit(), definition.has_parts()));
    let found = found?;
    let written = match &found {
        value::Found::Missing(status) => Some(*status),
        value::Found::Nothing | value::Found::Text(_) | value::Found::Value { .. } => None,
    };
    if let (Some(written), Some(stated)) = (written, stated)
        && written != stated
    {
        cells.with(Column::Status, |cell| {
            cell.find(Finding::question(
                (
                    format!("填报值写的是“{}”，数据状态写的是“{}”", written.zh(), stated.zh()),
                    format!("the value says {}, the status {}", written.en(), stated.en()),
                ),
                ("请让两处一致", "make both say the same"),
            ));
        });
    }
    let status = stated.or(written).unwrap_or(ObservationStatus::Normal);
    let (value, text, unit, qualifier) = match found {
        value::Found::Value { value, unit, qualifier } => (Some(value), None, unit, qualifier),
        value::Found::Text(text) => (None, Some(text), Unit::NONE, Qualifier::Equal),
        value::Found::Missing(_) | value::Found::Nothing => (None, None, Unit::NONE, Qualifier::Equal),
    };
    if value.is_some() && definition.has_parts() && numerator.is_none() && denominator.is_none() {
        cells.with(Column::Numerator, |cell| {
            cell.find(Finding::note(
                "没有分子分母：可以提交，但不能参加全省汇总",
                "without its parts it can be submitted, but not aggregated for the province",
            ));
        });
    }
    if let Some(written) = written {
        cells.with(Column::Value, |cell| {
            let words = Text::new(
                format!("{}（{}），不是零", written.zh(), written.code()),
                format!("{} ({}), not zero", written.en(), written.code()),
            );
            understood(cell, Understood::Status(written), words);
        });
    }
    Some(Answer { value, text, unit, qualifier, status, numerator, denominator })
}
