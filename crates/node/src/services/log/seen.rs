//! What of a log's entries a caller sees. An entry is seen when every row of it is; else it is shown as its hash, so that the
//! tree still checks. A row has the class of what it records, not that of the log.

use contracts::{
    exchange::v1::{BatchCreateObservationsRequest, UpdateObservationRequest},
    funding::v1::{BatchCreateFundingLinesRequest, FundingLine, UpdateFundingLineRequest, funding_line::Subject},
    log::v1::Envelope,
};
use domain::{DataResources, ResourceName};
use policy::Row;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor, ReflectMessage as _};
use store::{LogEntry, StoreError, View};

use super::LogError;
use crate::{
    caller::Caller,
    projection::{method, pool, rows},
    services::{
        NodeContext,
        seen::{FundedRegions, regions_of},
    },
};

/// The regions that each row of a submission is about.
type Regions = Vec<Vec<String>>;

/// Whether the caller sees an entry.
pub(super) async fn sees_entry(context: &NodeContext, caller: &Caller, entry: &LogEntry) -> Result<bool, LogError> {
    let (Some(leaf), Some(beside)) = (&entry.leaf, &entry.beside) else { return Ok(false) };
    let envelope = Envelope::decode(leaf.as_slice()).map_err(LogError::Leaf)?;
    let class = class_of(context.data_resources(), &envelope.method).unwrap_or_default();
    let department = context.department().as_str();
    let regions = regions(context, &envelope.method, &beside.request).await?;
    Ok(regions.iter().flatten().all(|region| caller.permit.sees(Row { department, region, class })))
}

/// Refuses when the caller does not see the whole entry.
pub(super) async fn must_see_entry(
    context: &NodeContext,
    caller: &Caller,
    method: &str,
    request: &[u8],
) -> Result<(), LogError> {
    for row in regions(context, method, request).await? {
        must_see(context, caller, method, &row)?;
    }
    Ok(())
}

/// Refuses when the caller does not see one row of an entry. A row that is not there is for others to refuse.
pub(super) async fn must_see_row(
    context: &NodeContext,
    caller: &Caller,
    method: &str,
    request: &[u8],
    at: usize,
) -> Result<(), LogError> {
    match regions(context, method, request).await?.get(at) {
        Some(row) => must_see(context, caller, method, row),
        None => Ok(()),
    }
}

fn must_see(context: &NodeContext, caller: &Caller, method: &str, regions: &[String]) -> Result<(), LogError> {
    let class = class_of(context.data_resources(), method).unwrap_or_default();
    let department = context.department().as_str();
    for region in regions {
        caller.must_see_row(Row { department, region, class })?;
    }
    Ok(())
}

/// The class of the data that entries of a method record; none when nobody described it, and then nobody sees them.
fn class_of<'a>(resources: &'a DataResources, method: &str) -> Option<&'a str> {
    let listed = |method: &str| resources.of_method(method).map(|entry| entry.class.as_str());
    match method.strip_prefix(method::PUT_RESOURCE) {
        None => listed(method),
        // What a service wrote itself has no method of its own; it has the class of the service that returns it.
        Some(type_name) => returning(&pool().get_message_by_name(type_name)?).and_then(|method| listed(&method)),
    }
}

/// The method that returns one resource of a type, `service/Get…`.
fn returning(resource: &MessageDescriptor) -> Option<String> {
    let name = format!("Get{}", resource.name());
    let services = resource.parent_file().services().collect::<Vec<_>>();
    services.iter().find_map(|service| {
        let method = service.methods().find(|method| method.name() == name)?;
        Some(format!("{}/{}", service.full_name(), method.name()))
    })
}

/// The regions of each row of a request. What cannot be read is about all regions.
async fn regions(context: &NodeContext, method: &str, request: &[u8]) -> Result<Regions, LogError> {
    Ok(match method {
        method::BATCH_CREATE_OBSERVATIONS | method::UPLOAD_SUBMISSION => {
            let Ok(batch) = BatchCreateObservationsRequest::decode(request) else { return Ok(everywhere()) };
            let region = |item: contracts::exchange::v1::CreateObservationRequest| {
                vec![item.observation.unwrap_or_default().region]
            };
            batch.requests.into_iter().map(region).collect()
        }
        method::UPDATE_OBSERVATION => {
            let Ok(update) = UpdateObservationRequest::decode(request) else { return Ok(everywhere()) };
            // The fields that the mask leaves out may be empty; the name says which figure it is.
            let name = ResourceName::parse(&update.observation.unwrap_or_default().name).ok();
            let found = match &name {
                Some(name) => context.store().observation(name, &View::Now).await?,
                None => None,
            };
            found.map_or_else(everywhere, |found| vec![vec![found.body.key.region.to_string()]])
        }
        method::BATCH_CREATE_FUNDING_LINES => {
            let Ok(batch) = BatchCreateFundingLinesRequest::decode(request) else { return Ok(everywhere()) };
            funded(context, batch.requests.into_iter().map(|item| item.funding_line)).await?
        }
        method::UPDATE_FUNDING_LINE => {
            let Ok(update) = UpdateFundingLineRequest::decode(request) else { return Ok(everywhere()) };
            funded(context, [update.funding_line]).await?
        }
        other => rows(other, request)?.into_iter().map(|row| resource_regions(other, row)).collect(),
    })
}

