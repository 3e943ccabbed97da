//! Scores by formula: marks = weight × sub-score, group = sum of its marks, score = sum of marks ÷ sum of applicable weights
//! × 100, rounded half up to two decimals.

use report::{
    Report, cells, facts, format as f,
    model::{ItemScore, ItemState, UnitResult},
    number::half_up,
};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use rust_xlsxwriter::{Chart, ChartType, Color, ConditionalFormatCell, ConditionalFormatCellRule, Format, Worksheet};

use super::{
    book::{Book, HEAD, decimal, formula, with_decimals},
    tables::{last_row, titled},
};
use crate::{Error, content::Figures};

/// The three sheets.
pub(super) fn sheets(book: &mut Book<'_>, report: &Report) -> Result<(), Error> {
    let listed = cells(report);
    let figures = Figures::of(&listed);
    scores(book, report, &figures)?;
    groups(book, report, &figures)?;
    marks(book, report, &figures)
}

/// Columns of the sheet of marks.
const CITY: &str = "A";
const GROUP: &str = "E";
const WEIGHT: &str = "M";
const SHARE: &str = "N";
const MARK: &str = "O";
const COUNTED: &str = "P";

/// Rows of the sheet of marks, as the formulas of the other sheets name them.
struct Marks {
    sheet: String,
    last: u32,
}

impl Marks {
    fn of(book: &Book<'_>, report: &Report) -> Self {
        let rows = report.run.units.iter().map(|unit| unit.items.len()).sum();
        Self { sheet: name(book).to_owned(), last: last_row(rows) + 1 }
    }

    /// A column from the first to the last row, counted from 1.
    fn column(&self, column: &str) -> String {
        format!("'{}'!${column}${}:${column}${}", self.sheet, HEAD + 2, self.last)
    }
}

fn name<'t>(book: &Book<'_>) -> &'t str {
    book.t("指标得分", "Marks")
}

fn headed(book: &Book<'_>, name: &str, caption: &str, heads: &[(&str, f64)]) -> Result<Worksheet, Error> {
    let mut sheet = book.sheet(name, caption)?;
    for ((head, width), column) in heads.iter().zip(0u16..) {
        sheet.write_with_format(HEAD, column, *head, &book.look.head)?;
        sheet.set_column_width(column, *width)?;
    }
    Ok(sheet)
}

fn scores(book: &mut Book<'_>, report: &Report, figures: &Figures<'_>) -> Result<(), Error> {
    let name = book.t("得分", "Scores");
    let caption = book.t("得分、等级和排名（满分100）", "Scores of 100, grades and ranks");
    let heads = [
        (book.t("排名", "Rank"), 14.0),
        (book.t("代码", "Code"), 10.0),
        (book.t("市", "City"), 14.0),
        (book.t("得分（公式）", "Score (formula)"), 16.0),
        (book.t("得分（报告）", "Score (report)"), 16.0),
        (book.t("核对", "Check"), 12.0),
        (book.t("必选指标覆盖", "Coverage"), 16.0),
        (book.t("等级", "Grade"), 10.0),
    ];
    let mut sheet = headed(book, name, caption, &heads)?;
    let marks = Marks::of(book, report);
    let (same, other) = (book.t("一致", "same"), book.t("不一致", "differs"));
    let two = book.look.number(2);
    let units = facts::by_rank(report);
    for (unit, row) in units.iter().zip(HEAD + 1..) {
        let line = row + 1;
        match unit.rank {
            Some(rank) => decimal(&mut sheet, (row, 0), Decimal::from(rank), &book.look)?,
            None => {
                let text = book.t("不参与排名", "not ranked");
                sheet.write_with_format(row, 0, text, &book.look.text)?;
            }
        }
        sheet.write_with_format(row, 1, &unit.unit, &book.look.text)?;
        sheet.write_with_format(row, 2, unit.display_name.get(book.lang), &book.look.bold)?;
        if f::silent(unit) {
            for column in 3..=5 {
                sheet.write_with_format(row, column, "—", &book.look.text)?;
            }
        } else {
            let of = |column: &str| format!("SUMIFS({},{},$B{line})", marks.column(column), marks.column(CITY));
            let text = format!("=ROUND({}/{}*100,2)", of(MARK), of(COUNTED));
            let computed = recomputed(unit);
            let agrees = computed == Some(half_up(unit.score, 2));
            let shown = computed.map_or_else(|| "#DIV/0!".to_owned(), |score| score.normalize().to_string());
            formula(&mut sheet, (row, 3), &text, &shown, &two)?;
            with_decimals(&mut sheet, (row, 4), unit.score, 2, &book.look)?;
            let text = format!("=IF(ABS(D{line}-E{line})<0.005,\"{same}\",\"{other}\")");
            formula(&mut sheet, (row, 5), &text, if agrees { same } else { other }, &book.look.text)?;
        }
        let coverage = format!("{}/{}", unit.coverage.reported, unit.coverage.mandatory);
        sheet.write_with_format(row, 6, coverage, &book.look.text)?;
        let grade = unit.grade.as_ref().map_or("—", |grade| grade.get(book.lang));
        sheet.write_with_format(row, 7, grade, &book.look.text)?;
        for (kind, column) in [("rank", 0), ("score", 4), ("grade", 7)] {
            if let Some(number) = figures.number(&format!("{kind}/{}", unit.unit)) {
                book.figure(number, name, row, column);
            }
        }
    }
    let last = last_row(units.len());
    let red = Format::new().set_font_color(Color::RGB(0x00C0_0000)).set_bold();
    let rule = ConditionalFormatCell::new().set_rule(ConditionalFormatCellRule::EqualTo(other)).set_format(red);
    sheet.add_conditional_format(HEAD + 1, 5, last, 5, &rule)?;
    let note = book.t(
        "方案另有加分、扣分或一票否决时，公式得分与报告得分不一致，以报告为准。缺报不是零分：没有报送任何指标的市以“—”表示。",
        "Where the scheme adds bonus marks, deductions or a veto, the formula and the report differ, and the report counts. Missing is not zero: a dash marks a city that reported nothing.",
    );
    sheet.write(last + 1, 0, note)?;
    let mut chart = Chart::new(ChartType::Bar);
    chart.add_series().set_categories((name, HEAD + 1, 2, last, 2)).set_values((name, HEAD + 1, 3, last, 3));
    chart.title().set_name(titled(book, caption).as_str());
    chart.legend().set_hidden();
    chart.x_axis().set_min(0.0).set_max(100.0);
    chart.y_axis().set_reverse();
    chart.set_width(720).set_height(360);
    sheet.insert_chart(last + 3, 0, &chart)?;
    book.add(sheet);
    Ok(())
}

