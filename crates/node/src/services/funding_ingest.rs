//! Writing funding: projects, groups and lines.

use std::collections::BTreeMap;

use bytes::Bytes;
use contracts::funding::v1::{self as wire, funding_ingest_service_server::FundingIngestService};
use domain::{
    Change, FundingLedger, FundingLine, FundingSubject, ProjectGroup, Reason, Recorded, ResourceName, RuleContext,
    Violations, check_funding_line, check_funding_lines, check_project, check_project_group,
};
use prost::Message;
use store::{StoredResource, WriteTxn};
use tonic::{Request, Response, Status};

use super::{
    context::{NodeContext, not_found, reply},
    ingest::{check_etag, check_owner, check_size, duplicate_in_batch, refuse},
};
use crate::{
    caller::{Caller, RawRequest},
    convert::{Reader, common, funding},
    desk::{DeskError, Outcome, Submission, own_parent, request_id},
    projection::method,
    resources::{self, Create, Resource, Rules},
};

/// Writes the funding of one department.
#[derive(Clone, Debug)]
pub struct FundingIngest {
    context: NodeContext,
    max_batch: usize,
}

impl FundingIngest {
    /// Writes to the node's desk, at most `max_batch` items at a time.
    #[must_use]
    pub fn new(context: NodeContext, max_batch: usize) -> Self {
        Self { context, max_batch }
    }

    async fn batch(
        &self,
        caller: &Caller,
        raw: Bytes,
        request: wire::BatchCreateFundingLinesRequest,
    ) -> Result<wire::BatchCreateFundingLinesResponse, DeskError> {
        let wire::BatchCreateFundingLinesRequest { parent, requests, request_id: id, validate_only } = request;
        let lines = self.check_batch(&parent, requests, &id)?;
        let submission =
            Submission { method: method::BATCH_CREATE_FUNDING_LINES, request: raw, request_id: &id, validate_only };
        let check = async |txn: &mut WriteTxn| {
            let ledger = Ledger::load(txn).await?;
            let known = lines.iter().enumerate().filter_map(|(index, line)| {
                let etag = ledger.etags.get(&line.name)?;
                Some((index, line.name.clone(), etag.clone()))
            });
            refuse(known.collect(), "funding_line_id")?;
            let mut faults = check_funding_lines(&lines, ledger.view()).err().unwrap_or_default();
            for (index, line) in lines.iter().enumerate() {
                let mut reader = Reader::new(&mut faults);
                check_subject(txn, &mut reader.item("requests", index).at("funding_line"), &line.subject).await?;
            }
            faults.into_result(()).map_err(DeskError::from)
        };
        let respond = |outcome: &Outcome, ()| wire::BatchCreateFundingLinesResponse {
            funding_lines: lines_of(outcome, 0),
            receipt: outcome.receipt.clone(),
        };
        self.context.desk().submit(caller, submission, check, respond).await
    }

    fn check_batch(
        &self,
        parent: &str,
        requests: Vec<wire::CreateFundingLineRequest>,
        id: &str,
    ) -> Result<Vec<FundingLine>, Violations> {
        let mut faults = Violations::new();
        let mut reader = Reader::new(&mut faults);
        own_parent(&mut reader, parent, self.context.department());
        request_id(&mut reader, id);
        check_size(&mut reader, requests.len(), self.max_batch);
        if requests.len() > self.max_batch {
            return Err(faults);
        }
        let today = self.context.today();
        let mut lines = Vec::with_capacity(requests.len());
        let mut seen = BTreeMap::new();
        for (index, wire::CreateFundingLineRequest { funding_line_id, funding_line }) in
            requests.into_iter().enumerate()
        {
            let mut item = reader.item("requests", index);
            let department = self.context.department();
            let name = common::new_name(&mut item, "funding_line_id", department, funding::LINES, &funding_line_id);
            if let Some(name) = &name
                && let Some(first) = seen.insert(name.clone(), index)
            {
                duplicate_in_batch(&mut item.at("funding_line_id"), name, first);
            }
            let mut item = item.at("funding_line");
            let line = funding::read_line(&mut item, name, funding_line);
            if let Some(line) = &line {
                check_begun(&mut item, line, today);
            }
            lines.extend(line);
        }
        faults.into_result(lines)
    }

