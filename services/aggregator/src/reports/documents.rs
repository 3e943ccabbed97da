//! PDF, XLSX and DOCX of a stored report, where the program was built with them.

use contracts::evaluation::v1 as pb;
use domain::Lang;
#[cfg(not(feature = "documents"))]
use domain::{DomainError, Reason, Text};
use node::desk::DeskError;

#[cfg(feature = "documents")]
use crate::{internal, reports::model};

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// For paper.
    Pdf,
    /// Tables.
    Xlsx,
    /// To go on writing.
    Docx,
}

impl Kind {
    /// Its media type.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        }
    }
}

/// Renders a report, compared with the edition before. Setting pages is work for seconds, so it is done beside the calls.
///
/// # Errors
/// [`Reason::Internal`](domain::Reason::Internal) when the stored report cannot be rendered.
#[cfg(feature = "documents")]
pub(super) async fn render(
    kind: Kind,
    report: &pb::Report,
    previous: Option<&pb::Report>,
    lang: Lang,
) -> Result<Vec<u8>, DeskError> {
    let report = model::report(report).map_err(|error| internal(&error))?;
    let previous = previous.map(model::report).transpose().map_err(|error| internal(&error))?;
    let work = move || {
        let options = documents::Options { lang, previous: previous.as_ref(), ..documents::Options::default() };
        match kind {
            Kind::Pdf => documents::pdf(&report, &options),
            Kind::Xlsx => documents::xlsx(&report, &options),
            Kind::Docx => documents::docx(&report, &options),
        }
    };
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| internal(&error))?;
    done.map_err(|error| internal(&error))
}

/// This program was built without documents.
///
/// # Errors
/// Always [`Reason::NotImplemented`].
#[cfg(not(feature = "documents"))]
pub(super) async fn render(
    _kind: Kind,
    _report: &pb::Report,
    _previous: Option<&pb::Report>,
    _lang: Lang,
) -> Result<Vec<u8>, DeskError> {
    let text = Text::new(
        "本节点的程序编译时没有带 PDF、XLSX、DOCX；请用 wufei report --format pdf 在本地由报告 JSON 生成，或改用 JSON、HTML",
        "this node was built without PDF, XLSX and DOCX; make them from the report's JSON with wufei report --format pdf, or \
         ask for JSON or HTML",
    );
    Err(DomainError::new(Reason::NotImplemented, text).into())
}