/// What the formula gives; none when no weight applies.
fn recomputed(unit: &UnitResult) -> Option<Decimal> {
    let marks: Decimal = unit.items.iter().map(|item| item.score).sum();
    let weights: Decimal = unit.items.iter().map(counted).sum();
    marks.checked_div(weights).map(|share| half_up(share * Decimal::ONE_HUNDRED, 2))
}

/// The weight in the denominator: none when the indicator does not apply.
fn counted(item: &ItemScore) -> Decimal {
    if item.state == ItemState::NotApplicable { Decimal::ZERO } else { item.weight }
}

fn groups(book: &mut Book<'_>, report: &Report, figures: &Figures<'_>) -> Result<(), Error> {
    let columns = facts::groups(report);
    if columns.is_empty() {
        return Ok(());
    }
    let name = book.t("分类得分", "Groups");
    let caption = book.t("分类得分", "Marks of the groups");
    let titles: Vec<String> =
        columns.iter().map(|group| format!("{} {}", group.node, group.title.get(book.lang))).collect();
    let mut heads = vec![(book.t("代码", "Code"), 10.0), (book.t("市", "City"), 14.0)];
    heads.extend(titles.iter().map(|title| (title.as_str(), 22.0)));
    let mut sheet = headed(book, name, caption, &heads)?;
    let marks = Marks::of(book, report);
    let two = book.look.number(2);
    let units = facts::by_rank(report);
    for (unit, row) in units.iter().zip(HEAD + 1..) {
        sheet.write_with_format(row, 0, &unit.unit, &book.look.text)?;
        sheet.write_with_format(row, 1, unit.display_name.get(book.lang), &book.look.bold)?;
        for (group, column) in columns.iter().zip(2u16..) {
            let Some(found) = unit.nodes.iter().find(|node| node.node == group.node) else { continue };
            if f::silent(unit) {
                sheet.write_with_format(row, column, "—", &book.look.text)?;
            } else {
                let text = format!(
                    "=ROUND(SUMIFS({},{},$A{},{},\"{}\"),2)",
                    marks.column(MARK),
                    marks.column(CITY),
                    row + 1,
                    marks.column(GROUP),
                    group.node.replace('"', "\"\"")
                );
                let value = half_up(found.score, 2).normalize().to_string();
                formula(&mut sheet, (row, column), &text, &value, &two)?;
            }
            if let Some(number) = figures.number(&format!("group/{}/{}", unit.unit, group.node)) {
                book.figure(number, name, row, column);
            }
        }
    }
    let last = last_row(units.len());
    let mut chart = Chart::new(ChartType::BarStacked);
    for (_, column) in columns.iter().zip(2u16..) {
        chart.add_series().set_name((name, HEAD, column)).set_categories((name, HEAD + 1, 1, last, 1)).set_values((
            name,
            HEAD + 1,
            column,
            last,
            column,
        ));
    }
    chart.title().set_name(titled(book, caption).as_str());
    chart.y_axis().set_reverse();
    chart.set_width(820).set_height(380);
    sheet.insert_chart(last + 2, 0, &chart)?;
    book.add(sheet);
    Ok(())
}

