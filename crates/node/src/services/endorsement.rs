//! `EndorsementService`: who reviewed a submission, and who signed it.
//!
//! A submission has one review and one signature, so their ids follow from its index in the log (`12-reviewer`,
//! `12-signatory`), and what was said before about a submission is found by its name. Each part is another principal than the
//! others; the certificate and the signature of the call say who it is, and the entry of the log keeps them.

use bytes::Bytes;
use contracts::{
    common::v1 as common_wire,
    exchange::v1::{self as wire, endorsement_service_server::EndorsementService},
    log::v1::Envelope,
};
use domain::{DomainError, Reason, ResourceName, RuleContext, Text, Violation, Violations};
use prost::Message as _;
use store::WriteTxn;
use tonic::{Request, Response, Status};

use super::{
    context::{NodeContext, reply},
    stream::beyond_end,
};
use crate::{
    caller::{Caller, RawRequest},
    convert::{Reader, common},
    desk::{DeskError, Outcome, Submission, own_parent, request_id},
    projection::method::{CREATE_ENDORSEMENT, PUT_RESOURCE},
    resources::{self, Resource, Rules},
};

/// Records endorsements of what this node logged.
#[derive(Clone, Debug)]
pub struct Endorsements {
    context: NodeContext,
}

/// The submission that is endorsed.
struct Submitted {
    leaf_hash: String,
    principal: String,
}

/// What was said before about a submission.
struct Before {
    review: Option<Said>,
    signed: bool,
}

/// An earlier endorsement.
struct Said {
    principal: String,
    verdict: wire::EndorsementVerdict,
}

impl Resource<Endorsements> for wire::Endorsement {
    const COLLECTION: &'static str = "endorsements";
    const FIELD: &'static str = "endorsement";

    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: String) {
        self.name = name;
    }

    fn set_record(&mut self, record: Option<common_wire::Record>) {
        self.record = record;
    }
}

impl Rules<Endorsements> for wire::Endorsement {
    fn check(&self, _service: &Endorsements, _name: &ResourceName, _rules: &RuleContext<'_>) -> Violations {
        let mut faults = Violations::new();
        let mut reader = Reader::new(&mut faults);
        if self.role() == wire::EndorsementRole::Unspecified {
            reader.missing("role");
        }
        reader.required("leaf_hash", &self.leaf_hash);
        match self.verdict() {
            wire::EndorsementVerdict::Unspecified => reader.missing("verdict"),
            wire::EndorsementVerdict::Returned => drop(reader.required("note", &self.note)),
            wire::EndorsementVerdict::Approved => {}
        }
        faults
    }
}

impl Endorsements {
    /// Endorsements of what the desk of this node logged.
    #[must_use]
    pub fn new(context: NodeContext) -> Self {
        Self { context }
    }

    async fn create(
        &self,
        caller: &Caller,
        raw: Bytes,
        request: wire::CreateEndorsementRequest,
    ) -> Result<wire::CreateEndorsementResponse, DeskError> {
        let wire::CreateEndorsementRequest { parent, endorsement_id, endorsement, request_id: id, validate_only } =
            request;
        let context = &self.context;
        let mut faults = Violations::new();
        let mut reader = Reader::new(&mut faults);
        own_parent(&mut reader, &parent, context.department());
        request_id(&mut reader, &id);
        let collection = <wire::Endorsement as Resource<Self>>::COLLECTION;
        let name = common::new_name(&mut reader, "endorsement_id", context.department(), collection, &endorsement_id);
        let Some(endorsement) = endorsement else {
            reader.missing("endorsement");
            return Err(faults.into());
        };
        if let Some(name) = &name {
            reader.at("endorsement").extend(endorsement.check(self, name, &context.rules()));
        }
        if let Some(role) = role_id(endorsement.role()) {
            let expected = format!("{}-{role}", endorsement.log_index);
            if endorsement_id != expected {
                let rule =
                    ("编号由报送的序号和身份得出", "the id follows from the index of the submission and the part");
                reader.fault_allowing("endorsement_id", Reason::FieldInvalid, &endorsement_id, rule, [expected]);
            }
        }
        if !faults.is_empty() {
            return Err(faults.into());
        }

        // An entry never changes, so it is read before the write waits for its turn.
        let submitted = self.submitted(&endorsement).await?;
        let endorser = caller.principal.as_str();
        let submission = Submission { method: CREATE_ENDORSEMENT, request: raw, request_id: &id, validate_only };
        let check = async |txn: &mut WriteTxn| {
            let before = before(txn, endorsement.log_index).await?;
            Ok(allowed(&endorsement, endorser, &submitted, &before)?)
        };
        let respond = |outcome: &Outcome, ()| wire::CreateEndorsementResponse {
            endorsement: Some(resources::written::<Self, wire::Endorsement>(outcome, 0)),
            receipt: outcome.receipt.clone(),
        };
        context.desk().submit(caller, submission, check, respond).await
    }

