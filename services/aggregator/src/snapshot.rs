//! Everything that the departments recorded, as of a set of checkpoints: what a run and a report read.

use std::collections::{BTreeMap, BTreeSet};

use contracts::{ecology, exchange, funding, log};
use domain::{
    CityMilestone, CityStage, DepartmentId, FundingLine, Observation, ProjectGroup, Recorded, RegionCode, ResourceName,
    Statement,
};
use evaluation::Endorser;
use node::convert::{Reader, common::EntrySource};
use prost::Message as _;
use store::{FundingQuery, MAX_PAGE, ObservationQuery, ResourceQuery, Store, StoredResource, View};

/// Recorded rows as of some checkpoints.
pub(crate) struct Snapshot {
    pub(crate) observations: Vec<Recorded<Observation>>,
    pub(crate) statements: Vec<Recorded<Statement>>,
    pub(crate) funding_lines: Vec<Recorded<FundingLine>>,
    pub(crate) groups: Vec<ProjectGroup>,
    pub(crate) resources: Vec<Recorded<StoredResource>>,
    /// Titles of projects and groups.
    pub(crate) titles: BTreeMap<ResourceName, String>,
    /// Steps of the cities.
    pub(crate) milestones: Vec<CityMilestone>,
    /// Qualitative items whose evidence the lead department accepted.
    pub(crate) accepted: BTreeSet<(RegionCode, String)>,
    /// Approvals of submissions, by log and index of the submission.
    approvals: BTreeMap<(DepartmentId, u64), Vec<Approval>>,
    entries: BTreeMap<(DepartmentId, u64), EntrySource>,
    rows: BTreeMap<String, (DepartmentId, u64, u32)>,
}

/// An approval of a submission.
struct Approval {
    part: Endorser,
    /// What was approved.
    leaf_hash: String,
    /// Index of the entry that says so.
    entry: u64,
}

impl Snapshot {
    /// Reads everything below the sizes.
    ///
    /// # Errors
    /// When the store fails, or a stored message cannot be decoded.
    pub(crate) async fn read(store: &Store, sizes: &BTreeMap<DepartmentId, u64>) -> anyhow::Result<Self> {
        let view = View::Upto(sizes.clone());
        let mut snapshot = Self {
            observations: observations(store, &view).await?,
            statements: Vec::new(),
            funding_lines: funding_lines(store, &view).await?,
            groups: Vec::new(),
            resources: resources(store, &view).await?,
            titles: BTreeMap::new(),
            milestones: Vec::new(),
            accepted: BTreeSet::new(),
            approvals: BTreeMap::new(),
            entries: BTreeMap::new(),
            rows: BTreeMap::new(),
        };
        snapshot.decode()?;
        snapshot.index_rows();
        snapshot.read_entries(store, sizes).await?;
        Ok(snapshot)
    }

    /// Where a row came from, by its key `name@revision`.
    pub(crate) fn provenance(&self, key: &str) -> Option<contracts::common::v1::Provenance> {
        let (origin, index, position) = self.rows.get(key)?;
        let source = self.entries.get(&(origin.clone(), *index))?;
        Some(contracts::common::v1::Provenance {
            node: format!("departments/{origin}"),
            log_index: *index,
            position: *position,
            leaf_hash: source.leaf_hash.to_string(),
            principal: source.principal.clone(),
            receive_time: source.receive_time.map(node::convert::common::time_out),
            citation: self.citation(key),
            revision_name: key.to_owned(),
        })
    }

    /// The submissions of figures and facts that lack one of these approvals: by a principal who has no other part in the
    /// submission, of exactly what was logged.
    pub(crate) fn unendorsed(&self, demanded: &[Endorser]) -> BTreeSet<(DepartmentId, u64)> {
        if demanded.is_empty() {
            return BTreeSet::new();
        }
        let figures = self.observations.iter().map(|row| (row.origin.clone(), row.log_index));
        let facts = self.statements.iter().map(|row| (row.origin.clone(), row.log_index));
        figures.chain(facts).filter(|submission| !self.is_endorsed(submission, demanded)).collect()
    }

