//! `wufei demo`: every service in this process, the data set through their public endpoints, the evaluation, the report.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use ::directory::NodeEntry;
use domain::{DepartmentId, Lang};
use node::department::{DepartmentConfig, directory_entry};
use policy::Role;
use runtime::{
    CancellationToken, Context,
    app::{App, Running},
    clock::{Clock as _, SystemClock},
    config::Telemetry,
    telemetry::{self, TelemetryGuard},
};

use self::{
    dataset::Dataset,
    evaluate::Evaluated,
    identities::{Identities, Identity},
    membership::Seat,
    plan::{Layout, Ports},
    table::{Service, Summary},
};
use crate::{
    commands::bench::peak_memory_kib,
    embedded,
    failure::{Failure, Outcome},
    language,
    link::Link,
    profile::{AGGREGATOR, Profile},
    screen::Screen,
};

pub(crate) mod dataset;
mod evaluate;
mod identities;
mod load;
mod membership;
mod plan;
mod synthetic;
mod table;
mod witnesses;

/// How long the services may take to be ready.
const READY_LIMIT: Duration = Duration::from_secs(30);

/// What `wufei demo` was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    /// Data folder.
    pub(crate) data_dir: PathBuf,
    /// Folder of the report; `report` below the data folder unless it is given.
    pub(crate) out: Option<PathBuf>,
    /// `letter`, `synthetic`, `province` or a folder.
    pub(crate) dataset: String,
    /// Seed of the synthetic data.
    pub(crate) seed: u64,
    /// First port; 0 lets the system choose.
    pub(crate) port_base: u16,
    /// Whether to end when the report is written.
    pub(crate) once: bool,
    /// OTLP collector.
    pub(crate) otlp: Option<String>,
    /// What the services log.
    pub(crate) log: String,
}