    async fn update(
        &self,
        caller: &Caller,
        raw: Bytes,
        request: wire::UpdateFundingLineRequest,
    ) -> Result<wire::UpdateFundingLineResponse, DeskError> {
        let wire::UpdateFundingLineRequest { funding_line: message, etag, correction, request_id: id, validate_only } =
            request;
        let mut faults = Violations::new();
        let mut reader = Reader::new(&mut faults);
        request_id(&mut reader, &id);
        reader.required("etag", &etag);
        common::figure_correction(&mut reader.at("correction"), correction.as_ref());
        let mut item = reader.at("funding_line");
        let text = message.as_ref().map(|message| message.name.clone()).unwrap_or_default();
        let name = common::resource_name(&mut item, "name", &text, funding::LINES);
        if let Some(name) = &name {
            check_owner(&mut item, name, &self.context);
        }
        let line = funding::read_line(&mut item, name.clone(), message);
        if let Some(line) = &line {
            check_begun(&mut item, line, self.context.today());
        }
        let (Some(name), Some(line), true) = (name, line, faults.is_empty()) else { return Err(faults.into()) };

        let submission =
            Submission { method: method::UPDATE_FUNDING_LINE, request: raw, request_id: &id, validate_only };
        let check = async |txn: &mut WriteTxn| {
            let current = txn.funding_line(&name).await?.ok_or_else(|| not_found(&name))?;
            check_etag(&current, &etag)?;
            let mut faults = Violations::new();
            let mut reader = Reader::new(&mut faults);
            check_unchanged(&mut reader.at("funding_line"), &current.body, &line);
            let ledger = Ledger::load(txn).await?;
            if let Err(found) = check_funding_line(&line, ledger.view()) {
                reader.extend(found);
            }
            faults.into_result(current.revision).map_err(DeskError::from)
        };
        let respond = |outcome: &Outcome, before: u32| wire::UpdateFundingLineResponse {
            funding_line: lines_of(outcome, before).into_iter().next(),
            receipt: outcome.receipt.clone(),
        };
        self.context.desk().submit(caller, submission, check, respond).await
    }
}

/// The ledger as it stands inside a transaction.
struct Ledger {
    lines: Vec<FundingLine>,
    groups: Vec<ProjectGroup>,
    etags: BTreeMap<ResourceName, String>,
}

impl Ledger {
    async fn load(txn: &mut WriteTxn) -> Result<Self, DeskError> {
        let department = txn.log().clone();
        let recorded = txn.funding_lines_of(&department).await?;
        let etags = recorded.iter().map(|line| (line.name.clone(), line.etag.clone())).collect();
        let lines = recorded.into_iter().map(|line| line.body).collect();
        let groups = txn.resources(&department, funding::GROUPS).await?;
        Ok(Self { lines, groups: groups_of(&groups)?, etags })
    }

    fn view(&self) -> FundingLedger<'_> {
        FundingLedger { lines: &self.lines, groups: &self.groups }
    }
}

/// The groups as the rules take them. A stored group was readable when it was written.
pub(crate) fn groups_of(records: &[Recorded<StoredResource>]) -> Result<Vec<ProjectGroup>, DeskError> {
    let mut groups = Vec::with_capacity(records.len());
    for record in records {
        let message = wire::FundingGroup::decode(record.body.body.as_slice())?;
        let mut faults = Violations::new();
        groups.extend(funding::read_group(&mut Reader::new(&mut faults), record.name.clone(), &message));
    }
    Ok(groups)
}

