//! The pages of a department's clerks, served by the department's own node.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use contracts::{
    common::v1::{self as common, Receipt},
    exchange::v1 as exchange,
    log::v1 as log,
};
use dashboard::{
    Changes, Refusal, Settings, SignIn, Source, Visitor,
    intake::{Correction, Desk, DraftLimits, Drafts, Facts, OpenRound},
    writing::port::{Denied, Message, Writer},
};
use domain::{CorrectionReason, Lang, Observation};
use node::{
    department::Node,
    inside::Inside,
    server::Services,
    tls::ServerTls,
    web::{ClerkPages, DraftBounds},
};
use runtime::{Context, app::AppBuilder, clock::SharedClock};
use serde_json::{Value, json};

use crate::source;

/// Folder of the drafts, below the data folder of the node.
const DRAFTS: &str = "drafts";

/// The app of a node with the clerks' pages that its configuration asks for.
///
/// # Errors
/// As [`Node::app`], and when the pages' address, certificate or identity cannot be used.
pub(crate) async fn app(web: ClerkPages, node: Node, services: Services, ctx: &Context) -> anyhow::Result<AppBuilder> {
    let context = node.context().clone();
    let principal = node.config().principal(context.department());
    let drafts = node.config().data.join(DRAFTS);
    let ClerkPages { listen, everybody_is, synthetic, tls, drafts: bounds, rounds } = web;
    let DraftBounds { per_person, file_bytes, total_bytes, days } = bounds;
    let facts = Facts {
        department: context.department().clone(),
        catalogue: Arc::new(context.catalogue().clone()),
        regions: Arc::new(context.regions().clone()),
        rounds: rounds.into_iter().map(|round| OpenRound { period: round.period, due: round.due }).collect(),
    };
    let sign_in = match &everybody_is {
        Some(certificate) => SignIn::Everybody(source::visitor(&node::web::everybody(certificate)?)),
        None => SignIn::ByConnection,
    };
    let (app, inside) = node.app_and_inside(services, ctx).await?;
    let limits = DraftLimits { per_person, file_bytes, total_bytes, days };
    let desk = NodeDesk { inside, facts, drafts: Arc::new(Drafts::new(drafts, limits)), clock: Arc::clone(&ctx.clock) };
    let settings = Settings { synthetic, documents: false, sign_in, public: None };
    let pages = dashboard::intake::router(settings, Arc::new(desk))?;
    let tls = tls.map(|tls| ServerTls::open(tls, principal)).transpose()?;
    crate::serve(app, crate::bind(listen).await?, tls, pages, &ctx.stop)
}

/// The node as its clerks use it.
#[derive(Debug)]
struct NodeDesk {
    inside: Inside,
    facts: Facts,
    drafts: Arc<Drafts>,
    clock: SharedClock,
}

#[async_trait]
impl Source for NodeDesk {
    async fn call(
        &self,
        visitor: &Visitor,
        lang: Lang,
        method: &'static str,
        message: Bytes,
    ) -> Result<Bytes, Refusal> {
        source::call(&self.inside, visitor, lang, method, message).await
    }

    async fn collect(
        &self,
        visitor: &Visitor,
        lang: Lang,
        method: &'static str,
        message: Bytes,
    ) -> Result<Vec<Bytes>, Refusal> {
        source::collect(&self.inside, visitor, lang, method, message).await
    }

    /// None of these pages changes while it is open.
    fn changes(&self) -> Changes {
        Box::pin(futures_util::stream::empty())
    }
}

#[async_trait]
impl Writer for NodeDesk {
    fn allows(&self, visitor: &Visitor, lang: Lang, method: &'static str) -> bool {
        source::allows(&self.inside, visitor, lang, method)
    }

    async fn may(&self, visitor: &Visitor, lang: Lang, method: &'static str) -> Result<(), Refusal> {
        source::may(&self.inside, visitor, lang, method).await
    }

