//! Configurations as an operator writes them: least grants, loopback, nothing that a deployment could not have.

use std::{collections::BTreeMap, net::SocketAddr, path::Path};

use aggregator::config::{Config, FollowedNode};
use anyhow::Context as _;
use domain::DepartmentId;
use node::{department::DepartmentConfig, trust::TrustConfig};
use runtime::config::{Database, Limits, Listen, Telemetry, Tls};

use crate::identities::{INSTANCE, evaluator_id, service_id, writer_id};

/// Name of the aggregator among the services.
pub const AGGREGATOR: &str = "aggregator";

/// The configuration of a department's node: its writer may call everything, the aggregator may read.
///
/// # Errors
/// When `department` is none.
pub fn department(
    department: &str,
    data: &Path,
    (tls, trust): (Tls, TrustConfig),
    url: String,
) -> anyhow::Result<DepartmentConfig> {
    let own = match department {
        "ecology" => "wufei.ecology.v1.EcologyService",
        "commerce" => "wufei.commerce.v1.CommerceService",
        "scitech" => "wufei.scitech.v1.ScitechService",
        _ => "wufei.city.v1.CityService",
    };
    let writing = [own, "wufei.exchange.v1.ObservationIngestService", "wufei.funding.v1.FundingIngestService"];
    let reading = [
        "wufei.exchange.v1.ObservationQueryService",
        "wufei.funding.v1.FundingQueryService",
        "wufei.log.v1.LogService",
        "wufei.catalog.v1.CatalogService",
        "wufei.sharing.v1.SharingService",
        "wufei.directory.v1.DirectoryService",
    ];
    let (writer, aggregator) = (writer_id(department), service_id(AGGREGATOR));
    let mut grants = grant(&writing, &[&writer]);
    grants.extend(grant(&reading, &[&writer, &aggregator]));
    server(department, data, (tls, trust), url, grants)
}

/// The configuration of an aggregator that follows these nodes: department, address, file with the key of its log. The
/// evaluator may call everything; the ecology department's writer keeps the follow-up.
pub(crate) fn aggregator(
    data: &Path,
    (tls, trust): (Tls, TrustConfig),
    url: String,
    nodes: impl Iterator<Item = (String, SocketAddr, std::path::PathBuf)>,
) -> anyhow::Result<Config> {
    let evaluation = [
        "wufei.evaluation.v1.SchemeService",
        "wufei.evaluation.v1.EvaluationService",
        "wufei.evaluation.v1.ReportService",
        "wufei.exchange.v1.ObservationQueryService",
        "wufei.funding.v1.FundingQueryService",
        "wufei.catalog.v1.CatalogService",
        "wufei.directory.v1.DirectoryService",
    ];
    let (evaluator, lead) = (evaluator_id(), writer_id("ecology"));
    let mut grants = grant(&evaluation, &[&evaluator]);
    grants.extend(grant(&["wufei.followup.v1.FollowUpService", "wufei.log.v1.LogService"], &[&lead, &evaluator]));
    let nodes = nodes.map(|(department, address, log_key)| FollowedNode {
        server_name: None,
        address: format!("https://{address}"),
        log_key: log_key.into(),
        department,
    });
    let nodes = nodes.collect();
    let server = server(AGGREGATOR, data, (tls, trust), url, grants)?;
    Ok(Config { web: None, schemes: None, synthetic: false, server, nodes })
}

fn grant(services: &[&str], principals: &[&str]) -> BTreeMap<String, Vec<String>> {
    let principals: Vec<String> = principals.iter().map(|principal| (*principal).to_owned()).collect();
    services.iter().map(|service| ((*service).to_owned(), principals.clone())).collect()
}

fn server(
    service: &str,
    data: &Path,
    (tls, trust): (Tls, TrustConfig),
    url: String,
    grants: BTreeMap<String, Vec<String>>,
) -> anyhow::Result<DepartmentConfig> {
    let id = DepartmentId::parse(service).with_context(|| format!("the department {service}"))?;
    Ok(DepartmentConfig {
        instance: INSTANCE.to_owned(),
        city: id.city_region(),
        data: data.to_owned().into(),
        listen: Listen { ops: None, ..Listen::loopback() },
        tls,
        trust,
        database: Database { url },
        telemetry: Telemetry::default(),
        limits: Limits::default(),
        catalogue: None,
        contact: "测试".to_owned(),
        grants,
    })
}
