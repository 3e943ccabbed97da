//! Styles of official documents (GB/T 9704-2012): names of fonts as offices have them, sizes in half points.
//!
//! A machine without a font shows its alternative, see the module `package`. Headings are those that Word and WPS collect
//! for the table of contents.

use docx_rs::{AlignmentType, Docx, LineSpacing, LineSpacingType, RunFonts, SpecialIndentType, Style, StyleType};

/// 标题.
pub(super) const TITLE: &str = "方正小标宋简体";
/// 一级标题.
pub(super) const BLACK: &str = "黑体";
/// 二级标题.
pub(super) const KAI: &str = "楷体_GB2312";
/// 正文.
pub(super) const FANGSONG: &str = "仿宋_GB2312";
/// Latin letters and digits.
pub(super) const LATIN: &str = "Times New Roman";

/// 2号, 3号, 小四, 五号, 小五 in half points.
const SIZE_2: usize = 44;
const SIZE_3: usize = 32;
const SIZE_SMALL_4: usize = 24;
const SIZE_5: usize = 21;
pub(super) const SIZE_SMALL_5: usize = 18;

fn fonts(east_asia: &str) -> RunFonts {
    RunFonts::new().ascii(LATIN).hi_ansi(LATIN).cs(LATIN).east_asia(east_asia)
}

/// 28 points a line: 22 lines on a page.
fn lines() -> LineSpacing {
    LineSpacing::new().line_rule(LineSpacingType::Exact).line(560)
}

fn paragraph(id: &str, name: &str, font: &str, size: usize) -> Style {
    Style::new(id, StyleType::Paragraph).name(name).fonts(fonts(font)).size(size).q_format(true)
}

fn spaced(before: u32, after: u32) -> LineSpacing {
    LineSpacing::new().before(before).after(after)
}

pub(super) fn styles(docx: Docx) -> Docx {
    let heading = |id: &str, name: &str, font: &str, level: usize| {
        paragraph(id, name, font, SIZE_3).outline_lvl(level).line_spacing(spaced(240, 120)).next("Body")
    };
    docx.default_fonts(fonts(FANGSONG))
        .default_size(SIZE_3)
        .add_style(
            paragraph("Body", "正文文字", FANGSONG, SIZE_3).align(AlignmentType::Both).line_spacing(lines()).indent(
                None,
                Some(SpecialIndentType::FirstLine(640)),
                None,
                None,
            ),
        )
        .add_style(heading("Heading1", "heading 1", BLACK, 0))
        .add_style(heading("Heading2", "heading 2", KAI, 1))
        .add_style(heading("Heading3", "heading 3", FANGSONG, 2).bold())
        .add_style(
            paragraph("Title", "Title", TITLE, SIZE_2).align(AlignmentType::Center).line_spacing(spaced(800, 240)),
        )
        .add_style(
            paragraph("Issuer", "发文机关标志", TITLE, 64)
                .color(super::RED)
                .align(AlignmentType::Center)
                .line_spacing(spaced(240, 480)),
        )
        .add_style(paragraph("DocumentNumber", "发文字号", FANGSONG, SIZE_3).align(AlignmentType::Center))
        .add_style(
            paragraph("Edition", "版次", FANGSONG, SIZE_SMALL_4)
                .align(AlignmentType::Center)
                .line_spacing(spaced(120, 240)),
        )
        .add_style(paragraph("Identity", "标识", FANGSONG, SIZE_5).line_spacing(spaced(40, 40)))
        .add_style(paragraph("ToC1", "toc 1", FANGSONG, SIZE_SMALL_4).line_spacing(spaced(60, 0)))
        .add_style(paragraph("ToC2", "toc 2", FANGSONG, SIZE_SMALL_4).line_spacing(spaced(20, 0)).indent(
            Some(480),
            None,
            None,
            None,
        ))
        .add_style(paragraph("Contents", "目录标题", BLACK, SIZE_3).align(AlignmentType::Center))
        .add_style(paragraph("Note", "说明", FANGSONG, SIZE_SMALL_4).line_spacing(spaced(80, 80)))
        .add_style(
            paragraph("Caption", "caption", BLACK, SIZE_5).align(AlignmentType::Center).line_spacing(spaced(200, 80)),
        )
        .add_style(paragraph("Cell", "表格文字", FANGSONG, SIZE_SMALL_5))
        .add_style(paragraph("Item", "列表", FANGSONG, SIZE_3).line_spacing(lines()).indent(
            Some(640),
            None,
            None,
            None,
        ))
}
