//! The configuration of a department's node.

use domain::{DepartmentId, RegionCode};
use policy::Principal;
use runtime::{
    config::{Checked, Database, Faults, FilePath, Limits, Listen, Telemetry, Text, Tls},
    process::ServiceConfig,
};
use serde::{Deserialize, Serialize};

use super::tables::Tables;
use crate::{audit::AuditConfig, trust::TrustConfig, web::ClerkPages, witness::WitnessConfig};

/// The configuration of a department's node. Each department wraps it in a type of its own that knows which department it
/// is; [`check_department`] and [`check_city`] hold what differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentConfig {
    /// The instance: the trust domain of every identity, for example `wufei.demo`.
    pub instance: String,
    /// The city of a city's node, GB/T 2260. No other node has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<RegionCode>,
    /// Folder of the log's key: `log.key` (made on the first start, mode 0600) and `log.vkey`, which others trust.
    pub data: FilePath,
    /// Where it listens.
    pub listen: Listen,
    /// Its certificate and the authorities it trusts.
    pub tls: Tls,
    /// Who is a member of the instance, and whose signatures count.
    pub trust: TrustConfig,
    /// How it collects cosignatures for its log; left out, its log is not witnessed. It is a witness of others either way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<WitnessConfig>,
    /// Where the log and the tables are. The audit log has a database of its own beside it.
    pub database: Database,
    /// How the audit log is kept.
    #[serde(default)]
    pub audit: AuditConfig,
    /// Logs, traces, metrics.
    #[serde(default)]
    pub telemetry: Telemetry,
    /// What it takes at most.
    #[serde(default)]
    pub limits: Limits,
    /// Folder with `indicators.csv`, `supplementary.csv`, `labels.csv`, `regions.csv`, `data_resources.csv` and, where
    /// something is open to the public, `open.csv`; `working_days.csv` and `sharing_deadlines.csv` where they are others than those
    /// of the release. Left out, those of the release are used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<FilePath>,
    /// Pages for the department's clerks and approvers; left out, there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web: Option<ClerkPages>,
    /// Whom a refused caller should ask for a grant.
    #[serde(default = "default_contact")]
    pub contact: String,
}

fn default_contact() -> String {
    "本节点管理员 / the operator of this node".to_owned()
}

impl DepartmentConfig {
    /// The identity of the node. The aggregator is no department.
    #[must_use]
    pub fn principal(&self, department: &DepartmentId) -> String {
        format!("spiffe://{}", self.log_name(department))
    }

    /// Name of the node's log and of its key (the origin of its checkpoints, C2SP tlog-checkpoint).
    #[must_use]
    pub fn log_name(&self, department: &DepartmentId) -> String {
        if *department == DepartmentId::aggregator() {
            format!("{}/aggregator", self.instance)
        } else {
            format!("{}/dept/{department}", self.instance)
        }
    }

    /// The tables: those of the configured folder, or those of the release.
    ///
    /// # Errors
    /// [`super::TablesError`].
    pub fn tables(&self) -> Result<Tables, super::TablesError> {
        self.catalogue.as_deref().map_or_else(Tables::embedded, Tables::load)
    }

    /// The rules that hold for every department.
    fn check_common(&self, faults: &mut Faults) {
        if Principal::parse(&format!("spiffe://{}/dept/ecology", self.instance)).is_err() {
            faults.report(
                "instance",
                &self.instance,
                Text::new("只用小写字母、数字、点、连字符和下划线", "is made of a-z, 0-9, '.', '-' and '_'"),
                Text::new(
                    "填写证书中 spiffe:// 之后的信任域",
                    "give the trust domain of the certificates, after spiffe://",
                ),
            );
        }
        faults.within("listen", |faults| self.listen.check(faults));
        faults.within("tls", |faults| self.tls.check(faults));
        faults.within("trust", |faults| self.trust.check(faults));
        if let Some(witness) = &self.witness {
            faults.within("witness", |faults| witness.check(faults));
        }
        if let Some(web) = &self.web {
            faults.within("web", |faults| web.check(faults));
        }
        faults.within("audit", |faults| self.audit.check(faults));
        faults.within("database", |faults| self.database.check(faults));
        faults.within("telemetry", |faults| self.telemetry.check(faults));
        faults.within("limits", |faults| self.limits.check(faults));
        if let Some(folder) = &self.catalogue
            && let Err(error) = Tables::load(folder)
        {
            faults.report(
                "catalogue",
                folder.display(),
                Text::new(error.to_string(), error.to_string()),
                Text::new(
                    "请改正文件，或删去此项以用内置目录",
                    "correct the file, or remove the key to take the release's",
                ),
            );
        }
        if self.contact.trim().is_empty() {
            faults.report(
                "contact",
                "\"\"",
                Text::new("不能为空", "must not be empty"),
                Text::new("填写被拒者该联系谁，或删去此项", "say whom a refused caller should ask, or remove the key"),
            );
        }
    }
}

/// The rules of a provincial department's node.
pub fn check_department(config: &DepartmentConfig, faults: &mut Faults) {
    config.check_common(faults);
    if let Some(city) = &config.city {
        faults.report(
            "city",
            city,
            Text::new("只有城市节点才有此项", "only a city's node has this key"),
            Text::new("请删去", "remove it"),
        );
    }
}

/// The rules of a city's node: the city is a prefecture-level city in force in the tables.
pub fn check_city(config: &DepartmentConfig, faults: &mut Faults) {
    config.check_common(faults);
    let remedy =
        Text::new("填写设区市的六位区划代码，例如 140100", "give the six-digit code of the city, for example 140100");
    let Some(city) = &config.city else {
        faults.missing("city", Text::new("城市节点必填", "a city's node needs it"), remedy);
        return;
    };
    // A faulty folder is reported at its own key.
    let known = config.tables().is_ok_and(|tables| !tables.regions.cities().any(|region| &region.code == city));
    if known {
        faults.report(
            "city",
            city,
            Text::new("不是设区市代码", "is not a prefecture-level city of the tables"),
            remedy,
        );
    }
}

impl Checked for DepartmentConfig {
    fn check(&self, faults: &mut Faults) {
        self.check_common(faults);
    }
}

impl ServiceConfig for DepartmentConfig {
    fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }
}
