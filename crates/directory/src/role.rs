//! What a member may be.

use std::fmt;

/// A role of a member. What a role may do is for the policy to say; the directory only says who has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Submits for its department.
    DepartmentWriter,
    /// Reviews and endorses what its department submits.
    DepartmentApprover,
    /// Defines schemes, runs evaluations, writes reports.
    Evaluator,
    /// Reads everything, the audit log included; writes nothing.
    Auditor,
    /// Keeps the services running; sees no business data.
    Operator,
    /// Keeps the directory; sees no business data.
    Administrator,
    /// The server of a department.
    Node,
    /// The server that follows the nodes and evaluates.
    Aggregator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::DepartmentWriter,
        Self::DepartmentApprover,
        Self::Evaluator,
        Self::Auditor,
        Self::Operator,
        Self::Administrator,
        Self::Node,
        Self::Aggregator,
    ];

    /// The code as it stands in the directory.
    pub const fn code(self) -> &'static str {
        match self {
            Self::DepartmentWriter => "department-writer",
            Self::DepartmentApprover => "department-approver",
            Self::Evaluator => "evaluator",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
            Self::Node => "node",
            Self::Aggregator => "aggregator",
        }
    }

    /// The role with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// Whether the role is held for one department, so that a member with it must name the department.
    pub const fn needs_department(self) -> bool {
        match self {
            Self::DepartmentWriter | Self::DepartmentApprover | Self::Node => true,
            Self::Evaluator | Self::Auditor | Self::Operator | Self::Administrator | Self::Aggregator => false,
        }
    }

    /// Whether the role writes, so that a member with it signs its requests.
    pub const fn signs_requests(self) -> bool {
        match self {
            Self::DepartmentWriter | Self::DepartmentApprover | Self::Evaluator => true,
            Self::Auditor | Self::Operator | Self::Administrator | Self::Node | Self::Aggregator => false,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