    async fn write(
        &self,
        visitor: &Visitor,
        lang: Lang,
        message: &Message,
        signature: log::Signature,
    ) -> Result<Bytes, Denied> {
        source::write(&self.inside, visitor, lang, message, &signature).await
    }
}

impl Desk for NodeDesk {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn today(&self) -> NaiveDate {
        policy::day_in_china(self.clock.now())
    }

    fn drafts(&self) -> &Arc<Drafts> {
        &self.drafts
    }

    fn observations(&self, rows: &[(u64, &Observation)]) -> Result<Vec<Message>, String> {
        let department = self.facts.department.as_str();
        let submissions = client::submit_observations(department, rows.iter().copied()).map_err(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            faults.join("; ")
        })?;
        let message = |found: client::Submission| {
            Ok(Message { rows: found.lines, ..identified(department, found.method, found.request)? })
        };
        submissions.into_iter().map(message).collect()
    }

    fn correction(&self, correction: &Correction<'_>) -> Result<Message, String> {
        let Correction { row, figure, name, etag, reason, note } = *correction;
        let department = self.facts.department.as_str();
        let found = client::submit_observations(department, [(row, figure)]);
        let found = found.map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
        let request = found.into_iter().next().map(|submission| submission.request).unwrap_or_default();
        let why = client::Why { reason: reason_name(reason), note };
        let request = client::correction(&request["requests"][0]["observation"], name, etag, why);
        let method = "wufei.exchange.v1.ObservationIngestService/UpdateObservation";
        Ok(Message { rows: vec![row], ..identified(department, method, request)? })
    }

    fn endorsement(&self, endorsement: &exchange::Endorsement) -> Result<Message, String> {
        let department = &self.facts.department;
        let part = match endorsement.role() {
            exchange::EndorsementRole::Reviewer => "reviewer",
            exchange::EndorsementRole::Signatory => "signatory",
            exchange::EndorsementRole::Unspecified => return Err("an endorsement without a role".to_owned()),
        };
        // Written as `wufei endorse` writes it, so that an endorsement by either is one.
        let request = json!({
            "parent": department.parent(),
            "endorsementId": format!("{}-{part}", endorsement.log_index),
            "endorsement": {
                "logIndex": endorsement.log_index.to_string(),
                "leafHash": endorsement.leaf_hash,
                "role": endorsement.role().as_str_name(),
                "verdict": endorsement.verdict().as_str_name(),
                "note": endorsement.note,
            },
        });
        identified(&department.parent(), "wufei.exchange.v1.EndorsementService/CreateEndorsement", request)
    }

    fn receipt_file(
        &self,
        receipt: Receipt,
        proof: log::GetInclusionProofResponse,
        leaf: Vec<u8>,
    ) -> Result<String, String> {
        let file = client::ReceiptFile { receipt, proof: Some(proof), leaf: Some(leaf) };
        let json = file.to_json().map_err(|error| error.to_string())?;
        Ok(format!("{json:#}\n"))
    }
}

/// A request with the id that follows from its content, as it goes on the wire: sent twice, it is one.
fn identified(scope: &str, method: &'static str, mut request: Value) -> Result<Message, String> {
    let id = client::request_id(scope, method, &request);
    if let Some(fields) = request.as_object_mut() {
        fields.insert("requestId".to_owned(), id.to_string().into());
    }
    let bytes = client::dynamic::request_bytes(method, request).map_err(|error| error.to_string())?;
    Ok(Message { method, bytes: bytes.into(), rows: Vec::new() })
}

fn reason_name(reason: CorrectionReason) -> &'static str {
    let reason = match reason {
        CorrectionReason::StatisticalFinalisation => common::CorrectionReason::StatisticalFinalisation,
        CorrectionReason::AuditAdjustment => common::CorrectionReason::AuditAdjustment,
        CorrectionReason::DefinitionChange => common::CorrectionReason::DefinitionChange,
        CorrectionReason::ClericalError => common::CorrectionReason::ClericalError,
        CorrectionReason::ProcedureStep => common::CorrectionReason::ProcedureStep,
    };
    reason.as_str_name()
}
