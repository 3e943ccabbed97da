//! The value that says "no", and to whom to turn.

use std::sync::Arc;

use domain::{Reason, Text};

use crate::principal::Principal;

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The method is not one that this server has.
    NotServed,
    /// No policy allows it.
    NoPolicy,
    /// A policy forbids it, whatever else allows it.
    Forbidden,
    /// The data are shared with conditions, and no grant in force has the purpose that the caller stated, or it stated none.
    PurposeRequired,
    /// The grant that would have allowed it was revoked, has ended, or has not begun.
    GrantEnded {
        /// Its id.
        grant: Arc<str>,
    },
    /// A policy could not be evaluated. A fault of the policies; refused, because a `forbid` may be among them.
    PolicyError,
}

/// A "no". `Display` is English; [`Denied::zh`] is Chinese. It says who asked for what and never who else may.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{principal} may not call {method}: {}; rule {rule}; ask {ask}", .text.en)]
pub struct Denied {
    /// Who asked.
    pub principal: Principal,
    /// The method asked for, as it came.
    pub method: String,
    /// The policy that decided, its `@id`; `no-policy` when none allowed, `not-served`, `policy-error`.
    pub rule: Arc<str>,
    /// Why.
    pub why: Refusal,
    /// Why, in words.
    pub text: Text,
    /// Whom to ask, from the configuration of the server.
    pub ask: Arc<str>,
}

impl Denied {
    /// The refusal in Chinese, for the user.
    pub fn zh(&self) -> String {
        let Self { principal, method, rule, why: _, text, ask } = self;
        format!("{principal} 不能调用 {method}：{}；依据规则 {rule}；需要时请联系{ask}", text.zh)
    }

    /// The reason for programs.
    pub fn reason(&self) -> Reason {
        match self.why {
            // Members can list what is served by reflection, so this tells them nothing new.
            Refusal::NotServed => Reason::NotImplemented,
            Refusal::NoPolicy | Refusal::Forbidden | Refusal::PolicyError => Reason::PermissionDenied,
            Refusal::PurposeRequired => Reason::PurposeRequired,
            Refusal::GrantEnded { .. } => Reason::GrantEnded,
        }
    }
}
