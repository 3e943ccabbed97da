//! The text of the files, as programs that know nothing of this one read them.

use std::{
    io::{Cursor, Read as _, Write as _},
    process::{Command, Stdio},
};

use quick_xml::{Reader, events::Event};

/// The text of a PDF in the order in which it is read, by poppler; pages end with a form feed.
pub(crate) fn pdf(bytes: &[u8]) -> String {
    let mut child = Command::new("pdftotext")
        .args(["-raw", "-enc", "UTF-8", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("pdftotext is missing: cargo xtask test installs poppler-utils");
    let mut input = child.stdin.take().unwrap();
    // What is written before all is read would wait for the other side.
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || input.write_all(&bytes));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// A part of a DOCX or XLSX.
pub(crate) fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut xml = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut xml).unwrap();
    xml
}

/// The text of a DOCX by paragraph: the style, and every `w:t` in it.
pub(crate) fn docx(bytes: &[u8]) -> Vec<(String, String)> {
    let xml = part(bytes, "word/document.xml");
    let mut reader = Reader::from_str(&xml);
    let (mut paragraphs, mut inside) = (Vec::<(String, String)>::new(), false);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) if tag.name().as_ref() == "w:p" => paragraphs.push(Default::default()),
            Event::Start(tag) if tag.name().as_ref() == "w:t" => inside = true,
            Event::End(tag) if tag.name().as_ref() == "w:t" => inside = false,
            Event::Empty(tag) if tag.name().as_ref() == "w:pStyle" => {
                let value = tag.try_get_attribute("w:val").unwrap().unwrap().value;
                paragraphs.last_mut().unwrap().0 = value.into_owned();
            }
            Event::Text(piece) if inside => paragraphs.last_mut().unwrap().1.push_str(&piece),
            Event::GeneralRef(name) if inside => {
                let character = name.resolve_char_ref().unwrap().map(String::from);
                let name = name.into_inner();
                let named = || quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned);
                paragraphs.last_mut().unwrap().1.push_str(&character.or_else(named).unwrap());
            }
            Event::Eof => return paragraphs,
            Event::Start(_)
            | Event::End(_)
            | Event::Empty(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
}
