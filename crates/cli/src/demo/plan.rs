//! Folders, ports and configurations of the demo. Everything is below one data folder:
//!
//! | place | what |
//! |---|---|
//! | `pki/` | root, authority, certificates, keys, the signed directory |
//! | `config/` | the configuration of each service, for `wufei serve` |
//! | `<department>/` | database and log key of one service |
//! | `client.toml` | the connection profile for the other commands |
//! | `dataset.toml` | which data set the folder holds |
//! | `report/` | the newest report |

use std::{
    collections::BTreeMap,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use aggregator::config::{FollowedNode, Web};
use chrono::Datelike as _;
use domain::{DepartmentId, Period, RegionCode};
use node::{
    audit::AuditConfig,
    department::DepartmentConfig,
    trust::{TrustConfig, UnsignedWrites},
    web::{ClerkPages, DraftBounds, OpenRound},
    witness::WitnessConfig,
};
use runtime::{
    clock::{Clock as _, SystemClock},
    config::{Database, Limits, Listen, Telemetry, Tls},
};
use serde::{Deserialize, Serialize};

use super::{
    dataset::Dataset,
    identities::{self, INSTANCE, Identity},
    membership,
};
use crate::{
    failure::{Failure, Outcome},
    profile::{self, AGGREGATOR, Profile},
};

/// The places below the data folder.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// The data folder, absolute.
    pub(crate) data: PathBuf,
}

/// `dataset.toml` of a data folder.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    name: String,
    digest: String,
}

impl Layout {
    /// Makes the data folder.
    pub(crate) fn make(dir: &Path) -> Outcome<Self> {
        let data = std::path::absolute(dir).map_err(|error| Failure::unwritable(dir, &error))?;
        for folder in [data.clone(), data.join("config")] {
            fs::create_dir_all(&folder).map_err(|error| Failure::unwritable(&folder, &error))?;
        }
        Ok(Self { data })
    }

    /// Takes the folder for this data set; one that holds another data set is refused.
    pub(crate) fn claim(&self, dataset: &Dataset) -> Outcome<()> {
        let path = self.data.join("dataset.toml");
        let wanted = Held { name: dataset.name.clone(), digest: dataset.digest() };
        if path.exists() {
            let text = fs::read_to_string(&path).map_err(|error| Failure::unreadable(&path, &error))?;
            let held: Held = toml::from_str(&text).map_err(|error| Failure::unexpected("dataset.toml", error))?;
            if held == wanted {
                return Ok(());
            }
            let (folder, name, new) = (self.data.display(), held.name, &wanted.name);
            return Err(Failure::failed(
                format!(
                    "数据目录 {folder} 已装有数据集 {name}（或其另一版本），不能再装 {new}。请用 --data-dir 另选目录，或删除该目录"
                ),
                format!(
                    "the data folder {folder} holds the data set {name} (or another version of it), not {new}; \
                     choose another one with --data-dir, or delete it"
                ),
            ));
        }
        save(&path, "# Which data set this folder holds.", &wanted)
    }

    /// The folder of a service.
    pub(crate) fn service(&self, department: &str) -> PathBuf {
        self.data.join(department)
    }

    /// The configuration of a service.
    pub(crate) fn config(&self, department: &str) -> PathBuf {
        self.data.join("config").join(format!("{department}.toml"))
    }

    /// The certificates.
    pub(crate) fn pki(&self) -> PathBuf {
        self.data.join("pki")
    }

    /// The connection profile.
    pub(crate) fn profile(&self) -> PathBuf {
        self.data.join("client.toml")
    }

    /// The key that a caller signs its writes with.
    fn signing_key(&self, name: &str) -> PathBuf {
        self.pki().join(format!("{name}.sign.key"))
    }

    /// What every node of the demo trusts.
    fn trust(&self) -> TrustConfig {
        TrustConfig {
            directory: self.pki().join(membership::NOTE).into(),
            directory_key: self.pki().join("directory.vkey").into(),
            unsigned_writes: UnsignedWrites::Refuse,
            policy: None,
            grants: None,
        }
    }

