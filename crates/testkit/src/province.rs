//! The services of a province, or some of them, with everything around them.

use std::{
    collections::BTreeMap,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use aggregator::config::{OpenId, Web};
use anyhow::Context as _;
use chrono::{DateTime, NaiveDate};
use client::{Connection, Endpoint, Identity, Options};
use domain::{DepartmentId, Period};
use futures_util::StreamExt as _;
use node::{
    department::{DepartmentConfig, directory_entry},
    web::{ClerkPages, DraftBounds, OpenRound},
};
use runtime::clock::{FixedClock, SharedClock};
use serde_json::{Value, json};
use store::Store;
use tempfile::TempDir;

use crate::{
    configs::{self, AGGREGATOR, GRANTS},
    database::{Engine, TestDatabase},
    identities::{Identities, auditor_id, evaluator_id, writer_id},
    letter::{Call, letter},
    link::Link,
    service::Service,
    wait::{PATIENCE, until},
};

/// The departments of the letter, in the order in which they submit.
pub const DEPARTMENTS: [&str; 4] = ["ecology", "commerce", "scitech", "city-140100"];

/// When the services of a test believe to be, unless it sets the clock: some weeks after the letter.
const NOW: i64 = 1_751_335_200; // 2025-07-01T02:00:00Z

/// A log as its newest checkpoint names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Entries.
    pub size: u64,
    /// Root hash over them.
    pub root: String,
}

/// Services that were started, with their data, certificates and clock. Dropped, they are killed and their data are gone.
#[derive(Debug)]
pub struct Province {
    services: BTreeMap<String, Place>,
    engine: Engine,
    identities: Arc<Identities>,
    clock: FixedClock,
    asked: AtomicU32,
    folder: TempDir,
}

/// What stays of a service while it is down.
#[derive(Debug)]
struct Place {
    running: Option<Service>,
    config: Configured,
    link: Option<Link>,
    database: TestDatabase,
}

#[derive(Clone, Debug)]
enum Configured {
    Department(Box<DepartmentConfig>),
    Aggregator(Box<aggregator::config::Config>),
}

impl Province {
    /// No services yet.
    ///
    /// # Errors
    /// When the authority cannot be made.
    pub fn new(engine: Engine) -> anyhow::Result<Self> {
        Self::with_identities(engine, Arc::new(Identities::new()?))
    }

    /// No services yet, with the callers of another world: the same calls make the same log.
    ///
    /// # Errors
    /// When there is no temporary folder.
    pub fn with_identities(engine: Engine, identities: Arc<Identities>) -> anyhow::Result<Self> {
        let now = DateTime::from_timestamp(NOW, 0).context("a time")?;
        Ok(Self {
            services: BTreeMap::new(),
            engine,
            identities,
            clock: FixedClock::at(now),
            asked: AtomicU32::new(0),
            folder: tempfile::tempdir()?,
        })
    }

    /// All five services, ready.
    ///
    /// # Errors
    /// Whatever stops a start.
    pub async fn start(engine: Engine) -> anyhow::Result<Self> {
        let mut province = Self::new(engine)?;
        province.add_all().await?;
        Ok(province)
    }

    /// Some departments, ready, and the aggregator that follows them.
    ///
    /// # Errors
    /// Whatever stops a start.
    pub async fn of(departments: &[&str], engine: Engine) -> anyhow::Result<Self> {
        let mut province = Self::new(engine)?;
        for department in departments {
            province.add_department(department).await?;
        }
        province.add_aggregator().await?;
        Ok(province)
    }

    /// Starts all five services.
    ///
    /// # Errors
    /// Whatever stops a start.
    pub async fn add_all(&mut self) -> anyhow::Result<()> {
        for department in DEPARTMENTS {
            self.add_department(department).await?;
        }
        self.add_aggregator().await
    }

    /// Starts a department's node on an empty database, with a link to it.
    ///
    /// # Errors
    /// Whatever stops the start.
    pub async fn add_department(&mut self, department: &str) -> anyhow::Result<()> {
        self.add_department_with(department, |_as_it_is| {}).await
    }

    /// As [`Self::add_department`], with a configuration that its operator has changed.
    ///
    /// # Errors
    /// Whatever stops the start.
    pub async fn add_department_with(
        &mut self,
        department: &str,
        change: impl FnOnce(&mut DepartmentConfig),
    ) -> anyhow::Result<()> {
        let (data, database) = self.place(department).await?;
        let trusted = self.identities.trusted(department)?;
        let url = database.url().to_owned();
        let mut config = configs::department(department, &data, trusted, url)?;
        change(&mut config);
        let config = Configured::Department(Box::new(config));
        self.services.insert(department.to_owned(), Place { running: None, config, link: None, database });
        self.restart(department).await
    }

