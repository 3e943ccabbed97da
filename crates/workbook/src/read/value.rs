//! Values, their units and bounds, and the parts of rates.

use domain::{IndicatorDefinition, ObservationStatus, Qualifier, Reason, Text, Unit, convert_exact};
use rust_decimal::Decimal;

use super::cells::{self, understood, words};
use crate::{
    reading::{CellReading, Finding, Held, Shown, Understood},
    understand::{Amount, TextReading, amount_words, bound_of, exact, from_held_number, grouped, read_amount, squeeze},
};

/// What the value's cell says.
pub(super) enum Found {
    Nothing,
    Missing(ObservationStatus),
    Text(String),
    Value { value: Decimal, unit: Unit, qualifier: Qualifier },
}

/// The status column.
pub(super) fn status(cell: &mut CellReading) -> Option<ObservationStatus> {
    let text = words(cell)?;
    let squeezed = squeeze(&text);
    let found = ObservationStatus::ALL.iter().copied().find(|status| {
        status.zh() == squeezed
            || status.code().eq_ignore_ascii_case(&squeezed)
            || status.en().eq_ignore_ascii_case(&text)
    });
    let found = found.or_else(|| match read_amount(&text) {
        TextReading::Missing(status) => Some(status),
        TextReading::Empty | TextReading::Amount(_) | TextReading::Unsure { .. } => None,
    });
    match found {
        Some(status) => understood(cell, Understood::Status(status), Text::default()),
        None => cell.find(
            Finding::question(
                (format!("“{text}”不是数据状态"), format!("\"{text}\" is no status")),
                ("请从列表中选择，正常值可留空", "choose one from the list; leave it empty for a normal value"),
            )
            .expecting(ObservationStatus::ALL.iter().map(|status| status.zh())),
        ),
    }
    found
}

/// The unit column.
pub(super) fn unit(cell: &mut CellReading, definition: &IndicatorDefinition) -> Option<Unit> {
    let text = words(cell)?;
    if definition.is_qualitative() {
        return None;
    }
    match Unit::parse(&text) {
        Ok(unit) if unit != Unit::NONE => {
            understood(cell, Understood::Unit(unit), Text::default());
            Some(unit)
        }
        Ok(_) | Err(_) => {
            cell.find(
                Finding::fault(
                    (format!("“{text}”不在单位表内"), format!("\"{text}\" is not in the table of units")),
                    ("请从列表中选择单位", "choose a unit from the list"),
                )
                .expecting(Unit::of_dimension(definition.unit.dimension()))
                .because(Reason::UnitUnknown),
            );
            None
        }
    }
}

/// The column of bounds.
pub(super) fn bound(cell: &mut CellReading) -> Option<Qualifier> {
    let text = words(cell)?;
    let found = bound_of(&squeeze(&text));
    match found {
        Some(bound) => understood(cell, Understood::Qualifier(bound), Text::default()),
        None => cell.find(
            Finding::question(
                (format!("“{text}”不是界限"), format!("\"{text}\" is no bound")),
                ("请从列表中选择，确切的数可留空", "choose one from the list; leave it empty for a point value"),
            )
            .expecting(Qualifier::ALL.iter().map(|bound| bound.zh())),
        ),
    }
    found
}

/// The value with the unit and bound of its own cell and of the columns beside it. None when it is not understood.
pub(super) fn value(
    cell: &mut CellReading,
    unit: Option<Unit>,
    bound: Option<Qualifier>,
    definition: &IndicatorDefinition,
) -> Option<Found> {
    if definition.is_qualitative() {
        return qualitative(cell);
    }
    let amount = match amount(cell, definition.is_percentage()) {
        Some(TextReading::Amount(amount)) => amount,
        Some(TextReading::Missing(status)) => return Some(Found::Missing(status)),
        Some(TextReading::Empty) => return Some(Found::Nothing),
        Some(TextReading::Unsure { rule, action }) => {
            cell.find(Finding::question((rule.zh, rule.en), (action.zh, action.en)));
            return None;
        }
        None => return None,
    };
    let qualifier = match (amount.qualifier, bound) {
        (Some(own), Some(column)) if own != column => {
            cell.find(Finding::question(
                (
                    format!("填报值写的是“{}”，界限列写的是“{}”", own.zh(), column.zh()),
                    format!("the value says {}, the column of bounds {}", own.en(), column.en()),
                ),
                ("请让两处一致", "make both say the same"),
            ));
            return None;
        }
        (Some(one), _) | (None, Some(one)) => one,
        (None, None) => Qualifier::Equal,
    };
    let unit = match one_unit(&amount, unit, definition) {
        Ok(unit) => unit,
        Err(finding) => {
            cell.find(*finding);
            return None;
        }
    };
    let value = amount.value;
    let words = amount_words(value, unit, qualifier, definition);
    let converted = amount.converted || unit != definition.unit || cell.formula.is_some();
    let held = Understood::Value { value, unit, qualifier };
    understood(cell, held, if converted { words } else { Text::default() });
    Some(Found::Value { value, unit, qualifier })
}