/// Runs the demo. `started` is when the process began.
pub(crate) fn run(options: Options, screen: &Screen, started: Instant) -> Outcome<()> {
    let dataset = choose(&options)?;
    let layout = Layout::make(&options.data_dir)?;
    layout.claim(&dataset)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::unexpected("runtime", error))?;
    let outcome = runtime.block_on(async {
        let config = Telemetry { otlp_endpoint: options.otlp.clone(), log: options.log.clone(), json: false };
        let guard = telemetry::init(&config, "wufei-demo", &[]).map_err(|error| {
            Failure::bad_config(format!("无法启用遥测：{error}"), format!("telemetry cannot be set up: {error}"))
        })?;
        let outcome = Box::pin(demo(&options, &dataset, layout, &config, &guard, screen, started)).await;
        guard.shutdown().await;
        outcome
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

fn choose(options: &Options) -> Outcome<Dataset> {
    match options.dataset.as_str() {
        "letter" => Dataset::letter(),
        name @ ("synthetic" | "province") => {
            let scheme = embedded::scheme("zwc-2021.yaml").unwrap_or_default();
            let (catalogue, regions) = (embedded::catalogue()?, embedded::regions()?);
            let last = synthetic::dataset(options.seed, &catalogue, &regions, scheme, Dataset::letter_commitments()?);
            Ok(if name == "province" { synthetic::years(options.seed, &catalogue, &regions, last) } else { last })
        }
        folder if Path::new(folder).is_dir() => Dataset::folder(Path::new(folder)),
        other => Err(Failure::failed(
            format!("没有数据集 {other}：可用 letter、synthetic、province，或一个存在的文件夹"),
            format!("there is no data set {other}: use letter, synthetic, province or a folder that exists"),
        )),
    }
}

async fn demo(
    options: &Options,
    dataset: &Dataset,
    layout: Layout,
    telemetry: &Telemetry,
    guard: &TelemetryGuard,
    screen: &Screen,
    started: Instant,
) -> Outcome<()> {
    let stop = CancellationToken::new();
    let mut world = World { layout, running: Vec::new(), entries: Vec::new(), stop: stop.clone() };
    let worked = tokio::select! {
        outcome = Box::pin(work(options, dataset, &mut world, telemetry, guard, screen, started)) => outcome,
        () = interrupted() => Err(Failure::failed("已中断", "interrupted")),
    };
    let stayed = match worked {
        Ok(()) if !options.once => {
            let ended: Vec<_> = world.running.iter().map(|service| Box::pin(service.stop.cancelled())).collect();
            tokio::select! {
                () = interrupted() => {}
                // A service that failed stops by itself; half a demo is worse than none.
                _ = futures_util::future::select_all(ended) => {}
            }
            Ok(())
        }
        other => other,
    };
    stayed.and(world.shut_down().await)
}

/// Ctrl-C, or the signal with which a service manager ends a process.
async fn interrupted() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            // Without a handler the signal ends the process anyway.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

async fn work(
    options: &Options,
    dataset: &Dataset,
    world: &mut World,
    telemetry: &Telemetry,
    guard: &TelemetryGuard,
    screen: &Screen,
    started: Instant,
) -> Outcome<()> {
    let layout = world.layout.clone();
    let now = SystemClock.now();
    let identities = Identities::open(&layout.pki(), now)?;
    let lead = identities::writer_name(LEAD);
    let seats = callers(dataset);
    let mut callers: BTreeMap<String, Identity> = BTreeMap::new();
    for Seat { name, spiffe, .. } in &seats {
        callers.insert(name.clone(), identities.caller(name, spiffe.clone(), now)?);
    }
    let public = Seat::new("public", identities::public_id(), Role::Public);
    let members: Vec<Seat> = services(dataset).chain(seats).chain([public]).collect();
    membership::write(&layout.pki(), &members, now)?;

    let mut ports = Ports::from(options.port_base);
    for department in dataset.departments() {
        let own = identities.server(department, identities::node_id(department), now)?;
        let config =
            plan::department(&layout, department, (&identities.ca(), &own), telemetry, &mut ports, dataset.synthetic)?;
        world.start_department(department, config, own, guard).await?;
    }
    let own = identities.server(AGGREGATOR, identities::aggregator_id(), now)?;
    let nodes = world.addresses();
    let config = plan::aggregator(&layout, (&identities.ca(), &own), telemetry, &mut ports, &nodes, dataset.synthetic)?;
    world.start_aggregator(config, own, guard).await?;
    witnesses::enter(&layout.pki(), std::mem::take(&mut world.entries), now)?;
    world.ready().await?;
    let ready_millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);

    let profile = plan::profile(&layout, &identities.ca(), &world.addresses(), &callers);
    plan::save(&layout.profile(), "# Written by wufei demo: where the nodes are, and who calls them.", &profile)?;
    let mut links = BTreeMap::new();
    for department in dataset.departments() {
        links.insert(department.to_owned(), Link::open(&profile, department, None, screen.lang())?);
    }
    links.insert(AGGREGATOR.to_owned(), Link::open(&profile, AGGREGATOR, Some(&lead), screen.lang())?);
    let calls = load::load(dataset, &links, screen).await?;
    let evaluated = evaluated(options, dataset, &layout, &profile, &links, screen).await?;
    let witnessed = witnesses::witnessed(&links).await?;
    let summary = Summary {
        dataset,
        layout: &layout,
        services: world.services(),
        out: out(options, &layout),
        calls,
        evaluated,
        witnessed,
        ready_millis,
        peak_memory_kib: peak_memory_kib(),
        stays: !options.once,
    };
    table::print(screen, &summary);
    Ok(())
}

/// The nodes and the aggregator.
fn services(dataset: &Dataset) -> impl Iterator<Item = Seat> {
    let nodes =
        dataset.departments().map(|department| Seat::new(department, identities::node_id(department), Role::Node));
    nodes.chain([Seat::new(AGGREGATOR, identities::aggregator_id(), Role::Aggregator)])
}

/// Who calls them: every department's writer, reviewer and signatory, the writer of the lead department, the evaluator, the auditor.
fn callers(dataset: &Dataset) -> Vec<Seat> {
    let mut seats = vec![
        Seat::new(identities::EVALUATOR, identities::evaluator_id(), Role::Evaluator),
        Seat::new(identities::AUDITOR, identities::auditor_id(), Role::Auditor),
    ];
    for department in dataset.departments() {
        seats.extend([
            Seat::new(&identities::writer_name(department), identities::writer_id(department), Role::DepartmentWriter),
            Seat::new(&format!("{department}-reviewer"), identities::reviewer_id(department), Role::DepartmentApprover),
            Seat::new(
                &format!("{department}-signatory"),
                identities::signatory_id(department),
                Role::DepartmentApprover,
            ),
        ]);
    }
    if !dataset.departments().any(|department| department == LEAD) {
        seats.push(Seat::new(&identities::writer_name(LEAD), identities::writer_id(LEAD), Role::DepartmentWriter));
    }
    seats
}

/// The department that keeps the commitments.
const LEAD: &str = "ecology";

fn out(options: &Options, layout: &Layout) -> PathBuf {
    options.out.clone().unwrap_or_else(|| layout.data.join("report"))
}

async fn evaluated(
    options: &Options,
    dataset: &Dataset,
    layout: &Layout,
    profile: &Profile,
    links: &BTreeMap<String, Link>,
    screen: &Screen,
) -> Outcome<Evaluated> {
    let evaluator = Link::open(profile, AGGREGATOR, None, screen.lang())?;
    let approver = || Link::open(profile, AGGREGATOR, Some(identities::LEAD_REVIEWER), screen.lang());
    evaluate::evaluate(dataset, links, &evaluator, approver, &out(options, layout)).await
}

/// The services that run.
struct World {
    layout: Layout,
    running: Vec<Started>,
    /// What the directory is to say of the nodes, in the order of their start.
    entries: Vec<NodeEntry>,
    stop: CancellationToken,
}

struct Started {
    department: String,
    running: Running,
    identity: Identity,
    /// Cancelled when the service stops, by order or by failure.
    stop: CancellationToken,
}

impl World {
    async fn start_department(
        &mut self,
        department: &str,
        mut config: DepartmentConfig,
        identity: Identity,
        guard: &TelemetryGuard,
    ) -> Outcome<()> {
        let (ctx, stop) = self.context(department, guard);
        let own = config.clone();
        let built = match department {
            "ecology" => Box::pin(ecology::wiring::build(ecology::config::Config(own), ctx)).await,
            "commerce" => Box::pin(commerce::wiring::build(commerce::config::Config(own), ctx)).await,
            "scitech" => Box::pin(scitech::wiring::build(scitech::config::Config(own), ctx)).await,
            _ => Box::pin(city::wiring::build(city::config::Config(own), ctx)).await,
        };
        let app = built.map_err(|error| not_started(department, &error))?;
        settle(&mut config.listen, &app);
        if let (Some(web), Some(bound)) = (&mut config.web, app.addresses().get("web")) {
            web.listen = *bound;
        }
        plan::save(&self.layout.config(department), CONFIG_COMMENT, &config)?;
        self.enter(department, &config)?;
        self.keep(department, app, identity, stop);
        Ok(())
    }

    async fn start_aggregator(
        &mut self,
        mut config: aggregator::config::Config,
        identity: Identity,
        guard: &TelemetryGuard,
    ) -> Outcome<()> {
        let (ctx, stop) = self.context(AGGREGATOR, guard);
        let app = Box::pin(aggregator::wiring::build(config.clone(), ctx))
            .await
            .map_err(|error| not_started(AGGREGATOR, &error))?;
        settle(&mut config.server.listen, &app);
        if let (Some(web), Some(bound)) = (&mut config.web, app.addresses().get("web")) {
            web.listen = *bound;
        }
        plan::save(&self.layout.config(AGGREGATOR), CONFIG_COMMENT, &config)?;
        self.enter(AGGREGATOR, &config.server)?;
        self.keep(AGGREGATOR, app, identity, stop);
        Ok(())
    }

    fn context(&self, department: &str, guard: &TelemetryGuard) -> (Context, CancellationToken) {
        let stop = self.stop.child_token();
        (Context::new(department, Arc::new(SystemClock), guard, stop.clone()), stop)
    }

    /// Notes what the directory is to say of a node that is bound.
    fn enter(&mut self, department: &str, config: &DepartmentConfig) -> Outcome<()> {
        let id = DepartmentId::parse(department).map_err(|error| Failure::unexpected("department", error))?;
        let address = format!("https://{}", config.listen.grpc);
        let entry = directory_entry(config, &id, address, client::server_name(department));
        self.entries.push(entry.map_err(identities::failure)?);
        Ok(())
    }

    fn keep(&mut self, department: &str, app: App, identity: Identity, stop: CancellationToken) {
        self.running.push(Started { department: department.to_owned(), running: app.spawn(), identity, stop });
    }

    /// Where the services listen for gRPC.
    fn addresses(&self) -> Vec<(String, SocketAddr)> {
        let address = |service: &Started| {
            service.running.addresses.get("grpc").map(|address| (service.department.clone(), *address))
        };
        self.running.iter().filter_map(address).collect()
    }

    fn services(&self) -> Vec<Service> {
        let describe = |service: &Started| Service {
            department: service.department.clone(),
            grpc: service.running.addresses.get("grpc").copied(),
            ops: service.running.addresses.get("ops").copied(),
            web: service.running.addresses.get("web").copied(),
            cert: service.identity.cert.clone(),
            data: self.layout.service(&service.department),
        };
        self.running.iter().map(describe).collect()
    }

    /// Waits until every service is ready.
    async fn ready(&self) -> Outcome<()> {
        for service in &self.running {
            let readiness = service.running.readiness();
            if tokio::time::timeout(READY_LIMIT, readiness.ready()).await.is_err() {
                let (department, pending) = (&service.department, readiness.pending().join(", "));
                return Err(Failure::failed(
                    format!("{department} 未能就绪，仍在等待：{pending}"),
                    format!("{department} did not become ready; it waits for: {pending}"),
                ));
            }
        }
        Ok(())
    }

    /// Stops everything, the aggregator first because it follows the others.
    async fn shut_down(mut self) -> Outcome<()> {
        let mut first = Ok(());
        while let Some(service) = self.running.pop() {
            if let Err(error) = service.running.stop().await {
                let department = &service.department;
                let (zh, en) = (in_one(&error, Lang::Zh), in_one(&error, Lang::En));
                let failure = Failure::failed(
                    format!("{department} 异常停止：{zh}"),
                    format!("{department} stopped with a failure: {en}"),
                );
                first = first.and(Err(failure));
            }
        }
        self.stop.cancel();
        first
    }
}

const CONFIG_COMMENT: &str = "# Written by wufei demo; run it alone with: wufei serve SERVICE --config THIS_FILE";

/// The configuration as it is in force: the ports that the system chose, so that the service can be started alone later.
fn settle(listen: &mut runtime::config::Listen, app: &App) {
    if let Some(grpc) = app.addresses().get("grpc") {
        listen.grpc = *grpc;
    }
    listen.ops = app.addresses().get("ops").copied().or(listen.ops);
}

fn not_started(department: &str, error: &anyhow::Error) -> Failure {
    let (zh, en) = (in_one(error, Lang::Zh), in_one(error, Lang::En));
    let in_use = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    let (advice_zh, advice_en) = if in_use.into_iter().any(|cause| cause.kind() == io::ErrorKind::AddrInUse) {
        (
            "。端口已被占用，请用 --port-base 另选，或省略它由系统选择",
            "; the port is in use, choose another --port-base or leave it out",
        )
    } else {
        ("", "")
    };
    Failure::failed(
        format!("{department} 无法启动：{zh}{advice_zh}"),
        format!("{department} could not be started: {en}{advice_en}"),
    )
}

/// What the libraries say, each cause in one language.
fn in_one(error: &anyhow::Error, lang: Lang) -> String {
    let causes: Vec<String> = error.chain().map(|cause| language::cut(&cause.to_string(), lang).to_owned()).collect();
    causes.join(": ")
}
