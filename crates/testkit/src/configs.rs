//! Configurations as an operator writes them: no grants, loopback, nothing that a deployment could not have.

use std::{fs, net::SocketAddr, path::Path};

use aggregator::config::{Config, FollowedNode};
use anyhow::Context as _;
use domain::DepartmentId;
use node::{audit::AuditConfig, department::DepartmentConfig, trust::TrustConfig};
use runtime::config::{Database, Limits, Listen, Telemetry};

use crate::identities::{INSTANCE, Trusted};

/// Name of the aggregator among the services.
pub const AGGREGATOR: &str = "aggregator";

/// File of a service's grants, in its folder.
pub(crate) const GRANTS: &str = "grants.toml";

/// The configuration of a department's node.
///
/// # Errors
/// When `department` is none.
pub fn department(department: &str, data: &Path, trusted: Trusted, url: String) -> anyhow::Result<DepartmentConfig> {
    server(department, data, trusted, url)
}

/// The configuration of an aggregator that follows these nodes: department, address, file with the key of its log.
pub(crate) fn aggregator(
    data: &Path,
    trusted: Trusted,
    url: String,
    nodes: impl Iterator<Item = (String, SocketAddr, std::path::PathBuf)>,
) -> anyhow::Result<Config> {
    let nodes = nodes.map(|(department, address, log_key)| FollowedNode {
        server_name: None,
        address: format!("https://{address}"),
        log_key: log_key.into(),
        department,
    });
    let nodes = nodes.collect();
    let server = server(AGGREGATOR, data, trusted, url)?;
    Ok(Config { web: None, schemes: None, synthetic: false, server, nodes })
}

fn server(service: &str, data: &Path, trusted: Trusted, url: String) -> anyhow::Result<DepartmentConfig> {
    let id = DepartmentId::parse(service).with_context(|| format!("the department {service}"))?;
    let grants = data.join(GRANTS);
    if !grants.exists() {
        fs::write(&grants, "")?;
    }
    let Trusted { tls, trust, witness } = trusted;
    Ok(DepartmentConfig {
        instance: INSTANCE.to_owned(),
        city: id.city_region(),
        data: data.to_owned().into(),
        listen: Listen { ops: None, ..Listen::loopback() },
        tls,
        trust: TrustConfig { grants: Some(grants.into()), ..trust },
        witness,
        database: Database { url },
        audit: AuditConfig::default(),
        telemetry: Telemetry::default(),
        limits: Limits::default(),
        catalogue: None,
        web: None,
        contact: "测试".to_owned(),
    })
}
