//! The ways into a province: links, folders, stores, callers, addresses.

use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use client::{Connection, Endpoint, Identity, Options};
use runtime::clock::FixedClock;
use store::Store;

use super::Province;
use crate::{
    configs::{AGGREGATOR, GRANTS},
    identities::{Identities, auditor_id, evaluator_id, writer_id},
    link::Link,
    service::Service,
};

impl Province {
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
}
