//! One node: SQLite in a temporary folder, its services behind generated clients, a clock that stands still.

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use contracts::{
    catalog::v1::catalog_service_client::CatalogServiceClient,
    common::v1::{Correction, CorrectionReason, Decimal, Period, Quantity},
    exchange::v1::{
        BatchCreateObservationsRequest, BatchCreateObservationsResponse, CreateObservationRequest, Measure,
        Observation, ObservationStatus, observation_ingest_service_client::ObservationIngestServiceClient,
        observation_query_service_client::ObservationQueryServiceClient,
    },
    funding::v1::{
        funding_ingest_service_client::FundingIngestServiceClient,
        funding_query_service_client::FundingQueryServiceClient,
    },
    log::v1::log_service_client::LogServiceClient,
};
use domain::{Catalogue, DataResources, DepartmentId, Lang, OwnedRegions, RegionCode, RegionTable};
use http_body_util::{BodyExt, Full};
use ledger::NoteSigner;
use node::{
    access::{Access, Asked, RulesSource, Traced},
    caller::{Caller, RawRequest, Verifier},
    department::Tables,
    desk::{Desk, DeskParts},
    feeds::Feeds,
    projection::{Projection, pool},
    served::Served,
    services::{CommonServices, ContextParts, NodeContext, Serves},
    trust::Trust,
};
use policy::Principal;
use runtime::{
    CancellationToken,
    clock::{FixedClock, SystemClock},
    tasks::Tasks,
};
use store::{Counts, Store};
use tonic::{Status, body::Body, service::Routes};
use tonic_types::StatusExt;
use tower::{BoxError, Service, util::BoxCloneSyncService};
use uuid::Uuid;

use crate::trust::trust;

/// A channel to the services in this process.
pub(crate) type Local = BoxCloneSyncService<http::Request<Body>, http::Response<Body>, BoxError>;

static CATALOGUE: LazyLock<Arc<Catalogue>> = LazyLock::new(|| {
    let read = Catalogue::from_csv(
        include_str!("../../../../deploy/catalogue/indicators.csv"),
        include_str!("../../../../deploy/catalogue/supplementary.csv"),
        include_str!("../../../../deploy/catalogue/labels.csv"),
    );
    Arc::new(read.unwrap())
});
static REGIONS: LazyLock<Arc<RegionTable>> = LazyLock::new(|| {
    Arc::new(RegionTable::from_csv(include_str!("../../../../deploy/catalogue/regions.csv")).unwrap())
});

static DATA_RESOURCES: LazyLock<Arc<DataResources>> = LazyLock::new(|| {
    Arc::new(DataResources::from_csv(include_str!("../../../../deploy/catalogue/data_resources.csv")).unwrap())
});

static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables::embedded().unwrap());

/// The catalogue of the repository.
pub(crate) fn catalogue() -> Arc<Catalogue> {
    Arc::clone(&CATALOGUE)
}

/// A running node.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) desk: Desk,
    pub(crate) context: NodeContext,
    pub(crate) clock: FixedClock,
    pub(crate) projection: Arc<Projection>,
    pub(crate) department: DepartmentId,
    pub(crate) stop: CancellationToken,
    local: Local,
    routes: Routes,
    _dir: tempfile::TempDir,
}

impl World {
    /// The node of Taiyuan.
    pub(crate) async fn city() -> Self {
        let region = RegionCode::parse("140100").unwrap();
        Self::open(DepartmentId::city(&region), OwnedRegions::Only(region)).await
    }

