//! `ScitechService`: the science and technology department's own records.

use contracts::{
    common::v1::Citation,
    scitech::v1::{self as wire, scitech_service_server::ScitechService},
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
    platform::{self, Platform},
    research::{Programme, Project, check_programme, check_project},
};

/// The service.
#[derive(Clone, Debug)]
pub struct Scitech {
    context: NodeContext,
}

impl Scitech {
    /// A service over the node's parts.
    #[must_use]
    pub fn new(context: NodeContext) -> Self {
        Self { context }
    }

    fn context(&self) -> &NodeContext {
        &self.context
    }
}

node::record_rules! { Scitech:
    wire::InnovationPlatform => Platform::read, platform::check_peers, |record| record.citation.clone();
}

impl Rules<Scitech> for wire::ResearchProgramme {
    fn check(&self, _service: &Scitech, _name: &ResourceName, rules: &RuleContext<'_>) -> Violations {
        Programme::read(self, Fields::checking(rules)).err().unwrap_or_default()
    }

    async fn check_state(&self, _service: &Scitech, state: State<'_, Self>) -> Result<Violations, DeskError> {
        let next = Programme::read(self, Fields::stored())?;
        let State { name, current: _, txn } = state;
        let collection = <Self as Resource<Scitech>>::COLLECTION;
        let others = peers(txn, name.department(), collection, Some(name), Programme::read).await?;
        let named = projects(txn, name, None).await?;
        let own = named.iter().filter(|peer| peer.body.programme.as_ref() == Some(name)).count();
        check_programme(&others, own, &next).map_err(refusal::<Scitech, Self>)?;
        Ok(Violations::new())
    }

    fn citation(&self) -> Option<Citation> {
        self.citation.clone()
    }
}

impl Rules<Scitech> for wire::ResearchProject {
    fn check(&self, _service: &Scitech, _name: &ResourceName, rules: &RuleContext<'_>) -> Violations {
        Project::read(self, Fields::checking(rules)).err().unwrap_or_default()
    }

    async fn check_state(&self, _service: &Scitech, state: State<'_, Self>) -> Result<Violations, DeskError> {
        let next = Project::read(self, Fields::stored())?;
        let State { name, current: _, txn } = state;
        let programme = match &next.programme {
            None => None,
            Some(programme) => peer_named(txn, programme, Programme::read).await?.map(|peer| peer.body),
        };
        let others = projects(txn, name, Some(name)).await?;
        check_project(programme.as_ref(), &others, &next).map_err(refusal::<Scitech, Self>)?;
        Ok(Violations::new())
    }

    fn citation(&self) -> Option<Citation> {
        self.citation.clone()
    }
}

/// The projects of the department that `of` belongs to, without the one that is written.
async fn projects(
    txn: &mut WriteTxn,
    of: &ResourceName,
    written: Option<&ResourceName>,
) -> Result<Vec<Peer<Project>>, DeskError> {
    let collection = <wire::ResearchProject as Resource<Scitech>>::COLLECTION;
    Ok(peers(txn, of.department(), collection, written, Project::read).await?)
}

node::department_service! {
    impl ScitechService as Scitech {
        messages: wire;
        service: "wufei.scitech.v1.ScitechService";
        resources:
            ResearchProject / ResearchProjects,
            ResearchProgramme / ResearchProgrammes,
            InnovationPlatform / InnovationPlatforms;
    }
    {}
}