    /// As [`Self::add_department`], with pages for its clerks and approvers, who show their client certificates. The round of 2024 is
    /// open.
    ///
    /// # Errors
    /// Whatever stops the start.
    pub async fn add_department_with_pages(&mut self, department: &str, drafts: DraftBounds) -> anyhow::Result<()> {
        let pages = ClerkPages {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            everybody_is: None,
            synthetic: false,
            tls: Some(self.identities.service(department)?),
            drafts,
            rounds: vec![OpenRound { period: Period::parse("2024")?, due: NaiveDate::from_ymd_opt(2025, 7, 15) }],
        };
        self.add_department_with(department, |config| config.web = Some(pages)).await
    }

    /// Starts the aggregator on an empty database. It follows the departments that were added before, running or not,
    /// through their links.
    ///
    /// # Errors
    /// Whatever stops the start.
    pub async fn add_aggregator(&mut self) -> anyhow::Result<()> {
        self.start_aggregator(None).await
    }

    /// As [`Self::add_aggregator`], with pages that show everybody what this principal may read.
    ///
    /// # Errors
    /// Whatever stops the start.
    pub async fn add_aggregator_with_pages(&mut self, everybody_is: &str) -> anyhow::Result<()> {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let everybody_is = Some(self.identities.certificate_file(everybody_is)?.into());
        self.start_aggregator(Some(Web { listen, everybody_is, tls: None, openid: None, public: None })).await
    }

    /// As [`Self::add_aggregator`], with pages for those who show a client certificate.
    ///
    /// # Errors
    /// Whatever stops the start.
    pub async fn add_aggregator_with_sign_in(&mut self) -> anyhow::Result<()> {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let tls = Some(self.identities.service(AGGREGATOR)?);
        self.start_aggregator(Some(Web { listen, everybody_is: None, tls, openid: None, public: None })).await
    }

    /// As [`Self::add_aggregator_with_sign_in`], and who shows no certificate signs in at this provider.
    ///
    /// # Errors
    /// Whatever stops the start.
    pub async fn add_aggregator_with_openid(&mut self, openid: OpenId) -> anyhow::Result<()> {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let tls = Some(self.identities.service(AGGREGATOR)?);
        self.start_aggregator(Some(Web { listen, everybody_is: None, tls, openid: Some(openid), public: None })).await
    }

    /// As [`Self::add_aggregator`], with these pages.
    ///
    /// # Errors
    /// Whatever stops the start.
    pub async fn add_aggregator_with(&mut self, web: Web) -> anyhow::Result<()> {
        self.start_aggregator(Some(web)).await
    }

    async fn start_aggregator(&mut self, web: Option<Web>) -> anyhow::Result<()> {
        let (data, database) = self.place(AGGREGATOR).await?;
        let trusted = self.identities.trusted(AGGREGATOR)?;
        let nodes = self.services.iter().filter_map(|(name, place)| {
            let Configured::Department(config) = &place.config else { return None };
            Some((name.clone(), place.link.as_ref()?.address(), config.data.join("log.vkey")))
        });
        let mut config = configs::aggregator(&data, trusted, database.url().to_owned(), nodes)?;
        config.web = web;
        let place = Place { running: None, config: Configured::Aggregator(Box::new(config)), link: None, database };
        self.services.insert(AGGREGATOR.to_owned(), place);
        self.restart(AGGREGATOR).await
    }

    /// Enters the services that were added in the directory: each is a witness of the others, at its link where it has one,
    /// and so many must cosign. Waits until every running service has that directory in force.
    ///
    /// # Errors
    /// When the quorum cannot be reached, or a service does not take the directory.
    pub async fn witness_each_other(&self, quorum: u32) -> anyhow::Result<()> {
        let mut entries = Vec::new();
        for (service, place) in &self.services {
            let config = match &place.config {
                Configured::Department(config) => config,
                Configured::Aggregator(config) => &config.server,
            };
            let address = match &place.link {
                Some(link) => link.address(),
                None => self.address(service)?,
            };
            let (department, name) = (DepartmentId::parse(service)?, client::server_name(service));
            entries.push(directory_entry(config, &department, format!("https://{address}"), name)?);
        }
        let version = self.identities.publish(|document| {
            entries.into_iter().for_each(|entry| document.put_node(entry));
            document.witness_quorum = Some(quorum);
        })?;
        for service in self.running() {
            let caller = if service == AGGREGATOR { self.evaluator()? } else { self.writer(service)? };
            until("the directory of the witnesses", async || {
                let shown = caller.call_json("wufei.directory.v1.DirectoryService/GetDirectory", json!({})).await?;
                Ok((number(&shown["version"])? >= version).then_some(()))
            })
            .await?;
        }
        Ok(())
    }

