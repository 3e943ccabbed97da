//! Signing a draft: what is new becomes a submission, what is on record with another value a correction, and so does what was returned;
//! then the draft is gone.

use askama::Template;
use axum::{
    Extension,
    extract::{Multipart, Path, RawQuery},
    http::StatusCode,
    response::Response,
};
use contracts::exchange::v1 as exchange;
use domain::{CorrectionReason, Text};
use prost::Message as _;

use super::{
    Answer, Clerks, SUBMIT, blocking,
    draft::{Opened, opened},
    fault,
    figures::{self, Figure},
    form::{Posted, pairs},
    port::{Correction, Desk, Facts, Message},
    signing::{self, Shown, SignPage},
    to, told,
};
use crate::{
    answer,
    shell::{Here, Shell},
    visit::Visit,
};

/// The figures as a part of the page.
#[derive(Template)]
#[template(path = "intake/figures.html")]
struct FiguresPart {
    s: Shell,
    figures: Vec<Figure>,
}

/// Why figures on record are to say something else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Why {
    reason: Option<CorrectionReason>,
    note: String,
}

impl Why {
    /// From `reason=…&note=…`.
    fn of_query(query: Option<&str>) -> Self {
        let found = pairs(query);
        let get = |name: &str| found.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value);
        Self::of(get("reason"), get("note"))
    }

    fn of(reason: &str, note: &str) -> Self {
        Self {
            reason: CorrectionReason::from_code(reason).filter(|one| CorrectionReason::OF_FIGURES.contains(one)),
            note: note.trim().to_owned(),
        }
    }

    fn code(&self) -> &'static str {
        self.reason.map_or("", CorrectionReason::code)
    }
}

/// What a draft becomes on the wire.
struct Plan {
    opened: Opened,
    messages: Vec<Message>,
    new: usize,
    corrections: usize,
}

/// A draft with faults or questions, or without anything new, becomes nothing.
async fn plan(visit: &Visit, clerks: &Clerks, opened: Opened, why: &Why) -> Result<Plan, Response> {
    let stop = |zh: &str, en: &str| {
        let heading = Text::new("还不能签名", "It cannot be signed yet");
        Err(told(visit, StatusCode::CONFLICT, heading, Text::new(zh, en)))
    };
    if !opened.reading.may_be_sent() {
        return stop(
            "草稿还有错误或疑问，或者没有填报任何数据；请先改正",
            "the draft has faults or questions left, or nothing is filled; correct it first",
        );
    }
    let (new, corrections) = {
        let split = opened.split();
        (split.new.len(), split.corrections.len() + split.again.len())
    };
    if new + corrections == 0 {
        return stop(
            "每一项都已按这个数登记过，没有要提交的",
            "every figure is on record as it is: there is nothing to submit",
        );
    }
    let reason = match why.reason {
        Some(reason) if !why.note.is_empty() => reason,
        _ if corrections == 0 => CorrectionReason::ClericalError,
        _ => return stop("更正须写明原因和说明", "say why figures on record are corrected"),
    };
    let (desk, note) = (clerks.desk().clone(), why.note.clone());
    let made = blocking(visit, move || {
        let messages = messages(&opened, &*desk, reason, &note)?;
        Ok::<_, String>(Plan { opened, messages, new, corrections })
    });
    made.await?.map_err(|error| fault(visit, &error))
}

/// The batches of what is new, then each correction.
fn messages(opened: &Opened, desk: &dyn Desk, reason: CorrectionReason, note: &str) -> Result<Vec<Message>, String> {
    let split = opened.split();
    let mut messages = if split.new.is_empty() { Vec::new() } else { desk.observations(&split.new)? };
    let mut replaced: Vec<_> = split.corrections.into_iter().chain(split.again).collect();
    replaced.sort_by_key(|(row, _, _)| *row);
    for (row, figure, held) in replaced {
        let (name, etag) = (held.name(), held.etag());
        // What takes the place of a returned submission says so in its own words, which are signed.
        let said = opened.of.reported.replaces(held).map(|index| format!("替换已退回的第 {index} 条报送：{note}"));
        let note = said.as_deref().unwrap_or(note);
        messages.push(desk.correction(&Correction { row, figure, name, etag, reason, note })?);
    }
    Ok(messages)
}