/// A line's project or group must be on record, as far as this node can know: another department's cannot be looked up.
async fn check_subject(txn: &mut WriteTxn, reader: &mut Reader<'_>, subject: &FundingSubject) -> Result<(), DeskError> {
    let name = subject.name();
    if name.department() != txn.log() || txn.resource(name).await?.is_some() {
        return Ok(());
    }
    let field = match subject {
        FundingSubject::Project(_) => "project",
        FundingSubject::Group(_) => "group",
    };
    let rule = ("没有登记该项目或项目组", "the project or group is not on record");
    reader.fault(field, Reason::ResourceNotFound, name, rule, ("请先登记项目或项目组", "record it first"));
    Ok(())
}

fn check_begun(reader: &mut Reader<'_>, line: &FundingLine, today: chrono::NaiveDate) {
    if line.period.begins_after(today) {
        let rule = ("期间尚未开始", "the period has not begun");
        reader.fault("period.value", Reason::PeriodInFuture, line.period, rule, ("请核对期间", "check the period"));
    }
}

fn check_unchanged(reader: &mut Reader<'_>, before: &FundingLine, after: &FundingLine) {
    let rule = ("更正不能改变项目、阶段和来源", "a correction keeps subject, stage and source");
    let action = ("资金进入下一阶段请另立资金行并填 moved_from", "to move money on, create a line with moved_from");
    if before.subject != after.subject {
        reader.fault("subject", Reason::FieldInvalid, after.subject.name(), rule, action);
    }
    if before.stage != after.stage {
        reader.fault("stage", Reason::FieldInvalid, after.stage.zh(), rule, action);
    }
    if before.source != after.source {
        reader.fault("source", Reason::FieldInvalid, after.source.zh(), rule, action);
    }
    if before == after {
        let rule = ("与现行版本没有差别", "nothing differs from the current revision");
        reader.fault("", Reason::FieldInvalid, "", rule, ("请填写要更正的内容", "give what is to change"));
    }
}

fn lines_of(outcome: &Outcome, before: u32) -> Vec<wire::FundingLine> {
    let each = outcome.changes.iter().enumerate().filter_map(|(position, change)| match change {
        Change::PutFundingLine { line, .. } => {
            let recorded = outcome.recorded(position, before, line.as_ref().clone())?;
            let mut message = funding::line_out(&recorded, Some(&outcome.source));
            if outcome.receipt.is_none() {
                message.record = None;
            }
            Some(message)
        }
        Change::PutObservation { .. } | Change::PutResource { .. } => None,
    });
    each.collect()
}

impl Resource<FundingIngest> for wire::FundingProject {
    const COLLECTION: &'static str = funding::PROJECTS;
    const FIELD: &'static str = "funding_project";

    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: String) {
        self.name = name;
    }

    fn set_record(&mut self, record: Option<contracts::common::v1::Record>) {
        self.record = record;
    }
}

impl Rules<FundingIngest> for wire::FundingProject {
    fn check(&self, _service: &FundingIngest, name: &ResourceName, rules: &RuleContext<'_>) -> Violations {
        let mut faults = Violations::new();
        let mut reader = Reader::new(&mut faults);
        if let Some(project) = funding::read_project(&mut reader, name.clone(), self) {
            if let Err(found) = check_project(&project) {
                reader.extend(without_prefix(found, "funding_project."));
            }
            check_region(&mut reader, &project.region, rules);
        }
        faults
    }

    fn citation(&self) -> Option<contracts::common::v1::Citation> {
        self.citation.clone()
    }
}

impl Resource<FundingIngest> for wire::FundingGroup {
    const COLLECTION: &'static str = funding::GROUPS;
    const FIELD: &'static str = "funding_group";

    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: String) {
        self.name = name;
    }

    fn set_record(&mut self, record: Option<contracts::common::v1::Record>) {
        self.record = record;
    }
}

