//! The only place that names concrete types: builds the node, binds, and does not serve yet.

use anyhow::Context as _;
use contracts::city::v1::city_service_server::CityServiceServer;
use domain::DepartmentId;
use node::department::{Node, Role};
use runtime::{App, Context};

use crate::{config::Config, grpc::City};

/// Builds the node of the configured city.
///
/// # Errors
/// When a file, the database, the key or an address of the configuration is not usable.
pub async fn build(Config(config): Config, ctx: Context) -> anyhow::Result<App> {
    let limit = config.limits.max_message_bytes;
    let region = config.city.clone().context("配置缺少 city / the configuration has no city")?;
    let node = Node::open(Role::department(DepartmentId::city(&region)), config, &ctx).await?;
    let own = CityServiceServer::new(City::new(node.context().clone(), region)).max_decoding_message_size(limit);
    let services = node.services().with(own);
    Ok(portal::app(node, services, &ctx).await?.build())
}
