//! The only place that names concrete types: builds the aggregator, binds, and does not serve yet.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use client::{Connection, Endpoint, Identity, Options};
use contracts::{
    evaluation::v1::{
        evaluation_service_server::EvaluationServiceServer, report_service_server::ReportServiceServer,
        scheme_service_server::SchemeServiceServer,
    },
    followup::v1::follow_up_service_server::FollowUpServiceServer,
};
use domain::{Catalogue, DepartmentId, OwnedRegions};
use node::{
    department::{self, Tables},
    desk::{Desk, DeskParts},
    feeds::Feeds,
    projection::Projection,
    server::{GrpcServer, ServerSettings, Services},
    services::{CommonServices, ContextParts, NodeContext, Serves},
    tls::TlsTexts,
};
use runtime::{App, Context};
use store::Store;
use tokio::{net::TcpListener, sync::Mutex};
use tonic::service::RoutesBuilder;

use crate::{
    config::{Config, FollowedNode, read_key},
    follow::Follower,
    followup::FollowUp,
    reports::Reports,
    runs::Evaluations,
    schemes::{CREATE_SCHEME, Schemes, interpret},
    web,
};

/// Schemes of the release.
const SHIPPED: [&str; 1] = [include_str!("../../../deploy/schemes/zwc-2021.yaml")];

/// Builds the aggregator.
///
/// # Errors
/// When a file, the database, a key or an address of the configuration is not usable.
pub async fn build(config: Config, ctx: Context) -> anyhow::Result<App> {
    let own = DepartmentId::aggregator();
    let tables = config.server.tables()?;
    let store = Store::open(&config.server.database.url).await.context("数据库 / database")?;
    let projection = Arc::new(projection(Arc::clone(&tables.catalogue)));
    let feeds = Feeds::new();
    let context = context(&config, &ctx, &own, tables, &store, &projection, &feeds).await?;
    let nodes: Vec<DepartmentId> = config.nodes.iter().map(FollowedNode::id).collect::<Result<_, _>>()?;
    let nodes = Arc::new(nodes);

    let schemes = Schemes::open(&schemes(&config)?, context.clone())?;
    let evaluations = Evaluations { context: context.clone(), schemes: schemes.clone(), nodes: Arc::clone(&nodes) };
    let reports = Reports {
        context: context.clone(),
        evaluations: evaluations.clone(),
        schemes: schemes.clone(),
        nodes: Arc::clone(&nodes),
        synthetic: config.synthetic,
        edition: Arc::new(Mutex::new(())),
    };
    let mut routes = RoutesBuilder::default();
    CommonServices::new(context.clone()).add_reading(&mut routes);
    let services = Services::of(routes, CommonServices::reading_names())
        .with(SchemeServiceServer::new(schemes))
        .with(EvaluationServiceServer::new(evaluations))
        .with(ReportServiceServer::new(reports.clone()))
        .with(FollowUpServiceServer::new(FollowUp { context }));

    let listener = TcpListener::bind(config.server.listen.grpc)
        .await
        .with_context(|| format!("无法监听 / cannot listen on {}", config.server.listen.grpc))?;
    let server = GrpcServer::new(listener, settings(&config)?, services, &ctx)?;
    let mut app =
        App::builder(&ctx).bound("grpc", server.local_addr()).task("grpc", async { Ok(server.serve().await?) });
    for node in &config.nodes {
        let follower = follower(node, &config, &ctx, &store, &projection, &feeds)?;
        let caught_up = ctx.readiness.wait_for(format!("catch up with {}", node.department));
        let stop = ctx.stop.clone();
        app = app.task(format!("follow {}", node.department), async move {
            follower.run(stop, caught_up).await;
            Ok(())
        });
    }
    if let Some(address) = config.web {
        let listener =
            TcpListener::bind(address).await.with_context(|| format!("无法监听 / cannot listen on {address}"))?;
        let bound = listener.local_addr()?;
        let stop = ctx.stop.clone();
        let page = web::router(reports);
        app = app.bound("web", bound).task("web", async move {
            Ok(axum::serve(listener, page).with_graceful_shutdown(stop.cancelled_owned()).await?)
        });
    }
    Ok(app.ops(config.server.listen.ops).await?.build())
}

/// What entries do to the aggregator's tables: those of the nodes, and its own.
#[must_use]
pub fn projection(catalogue: Arc<Catalogue>) -> Projection {
    Projection::new(catalogue).with(CREATE_SCHEME, interpret)
}

async fn context(
    config: &Config,
    ctx: &Context,
    own: &DepartmentId,
    tables: Tables,
    store: &Store,
    projection: &Arc<Projection>,
    feeds: &Feeds,
) -> anyhow::Result<NodeContext> {
    let head = store.head(own).await?;
    let signer = department::load_or_make(&config.server.data, &config.server.log_name(own), head.as_ref())?;
    let desk = Desk::open(DeskParts {
        store: store.clone(),
        department: own.clone(),
        principal: format!("spiffe://{}/aggregator", config.server.instance),
        signer,
        clock: Arc::clone(&ctx.clock),
        projection: Arc::clone(projection),
        feeds: feeds.clone(),
    })
    .await?;
    Ok(NodeContext::new(ContextParts {
        store: store.clone(),
        desk,
        feeds: feeds.clone(),
        catalogue: tables.catalogue,
        regions: tables.regions,
        data_resources: tables.data_resources,
        owned: OwnedRegions::All,
        clock: Arc::clone(&ctx.clock),
        stop: ctx.stop.clone(),
        serves: Serves::All,
    }))
}

fn settings(config: &Config) -> anyhow::Result<ServerSettings> {
    Ok(ServerSettings {
        tls: TlsTexts::read(&config.server.tls)?,
        trust_domain: config.server.instance.clone(),
        grants: config.server.grants.clone(),
        ask: config.server.contact.clone(),
        limits: config.server.limits.clone(),
        max_connection_age: None,
    })
}

fn follower(
    node: &FollowedNode,
    config: &Config,
    ctx: &Context,
    store: &Store,
    projection: &Arc<Projection>,
    feeds: &Feeds,
) -> anyhow::Result<Follower> {
    let log = node.id()?;
    let verifier = read_key(&node.log_key).with_context(|| format!("日志公钥 / log key {}", node.log_key.display()))?;
    let server_name = node.server_name.clone().unwrap_or_else(|| client::server_name(log.as_str()));
    let tls = &config.server.tls;
    let identity = Identity::from_files(&tls.ca, &tls.cert, &tls.key)?;
    let endpoint = Endpoint { address: node.address.clone(), server_name };
    let connection = Connection::connect(endpoint, &identity, &Options::default())?;
    Ok(Follower {
        log,
        store: store.clone(),
        projection: Arc::clone(projection),
        feeds: feeds.clone(),
        connection,
        verifier,
        clock: Arc::clone(&ctx.clock),
    })
}

/// YAML texts of the schemes: those of the configured folder, or those of the release.
fn schemes(config: &Config) -> anyhow::Result<Vec<String>> {
    let Some(folder) = &config.schemes else { return Ok(SHIPPED.map(str::to_owned).to_vec()) };
    let read =
        |path: &Path| std::fs::read_to_string(path).with_context(|| format!("评价方案 / scheme {}", path.display()));
    let mut texts = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| format!("评价方案目录 / schemes {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            texts.push(read(&path)?);
        }
    }
    Ok(texts)
}
