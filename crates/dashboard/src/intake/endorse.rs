//! Reviewing, signing or returning a submission, or several at once, by an approver's own key.

use std::collections::BTreeSet;

use axum::{
    Extension,
    extract::{Multipart, Path, RawQuery},
    http::StatusCode,
    response::Response,
};
use contracts::exchange::v1 as exchange;
use domain::Text;
use prost::Message as _;

use super::{
    Answer, Clerks, ENDORSE, fault,
    form::{Posted, pairs},
    port::Message,
    refused,
    signing::{self, Shown, SignPage},
    submissions::{State, submission},
    to, told,
};
use crate::{answer, shell::Here, visit::Visit, writing::said::Said};

/// Most submissions that are endorsed at once.
const MANY: usize = 100;

/// What an approver wants to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wanted {
    returned: bool,
    note: String,
}

impl Wanted {
    /// From `verdict=returned&note=…`.
    fn of_query(query: Option<&str>) -> Self {
        let found = pairs(query);
        let get = |name: &str| found.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value);
        Self::of(get("verdict"), get("note"))
    }

    fn of(verdict: &str, note: &str) -> Self {
        Self { returned: verdict == "returned", note: note.trim().to_owned() }
    }

    fn verdict(&self) -> &'static str {
        if self.returned { "returned" } else { "approved" }
    }
}

/// The endorsement that is due now.
async fn message(visit: &Visit, clerks: &Clerks, index: u64, wanted: &Wanted) -> Result<(Text, Message), Response> {
    let may = clerks.desk().may(&visit.visitor, visit.lang, ENDORSE).await;
    may.map_err(|refusal| refused(visit, refusal))?;
    let submitted = submission(visit, clerks, index).await.map_err(|refusal| refused(visit, refusal))?;
    let stop = |zh: &str, en: &str| {
        told(visit, StatusCode::CONFLICT, Text::new("不能审签", "It cannot be endorsed"), Text::new(zh, en))
    };
    let (role, part) = match submitted.state {
        State::Waiting => (exchange::EndorsementRole::Reviewer, Text::new("审核", "Review")),
        State::Reviewed => (exchange::EndorsementRole::Signatory, Text::new("签署", "Sign")),
        State::Returned | State::Final => {
            return Err(stop(
                "这份报送已退回或已定稿，不再接受审签",
                "this submission was returned or is final; nothing follows that",
            ));
        }
    };
    if wanted.returned && wanted.note.is_empty() {
        return Err(stop("退回须写明要改什么", "say what is to be corrected when you return it"));
    }
    let verdict = if wanted.returned {
        (exchange::EndorsementVerdict::Returned, Text::new("退回", "return"))
    } else {
        (exchange::EndorsementVerdict::Approved, Text::new("通过", "approve"))
    };
    let endorsement = exchange::Endorsement {
        log_index: index,
        leaf_hash: submitted.leaf_hash,
        role: role.into(),
        verdict: verdict.0.into(),
        note: wanted.note.clone(),
        ..Default::default()
    };
    let message = clerks.desk().endorsement(&endorsement).map_err(|error| fault(visit, &error))?;
    let note = if wanted.note.is_empty() { String::new() } else { format!("：{}", wanted.note) };
    let what = Text::new(
        format!("{}第 {index} 条报送：{}{note}", part.zh, verdict.1.zh),
        format!("{} submission {index}: {}{}", part.en, verdict.1.en, note.replace('：', ": ")),
    );
    Ok((what, message))
}

/// What is signed of each endorsement, read from the very bytes.
fn said(messages: &[Message]) -> Vec<Said> {
    let endorsement = |message: &Message| {
        exchange::CreateEndorsementRequest::decode(message.bytes.clone()).ok().and_then(|request| request.endorsement)
    };
    let one = |endorsement: exchange::Endorsement| {
        let index = endorsement.log_index;
        let verdict = match endorsement.verdict() {
            exchange::EndorsementVerdict::Approved => Text::new("通过", "approve"),
            exchange::EndorsementVerdict::Returned => Text::new("退回", "return"),
            exchange::EndorsementVerdict::Unspecified => Text::new("—", "—"),
        };
        let label = Text::new(format!("第 {index} 条报送"), format!("Submission {index}"));
        let mut said = vec![
            Said::text(&label.zh, &label.en, verdict),
            Said::line("它的叶散列", "Its leaf hash", &endorsement.leaf_hash),
        ];
        if !endorsement.note.is_empty() {
            said.push(Said::paragraphs("说明", "Note", &endorsement.note));
        }
        said
    };
    messages.iter().filter_map(endorsement).flat_map(one).collect()
}

pub(super) async fn page(
    visit: Visit,
    Extension(clerks): Extension<Clerks>,
    Path(index): Path<u64>,
    RawQuery(query): RawQuery,
) -> Answer {
    let wanted = Wanted::of_query(query.as_deref());
    let (what, message) = message(&visit, &clerks, index, &wanted).await?;
    Ok(answer::page(&SignPage {
        s: visit.shell(Here::Submissions, Text::new("签名并提交审签意见", "Sign and submit the endorsement")),
        what,
        said: said(std::slice::from_ref(&message)),
        more: String::new(),
        messages: vec![Shown::of(&message)],
        action: format!("/submissions/{index}/endorse"),
        file: format!("/submissions/{index}/to-sign.json?{}", query.unwrap_or_default()),
        fields: vec![("verdict", wanted.verdict().to_owned()), ("note", wanted.note)],
        back: format!("/submissions/{index}"),
        edit: None,
        token: clerks.token(&visit),
    }))
}

