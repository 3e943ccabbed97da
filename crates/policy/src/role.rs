//! What a member may be.

use std::{collections::BTreeSet, fmt};

/// A role of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 填报: the system of a department that submits.
    DepartmentWriter,
    /// 审核、签署: the seat of a department that endorses.
    DepartmentApprover,
    /// The server of a department, as it calls others.
    Node,
    /// The service that follows the nodes and evaluates.
    Aggregator,
    /// 评价机构: makes schemes, runs and editions.
    Evaluator,
    /// 审计: sees everything, changes nothing.
    Auditor,
    /// 运维: keeps the servers running.
    Operator,
    /// 管理: keeps the directory and the configuration.
    Administrator,
    /// 社会公众: whoever looks at the public page, without signing in. One identity, of no person.
    Public,
}

impl Role {
    /// Every role, in the order of declaration.
    pub const ALL: [Self; 9] = [
        Self::DepartmentWriter,
        Self::DepartmentApprover,
        Self::Node,
        Self::Aggregator,
        Self::Evaluator,
        Self::Auditor,
        Self::Operator,
        Self::Administrator,
        Self::Public,
    ];

    /// Its name in the directory and in the policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DepartmentWriter => "department-writer",
            Self::DepartmentApprover => "department-approver",
            Self::Node => "node",
            Self::Aggregator => "aggregator",
            Self::Evaluator => "evaluator",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
            Self::Public => "public",
        }
    }

    /// The role with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether the role is held for one department, so that a member with it must name the department.
    pub const fn needs_department(self) -> bool {
        match self {
            Self::DepartmentWriter | Self::DepartmentApprover | Self::Node => true,
            Self::Evaluator
            | Self::Auditor
            | Self::Operator
            | Self::Administrator
            | Self::Aggregator
            | Self::Public => false,
        }
    }

    /// Whether the role writes, so that a member with it signs its requests.
    pub const fn signs_requests(self) -> bool {
        match self {
            // Services ask each other for cosignatures.
            Self::DepartmentWriter | Self::DepartmentApprover | Self::Evaluator | Self::Node | Self::Aggregator => true,
            Self::Auditor | Self::Operator | Self::Administrator | Self::Public => false,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The roles of one member.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Roles(BTreeSet<Role>);

/// Names that are no roles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such role: {}; a role is one of {}", .0.join(", "), names(", "))]
pub struct UnknownRoles(pub Vec<String>);

impl UnknownRoles {
    /// The fault in Chinese.
    pub fn zh(&self) -> String {
        format!("没有这些角色：{}；可用的角色：{}", self.0.join("、"), names("、"))
    }
}

fn names(separator: &str) -> String {
    Role::ALL.map(Role::name).join(separator)
}

impl Roles {
    /// Reads the names of the directory.
    ///
    /// # Errors
    /// Every name that is no role.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, UnknownRoles> {
        let mut unknown = Vec::new();
        let mut roles = BTreeSet::new();
        for name in names {
            match Role::parse(name) {
                Some(role) => {
                    roles.insert(role);
                }
                None => unknown.push(name.to_owned()),
            }
        }
        if unknown.is_empty() { Ok(Self(roles)) } else { Err(UnknownRoles(unknown)) }
    }

    /// True when the role is among them.
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// The roles, in the order of declaration.
    pub fn iter(&self) -> impl Iterator<Item = Role> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().collect())
    }
}
