//! The pages for people: `dashboard`, which asks this aggregator's own services from inside, in the name of who looks.

mod config;
mod door;
#[cfg_attr(not(feature = "openid"), path = "login_off.rs")]
mod login;

use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use axum::{Router, middleware};
use bytes::Bytes;
use dashboard::{Changes, Refusal, RefusalKind, Source, Visitor};
use domain::{DepartmentId, Lang, Text};
use futures_util::{StreamExt as _, stream};
use node::{
    feeds::Feeds,
    inside::{Inside, Person},
    tls::ServerTls,
};
use runtime::{CancellationToken, app::AppBuilder, clock::SharedClock};
use tokio::net::TcpListener;
use tokio_stream::wrappers::WatchStream;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use self::{
    door::{Door, Peer},
    login::Login,
};

pub use config::{OpenId, Web};

/// The services of this process as the source of the pages.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) inside: Inside,
    pub(crate) feeds: Feeds,
    /// The logs whose growth changes a page: those that are followed, and the own one.
    pub(crate) logs: Vec<DepartmentId>,
    /// Ends what tells of changes, so that open pages do not keep the process.
    pub(crate) stop: CancellationToken,
    /// How long sessions last is measured with it.
    pub(crate) clock: SharedClock,
}

/// Binds the pages, and serves them as a task of the app. `principal` is the identity that their certificate has to carry.
///
/// # Errors
/// When the address cannot be bound, or a certificate cannot be used.
pub(crate) async fn serve(
    app: AppBuilder,
    web: Web,
    synthetic: bool,
    principal: String,
    services: Services,
) -> anyhow::Result<AppBuilder> {
    let address = web.listen;
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!(
            "无法监听页面地址 {address}，请检查 web.listen / cannot listen on the pages' address {address}; check web.listen"
        )
    })?;
    let bound = listener.local_addr()?;
    let stop = services.stop.clone().cancelled_owned();
    let login = web.openid.as_ref().map(|openid| Login::open(openid, Arc::clone(&services.clock))).transpose()?;
    let sign_in = login.as_ref().map(Login::routes).unwrap_or_default();
    let mut pages = dashboard::router(web.settings(synthetic)?, Arc::new(services), sign_in);
    let strangers = login.is_some() || web.public.is_some();
    if let Some(login) = login {
        pages = login.around(pages);
    }
    let app = app.bound("web", bound);
    Ok(match web.tls {
        None => app.task("pages", async move { Ok(axum::serve(listener, pages).with_graceful_shutdown(stop).await?) }),
        Some(tls) => {
            let tls = if strangers {
                ServerTls::open_to_strangers(tls, principal)?
            } else {
                ServerTls::open(tls, principal)?
            };
            let door = Door::new(listener, tls);
            let pages: Router = pages.layer(middleware::map_request(door::known));
            let pages = pages.into_make_service_with_connect_info::<Peer>();
            app.task("pages", async move { Ok(axum::serve(door, pages).with_graceful_shutdown(stop).await?) })
        }
    })
}

#[async_trait]
impl Source for Services {
    async fn call(
        &self,
        visitor: &Visitor,
        lang: Lang,
        method: &'static str,
        message: Bytes,
    ) -> Result<Bytes, Refusal> {
        let person = person(visitor, lang)?;
        self.inside.call(&person, lang, method, message).await.map_err(|status| refusal(&status))
    }

    async fn collect(
        &self,
        visitor: &Visitor,
        lang: Lang,
        method: &'static str,
        message: Bytes,
    ) -> Result<Vec<Bytes>, Refusal> {
        let person = person(visitor, lang)?;
        self.inside.collect(&person, lang, method, message).await.map_err(|status| refusal(&status))
    }

    fn changes(&self) -> Changes {
        let feeds = self.logs.iter().map(|log| WatchStream::from_changes(self.feeds.subscribe(log)));
        Box::pin(stream::select_all(feeds).map(|_size| ()).take_until(self.stop.clone().cancelled_owned()))
    }
}

fn person(visitor: &Visitor, lang: Lang) -> Result<Person, Refusal> {
    Person::of(&visitor.principal, &visitor.fingerprint).map_err(|why| {
        let text = Text::new(format!("未能识别身份：{why}"), format!("the identity cannot be read: {why}"));
        Refusal { kind: RefusalKind::Denied, reason: "PRINCIPAL_UNKNOWN".to_owned(), text: text.get(lang).to_owned() }
    })
}

/// A refusal of the services as a page tells it.
fn refusal(status: &Status) -> Refusal {
    let kind = match status.code() {
        Code::NotFound => RefusalKind::NotFound,
        Code::PermissionDenied | Code::Unauthenticated => RefusalKind::Denied,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange | Code::AlreadyExists => {
            RefusalKind::Invalid
        }
        Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Aborted | Code::Cancelled => {
            RefusalKind::Unavailable
        }
        Code::Unimplemented | Code::Internal | Code::Unknown | Code::DataLoss | Code::Ok => RefusalKind::Fault,
    };
    let reason = status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default();
    Refusal { kind, reason, text: status.message().to_owned() }
}