/// A qualitative indicator is answered in words.
fn qualitative(cell: &mut CellReading) -> Option<Found> {
    let Some(text) = words(cell) else {
        return cell.findings.is_empty().then_some(Found::Nothing);
    };
    if let TextReading::Missing(status) = read_amount(&text) {
        return Some(Found::Missing(status));
    }
    understood(cell, Understood::Text(text.clone()), Text::default());
    Some(Found::Text(text))
}

/// One unit out of that in the cell and that in the column.
fn one_unit(amount: &Amount, column: Option<Unit>, definition: &IndicatorDefinition) -> Result<Unit, Box<Finding>> {
    match (amount.unit, column) {
        (Some(own), None) => Ok(own),
        (Some(own), Some(column)) if own == column => Ok(own),
        // What the clerk typed beside the number is meant more than what the template had put into the column.
        (Some(own), Some(column)) if column == definition.unit => Ok(own),
        (Some(own), Some(column)) if own.dimension() == column.dimension() && own.factor() == column.factor() => {
            Ok(own)
        }
        (Some(own), Some(column)) => Err(Box::new(Finding::question(
            (
                format!("填报值写的是{own}，单位列写的是{column}"),
                format!("the value says {}, the column of units {}", own.en(), column.en()),
            ),
            ("请让两处一致", "make both say the same"),
        ))),
        (None, Some(column)) if amount.factor != 1 && is_large(column) => Err(Box::new(Finding::question(
            (
                format!("数字里已写“{}”，单位又是{column}", magnitude(amount.factor)),
                format!("a word of magnitude stands in the value, and the unit is {}", column.en()),
            ),
            ("请写明是哪一个：例如 2.5 和万吨，或 2.5万吨", "say which is meant: for example 2.5 and 万吨, or 2.5万吨"),
        ))),
        (None, Some(column)) => Ok(column),
        (None, None) => Err(Box::new(
            Finding::question(
                ("没有单位", "the unit is missing"),
                ("请从列表中选择单位", "choose a unit from the list"),
            )
            .expecting(Unit::of_dimension(definition.unit.dimension()))
            .because(Reason::UnitUnknown),
        )),
    }
}

/// True for units with a word of magnitude of their own: 万吨, 亿元.
fn is_large(unit: Unit) -> bool {
    unit.zh().starts_with(['万', '亿', '千', '百'])
}

fn magnitude(factor: i64) -> &'static str {
    match factor {
        1_000 => "千",
        10_000 => "万",
        100_000 => "十万",
        1_000_000 => "百万",
        10_000_000 => "千万",
        100_000_000 => "亿",
        _ => "万亿",
    }
}

/// A numerator or denominator in the unit of the definition.
pub(super) fn part(cell: &mut CellReading, unit: Option<Unit>, has_parts: bool) -> Option<Decimal> {
    let amount = match amount(cell, false)? {
        TextReading::Amount(amount) => amount,
        TextReading::Empty => return None,
        TextReading::Missing(_) => {
            cell.find(Finding::note("按没有填写处理", "taken as not given"));
            return None;
        }
        TextReading::Unsure { .. } if !has_parts && !cell.raw.chars().any(char::is_numeric) => {
            cell.find(Finding::note(
                "该指标没有分子分母，按没有填写处理",
                "this indicator has no parts: taken as not given",
            ));
            return None;
        }
        TextReading::Unsure { rule, action } => {
            cell.find(Finding::question((rule.zh, rule.en), (action.zh, action.en)));
            return None;
        }
    };
    if amount.qualifier.is_some_and(|bound| bound != Qualifier::Equal) {
        cell.find(Finding::question(
            ("分子和分母应是确切的数", "a part is an exact number"),
            ("请填确切的数；没有的，分子和分母都留空", "give the exact number, or leave both parts empty"),
        ));
        return None;
    }
    match in_unit_of_part(&amount, unit) {
        Ok(value) => {
            let name = |unit: Unit, zh: bool| if zh { unit.zh() } else { unit.en() };
            let said = |zh: bool| match unit {
                Some(unit) => format!("{} {}", grouped(value), name(unit, zh)),
                None => grouped(value),
            };
            let words = if amount.converted { Text::new(said(true), said(false)) } else { Text::default() };
            understood(cell, Understood::Number(value), words);
            Some(value)
        }
        Err(finding) => {
            cell.find(*finding);
            None
        }
    }
}

