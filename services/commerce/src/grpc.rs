//! `CommerceService`: the commerce department's own records.

use contracts::{
    commerce::v1::{self as wire, commerce_service_server::CommerceService},
    common::v1::Citation,
};
use domain::{ResourceName, RuleContext, Violations};
use node::{
    department::{Fields, Peer, peer_named, peers, refusal},
    desk::DeskError,
    resources::{Resource, Rules, State},
    services::NodeContext,
};
use store::WriteTxn;

use crate::{
    screening::{Enterprise, Programme, check_enterprise, check_programme},
    sorting_centre::{self, SortingCentre},
    trade_in::{self, TradeInChannel},
};

/// The service.
#[derive(Clone, Debug)]
pub struct Commerce {
    context: NodeContext,
}

impl Commerce {
    /// A service over the node's parts.
    #[must_use]
    pub fn new(context: NodeContext) -> Self {
        Self { context }
    }

    fn context(&self) -> &NodeContext {
        &self.context
    }
}

node::record_rules! { Commerce:
    wire::SortingCentre => SortingCentre::read, sorting_centre::check_peers, |record| record.citation.clone();
    wire::TradeInChannel => TradeInChannel::read, trade_in::check_peers, |record| record.citation.clone();
}

impl Rules<Commerce> for wire::BackboneProgramme {
    fn check(&self, _service: &Commerce, _name: &ResourceName, rules: &RuleContext<'_>) -> Violations {
        Programme::read(self, Fields::checking(rules)).err().unwrap_or_default()
    }

    async fn check_state(&self, _service: &Commerce, state: State<'_, Self>) -> Result<Violations, DeskError> {
        let next = Programme::read(self, Fields::stored())?;
        let State { name, current: _, txn } = state;
        let collection = <Self as Resource<Commerce>>::COLLECTION;
        let others = peers(txn, name.department(), collection, Some(name), Programme::read).await?;
        let mut screened = enterprises(txn, name, None).await?;
        screened.retain(|peer| &peer.body.programme == name);
        check_programme(&others, &screened, &next).map_err(refusal::<Commerce, Self>)?;
        Ok(Violations::new())
    }

    fn citation(&self) -> Option<Citation> {
        self.citation.clone()
    }
}

impl Rules<Commerce> for wire::BackboneEnterprise {
    fn check(&self, _service: &Commerce, _name: &ResourceName, rules: &RuleContext<'_>) -> Violations {
        Enterprise::read(self, Fields::checking(rules)).err().unwrap_or_default()
    }

    async fn check_state(&self, _service: &Commerce, state: State<'_, Self>) -> Result<Violations, DeskError> {
        let next = Enterprise::read(self, Fields::stored())?;
        let State { name, current: _, txn } = state;
        let programme = peer_named(txn, &next.programme, Programme::read).await?.map(|peer| peer.body);
        let others = enterprises(txn, name, Some(name)).await?;
        check_enterprise(programme.as_ref(), &others, &next).map_err(refusal::<Commerce, Self>)?;
        Ok(Violations::new())
    }

    fn citation(&self) -> Option<Citation> {
        self.citation.clone()
    }
}

/// The enterprises of the department that `of` belongs to, without the one that is written.
async fn enterprises(
    txn: &mut WriteTxn,
    of: &ResourceName,
    written: Option<&ResourceName>,
) -> Result<Vec<Peer<Enterprise>>, DeskError> {
    let collection = <wire::BackboneEnterprise as Resource<Commerce>>::COLLECTION;
    Ok(peers(txn, of.department(), collection, written, Enterprise::read).await?)
}

node::department_service! {
    impl CommerceService as Commerce {
        messages: wire;
        service: "wufei.commerce.v1.CommerceService";
        resources:
            BackboneProgramme / BackboneProgrammes,
            BackboneEnterprise / BackboneEnterprises,
            SortingCentre / SortingCentres,
            TradeInChannel / TradeInChannels;
    }
    {}
}