    /// The node of a department.
    pub(crate) async fn open(department: DepartmentId, owned: OwnedRegions) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}?mode=rwc", dir.path().join("node.db").display())).await.unwrap();
        let clock = FixedClock::at("2025-07-01T02:00:00Z".parse().unwrap());
        let projection = Arc::new(Projection::new(Arc::clone(&CATALOGUE)));
        let feeds = Feeds::new();
        let parts = DeskParts {
            store: store.clone(),
            department: department.clone(),
            signer: NoteSigner::generate(format!("wufei.test/dept/{department}"), [7; 32]).unwrap(),
            clock: Arc::new(clock.clone()),
            projection: Arc::clone(&projection),
            feeds: feeds.clone(),
            tasks: Tasks::new(CancellationToken::new()),
            cosignatures: None,
        };
        let desk = Desk::open(parts).await.unwrap();
        let stop = CancellationToken::new();
        let context = NodeContext::new(ContextParts {
            store: store.clone(),
            desk: desk.clone(),
            feeds,
            catalogue: Arc::clone(&CATALOGUE),
            regions: Arc::clone(&REGIONS),
            data_resources: Arc::clone(&DATA_RESOURCES),
            open: Arc::default(),
            working_days: Arc::clone(&TABLES.working_days),
            sharing_deadlines: Arc::clone(&TABLES.sharing_deadlines),
            owned,
            clock: Arc::new(clock.clone()),
            stop: stop.clone(),
            serves: Serves::Own,
        });
        let mut routes = Routes::builder();
        CommonServices::new(context.clone()).add_all(&mut routes);
        // Once for a world: the policies are held against every method.
        let routes = routes.routes();
        let local = local(routes.clone(), &department);
        Self { store, desk, context, clock, projection, department, stop, local, routes, _dir: dir }
    }

    pub(crate) fn ingest(&self) -> ObservationIngestServiceClient<Local> {
        ObservationIngestServiceClient::new(self.local())
    }

    pub(crate) fn query(&self) -> ObservationQueryServiceClient<Local> {
        ObservationQueryServiceClient::new(self.local())
    }

    pub(crate) fn funding(&self) -> FundingIngestServiceClient<Local> {
        FundingIngestServiceClient::new(self.local())
    }

    pub(crate) fn funds(&self) -> FundingQueryServiceClient<Local> {
        FundingQueryServiceClient::new(self.local())
    }

    pub(crate) fn catalog(&self) -> CatalogServiceClient<Local> {
        CatalogServiceClient::new(self.local())
    }

    pub(crate) fn log(&self) -> LogServiceClient<Local> {
        LogServiceClient::new(self.local())
    }

    pub(crate) fn parent(&self) -> String {
        self.department.parent()
    }

    pub(crate) fn local(&self) -> Local {
        self.local.clone()
    }

    /// The services as the writer of another department calls them.
    pub(crate) fn local_of(&self, department: &str) -> Local {
        local_as(self.routes.clone(), &self.department, &format!("spiffe://wufei.test/dept/{department}/writer"))
    }

    pub(crate) async fn counts(&self) -> Counts {
        self.store.counts(&self.department).await.unwrap()
    }

    /// A batch with a fresh request id.
    pub(crate) fn batch(&self, observations: Vec<Observation>) -> BatchCreateObservationsRequest {
        BatchCreateObservationsRequest {
            parent: self.parent(),
            requests: observations.into_iter().map(|one| CreateObservationRequest { observation: Some(one) }).collect(),
            request_id: Uuid::new_v4().to_string(),
            validate_only: false,
        }
    }

    /// Submits a batch that is right.
    pub(crate) async fn submit(&self, observations: Vec<Observation>) -> BatchCreateObservationsResponse {
        self.ingest().batch_create_observations(self.batch(observations)).await.unwrap().into_inner()
    }

    /// Name of the figure that [`rate`] makes.
    pub(crate) fn rate_name(&self, year: &str) -> String {
        format!("{}/observations/zwc2021-26--140100--{year}--whole-city--actual", self.parent())
    }
}

/// Calls services the way the layers do: with the caller and the exact request bytes in the extensions.
pub(crate) fn local(routes: Routes, department: &DepartmentId) -> Local {
    // The lead department keeps the follow-up at the aggregator.
    let writes = if *department == DepartmentId::aggregator() { DepartmentId::ecology() } else { department.clone() };
    local_as(routes, department, &format!("spiffe://wufei.test/dept/{writes}/writer"))
}

