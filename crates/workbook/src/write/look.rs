//! Fonts, colours and borders.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

use crate::reading::Severity;

/// A font that the offices' computers have; another program takes its own.
const FONT: &str = "宋体";

/// The formats of a workbook, made once.
pub(super) struct Look {
    pub(super) title: Format,
    pub(super) head: Format,
    pub(super) locked: Format,
    pub(super) entry: Format,
    pub(super) text: Format,
    pub(super) strong: Format,
    fault: Format,
    question: Format,
    warning: Format,
}

impl Look {
    pub(super) fn new() -> Self {
        let plain = Format::new().set_font_name(FONT).set_font_size(10);
        let cell = plain
            .clone()
            .set_text_wrap()
            .set_align(FormatAlign::Top)
            .set_border(FormatBorder::Thin)
            .set_border_color(Color::RGB(0x00BF_BFBF));
        let entry = cell.clone().set_unlocked();
        let marked = |colour: u32| entry.clone().set_background_color(Color::RGB(colour));
        Self {
            title: plain.clone().set_font_size(14).set_bold(),
            head: cell.clone().set_bold().set_background_color(Color::RGB(0x00D9_E1F2)).set_align(FormatAlign::Center),
            locked: cell.clone().set_background_color(Color::RGB(0x00F2_F2F2)),
            fault: marked(0x00FF_C7CE),
            question: marked(0x00FF_EB9C),
            warning: marked(0x00DD_EBF7),
            entry,
            text: plain.clone().set_text_wrap().set_align(FormatAlign::Top),
            strong: plain.set_bold(),
        }
    }

    /// The format of an entry cell with findings of this weight.
    pub(super) fn of(&self, severity: Option<Severity>) -> &Format {
        match severity {
            Some(Severity::Fault) => &self.fault,
            Some(Severity::Question) => &self.question,
            Some(Severity::Warning) => &self.warning,
            Some(Severity::Note) | None => &self.entry,
        }
    }
}
