//! Grants as configured, checked against what is served.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    method::{Access, Method},
    principal::{InvalidPrincipal, Principal, is_trust_domain},
};

/// Services that any authenticated principal of the trust domain may call. They say that a server lives and what it
/// serves; they hold no data of a department. This list is the only grant that names nobody.
pub const OPEN_TO_TRUST_DOMAIN: [&str; 3] =
    ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];

/// Who may call what. Deny by default: what is not in here is refused.
#[derive(Debug, Clone)]
pub struct Grants {
    trust_domain: String,
    methods: BTreeMap<String, Granted>,
}

#[derive(Debug, Clone)]
pub(crate) struct Granted {
    pub(crate) access: Access,
    pub(crate) to: BTreeSet<Principal>,
}

impl Grants {
    /// Checks the configuration.
    ///
    /// A key of `config` is the full name of a service (`wufei.exchange.v1.ObservationIngestService`) or one of its
    /// methods (`wufei.exchange.v1.ObservationIngestService/CreateObservation`); its value lists SPIFFE identities.
    /// `served` lists every method of the server. There is no wildcard, for a grant to everybody would hide who reads.
    /// Identities of another trust domain are refused: nothing in v1 federates, so such a line is a copied one.
    ///
    /// # Errors
    /// Every fault of the configuration at once.
    pub fn new(
        trust_domain: &str,
        served: &[Method],
        config: &BTreeMap<String, Vec<String>>,
    ) -> Result<Self, GrantFaults> {
        let mut faults = Vec::new();
        if !is_trust_domain(trust_domain) {
            faults.push(GrantFault::TrustDomain { trust_domain: trust_domain.to_owned() });
        }
        let mut methods = BTreeMap::new();
        for method in served {
            if method.service().is_none() {
                faults.push(GrantFault::MethodPath { path: method.path().to_owned() });
            }
            let granted = Granted { access: method.access(), to: BTreeSet::new() };
            if methods.insert(method.path().to_owned(), granted).is_some() {
                faults.push(GrantFault::MethodTwice { path: method.path().to_owned() });
            }
        }
        for (key, names) in config {
            let principals = parse_all(trust_domain, key, names, &mut faults);
            let mut served_here = false;
            for method in served.iter().filter(|method| covers(key, method)) {
                served_here = true;
                if let Some(granted) = methods.get_mut(method.path()) {
                    granted.to.extend(principals.iter().cloned());
                }
            }
            if !served_here {
                faults.push(GrantFault::NotServed { key: key.clone() });
            }
        }
        if faults.is_empty() {
            Ok(Self { trust_domain: trust_domain.to_owned(), methods })
        } else {
            Err(GrantFaults(faults))
        }
    }

    /// The trust domain of the server.
    pub fn trust_domain(&self) -> &str {
        &self.trust_domain
    }

    /// Every served method with those who may call it, in the order of the paths; for `--dump-config` and for audits.
    pub fn table(&self) -> impl Iterator<Item = (&str, &BTreeSet<Principal>)> {
        self.methods.iter().map(|(path, granted)| (path.as_str(), &granted.to))
    }

    pub(crate) fn get(&self, path: &str) -> Option<&Granted> {
        self.methods.get(path)
    }
}

fn covers(key: &str, method: &Method) -> bool {
    let key = key.strip_prefix('/').unwrap_or(key);
    method.service() == Some(key) || method.path().strip_prefix('/') == Some(key)
}

fn parse_all(trust_domain: &str, key: &str, names: &[String], faults: &mut Vec<GrantFault>) -> Vec<Principal> {
    let mut good = Vec::new();
    for name in names {
        let key = key.to_owned();
        if name.contains('*') {
            faults.push(GrantFault::Wildcard { key, name: name.clone() });
            continue;
        }
        match Principal::parse(name) {
            Ok(principal) if principal.trust_domain() == trust_domain => good.push(principal),
            Ok(principal) => {
                faults.push(GrantFault::Foreign { key, principal, trust_domain: trust_domain.to_owned() });
            }
            Err(reason) => faults.push(GrantFault::Principal { key, name: name.clone(), reason }),
        }
    }
    good
}

/// One fault of the grants. `Display` is English; [`GrantFault::zh`] is Chinese.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantFault {
    /// The server's own trust domain is not one.
    #[error("trust domain {trust_domain:?} must be made of a-z, 0-9, '.', '-' and '_'")]
    TrustDomain {
        /// The trust domain as given.
        trust_domain: String,
    },
    /// A served method has no `/service/method` path. A fault of the program, not of the configuration.
    #[error("served method {path:?} is not of the shape /service/method")]
    MethodPath {
        /// The path as given.
        path: String,
    },
    /// A method is in the served list twice. A fault of the program, not of the configuration.
    #[error("served method {path:?} is listed twice, so its access is not certain")]
    MethodTwice {
        /// The path as given.
        path: String,
    },
    /// A grant for what is not served.
    #[error("grant {key:?}: this server serves no such service or method; correct the name or remove the grant")]
    NotServed {
        /// The key of the grant.
        key: String,
    },
    /// A wildcard.
    #[error("grant {key:?}: {name:?} is a wildcard, which is never allowed; list every principal")]
    Wildcard {
        /// The key of the grant.
        key: String,
        /// The name as configured.
        name: String,
    },
    /// A principal that cannot be parsed.
    #[error("grant {key:?}: {name:?} is not a principal: {reason}")]
    Principal {
        /// The key of the grant.
        key: String,
        /// The name as configured.
        name: String,
        /// The rule it breaks.
        reason: InvalidPrincipal,
    },
    /// A principal of another trust domain.
    #[error("grant {key:?}: {principal} is not of the trust domain {trust_domain:?}; correct it or remove it")]
    Foreign {
        /// The key of the grant.
        key: String,
        /// The principal as configured.
        principal: Principal,
        /// The trust domain of the server.
        trust_domain: String,
    },
}

impl GrantFault {
    /// The key of the grant at fault, where there is one.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::NotServed { key }
            | Self::Wildcard { key, .. }
            | Self::Principal { key, .. }
            | Self::Foreign { key, .. } => Some(key),
            Self::TrustDomain { .. } | Self::MethodPath { .. } | Self::MethodTwice { .. } => None,
        }
    }

    /// The fault in Chinese, for the operator.
    pub fn zh(&self) -> String {
        match self {
            Self::TrustDomain { trust_domain } => {
                format!("信任域 {trust_domain:?} 只能由小写字母、数字和 . - _ 组成")
            }
            Self::MethodPath { path } => format!("程序错误：服务的方法 {path:?} 不是 /服务/方法 的形式"),
            Self::MethodTwice { path } => format!("程序错误：方法 {path:?} 登记了两次，无法确定它是否写入"),
            Self::NotServed { key } => format!("授权 {key:?}：本服务没有这个服务或方法。请改正名称，或删去这条授权"),
            Self::Wildcard { key, name } => format!("授权 {key:?}：不允许通配符 {name:?}。请逐个列出主体"),
            Self::Principal { key, name, reason } => format!(
                "授权 {key:?}：{name:?} 不是合格的主体（{reason}）。请按 spiffe://信任域/dept/部门代码 的形式填写"
            ),
            Self::Foreign { key, principal, trust_domain } => {
                format!("授权 {key:?}：{principal} 不属于信任域 {trust_domain:?}。请改正或删去")
            }
        }
    }
}

/// Every fault of the grants.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct GrantFaults(pub Vec<GrantFault>);
