//! What the directory says of a principal.

use std::collections::BTreeSet;

use domain::{DepartmentId, RegionCode};

use crate::{principal::Principal, role::Roles};

/// A member of the instance, as the signed directory in force has it. Who is suspended or not listed is no member.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Member {
    /// The identity in its certificate.
    pub principal: Principal,
    /// What it may be.
    pub roles: Roles,
    /// Whose it is; none for evaluators, auditors, operators and administrators.
    pub department: Option<DepartmentId>,
    /// The regions that it answers for.
    pub regions: BTreeSet<RegionCode>,
}