fn local_as(routes: Routes, department: &DepartmentId, principal: &str) -> Local {
    let trust = trust("wufei.test", &[principal]);
    let (access, asked) = (access(department, &trust), asked(principal));
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let (mut routes, access, trust) = (routes.clone(), access.clone(), trust.clone());
        let asked = Asked { method: request.uri().path().to_owned(), ..asked.clone() };
        async move {
            let lang = if request.headers().contains_key("accept-language") { Lang::En } else { Lang::Zh };
            let caller = match access.admit(asked, lang) {
                Ok(caller) => caller,
                Err(error) => return Ok(node::status::status(&error, lang).into_http()),
            };
            let (mut parts, body) = request.into_parts();
            let bytes = body.collect().await?.to_bytes();
            parts.extensions.insert(caller);
            parts.extensions.insert(Verifier::new(trust));
            parts.extensions.insert(RawRequest(bytes.slice(5.min(bytes.len())..)));
            let answer = routes.call(http::Request::from_parts(parts, Body::new(Full::new(bytes)))).await?;
            Ok::<_, BoxError>(answer)
        }
    });
    BoxCloneSyncService::new(service)
}

/// Somebody who may write at the aggregator.
pub(crate) fn writer() -> Caller {
    let principal = "spiffe://wufei.test/evaluator/one";
    let method = "/wufei.evaluation.v1.EvaluationService/CreateEvaluationRun".to_owned();
    let access = access(&DepartmentId::aggregator(), &trust("wufei.test", &[principal]));
    access.admit(Asked { method, ..asked(principal) }, Lang::Zh).unwrap()
}

fn asked(principal: &str) -> Asked {
    let principal = Principal::parse(principal).unwrap();
    Asked { principal, fingerprint: "f".repeat(64), method: String::new(), purpose: None }
}

/// The policies of the release, for a server of every method.
fn access(department: &DepartmentId, trust: &Trust) -> Access {
    let names: Vec<String> = pool().services().map(|service| service.full_name().to_owned()).collect();
    let served = Served::of(pool(), names.iter().map(String::as_str)).unwrap();
    let source = RulesSource {
        instance: "wufei.test".to_owned(),
        policy: None,
        grants: None,
        resources: Arc::clone(&DATA_RESOURCES),
        ask: "operator".to_owned(),
    };
    let clock = Arc::new(SystemClock);
    Access::open(source, trust.clone(), department.clone(), served.methods(), clock, Arc::new(Traced)).unwrap()
}

/// A recycling rate of Taiyuan that breaks no rule.
pub(crate) fn rate(year: &str, value: &str) -> Observation {
    Observation {
        indicator: "ZWC2021-26".to_owned(),
        region: "140100".to_owned(),
        period: Some(Period { value: year.to_owned(), assumed: false }),
        scope: contracts::common::v1::Scope::WholeCity.into(),
        measure: Measure::Actual.into(),
        value: Some(quantity(value, "%")),
        qualifier: contracts::common::v1::Qualifier::Equal.into(),
        status: ObservationStatus::Normal.into(),
        reporting_party: "太原市人民政府".to_owned(),
        ..Observation::default()
    }
}

pub(crate) fn quantity(value: &str, unit: &str) -> Quantity {
    Quantity { value: Some(Decimal { value: value.to_owned() }), unit: unit.to_owned() }
}

pub(crate) fn correction() -> Option<Correction> {
    Some(Correction { reason: CorrectionReason::ClericalError.into(), note: "笔误".to_owned() })
}

pub(crate) fn request_id() -> String {
    Uuid::new_v4().to_string()
}

pub(crate) fn timestamp(time: DateTime<Utc>) -> prost_types::Timestamp {
    node::convert::common::time_out(time)
}

/// Reason of a refusal.
pub(crate) fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

/// A fact of a refusal.
pub(crate) fn fact(status: &Status, key: &str) -> String {
    let details = status.get_error_details();
    details.error_info().and_then(|info| info.metadata.get(key).cloned()).unwrap_or_default()
}

/// Fields and reasons of a refusal.
pub(crate) fn faults(status: &Status) -> Vec<(String, String)> {
    let details = status.get_error_details();
    let fields = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    fields.into_iter().map(|violation| (violation.field, violation.reason)).collect()
}
