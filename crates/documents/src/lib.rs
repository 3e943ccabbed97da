//! The consolidated report as files for offices: PDF, XLSX and DOCX.
//!
//! Pure: no files, no clock, no network. The same report with the same options gives the same bytes, so whoever has the
//! signed `report.json` can make a document again and compare. All three are made from one [content](content), which is
//! written in the order of a 绩效评价报告 (财预〔2020〕10号); only the workbook's formulas and charts are its own.
//!
//! A crate of its own because of what it builds on: typst alone takes minutes to compile.

mod content;
mod docx;
mod drawing;
mod fonts;
mod pdf;
mod qr;
mod xlsx;

use domain::Lang;
use report::Report;

pub use pdf::STANDARDS;

/// What a document is made with, besides the report.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// Language.
    pub lang: Lang,
    /// The edition to compare with; none when there is none, or none was given.
    pub previous: Option<&'a Report>,
    /// Who issues it (发文机关标志). Without it the place for it is printed: the program issues nothing.
    pub issuer: Option<&'a str>,
    /// Number of the official document (发文字号), given by the issuing authority. Without it the place for it is printed.
    pub number: Option<&'a str>,
}

/// Why a document cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A chart could not be drawn.
    #[error("图表无法绘制 (a chart could not be drawn): {0}")]
    Chart(String),
    /// The pages could not be set, or break a rule of the PDF standard.
    #[error("PDF 无法排版 (the PDF could not be set): {0}")]
    Pdf(String),
    /// The workbook could not be written.
    #[error("XLSX 无法生成 (the workbook could not be written): {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The text document could not be written.
    #[error("DOCX 无法生成 (the text document could not be written): {0}")]
    Text(String),
    /// The code for scanning could not be made.
    #[error("二维码无法生成 (the QR code could not be made): {0}")]
    Code(String),
}

impl From<charts_rs::Error> for Error {
    fn from(error: charts_rs::Error) -> Self {
        Self::Chart(error.to_string())
    }
}

/// The report as PDF, by the standards [`STANDARDS`].
///
/// # Errors
/// [`Error`].
pub fn pdf(report: &Report, options: &Options<'_>) -> Result<Vec<u8>, Error> {
    pdf::render(&content::write(report, options)?)
}

/// The report as a workbook: a sheet per table, scores by formula, native charts.
///
/// # Errors
/// [`Error`].
pub fn xlsx(report: &Report, options: &Options<'_>) -> Result<Vec<u8>, Error> {
    xlsx::render(report, options, &content::write(report, options)?)
}

/// The report as a text document in the styles of official documents.
///
/// # Errors
/// [`Error`].
pub fn docx(report: &Report, options: &Options<'_>) -> Result<Vec<u8>, Error> {
    docx::render(&content::write(report, options)?)
}

/// What the QR code says, one line a fact, so that any reader's phone shows it: which report, which edition, which snapshot,
/// the digest of its figures.
#[must_use]
pub fn verification(report: &Report) -> String {
    format!(
        "wufei report\n{}\nedition {}\nas of {}\nsnapshot {}\ndigest {}",
        report.name, report.edition, report.as_of_date, report.snapshot_id, report.content_digest
    )
}
