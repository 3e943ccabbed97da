//! The texts that a policy is made of.

/// The schema and the policies, as text. Reading a folder is for the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyTexts {
    /// The Cedar schema.
    pub schema: String,
    /// Name and content of each policy file.
    pub policies: Vec<(String, String)>,
}

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../../deploy/policy/", $name)))),+]
    };
}

impl PolicyTexts {
    /// The texts of this release, `deploy/policy`.
    pub fn embedded() -> Self {
        let policies = embedded![
            "administrator.cedar",
            "aggregator.cedar",
            "auditor.cedar",
            "department-approver.cedar",
            "department-writer.cedar",
            "evaluator.cedar",
            "every-member.cedar",
            "lead-department.cedar",
            "node.cedar",
            "operator.cedar",
            "public.cedar",
            "sharing.cedar",
        ];
        Self {
            schema: include_str!("../../../deploy/policy/wufei.cedarschema").to_owned(),
            policies: policies.map(|(name, text)| (name.to_owned(), text.to_owned())).into(),
        }
    }
}