pub(super) async fn page(
    visit: Visit,
    Extension(clerks): Extension<Clerks>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (draft, why) = (opened(&visit, &clerks, &id).await?, Why::of_query(query.as_deref()));
    let Plan { opened: Opened { draft, of, .. }, messages, new, corrections } =
        plan(&visit, &clerks, draft, &why).await?;
    let department = &of.facts.department;
    let (mut zh, mut en) = (
        format!("{department} 报送 {} 期的指标数据 {new} 项（{}）", draft.period, draft.file),
        format!("{department} submits figures of {}: {new} ({})", draft.period, draft.file),
    );
    if let Some(reason) = why.reason.filter(|_| corrections > 0) {
        zh.push_str(&format!("；更正 {corrections} 项，原因：{}，{}", reason.zh(), why.note));
        en.push_str(&format!("; corrections: {corrections}, because of {}: {}", reason.en(), why.note));
    }
    let fields = vec![("reason", why.code().to_owned()), ("note", why.note)];
    Ok(answer::page(&SignPage {
        s: visit.shell(Here::Intake, Text::new("签名并提交", "Sign and submit")),
        what: Text::new(zh, en),
        said: Vec::new(),
        more: figures_of(&visit, &messages, &of.facts),
        messages: messages.iter().map(Shown::of).collect(),
        action: format!("/drafts/{id}/sign"),
        file: format!("/drafts/{id}/to-sign.json?{}", query.unwrap_or_default()),
        fields,
        back: format!("/drafts/{id}"),
        edit: None,
        token: clerks.token(&visit),
    }))
}

/// The figures that are signed, read from the very bytes.
fn figures_of(visit: &Visit, messages: &[Message], facts: &Facts) -> String {
    let of = |message: &Message| figures::signed(message.method, &message.bytes, facts).figures;
    let s = visit.shell(Here::Intake, Text::default());
    FiguresPart { s, figures: messages.iter().flat_map(of).collect() }.render().unwrap_or_default()
}

pub(super) async fn to_sign(
    visit: Visit,
    Extension(clerks): Extension<Clerks>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let draft = opened(&visit, &clerks, &id).await?;
    let planned = plan(&visit, &clerks, draft, &Why::of_query(query.as_deref())).await?;
    signing::file(&visit, planned.messages, &format!("{id}-to-sign.json")).await
}

pub(super) async fn submit(
    visit: Visit,
    Extension(clerks): Extension<Clerks>,
    Path(id): Path<String>,
    form: Multipart,
) -> Answer {
    let mut posted = Posted::read(&visit, &clerks, form).await?;
    let why = Why::of(posted.field("reason"), posted.field("note"));
    let draft = opened(&visit, &clerks, &id).await?;
    let Plan { messages, .. } = plan(&visit, &clerks, draft, &why).await?;
    let signatures = signing::signatures(&visit, &clerks, &mut posted, &messages)?;
    let back = format!("/drafts/{id}");
    let answers = signing::send(&visit, &clerks, &messages, signatures, &back).await?;
    let mut indices = Vec::with_capacity(answers.len());
    for (message, answer) in messages.iter().zip(answers) {
        let index = index(message, answer).map_err(|error| fault(&visit, &error))?;
        indices.extend(index);
    }
    // It is in the log now; a draft that stays would have nothing new.
    let (owner, now) = (visit.visitor.principal.clone(), clerks.desk().now());
    if clerks.with_drafts(&visit, move |drafts| drafts.delete(&owner, &id, now)).await.is_err() {
        tracing::warn!("the draft of a submission stays");
    }
    Ok(match indices.as_slice() {
        [only] => to(&format!("/submissions/{only}?new")),
        _ => to("/submissions?new"),
    })
}

/// Where in the log a write is, from its answer.
fn index(message: &Message, answer: bytes::Bytes) -> Result<Option<u64>, prost::DecodeError> {
    let receipt = if message.method == SUBMIT.trim_start_matches('/') {
        exchange::BatchCreateObservationsResponse::decode(answer)?.receipt
    } else {
        exchange::UpdateObservationResponse::decode(answer)?.receipt
    };
    Ok(receipt.map(|receipt| receipt.log_index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_something_is_corrected_is_read_from_the_address() {
        let code = CorrectionReason::AuditAdjustment.code();
        let read = Why::of_query(Some(&format!("reason={code}&note=%E5%AE%A1%E8%AE%A1+1")));
        assert_eq!(read, Why { reason: Some(CorrectionReason::AuditAdjustment), note: "审计 1".to_owned() });
        assert_eq!(Why::of_query(Some("reason=other")), Why::default());
    }
}
