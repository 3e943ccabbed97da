//! What is signed, in the browser or by file: the page with the exact bytes, and the signatures that come back.
//!
//! The private key never comes here. The browser reads it from the person's file, signs, and forgets it; or `wufei sign` does, from the
//! file that this page gives out, and the person uploads what it wrote.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use contracts::log::v1::Signature;
use domain::{Lang, Text};
use serde::{Deserialize, Serialize};

use super::{
    Told, Writing, blocking,
    form::Posted,
    port::{Denied, Message},
    said::{Said, Words},
};
use crate::{
    answer,
    port::RefusalKind,
    shell::{Here, Shell},
    visit::Visit,
};

/// Format of the file to sign.
pub(crate) const TO_SIGN: &str = "wufei.to-sign/v1";
/// Format of the file with the signatures.
const SIGNED: &str = "wufei.signed/v1";

/// The page on which something is signed.
#[derive(Template)]
#[template(path = "writing/sign.html")]
pub(crate) struct SignPage {
    pub(crate) s: Shell,
    /// What is signed, in one sentence.
    pub(crate) what: Text,
    /// What the messages say.
    pub(crate) said: Vec<Said>,
    /// More of it, as HTML that a template made; empty when there is no more.
    pub(crate) more: String,
    pub(crate) messages: Vec<Shown>,
    /// Where the signatures go.
    pub(crate) action: String,
    /// Where the file to sign is.
    pub(crate) file: String,
    /// Fields that go with the signatures.
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) back: String,
    /// Where the form goes back to with what was typed; none where it is in the address of `back`.
    pub(crate) edit: Option<String>,
    pub(crate) token: String,
}

/// A message on the page.
pub(crate) struct Shown {
    method: &'static str,
    digest: String,
    bytes: usize,
    rows: usize,
    base64: String,
}

impl Shown {
    pub(crate) fn of(message: &Message) -> Self {
        Self {
            method: message.method,
            digest: message.digest(),
            bytes: message.bytes.len(),
            rows: message.rows.len(),
            base64: BASE64_STANDARD.encode(&message.bytes),
        }
    }
}

/// The file to sign.
#[derive(Serialize)]
struct ToSign {
    format: &'static str,
    requests: Vec<Request>,
}

#[derive(Serialize)]
struct Request {
    method: &'static str,
    sha256: String,
    message: String,
}

/// The file to sign with `wufei sign`.
pub(crate) fn to_sign(messages: &[Message]) -> serde_json::Result<Vec<u8>> {
    let requests = messages.iter().map(|message| Request {
        method: message.method,
        sha256: message.digest(),
        message: BASE64_STANDARD.encode(&message.bytes),
    });
    serde_json::to_vec_pretty(&ToSign { format: TO_SIGN, requests: requests.collect() })
}

/// What the browser or `wufei sign` wrote.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    format: String,
    signatures: Vec<One>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct One {
    sha256: String,
    algorithm: String,
    key_id: String,
    value: String,
}

/// The signatures of a form, one for each message, in their order.
///
/// # Errors
/// A page: there are none, they cannot be read, or they are over other bytes than those that would be sent now.
pub(crate) fn signatures(
    visit: &Visit,
    writing: &Writing,
    posted: &mut Posted,
    messages: &[Message],
) -> Result<Vec<Signature>, Response> {
    let file = posted.take_file("signatures");
    let text = match &file {
        Some(file) => String::from_utf8_lossy(&file.bytes).into_owned(),
        None => posted.field("signatures").to_owned(),
    };
    let unsigned = |status, zh: &str, en: &str| {
        writing.told(visit, status, Text::new("没有提交", "Nothing was submitted"), Text::new(zh, en))
    };
    if text.trim().is_empty() {
        return Err(unsigned(
            StatusCode::BAD_REQUEST,
            "没有签名；请选择签名私钥文件签名，或上传 wufei sign 生成的签名文件",
            "there is no signature; choose the file of your signing key, or upload the file that wufei sign wrote",
        ));
    }
    let read = serde_json::from_str::<Signed>(&text).ok().filter(|signed| signed.format == SIGNED);
    let Some(signed) = read else {
        return Err(unsigned(
            StatusCode::BAD_REQUEST,
            "签名文件无法读取；请上传 wufei sign 生成的文件",
            "the file of signatures cannot be read; upload the one that wufei sign wrote",
        ));
    };
    let digests: Vec<String> = messages.iter().map(Message::digest).collect();
    if !signed.signatures.iter().map(|one| &one.sha256).eq(&digests) {
        return Err(unsigned(
            StatusCode::CONFLICT,
            "所签的内容与现在要提交的不同（草稿在签名后改动过，或签的是另一份）；请重新打开签名页",
            "what was signed is not what would be submitted now (the draft was changed since, or it is another one); open the \
             page to sign again",
        ));
    }
    let one = |one: One| {
        let value = BASE64_STANDARD.decode(one.value).ok()?;
        Some(Signature { algorithm: one.algorithm, key_id: one.key_id, value })
    };
    let read: Option<Vec<Signature>> = signed.signatures.into_iter().map(one).collect();
    read.ok_or_else(|| unsigned(StatusCode::BAD_REQUEST, "签名不是 base64", "a signature is not base64"))
}

