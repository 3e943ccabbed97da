//! Sign-in by an OpenID provider, in a build without it: the check of the configuration has refused it.

use axum::Router;
use dashboard::{LOGIN, LOGOUT};
use runtime::clock::SharedClock;

use super::config::OpenId;

/// Lets nobody in.
#[derive(Debug)]
pub(super) struct Login;

impl Login {
    /// There is none.
    ///
    /// # Errors
    /// Always.
    pub(super) fn open(_openid: &OpenId, _clock: SharedClock) -> anyhow::Result<Self> {
        anyhow::bail!(
            "本程序编译时未包含 OpenID 登录（{LOGIN}、{LOGOUT}） / this program was built without sign-in by OpenID"
        )
    }

    pub(super) fn routes(&self) -> Router {
        Router::new()
    }

    pub(super) fn around(self, pages: Router) -> Router {
        pages
    }
}