    /// The public key of a service's log.
    pub(crate) fn log_key(&self, department: &str) -> PathBuf {
        self.service(department).join("log.vkey")
    }
}

/// How far above the first port those of clerks' pages begin.
const PAGES: u16 = 100;

/// Hands out loopback addresses: consecutive ports, or ports that the system chooses.
#[derive(Debug)]
pub(crate) struct Ports {
    /// The first one; none when the system chooses.
    first: Option<u16>,
    /// How many were handed out to services, and to pages of clerks.
    given: u16,
    pages: u16,
}

impl Ports {
    /// From this port on; 0 lets the system choose.
    pub(crate) fn from(base: u16) -> Self {
        Self { first: Some(base).filter(|base| *base != 0), given: 0, pages: 0 }
    }

    fn next(&mut self) -> Outcome<SocketAddr> {
        let port = match self.first {
            None => 0,
            Some(first) => first.checked_add(self.given).ok_or_else(too_high)?,
        };
        self.given = self.given.saturating_add(1);
        Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }

    /// An address for pages of clerks: a hundred above the first port, so that the services keep theirs whether there are such pages
    /// or not.
    fn pages(&mut self) -> Outcome<SocketAddr> {
        let Some(first) = self.first else { return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))) };
        let number = self.pages;
        self.pages = number.saturating_add(1);
        let port = first.checked_add(PAGES).and_then(|port| port.checked_add(number)).ok_or_else(too_high)?;
        Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }

    fn listen(&mut self) -> Outcome<Listen> {
        Ok(Listen { grpc: self.next()?, ops: Some(self.next()?) })
    }
}

fn too_high() -> Failure {
    Failure::bad_config("--port-base 太大，端口不够", "--port-base is too high: there are not enough ports")
}

/// The configuration of one department's node.
pub(crate) fn department(
    layout: &Layout,
    department: &str,
    (ca, own): (&Path, &Identity),
    telemetry: &Telemetry,
    ports: &mut Ports,
    synthetic: bool,
) -> Outcome<DepartmentConfig> {
    let mut config = server(layout, department, (ca, own), telemetry, ports.listen()?)?;
    config.web = clerk_pages(layout, department, ports, synthetic)?;
    Ok(config)
}

/// The pages of a department's clerks. Who runs the demo on this machine is the department's writer there; to submit, they choose the
/// writer's signing key in the browser.
fn clerk_pages(layout: &Layout, department: &str, ports: &mut Ports, synthetic: bool) -> Outcome<Option<ClerkPages>> {
    if !cfg!(feature = "workbook") {
        return Ok(None);
    }
    let writer = layout.pki().join(format!("{}.pem", identities::writer_name(department)));
    let this_year = Period::year(SystemClock.now().year());
    let period = this_year.map_err(|error| Failure::unexpected("year", error))?;
    Ok(Some(ClerkPages {
        listen: ports.pages()?,
        everybody_is: Some(writer.into()),
        synthetic,
        tls: None,
        drafts: DraftBounds::default(),
        rounds: vec![OpenRound { period, due: None }],
    }))
}

/// The configuration of the aggregator, which follows these nodes at their addresses.
pub(crate) fn aggregator(
    layout: &Layout,
    (ca, own): (&Path, &Identity),
    telemetry: &Telemetry,
    ports: &mut Ports,
    nodes: &[(String, SocketAddr)],
    synthetic: bool,
) -> Outcome<aggregator::config::Config> {
    let listen = ports.listen()?;
    // Who runs the demo on this machine looks at it as the evaluator, and can only look.
    let everybody_is = Some(layout.pki().join(format!("{}.pem", identities::EVALUATOR)).into());
    let web = Some(Web {
        listen: ports.next()?,
        everybody_is,
        tls: None,
        openid: None,
        public: Some(identities::public_id()),
    });
    let nodes = nodes.iter().map(|(department, address)| FollowedNode {
        department: department.clone(),
        address: format!("https://{address}"),
        server_name: Some(client::server_name(department)),
        log_key: layout.log_key(department).into(),
    });
    let nodes = nodes.collect();
    let server = server(layout, AGGREGATOR, (ca, own), telemetry, listen)?;
    Ok(aggregator::config::Config { web, schemes: None, synthetic, server, nodes })
}

