//! What is told of every decision.

use std::fmt;

use domain::{DepartmentId, DomainError};
use policy::{Denied, Permit};

use super::Asked;

/// A decision on a call, or on a row that a call asked for.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// Who called what, and for which purpose.
    pub asked: &'a Asked,
    /// The caller's department; none for evaluators, auditors, operators and administrators.
    pub department: Option<&'a DepartmentId>,
    /// The department whose server was called.
    pub node: &'a DepartmentId,
    /// What was decided.
    pub outcome: Outcome<'a>,
}

/// How a decision came out.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// The call goes on.
    Allowed(&'a Permit),
    /// It does not.
    Refused(&'a Denied),
}

impl Decision<'_> {
    /// The policy that decided.
    #[must_use]
    pub fn rule(&self) -> &str {
        match self.outcome {
            Outcome::Allowed(permit) => &permit.basis().rule,
            Outcome::Refused(denied) => &denied.rule,
        }
    }

    /// The grant that the call needs.
    #[must_use]
    pub fn grant(&self) -> Option<&str> {
        match self.outcome {
            Outcome::Allowed(permit) => permit.basis().grant.as_deref(),
            Outcome::Refused(_) => None,
        }
    }

    /// True when the caller is not of the department whose server it calls.
    #[must_use]
    pub fn across_departments(&self) -> bool {
        self.department != Some(self.node)
    }
}

/// Is told of every decision before the call goes on. A server has one.
pub trait Decisions: fmt::Debug + Send + Sync {
    /// Takes note of a decision.
    ///
    /// # Errors
    /// When it cannot be noted; the call is then refused with this error, whatever was decided.
    fn decided(&self, decision: &Decision<'_>) -> Result<(), DomainError>;
}

/// Writes refusals to the program's own log, and the rest at the level for finding faults.
#[derive(Clone, Copy, Debug)]
pub struct Traced;

impl Decisions for Traced {
    fn decided(&self, decision: &Decision<'_>) -> Result<(), DomainError> {
        let Decision { asked, department, node: _, outcome } = decision;
        let (principal, purpose) = (&asked.principal, asked.purpose.as_deref());
        let (rule, department) = (decision.rule(), department.map(DepartmentId::as_str));
        match outcome {
            Outcome::Allowed(_) => {
                let grant = decision.grant();
                tracing::debug!(%principal, department, method = asked.method, purpose, rule, grant, "call allowed");
            }
            Outcome::Refused(_) => {
                tracing::warn!(%principal, department, method = asked.method, purpose, rule, "call refused");
            }
        }
        Ok(())
    }
}
