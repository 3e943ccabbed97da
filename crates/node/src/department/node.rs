//! A node, put together: database, key, desk, the services that every node has, the server.

use std::sync::Arc;

use anyhow::Context as _;
use contracts::{
    directory::v1::directory_service_server::DirectoryServiceServer,
    log::v1::{audit_log_service_server::AuditLogServiceServer, witness_service_server::WitnessServiceServer},
};
use domain::{Catalogue, DepartmentId, OwnedRegions};
use runtime::{
    App, Context,
    app::AppBuilder,
    metrics::{AuditMetrics, TrustMetrics},
};
use store::{EVIDENCE, Store};
use tokio::net::TcpListener;
use tonic::service::RoutesBuilder;

use super::{AUDIT_KEY, DepartmentConfig, LOG_KEY, Tables, load_or_make};
use crate::{
    access::{RulesSource, Traced},
    audit::{self, Audit, AuditParts, Writer},
    desk::{Desk, DeskParts},
    feeds::Feeds,
    inside::Inside,
    projection::Projection,
    server::{GrpcServer, ServerSettings, Services},
    services::{AuditLog, CommonServices, ContextParts, NodeContext, RequestLimits, Serves, ShownDirectory},
    tls::ServerTls,
    trust::{Told, Trust},
    witness::{self, Cosignatures, OfferParts, Offers, Witness},
};

/// What a node is, whatever its configuration says: whose log it writes, whose data it holds, what entries do to its tables.
#[derive(Clone, Debug)]
pub struct Role {
    department: DepartmentId,
    serves: Serves,
    projection: fn(Arc<Catalogue>) -> Projection,
}

impl Role {
    /// A department's node: it holds the department's own data, and the department's systems write there.
    #[must_use]
    pub fn department(department: DepartmentId) -> Self {
        Self { department, serves: Serves::Own, projection: Projection::new }
    }

    /// The aggregator: it holds what it has followed of every node, which is read there and written nowhere but at the nodes.
    /// `projection` knows the aggregator's own entries too.
    #[must_use]
    pub fn aggregator(projection: fn(Arc<Catalogue>) -> Projection) -> Self {
        Self { department: DepartmentId::aggregator(), serves: Serves::All, projection }
    }

    fn owned(&self) -> OwnedRegions {
        self.department.city_region().map_or(OwnedRegions::All, OwnedRegions::Only)
    }
}

/// A node that is bound and does not serve yet. A department adds its own service and is done:
///
/// ```text
/// let node = Node::open(Role::department(DepartmentId::ecology()), config, &ctx).await?;
/// let own = EcologyServiceServer::new(Ecology::new(node.context().clone()));
/// let services = node.services().with(own);
/// Ok(node.app(services, &ctx).await?.build())
/// ```
#[derive(Debug)]
pub struct Node {
    context: NodeContext,
    projection: Arc<Projection>,
    serves: Serves,
    config: DepartmentConfig,
    tls: ServerTls,
    trust: Trust,
    witness: Witness,
    offers: Option<Offers>,
    recorded: Recorded,
    listener: TcpListener,
}

/// The audit log: for the layers, for its readers, and its task.
#[derive(Debug)]
struct Recorded {
    audit: Audit,
    log: AuditLog,
    writer: Writer,
    store: Store,
}

impl Recorded {
    async fn open(config: &DepartmentConfig, department: &DepartmentId, ctx: &Context) -> anyhow::Result<Self> {
        let store = Store::open_audit(&config.database.url)
            .await
            .context("无法打开审计日志的数据库 / cannot open the database of the audit log")?;
        let head = store.head(department).await.context("无法读取审计日志 / cannot read the audit log")?;
        let name = audit::log_name(&config.log_name(department));
        let signer = load_or_make(&config.data, AUDIT_KEY, &name, head.as_ref())?;
        let log = AuditLog::new(store.clone(), department.clone(), signer.clone());
        let (audit, writer) = Audit::new(AuditParts {
            store: store.clone(),
            department: department.clone(),
            signer,
            clock: Arc::clone(&ctx.clock),
            config: config.audit,
            metrics: AuditMetrics::new(&ctx.meter),
        });
        Ok(Self { audit, log, writer, store })
    }
}

