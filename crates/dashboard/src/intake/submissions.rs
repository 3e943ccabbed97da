//! What was submitted here: the list with what waits for whom, and one submission with its receipt and its proof.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    Extension,
    extract::{Path, RawQuery},
    response::Response,
};
use contracts::{common::v1 as common, exchange::v1 as exchange, log::v1 as log};
use domain::Text;
use prost::Message as _;

use super::{
    Answer, Clerks, ENDORSE, download, fault,
    figures::{self, Figure, Signed},
    refused,
};
use crate::{
    answer, format,
    port::{Refusal, RefusalKind},
    shell::{Here, Shell},
    visit::Visit,
};

/// Entries of the log that the list looks through, from the newest.
const NEWEST: u64 = 300;
/// Entries of one question: a large batch has some hundred kilobytes.
const PAGE: i32 = 50;

/// Methods that submit, with what they submit.
const SUBMITS: [(&str, &str, &str); 5] = [
    ("wufei.exchange.v1.ObservationIngestService/BatchCreateObservations", "指标数据", "figures"),
    ("wufei.exchange.v1.ObservationIngestService/UploadSubmission", "指标数据（大批）", "figures (upload)"),
    ("wufei.exchange.v1.ObservationIngestService/UpdateObservation", "指标更正", "correction of a figure"),
    ("wufei.exchange.v1.ObservationIngestService/BatchCreateStatements", "定性事实", "facts"),
    ("wufei.funding.v1.FundingIngestService/BatchCreateFundingLines", "资金", "funding"),
];

/// How far a submission got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Reviewed,
    Returned,
    Final,
}

impl State {
    fn text(self) -> Text {
        match self {
            Self::Waiting => Text::new("待审核", "waits for review"),
            Self::Reviewed => Text::new("待签署", "waits for signature"),
            Self::Returned => Text::new("已退回", "returned"),
            Self::Final => Text::new("已签署定稿", "signed, final"),
        }
    }
}

/// An entry that is a submission.
pub(super) struct Submitted {
    pub(super) index: u64,
    pub(super) leaf_hash: String,
    pub(super) state: State,
    pub(super) endorsements: Vec<Said>,
    what: Text,
    principal: String,
    time: String,
    rows: u32,
    signatures: Vec<String>,
    leaf: Vec<u8>,
    request: Vec<u8>,
    method: String,
}

/// An endorsement of it.
pub(super) struct Said {
    part: Text,
    verdict: Text,
    note: String,
    principal: String,
    time: String,
    index: u64,
}

impl Submitted {
    /// None for entries that submit nothing, and for those that the visitor may not read.
    fn of(entry: log::Entry, endorsements: &[exchange::Endorsement]) -> Option<Self> {
        let envelope = log::Envelope::decode(entry.leaf.as_slice()).ok().filter(|_| !entry.leaf.is_empty())?;
        let (_, zh, en) = SUBMITS.iter().find(|(method, _, _)| *method == envelope.method)?;
        let said: Vec<&exchange::Endorsement> =
            endorsements.iter().filter(|said| said.log_index == entry.index).collect();
        Some(Self {
            index: entry.index,
            leaf_hash: entry.leaf_hash,
            state: state(&said),
            endorsements: said.into_iter().map(Said::of).collect(),
            what: Text::new(*zh, *en),
            principal: envelope.principal,
            time: format::time(envelope.receive_time.as_ref()),
            rows: envelope.row_count,
            signatures: envelope.signatures.iter().map(|one| format!("{} {}", one.algorithm, one.key_id)).collect(),
            leaf: entry.leaf,
            request: entry.request,
            method: envelope.method,
        })
    }

    /// Whether somebody is to review or sign it.
    fn waits(&self) -> bool {
        matches!(self.state, State::Waiting | State::Reviewed)
    }

    fn who(&self) -> &str {
        format::identity(&self.principal)
    }
}

impl Said {
    fn of(said: &exchange::Endorsement) -> Self {
        let part = match said.role() {
            exchange::EndorsementRole::Reviewer => Text::new("审核", "review"),
            exchange::EndorsementRole::Signatory => Text::new("签署", "signature"),
            exchange::EndorsementRole::Unspecified => Text::default(),
        };
        let verdict = match said.verdict() {
            exchange::EndorsementVerdict::Approved => Text::new("通过", "approved"),
            exchange::EndorsementVerdict::Returned => Text::new("退回", "returned"),
            exchange::EndorsementVerdict::Unspecified => Text::default(),
        };
        let provenance = said.record.as_ref().and_then(|record| record.provenance.clone()).unwrap_or_default();
        Self {
            part,
            verdict,
            note: said.note.clone(),
            principal: format::identity(&provenance.principal).to_owned(),
            time: format::time(provenance.receive_time.as_ref()),
            index: provenance.log_index,
        }
    }
}

