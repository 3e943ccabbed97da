//! The aggregator's configuration: a node of its own, and the nodes that it follows.

use std::collections::BTreeSet;

use domain::DepartmentId;
use ledger::NoteVerifier;
use node::department::DepartmentConfig;
use runtime::{
    config::{Checked, Faults, FilePath, Telemetry, Text},
    process::ServiceConfig,
};
use serde::{Deserialize, Serialize};

pub use crate::web::{OpenId, Web};

/// The configuration of the aggregator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// The pages for people; left out, there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web: Option<Web>,
    /// Folder with evaluation schemes (`*.yaml`); left out, those of the release are used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schemes: Option<FilePath>,
    /// True when the data are synthetic: every page then says so.
    #[serde(default)]
    pub synthetic: bool,
    /// Its own node: listener, certificate, database, whom it trusts.
    pub server: DepartmentConfig,
    /// The nodes that it follows.
    pub nodes: Vec<FollowedNode>,
}

/// A node that is followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowedNode {
    /// The department, for example `ecology` or `city-140100`.
    pub department: String,
    /// Where it listens, for example `https://10.0.0.5:7443`.
    pub address: String,
    /// The name in its certificate; left out, `{department}.wufei.internal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// File with the key of its log (`log.vkey`), handed over by its operator.
    pub log_key: FilePath,
}

impl FollowedNode {
    /// The department.
    ///
    /// # Errors
    /// When the id is none; the configuration's check has reported it.
    pub fn id(&self) -> Result<DepartmentId, domain::NameError> {
        DepartmentId::parse(&self.department)
    }
}

impl Checked for Config {
    fn check(&self, faults: &mut Faults) {
        faults.within("server", |faults| node::department::check_department(&self.server, faults));
        if self.server.web.is_some() {
            faults.within("server", |faults| {
                faults.report(
                    "web",
                    "[server.web]",
                    Text::new("填报页面只在部门节点上", "the clerks' pages are at the nodes of departments"),
                    Text::new(
                        "请删去；汇总节点的页面写在 [web]",
                        "remove it; the pages of the aggregator are in [web]",
                    ),
                );
            });
        }
        if let Some(web) = &self.web {
            faults.within("web", |faults| web.check(faults));
        }
        if self.nodes.is_empty() {
            faults.missing(
                "nodes",
                Text::new("至少汇聚一个节点", "at least one node is followed"),
                Text::new("请添加 [[nodes]]", "add [[nodes]]"),
            );
        }
        let mut seen = BTreeSet::new();
        for (number, node) in self.nodes.iter().enumerate() {
            faults.within(format!("nodes[{number}]"), |faults| node.check(faults, &mut seen));
        }
    }
}

impl FollowedNode {
    fn check(&self, faults: &mut Faults, seen: &mut BTreeSet<String>) {
        let department = self.id().ok().filter(|id| *id != DepartmentId::aggregator());
        if department.is_none() || !seen.insert(self.department.clone()) {
            faults.report(
                "department",
                &self.department,
                Text::new(
                    "应为 ecology、commerce、scitech 或 city-六位代码，且不重复",
                    "is ecology, commerce, scitech or city-NNNNNN, once each",
                ),
                Text::new("请改正", "correct it"),
            );
        }
        if !self.address.starts_with("https://") {
            faults.report(
                "address",
                &self.address,
                Text::new("应以 https:// 开头", "begins with https://"),
                Text::new("请填 https://主机:端口", "give https://host:port"),
            );
        }
        if let Err(error) = read_key(&self.log_key) {
            faults.report(
                "log_key",
                self.log_key.display(),
                Text::new(format!("读不到日志公钥：{error}"), format!("the log's key cannot be read: {error}")),
                Text::new("请放入该节点的 log.vkey 文件", "put the node's log.vkey there"),
            );
        }
    }
}

/// Reads a log's public key.
///
/// # Errors
/// When the file cannot be read or is not a key.
pub fn read_key(path: &std::path::Path) -> anyhow::Result<NoteVerifier> {
    Ok(std::fs::read_to_string(path)?.trim().parse()?)
}

impl ServiceConfig for Config {
    fn telemetry(&self) -> &Telemetry {
        &self.server.telemetry
    }
}
