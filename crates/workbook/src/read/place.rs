//! Which indicator, region, scope and day a row is about.

use chrono::NaiveDate;
use domain::{IndicatorCode, IndicatorDefinition, Level, Period, Reason, RegionCode, Scope, Text};

use super::cells::{understood, words};
use crate::{
    reading::{CellReading, Finding, Held, Shown, Understood},
    round::Round,
    understand::{read_date, squeeze},
};

/// The indicator, by its code or by its name, and the name as the clerk has it where that is another than the catalogue's.
pub(super) fn indicator<'a>(
    code: &mut CellReading,
    name: &mut CellReading,
    round: &Round<'a>,
) -> Option<(&'a IndicatorDefinition, String)> {
    let label = words(name).and_then(|text| text.lines().next().map(str::trim).map(str::to_owned)).unwrap_or_default();
    let definition = match words(code) {
        Some(text) => by_code(code, &text, round)?,
        None => by_name(name, code, &label, round)?,
    };
    understood(code, Understood::Indicator(definition.code.clone()), Text::default());
    let renamed = !label.is_empty() && plain(&label) != plain(&definition.name.zh);
    if !renamed {
        return Some((definition, String::new()));
    }
    let known = definition
        .accepted_labels
        .iter()
        .chain([&definition.name.zh])
        .any(|known| plain(&label).contains(&plain(known)));
    let excluded = definition.excluded_labels.iter().any(|known| plain(&label).contains(&plain(&known.label)));
    let other = round.catalogue.by_name(&label).is_some();
    if !known && !excluded && !other {
        let (official, code) = (&definition.name, &definition.code);
        name.find(
            Finding::question(
                (
                    format!("名称与目录不同：{code} 在目录中是“{}”", official.zh),
                    format!("the name differs from the catalogue's: {code} is \"{}\"", official.en),
                ),
                (
                    "请恢复目录名称；确是另一个指标的，请改代码",
                    "restore the name, or correct the code if another indicator is meant",
                ),
            )
            .expecting([&official.zh]),
        );
    }
    Some((definition, label))
}

fn by_code<'a>(cell: &mut CellReading, text: &str, round: &Round<'a>) -> Option<&'a IndicatorDefinition> {
    let code = IndicatorCode::parse(&squeeze(text).to_uppercase()).ok();
    let found = code.and_then(|code| round.catalogue.get(&code));
    if found.is_none() {
        let version = round.catalogue.version();
        cell.find(
            Finding::fault(
                (
                    format!("“{text}”不是目录 {version} 内的指标代码"),
                    format!("\"{text}\" is no code of the catalogue {version}"),
                ),
                (
                    "请从目录中选择指标代码，或清空代码、只写指标名称",
                    "take the code from the catalogue, or leave it empty and give the name",
                ),
            )
            .because(Reason::IndicatorUnknown),
        );
    }
    found
}

fn by_name<'a>(
    name: &mut CellReading,
    code: &mut CellReading,
    label: &str,
    round: &Round<'a>,
) -> Option<&'a IndicatorDefinition> {
    let wanted = plain(label);
    let mut found = round.catalogue.iter().filter(|definition| {
        !wanted.is_empty()
            && definition.accepted_labels.iter().chain([&definition.name.zh]).any(|known| plain(known) == wanted)
    });
    match (found.next(), found.next()) {
        (Some(definition), None) => {
            let code = &definition.code;
            understood(
                name,
                Understood::Indicator(code.clone()),
                Text::new(format!("按名称认出：{code}"), format!("known by its name: {code}")),
            );
            Some(definition)
        }
        (None | Some(_), _) => {
            code.find(
                Finding::fault(
                    ("看不出是哪个指标", "it is not clear which indicator this is"),
                    ("请从目录中选择指标代码", "take the code from the catalogue"),
                )
                .because(Reason::IndicatorUnknown),
            );
            None
        }
    }
}

/// Without spaces, brackets and quotation marks, as the rules compare names.
fn plain(text: &str) -> String {
    squeeze(text).chars().filter(|char| !"()[]【】《》“”\"‘’'、".contains(*char)).collect()
}

/// The region, by code or name; the department's own where a city leaves it out.
pub(super) fn region(cell: &mut CellReading, round: &Round<'_>) -> Option<RegionCode> {
    let Some(text) = words(cell) else {
        let home = round.home().filter(|home| home.level == Level::Prefecture)?;
        let (code, name) = (&home.code, &home.name_zh);
        let words = Text::new(format!("未填，取本市 {code} {name}"), format!("empty: the city itself, {code}"));
        understood(cell, Understood::Region(code.clone()), words);
        return Some(code.clone());
    };
    let squeezed = squeeze(&text);
    let digits: String = squeezed.chars().take_while(char::is_ascii_digit).collect();
    if let Ok(code) = RegionCode::parse(&digits) {
        // Whether the division is in force and the department's own is for the rules to say.
        understood(cell, Understood::Region(code.clone()), Text::default());
        return Some(code);
    }
    let short = |name: &str| name.trim_end_matches(['省', '市', '县', '区']).to_owned();
    let choices = round.choices();
    let full: Vec<_> = choices.iter().filter(|region| region.name_zh == squeezed).collect();
    let found = if full.is_empty() {
        choices.iter().filter(|region| short(&region.name_zh) == squeezed).collect()
    } else {
        full
    };
    if let [region] = found.as_slice() {
        let words = Text::new(format!("{} {}", region.code, region.name_zh), region.code.to_string());
        understood(cell, Understood::Region(region.code.clone()), words);
        return Some(region.code.clone());
    }
    let expected = choices.iter().map(|region| format!("{} {}", region.code, region.name_zh));
    cell.find(
        Finding::fault(
            (format!("看不出“{text}”是哪个行政区划"), format!("it is not clear which division \"{text}\" is")),
            ("请从列表中选择", "choose one from the list"),
        )
        .expecting(expected.take(14))
        .because(Reason::RegionUnknown),
    );
    None
}