    /// The submission that an endorsement is about.
    async fn submitted(&self, endorsement: &wire::Endorsement) -> Result<Submitted, DeskError> {
        let (store, log, index) = (self.context.store(), self.context.department(), endorsement.log_index);
        let found = store.entries(log, index, 1).await?.into_iter().find(|entry| entry.index == index);
        let Some(entry) = found else {
            let size = store.head(log).await?.map_or(0, |head| head.size);
            return Err(beyond_end(index, size).into());
        };
        let envelope = Envelope::decode(entry.leaf.unwrap_or_default().as_slice())?;
        let Envelope { method, principal, .. } = envelope;
        let fault = |field: &str, value: String, rule: Text, action: Text| {
            Violation::new(format!("endorsement.{field}"), Reason::FieldInvalid, value, rule, action)
        };
        if method == CREATE_ENDORSEMENT || method.starts_with(PUT_RESOURCE) {
            let rule = Text::new(format!("该条是 {method}，不是报送"), format!("the entry is {method}, no submission"));
            let action = Text::new("请填写报送回执中的序号", "give the index in the receipt of the submission");
            return Err(fault("log_index", index.to_string(), rule, action).into());
        }
        let leaf_hash = entry.leaf_hash.to_string();
        if endorsement.leaf_hash != leaf_hash {
            let rule = Text::new(
                format!("第 {index} 条的叶哈希与此不符：所签的不是这份报送"),
                format!("entry {index} has another leaf hash: what was endorsed is not this submission"),
            );
            let action = Text::new(
                "请从回执抄录叶哈希，并核对所审的内容",
                "copy the leaf hash from the receipt and look at what is endorsed again",
            );
            return Err(fault("leaf_hash", endorsement.leaf_hash.clone(), rule, action).into());
        }
        Ok(Submitted { leaf_hash, principal })
    }
}

/// Reads what was said before about a submission.
async fn before(txn: &mut WriteTxn, log_index: u64) -> Result<Before, DeskError> {
    let review = said(txn, log_index, "reviewer").await?;
    let signed = said(txn, log_index, "signatory").await?.is_some();
    Ok(Before { review, signed })
}