impl Node {
    /// Opens the database, loads the log's key (or makes it for a new log), and binds the port. Nothing is served before
    /// [`Self::app`] runs.
    ///
    /// # Errors
    /// When a file, the database, the key or the address is not usable, and when the certificate is another node's.
    pub async fn open(role: Role, config: DepartmentConfig, ctx: &Context) -> anyhow::Result<Self> {
        if !EVIDENCE && !config.listen.grpc.ip().is_loopback() {
            anyhow::bail!(
                "本程序不留任何证据，只供性能比较，不能在 {0} 上提供服务 / this program leaves no evidence and is for comparison only; it does not serve on {0}",
                config.listen.grpc
            );
        }
        let owned = role.owned();
        let Role { department, serves, projection } = role;
        let tls = ServerTls::open(config.tls.clone(), config.principal(&department))?;
        let Tables { catalogue, regions, data_resources, open, working_days, sharing_deadlines } = config.tables()?;
        let store = Store::open(&config.database.url).await.context("无法打开数据库 / cannot open the database")?;
        let head = store.head(&department).await.context("无法读取日志 / cannot read the log")?;
        let log_name = config.log_name(&department);
        let signer = load_or_make(&config.data, LOG_KEY, &log_name, head.as_ref())?;
        let cosigner =
            pki::load_or_make_cosignature_key(&config.data, witness::KEY_FILE, &witness::key_name(&log_name))?;
        let trust = Trust::open(&config.trust, &config.instance, &config.data, Arc::clone(&ctx.clock))
            .context("没有可用的成员目录 / there is no directory in force")?;
        let recorded = Recorded::open(&config, &department, ctx).await?;
        let cosignatures = Cosignatures::open(store.clone(), department.clone(), trust.clone())
            .await
            .context("无法读取见证签名 / cannot read the cosignatures")?;
        let witness = Witness::new(store.clone(), trust.clone(), cosigner, Arc::clone(&ctx.clock));
        let feeds = Feeds::new();
        let offers = match &config.witness {
            None => None,
            Some(collects) => Some(Offers::new(OfferParts {
                log: department.clone(),
                verifier: signer.verifier(),
                store: store.clone(),
                feeds: feeds.clone(),
                trust: trust.clone(),
                cosignatures: cosignatures.clone(),
                tls: config.tls.clone(),
                signer: pki::load_signing_key(&collects.signing_key)?,
            })),
        };
        let projection = Arc::new(projection(Arc::clone(&catalogue)));
        let desk = Desk::open(DeskParts {
            store: store.clone(),
            department,
            signer,
            clock: Arc::clone(&ctx.clock),
            projection: Arc::clone(&projection),
            feeds: feeds.clone(),
            tasks: ctx.tasks.clone(),
            cosignatures: Some(cosignatures),
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
            open,
            working_days,
            sharing_deadlines,
            owned,
            clock: Arc::clone(&ctx.clock),
            stop: ctx.stop.clone(),
            serves,
        });
        let address = config.listen.grpc;
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("无法监听 {address}，请检查 listen.grpc / cannot listen on {address}; check listen.grpc")
        })?;
        Ok(Self { context, projection, serves, config, tls, trust, recorded, witness, offers, listener })
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> &DepartmentConfig {
        &self.config
    }

    /// What the services of the node share.
    #[must_use]
    pub fn context(&self) -> &NodeContext {
        &self.context
    }

    /// What entries do to the tables.
    #[must_use]
    pub fn projection(&self) -> &Arc<Projection> {
        &self.projection
    }

    /// Who is a member, and with which keys.
    #[must_use]
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// What it shows in a handshake.
    #[must_use]
    pub fn tls(&self) -> &ServerTls {
        &self.tls
    }

    /// The services that every node of this role has: reading everywhere, writing where the data are the node's own.
    #[must_use]
    pub fn services(&self) -> Services {
        let mut routes = RoutesBuilder::default();
        let limits = &self.config.limits;
        let limits = RequestLimits { message_bytes: limits.max_message_bytes, batch: limits.max_batch };
        let common = CommonServices::new(self.context.clone()).with_limits(limits);
        let names = match self.serves {
            Serves::Own => {
                common.add_all(&mut routes);
                CommonServices::all_names()
            }
            Serves::All => {
                common.add_reading(&mut routes);
                CommonServices::reading_names()
            }
        };
        let directory = ShownDirectory::new(self.trust.clone());
        Services::of(routes, names)
            .with(DirectoryServiceServer::new(directory))
            .with(WitnessServiceServer::new(self.witness.clone()))
            .with(AuditLogServiceServer::new(self.recorded.log.clone()))
    }

    /// The app that serves these services.
    ///
    /// # Errors
    /// When a served method has no rule, policies or grants are not usable, or the operations address cannot be bound.
    pub async fn app(self, services: Services, ctx: &Context) -> anyhow::Result<AppBuilder> {
        Ok(self.app_and_inside(services, ctx).await?.0)
    }

    /// The app that serves these services, and the way to call them from inside this process.
    ///
    /// # Errors
    /// As [`Self::app`].
    pub async fn app_and_inside(self, services: Services, ctx: &Context) -> anyhow::Result<(AppBuilder, Inside)> {
        let Self { context, projection: _, serves: _, config, tls, trust, recorded, witness: _, offers, listener } =
            self;
        let Recorded { audit, log: _, writer, store: audit_store } = recorded;
        let store = context.store().clone();
        let told = Told::new(TrustMetrics::new(&ctx.meter), audit.clone());
        let rules = RulesSource {
            instance: config.instance,
            policy: config.trust.policy.as_deref().map(Into::into),
            grants: config.trust.grants.as_deref().map(Into::into),
            resources: context.shared_data_resources(),
            ask: config.contact,
        };
        let settings = ServerSettings {
            tls: tls.clone(),
            trust,
            rules,
            department: context.department().clone(),
            decisions: Arc::new(Traced),
            audit,
            limits: config.limits,
            max_connection_age: None,
        };
        let server = GrpcServer::new(listener, settings, services, ctx)?;
        let inside = server.inside();
        let watched = server.access().watch(tls, told, ctx.stop.clone());
        let mut app = App::builder(ctx).bound("grpc", server.local_addr());
        if let Some(offers) = offers {
            let stop = ctx.stop.clone();
            app = app.task("offers to witnesses", async {
                offers.run(stop).await;
                Ok(())
            });
        }
        let app = app
            .task("gRPC server", async { Ok(server.serve().await?) })
            .task("audit log", async {
                writer.run().await;
                Ok(())
            })
            .task("directory, policies, grants and certificates", async {
                watched.await;
                Ok(())
            })
            .closing("database", store.close())
            .closing("database of the audit log", audit_store.close())
            .ops(config.listen.ops)
            .await?;
        Ok((app, inside))
    }
}