fn marks(book: &mut Book<'_>, report: &Report, figures: &Figures<'_>) -> Result<(), Error> {
    let name = name(book);
    let caption = book.t("各市指标得分（得分 = 满分 × 得分率）", "Marks of the cities (mark = weight × sub-score)");
    let heads = [
        (book.t("市代码", "City code"), 10.0),
        (book.t("市", "City"), 12.0),
        (book.t("指标", "Indicator"), 14.0),
        (book.t("指标名称", "Name"), 38.0),
        (book.t("类", "Group"), 8.0),
        (book.t("状态", "State"), 14.0),
        (book.t("值", "Value"), 16.0),
        (book.t("限定", "Bound"), 8.0),
        (book.t("单位", "Unit"), 12.0),
        (book.t("目标", "Target"), 14.0),
        (book.t("基期", "Baseline"), 14.0),
        (book.t("方法", "Method"), 8.0),
        (book.t("满分", "Weight"), 10.0),
        (book.t("得分率", "Sub-score"), 12.0),
        (book.t("得分（公式）", "Mark (formula)"), 14.0),
        (book.t("计入分母的满分", "Weight that counts"), 14.0),
        (book.t("标注", "Flags"), 40.0),
    ];
    let mut sheet = headed(book, name, caption, &heads)?;
    let mut row = HEAD + 1;
    for unit in &report.run.units {
        for item in &unit.items {
            line(book, &mut sheet, row, unit, item)?;
            if let Some(number) = figures.number(&cells::item_id(unit, item)) {
                book.figure(number, name, row, 6);
            }
            row += 1;
        }
    }
    sheet.autofilter(HEAD, 0, row.max(HEAD + 2) - 1, 16)?;
    sheet.set_freeze_panes(HEAD + 1, 4)?;
    book.add(sheet);
    Ok(())
}

fn line(book: &Book<'_>, sheet: &mut Worksheet, row: u32, unit: &UnitResult, item: &ItemScore) -> Result<(), Error> {
    let (look, lang) = (&book.look, book.lang);
    let state = item.state.label();
    let group = item.group.split(['/', '.', '>']).next().unwrap_or_default().trim();
    let bound = item.qualifier.map_or("", |qualifier| match qualifier {
        domain::Qualifier::Equal => "",
        domain::Qualifier::AtLeast => "≥",
        domain::Qualifier::AtMost => "≤",
        domain::Qualifier::About => "≈",
    });
    let flags: Vec<String> = f::other_flags(item).iter().map(|flag| flag.get(lang).to_owned()).collect();
    let flags = flags.join(book.t("；", "; "));
    let texts = [
        (0, unit.unit.as_str()),
        (1, unit.display_name.get(lang)),
        (2, item.indicator.as_str()),
        (3, item.display_name.get(lang)),
        (4, group),
        (5, state.get(lang)),
        (7, bound),
        (8, item.unit.as_str()),
        (11, item.method.as_str()),
        (16, flags.as_str()),
    ];
    for (column, text) in texts {
        sheet.write_with_format(row, column, text, &look.text)?;
    }
    let number = cells::item_number(item);
    for (column, value) in [(6, number), (9, item.target), (10, item.baseline), (12, Some(item.weight))] {
        match value {
            Some(value) => decimal(sheet, (row, column), value, look)?,
            None => {
                sheet.write_blank(row, column, &look.text)?;
            }
        }
    }
    // An indicator that nobody reported has no value; its marks are none because it is missing, not because it is zero.
    if number.is_none() {
        sheet.write_with_format(row, 6, f::both_value(item).get(lang), &look.text)?;
    }
    let line = row + 1;
    let share = item.score.checked_div(item.weight).unwrap_or_default();
    sheet.write_number_with_format(row, 13, share.to_f64().unwrap_or_default(), &look.number(4))?;
    let mark = item.score.normalize().to_string();
    formula(sheet, (row, 14), &format!("={WEIGHT}{line}*{SHARE}{line}"), &mark, &look.number(4))?;
    let out = ItemState::NotApplicable.label();
    let text = format!("=IF(F{line}=\"{}\",0,{WEIGHT}{line})", out.get(lang));
    formula(sheet, (row, 15), &text, &counted(item).normalize().to_string(), &look.number(2))
}
