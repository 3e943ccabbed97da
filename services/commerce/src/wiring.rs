//! The only place that names concrete types: builds the node, binds, and does not serve yet.

use contracts::commerce::v1::commerce_service_server::CommerceServiceServer;
use domain::DepartmentId;
use node::department::{Node, Role};
use runtime::{App, Context};

use crate::{config::Config, grpc::Commerce};

/// Builds the node.
///
/// # Errors
/// When a file, the database, the key or an address of the configuration is not usable.
pub async fn build(Config(config): Config, ctx: Context) -> anyhow::Result<App> {
    let limit = config.limits.max_message_bytes;
    let node = Node::open(Role::department(DepartmentId::commerce()), config, &ctx).await?;
    let own = CommerceServiceServer::new(Commerce::new(node.context().clone())).max_decoding_message_size(limit);
    let services = node.services().with(own);
    Ok(portal::app(node, services, &ctx).await?.build())
}
