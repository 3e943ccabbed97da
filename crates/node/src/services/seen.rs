//! What a stored row is about, and whether a caller sees it.

use std::collections::HashMap;

use domain::{DepartmentId, DomainError, FundingLine, FundingSubject, Recorded, ResourceName};
use prost_reflect::{DynamicMessage, Value};
use store::{Store, StoreError, StoredResource, View};

use super::context::not_found;
use crate::{caller::Caller, projection::pool};

/// The regions that a message is about, by its field `region` or `regions`; one empty text when it is about none.
pub(crate) fn regions_of(message: &DynamicMessage) -> Vec<String> {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let regions: Vec<_> = match message.get_field_by_name("region") {
        Some(region) => text(&region).into_iter().collect(),
        None => {
            let listed = message.get_field_by_name("regions");
            listed.iter().filter_map(|value| value.as_list()).flatten().filter_map(text).collect()
        }
    };
    if regions.is_empty() { vec![String::new()] } else { regions }
}

/// The regions that a stored resource is about. One of an unknown type is about all.
pub(crate) fn regions_of_resource(resource: &StoredResource) -> Vec<String> {
    let message = pool()
        .get_message_by_name(&resource.type_name)
        .and_then(|descriptor| DynamicMessage::decode(descriptor, resource.body.as_slice()).ok());
    message.as_ref().map_or_else(|| vec![String::new()], regions_of)
}

impl Caller {
    /// Whether the caller sees a resource: whether it sees every region that it is about.
    #[must_use]
    pub fn sees_resource(&self, record: &Recorded<StoredResource>) -> bool {
        regions_of_resource(&record.body).iter().all(|region| self.sees(&record.origin, region))
    }

    /// As [`Self::sees_resource`], with the reason of a refusal.
    ///
    /// # Errors
    /// As [`Self::must_see`].
    pub fn must_see_resource(&self, record: &Recorded<StoredResource>) -> Result<(), DomainError> {
        regions_of_resource(&record.body).iter().try_for_each(|region| self.must_see(&record.origin, region))
    }
}

impl Caller {
    /// What to answer about a named row that is not there. Only who sees every row of its department is told so; another caller
    /// is refused as for a row that it does not see, so that nobody finds out by asking which rows there are.
    pub(crate) fn absent(&self, name: &ResourceName) -> DomainError {
        self.must_see(name.department(), "").err().unwrap_or_else(|| not_found(name))
    }
}

/// Regions of funding lines: those of the projects and groups that the money is for.
pub(crate) struct FundedRegions<'a> {
    store: &'a Store,
    known: HashMap<ResourceName, String>,
}

impl<'a> FundedRegions<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store, known: HashMap::new() }
    }

    /// Looks up what these lines are for.
    pub(crate) async fn look_up(
        &mut self,
        lines: impl IntoIterator<Item = &FundingLine> + Send,
    ) -> Result<(), StoreError> {
        let names: Vec<_> = lines.into_iter().map(|line| subject(line).clone()).collect();
        for name in names {
            self.region(&name).await?;
        }
        Ok(())
    }

    /// The region of a project or a group; empty when it is not there.
    pub(crate) async fn region(&mut self, name: &ResourceName) -> Result<String, StoreError> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        let found = self.store.resource(name, &View::Now).await?;
        let region =
            found.map(|record| regions_of_resource(&record.body)).and_then(|regions| regions.into_iter().next());
        let region = region.unwrap_or_default();
        self.known.insert(name.clone(), region.clone());
        Ok(region)
    }

    /// Whether the caller sees a line that was looked up.
    pub(crate) fn sees(&self, caller: &Caller, origin: &DepartmentId, line: &FundingLine) -> bool {
        self.known.get(subject(line)).is_some_and(|region| caller.sees(origin, region))
    }
}

pub(crate) fn subject(line: &FundingLine) -> &ResourceName {
    match &line.subject {
        FundingSubject::Project(name) | FundingSubject::Group(name) => name,
    }
}
