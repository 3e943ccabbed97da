//! What is wrong with a set of policies.

use crate::method::Access;

/// One fault. `Display` is English; [`PolicyFault::zh`] is Chinese.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// The schema cannot be read.
    #[error("the schema cannot be read: {problem}")]
    Schema {
        /// What Cedar says.
        problem: String,
    },
    /// A file cannot be read.
    #[error("{file} cannot be read: {problem}")]
    Syntax {
        /// Its name.
        file: String,
        /// What Cedar says.
        problem: String,
    },
    /// A policy lacks an annotation.
    #[error("{file}: the policy that starts {start:?} lacks @{annotation}; add it")]
    Annotation {
        /// The file.
        file: String,
        /// Its first line after the annotations.
        start: String,
        /// `id`, `zh` or `en`.
        annotation: &'static str,
    },
    /// Two policies have one id.
    #[error("{file}: the id {id:?} is there twice; rename one")]
    IdTwice {
        /// The file of the second.
        file: String,
        /// The id.
        id: String,
    },
    /// A template, of which nothing would ever be linked.
    #[error("{file}: a policy has a slot; write out whom it is for")]
    Template {
        /// The file.
        file: String,
    },
    /// A policy does not fit the schema, or can never apply.
    #[error("policy {id:?} does not fit the schema: {problem}")]
    Invalid {
        /// Its id.
        id: String,
        /// What Cedar says.
        problem: String,
    },
    /// A served method is no `/service/method`, or is listed twice. A fault of the program.
    #[error("served method {method:?} is not of the shape /service/method, or is listed twice")]
    Method {
        /// The path as given.
        method: String,
    },
    /// A served method is no action.
    #[error("{method} is served and is no action of the schema; add it to a group there")]
    NoAction {
        /// `service/method`.
        method: String,
    },
    /// A served method is in the wrong half of the groups, so that a `forbid` on writing would miss it.
    #[error("{method} is served as {access:?} and is not below the group of that name in the schema; move it")]
    AccessDisagrees {
        /// `service/method`.
        method: String,
        /// What the server says.
        access: Access,
    },
    /// No policy can ever allow a served method.
    #[error("{method} is served and no permit can ever allow it; write a policy or stop serving it")]
    Unreachable {
        /// `service/method`.
        method: String,
    },
    /// No entry of the data-resource catalogue covers a served method.
    #[error("{method} is served and no entry of the data-resource catalogue covers it; add it to data_resources.csv")]
    NoData {
        /// `service/method`.
        method: String,
    },
    /// What the program says of a call does not fit the schema.
    #[error("a call of {method} does not fit the schema: {problem}")]
    Shape {
        /// `service/method`.
        method: String,
        /// What Cedar says.
        problem: String,
    },
}

impl PolicyFault {
    /// The fault in Chinese, for the operator.
    pub fn zh(&self) -> String {
        match self {
            Self::Schema { problem } => format!("策略模式（schema）无法读取：{problem}"),
            Self::Syntax { file, problem } => format!("{file} 无法读取：{problem}"),
            Self::Annotation { file, start, annotation } => {
                format!("{file}：以 {start:?} 开头的策略缺少 @{annotation}，请补上")
            }
            Self::IdTwice { file, id } => format!("{file}：策略编号 {id:?} 重复，请改名"),
            Self::Template { file } => format!("{file}：策略中有占位符，请写明对象"),
            Self::Invalid { id, problem } => format!("策略 {id:?} 与模式不符：{problem}"),
            Self::Method { method } => format!("程序错误：方法 {method:?} 不是 /服务/方法 的形式，或登记了两次"),
            Self::NoAction { method } => format!("提供了 {method}，但模式中没有这个动作；请在模式中归入一组"),
            Self::AccessDisagrees { method, access: Access::Read } => {
                format!("{method} 是读取方法，但在模式中不属于 read；请移动")
            }
            Self::AccessDisagrees { method, access: Access::Write } => {
                format!("{method} 是写入方法，但在模式中不属于 write；请移动")
            }
            Self::Unreachable { method } => format!("提供了 {method}，但没有策略可能允许它；请编写策略，或不再提供"),
            Self::NoData { method } => {
                format!("提供了 {method}，但数据资源目录没有对应的条目；请补入 data_resources.csv")
            }
            Self::Shape { method, problem } => format!("对 {method} 的调用与模式不符：{problem}"),
        }
    }
}

/// Every fault of the policies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct PolicyFaults(pub Vec<PolicyFault>);
