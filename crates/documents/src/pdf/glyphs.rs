//! Characters that the font has.

use std::{collections::HashSet, sync::OnceLock};

use typst::text::FontInfo;

/// What stands for a character that the font does not have: 〓, as printers have always set it.
const MISSING: char = '〓';

/// The text with every character that the font does not have replaced by 〓. The standard would refuse the whole document
/// for one rare character of a place name; JSON, XLSX and DOCX keep it as it is.
pub(super) fn printable(text: &str) -> String {
    let kept = |c: char| c.is_ascii() || c.is_whitespace() || coverage().contains(&c.into());
    text.chars().map(|c| if kept(c) { c } else { MISSING }).collect()
}

/// The characters of the font: the library's own list is walked from its beginning for each character.
fn coverage() -> &'static HashSet<u32> {
    static COVERAGE: OnceLock<HashSet<u32>> = OnceLock::new();
    let read = || FontInfo::new(crate::fonts::FONTS[0], 0).map(|info| info.coverage.iter().collect());
    COVERAGE.get_or_init(|| read().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_the_font_does_not_have_is_shown_as_missing() {
        assert_eq!(printable("煤矸石 ≥35 % → 〔2025〕 √ ■▲●◆○"), "煤矸石 ≥35 % → 〔2025〕 √ ■▲●◆○");
        assert_eq!(printable("𠀀村"), "〓村");
    }
}