    /// Starts a service that is down again, on the data that it left, and waits until it is ready. Its link leads to it.
    ///
    /// # Errors
    /// Whatever stops the start.
    pub async fn restart(&mut self, service: &str) -> anyhow::Result<()> {
        let clock: SharedClock = Arc::new(self.clock.clone());
        let place = self.known(service)?;
        anyhow::ensure!(place.running.is_none(), "{service} runs");
        let running = start(service, place.config.clone(), clock).await.with_context(|| format!("start {service}"))?;
        running.ready().await.with_context(|| format!("{service} is not ready"))?;
        match (&place.link, &place.config) {
            (Some(link), _) => link.lead_to(running.grpc()),
            (None, Configured::Department(_)) => place.link = Some(Link::to(running.grpc()).await?),
            (None, Configured::Aggregator(_)) => {}
        }
        place.running = Some(running);
        Ok(())
    }

    /// Stops a service and waits until it has drained.
    ///
    /// # Errors
    /// When it is down, or ended with a failure.
    pub async fn stop(&mut self, service: &str) -> anyhow::Result<()> {
        self.take(service)?.stop().await.with_context(|| format!("stop {service}"))
    }

    /// Ends a service where it stands, as a crash would.
    ///
    /// # Errors
    /// When it is down, or had failed before.
    pub async fn kill(&mut self, service: &str) -> anyhow::Result<()> {
        self.take(service)?.kill().await.with_context(|| format!("kill {service}"))
    }

    /// Stops everything, the aggregator first because it follows the others.
    ///
    /// # Errors
    /// The first service that ended with a failure.
    pub async fn end(mut self) -> anyhow::Result<()> {
        let mut running: Vec<String> = self.running().map(str::to_owned).collect();
        running.sort_by_key(|service| service != AGGREGATOR);
        for service in running {
            self.stop(&service).await?;
        }
        Ok(())
    }

    /// Who is certified.
    #[must_use]
    pub fn identities(&self) -> Arc<Identities> {
        Arc::clone(&self.identities)
    }

    /// The clock of all services.
    #[must_use]
    pub fn clock(&self) -> &FixedClock {
        &self.clock
    }

    /// The network between the aggregator and a node.
    ///
    /// # Errors
    /// When there is no such node.
    pub fn link(&self, department: &str) -> anyhow::Result<&Link> {
        let link = self.services.get(department).and_then(|place| place.link.as_ref());
        link.with_context(|| format!("no link to {department}"))
    }

    /// The folder of a service: its database file, and its log's key.
    #[must_use]
    pub fn folder(&self, service: &str) -> PathBuf {
        self.folder.path().join(service)
    }

