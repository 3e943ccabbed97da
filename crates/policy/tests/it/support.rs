//! The policies of the release, members, and a way to ask that is short enough for a table.

use std::{str::FromStr, sync::LazyLock};

use cedar_policy::{EntityUid, Schema};
use chrono::{DateTime, Utc};
use domain::{DataResources, DepartmentId, RegionCode};
use policy::{Call, Denied, Grants, Member, Method, Permit, Policies, Policy, PolicyTexts, Principal, Roles};

pub(crate) const LIST: &str = "/wufei.exchange.v1.ObservationQueryService/ListObservations";
pub(crate) const SUBMIT: &str = "/wufei.exchange.v1.ObservationIngestService/BatchCreateObservations";
pub(crate) const FUNDING: &str = "/wufei.funding.v1.FundingQueryService/ListFundingLines";
pub(crate) const FOLLOW: &str = "/wufei.log.v1.LogService/FollowEntries";
pub(crate) const CHECKPOINT: &str = "/wufei.log.v1.LogService/GetCheckpoint";
pub(crate) const ENDORSE: &str = "/wufei.exchange.v1.EndorsementService/CreateEndorsement";
pub(crate) const AUDIT: &str = "/wufei.log.v1.AuditLogService/ListAuditRecords";
pub(crate) const MILESTONES: &str = "/wufei.ecology.v1.EcologyService/ListCityStageRecords";
pub(crate) const COMMITMENT: &str = "/wufei.followup.v1.FollowUpService/CreateCommitment";
pub(crate) const ACCEPT: &str = "/wufei.followup.v1.FollowUpService/AcceptCommitment";
pub(crate) const RUN: &str = "/wufei.evaluation.v1.EvaluationService/CreateEvaluationRun";
pub(crate) const PUBLISH: &str = "/wufei.evaluation.v1.SchemeService/PublishScheme";
pub(crate) const REPORT: &str = "/wufei.evaluation.v1.ReportService/GetReport";
pub(crate) const INDICATORS: &str = "/wufei.catalog.v1.CatalogService/ListIndicators";
pub(crate) const REQUESTS: &str = "/wufei.sharing.v1.SharingService/ListShareRequests";

static POLICY: LazyLock<Policy> =
    LazyLock::new(|| Policy::new(&Policies::embedded().unwrap(), &resources(), &served(), "节点管理员").unwrap());

/// The policies of the release, for every method.
pub(crate) fn policy() -> &'static Policy {
    &POLICY
}

/// The data resources of the release.
pub(crate) fn resources() -> DataResources {
    DataResources::from_csv(include_str!("../../../../deploy/catalogue/data_resources.csv")).unwrap()
}

/// Every action of the schema that is a method.
pub(crate) fn served() -> Vec<Method> {
    let (schema, _) = Schema::from_cedarschema_str(&PolicyTexts::embedded().schema).unwrap();
    let groups = schema.action_entities().unwrap();
    let write = EntityUid::from_str(r#"Wufei::Action::"write""#).unwrap();
    let of = |action: &EntityUid| {
        let name = action.id().unescaped();
        let writes = groups.is_ancestor_of(&write, action);
        name.contains('/').then(|| if writes { Method::write(name) } else { Method::read(name) })
    };
    schema.actions().filter_map(of).collect()
}

/// `role` or `role@department`; a city answers for its region.
pub(crate) fn member(what: &str) -> Member {
    let (roles, department) = what.split_once('@').map_or((what, None), |(roles, of)| (roles, Some(of)));
    let department = department.map(|of| DepartmentId::parse(of).unwrap());
    let path = if what.is_empty() { "nobody".to_owned() } else { what.replace('@', "/").replace('+', "-") };
    let path = path.trim_start_matches('/');
    Member {
        principal: Principal::parse(&format!("spiffe://wufei.test/{path}")).unwrap(),
        roles: Roles::parse(roles.split('+').filter(|role| !role.is_empty())).unwrap(),
        regions: department.iter().filter_map(DepartmentId::city_region).collect(),
        department,
    }
}

pub(crate) fn region(code: &str) -> RegionCode {
    RegionCode::parse(code).unwrap()
}

pub(crate) fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

/// A question with everything that may differ.
pub(crate) struct Ask<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) who: Member,
    pub(crate) node: &'a str,
    pub(crate) purpose: Option<&'a str>,
    pub(crate) grants: Grants,
    pub(crate) now: &'a str,
}

impl Ask<'_> {
    pub(crate) fn call(&self, method: &str) -> Result<Permit, Denied> {
        let node = DepartmentId::parse(self.node).unwrap();
        let Self { policy, who, node: _, purpose, grants, now } = self;
        policy.allow(&Call { member: who, method, node: &node, purpose: *purpose, grants, now: at(now) })
    }
}

/// A member without grants at a node, under the policies of the release.
pub(crate) fn ask<'a>(who: &str, node: &'a str) -> Ask<'a> {
    let now = "2026-06-01T00:00:00Z";
    Ask { policy: policy(), who: member(who), node, purpose: None, grants: Grants::default(), now }
}

/// A decision in one word: the access, or the rule that decided with the reason.
pub(crate) fn word(decision: &Result<Permit, Denied>) -> String {
    match decision {
        Ok(Permit::Read(_)) => "read".to_owned(),
        Ok(Permit::Write(_)) => "write".to_owned(),
        Err(denied) => format!("{} {}", denied.reason().as_str(), denied.rule),
    }
}
