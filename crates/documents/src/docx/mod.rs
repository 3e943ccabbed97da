//! DOCX, for the workflow of official documents: people go on writing in it.

mod blocks;
mod package;
mod style;

use docx_rs::{
    AlignmentType, BreakType, Docx, Footer, Header, PageMargin, PageNum, Paragraph, ParagraphBorder,
    ParagraphBorderPosition, ParagraphBorders, Run, TableOfContents, TableOfContentsItem,
};

use crate::{
    Error,
    content::{Block, Document},
    qr,
};

/// Twentieths of a point in a millimetre.
const TWIPS_PER_MM: f64 = 1440.0 / 25.4;
/// English metric units in a millimetre.
const EMU_PER_MM: u32 = 36_000;
/// Width of the type area of GB/T 9704.
const TYPE_AREA_MM: f64 = 156.0;
const RED: &str = "C00000";

/// A length in twentieths of a point.
#[expect(clippy::cast_possible_truncation, reason = "lengths on a page of A4")]
fn twips(mm: f64) -> i32 {
    (mm * TWIPS_PER_MM).round() as i32
}

pub(crate) fn render(document: &Document) -> Result<Vec<u8>, Error> {
    let mut docx = style::styles(Docx::new())
        .page_size(twips(210.0).unsigned_abs(), twips(297.0).unsigned_abs())
        .page_margin(PageMargin {
            top: twips(37.0),
            bottom: twips(35.0),
            left: twips(28.0),
            right: twips(26.0),
            header: twips(20.0),
            footer: twips(25.0),
            gutter: 0,
        })
        .created_at(&stamp(document))
        .updated_at(&stamp(document))
        .footer(footer(document, AlignmentType::Right))
        .even_footer(footer(document, AlignmentType::Left));
    if document.synthetic {
        docx = docx.header(header(document)).even_header(header(document));
    }
    let mut writer = blocks::Writer::new(document);
    docx = cover(docx, document, &mut writer)?
        .add_paragraph(blocks::plain("Contents", document.words.contents).page_break_before(true))
        .add_table_of_contents(contents(document));
    docx = writer.block(docx, &Block::NewPage)?;
    for chapter in &document.chapters {
        docx = docx.add_paragraph(writer.heading(1, &chapter.title));
        for block in &chapter.blocks {
            docx = writer.block(docx, block)?;
        }
    }
    package::write(docx, &writer.pictures)
}

/// The table of contents: headings of the first two levels, which lead to their bookmarks.
fn contents(document: &Document) -> TableOfContents {
    let headings = document.chapters.iter().flat_map(|chapter| {
        let sections = chapter
            .blocks
            .iter()
            .filter_map(|block| if let Block::Heading { level: 2, text } = block { Some((2, text)) } else { None });
        std::iter::once((1, &chapter.title)).chain(sections)
    });
    let contents = TableOfContents::new().heading_styles_range(1, 2).hyperlink().dirty();
    headings.zip(1..).fold(contents, |contents, ((level, text), number)| {
        let item = TableOfContentsItem::new().text(text).level(level).toc_key(blocks::heading_name(number));
        contents.add_item(item)
    })
}

/// The day of the report as the file's time; never that of the clock.
fn stamp(document: &Document) -> String {
    let [year, month, day] = document.date;
    format!("{year:04}-{month:02}-{day:02}T00:00:00Z")
}

fn header(document: &Document) -> Header {
    let text = format!("{}　{}", document.words.synthetic, document.words.synthetic_note);
    let run = Run::new().add_text(text).bold().color(RED).size(20);
    Header::new().add_paragraph(Paragraph::new().align(AlignmentType::Center).add_run(run))
}

fn footer(document: &Document, side: AlignmentType) -> Footer {
    let number = Paragraph::new()
        .align(side)
        .add_run(Run::new().add_text("— ").size(28))
        .add_page_num(PageNum::new())
        .add_run(Run::new().add_text(" —").size(28));
    let note = Paragraph::new().align(side).add_run(Run::new().add_text(&document.words.foot).size(15).color("555555"));
    Footer::new().add_paragraph(number).add_paragraph(note)
}

/// The red head, the title, and what identifies the report.
fn cover(mut docx: Docx, document: &Document, writer: &mut blocks::Writer<'_>) -> Result<Docx, Error> {
    let line = ParagraphBorder::new(ParagraphBorderPosition::Bottom).size(24).color(RED).space(6);
    let mut number = blocks::plain("DocumentNumber", &document.number);
    number.property = number.property.set_borders(ParagraphBorders::with_empty().set(line));
    docx = docx
        .add_paragraph(blocks::plain("Issuer", &document.issuer))
        .add_paragraph(number)
        .add_paragraph(blocks::plain("Title", &document.title))
        .add_paragraph(blocks::plain("Edition", &document.edition));
    if document.synthetic {
        let text = format!("{}　{}", document.words.synthetic, document.words.synthetic_note);
        let run = Run::new().add_text(text).bold().color(RED);
        docx = docx.add_paragraph(Paragraph::new().style("Edition").add_run(run));
    }
    for (name, value) in &document.identity {
        let name = Run::new().add_text(format!("{name}　")).bold();
        docx = docx.add_paragraph(Paragraph::new().style("Identity").add_run(name).add_run(Run::new().add_text(value)));
    }
    let (image, pixels) = qr::image(&document.verification)?;
    let side = 32 * EMU_PER_MM;
    let pic = writer.picture(image, (pixels, pixels), (side, side), &document.verification);
    docx = docx
        .add_paragraph(Paragraph::new().style("Identity").add_run(Run::new().add_image(pic)))
        .add_paragraph(blocks::plain("Identity", document.words.verify))
        .add_paragraph(blocks::plain("Note", &document.note));
    Ok(docx)
}

/// A new line.
fn line_break() -> Run {
    Run::new().add_break(BreakType::TextWrapping)
}