    fn is_endorsed(&self, submission: &(DepartmentId, u64), demanded: &[Endorser]) -> bool {
        let Some(submitted) = self.entries.get(submission) else { return false };
        let leaf_hash = submitted.leaf_hash.to_string();
        let approvals = self.approvals.get(submission).map(Vec::as_slice).unwrap_or_default();
        let mut principals = BTreeSet::from([submitted.principal.as_str()]);
        demanded.iter().all(|part| {
            let approval = approvals.iter().find(|approval| approval.part == *part && approval.leaf_hash == leaf_hash);
            let entry = approval.and_then(|approval| self.entries.get(&(submission.0.clone(), approval.entry)));
            entry.is_some_and(|entry| principals.insert(&entry.principal))
        })
    }

    fn citation(&self, key: &str) -> Option<contracts::common::v1::Citation> {
        let (name, revision) = key.rsplit_once('@')?;
        let revision: u32 = revision.parse().ok()?;
        let figure = named(&self.observations, name).filter(|row| row.revision == revision);
        let fact = || named(&self.statements, name).filter(|row| row.revision == revision);
        let citation = match figure {
            Some(row) => row.body.citation.as_ref(),
            None => fact()?.body.citation.as_ref(),
        };
        citation.map(node::convert::common::citation_out)
    }

    fn decode(&mut self) -> anyhow::Result<()> {
        let mut reviewed = Vec::new();
        for row in &self.resources {
            let body = row.body.body.as_slice();
            match row.body.type_name.as_str() {
                "wufei.exchange.v1.Statement" => {
                    let message = exchange::v1::Statement::decode(body)?;
                    let statement = read(|reader| node::convert::statement::read(reader, Some(message)), &row.name)?;
                    self.statements.push(row.clone().map(|_| statement));
                }
                "wufei.funding.v1.FundingProject" => {
                    self.titles.insert(row.name.clone(), funding::v1::FundingProject::decode(body)?.title);
                }
                "wufei.funding.v1.FundingGroup" => {
                    let message = funding::v1::FundingGroup::decode(body)?;
                    let name = row.name.clone();
                    let group = read(|reader| node::convert::funding::read_group(reader, name, &message), &row.name)?;
                    self.titles.insert(row.name.clone(), message.title);
                    self.groups.push(group);
                }
                "wufei.ecology.v1.CityStageRecord" => {
                    self.milestones.extend(milestone(&ecology::v1::CityStageRecord::decode(body)?));
                }
                "wufei.exchange.v1.Endorsement" => {
                    let message = exchange::v1::Endorsement::decode(body)?;
                    if let Some(part) = approved_as(&message) {
                        let approval = Approval { part, leaf_hash: message.leaf_hash, entry: row.log_index };
                        self.approvals.entry((row.origin.clone(), message.log_index)).or_default().push(approval);
                    }
                }
                "wufei.ecology.v1.EvidenceReview" => {
                    reviewed.push(ecology::v1::EvidenceReview::decode(body)?);
                }
                _ => {}
            }
        }
        for review in reviewed {
            if review.verdict() == ecology::v1::Verdict::Accepted {
                self.accept(&review);
            }
        }
        Ok(())
    }

    /// An accepted review counts for the city that the reviewed record is about.
    fn accept(&mut self, review: &ecology::v1::EvidenceReview) {
        let statement = named(&self.statements, &review.evidence);
        let answer = named(&self.observations, &review.evidence);
        let region =
            statement.map(|row| row.body.region.clone()).or_else(|| answer.map(|row| row.body.key.region.clone()));
        if let Some(region) = region {
            self.accepted.insert((region, review.indicator.clone()));
        }
    }

    fn index_rows(&mut self) {
        let rows = self
            .observations
            .iter()
            .map(|row| (&row.name, &row.origin, row.revision, row.log_index, row.position))
            .chain(
                self.funding_lines
                    .iter()
                    .map(|row| (&row.name, &row.origin, row.revision, row.log_index, row.position)),
            )
            .chain(
                self.resources.iter().map(|row| (&row.name, &row.origin, row.revision, row.log_index, row.position)),
            );
        self.rows = rows
            .map(|(name, origin, revision, index, position)| {
                (format!("{name}@{revision}"), (origin.clone(), index, position))
            })
            .collect();
    }

