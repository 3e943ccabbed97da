//! The template of a round.

use domain::{IndicatorDefinition, RegionCode, Scope};
use rust_xlsxwriter::{Worksheet, XlsxError};

use super::{card, guide, look::Look, sheet};
use crate::{
    column::Column,
    error::WorkbookError,
    round::{LastValue, Round},
};

/// A row of the template.
struct Row<'a> {
    definition: &'a IndicatorDefinition,
    region: &'a RegionCode,
    scopes: Vec<Scope>,
    scope: Option<Scope>,
    last: Option<&'a LastValue>,
}

/// Makes the template of a round: one row per indicator, region and scope. `regions` are those that get rows of their own;
/// without any, the department's own. A scope is filled in only where there is one to choose, or where a last value is known
/// for it. The same round gives the same bytes.
///
/// # Errors
/// What the spreadsheet library refuses.
pub fn template(round: &Round<'_>, regions: &[RegionCode]) -> Result<Vec<u8>, WorkbookError> {
    make(round, regions).map_err(WorkbookError::from)
}

fn make(round: &Round<'_>, regions: &[RegionCode]) -> Result<Vec<u8>, XlsxError> {
    let look = Look::new();
    let home: Vec<RegionCode> = round.home().map(|region| region.code.clone()).into_iter().collect();
    let regions = if regions.is_empty() { home.as_slice() } else { regions };
    let rows = rows(round, regions);
    let mut workbook = sheet::workbook(round)?;
    let filled = workbook.add_worksheet();
    sheet::head(filled, round, "", &look)?;
    let mut at = sheet::HEADING + 1;
    for row in &rows {
        write(filled, at, row, round, &look)?;
        at += 1;
    }
    let last = at + sheet::SPARE - 1;
    for spare in at..=last {
        for column in Column::ALL {
            filled.write_blank(spare, column.position(), &look.entry)?;
        }
    }
    sheet::common_choices(filled, last, round)?;
    sheet::code_choices(filled, at, last, round)?;
    guide::write(workbook.add_worksheet(), round, &look)?;
    sheet::hidden(&mut workbook, round)?;
    workbook.save_to_buffer()
}

fn rows<'a>(round: &'a Round<'a>, regions: &'a [RegionCode]) -> Vec<Row<'a>> {
    let mut definitions = round.indicators();
    definitions.sort_by_key(|definition| (&definition.system, definition.ordinal));
    let mut rows = Vec::new();
    for definition in definitions {
        for region in regions {
            let scopes = round.scopes(definition, region);
            if scopes.is_empty() {
                continue;
            }
            let held: Vec<_> = scopes
                .iter()
                .filter_map(|scope| {
                    let last = round.last.get(&(definition.code.clone(), region.clone(), *scope))?;
                    Some((Some(*scope), Some(last)))
                })
                .collect();
            let only = if scopes.len() == 1 { scopes.first().copied() } else { None };
            let wanted = if held.is_empty() { vec![(only, None)] } else { held };
            for (scope, last) in wanted {
                rows.push(Row { definition, region, scopes: scopes.clone(), scope, last });
            }
        }
    }
    rows
}

fn write(filled: &mut Worksheet, at: u32, row: &Row<'_>, round: &Round<'_>, look: &Look) -> Result<(), XlsxError> {
    let Row { definition, region, scopes, scope, last } = row;
    sheet::fixed(filled, at, definition, scopes, look)?;
    sheet::choices(filled, at, Some(definition), scopes)?;
    let name = round.regions.get(region).map(|region| region.name_zh.as_str()).unwrap_or_default();
    let last = last.map(|last| card::last(last, round.synthetic)).unwrap_or_default();
    let unit = if definition.is_qualitative() { "" } else { definition.unit.zh() };
    let texts = [
        (Column::Code, definition.code.to_string()),
        (Column::Name, card::name(definition)),
        (Column::Region, format!("{region} {name}")),
        (Column::Scope, scope.map(|scope| scope.zh().to_owned()).unwrap_or_default()),
        (Column::Last, last),
        (Column::Unit, unit.to_owned()),
    ];
    for (column, text) in texts {
        let format = if is_open(column, definition) { &look.entry } else { &look.locked };
        filled.write_string_with_format(at, column.position(), text, format)?;
    }
    let written = [Column::Region, Column::Scope, Column::Unit];
    for column in Column::ALL.into_iter().filter(|column| column.is_entry() && !written.contains(column)) {
        let format = if is_open(column, definition) { &look.entry } else { &look.locked };
        filled.write_blank(at, column.position(), format)?;
    }
    Ok(())
}

/// True for the cells that a clerk fills for this indicator.
fn is_open(column: Column, definition: &IndicatorDefinition) -> bool {
    match column {
        Column::Code | Column::Name | Column::Card | Column::Last => false,
        Column::Unit | Column::Qualifier => !definition.is_qualitative(),
        Column::Numerator | Column::Denominator => definition.has_parts(),
        Column::Region
        | Column::Scope
        | Column::Value
        | Column::Status
        | Column::AsOf
        | Column::Evidence
        | Column::Remark => true,
    }
}
