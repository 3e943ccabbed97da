//! What a form of these pages sends. Its token comes first and is looked at before anything else of it.

use axum::{
    Extension,
    extract::{Multipart, Query, Request, multipart::MultipartError},
    http::{StatusCode, Uri, header},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use domain::Text;
use futures_util::StreamExt as _;

use super::Writing;
use crate::visit::Visit;

/// Name of the token's field.
const TOKEN: &str = "token";

/// What is read of a form that is refused for its size, so that its browser comes to read the answer: one that closes the connection
/// while a browser still sends is shown as a broken connection.
const READ_AND_DROPPED: usize = 64 << 20;

/// Refuses a form that says itself that it is too large. One that does not is cut off where the bound is.
pub(crate) async fn bounded(
    Extension(writing): Extension<Writing>,
    visit: Visit,
    request: Request,
    next: Next,
) -> Response {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_none_or(|length: usize| length <= writing.most()) {
        return next.run(request).await;
    }
    let (mut read, mut body) = (0, request.into_body().into_data_stream());
    while let Some(Ok(piece)) = body.next().await {
        read += piece.len();
        if read > READ_AND_DROPPED {
            break;
        }
    }
    too_large(&visit, &writing)
}

/// A form with files, token checked.
#[derive(Debug, Default)]
pub(crate) struct Posted {
    fields: Vec<(String, String)>,
    files: Vec<(String, File)>,
}

/// A file of a form.
#[derive(Debug)]
pub(crate) struct File {
    /// What the browser calls it, without folders.
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
}

impl Posted {
    /// Reads a form with files.
    ///
    /// # Errors
    /// A page: the token is missing or not the visitor's, the form is too large or broken.
    pub(crate) async fn read(visit: &Visit, writing: &Writing, mut form: Multipart) -> Result<Self, Response> {
        let broken = |error: MultipartError| unreadable(visit, writing, &error);
        let mut posted = Self::default();
        let mut proved = false;
        while let Some(field) = form.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or_default().to_owned();
            if !proved {
                let token = if name == TOKEN { field.text().await.map_err(broken)? } else { String::new() };
                check(visit, writing, &token)?;
                proved = true;
            } else if let Some(file) = field.file_name().map(|name| name.rsplit(['/', '\\']).next().unwrap_or(name)) {
                let file: String = file.chars().filter(|char| !char.is_control()).take(120).collect();
                let bytes = field.bytes().await.map_err(broken)?;
                // A file field that was left empty is sent as an empty file without a name.
                if !file.is_empty() || !bytes.is_empty() {
                    posted.files.push((name, File { name: file, bytes }));
                }
            } else {
                posted.fields.push((name, field.text().await.map_err(broken)?));
            }
        }
        if proved { Ok(posted) } else { Err(forged(visit, writing)) }
    }

    /// A field by its name; empty when there is none.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// All fields of a name, in their order.
    pub(crate) fn all<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p str> {
        self.fields.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Every field with its name, in their order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A file by the name of its field.
    pub(crate) fn take_file(&mut self, name: &str) -> Option<File> {
        let at = self.files.iter().position(|(found, _)| found == name)?;
        Some(self.files.swap_remove(at).1)
    }
}

/// Fields of a form without files, token checked and left out.
///
/// # Errors
/// A page when the token is missing or not the visitor's.
pub(crate) fn fields(
    visit: &Visit,
    writing: &Writing,
    fields: Vec<(String, String)>,
) -> Result<Vec<(String, String)>, Response> {
    let token = fields.iter().find(|(name, _)| name == TOKEN).map_or("", |(_, value)| value);
    check(visit, writing, token)?;
    Ok(fields.into_iter().filter(|(name, _)| name != TOKEN).collect())
}

fn check(visit: &Visit, writing: &Writing, token: &str) -> Result<(), Response> {
    if writing.0.tokens.is_of(&visit.visitor, token) { Ok(()) } else { Err(forged(visit, writing)) }
}

/// The token is not this person's.
fn forged(visit: &Visit, writing: &Writing) -> Response {
    tracing::warn!(principal = visit.visitor.principal, "a form without its token is refused");
    writing.told(
        visit,
        StatusCode::FORBIDDEN,
        Text::new("表单已失效", "The form does not count any more"),
        Text::new(
            "表单令牌缺失或不属于您（节点重启后旧页面也会如此），没有做任何改动；请重新打开页面再提交",
            "the token of the form is missing or not yours (so it is on old pages after the node was restarted), nothing was \
             changed; open the page again and repeat it",
        ),
    )
}

fn unreadable(visit: &Visit, writing: &Writing, error: &MultipartError) -> Response {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large(visit, writing);
    }
    writing.told(
        visit,
        StatusCode::BAD_REQUEST,
        Text::new("没有读到上传的内容", "The upload cannot be read"),
        Text::new("请重新打开页面再上传", "open the page again and repeat it"),
    )
}

fn too_large(visit: &Visit, writing: &Writing) -> Response {
    let most = writing.0.bounds.content >> 10;
    writing.told(
        visit,
        StatusCode::PAYLOAD_TOO_LARGE,
        Text::new("文件太大", "The file is too large"),
        Text::new(
            format!("上传的内容超过上限 {most} KB，没有保存；工作簿请只保留填报表，删去图片和其他工作表"),
            format!(
                "the upload has more than {most} KB and was not kept; of a workbook keep the sheet to fill only, without pictures and \
                 other sheets"
            ),
        ),
    )
}

/// Pairs of a query (application/x-www-form-urlencoded).
pub(crate) fn pairs(query: Option<&str>) -> Vec<(String, String)> {
    let uri = format!("/?{}", query.unwrap_or_default()).parse::<Uri>();
    let read = uri.ok().and_then(|uri| Query::<Vec<(String, String)>>::try_from_uri(&uri).ok());
    read.map(|found| found.0).unwrap_or_default()
}
