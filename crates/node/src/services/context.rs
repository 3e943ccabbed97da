//! What the services of one node share.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Catalogue, DataResources, DepartmentId, DomainError, OpenList, OwnedRegions, Reason, RegionTable, ResourceName,
    RuleContext, SharingDeadlines, Text, Violation, Violations, WorkingDays, text::Lang,
};
use policy::day_in_china;
use prost_types::Timestamp;
use runtime::{CancellationToken, clock::SharedClock};
use store::{Store, View};
use tonic::{Response, Status};

use super::provenance::Sources;
use crate::{
    convert::common,
    desk::{Desk, DeskError},
    feeds::Feeds,
    status::{status, store_status},
};

/// Whose resources a server holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// One department's: its node.
    Own,
    /// Those of every department that is followed: the aggregator.
    All,
}

/// What a context is made of.
#[derive(Clone, Debug)]
pub struct ContextParts {
    /// The database.
    pub store: Store,
    /// The way to write.
    pub desk: Desk,
    /// Announcements of growing logs.
    pub feeds: Feeds,
    /// Definitions.
    pub catalogue: Arc<Catalogue>,
    /// Divisions.
    pub regions: Arc<RegionTable>,
    /// Data resources.
    pub data_resources: Arc<DataResources>,
    /// What is open to the public.
    pub open: Arc<OpenList>,
    /// Working days.
    pub working_days: Arc<WorkingDays>,
    /// Deadlines of share requests and quality tickets.
    pub sharing_deadlines: Arc<SharingDeadlines>,
    /// Regions of this node.
    pub owned: OwnedRegions,
    /// The clock.
    pub clock: SharedClock,
    /// Ends the streams when the process stops.
    pub stop: CancellationToken,
    /// Whose resources there are.
    pub serves: Serves,
}

/// What the services of one node share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct NodeContext {
    parts: Arc<ContextParts>,
    sources: Sources,
}

impl NodeContext {
    /// Shares the parts.
    #[must_use]
    pub fn new(parts: ContextParts) -> Self {
        let sources = Sources::new(parts.store.clone());
        Self { parts: Arc::new(parts), sources }
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.parts.store
    }

    /// The way to write.
    #[must_use]
    pub fn desk(&self) -> &Desk {
        &self.parts.desk
    }

    /// The department whose node this is.
    #[must_use]
    pub fn department(&self) -> &DepartmentId {
        self.parts.desk.department()
    }

    /// Announcements of growing logs.
    #[must_use]
    pub fn feeds(&self) -> &Feeds {
        &self.parts.feeds
    }

    /// Definitions.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.parts.catalogue
    }

    /// Divisions.
    #[must_use]
    pub fn regions(&self) -> &RegionTable {
        &self.parts.regions
    }

    /// Data resources.
    #[must_use]
    pub fn data_resources(&self) -> &DataResources {
        &self.parts.data_resources
    }

    /// What is open to the public.
    #[must_use]
    pub fn open(&self) -> &OpenList {
        &self.parts.open
    }

    /// Working days.
    #[must_use]
    pub fn working_days(&self) -> &WorkingDays {
        &self.parts.working_days
    }

    /// Deadlines of share requests and quality tickets.
    #[must_use]
    pub fn sharing_deadlines(&self) -> &SharingDeadlines {
        &self.parts.sharing_deadlines
    }

    /// Data resources, for those that keep them.
    #[must_use]
    pub fn shared_data_resources(&self) -> Arc<DataResources> {
        Arc::clone(&self.parts.data_resources)
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.parts.clock.now()
    }

    /// Ends the streams when the process stops.
    #[must_use]
    pub fn stop(&self) -> &CancellationToken {
        &self.parts.stop
    }

    /// Where the records of log entries come from.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Today in China (UTC+8 all year), the calendar that periods and deadlines are in.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        day_in_china(self.now())
    }

    /// What the rules look things up in.
    #[must_use]
    pub fn rules(&self) -> RuleContext<'_> {
        RuleContext {
            catalogue: self.catalogue(),
            regions: self.regions(),
            owned: self.parts.owned.clone(),
            today: self.today(),
        }
    }

    /// Reads the parent of a list: one department, or none for all that this server holds.
    ///
    /// # Errors
    /// [`Reason::FieldRequired`], [`Reason::FieldInvalid`], [`Reason::ParentMismatch`].
    pub fn parent(&self, parent: &str) -> Result<Option<DepartmentId>, DomainError> {
        if parent == "departments/-" {
            return Ok(None);
        }
        self.department_parent(parent).map(Some)
    }

    /// Reads the parent of something that one department has.
    ///
    /// # Errors
    /// As [`Self::parent`].
    pub fn department_parent(&self, parent: &str) -> Result<DepartmentId, DomainError> {
        let mut faults = Violations::new();
        let mut reader = crate::convert::Reader::new(&mut faults);
        let rule = "a parent is departments/{department}";
        let department = reader.parse("parent", parent, Reason::FieldInvalid, rule, DepartmentId::parse_parent);
        let Some(department) = department else { return Err(faults.into()) };
        match self.parts.serves {
            Serves::All => Ok(department),
            Serves::Own if &department == self.department() => Ok(department),
            Serves::Own => Err(Violation::new(
                "parent",
                Reason::ParentMismatch,
                parent,
                Text::new("本节点只有本单位的数据", "this node holds its own department's data only"),
                Text::new("请向该单位的节点或汇总节点查询", "ask that department's node or the aggregator"),
            )
            .allowing([self.department().parent()])
            .into()),
        }
    }

    /// Which revisions a read sees.
    ///
    /// # Errors
    /// [`Reason::FieldInvalid`] when it is no time.
    pub fn view(&self, as_of: Option<&Timestamp>) -> Result<View, DomainError> {
        as_of.map_or(Ok(View::Now), |time| common::time("as_of", time).map(View::At))
    }
}

/// The refusal of a read of something that is not there.
pub(crate) fn not_found(name: &ResourceName) -> DomainError {
    DomainError::new(
        Reason::ResourceNotFound,
        Text::new(format!("没有 {name}，或当时还没有"), format!("there is no {name}, or there was none at that time")),
    )
    .with_fact("name", name)
}

/// The answer of a handler, or the status of its error.
///
/// # Errors
/// The status.
pub fn reply<T>(lang: Lang, result: Result<T, DeskError>) -> Result<Response<T>, Status> {
    result.map(Response::new).map_err(|error| desk_status(&error, lang))
}

/// The status of an error of the desk.
#[must_use]
pub fn desk_status(error: &DeskError, lang: Lang) -> Status {
    match error {
        DeskError::Refused(error) => status(error, lang),
        DeskError::Store(error) | DeskError::Projection(crate::projection::ProjectionError::Store(error)) => {
            store_status(error, lang)
        }
        DeskError::Projection(_)
        | DeskError::Sign(_)
        | DeskError::Answer(_)
        | DeskError::Rows(_)
        | DeskError::Random(_) => crate::status::internal(error, lang),
    }
}