/// Sends the messages in their order, each with its signature, and gives the answers. What was sent before a refusal is recorded; sent
/// again it is answered with its first receipt.
///
/// # Errors
/// A page with what the node refused, the faults at the rows of the sheet.
pub(crate) async fn send(
    visit: &Visit,
    writing: &Writing,
    messages: &[Message],
    signatures: Vec<Signature>,
    back: &str,
) -> Result<Vec<bytes::Bytes>, Response> {
    let mut answers = Vec::with_capacity(messages.len());
    for (message, signature) in messages.iter().zip(signatures) {
        let sent = writing.writer().write(&visit.visitor, visit.lang, message, signature).await;
        answers.push(sent.map_err(|denied| denial(visit, writing, message, denied, back))?);
    }
    Ok(answers)
}

/// A page about what the node refused.
pub(crate) fn denial(visit: &Visit, writing: &Writing, message: &Message, denied: Denied, back: &str) -> Response {
    let Denied { refusal, faults } = denied;
    let status = match refusal.kind {
        RefusalKind::NotFound => StatusCode::NOT_FOUND,
        RefusalKind::Denied => StatusCode::FORBIDDEN,
        RefusalKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        RefusalKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        RefusalKind::Fault => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let faults = faults.into_iter().map(|fault| (place(&fault.field, message, visit.lang), fault.text)).collect();
    let s = visit.shell(writing.0.here, Text::new("没有提交：节点没有接受", "Nothing was submitted: the node refused"));
    let text = Text::new(&refusal.text, &refusal.text);
    answer::with_status(status, &Told { s, text, faults, reason: refusal.reason, back: back.to_owned() })
}

/// `requests[3].observation.scope`, and of a correction `observation.scope`, as the row of the sheet and the field.
fn place(field: &str, message: &Message, lang: Lang) -> String {
    let at = field.strip_prefix("requests[").and_then(|rest| rest.split_once(']'));
    let of_batch = at.and_then(|(number, rest)| Some((message.rows.get(number.parse::<usize>().ok()?)?, rest)));
    let of_one = match message.rows.as_slice() {
        [only] if field.starts_with("observation") => Some((only, field)),
        _ => None,
    };
    match of_batch.or(of_one) {
        Some((row, rest)) => {
            let rest = rest.trim_start_matches('.').trim_start_matches("observation").trim_start_matches('.');
            let row = Text::new(format!("第 {row} 行"), format!("row {row}"));
            format!("{} {rest}", row.get(lang)).trim_end().to_owned()
        }
        None => field.to_owned(),
    }
}

/// The file to sign, made beside the threads that answer.
pub(crate) async fn file(visit: &Visit, messages: Vec<Message>, name: &str) -> super::Answer {
    let made = blocking(visit, move || to_sign(&messages)).await?;
    let bytes = made.map_err(|error| super::fault_at(Here::Elsewhere, visit, &error))?;
    Ok(super::download("application/json", name, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_the_node_is_told_at_the_row_of_the_sheet() {
        let message = Message { method: "m", bytes: bytes::Bytes::new(), rows: vec![4, 9] };
        let at = |field: &str| place(field, &message, Lang::Zh);
        assert_eq!(at("requests[1].observation.scope"), "第 9 行 scope");
        assert_eq!(at("requests[0].observation"), "第 4 行");
        assert_eq!(at("requests[2].observation"), "requests[2].observation");
        assert_eq!(at("parent"), "parent");
        let correction = Message { rows: vec![7], ..message.clone() };
        assert_eq!(place("observation.value.unit", &correction, Lang::En), "row 7 value.unit");
    }
}
