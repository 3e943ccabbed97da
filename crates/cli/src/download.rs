//! Fetches a rendering of a report and checks that it arrived whole.

use std::{fs, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use clap::ValueEnum;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{
    failure::{Code, Failure, Outcome},
    link::Link,
    records::at,
};

/// A rendering of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// 机器可读 / for programs
    Json,
    /// 可打印的网页 / a page to read and print
    Html,
    /// 公文样式的 PDF / pages in the look of official documents
    Pdf,
    /// 工作簿，得分由公式算出 / a workbook, scores by formula
    Xlsx,
    /// 可继续编写的公文文档 / a text document to go on writing
    Docx,
}

impl Format {
    fn on_the_wire(self) -> &'static str {
        match self {
            Self::Json => "REPORT_FORMAT_JSON",
            Self::Html => "REPORT_FORMAT_HTML",
            Self::Pdf => "REPORT_FORMAT_PDF",
            Self::Xlsx => "REPORT_FORMAT_XLSX",
            Self::Docx => "REPORT_FORMAT_DOCX",
        }
    }

    /// Whether it is made here from the JSON, so that the words of the command line have a say in it.
    pub(crate) fn is_document(self) -> bool {
        matches!(self, Self::Pdf | Self::Xlsx | Self::Docx)
    }

    /// The name of its file.
    pub(crate) fn file_name(self) -> &'static str {
        match self {
            Self::Json => "report.json",
            Self::Html => "report.html",
            Self::Pdf => "report.pdf",
            Self::Xlsx => "report.xlsx",
            Self::Docx => "report.docx",
        }
    }
}

/// The bytes of a report.
pub(crate) async fn bytes(link: &Link, name: &str, format: Format) -> Outcome<Vec<u8>> {
    let request = json!({"name": name, "format": format.on_the_wire()});
    let chunks = link.stream_all("wufei.evaluation.v1.ReportService/DownloadReport", request).await?;
    let (mut file, mut announced) = (Vec::new(), String::new());
    for chunk in &chunks {
        let bytes =
            BASE64_STANDARD.decode(at(chunk, "/chunk")).map_err(|error| Failure::unexpected("report chunk", error))?;
        file.extend_from_slice(&bytes);
        if announced.is_empty() {
            announced = at(chunk, "/sha256");
        }
    }
    let found = hex::encode(Sha256::digest(&file));
    if found != announced {
        return Err(Failure::new(
            Code::NotVerified,
            format!("报告传输不完整：校验值 {found}，应为 {announced}"),
            format!("the report did not arrive whole: SHA-256 {found}, announced {announced}"),
        ));
    }
    Ok(file)
}

/// Writes a report to a file.
pub(crate) async fn to_file(link: &Link, name: &str, format: Format, path: &Path) -> Outcome<()> {
    write(path, &bytes(link, name, format).await?)
}

/// Writes a file and the folders that it needs.
pub(crate) fn write(path: &Path, file: &[u8]) -> Outcome<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(|error| Failure::unwritable(dir, &error))?;
    }
    fs::write(path, file).map_err(|error| Failure::unwritable(path, &error))
}
