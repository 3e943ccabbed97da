//! The parts of the file that the library does not write, or not the same each time: alternative fonts, head rows that return
//! on each page, what pictures show, ids of paragraphs.

use std::{io::Cursor, iter};

use docx_rs::Docx;
use quick_xml::escape::escape;

use super::style::{BLACK, FANGSONG, KAI, LATIN, TITLE};
use crate::Error;

/// A font that offices have, and what is shown where it is missing.
const FONTS: [(&str, &str); 5] =
    [(TITLE, "宋体"), (BLACK, "SimHei"), (KAI, "楷体"), (FANGSONG, "仿宋"), (LATIN, "Liberation Serif")];

/// The file. `pictures` says what each picture shows.
pub(super) fn write(docx: Docx, pictures: &[String]) -> Result<Vec<u8>, Error> {
    let mut parts = docx.build();
    let document = String::from_utf8(parts.document).map_err(|error| Error::Text(error.to_string()))?;
    parts.document = describe(&contents(&repeat_heads(&document)), pictures).into_bytes();
    let mut next = 1;
    for part in iter::once(&mut parts.document).chain(&mut parts.headers).chain(&mut parts.footers) {
        *part = paragraph_ids(part, &mut next)?;
    }
    parts.font_table = font_table().into_bytes();
    let mut file = Cursor::new(Vec::new());
    parts.pack(&mut file).map_err(|error| Error::Text(error.to_string()))?;
    Ok(file.into_inner())
}

/// Says what each picture shows, for who cannot see it (`wp:docPr`, ISO/IEC 29500-1, 20.4.2.5), and gives each an id of its own: the
/// library gives all the same.
fn describe(document: &str, pictures: &[String]) -> String {
    const PICTURE: &str = "<wp:docPr id=\"1\" name=\"Figure\"";
    let mut pieces = document.split(PICTURE);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    let pictures = pictures.iter().map(String::as_str).chain(iter::repeat(""));
    for ((piece, shows), id) in pieces.zip(pictures).zip(1..) {
        let shows = escape(shows);
        text.push_str(&format!("<wp:docPr id=\"{id}\" name=\"Figure {id}\" descr=\"{shows}\"{piece}"));
    }
    text
}

/// Numbers the paragraphs in their order. The library gives them numbers that depend on what the thread made before, some twice.
fn paragraph_ids(part: &[u8], next: &mut u32) -> Result<Vec<u8>, Error> {
    const ID: &str = "<w:p w14:paraId=\"";
    let part = std::str::from_utf8(part).map_err(|error| Error::Text(error.to_string()))?;
    let mut pieces = part.split(ID);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.find('"').map_or("", |end| &piece[end..]);
        text.push_str(&format!("{ID}{next:08X}{rest}"));
        *next += 1;
    }
    Ok(text.into_bytes())
}

/// Marks the first row of each table as one that is repeated (`w:tblHeader`, ISO/IEC 29500-1, 17.4.78).
fn repeat_heads(document: &str) -> String {
    const TABLE: &str = "<w:tbl>";
    const ROW: &str = "<w:trPr>";
    let mut pieces = document.split(TABLE);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        text.push_str(TABLE);
        text.push_str(&piece.replacen(ROW, &format!("{ROW}<w:tblHeader />"), 1));
    }
    text
}

/// The table of contents as other readers than Word understand it: one block marked as such, the parts of a field in runs of
/// their own, and page numbers at the edge of the type area.
fn contents(document: &str) -> String {
    const BETWEEN: &str = "</w:r><w:r>";
    let edge = format!("w:leader=\"dot\" w:pos=\"{}\"", super::twips(super::TYPE_AREA_MM));
    const OPEN: &str = "<w:sdt><w:sdtPr><w:rPr /></w:sdtPr><w:sdtContent><w:sdt><w:sdtPr /><w:sdtContent>";
    const CLOSE: &str = "</w:sdtContent></w:sdt></w:sdtContent></w:sdt>";
    const MARKED: &str = "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val=\"Table of Contents\"/><w:docPartUnique/>\
                          </w:docPartObj></w:sdtPr><w:sdtContent>";
    document
        .replacen(OPEN, MARKED, 1)
        .replacen(CLOSE, "</w:sdtContent></w:sdt>", 1)
        .replace("w:leader=\"dot\" w:pos=\"80000\"", &edge)
        .replace("<w:instrText>", &format!("{BETWEEN}<w:instrText xml:space=\"preserve\">"))
        .replace("</w:instrText>", &format!("</w:instrText>{BETWEEN}"))
        .replace(
            "<w:fldChar w:fldCharType=\"separate\" w:dirty=\"false\" />",
            &format!("<w:fldChar w:fldCharType=\"separate\" />{BETWEEN}"),
        )
}

fn font_table() -> String {
    let fonts: String = FONTS
        .iter()
        .map(|(name, other)| format!("<w:font w:name=\"{name}\"><w:altName w:val=\"{other}\"/></w:font>"))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\
         <w:fonts xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">{fonts}</w:fonts>"
    )
}