/// The scope: a required choice, made for the clerk only where there is one to choose.
pub(super) fn scope(
    cell: &mut CellReading,
    definition: &IndicatorDefinition,
    region: Option<&RegionCode>,
    round: &Round<'_>,
) -> Option<Scope> {
    let admissible = region.map(|region| round.scopes(definition, region)).unwrap_or_default();
    let names = || admissible.iter().map(|scope| scope.zh());
    if let Some(text) = words(cell) {
        let squeezed = squeeze(&text);
        let known = Scope::ALL.iter().copied().filter(|scope| *scope != Scope::Unstated);
        let found = known.clone().find(|scope| {
            scope.zh() == squeezed || scope.code() == squeezed || scope.en().eq_ignore_ascii_case(text.trim())
        });
        if let Some(scope) = found {
            understood(cell, Understood::Scope(scope), Text::default());
        } else {
            cell.find(
                Finding::fault(
                    (format!("“{text}”不是统计范围"), format!("\"{text}\" is no scope")),
                    ("请从列表中选择统计范围", "choose a scope from the list"),
                )
                .expecting(names())
                .because(Reason::ScopeMismatch),
            );
        }
        return found;
    }
    if let [only] = admissible.as_slice() {
        let words =
            Text::new(format!("未填，只有“{}”可选", only.zh()), format!("empty: only {} may be chosen", only.en()));
        understood(cell, Understood::Scope(*only), words);
        return Some(*only);
    }
    cell.find(
        Finding::question(
            ("没有注明统计范围", "the scope is not stated"),
            (
                "请选择统计范围：主城区的数不能当作全市的数",
                "choose the scope: a figure of the main urban area is none of the whole city",
            ),
        )
        .expecting(names())
        .because(Reason::ScopeMismatch),
    );
    None
}

/// The period of the row: the round's, or up to the day that the clerk gives.
pub(super) fn period(cell: &mut CellReading, round: &Round<'_>) -> Option<Period> {
    let day = match day(cell) {
        Ok(None) => return Some(round.period),
        Ok(Some(day)) => day,
        Err(finding) => {
            cell.find(finding);
            return None;
        }
    };
    let words =
        if cell.raw.trim() == day.to_string() { Text::default() } else { Text::new(day.to_string(), day.to_string()) };
    understood(cell, Understood::Date(day), words);
    let round_period = round.period;
    if day == round_period.end() {
        return Some(round_period);
    }
    let inside = day < round_period.end() && round_period.start().is_none_or(|start| start <= day);
    let shorter = inside.then(|| Period::parse(&format!("{round_period}/{day}")).ok()).flatten();
    if shorter.is_none() {
        let (start, end) =
            (round_period.start().map(|start| start.to_string()).unwrap_or_default(), round_period.end());
        cell.find(
            Finding::fault(
                (format!("{day} 不在本期 {round_period} 内"), format!("{day} lies outside the period {round_period}")),
                (
                    "请填本期内的日期；报的是整期的，请留空",
                    "give a day of the period, or leave it empty for the whole of it",
                ),
            )
            .expecting([format!("{start}–{end}")])
            .because(Reason::PeriodInvalid),
        );
    }
    shorter
}

fn day(cell: &mut CellReading) -> Result<Option<NaiveDate>, Finding> {
    let unsure = |rule: Text| Finding::question((rule.zh, rule.en), ("请写成 2024-12-31", "write it as 2024-12-31"));
    match &cell.held {
        Held::Date(day) => Ok(Some(*day)),
        Held::Number { value, shown: Shown::Plain | Shown::Unknown } => {
            let serial = serial_day(*value);
            let day = serial.or_else(|| read_date(&cell.raw).ok());
            let raw = cell.raw.clone();
            day.map(Some).ok_or_else(|| {
                unsure(Text::new(format!("看不出“{raw}”是哪一天"), format!("\"{raw}\" is no day that is sure")))
            })
        }
        Held::Empty | Held::Text(_) | Held::Number { .. } | Held::Time(_) | Held::Bool(_) | Held::Error(_) => {
            match words(cell) {
                None => Ok(None),
                Some(text) => read_date(&text).map(Some).map_err(unsure),
            }
        }
    }
}

/// Excel's count of days where the cell was not formatted as a date: 45657 is 2024-12-31. Only 2000 to 2099, so that no
/// year and no amount is taken for a day.
fn serial_day(value: f64) -> Option<NaiveDate> {
    let (first, last) = (36_526.0, 73_050.0);
    if !(first..=last).contains(&value) {
        return None;
    }
    let (year, month, day, ..) =
        calamine::ExcelDateTime::new(value, calamine::ExcelDateTimeType::DateTime, false).to_ymd_hms_milli();
    NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day))
}