fn state(said: &[&exchange::Endorsement]) -> State {
    let has = |role, verdict| said.iter().any(|said| said.role() == role && said.verdict() == verdict);
    if said.iter().any(|said| said.verdict() == exchange::EndorsementVerdict::Returned) {
        State::Returned
    } else if has(exchange::EndorsementRole::Signatory, exchange::EndorsementVerdict::Approved) {
        State::Final
    } else if has(exchange::EndorsementRole::Reviewer, exchange::EndorsementVerdict::Approved) {
        State::Reviewed
    } else {
        State::Waiting
    }
}

async fn endorsements(visit: &Visit, clerks: &Clerks) -> Result<Vec<exchange::Endorsement>, Refusal> {
    let mut request = exchange::ListEndorsementsRequest {
        parent: clerks.desk().facts().department.parent(),
        page_size: 1000,
        ..Default::default()
    };
    let mut found = Vec::new();
    loop {
        let mut answer = visit.ask(request.clone()).await?;
        found.append(&mut answer.endorsements);
        if answer.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = answer.next_page_token;
    }
}

/// The submissions that were returned, by their index in the log.
///
/// # Errors
/// What the node refuses.
pub(super) async fn returned(visit: &Visit, clerks: &Clerks) -> Result<BTreeSet<u64>, Refusal> {
    let said = endorsements(visit, clerks).await?;
    let returned = said.iter().filter(|said| said.verdict() == exchange::EndorsementVerdict::Returned);
    Ok(returned.map(|said| said.log_index).collect())
}

#[derive(Template)]
#[template(path = "intake/submissions.html")]
struct List {
    s: Shell,
    submissions: Vec<Submitted>,
    looked: u64,
    new: bool,
    /// Whether the visitor may review or sign.
    endorses: bool,
}

pub(super) async fn list(visit: Visit, Extension(clerks): Extension<Clerks>, RawQuery(query): RawQuery) -> Answer {
    clerks.belongs(&visit).await?;
    listed(&visit, &clerks, is_new(query.as_deref())).await.map_err(|refusal| refused(&visit, refusal))
}

fn is_new(query: Option<&str>) -> bool {
    query.unwrap_or_default().split('&').any(|pair| pair == "new")
}

async fn listed(visit: &Visit, clerks: &Clerks, new: bool) -> Result<Response, Refusal> {
    let size = visit.ask(log::GetCheckpointRequest {}).await?.size;
    let start_index = size.saturating_sub(NEWEST);
    let mut submissions = Vec::new();
    if size > 0 {
        let endorsements = endorsements(visit, clerks).await?;
        let mut next = start_index;
        while next < size {
            let page = visit.ask(log::ListEntriesRequest { start_index: next, page_size: PAGE }).await?;
            if page.next_index <= next {
                break;
            }
            next = page.next_index;
            submissions.extend(page.entries.into_iter().filter_map(|entry| Submitted::of(entry, &endorsements)));
        }
    }
    submissions.reverse();
    // What waits comes first.
    submissions.sort_by_key(|one| !one.waits());
    let s = visit.shell(Here::Submissions, Text::new("报送与审签", "Submissions, reviews and signatures"));
    let endorses =
        submissions.iter().any(Submitted::waits) && clerks.desk().allows(&visit.visitor, visit.lang, ENDORSE);
    Ok(answer::page(&List { s, submissions, looked: size - start_index, new, endorses }))
}

/// One submission of this node's log.
///
/// # Errors
/// What the node refuses; when there is none at this index.
pub(super) async fn submission(visit: &Visit, clerks: &Clerks, index: u64) -> Result<Submitted, Refusal> {
    let page = visit.ask(log::ListEntriesRequest { start_index: index, page_size: 1 }).await?;
    let endorsements = endorsements(visit, clerks).await?;
    let entry = page.entries.into_iter().find(|entry| entry.index == index);
    entry.and_then(|entry| Submitted::of(entry, &endorsements)).ok_or_else(|| Refusal {
        kind: RefusalKind::NotFound,
        reason: String::new(),
        text: Text::new("日志的这一条不是报送", "this entry of the log is no submission").get(visit.lang).to_owned(),
    })
}

