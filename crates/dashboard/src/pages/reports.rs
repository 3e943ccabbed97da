//! The editions of the report: the list, an edition as its own page, its files.

use askama::Template;
use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use contracts::evaluation::v1 as pb;
use domain::Text;

use crate::{
    answer::{self, Page},
    format,
    port::{CREATE_REPORT, Refusal},
    shell::{Here, Shell},
    visit::Visit,
};

const DOWNLOAD: &str = "/wufei.evaluation.v1.ReportService/DownloadReport";
/// What the page of a report may load: nothing from elsewhere, and no script. Its style stands in the page itself, so that the
/// page can be handed on as one file.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A rendering that can be downloaded.
struct Format {
    file: &'static str,
    format: pb::ReportFormat,
    name: Text,
}

/// The renderings that this program makes.
fn formats(visit: &Visit) -> Vec<Format> {
    let format = |file, format, (zh, en): (&str, &str)| Format { file, format, name: Text::new(zh, en) };
    let mut formats = vec![
        format("report.html", pb::ReportFormat::Html, ("网页", "page")),
        format("report.json", pb::ReportFormat::Json, ("JSON 数据", "JSON data")),
    ];
    if visit.settings().documents {
        formats.extend([
            format("report.pdf", pb::ReportFormat::Pdf, ("PDF 公文", "PDF for paper")),
            format("report.docx", pb::ReportFormat::Docx, ("DOCX 文稿", "DOCX to go on writing")),
            format("report.xlsx", pb::ReportFormat::Xlsx, ("XLSX 表格", "XLSX tables")),
        ]);
    }
    formats
}

#[derive(Template)]
#[template(path = "reports.html")]
struct List {
    s: Shell,
    reports: Vec<Line>,
    formats: Vec<Format>,
    /// Whether the visitor may make one here.
    may_make: bool,
}

struct Line {
    id: String,
    edition: u32,
    time: String,
    run: String,
    digest: String,
}

pub(super) async fn list(visit: Visit) -> Page {
    listed(&visit).await.map_err(|refusal| visit.refuse(refusal))
}

async fn listed(visit: &Visit) -> Result<Response, Refusal> {
    let answer = visit.ask(pb::ListReportsRequest { page_size: 1000, page_token: String::new() }).await?;
    let reports = answer.reports.into_iter().map(|found| Line {
        id: format::id(&found.name).to_owned(),
        edition: found.edition,
        time: format::time(found.create_time.as_ref()),
        run: format::id(&found.evaluation_run).to_owned(),
        digest: found.content_digest,
    });
    let s = visit.shell(Here::Reports, Text::new("综合报告", "Consolidated reports"));
    let may_make = visit.may_write(CREATE_REPORT);
    Ok(answer::page(&List { s, reports: reports.collect(), formats: formats(visit), may_make }))
}

pub(super) async fn edition(visit: Visit, Path(id): Path<String>) -> Page {
    let mut response = file(&visit, &id, pb::ReportFormat::Html).await.map_err(|refusal| visit.refuse(refusal))?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(response)
}

pub(super) async fn download(visit: Visit, Path((id, name)): Path<(String, String)>) -> Page {
    let Some(found) = formats(&visit).into_iter().find(|format| format.file == name) else {
        return Err(visit.nothing("报告没有这种文件", "a report has no such file"));
    };
    let mut response = file(&visit, &id, found.format).await.map_err(|refusal| visit.refuse(refusal))?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(response)
}

async fn file(visit: &Visit, id: &str, format: pb::ReportFormat) -> Result<Response, Refusal> {
    let request =
        pb::DownloadReportRequest { name: format!("departments/aggregator/reports/{id}"), format: format.into() };
    let pieces: Vec<pb::DownloadReportResponse> = visit.collect(DOWNLOAD, &request).await?;
    let media_type = pieces.first().map(|first| first.media_type.clone()).unwrap_or_default();
    let bytes: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.chunk).collect();
    let kind = HeaderValue::try_from(media_type).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, kind)], bytes).into_response())
}
