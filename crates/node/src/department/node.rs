//! A department's node, put together: database, key, desk, the services that every node has, the server.

use std::sync::Arc;

use anyhow::Context as _;
use domain::{DepartmentId, OwnedRegions};
use runtime::{App, Context, app::AppBuilder};
use store::Store;
use tokio::net::TcpListener;
use tonic::service::RoutesBuilder;
use x509_parser::pem::parse_x509_pem;

use super::{DepartmentConfig, Tables, load_or_make};
use crate::{
    desk::{Desk, DeskParts},
    feeds::Feeds,
    projection::Projection,
    server::{GrpcServer, ServerSettings, Services},
    services::{CommonServices, ContextParts, NodeContext, RequestLimits, Serves},
    tls::TlsTexts,
};

/// A node that is bound and does not serve yet. A department adds its own service and is done:
///
/// ```text
/// let node = Node::open(DepartmentId::ecology(), config, &ctx).await?;
/// let own = EcologyServiceServer::new(Ecology::new(node.context().clone()));
/// let services = node.services().with(own);
/// Ok(node.app(services, &ctx).await?.build())
/// ```
#[derive(Debug)]
pub struct Node {
    context: NodeContext,
    config: DepartmentConfig,
    tls: TlsTexts,
    listener: TcpListener,
}

impl Node {
    /// Opens the database, loads the log's key (or makes it for a new log), and binds the port. Nothing is served before
    /// [`Self::app`] runs.
    ///
    /// # Errors
    /// When a file, the database, the key or the address is not usable, and when the certificate is another node's.
    pub async fn open(department: DepartmentId, config: DepartmentConfig, ctx: &Context) -> anyhow::Result<Self> {
        let tls = TlsTexts::read(&config.tls)?;
        check_identity(&tls, &config.principal(&department))?;
        let Tables { catalogue, regions, data_resources } = config.tables()?;
        let store = Store::open(&config.database.url).await.context("无法打开数据库 / cannot open the database")?;
        let head = store.head(&department).await.context("无法读取日志 / cannot read the log")?;
        let signer = load_or_make(&config.data, &config.log_name(&department), head.as_ref())?;
        let feeds = Feeds::new();
        let desk = Desk::open(DeskParts {
            store: store.clone(),
            department: department.clone(),
            principal: config.principal(&department),
            signer,
            clock: Arc::clone(&ctx.clock),
            projection: Arc::new(Projection::new(Arc::clone(&catalogue))),
            feeds: feeds.clone(),
        })
        .await
        .context("无法打开日志 / cannot open the log")?;
        let context = NodeContext::new(ContextParts {
            store,
            desk,
            feeds,
            catalogue,
            regions,
            data_resources,
            owned: department.city_region().map_or(OwnedRegions::All, OwnedRegions::Only),
            clock: Arc::clone(&ctx.clock),
            stop: ctx.stop.clone(),
            serves: Serves::Own,
        });
        let address = config.listen.grpc;
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("无法监听 {address} / cannot listen on {address}"))?;
        Ok(Self { context, config, tls, listener })
    }

    /// What the services of the node share.
    #[must_use]
    pub fn context(&self) -> &NodeContext {
        &self.context
    }

    /// The services that every node has.
    #[must_use]
    pub fn services(&self) -> Services {
        let mut routes = RoutesBuilder::default();
        let limits = &self.config.limits;
        let limits = RequestLimits { message_bytes: limits.max_message_bytes, batch: limits.max_batch };
        CommonServices::new(self.context.clone()).with_limits(limits).add_all(&mut routes);
        Services::of(routes, CommonServices::all_names())
    }

    /// The app that serves these services.
    ///
    /// # Errors
    /// When a grant names what is not served, the TLS files are not usable, or the operations address cannot be bound.
    pub async fn app(self, services: Services, ctx: &Context) -> anyhow::Result<AppBuilder> {
        let Self { context: _, config, tls, listener } = self;
        let settings = ServerSettings {
            tls,
            trust_domain: config.instance,
            grants: config.grants,
            ask: config.contact,
            limits: config.limits,
            max_connection_age: None,
        };
        let server = GrpcServer::new(listener, settings, services, ctx)?;
        let app = App::builder(ctx).bound("grpc", server.local_addr());
        app.task("gRPC server", async { Ok(server.serve().await?) }).ops(config.listen.ops).await
    }
}

/// A node that presented another node's certificate would be believed to be it.
fn check_identity(tls: &TlsTexts, principal: &str) -> anyhow::Result<()> {
    let (_rest, pem) = parse_x509_pem(&tls.cert).context("tls.cert 不是 PEM 证书 / tls.cert is no PEM certificate")?;
    let named = pki::spiffe_id(&pem.contents)
        .with_context(|| format!("tls.cert 没有本节点的身份 {principal} / tls.cert does not name {principal}"))?;
    anyhow::ensure!(
        named == principal,
        "tls.cert 是 {named} 的证书，本节点是 {principal} / tls.cert names {named}, this node is {principal}"
    );
    Ok(())
}