impl Rules<FundingIngest> for wire::FundingGroup {
    fn check(&self, _service: &FundingIngest, name: &ResourceName, rules: &RuleContext<'_>) -> Violations {
        let mut faults = Violations::new();
        let mut reader = Reader::new(&mut faults);
        if let Some(group) = funding::read_group(&mut reader, name.clone(), self) {
            if let Err(found) = check_project_group(&group) {
                reader.extend(without_prefix(found, "funding_group."));
            }
            check_region(&mut reader, &group.region, rules);
        }
        faults
    }

    fn citation(&self) -> Option<contracts::common::v1::Citation> {
        self.citation.clone()
    }
}

/// The rules give paths from the request; here they are relative to the resource.
fn without_prefix(faults: Violations, prefix: &str) -> Violations {
    let rename = |mut violation: domain::Violation| {
        if let Some(field) = violation.field.strip_prefix(prefix) {
            violation.field = field.to_owned();
        }
        violation
    };
    faults.into_iter().map(rename).collect()
}

/// Checks that a region is known, and owned by this node.
fn check_region(reader: &mut Reader<'_>, region: &domain::RegionCode, rules: &RuleContext<'_>) {
    let known = rules.regions.get(region).is_some_and(|known| known.in_force(rules.today));
    if !known {
        let rule = ("行政区划代码不在区划表内", "the code is not in the region table");
        let action = ("请使用民政部现行代码", "use the current official code");
        reader.fault("region", Reason::RegionUnknown, region, rule, action);
        return;
    }
    match &rules.owned {
        domain::OwnedRegions::All => {}
        domain::OwnedRegions::Only(city) if rules.regions.is_within(region, city) => {}
        domain::OwnedRegions::Only(city) => {
            let rule = ("本节点只登记本市及其县区的数据", "this node records its city and counties only");
            reader.fault_allowing("region", Reason::RegionNotOwned, region, rule, [city]);
        }
    }
}

#[tonic::async_trait]
impl FundingIngestService for FundingIngest {
    async fn create_funding_project(
        &self,
        request: Request<wire::CreateFundingProjectRequest>,
    ) -> Result<Response<wire::CreateFundingProjectResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        let wire::CreateFundingProjectRequest {
            parent,
            funding_project_id: id,
            funding_project: resource,
            request_id,
            validate_only,
        } = request.into_inner();
        let create = Create { method: method::CREATE_FUNDING_PROJECT, parent, id, resource, request_id, validate_only };
        let respond =
            |resource, receipt| wire::CreateFundingProjectResponse { funding_project: Some(resource), receipt };
        reply(caller.lang, resources::create(&self.context, self, &caller, raw, create, respond).await)
    }

    async fn create_funding_group(
        &self,
        request: Request<wire::CreateFundingGroupRequest>,
    ) -> Result<Response<wire::CreateFundingGroupResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        let wire::CreateFundingGroupRequest {
            parent,
            funding_group_id: id,
            funding_group: resource,
            request_id,
            validate_only,
        } = request.into_inner();
        let create = Create { method: method::CREATE_FUNDING_GROUP, parent, id, resource, request_id, validate_only };
        let respond = |resource, receipt| wire::CreateFundingGroupResponse { funding_group: Some(resource), receipt };
        reply(caller.lang, resources::create(&self.context, self, &caller, raw, create, respond).await)
    }

    async fn batch_create_funding_lines(
        &self,
        request: Request<wire::BatchCreateFundingLinesRequest>,
    ) -> Result<Response<wire::BatchCreateFundingLinesResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        reply(caller.lang, self.batch(&caller, raw, request.into_inner()).await)
    }

    async fn update_funding_line(
        &self,
        request: Request<wire::UpdateFundingLineRequest>,
    ) -> Result<Response<wire::UpdateFundingLineResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        reply(caller.lang, self.update(&caller, raw, request.into_inner()).await)
    }
}
