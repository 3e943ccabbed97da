//! The pages for people: `dashboard`, which asks this aggregator's own services from inside, in the name of who looks.

mod config;
#[cfg_attr(not(feature = "openid"), path = "login_off.rs")]
mod login;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use dashboard::{Changes, Refusal, Source, Visitor};
use domain::{DepartmentId, Lang};
use futures_util::{StreamExt as _, stream};
use node::{feeds::Feeds, inside::Inside, tls::ServerTls};
use runtime::{CancellationToken, app::AppBuilder, clock::SharedClock};
use tokio_stream::wrappers::WatchStream;

use self::login::Login;

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
    let listener = portal::bind(web.listen).await?;
    let stop = services.stop.clone();
    let login = web.openid.as_ref().map(|openid| Login::open(openid, Arc::clone(&services.clock))).transpose()?;
    let sign_in = login.as_ref().map(Login::routes).unwrap_or_default();
    let settings = web.settings(synthetic)?;
    #[cfg(feature = "writing")]
    let mut pages = dashboard::writing_router(settings, Arc::new(services), sign_in)?;
    #[cfg(not(feature = "writing"))]
    let mut pages = dashboard::router(settings, Arc::new(services), sign_in);
    let strangers = login.is_some() || web.public.is_some();
    if let Some(login) = login {
        pages = login.around(pages);
    }
    let tls = match web.tls {
        Some(tls) if strangers => Some(ServerTls::open_to_strangers(tls, principal)?),
        Some(tls) => Some(ServerTls::open(tls, principal)?),
        None => None,
    };
    portal::serve(app, listener, tls, pages, &stop)
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
        portal::source::call(&self.inside, visitor, lang, method, message).await
    }

    async fn collect(
        &self,
        visitor: &Visitor,
        lang: Lang,
        method: &'static str,
        message: Bytes,
    ) -> Result<Vec<Bytes>, Refusal> {
        portal::source::collect(&self.inside, visitor, lang, method, message).await
    }

    fn changes(&self) -> Changes {
        let feeds = self.logs.iter().map(|log| WatchStream::from_changes(self.feeds.subscribe(log)));
        Box::pin(stream::select_all(feeds).map(|_size| ()).take_until(self.stop.clone().cancelled_owned()))
    }
}

#[cfg(feature = "writing")]
#[async_trait]
impl dashboard::writing::port::Writer for Services {
    fn allows(&self, visitor: &Visitor, lang: Lang, method: &'static str) -> bool {
        portal::source::allows(&self.inside, visitor, lang, method)
    }

    async fn may(&self, visitor: &Visitor, lang: Lang, method: &'static str) -> Result<(), Refusal> {
        portal::source::may(&self.inside, visitor, lang, method).await
    }

    async fn write(
        &self,
        visitor: &Visitor,
        lang: Lang,
        message: &dashboard::writing::port::Message,
        signature: contracts::log::v1::Signature,
    ) -> Result<Bytes, dashboard::writing::port::Denied> {
        portal::source::write(&self.inside, visitor, lang, message, &signature).await
    }
}