#[derive(Template)]
#[template(path = "intake/submission.html")]
struct SubmissionPage {
    s: Shell,
    submitted: Submitted,
    receipt: common::Receipt,
    received: String,
    figures: Vec<Figure>,
    /// Of a correction, why.
    why: Option<(Text, String)>,
    /// Whether the visitor may review or sign it now.
    endorses: bool,
    new: bool,
}

impl SubmissionPage {
    fn state(&self) -> Text {
        self.submitted.state.text()
    }

    fn is_returned(&self) -> bool {
        self.submitted.state == State::Returned
    }

    fn level(&self) -> &'static str {
        match self.receipt.level() {
            common::ReceiptLevel::Unspecified => "—",
            common::ReceiptLevel::Received => self.s.t("已收到", "received"),
            common::ReceiptLevel::Durable => self.s.t("已落盘", "durable"),
            common::ReceiptLevel::Logged => self.s.t("已入日志", "in the signed log"),
            common::ReceiptLevel::Witnessed => self.s.t("已见证", "witnessed"),
        }
    }
}

pub(super) async fn page(
    visit: Visit,
    Extension(clerks): Extension<Clerks>,
    Path(index): Path<u64>,
    RawQuery(query): RawQuery,
) -> Answer {
    clerks.belongs(&visit).await?;
    shown(&visit, &clerks, index, is_new(query.as_deref())).await.map_err(|refusal| refused(&visit, refusal))
}

async fn shown(visit: &Visit, clerks: &Clerks, index: u64, new: bool) -> Result<Response, Refusal> {
    let submitted = submission(visit, clerks, index).await?;
    let asked = log::GetReceiptRequest { log_index: index, wait_for: 0 };
    let receipt = visit.ask(asked).await?.receipt.unwrap_or_default();
    let title = Text::new(format!("第 {index} 条报送"), format!("Submission {index}"));
    let Signed { figures, why } = figures::signed(&submitted.method, &submitted.request, clerks.desk().facts());
    Ok(answer::page(&SubmissionPage {
        s: visit.shell(Here::Submissions, title),
        received: format::time(receipt.receive_time.as_ref()),
        receipt,
        figures,
        why,
        endorses: submitted.waits() && clerks.desk().allows(&visit.visitor, visit.lang, ENDORSE),
        submitted,
        new,
    }))
}

pub(super) async fn receipt(visit: Visit, Extension(clerks): Extension<Clerks>, Path(index): Path<u64>) -> Answer {
    clerks.belongs(&visit).await?;
    let file = receipt_file(&visit, &clerks, index).await.map_err(|refusal| refused(&visit, refusal))?;
    let text = file.map_err(|error| fault(&visit, &error))?;
    let name = format!("{}-{index}-receipt.json", clerks.desk().facts().department);
    Ok(download("application/json", &name, text.into_bytes()))
}

/// The file that `wufei verify receipt` checks without the node.
async fn receipt_file(visit: &Visit, clerks: &Clerks, index: u64) -> Result<Result<String, String>, Refusal> {
    let submitted = submission(visit, clerks, index).await?;
    let asked = log::GetReceiptRequest { log_index: index, wait_for: 0 };
    let receipt = visit.ask(asked).await?.receipt.unwrap_or_default();
    // The tree of the receipt's checkpoint: its size is the second line of the note.
    let tree_size = receipt.checkpoint.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or(index + 1);
    let proof = visit.ask(log::GetInclusionProofRequest { log_index: index, tree_size }).await?;
    Ok(clerks.desk().receipt_file(receipt, proof, submitted.leaf))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(role: exchange::EndorsementRole, verdict: exchange::EndorsementVerdict) -> exchange::Endorsement {
        exchange::Endorsement { role: role.into(), verdict: verdict.into(), ..Default::default() }
    }

    #[test]
    fn a_submission_is_final_with_review_and_signature_and_ends_with_a_return() {
        use exchange::{
            EndorsementRole::{Reviewer, Signatory},
            EndorsementVerdict::{Approved, Returned},
        };
        let (review, signature) = (said(Reviewer, Approved), said(Signatory, Approved));
        assert_eq!(state(&[]), State::Waiting);
        assert_eq!(state(&[&review]), State::Reviewed);
        assert_eq!(state(&[&review, &signature]), State::Final);
        assert_eq!(state(&[&said(Reviewer, Returned)]), State::Returned);
        assert_eq!(state(&[&review, &said(Signatory, Returned)]), State::Returned);
    }
}