/// One row that is about all regions.
fn everywhere() -> Regions {
    vec![vec![String::new()]]
}

async fn funded(
    context: &NodeContext,
    lines: impl IntoIterator<Item = Option<FundingLine>> + Send,
) -> Result<Regions, StoreError> {
    let lines: Vec<_> = lines.into_iter().map(|line| line.and_then(|line| line.subject)).collect();
    let mut regions = FundedRegions::new(context.store());
    let mut found = Vec::with_capacity(lines.len());
    for subject in lines {
        let name = subject.and_then(|subject| match subject {
            Subject::Project(name) | Subject::Group(name) => ResourceName::parse(&name).ok(),
        });
        found.push(vec![match name {
            Some(name) => regions.region(&name).await?,
            None => String::new(),
        }]);
    }
    Ok(found)
}

/// The regions of the resource in a Create or Update, or in an item of a batch.
fn resource_regions(method: &str, row: &[u8]) -> Vec<String> {
    let read = || {
        if let Some(type_name) = method.strip_prefix(method::PUT_RESOURCE) {
            return DynamicMessage::decode(pool().get_message_by_name(type_name)?, row).ok();
        }
        let (service, name) = method.split_once('/')?;
        let called = pool().get_service_by_name(service)?.methods().find(|called| called.name() == name)?;
        let item = called.input().get_field_by_name("requests").and_then(|field| field.kind().as_message().cloned());
        let request = DynamicMessage::decode(item.unwrap_or_else(|| called.input()), row).ok()?;
        let about = |message: &DynamicMessage| {
            ["region", "regions"].iter().any(|field| message.descriptor().get_field_by_name(field).is_some())
        };
        let parts: Vec<_> = request.fields().filter_map(|(_, value)| value.as_message().cloned()).collect();
        parts.into_iter().find(about)
    };
    read().map_or_else(|| vec![String::new()], |resource| regions_of(&resource))
}

#[cfg(test)]
mod tests {
    use contracts::{city::v1::CreateStationCountRequest, city::v1::StationCount, ecology::v1 as ecology};

    use super::*;
    use crate::department::Tables;

    #[test]
    fn an_entry_has_the_class_of_what_it_records() {
        let resources = Tables::embedded().unwrap().data_resources;
        for (method, class) in [
            (method::UPLOAD_SUBMISSION, Some("figures")),
            (method::CREATE_FUNDING_GROUP, Some("funding")),
            (method::ACCEPT_COMMITMENT, Some("follow-up")),
            ("wufei.evaluation.v1.SchemeService/CreateScheme", Some("schemes")),
            ("internal/PutResource:wufei.evaluation.v1.EvaluationRun", Some("evaluation")),
            ("internal/PutResource:wufei.evaluation.v1.Report", Some("reports")),
            ("internal/PutResource:wufei.made.up.Thing", None),
            ("wufei.made.up.Service/CreateThing", None),
        ] {
            assert_eq!(class_of(&resources, method), class, "{method}");
        }
    }

    #[test]
    fn the_regions_of_a_resource_are_found_in_its_request() {
        let of = |method: &str, request: Vec<u8>| resource_regions(method, &request);
        let station = StationCount { region: "140105".to_owned(), ..StationCount::default() };
        let request =
            CreateStationCountRequest { station_count: Some(station), ..CreateStationCountRequest::default() };
        assert_eq!(of("wufei.city.v1.CityService/CreateStationCount", request.encode_to_vec()), ["140105"]);
        let regions = vec!["140100".to_owned(), "140200".to_owned()];
        let group = ecology::SupportGroup { regions: regions.clone(), ..ecology::SupportGroup::default() };
        let request = ecology::CreateSupportGroupRequest { support_group: Some(group), ..Default::default() };
        assert_eq!(of("wufei.ecology.v1.EcologyService/CreateSupportGroup", request.encode_to_vec()), regions);
        assert_eq!(of("wufei.made.up.Service/CreateThing", Vec::new()), [""]);
    }
}