pub(super) async fn to_sign(
    visit: Visit,
    Extension(clerks): Extension<Clerks>,
    Path(index): Path<u64>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (_, message) = message(&visit, &clerks, index, &Wanted::of_query(query.as_deref())).await?;
    signing::file(&visit, vec![message], &format!("{index}-to-sign.json")).await
}

pub(super) async fn submit(
    visit: Visit,
    Extension(clerks): Extension<Clerks>,
    Path(index): Path<u64>,
    form: Multipart,
) -> Answer {
    let mut posted = Posted::read(&visit, &clerks, form).await?;
    let wanted = Wanted::of(posted.field("verdict"), posted.field("note"));
    let (_, message) = message(&visit, &clerks, index, &wanted).await?;
    let messages = [message];
    let signatures = signing::signatures(&visit, &clerks, &mut posted, &messages)?;
    let back = format!("/submissions/{index}");
    signing::send(&visit, &clerks, &messages, signatures, &back).await?;
    Ok(to(&back))
}

/// Submissions by their indices, each once.
fn indices<'a>(found: impl Iterator<Item = &'a str>) -> Vec<u64> {
    let found: BTreeSet<u64> = found.filter_map(|index| index.parse().ok()).collect();
    found.into_iter().take(MANY).collect()
}

fn indices_of_query(query: Option<&str>) -> Vec<u64> {
    let found = pairs(query);
    indices(found.iter().filter(|(name, _)| name == "index").map(|(_, value)| value.as_str()))
}

/// The endorsements of several submissions, each as it is due now, and what they are in words.
async fn messages(
    visit: &Visit,
    clerks: &Clerks,
    indices: &[u64],
    wanted: &Wanted,
) -> Result<(Text, Vec<Message>), Response> {
    if indices.is_empty() {
        let text = Text::new("请先勾选要审签的报送", "tick the submissions first");
        return Err(told(visit, StatusCode::BAD_REQUEST, Text::new("没有勾选", "Nothing is ticked"), text));
    }
    let (mut zh, mut en, mut messages) = (Vec::new(), Vec::new(), Vec::with_capacity(indices.len()));
    for index in indices {
        let (what, message) = message(visit, clerks, *index, wanted).await?;
        zh.push(what.zh);
        en.push(what.en);
        messages.push(message);
    }
    Ok((Text::new(zh.join("；"), en.join("; ")), messages))
}

pub(super) async fn page_of_many(
    visit: Visit,
    Extension(clerks): Extension<Clerks>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (indices, wanted) = (indices_of_query(query.as_deref()), Wanted::of_query(query.as_deref()));
    let (what, messages) = messages(&visit, &clerks, &indices, &wanted).await?;
    let mut fields = vec![("verdict", wanted.verdict().to_owned()), ("note", wanted.note)];
    fields.extend(indices.iter().map(|index| ("index", index.to_string())));
    Ok(answer::page(&SignPage {
        s: visit.shell(Here::Submissions, Text::new("签名并提交审签意见", "Sign and submit the endorsements")),
        what,
        said: said(&messages),
        more: String::new(),
        messages: messages.iter().map(Shown::of).collect(),
        action: "/submissions/endorse".to_owned(),
        file: format!("/submissions/to-sign.json?{}", query.unwrap_or_default()),
        fields,
        back: "/submissions".to_owned(),
        edit: None,
        token: clerks.token(&visit),
    }))
}

pub(super) async fn to_sign_many(
    visit: Visit,
    Extension(clerks): Extension<Clerks>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (indices, wanted) = (indices_of_query(query.as_deref()), Wanted::of_query(query.as_deref()));
    let (_, messages) = messages(&visit, &clerks, &indices, &wanted).await?;
    signing::file(&visit, messages, "endorsements-to-sign.json").await
}

pub(super) async fn submit_many(visit: Visit, Extension(clerks): Extension<Clerks>, form: Multipart) -> Answer {
    let mut posted = Posted::read(&visit, &clerks, form).await?;
    let wanted = Wanted::of(posted.field("verdict"), posted.field("note"));
    let indices = indices(posted.all("index"));
    let (_, messages) = messages(&visit, &clerks, &indices, &wanted).await?;
    let signatures = signing::signatures(&visit, &clerks, &mut posted, &messages)?;
    signing::send(&visit, &clerks, &messages, signatures, "/submissions").await?;
    Ok(to("/submissions"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_approver_wants_is_read_from_the_address() {
        let read = |query| Wanted::of_query(Some(query));
        assert_eq!(read("verdict=returned&note=%E7%AC%AC3%E8%A1%8C+unit"), Wanted::of("returned", "第3行 unit"));
        assert_eq!(read("verdict=approved&note="), Wanted::default());
        assert_eq!(Wanted::of_query(None), Wanted::default());
    }

    #[test]
    fn several_submissions_are_named_by_their_indices_each_once_and_not_without_end() {
        assert_eq!(indices_of_query(Some("index=7&index=4&index=7&index=x&verdict=approved")), [4, 7]);
        let all: Vec<String> = (0..MANY + 9).map(|index| index.to_string()).collect();
        assert_eq!(indices(all.iter().map(String::as_str)).len(), MANY);
    }
}
