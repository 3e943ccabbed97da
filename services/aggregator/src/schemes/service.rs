//! `SchemeService`.

use contracts::evaluation::v1::{self as pb, scheme_service_server::SchemeService};
use domain::{DomainError, Reason, Text, Violation, Violations};
use node::{
    caller::{Caller, RawRequest},
    convert::Reader,
    desk::{self, DeskError, Submission},
    pages::Page,
    services::reply,
};
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::{CREATE, Known, PROPOSE, PUBLISH, PlanExt as _, SchemeParts, draft_name, known::YAML, states};

/// Serves schemes, and says what a change of one does to what was computed.
#[derive(Clone, Debug)]
pub(crate) struct SchemeDesk(pub(crate) SchemeParts);

/// A request about one scheme.
struct Sent {
    scheme: Option<pb::Scheme>,
    request_id: String,
    validate_only: bool,
}

/// A step of a scheme that may be refused.
struct Step<'a> {
    method: &'a str,
    from: pb::SchemeState,
    known: Known,
    sent: &'a pb::Scheme,
}

impl SchemeDesk {
    /// Reads what was sent, with every fault at once.
    fn read(&self, sent: &Sent) -> Result<Known, DeskError> {
        let mut faults = Violations::new();
        desk::request_id(&mut Reader::new(&mut faults), &sent.request_id);
        let scheme = sent.scheme.clone().unwrap_or_default();
        if scheme.yaml.trim().is_empty() && scheme.model.is_none() {
            Reader::new(&mut faults).missing(YAML);
        }
        if !faults.is_empty() {
            return Err(faults.into());
        }
        Ok(self.understood(&scheme)?)
    }

    async fn create(
        &self,
        caller: &Caller,
        raw: bytes::Bytes,
        sent: Sent,
    ) -> Result<pb::CreateSchemeResponse, DeskError> {
        let known = states::draft(self.read(&sent)?, caller.principal.as_str());
        let Sent { request_id, validate_only, .. } = sent;
        let impact = self.impact(&known, validate_only).await?;
        let submission = Submission { method: CREATE, request: raw, request_id: &request_id, validate_only };
        let check = async |_txn: &mut store::WriteTxn| Ok(());
        let answer = |outcome: &desk::Outcome, ()| pb::CreateSchemeResponse {
            scheme: Some(known.wire.clone()),
            receipt: outcome.receipt.clone(),
            impact,
        };
        self.0.schemes.context.desk().submit(caller, submission, check, answer).await
    }

    async fn propose(
        &self,
        caller: &Caller,
        raw: bytes::Bytes,
        sent: Sent,
    ) -> Result<pb::ProposeSchemeResponse, DeskError> {
        let known = self.read(&sent)?;
        let Sent { scheme, request_id, validate_only } = sent;
        let scheme = scheme.unwrap_or_default();
        let known = states::proposal(known, &scheme.author, caller.principal.as_str());
        let wire = known.wire.clone();
        let step = Step { method: PROPOSE, from: pb::SchemeState::Draft, known, sent: &scheme };
        let submission = Submission { method: PROPOSE, request: raw, request_id: &request_id, validate_only };
        let check = async |txn: &mut store::WriteTxn| self.beside_draft(txn, &step).await.map(drop);
        let answer = |outcome: &desk::Outcome, ()| pb::ProposeSchemeResponse {
            scheme: Some(wire),
            receipt: outcome.receipt.clone(),
        };
        self.0.schemes.context.desk().submit(caller, submission, check, answer).await
    }

    async fn publish(
        &self,
        caller: &Caller,
        raw: bytes::Bytes,
        sent: Sent,
    ) -> Result<pb::PublishSchemeResponse, DeskError> {
        let known = self.read(&sent)?;
        let Sent { scheme, request_id, validate_only } = sent;
        let scheme = scheme.unwrap_or_default();
        let principal = caller.principal.as_str();
        let known = states::publication(known, &scheme.author, &scheme.proposer, principal);
        let impact = self.impact(&known, validate_only).await?;
        let wire = known.wire.clone();
        let step = Step { method: PUBLISH, from: pb::SchemeState::Proposed, known, sent: &scheme };
        let submission = Submission { method: PUBLISH, request: raw, request_id: &request_id, validate_only };
        let check = async |txn: &mut store::WriteTxn| {
            let draft = self.beside_draft(txn, &step).await?;
            two_principals(&draft, principal).map_err(DeskError::from)
        };
        let answer = |outcome: &desk::Outcome, ()| pb::PublishSchemeResponse {
            scheme: Some(wire),
            receipt: outcome.receipt.clone(),
            impact,
        };
        self.0.schemes.context.desk().submit(caller, submission, check, answer).await
    }

    /// The draft that a step is about, when it is the one that was sent and has come so far.
    async fn beside_draft(&self, txn: &mut store::WriteTxn, step: &Step<'_>) -> Result<pb::Scheme, DeskError> {
        let id = step.known.plan.id();
        let name = draft_name(self.0.schemes.context.department(), id);
        let row = match &name {
            Some(name) => txn.resource(name).await?,
            None => None,
        };
        let draft = row.map(|row| pb::Scheme::decode(row.body.body.as_slice())).transpose()?;
        let Some(draft) = draft else { return Err(super::not_found(&super::public_draft(id)).into()) };
        if draft.state() != step.from {
            return Err(out_of_order(&draft, step.method).into());
        }
        let same = draft.digest == step.known.wire.digest
            && draft.author == step.sent.author
            && (step.from == pb::SchemeState::Draft || draft.proposer == step.sent.proposer);
        if !same {
            return Err(Violation::new(
                "scheme",
                Reason::StaleEtag,
                &step.known.wire.digest,
                Text::new(
                    format!("所送方案不是现存草稿（摘要 {}）", draft.digest),
                    format!("what was sent is not the draft that there is (digest {})", draft.digest),
                ),
                Text::new("请重新读取草稿再提交", "read the draft again and send that"),
            )
            .into());
        }
        Ok(draft)
    }