/// Whether a submission was returned, by its reviewer or by its signatory: its figures may then be submitted anew as they are.
pub(super) async fn was_returned(txn: &mut WriteTxn, log_index: u64) -> Result<bool, DeskError> {
    for role in ["reviewer", "signatory"] {
        let said = said(txn, log_index, role).await?;
        if said.is_some_and(|said| said.verdict == wire::EndorsementVerdict::Returned) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn said(txn: &mut WriteTxn, log_index: u64, role: &str) -> Result<Option<Said>, DeskError> {
    let collection = <wire::Endorsement as Resource<Endorsements>>::COLLECTION;
    let Ok(name) = ResourceName::new(txn.log().clone(), collection, &format!("{log_index}-{role}")) else {
        return Ok(None);
    };
    let Some(record) = txn.resource(&name).await? else { return Ok(None) };
    let verdict = wire::Endorsement::decode(record.body.body.as_slice())?.verdict();
    let leaf = txn.leaf(record.log_index).await?.unwrap_or_default();
    let Envelope { principal, .. } = Envelope::decode(leaf.as_slice())?;
    Ok(Some(Said { principal, verdict }))
}

/// Who may say what after what was said.
fn allowed(
    endorsement: &wire::Endorsement,
    endorser: &str,
    submitted: &Submitted,
    before: &Before,
) -> Result<(), DomainError> {
    let index = endorsement.log_index;
    let order = |zh: &str, en: &str| {
        let text = Text::new(format!("第 {index} 条报送{zh}"), format!("submission {index} {en}"));
        Err(DomainError::new(Reason::EndorsementOrder, text)
            .with_fact("log_index", index)
            .with_fact("leaf_hash", &submitted.leaf_hash))
    };
    let conflict = |part: &str, part_en: &str| {
        let text = Text::new(
            format!("{endorser} 是该报送的{part}，不能再有另一身份；请由其他有权主体办理（《统计法》第二十四条）"),
            format!(
                "{endorser} is the {part_en} of this submission and has no second part in it; let another member do it"
            ),
        );
        Err(DomainError::new(Reason::RoleConflict, text).with_fact("principal", endorser).with_fact("part", part_en))
    };
    let returned = before.review.as_ref().is_some_and(|said| said.verdict == wire::EndorsementVerdict::Returned);
    if returned {
        return order("已退回，须重新报送后再审", "was returned; a corrected one is submitted and reviewed anew");
    }
    if before.signed {
        return order(
            "已有签署意见，不再接受审核或签署",
            "was signed or returned by its signatory; nothing follows that",
        );
    }
    if endorser == submitted.principal {
        return conflict("填报人", "submitter");
    }
    match (endorsement.role(), &before.review) {
        (wire::EndorsementRole::Reviewer, Some(_)) => {
            order("已审核通过，待签署", "was reviewed already and awaits its signature")
        }
        (wire::EndorsementRole::Signatory, None) => {
            order("尚未审核，先审核后签署", "was not reviewed yet; review comes before signature")
        }
        (wire::EndorsementRole::Signatory, Some(review)) if review.principal == endorser => {
            conflict("审核人", "reviewer")
        }
        (
            wire::EndorsementRole::Unspecified | wire::EndorsementRole::Reviewer | wire::EndorsementRole::Signatory,
            _,
        ) => Ok(()),
    }
}

/// The part as it stands in ids.
const fn role_id(role: wire::EndorsementRole) -> Option<&'static str> {
    match role {
        wire::EndorsementRole::Unspecified => None,
        wire::EndorsementRole::Reviewer => Some("reviewer"),
        wire::EndorsementRole::Signatory => Some("signatory"),
    }
}

#[tonic::async_trait]
impl EndorsementService for Endorsements {
    async fn create_endorsement(
        &self,
        request: Request<wire::CreateEndorsementRequest>,
    ) -> Result<Response<wire::CreateEndorsementResponse>, Status> {
        let caller = Caller::of(&request)?;
        let raw = RawRequest::of(&request)?;
        reply(caller.lang, self.create(&caller, raw, request.into_inner()).await)
    }

    async fn list_endorsements(
        &self,
        request: Request<wire::ListEndorsementsRequest>,
    ) -> Result<Response<wire::ListEndorsementsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut query = request.into_inner();
        let page_size = std::mem::take(&mut query.page_size);
        let page_token = std::mem::take(&mut query.page_token);
        let list = resources::List {
            method: "wufei.exchange.v1.EndorsementService/ListEndorsements",
            parent: &query.parent,
            page_size,
            page_token: &page_token,
            as_of: query.as_of.as_ref(),
        };
        let found = resources::list::<Self, wire::Endorsement>(&self.context, &caller, list, &query).await;
        reply(
            caller.lang,
            found.map(|(endorsements, next_page_token)| wire::ListEndorsementsResponse {
                endorsements,
                next_page_token,
            }),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPROVED: wire::EndorsementVerdict = wire::EndorsementVerdict::Approved;

    fn verdict_on(role: wire::EndorsementRole, endorser: &str, before: &Before) -> Option<Reason> {
        let endorsement =
            wire::Endorsement { role: role.into(), verdict: APPROVED.into(), ..wire::Endorsement::default() };
        let submitted = Submitted { leaf_hash: "00".to_owned(), principal: "writer".to_owned() };
        allowed(&endorsement, endorser, &submitted, before).err().map(|error| error.reason)
    }

    fn reviewed(verdict: wire::EndorsementVerdict, signed: bool) -> Before {
        Before { review: Some(Said { principal: "reviewer".to_owned(), verdict }), signed }
    }

    #[test]
    fn three_principals_in_their_order() {
        use wire::EndorsementRole::{Reviewer, Signatory};
        let fresh = Before { review: None, signed: false };
        let approved = reviewed(APPROVED, false);
        let returned = reviewed(wire::EndorsementVerdict::Returned, false);
        let is_final = reviewed(APPROVED, true);
        let (conflict, order) = (Some(Reason::RoleConflict), Some(Reason::EndorsementOrder));
        for (role, endorser, before, expected) in [
            (Reviewer, "writer", &fresh, conflict),
            (Reviewer, "reviewer", &fresh, None),
            (Signatory, "signatory", &fresh, order),
            (Signatory, "writer", &approved, conflict),
            (Signatory, "reviewer", &approved, conflict),
            (Signatory, "signatory", &approved, None),
            (Reviewer, "another", &approved, order),
            (Reviewer, "another", &returned, order),
            (Signatory, "signatory", &returned, order),
            (Reviewer, "another", &is_final, order),
            (Signatory, "another", &is_final, order),
        ] {
            assert_eq!(verdict_on(role, endorser, before), expected, "{role:?} {endorser}");
        }
    }
}
