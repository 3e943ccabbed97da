//! One form for the many that the same text comes in.

use unicode_normalization::UnicodeNormalization as _;

/// NFKC, so that full-width letters and digits are the plain ones; invisible characters gone; every minus sign `-`.
/// None when a digit would come from something else than a digit: ² of 10², ① or ½ are not the number 102, 1 or 1/2.
pub(crate) fn fold(text: &str) -> Option<String> {
    let mut before = ' ';
    for char in text.chars() {
        let full_width = ('\u{ff10}'..='\u{ff19}').contains(&char);
        let of_a_unit = char == '㎡' || (char == '²' && matches!(before, 'm' | 'M' | 'ｍ'));
        let makes_digits = !char.is_ascii() && char.nfkc().any(|plain| plain.is_ascii_digit());
        if makes_digits && !full_width && !of_a_unit {
            return None;
        }
        before = char;
    }
    let invisible = |char: &char| matches!(char, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}');
    let plain = text.nfkc().filter(|char| !invisible(char));
    let plain: String =
        plain.map(|char| if matches!(char, '\u{2212}' | '\u{2010}' | '\u{2011}') { '-' } else { char }).collect();
    Some(plain.trim().to_owned())
}

/// Folded, without any white space and without the full stop at the end.
pub(crate) fn squeeze(text: &str) -> String {
    let folded = fold(text).unwrap_or_else(|| text.to_owned());
    let squeezed: String = folded.chars().filter(|char| !char.is_whitespace()).collect();
    squeezed.trim_end_matches(['。', '.', ';', ',']).to_owned()
}