fn in_unit_of_part(amount: &Amount, unit: Option<Unit>) -> Result<Decimal, Box<Finding>> {
    let unsure = |zh: String, en: String| {
        Box::new(Finding::question(
            (zh, en),
            ("请按表头和指标解释中的单位只填数字", "give the number alone, in the unit of the definition"),
        ))
    };
    match (amount.unit, unit) {
        (None, Some(unit)) if amount.factor != 1 && is_large(unit) => Err(unsure(
            format!("数字里已写“{}”，定义的单位又是{unit}", magnitude(amount.factor)),
            format!("a word of magnitude stands in the number, and the definition's unit is {}", unit.en()),
        )),
        (None, _) => Ok(amount.value),
        (Some(own), Some(unit)) => convert_exact(amount.value, own, unit).map_err(|_| {
            unsure(
                format!("单位{own}不能换算为定义的{unit}"),
                format!("{} does not convert to {}", own.en(), unit.en()),
            )
        }),
        (Some(own), None) => Err(unsure(
            format!("定义没有写明单位，看不出{own}是否合适"),
            format!("the definition names no unit, so {} cannot be compared", own.en()),
        )),
    }
}

/// The amount that a cell holds, whatever kind of cell it is. None when a finding says why not.
fn amount(cell: &mut CellReading, percentage: bool) -> Option<TextReading> {
    match cell.held.clone() {
        Held::Empty => {
            cells::unstored(cell);
            cell.findings.is_empty().then_some(TextReading::Empty)
        }
        Held::Text(text) => Some(read_amount(&text)),
        Held::Number { value, shown } => number(cell, value, &shown, percentage),
        Held::Date(day) => {
            cell.find(Finding::question(
                (
                    format!("这里是日期 {day}，可能是填数时被表格软件改成了日期"),
                    format!("this is the date {day}; the spreadsheet program may have made one of a number"),
                ),
                (
                    "请把单元格格式设为文本或常规，重新填写数值",
                    "set the cell's format to text or general and enter the value again",
                ),
            ));
            None
        }
        Held::Time(_) | Held::Bool(_) => {
            let raw = cell.raw.clone();
            cell.find(Finding::question(
                (format!("“{raw}”不是数值"), format!("\"{raw}\" is no number")),
                ("请重新填写数值", "enter the value again"),
            ));
            None
        }
        Held::Error(_) => {
            cells::error(cell);
            None
        }
    }
}

fn number(cell: &mut CellReading, held: f64, shown: &Shown, percentage: bool) -> Option<TextReading> {
    let computed = cell.formula.is_some();
    let Some(value) = from_held_number(held, computed) else {
        cell.find(Finding::question(
            ("数字太长，不能精确保存", "the number has too many digits to be kept exactly"),
            ("请换用较大的单位", "use a larger unit"),
        ));
        return None;
    };
    let amount = |value, unit, converted| {
        Some(TextReading::Amount(Amount { value, factor: 1, unit, qualifier: None, converted }))
    };
    match shown {
        Shown::Plain => amount(value, None, exact(held) != Some(value)),
        Shown::Percent => amount(value.checked_mul(Decimal::ONE_HUNDRED)?.normalize(), Unit::parse("%").ok(), true),
        Shown::Labelled(label) => Some(read_amount(&format!("{value}{label}"))),
        Shown::Scaled(format) => {
            cell.find(Finding::question(
                (
                    format!("单元格保存的是 {value}，显示的是另一个数（格式 {format}）"),
                    format!("the cell holds {value} and shows another number (format {format})"),
                ),
                (
                    "请把单元格格式设为常规，核对后重新填写",
                    "set the cell's format to general, check it and enter it again",
                ),
            ));
            None
        }
        Shown::Unknown if percentage && value > Decimal::ZERO && value <= Decimal::ONE => {
            let hundredfold = value.checked_mul(Decimal::ONE_HUNDRED)?.normalize();
            cell.find(Finding::question(
                (
                    format!("这种文件格式不说明是否按百分比显示：是 {value}% 还是 {hundredfold}%"),
                    format!("this file format does not tell percentages: {value}% or {hundredfold}%"),
                ),
                ("请写成带 % 的文字，或另存为 .xlsx", "write it as text with %, or save the file as .xlsx"),
            ));
            None
        }
        Shown::Unknown => amount(value, None, exact(held) != Some(value)),
    }
}
