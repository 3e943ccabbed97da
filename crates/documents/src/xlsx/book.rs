//! The workbook while it is written.

use std::collections::HashMap;

use domain::Lang;
use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use rust_xlsxwriter::{Color, DocProperties, Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet};

use crate::{Error, content::Document};

/// Row of the headings of a table; above it the caption and, for synthetic data, the banner.
pub(super) const HEAD: u32 = 2;
/// Significant digits that a spreadsheet keeps.
const DIGITS: usize = 15;

/// The workbook.
pub(super) struct Book<'a> {
    pub(super) document: &'a Document,
    pub(super) lang: Lang,
    pub(super) look: Look,
    sheets: Vec<Worksheet>,
    /// Where each figure stands first.
    figures: HashMap<usize, String>,
}

/// Formats.
pub(super) struct Look {
    pub(super) caption: Format,
    pub(super) banner: Format,
    pub(super) head: Format,
    pub(super) text: Format,
    pub(super) bold: Format,
}

impl Look {
    fn new() -> Self {
        let font = Format::new().set_font_name("仿宋").set_font_size(11.0);
        let cell = font.clone().set_text_wrap().set_align(FormatAlign::Top).set_border(FormatBorder::Hair);
        Self {
            caption: Format::new().set_font_name("黑体").set_font_size(14.0),
            banner: Format::new().set_bold().set_font_color(Color::RGB(0x00C0_0000)).set_font_size(12.0),
            head: cell.clone().set_bold().set_background_color(Color::RGB(0x00EE_EEEE)),
            bold: cell.clone().set_bold(),
            text: cell,
        }
    }

    /// Numbers with this many decimals.
    pub(super) fn number(&self, decimals: u32) -> Format {
        let fraction: String = (0..decimals).map(|_| '0').collect();
        let dot = if decimals == 0 { "" } else { "." };
        self.text.clone().set_num_format(format!("#,##0{dot}{fraction}"))
    }
}

impl<'a> Book<'a> {
    pub(super) fn new(document: &'a Document, lang: Lang) -> Self {
        Self { document, lang, look: Look::new(), sheets: Vec::new(), figures: HashMap::new() }
    }

    /// One of two texts.
    pub(super) fn t<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// A new sheet with its caption, ready for the table.
    pub(super) fn sheet(&self, name: &str, caption: &str) -> Result<Worksheet, Error> {
        let mut sheet = Worksheet::new();
        sheet.set_name(name)?;
        sheet.write_with_format(0, 0, caption, &self.look.caption)?;
        let words = &self.document.words;
        if self.document.synthetic {
            let text = format!("{}　{}", words.synthetic, words.synthetic_note);
            sheet.write_with_format(1, 0, text, &self.look.banner)?;
            sheet.set_tab_color(Color::RGB(0x00C0_0000));
            sheet.set_header(format!("&C{}", words.synthetic));
        }
        // The ampersand opens a code in heads and feet.
        sheet.set_footer(format!("&L&8{}&R&P / &N", words.foot.replace('&', "&&")));
        sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_repeat_rows(HEAD, HEAD)?;
        sheet.set_freeze_panes(HEAD + 1, 0)?;
        Ok(sheet)
    }

    /// Notes where a figure stands; the first place counts.
    pub(super) fn figure(&mut self, number: usize, sheet: &str, row: u32, column: u16) {
        let place = rust_xlsxwriter::utility::row_col_to_cell_absolute(row, column);
        let sheet = rust_xlsxwriter::utility::quote_sheet_name(sheet);
        self.figures.entry(number).or_insert_with(|| format!("={sheet}!{place}"));
    }

    pub(super) fn add(&mut self, sheet: Worksheet) {
        self.sheets.push(sheet);
    }

    pub(super) fn save(self, properties: &DocProperties) -> Result<Vec<u8>, Error> {
        let mut workbook = Workbook::new();
        workbook.set_properties(properties);
        for sheet in self.sheets {
            workbook.push_worksheet(sheet);
        }
        let mut figures: Vec<(usize, String)> = self.figures.into_iter().collect();
        figures.sort_unstable();
        for (number, place) in figures {
            workbook.define_name(format!("fig_{number}"), &place)?;
        }
        Ok(workbook.save_to_buffer()?)
    }
}

/// Writes a decimal: as a number where a spreadsheet can keep all its digits, else as text.
pub(super) fn decimal(sheet: &mut Worksheet, at: (u32, u16), value: Decimal, look: &Look) -> Result<(), Error> {
    with_decimals(sheet, at, value, 0, look)
}

/// The same with at least this many decimals shown.
pub(super) fn with_decimals(
    sheet: &mut Worksheet,
    at: (u32, u16),
    value: Decimal,
    least: u32,
    look: &Look,
) -> Result<(), Error> {
    let value = value.normalize();
    match value.to_f64().filter(|_| fits(value)) {
        Some(number) => sheet.write_number_with_format(at.0, at.1, number, &look.number(value.scale().max(least)))?,
        None => sheet.write_string_with_format(at.0, at.1, value.to_string(), &look.text)?,
    };
    Ok(())
}

/// Writes a formula with the value that it has.
pub(super) fn formula(
    sheet: &mut Worksheet,
    at: (u32, u16),
    text: &str,
    value: &str,
    format: &Format,
) -> Result<(), Error> {
    sheet.write_formula_with_format(at.0, at.1, Formula::new(text).set_result(value), format)?;
    Ok(())
}

fn fits(value: Decimal) -> bool {
    value.mantissa().unsigned_abs().to_string().len() <= DIGITS
}
