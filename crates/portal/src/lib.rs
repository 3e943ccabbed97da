//! What serves pages from a node: the door for browsers, and the node's own services as the source of what pages show.
//!
//! | module | holds |
//! |---|---|
//! | [`door`] | mutual TLS with browsers |
//! | [`source`] | the services from inside, asked in the name of the visitor |
//! | `clerks` | the pages of a department's clerks (feature `intake`) |

#[cfg(feature = "intake")]
mod clerks;
pub mod door;
pub mod source;

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::{Router, middleware};
use node::{department::Node, server::Services, tls::ServerTls};
use runtime::{CancellationToken, Context, app::AppBuilder};
use tokio::net::TcpListener;

use self::door::{Door, Peer};

/// The app of a department's node with these services, and with the clerks' pages when its configuration has `[web]`.
///
/// # Errors
/// As [`Node::app`]; when the pages cannot be served, or this program was built without them.
pub async fn app(node: Node, services: Services, ctx: &Context) -> anyhow::Result<AppBuilder> {
    match node.config().web.clone() {
        None => node.app(services, ctx).await,
        #[cfg(feature = "intake")]
        Some(web) => Box::pin(clerks::app(web, node, services, ctx)).await,
        #[cfg(not(feature = "intake"))]
        Some(_) => anyhow::bail!(
            "配置了 [web]，但本程序编译时没有带填报页面；请用 cargo build -p cli 编译，或删去 [web] / the configuration has \
             [web], but this program was built without the clerks' pages; build it with cargo build -p cli, or remove [web]"
        ),
    }
}

/// Binds the pages' address.
///
/// # Errors
/// When it cannot be bound.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "无法监听页面地址 {address}，请检查 web.listen / cannot listen on the pages' address {address}; check web.listen"
        )
    })
}

/// Serves pages as a task of the app, until `stop`: over mutual TLS, which says who looks, or as they are on loopback.
///
/// # Errors
/// When the listener has no address.
pub fn serve(
    app: AppBuilder,
    listener: TcpListener,
    tls: Option<ServerTls>,
    pages: Router,
    stop: &CancellationToken,
) -> anyhow::Result<AppBuilder> {
    let app = app.bound("web", listener.local_addr()?);
    let stop = stop.clone().cancelled_owned();
    Ok(match tls {
        None => app.task("pages", async move { Ok(axum::serve(listener, pages).with_graceful_shutdown(stop).await?) }),
        Some(tls) => {
            let door = Door::new(listener, tls);
            let pages = pages.layer(middleware::map_request(door::known));
            let pages = pages.into_make_service_with_connect_info::<Peer>();
            app.task("pages", async move { Ok(axum::serve(door, pages).with_graceful_shutdown(stop).await?) })
        }
    })
}
