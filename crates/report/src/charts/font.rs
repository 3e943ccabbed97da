//! The font that charts are measured with, and the fonts that readers see.
//!
//! A chart is laid out here and drawn by the reader's browser with the reader's fonts; nothing is embedded in the page.
//! To centre and align labels the layout needs the width of a text, and the face built into the chart library knows no
//! Chinese: it would take each character for half its width. An embedded Chinese font would add megabytes for nothing but
//! widths, so a font of widths alone is made in memory (about 6 kB, every glyph a box): printable ASCII as wide as in
//! common sans-serif faces, everything else as wide as it is high, which is what Chinese characters are.

use std::sync::OnceLock;

/// Family of the measuring font; replaced by [`SHOWN`] in the finished drawing.
pub(super) const MEASURE: &str = "Wufei Widths";

/// What readers see: fonts of the common systems that know Chinese.
pub(super) const SHOWN: &str = "'Noto Sans SC','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif";

/// Advance widths of U+0020 … U+007E in thousandths of the font size.
#[rustfmt::skip]
const ASCII: [u16; 95] = [
    224, 323, 474, 555, 555, 921, 680, 278, 338, 338, 467, 555, 278, 347, 278, 392, 555, 555, 555, 555, 555, 555, 555,
    555, 555, 555, 278, 278, 555, 555, 555, 474, 946, 608, 657, 638, 688, 589, 552, 689, 728, 293, 535, 646, 543, 812,
    723, 742, 633, 742, 635, 596, 599, 721, 575, 878, 573, 531, 603, 338, 392, 338, 555, 559, 606, 563, 618, 510, 620,
    554, 325, 564, 607, 275, 275, 552, 284, 926, 610, 606, 620, 620, 388, 468, 377, 607, 521, 802, 498, 521, 475, 338,
    270, 338, 555,
];
const EM: u16 = 1000;
const FIRST: u16 = 0x20;

/// Registers the measuring font, once per process. When the library refuses it, labels are measured with its own face:
/// less well placed, still right.
pub(super) fn register() {
    static DONE: OnceLock<bool> = OnceLock::new();
    DONE.get_or_init(|| charts_rs::add_fonts(&[&build()]).is_ok());
}

/// A TrueType file (OpenType 1.9 tables `cmap glyf head hhea hmtx loca maxp name`) of boxes.
fn build() -> Vec<u8> {
    // Glyph 0 stands for every character that is not named: one em wide.
    let widths: Vec<u16> = std::iter::once(EM).chain(ASCII).collect();
    let count = u16_len(widths.len());
    let mut glyf = Vec::new();
    let mut loca = Vec::new();
    let mut hmtx = Vec::new();
    for width in &widths {
        loca.extend(u32_len(glyf.len()).to_be_bytes());
        glyf.extend(glyph_box(*width));
        hmtx.extend(words(&[*width, 0]));
    }
    loca.extend(u32_len(glyf.len()).to_be_bytes());

    // Format 6, trimmed array: FIRST onwards are the glyphs 1, 2, …
    let ascii = u16_len(ASCII.len());
    let mut cmap = words(&[0, 1, 3, 1, 0, 12, 6, 10 + 2 * ascii, 0, FIRST, ascii]);
    cmap.extend((1..=ascii).flat_map(u16::to_be_bytes));

    // indexToLocFormat 1: 32-bit offsets.
    let head = words(&[
        1,
        0,
        1,
        0,
        0,
        0,
        0x5F0F,
        0x3CF5,
        0,
        EM,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        NEGATIVE_DESCENT,
        EM,
        ASCENT,
        0,
        8,
        2,
        1,
        0,
    ]);
    let hhea = words(&[1, 0, ASCENT, NEGATIVE_DESCENT, 0, EM, 0, 0, EM, 1, 0, 0, 0, 0, 0, 0, 0, count]);
    let maxp = words(&[1, 0, count, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);

    let family: Vec<u8> = MEASURE.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut name = words(&[0, 1, 18, 3, 1, 0x0409, 1, u16_len(family.len()), 0]);
    name.extend(family);

    assemble(&[
        (b"cmap", cmap),
        (b"glyf", glyf),
        (b"head", head),
        (b"hhea", hhea),
        (b"hmtx", hmtx),
        (b"loca", loca),
        (b"maxp", maxp),
        (b"name", name),
    ])
}

const ASCENT: u16 = 880;
/// −120 as the bits of a signed word.
const NEGATIVE_DESCENT: u16 = 0u16.wrapping_sub(120);

/// A box from the baseline to 750 over the whole width: one contour of four points on the curve.
fn glyph_box(width: u16) -> Vec<u8> {
    const HEIGHT: u16 = 750;
    let mut glyph = words(&[1, 0, 0, width, HEIGHT, 3, 0]);
    glyph.extend([1u8; 4]);
    glyph.extend(words(&[0, width, 0, 0u16.wrapping_sub(width)]));
    glyph.extend(words(&[0, 0, HEIGHT, 0]));
    glyph
}

/// The table directory and the tables, each padded to four bytes.
fn assemble(tables: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut file = words(&[1, 0, u16_len(tables.len()), 128, 3, 0]);
    let mut offset = 12 + 16 * tables.len();
    for (tag, data) in tables {
        file.extend(*tag);
        file.extend([0u8; 4]);
        file.extend(u32_len(offset).to_be_bytes());
        file.extend(u32_len(data.len()).to_be_bytes());
        offset += data.len().next_multiple_of(4);
    }
    for (_, data) in tables {
        file.extend(data);
        file.resize(file.len().next_multiple_of(4), 0);
    }
    file
}

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// Lengths here are below a hundred entries or a few kilobytes.
fn u16_len(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

fn u32_len(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_character_is_measured_as_wide_as_it_is_high() {
        charts_rs::add_fonts(&[&build()]).unwrap();
        let width = |text: &str| charts_rs::measure_text_width_family(MEASURE, 20.0, text).unwrap().width();
        assert_eq!(width("太原市"), 60.0);
        assert!((width("25/25") - 20.0 * (4.0 * 0.555 + 0.392)).abs() < 6.0, "{}", width("25/25"));
    }
}