fn server(
    layout: &Layout,
    department: &str,
    (ca, own): (&Path, &Identity),
    telemetry: &Telemetry,
    listen: Listen,
) -> Outcome<DepartmentConfig> {
    let folder = layout.service(department);
    fs::create_dir_all(&folder).map_err(|error| Failure::unwritable(&folder, &error))?;
    Ok(DepartmentConfig {
        instance: INSTANCE.to_owned(),
        city: city(department),
        data: folder.clone().into(),
        listen,
        tls: Tls { ca: ca.into(), cert: own.cert.clone().into(), key: own.key.clone().into() },
        trust: layout.trust(),
        witness: Some(WitnessConfig { signing_key: layout.signing_key(department).into() }),
        database: Database { url: format!("sqlite://{}?mode=rwc", folder.join("wufei.db").display()) },
        audit: AuditConfig::default(),
        telemetry: telemetry.clone(),
        limits: Limits::default(),
        catalogue: None,
        web: None,
        contact: "演示操作员 / the operator of the demo".to_owned(),
    })
}

/// The city of a city's node.
fn city(department: &str) -> Option<RegionCode> {
    DepartmentId::parse(department).ok().and_then(|id| id.city_region())
}

/// The connection profile: each node as its department's writer, the aggregator as the evaluator.
pub(crate) fn profile(
    layout: &Layout,
    ca: &Path,
    addresses: &[(String, SocketAddr)],
    callers: &BTreeMap<String, Identity>,
) -> Profile {
    let nodes = addresses.iter().map(|(department, address)| {
        let caller = if department == AGGREGATOR {
            identities::EVALUATOR.to_owned()
        } else {
            identities::writer_name(department)
        };
        let node = profile::Node {
            address: format!("https://{address}"),
            server_name: client::server_name(department),
            identity: caller,
            vkey: Some(layout.log_key(department)),
            purpose: None,
        };
        (department.clone(), node)
    });
    let nodes = nodes.collect();
    let files = |own: &Identity| profile::IdentityFiles {
        cert: own.cert.clone(),
        key: own.key.clone(),
        // Who only reads has none.
        signing_key: Some(layout.signing_key(&own.name)).filter(|path| path.exists()),
    };
    let identities = callers.values().map(|own| (own.name.clone(), files(own))).collect();
    Profile { ca: ca.to_owned(), nodes, identities }
}

/// Writes a TOML file with a comment on top.
pub(crate) fn save(path: &Path, comment: &str, content: &impl Serialize) -> Outcome<()> {
    let text = toml::to_string(content).map_err(|error| Failure::unexpected("toml", error))?;
    fs::write(path, format!("{comment}\n{text}")).map_err(|error| Failure::unwritable(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_by_one_data_set_for_good() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::make(dir.path()).unwrap();
        let letter = Dataset::letter().unwrap();
        layout.claim(&letter).unwrap();
        layout.claim(&letter).unwrap();
        let other = Dataset { name: "synthetic-1".into(), ..letter };
        let failure = layout.claim(&other).unwrap_err();
        assert!(failure.text.zh.contains("letter") && failure.text.zh.contains("synthetic-1"), "{failure:?}");
    }

    #[test]
    fn ports_follow_each_other_or_are_left_to_the_system() {
        let (mut fixed, mut free) = (Ports::from(7000), Ports::from(0));
        let listen = fixed.listen().unwrap();
        assert_eq!((listen.grpc.port(), listen.ops.unwrap().port()), (7000, 7001));
        assert_eq!(free.listen().unwrap().grpc.port(), 0);
        assert_eq!((fixed.pages().unwrap().port(), fixed.pages().unwrap().port()), (7100, 7101));
        assert_eq!(fixed.listen().unwrap().grpc.port(), 7002);
        assert_eq!(free.pages().unwrap().port(), 0);
    }
}
