//! Blocks as paragraphs and tables.

use std::collections::HashSet;

use docx_rs::{
    AlignmentType, BorderType, Docx, Hyperlink, HyperlinkType, Paragraph, Pic, Run, Shading, Table, TableBorder,
    TableBorderPosition, TableBorders, TableCell, TableCellMargins, TableLayoutType, TableRow, WidthType,
};

use super::{EMU_PER_MM, RED, TYPE_AREA_MM, line_break, style, twips};
use crate::{
    Error,
    content::{self, Align, Block, Document},
    drawing,
};

/// A paragraph of plain text in a style.
pub(super) fn plain(style: &str, text: &str) -> Paragraph {
    Paragraph::new().style(style).add_run(Run::new().add_text(text))
}

/// The bookmark of a heading, counted from 1, that the table of contents leads to.
pub(super) fn heading_name(number: usize) -> String {
    format!("_Toc{number:08}")
}

/// Writes blocks one after the other. It counts what needs an id: the library counts over all documents that were ever made,
/// so that the same document would get other bytes the next time.
pub(super) struct Writer<'a> {
    document: &'a Document,
    /// Figures whose source is named; each place has one bookmark.
    anchors: HashSet<usize>,
    bookmarks: usize,
    headings: usize,
    /// What each picture shows, for who cannot see it, in the order of the pictures.
    pub(super) pictures: Vec<String>,
    /// Whether the next heading stands on a new page.
    new_page: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self { document, anchors: HashSet::new(), bookmarks: 0, headings: 0, pictures: Vec::new(), new_page: false }
    }

    /// A heading of level 1 to 3; the first two levels stand in the table of contents.
    pub(super) fn heading(&mut self, level: u8, text: &str) -> Paragraph {
        let mut paragraph = Paragraph::new().style(&format!("Heading{level}")).keep_next(true);
        if std::mem::take(&mut self.new_page) {
            paragraph = paragraph.page_break_before(true);
        }
        let run = Run::new().add_text(text);
        if level > 2 {
            return paragraph.add_run(run);
        }
        self.headings += 1;
        let name = heading_name(self.headings);
        self.marked(paragraph, name, run)
    }

    /// A run with a bookmark around it.
    fn marked(&mut self, paragraph: Paragraph, name: String, run: Run) -> Paragraph {
        self.bookmarks += 1;
        paragraph.add_bookmark_start(self.bookmarks, name).add_run(run).add_bookmark_end(self.bookmarks)
    }

    /// A picture of so many pixels in the size that it is printed in, and what it shows.
    pub(super) fn picture(&mut self, image: Vec<u8>, pixels: (u32, u32), size: (u32, u32), shows: &str) -> Pic {
        self.pictures.push(shows.to_owned());
        let pic = Pic::new_with_dimensions(image, pixels.0, pixels.1).size(size.0, size.1);
        pic.id(format!("rIdImage{}", self.pictures.len()))
    }

    pub(super) fn block(&mut self, docx: Docx, block: &Block) -> Result<Docx, Error> {
        Ok(match block {
            Block::Heading { level, text } => docx.add_paragraph(self.heading(*level, text)),
            Block::Para { runs } => docx.add_paragraph(self.paragraph("Body", runs)),
            Block::Note { runs } => docx.add_paragraph(self.paragraph("Note", runs)),
            Block::List { items } => items.iter().fold(docx, |docx, item| {
                let runs: Vec<content::Run> =
                    [content::Run::text("· ")].into_iter().chain(item.iter().cloned()).collect();
                docx.add_paragraph(self.paragraph("Item", &runs))
            }),
            Block::Terms { terms } => terms.iter().fold(docx, |docx, (name, runs)| {
                let paragraph = Paragraph::new().style("Body").add_run(Run::new().add_text(format!("{name}　")).bold());
                docx.add_paragraph(self.runs(paragraph, runs))
            }),
            Block::Table(table) => docx
                .add_paragraph(plain("Caption", &table.caption).keep_next(true))
                .add_table(self.table(table))
                .add_paragraph(plain("Cell", "")),
            Block::Drawing { svg, title, describe } => {
                let (image, width, height) = drawing::image(svg)?;
                let wide = 156 * EMU_PER_MM;
                let high = u32::try_from(u64::from(wide) * u64::from(height) / u64::from(width.max(1)));
                let high = high.map_err(|error| Error::Text(error.to_string()))?;
                let pic = self.picture(image, (width, height), (wide, high), describe);
                let mut docx = docx;
                if self.document.synthetic {
                    let run = Run::new().add_text(self.document.words.synthetic).bold().color(RED);
                    docx = docx.add_paragraph(Paragraph::new().style("Caption").keep_next(true).add_run(run));
                }
                docx.add_paragraph(Paragraph::new().keep_next(true).add_run(Run::new().add_image(pic)))
                    .add_paragraph(plain("Caption", title))
            }
            Block::NewPage => {
                self.new_page = true;
                docx
            }
            Block::Write => {
                let run = Run::new().add_text(self.document.words.write).color("7F7F7F");
                docx.add_paragraph(Paragraph::new().style("Body").add_run(run))
            }
        })
    }

    fn paragraph(&mut self, style: &str, runs: &[content::Run]) -> Paragraph {
        self.runs(Paragraph::new().style(style), runs)
    }

    fn runs(&mut self, paragraph: Paragraph, runs: &[content::Run]) -> Paragraph {
        runs.iter().fold(paragraph, |paragraph, run| self.run(paragraph, run))
    }

    fn run(&mut self, paragraph: Paragraph, run: &content::Run) -> Paragraph {
        let text = |text: &str| Run::new().add_text(text);
        match run {
            content::Run::Text { text: words } | content::Run::Code { text: words } => paragraph.add_run(text(words)),
            content::Run::Small { text: words } => paragraph.add_run(text(words).color("555555")),
            content::Run::Flag { text: words } => paragraph.add_run(text(words).color("7A3E00")),
            content::Run::Light { sign, text: words, colour } => {
                paragraph.add_run(text(&format!("{sign} {words}")).color(light(colour)))
            }
            content::Run::Figure { number, text: words } => {
                paragraph.add_run(text(words)).add_hyperlink(link(*number, &format!("[{number}]")))
            }
            content::Run::Mention { number } => paragraph.add_hyperlink(link(*number, &format!("→{number}"))),
            content::Run::Anchor { number } => {
                let run = text(&format!("[{number}]"));
                if !self.anchors.insert(*number) {
                    return paragraph.add_run(run);
                }
                self.marked(paragraph, name(*number), run)
            }
            content::Run::Break => paragraph.add_run(line_break()),
        }
    }

    fn table(&mut self, table: &content::Table) -> Table {
        let sum: u32 = table.columns.iter().map(|column| u32::from(column.width)).sum();
        let width = |column: &content::Column| {
            let share = f64::from(column.width) / f64::from(sum.max(1));
            twips(TYPE_AREA_MM * share).unsigned_abs() as usize
        };
        let widths: Vec<usize> = table.columns.iter().map(width).collect();
        let head = table.columns.iter().zip(&widths).map(|(column, width)| {
            let run = Run::new().add_text(&column.title).bold();
            TableCell::new()
                .width(*width, WidthType::Dxa)
                .shading(Shading::new().fill("EEEEEE"))
                .add_paragraph(Paragraph::new().style("Cell").align(side(column.align)).keep_next(true).add_run(run))
        });
        let mut rows = vec![TableRow::new(head.collect()).cant_split()];
        for row in &table.rows {
            let mut cells = Vec::with_capacity(widths.len());
            for (at, (column, width)) in table.columns.iter().zip(&widths).enumerate() {
                let runs = row.cells.get(at).map_or(&[][..], |cell| &cell.runs);
                let paragraph = self.paragraph("Cell", runs).align(side(column.align));
                cells.push(TableCell::new().width(*width, WidthType::Dxa).add_paragraph(paragraph));
            }
            rows.push(TableRow::new(cells).cant_split());
        }
        Table::new(rows)
            .set_grid(widths)
            .layout(TableLayoutType::Fixed)
            .width(twips(TYPE_AREA_MM).unsigned_abs() as usize, WidthType::Dxa)
            .margins(TableCellMargins::new().margin(30, 60, 30, 60))
            .set_borders(borders())
    }
}

/// The bookmark of a figure's source.
fn name(number: usize) -> String {
    format!("source_{number}")
}

fn link(number: usize, text: &str) -> Hyperlink {
    let run = Run::new().add_text(text).size(style::SIZE_SMALL_5 - 4).color("555555");
    Hyperlink::new(name(number), HyperlinkType::Anchor).add_run(run)
}

fn side(align: Align) -> AlignmentType {
    match align {
        Align::Left => AlignmentType::Left,
        Align::Center => AlignmentType::Center,
        Align::Right => AlignmentType::Right,
    }
}

fn borders() -> TableBorders {
    use TableBorderPosition::{Bottom, InsideH, Top};
    let line = |position, size| TableBorder::new(position).border_type(BorderType::Single).size(size);
    TableBorders::with_empty().set(line(Top, 8)).set(line(Bottom, 8)).set(line(InsideH, 2).color("AAAAAA"))
}

/// The colours of the lights, dark enough to be read on white.
fn light(colour: &str) -> &'static str {
    match colour {
        "red" => "B00020",
        "yellow" => "7A5C00",
        "green" => "00693E",
        "blue" => "0050A0",
        _ => "555555",
    }
}
