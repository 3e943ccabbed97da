//! `EcologyService`: the ecology department's own records.

use contracts::ecology::v1::{self as wire, ecology_service_server::EcologyService};
use domain::CityMilestone;
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
    city_stage::{self, check_procedure},
    enforcement::{self, Enforcement},
    evidence_review::{self, EvidenceReview},
    share_target::share_target,
    support_group::{self, SupportGroup},
    zero_waste_unit::{self, Unit},
};

/// The service.
#[derive(Clone, Debug)]
pub struct Ecology {
    context: NodeContext,
}

impl Ecology {
    /// A service over the node's parts.
    #[must_use]
    pub fn new(context: NodeContext) -> Self {
        Self { context }
    }

    fn context(&self) -> &NodeContext {
        &self.context
    }

    async fn share_target(
        &self,
        caller: &Caller,
        as_of: Option<&Timestamp>,
    ) -> Result<wire::GetShareTargetResponse, DeskError> {
        // A share of all cities.
        caller.must_see(self.context.department(), "")?;
        let records = resources::all::<Self, wire::CityStageRecord>(&self.context, as_of).await?;
        let steps: Vec<CityMilestone> =
            records.iter().filter_map(|record| city_stage::read(&record.body, Fields::stored()).ok()).collect();
        Ok(share_target(self.context.regions(), &steps))
    }
}

node::record_rules! { Ecology:
    wire::CityStageRecord => city_stage::read, check_procedure, |record| record.citation.clone();
    wire::SupportGroup => SupportGroup::read, support_group::check_peers, |record| record.citation.clone();
    wire::ZeroWasteUnit => Unit::read, zero_waste_unit::check_peers, |record| record.citation.clone();
    wire::EnforcementRecord => Enforcement::read, enforcement::check_peers, |record| record.citation.clone();
    wire::EvidenceReview => EvidenceReview::read, evidence_review::check_peers, |_review| None;
}

node::department_service! {
    impl EcologyService as Ecology {
        messages: wire;
        service: "wufei.ecology.v1.EcologyService";
        resources:
            CityStageRecord / CityStageRecords,
            SupportGroup / SupportGroups,
            ZeroWasteUnit / ZeroWasteUnits,
            EnforcementRecord / EnforcementRecords,
            EvidenceReview / EvidenceReviews;
    }
    {
        async fn get_share_target(
            &self,
            request: Request<wire::GetShareTargetRequest>,
        ) -> Result<Response<wire::GetShareTargetResponse>, Status> {
            let caller = Caller::of(&request)?;
            let wire::GetShareTargetRequest { as_of } = request.into_inner();
            reply(caller.lang, self.share_target(&caller, as_of.as_ref()).await)
        }
    }
}
