//! Reading funding.

use std::collections::{BTreeMap, BTreeSet};

use contracts::funding::v1::{self as wire, funding_query_service_server::FundingQueryService};
use domain::{
    DepartmentId, DomainError, FundingLine, FundingSubject, ProjectGroup, Reason, Recorded, ResourceName, Text,
    summarize,
};
use store::{FundingQuery as Selection, MAX_PAGE, ResourceQuery, View};
use tonic::{Request, Response, Status};

use super::{
    context::{NodeContext, reply},
    funding_ingest::{FundingIngest, groups_of},
    seen::{FundedRegions, subject},
};
use crate::{
    caller::Caller,
    convert::{common, funding},
    desk::DeskError,
    pages::{Page, Sieve},
    resources::{self, List},
};

/// Reads funding: one department's on its node, all of them on the aggregator.
#[derive(Clone, Debug)]
pub struct FundingQuery {
    context: NodeContext,
}

impl FundingQuery {
    /// Reads the node's tables.
    #[must_use]
    pub fn new(context: NodeContext) -> Self {
        Self { context }
    }

    async fn get(
        &self,
        caller: &Caller,
        request: wire::GetFundingLineRequest,
    ) -> Result<wire::GetFundingLineResponse, DeskError> {
        let wire::GetFundingLineRequest { name, as_of } = request;
        let name = common::name_to_read(&name, funding::LINES)?;
        let view = self.context.view(as_of.as_ref())?;
        let recorded = self.context.store().funding_line(&name, &view).await?.ok_or_else(|| caller.absent(&name))?;
        let region = FundedRegions::new(self.context.store()).region(subject(&recorded.body)).await?;
        caller.must_see(&recorded.origin, &region)?;
        let source = self.context.sources().of(&recorded).await?;
        Ok(wire::GetFundingLineResponse { funding_line: Some(funding::line_out(&recorded, source.as_ref())) })
    }

    async fn list(
        &self,
        caller: &Caller,
        request: wire::ListFundingLinesRequest,
    ) -> Result<wire::ListFundingLinesResponse, DeskError> {
        let query = wire::ListFundingLinesRequest { page_size: 0, page_token: String::new(), ..request.clone() };
        let wire::ListFundingLinesRequest { parent, page_size, page_token, as_of } = request;
        let page = Page::read("wufei.funding.v1.FundingQueryService/ListFundingLines", &query, page_size, &page_token)?;
        let mut selection = Selection {
            origin: self.context.parent(&parent)?,
            view: self.context.view(as_of.as_ref())?,
            ..Selection::default()
        };
        let (mut sieve, mut regions) = (Sieve::new(&page), FundedRegions::new(self.context.store()));
        while let Some((after, limit)) = sieve.wants() {
            (selection.after_name, selection.limit) = (after, limit);
            let records = self.context.store().funding_lines(&selection).await?;
            regions.look_up(records.iter().map(|record| &record.body)).await?;
            sieve.take(records, |record| regions.sees(caller, &record.origin, &record.body));
        }
        let (records, next_page_token) = sieve.cut(&page);
        let funding_lines = self.context.sources().each(&records, funding::line_out).await?;
        Ok(wire::ListFundingLinesResponse { funding_lines, next_page_token })
    }

    /// A sum is about all regions, so who sees some of them only is refused: a total of a part would be taken for the whole.
    async fn summarize(
        &self,
        caller: &Caller,
        request: wire::SummarizeFundingRequest,
    ) -> Result<wire::SummarizeFundingResponse, DeskError> {
        let wire::SummarizeFundingRequest { parent, budget_year, as_of } = request;
        let origin = self.context.parent(&parent)?;
        let view = self.context.view(as_of.as_ref())?;
        caller.must_see(origin.as_ref().unwrap_or(self.context.department()), "")?;
        let lines = self.all_lines(origin.clone(), budget_year, view.clone()).await?;
        for owner in lines.iter().map(|line| &line.origin).collect::<BTreeSet<_>>() {
            caller.must_see(owner, "")?;
        }
        let groups = self.all_groups(origin, view).await?;
        let lines: Vec<FundingLine> = lines.into_iter().map(|line| line.body).collect();
        let totals = summarize(&lines, &groups).map_err(|error| {
            DomainError::new(
                Reason::ValueInvalid,
                Text::new(error.to_string(), "a total has too many digits to be exact"),
            )
        })?;
        let totals = totals.iter().map(|total| total_out(total, &lines, &groups)).collect();
        Ok(wire::SummarizeFundingResponse { totals })
    }

    async fn all_lines(
        &self,
        origin: Option<DepartmentId>,
        budget_year: i32,
        view: View,
    ) -> Result<Vec<Recorded<FundingLine>>, DeskError> {
        let budget_year = (budget_year != 0).then_some(budget_year);
        let mut selection = Selection { origin, budget_year, view, after_name: None, limit: MAX_PAGE };
        let mut found = Vec::new();
        loop {
            let page = self.context.store().funding_lines(&selection).await?;
            let Some(last) = page.last().map(|line| line.name.to_string()) else { return Ok(found) };
            selection.after_name = Some(last);
            found.extend(page);
        }
    }

