//! Decisions by lists of grants.

use super::grants::{Grants, OPEN_TO_TRUST_DOMAIN};
use crate::{
    method::Access,
    permit::{Basis, Permit},
    principal::Principal,
};

/// The rule that decided a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// The principal is not of the server's trust domain.
    ForeignTrustDomain,
    /// The method is not in the list of served methods.
    NotServed,
    /// Nobody granted the method to the principal.
    NoGrant,
}

impl Rule {
    /// A stable name, for metrics, audit entries and tests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ForeignTrustDomain => "foreign-trust-domain",
            Self::NotServed => "not-served",
            Self::NoGrant => "no-grant",
        }
    }
}

/// A "no". `Display` is English; [`Denied::zh`] is Chinese. It says who asked for what and never who else may.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{principal} may not call {method} ({}); ask {ask}", rule.as_str())]
pub struct Denied {
    /// Who asked.
    pub principal: Principal,
    /// The method asked for, as it came.
    pub method: String,
    /// The rule that decided.
    pub rule: Rule,
    /// Whom to ask for a grant, from the configuration of the server.
    pub ask: String,
}

impl Denied {
    /// The refusal in Chinese, for the user.
    pub fn zh(&self) -> String {
        let Self { principal, method, rule, ask } = self;
        let why = match rule {
            Rule::ForeignTrustDomain => "主体不属于本系统的信任域",
            Rule::NotServed => "本服务没有这个方法",
            Rule::NoGrant => "没有授权",
        };
        format!("{principal} 不能调用 {method}：{why}。需要时请联系{ask}")
    }
}

/// Decides. Made once at start-up from checked [`Grants`].
#[derive(Debug, Clone)]
pub struct Policy {
    grants: Grants,
    ask: String,
}

impl Policy {
    /// A policy over these grants. `ask` says whom a refused caller should ask, e.g. `省生态环境厅数据管理员`.
    pub fn new(grants: Grants, ask: impl Into<String>) -> Self {
        Self { grants, ask: ask.into() }
    }

    /// Decides whether the principal may call the method, `/service/method` as in the request.
    ///
    /// # Errors
    /// A refusal with the rule that decided. Another trust domain is refused first, so that a stranger learns nothing
    /// about what is served.
    pub fn allow(&self, principal: &Principal, method_path: &str) -> Result<Permit, Denied> {
        let denied =
            |rule| Denied { principal: principal.clone(), method: method_path.to_owned(), rule, ask: self.ask.clone() };
        if principal.trust_domain() != self.grants.trust_domain() {
            return Err(denied(Rule::ForeignTrustDomain));
        }
        if is_open(method_path) {
            return Ok(Permit::unfiltered(
                Access::Read,
                principal,
                method_path,
                Basis::by_rule("open-to-trust-domain"),
            ));
        }
        let granted = self.grants.get(method_path).ok_or_else(|| denied(Rule::NotServed))?;
        if !granted.to.contains(principal) {
            return Err(denied(Rule::NoGrant));
        }
        Ok(Permit::unfiltered(granted.access, principal, method_path, Basis::by_rule("grant-list")))
    }

    /// The grants it decides by.
    pub fn grants(&self) -> &Grants {
        &self.grants
    }
}

fn is_open(method_path: &str) -> bool {
    method_path
        .strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .is_some_and(|(service, _)| OPEN_TO_TRUST_DOMAIN.contains(&service))
}