    /// Puts a file in the place of a service's grants, whatever it holds. The service takes it by itself.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn grant(&self, service: &str, grants: &str) -> anyhow::Result<()> {
        let path = self.folder(service).join(GRANTS);
        // Put in place at once, so that the service never reads half of it.
        let fresh = path.with_extension("fresh");
        fs::write(&fresh, grants)?;
        Ok(fs::rename(&fresh, &path)?)
    }

    /// The database of a service, beside the service itself: for looking at what no method tells.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn store(&self, service: &str) -> anyhow::Result<Store> {
        let place = self.services.get(service).with_context(|| format!("no service {service}"))?;
        Ok(Store::open(place.database.url()).await?)
    }

    /// The audit log's database of a service, beside the service itself.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn audit_store(&self, service: &str) -> anyhow::Result<Store> {
        let place = self.services.get(service).with_context(|| format!("no service {service}"))?;
        Ok(Store::open_audit(place.database.url()).await?)
    }

    /// A department's writer, connected to its node.
    ///
    /// # Errors
    /// When the node is down.
    pub fn writer(&self, department: &str) -> anyhow::Result<Connection> {
        self.caller(department, &writer_id(department))
    }

    /// The evaluator, connected to the aggregator.
    ///
    /// # Errors
    /// When the aggregator is down.
    pub fn evaluator(&self) -> anyhow::Result<Connection> {
        self.caller(AGGREGATOR, &evaluator_id())
    }

    /// The auditor, connected to a service.
    ///
    /// # Errors
    /// When the service is down.
    pub fn auditor(&self, service: &str) -> anyhow::Result<Connection> {
        self.caller(service, &auditor_id())
    }

    /// Somebody, connected to a service, who signs its writes when the directory lists a key for it.
    ///
    /// # Errors
    /// When the service is down.
    pub fn caller(&self, service: &str, principal: &str) -> anyhow::Result<Connection> {
        let options = Options { signer: self.identities.signer(principal), ..Options::default() };
        self.caller_with(service, principal, &options)
    }

    /// Somebody, connected to a service with options of its own; without a signer its writes are not signed.
    ///
    /// # Errors
    /// When the service is down.
    pub fn caller_with(&self, service: &str, principal: &str, options: &Options) -> anyhow::Result<Connection> {
        self.with_identity(service, &self.identities.caller(principal)?, options)
    }

    /// Whoever shows this identity, connected to a service.
    ///
    /// # Errors
    /// When the service is down.
    pub fn with_identity(&self, service: &str, identity: &Identity, options: &Options) -> anyhow::Result<Connection> {
        Ok(Connection::connect(self.endpoint(service)?, identity, options)?)
    }

    /// Where a service is.
    ///
    /// # Errors
    /// When it is down.
    pub fn endpoint(&self, service: &str) -> anyhow::Result<Endpoint> {
        let address = self.address(service)?;
        Ok(Endpoint { address: format!("https://{address}"), server_name: client::server_name(service) })
    }

    /// Makes calls in their order.
    ///
    /// # Errors
    /// The first refusal, with its method.
    pub async fn submit(&self, caller: &Connection, calls: &[Call]) -> anyhow::Result<Vec<Value>> {
        let mut answers = Vec::with_capacity(calls.len());
        for call in calls {
            let answer = caller.call_json(&call.method, call.request.clone()).await;
            answers.push(answer.with_context(|| format!("{} {}", call.method, call.request))?);
        }
        Ok(answers)
    }

    /// Submits the letter: every running department its own part, the lead department the follow-up.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn submit_letter(&self) -> anyhow::Result<()> {
        for service in DEPARTMENTS.into_iter().chain([AGGREGATOR]).filter(|service| self.address(service).is_ok()) {
            let writer = if service == AGGREGATOR { "ecology" } else { service };
            self.submit(&self.caller(service, &writer_id(writer))?, &letter(service)?).await?;
        }
        Ok(())
    }

    /// The newest checkpoint of a service's own log, as the service tells it.
    ///
    /// # Errors
    /// When it is down.
    pub async fn head(&self, service: &str) -> anyhow::Result<Head> {
        let caller = if service == AGGREGATOR { self.evaluator()? } else { self.writer(service)? };
        let found = caller.call_json("wufei.log.v1.LogService/GetCheckpoint", json!({})).await?;
        let root = found["rootHash"].as_str().context("a checkpoint without a root")?.to_owned();
        Ok(Head { size: number(&found["size"])?, root })
    }

    /// Waits until the aggregator holds everything that a node has logged.
    ///
    /// # Errors
    /// When one of the two is down, or it takes too long.
    pub async fn followed(&self, department: &str) -> anyhow::Result<()> {
        let size = self.head(department).await?.size;
        let watch = json!({ "parent": format!("departments/{department}") });
        let evaluator = self.evaluator()?;
        let method = "wufei.exchange.v1.ObservationQueryService/WatchObservations";
        let mut changes = evaluator.stream_json(method, watch).await?;
        let all = async {
            while let Some(change) = changes.next().await {
                if number(&change?["cursor"])? >= size {
                    return Ok(());
                }
            }
            anyhow::bail!("the aggregator ended the watch")
        };
        let waited = tokio::time::timeout(PATIENCE, all).await;
        waited.with_context(|| format!("{department} was not followed to {size} entries within {PATIENCE:?}"))?
    }

    /// Waits until every running node is followed, evaluates what the aggregator holds by its first scheme, and answers
    /// with the run.
    ///
    /// # Errors
    /// A refusal; a node that is not followed in time.
    pub async fn evaluate(&self) -> anyhow::Result<Value> {
        for department in self.running().filter(|service| *service != AGGREGATOR) {
            self.followed(department).await?;
        }
        let evaluator = self.evaluator()?;
        let mut schemes = evaluator.call_json("wufei.evaluation.v1.SchemeService/ListSchemes", json!({})).await?;
        self.run(json!({ "scheme": schemes["schemes"][0]["name"].take(), "period": "2025" })).await
    }

    /// Starts a run, waits until it has ended, and answers with it. `request` needs no request id.
    ///
    /// # Errors
    /// A refusal.
    pub async fn run(&self, mut request: Value) -> anyhow::Result<Value> {
        const SERVICE: &str = "wufei.evaluation.v1.EvaluationService";
        let evaluator = self.evaluator()?;
        request["requestId"] = self.id().into();
        let mut begun = evaluator.call_json(&format!("{SERVICE}/CreateEvaluationRun"), request).await?;
        let name = json!({ "name": begun["evaluationRun"]["name"].take() });
        let mut states = evaluator.stream_json(&format!("{SERVICE}/WatchEvaluationRun"), name.clone()).await?;
        let ended = async {
            while let Some(state) = states.next().await {
                state?;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(PATIENCE, ended).await.context("the run did not end in time")??;
        let mut answer = evaluator.call_json(&format!("{SERVICE}/GetEvaluationRun"), name).await?;
        Ok(answer["evaluationRun"].take())
    }

    /// A new report about a run.
    ///
    /// # Errors
    /// A refusal.
    pub async fn report(&self, run: &Value) -> anyhow::Result<Value> {
        let request = json!({ "evaluationRun": run["name"], "requestId": self.id() });
        let method = "wufei.evaluation.v1.ReportService/CreateReport";
        let mut answer = self.evaluator()?.call_json(method, request).await?;
        Ok(answer["report"].take())
    }

    /// A request id that was not used before in this world.
    #[must_use]
    pub fn id(&self) -> String {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        client::request_id("test", "", &number.into()).to_string()
    }

    fn running(&self) -> impl Iterator<Item = &str> {
        self.services.iter().filter(|(_, place)| place.running.is_some()).map(|(name, _)| name.as_str())
    }

    /// Where a service listens.
    ///
    /// # Errors
    /// When it is down.
    pub fn address(&self, service: &str) -> anyhow::Result<SocketAddr> {
        let running = self.services.get(service).and_then(|place| place.running.as_ref());
        running.map(Service::grpc).with_context(|| format!("{service} is down"))
    }

    /// Where the pages of the aggregator are.
    ///
    /// # Errors
    /// When it is down, or has no pages.
    pub fn pages(&self) -> anyhow::Result<SocketAddr> {
        self.pages_of(AGGREGATOR)
    }

    /// Where the pages of a service are.
    ///
    /// # Errors
    /// When it is down, or has no pages.
    pub fn pages_of(&self, service: &str) -> anyhow::Result<SocketAddr> {
        let running = self.services.get(service).and_then(|place| place.running.as_ref());
        running.and_then(Service::pages).with_context(|| format!("{service} has no pages"))
    }

    fn known(&mut self, service: &str) -> anyhow::Result<&mut Place> {
        self.services.get_mut(service).with_context(|| format!("no service {service}"))
    }

    fn take(&mut self, service: &str) -> anyhow::Result<Service> {
        self.known(service)?.running.take().with_context(|| format!("{service} is down"))
    }

    async fn place(&self, service: &str) -> anyhow::Result<(PathBuf, TestDatabase)> {
        anyhow::ensure!(!self.services.contains_key(service), "{service} was added before");
        let data = self.folder(service);
        fs::create_dir(&data)?;
        let database = TestDatabase::create(self.engine, &data).await?;
        Ok((data, database))
    }
}

async fn start(service: &str, config: Configured, clock: SharedClock) -> anyhow::Result<Service> {
    match config {
        Configured::Aggregator(config) => {
            Service::start(service, clock, move |ctx| aggregator::wiring::build(*config, ctx)).await
        }
        Configured::Department(config) => match service {
            "ecology" => {
                Service::start(service, clock, move |ctx| ecology::wiring::build(ecology::config::Config(*config), ctx))
                    .await
            }
            "commerce" => {
                Service::start(service, clock, move |ctx| {
                    commerce::wiring::build(commerce::config::Config(*config), ctx)
                })
                .await
            }
            "scitech" => {
                Service::start(service, clock, move |ctx| scitech::wiring::build(scitech::config::Config(*config), ctx))
                    .await
            }
            _ => {
                Service::start(service, clock, move |ctx| city::wiring::build(city::config::Config(*config), ctx)).await
            }
        },
    }
}

/// Proto JSON writes 64-bit numbers as texts, and leaves zeros out.
fn number(value: &Value) -> anyhow::Result<u64> {
    match value {
        Value::Null => Ok(0),
        Value::String(text) => text.parse().with_context(|| format!("{text:?} is no number")),
        Value::Number(number) => number.as_u64().with_context(|| format!("{number} is no count")),
        other @ (Value::Bool(_) | Value::Array(_) | Value::Object(_)) => anyhow::bail!("{other} is no number"),
    }
}