    async fn all_groups(&self, origin: Option<DepartmentId>, view: View) -> Result<Vec<ProjectGroup>, DeskError> {
        let collection = Some(funding::GROUPS.to_owned());
        let mut selection = ResourceQuery { origin, collection, view, after_name: None, limit: MAX_PAGE };
        let mut found = Vec::new();
        loop {
            let page = self.context.store().resources(&selection).await?;
            let Some(last) = page.last().map(|group| group.name.to_string()) else { return Ok(found) };
            selection.after_name = Some(last);
            found.extend(groups_of(&page)?);
        }
    }
}

/// A total with the projects and lines that it is made of. A project that a counted group names is counted with its group.
fn total_out(total: &domain::FundingTotal, lines: &[FundingLine], groups: &[ProjectGroup]) -> wire::FundingTotal {
    let cell: Vec<&FundingLine> =
        lines.iter().filter(|line| line.stage == total.stage && line.source == total.source).collect();
    let names: BTreeSet<&ResourceName> = cell.iter().map(|line| &line.name).collect();
    let counted = cell.iter().filter(|line| line.split_of.as_ref().is_none_or(|whole| !names.contains(whole)));
    let groups: BTreeMap<&ResourceName, &ProjectGroup> = groups.iter().map(|group| (&group.name, group)).collect();
    let mut in_groups = BTreeSet::new();
    let mut single = BTreeSet::new();
    for line in &cell {
        match &line.subject {
            FundingSubject::Project(name) => {
                single.insert(name);
            }
            FundingSubject::Group(name) => {
                in_groups.extend(groups.get(name).into_iter().flat_map(|group| &group.named_projects));
            }
        }
    }
    let alone = single.iter().filter(|name| !in_groups.contains(*name)).count();
    wire::FundingTotal {
        stage: funding::stage_out(total.stage),
        source: funding::source_out(total.source),
        amount: Some(common::yuan_out(total.amount)),
        project_count: total.projects_in_groups.saturating_add(u32::try_from(alone).unwrap_or(u32::MAX)),
        named_project_count: total.named_projects,
        funding_lines: counted.map(|line| line.name.to_string()).collect(),
    }
}

#[tonic::async_trait]
impl FundingQueryService for FundingQuery {
    async fn get_funding_line(
        &self,
        request: Request<wire::GetFundingLineRequest>,
    ) -> Result<Response<wire::GetFundingLineResponse>, Status> {
        let caller = Caller::of(&request)?;
        reply(caller.lang, self.get(&caller, request.into_inner()).await)
    }

    async fn list_funding_lines(
        &self,
        request: Request<wire::ListFundingLinesRequest>,
    ) -> Result<Response<wire::ListFundingLinesResponse>, Status> {
        let caller = Caller::of(&request)?;
        reply(caller.lang, self.list(&caller, request.into_inner()).await)
    }

    async fn list_funding_projects(
        &self,
        request: Request<wire::ListFundingProjectsRequest>,
    ) -> Result<Response<wire::ListFundingProjectsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut query = request.into_inner();
        let (page_size, page_token) = (std::mem::take(&mut query.page_size), std::mem::take(&mut query.page_token));
        let method = "wufei.funding.v1.FundingQueryService/ListFundingProjects";
        let list =
            List { method, parent: &query.parent, page_size, page_token: &page_token, as_of: query.as_of.as_ref() };
        let found = resources::list::<FundingIngest, _>(&self.context, &caller, list, &query).await;
        let answer = found.map(|(funding_projects, next_page_token)| wire::ListFundingProjectsResponse {
            funding_projects,
            next_page_token,
        });
        reply(caller.lang, answer)
    }

    async fn list_funding_groups(
        &self,
        request: Request<wire::ListFundingGroupsRequest>,
    ) -> Result<Response<wire::ListFundingGroupsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut query = request.into_inner();
        let (page_size, page_token) = (std::mem::take(&mut query.page_size), std::mem::take(&mut query.page_token));
        let method = "wufei.funding.v1.FundingQueryService/ListFundingGroups";
        let list =
            List { method, parent: &query.parent, page_size, page_token: &page_token, as_of: query.as_of.as_ref() };
        let found = resources::list::<FundingIngest, _>(&self.context, &caller, list, &query).await;
        let answer = found.map(|(funding_groups, next_page_token)| wire::ListFundingGroupsResponse {
            funding_groups,
            next_page_token,
        });
        reply(caller.lang, answer)
    }

    async fn summarize_funding(
        &self,
        request: Request<wire::SummarizeFundingRequest>,
    ) -> Result<Response<wire::SummarizeFundingResponse>, Status> {
        let caller = Caller::of(&request)?;
        reply(caller.lang, self.summarize(&caller, request.into_inner()).await)
    }
}
