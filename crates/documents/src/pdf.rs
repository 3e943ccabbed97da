//! PDF, set by typst.
//!
//! Everything that could differ from one machine to another is left out: the fonts are those in the program, the date is
//! that of the report, nothing is read from the disk or the network.

mod glyphs;

use typst::foundations::{Dict, IntoValue as _, Smart};
use typst_as_lib::TypstEngine;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::{Error, content::Document, fonts::FONTS, qr};

/// The standards that every PDF is checked against while it is written; one that breaks a rule is not handed out.
/// PDF/UA-1 (ISO 14289-1): tagged for screen readers. PDF/A-2a (ISO 19005-2, level A): can be kept for decades.
pub const STANDARDS: [PdfStandard; 2] = [PdfStandard::A_2a, PdfStandard::Ua_1];

const TEMPLATE: &str = include_str!("../templates/report.typ");

pub(crate) fn render(document: &Document) -> Result<Vec<u8>, Error> {
    let failed = |error: String| Error::Pdf(error);
    let data = serde_json::to_string(document).map_err(|error| failed(error.to_string()))?;
    let mut inputs = Dict::new();
    inputs.insert("data".into(), glyphs::printable(&data).into_value());
    inputs.insert("code".into(), qr::drawing(&document.verification)?.into_value());
    let engine = TypstEngine::builder().main_file(TEMPLATE).fonts(FONTS).build();
    let pages: PagedDocument =
        engine.compile_with_input(inputs).output.map_err(|error| failed(format!("{error:?}")))?;
    let options = PdfOptions {
        ident: Smart::Custom(format!("{}#{}", document.verification, document.lang)),
        creator: Smart::Custom(Some("wufei".to_owned())),
        standards: PdfStandards::new(&STANDARDS).map_err(|error| failed(error.message().to_string()))?,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&pages, &options)
        .map_err(|faults| failed(faults.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join("; ")))
}