    /// What a scheme would change on the newest finished run of its id.
    async fn impact(&self, known: &Known, wanted: bool) -> Result<Option<pb::SchemeImpact>, DeskError> {
        if !wanted {
            return Ok(None);
        }
        self.0.evaluations.impact(known).await
    }
}

/// Four eyes: who publishes has neither written nor proposed.
fn two_principals(draft: &pb::Scheme, principal: &str) -> Result<(), DomainError> {
    let parts = [(&draft.author, "编制人", "wrote"), (&draft.proposer, "提交发布人", "proposed")];
    let Some((_, zh, en)) = parts.into_iter().find(|(who, ..)| *who == principal) else { return Ok(()) };
    let text = Text::new(
        format!("{principal} 是该方案的{zh}，不能自行发布；请由另一主体发布"),
        format!("{principal} {en} this scheme and cannot publish it; have another principal publish it"),
    );
    Err(DomainError::new(Reason::RoleConflict, text)
        .with_fact("principal", principal)
        .with_fact("author", &draft.author)
        .with_fact("proposer", &draft.proposer))
}

fn out_of_order(draft: &pb::Scheme, method: &str) -> DomainError {
    let (zh, en) = match draft.state() {
        pb::SchemeState::Draft => ("草稿，应先提交发布", "a draft: propose it first"),
        pb::SchemeState::Proposed => ("已提交发布，等待另一主体发布", "proposed: another principal publishes it"),
        pb::SchemeState::Published | pb::SchemeState::Unspecified => {
            ("已发布；要修改请先创建新草稿", "published: create a new draft to change it")
        }
    };
    DomainError::new(
        Reason::StageTransitionInvalid,
        Text::new(format!("{} 的状态为{zh}", draft.name), format!("{} is {en}", draft.name)),
    )
    .with_fact("name", &draft.name)
    .with_fact("state", draft.state().as_str_name())
    .with_fact("method", method)
}

#[tonic::async_trait]
impl SchemeService for SchemeDesk {
    async fn create_scheme(
        &self,
        request: Request<pb::CreateSchemeRequest>,
    ) -> Result<Response<pb::CreateSchemeResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        let pb::CreateSchemeRequest { scheme, request_id, validate_only } = request.into_inner();
        let sent = Sent { scheme, request_id, validate_only };
        reply(caller.lang, Box::pin(self.create(&caller, raw, sent)).await)
    }

    async fn propose_scheme(
        &self,
        request: Request<pb::ProposeSchemeRequest>,
    ) -> Result<Response<pb::ProposeSchemeResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        let pb::ProposeSchemeRequest { scheme, request_id, validate_only } = request.into_inner();
        let sent = Sent { scheme, request_id, validate_only };
        reply(caller.lang, Box::pin(self.propose(&caller, raw, sent)).await)
    }

    async fn publish_scheme(
        &self,
        request: Request<pb::PublishSchemeRequest>,
    ) -> Result<Response<pb::PublishSchemeResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        let pb::PublishSchemeRequest { scheme, request_id, validate_only } = request.into_inner();
        let sent = Sent { scheme, request_id, validate_only };
        reply(caller.lang, Box::pin(self.publish(&caller, raw, sent)).await)
    }

    async fn check_scheme(
        &self,
        request: Request<pb::CheckSchemeRequest>,
    ) -> Result<Response<pb::CheckSchemeResponse>, Status> {
        let caller = Caller::of(&request)?;
        let checked = Box::pin(self.check(&caller, request.into_inner())).await;
        reply(caller.lang, checked)
    }

    async fn get_scheme(
        &self,
        request: Request<pb::GetSchemeRequest>,
    ) -> Result<Response<pb::GetSchemeResponse>, Status> {
        let caller = Caller::of(&request)?;
        let outcome = async {
            caller.must_see(self.0.schemes.context.department(), "")?;
            self.0.schemes.find(&request.into_inner().name).await
        };
        let found = outcome.await;
        reply(caller.lang, found.map(|known| pb::GetSchemeResponse { scheme: Some(known.wire) }))
    }

    async fn list_schemes(
        &self,
        request: Request<pb::ListSchemesRequest>,
    ) -> Result<Response<pb::ListSchemesResponse>, Status> {
        let caller = Caller::of(&request)?;
        let message = request.into_inner();
        let outcome = async {
            caller.must_see(self.0.schemes.context.department(), "")?;
            let query = pb::ListSchemesRequest { page_size: 0, page_token: String::new() };
            let page = Page::read("ListSchemes", &query, message.page_size, &message.page_token)?;
            let mut schemes = self.0.schemes.all().await?;
            if let Some(after) = &page.after {
                schemes.retain(|scheme| scheme.name > *after);
            }
            let next_page_token = page.cut(&mut schemes, |scheme| scheme.name.clone());
            Ok::<_, DeskError>(pb::ListSchemesResponse { schemes, next_page_token })
        };
        reply(caller.lang, outcome.await)
    }
}
