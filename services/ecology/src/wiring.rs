//! The only place that names concrete types: builds the node, binds, and does not serve yet.

use contracts::ecology::v1::ecology_service_server::EcologyServiceServer;
use domain::DepartmentId;
use node::department::{Node, Role};
use runtime::{App, Context};

use crate::{config::Config, grpc::Ecology};

/// Builds the node.
///
/// # Errors
/// When a file, the database, the key or an address of the configuration is not usable.
pub async fn build(Config(config): Config, ctx: Context) -> anyhow::Result<App> {
    let limit = config.limits.max_message_bytes;
    let node = Node::open(Role::department(DepartmentId::ecology()), config, &ctx).await?;
    let own = EcologyServiceServer::new(Ecology::new(node.context().clone())).max_decoding_message_size(limit);
    let services = node.services().with(own);
    Ok(portal::app(node, services, &ctx).await?.build())
}
