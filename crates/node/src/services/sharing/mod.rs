//! `SharingService`: share requests and data-quality tickets (校核), as Order 809, Art. 20–22 and 26 have them.
//!
//! Both are cases: another department files one, the node's own department answers. What stands in the log is what the two said, so
//! a case is an ordinary resource and needs no interpreter of its own ([`Projection`](crate::projection::Projection)). Who filed it,
//! how far it has come and what is due follow from its revisions, the principals of their entries and the date ([`story`]), and
//! are worked out for every answer; whoever follows the log works out the same.

mod cases;
mod requests;
mod service;
mod story;
mod tickets;

use domain::DepartmentId;

use super::NodeContext;

/// Files, answers and shows the cases of a node; at the aggregator also those that it has followed.
#[derive(Clone, Debug)]
pub struct Sharing {
    context: NodeContext,
}

impl Sharing {
    /// Cases over a node's parts.
    #[must_use]
    pub fn new(context: NodeContext) -> Self {
        Self { context }
    }

    /// The department that answers at this node.
    fn provider(&self) -> DepartmentId {
        provider_at(self.context.department())
    }
}

/// The department that answers for what a node holds: the node's own, and for the aggregator, which is no department, the lead
/// department (牵头部门), which keeps its follow-up too.
fn provider_at(node: &DepartmentId) -> DepartmentId {
    if *node == DepartmentId::aggregator() { DepartmentId::ecology() } else { node.clone() }
}
