//! The gRPC services that every node serves. The aggregator serves the reading ones too, over what it has followed.

mod audit_log;
mod catalog;
mod context;
mod directory;
mod endorsement;
mod funding_ingest;
mod funding_query;
mod ingest;
mod log;
mod provenance;
mod query;
mod seen;
mod sharing;
pub mod stream;
mod upload;

pub use audit_log::AuditLog;
pub use catalog::Catalog;
pub(crate) use context::not_found;
pub(crate) use ingest::{already_there, check_etag, check_owner};

pub use context::{ContextParts, NodeContext, Serves, desk_status, reply};
pub use directory::ShownDirectory;
pub use endorsement::Endorsements;
pub use funding_ingest::FundingIngest;
pub use funding_query::FundingQuery;
pub use ingest::ObservationIngest;
pub use log::{Log, rows_seen};
pub use provenance::Sources;
pub use query::ObservationQuery;
pub use sharing::Sharing;

use contracts::{
    catalog::v1::catalog_service_server::CatalogServiceServer,
    exchange::v1::{
        endorsement_service_server::EndorsementServiceServer,
        observation_ingest_service_server::ObservationIngestServiceServer,
        observation_query_service_server::ObservationQueryServiceServer,
    },
    funding::v1::{
        funding_ingest_service_server::FundingIngestServiceServer,
        funding_query_service_server::FundingQueryServiceServer,
    },
    log::v1::log_service_server::LogServiceServer,
    sharing::v1::sharing_service_server::SharingServiceServer,
};
use tonic::service::RoutesBuilder;

/// How much one request may bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLimits {
    /// Most bytes of a message.
    pub message_bytes: usize,
    /// Most items of a batch; at most 1000, which the contracts promise callers.
    pub batch: usize,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self { message_bytes: 4 * 1024 * 1024, batch: ingest::MAX_BATCH }
    }
}

/// The services that are the same on every node.
#[derive(Clone, Debug)]
pub struct CommonServices {
    context: NodeContext,
    limits: RequestLimits,
}

impl CommonServices {
    /// Services over one node's parts.
    #[must_use]
    pub fn new(context: NodeContext) -> Self {
        Self { context, limits: RequestLimits::default() }
    }

    /// The same services with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: RequestLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Full names of the services that [`Self::add_all`] adds.
    #[must_use]
    pub fn all_names() -> Vec<&'static str> {
        let mut names = Self::reading_names();
        names.extend([
            tonic_name::<ObservationIngestServiceServer<ObservationIngest>>(),
            tonic_name::<FundingIngestServiceServer<FundingIngest>>(),
            tonic_name::<EndorsementServiceServer<Endorsements>>(),
        ]);
        names
    }

    /// Full names of the services that [`Self::add_reading`] adds.
    #[must_use]
    pub fn reading_names() -> Vec<&'static str> {
        vec![
            tonic_name::<ObservationQueryServiceServer<ObservationQuery>>(),
            tonic_name::<FundingQueryServiceServer<FundingQuery>>(),
            tonic_name::<LogServiceServer<Log>>(),
            tonic_name::<CatalogServiceServer<Catalog>>(),
            tonic_name::<SharingServiceServer<Sharing>>(),
        ]
    }

    /// Adds what a department's node serves: reading, writing, endorsing, the log, the catalogue, share requests and tickets.
    pub fn add_all(&self, routes: &mut RoutesBuilder) {
        let RequestLimits { message_bytes, batch } = self.limits;
        let observations = ObservationIngest::new(self.context.clone(), batch);
        let funding = FundingIngest::new(self.context.clone(), batch);
        self.add_reading(routes);
        routes
            .add_service(ObservationIngestServiceServer::new(observations).max_decoding_message_size(message_bytes))
            .add_service(FundingIngestServiceServer::new(funding).max_decoding_message_size(message_bytes))
            .add_service(EndorsementServiceServer::new(Endorsements::new(self.context.clone())));
    }

    /// Adds what the aggregator serves of this too: reading over all departments, its own log, the catalogue, and share requests:
    /// those for its own data are filed there, and those of the departments are shown.
    pub fn add_reading(&self, routes: &mut RoutesBuilder) {
        let sharing = Sharing::new(self.context.clone());
        let limit = self.limits.message_bytes;
        routes
            .add_service(SharingServiceServer::new(sharing).max_decoding_message_size(limit))
            .add_service(ObservationQueryServiceServer::new(ObservationQuery::new(self.context.clone())))
            .add_service(FundingQueryServiceServer::new(FundingQuery::new(self.context.clone())))
            .add_service(LogServiceServer::new(Log::new(self.context.clone())))
            .add_service(CatalogServiceServer::new(Catalog::new(self.context.clone())));
    }
}

fn tonic_name<S: tonic::server::NamedService>() -> &'static str {
    S::NAME
}
