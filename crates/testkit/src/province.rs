//! The services of a province, or some of them, with everything around them.

mod doors;
mod work;

use std::{
    collections::BTreeMap,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, atomic::AtomicU32},
};

use aggregator::config::{OpenId, Web};
use anyhow::Context as _;
use chrono::{DateTime, NaiveDate};
use domain::{DepartmentId, Period};
use node::{
    department::{DepartmentConfig, directory_entry},
    web::{ClerkPages, DraftBounds, OpenRound},
};
use runtime::clock::{FixedClock, SharedClock};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    configs::{self, AGGREGATOR},
    database::{Engine, TestDatabase},
    identities::Identities,
    link::Link,
    service::Service,
    wait::until,
};

pub use work::Head;
use work::number;

/// The departments of the letter, in the order in which they submit.
pub const DEPARTMENTS: [&str; 4] = ["ecology", "commerce", "scitech", "city-140100"];

/// When the services of a test believe to be, unless it sets the clock: some weeks after the letter.
const NOW: i64 = 1_751_335_200; // 2025-07-01T02:00:00Z

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

    fn running(&self) -> impl Iterator<Item = &str> {
        self.services.iter().filter(|(_, place)| place.running.is_some()).map(|(name, _)| name.as_str())
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