    async fn read_entries(&mut self, store: &Store, sizes: &BTreeMap<DepartmentId, u64>) -> anyhow::Result<()> {
        for (origin, size) in sizes {
            let mut start = 0;
            while start < *size {
                let page = store.entries(origin, start, MAX_PAGE).await?;
                let Some(last) = page.last().map(|entry| entry.index) else { break };
                for entry in page.into_iter().filter(|entry| entry.index < *size) {
                    let envelope = entry.leaf.as_deref().map(log::v1::Envelope::decode).transpose()?;
                    let receive_time = envelope.as_ref().and_then(|found| found.receive_time.as_ref()).and_then(time);
                    let principal = envelope.map(|found| found.principal).unwrap_or_default();
                    let source = EntrySource { leaf_hash: entry.leaf_hash, principal, receive_time };
                    self.entries.insert((origin.clone(), entry.index), source);
                }
                start = last + 1;
            }
        }
        Ok(())
    }
}

/// The row of a name. Rows are read in the order of names, and a view holds one revision of each.
fn named<'a, T>(rows: &'a [Recorded<T>], name: &str) -> Option<&'a Recorded<T>> {
    let at = rows.binary_search_by(|row| row.name.to_string().as_str().cmp(name)).ok()?;
    rows.get(at)
}

/// The part in which an endorsement approves; none when it returns the submission.
fn approved_as(endorsement: &exchange::v1::Endorsement) -> Option<Endorser> {
    let approved = endorsement.verdict() == exchange::v1::EndorsementVerdict::Approved;
    match endorsement.role() {
        exchange::v1::EndorsementRole::Reviewer if approved => Some(Endorser::Reviewer),
        exchange::v1::EndorsementRole::Signatory if approved => Some(Endorser::Signatory),
        exchange::v1::EndorsementRole::Unspecified
        | exchange::v1::EndorsementRole::Reviewer
        | exchange::v1::EndorsementRole::Signatory => None,
    }
}

fn time(from: &prost_types::Timestamp) -> Option<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::from_timestamp(from.seconds, u32::try_from(from.nanos).ok()?)
}

fn read<T>(parse: impl FnOnce(&mut Reader<'_>) -> Option<T>, name: &ResourceName) -> anyhow::Result<T> {
    let mut faults = domain::Violations::new();
    parse(&mut Reader::new(&mut faults))
        .ok_or_else(|| anyhow::anyhow!("stored resource {name} cannot be read: {faults:?}"))
}

/// A city's step as the counting rules read it.
pub(crate) fn milestone(from: &ecology::v1::CityStageRecord) -> Option<CityMilestone> {
    use ecology::v1::CityStage as Wire;
    let stage = match from.stage() {
        Wire::Unspecified => return None,
        Wire::Recommended => CityStage::Recommended,
        Wire::Designated => CityStage::Designated,
        Wire::PlanDrafted => CityStage::PlanDrafted,
        Wire::PlanIssued => CityStage::PlanIssued,
    };
    let period = domain::Period::parse(&from.period.as_ref()?.value).ok()?;
    Some(CityMilestone { region: RegionCode::parse(&from.region).ok()?, stage, period })
}

async fn observations(store: &Store, view: &View) -> anyhow::Result<Vec<Recorded<Observation>>> {
    let mut query = ObservationQuery { view: view.clone(), limit: MAX_PAGE, ..ObservationQuery::default() };
    let mut rows = Vec::new();
    loop {
        let page = store.observations(&query).await?;
        query.after_name = page.last().map(|row| row.name.to_string());
        let full = page.len() >= MAX_PAGE as usize;
        rows.extend(page);
        if !full {
            return Ok(rows);
        }
    }
}

async fn funding_lines(store: &Store, view: &View) -> anyhow::Result<Vec<Recorded<FundingLine>>> {
    let mut query = FundingQuery { view: view.clone(), limit: MAX_PAGE, ..FundingQuery::default() };
    let mut rows = Vec::new();
    loop {
        let page = store.funding_lines(&query).await?;
        query.after_name = page.last().map(|row| row.name.to_string());
        let full = page.len() >= MAX_PAGE as usize;
        rows.extend(page);
        if !full {
            return Ok(rows);
        }
    }
}

async fn resources(store: &Store, view: &View) -> anyhow::Result<Vec<Recorded<StoredResource>>> {
    let mut query = ResourceQuery { view: view.clone(), limit: MAX_PAGE, ..ResourceQuery::default() };
    let mut rows = Vec::new();
    loop {
        let page = store.resources(&query).await?;
        query.after_name = page.last().map(|row| row.name.to_string());
        let full = page.len() >= MAX_PAGE as usize;
        rows.extend(page);
        if !full {
            return Ok(rows);
        }
    }
}
