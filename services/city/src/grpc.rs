//! `CityService`: one city's own records.

use contracts::city::v1::{self as wire, city_service_server::CityService};
use domain::RegionCode;
use node::{
    caller::Caller,
    department::Fields,
    desk::DeskError,
    resources,
    services::{NodeContext, reply},
};
use prost_types::Timestamp;
use tonic::{Request, Response, Status};

use crate::{
    designations::{self, Designation},
    green_honours::{self, HonourCount, HonourSummary, KINDS, summarize},
    parks::{self, IndustryPark},
    stations::{self, StationCount},
};

/// The service.
#[derive(Clone, Debug)]
pub struct City {
    context: NodeContext,
    region: RegionCode,
}

impl City {
    /// A service over the parts of the node of `region`.
    #[must_use]
    pub fn new(context: NodeContext, region: RegionCode) -> Self {
        Self { context, region }
    }

    fn context(&self) -> &NodeContext {
        &self.context
    }

    async fn summarize(
        &self,
        caller: &Caller,
        as_of: Option<&Timestamp>,
    ) -> Result<wire::SummarizeGreenHonoursResponse, DeskError> {
        // The sum is about this city, and about no other region.
        caller.must_see(self.context.department(), self.region.as_str())?;
        let records = resources::all::<Self, wire::GreenHonourCount>(&self.context, as_of).await?;
        let counts: Vec<HonourCount> =
            records.iter().filter_map(|record| HonourCount::read(&record.body, Fields::stored()).ok()).collect();
        let summaries = KINDS.iter().map(|(wire_kind, kind, _)| {
            let HonourSummary { national, provincial, distinct, at_least, at_most } =
                summarize(&self.region, *kind, &counts);
            let kind = (*wire_kind).into();
            wire::GreenHonourSummary { kind, national, provincial, distinct, at_least, at_most }
        });
        Ok(wire::SummarizeGreenHonoursResponse { summaries: summaries.collect() })
    }
}

node::record_rules! { City:
    wire::StationCount => StationCount::read, stations::check_peers, |record| record.citation.clone();
    wire::GreenHonourCount => HonourCount::read, green_honours::check_peers, |record| record.citation.clone();
    wire::IndustryPark => IndustryPark::read, parks::check_peers, |record| record.citation.clone();
    wire::CityDesignation => Designation::read, designations::check_peers, |record| record.citation.clone();
}

node::department_service! {
    impl CityService as City {
        messages: wire;
        service: "wufei.city.v1.CityService";
        resources:
            StationCount / StationCounts,
            GreenHonourCount / GreenHonourCounts,
            IndustryPark / IndustryParks,
            CityDesignation / CityDesignations;
    }
    {
        async fn summarize_green_honours(
            &self,
            request: Request<wire::SummarizeGreenHonoursRequest>,
        ) -> Result<Response<wire::SummarizeGreenHonoursResponse>, Status> {
            let caller = Caller::of(&request)?;
            let wire::SummarizeGreenHonoursRequest { as_of } = request.into_inner();
            reply(caller.lang, self.summarize(&caller, as_of.as_ref()).await)
        }
    }
}
