//! Sign-in of people by an OpenID provider: the authorization code flow with PKCE, then a short session of this process.
//!
//! The provider says who somebody is (its subject); the configuration says which identity of the directory that is; the directory and
//! the policies say what that is worth, as for everybody. Nothing that the provider gives is kept but the identity.

mod provider;
mod sessions;
mod wire;

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context as _;
use axum::{
    Router,
    extract::{RawQuery, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use dashboard::{LOGIN, LOGOUT, Visitor};
use openidconnect::url::form_urlencoded;
use runtime::clock::SharedClock;
use serde::{Deserialize, Serialize};
use tower_sessions::{
    Expiry, Session, SessionManagerLayer,
    cookie::{SameSite, time::Duration},
};

use self::{
    provider::{Begun, LoginError, Provider},
    sessions::Sessions,
};
use super::config::OpenId;

/// Where the provider sends people back to.
const CALLBACK: &str = "/login/callback";
/// The cookie of the session. The prefix makes browsers take it from this host only, over TLS only (RFC 6265bis).
const COOKIE: &str = "__Host-wufei";
/// Takes it away. Without all that the prefix asks for, browsers would keep it.
const GONE: &str = "__Host-wufei=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax";
/// How long a session lasts. Signing in again takes a moment while the session at the provider lasts.
const SESSION: Duration = Duration::minutes(30);
/// How long somebody may take at the provider.
const SIGN_IN: Duration = Duration::minutes(10);
/// Longest address of a page that is wanted, in bytes: it is kept while somebody signs in.
const LONGEST: usize = 1024;
/// In the session: a sign-in that has begun.
const BEGUN: &str = "begun";
/// In the session: who signed in.
const SIGNED_IN: &str = "signed-in";

/// Lets people in who sign in at the provider.
#[derive(Clone, Debug)]
pub(super) struct Login(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    provider: Provider,
    people: BTreeMap<String, String>,
    clock: SharedClock,
}

/// A sign-in that has begun, with the page that was wanted.
#[derive(Debug, Serialize, Deserialize)]
struct Wanted {
    begun: Begun,
    to: String,
}

/// Who signed in, and until when that counts, in seconds since 1970. A page that is looked at does not lengthen it.
#[derive(Debug, Serialize, Deserialize)]
struct SignedIn {
    principal: String,
    until: i64,
}

impl Login {
    /// With the settings of the provider.
    ///
    /// # Errors
    /// When a file of them cannot be read or used.
    pub(super) fn open(openid: &OpenId, clock: SharedClock) -> anyhow::Result<Self> {
        let redirect = format!("{}{CALLBACK}", openid.address.trim_end_matches('/'));
        let provider = Provider::open(openid, redirect, Arc::clone(&clock))
            .with_context(|| format!("登录服务 / the OpenID provider {}", openid.issuer))?;
        Ok(Self(Arc::new(Inner { provider, people: openid.people.clone(), clock })))
    }

    /// The routes of signing in and out.
    pub(super) fn routes(&self) -> Router {
        Router::new()
            .route(LOGIN, get(begin))
            .route(CALLBACK, get(finish))
            .route(LOGOUT, post(leave))
            .with_state(self.clone())
    }

    /// Puts the sessions around the pages.
    pub(super) fn around(self, pages: Router) -> Router {
        let sessions = SessionManagerLayer::new(Sessions::default())
            .with_name(COOKIE)
            .with_path("/")
            .with_secure(true)
            .with_http_only(true)
            // The way back from the provider is a link from elsewhere, with which browsers send no stricter cookie.
            .with_same_site(SameSite::Lax)
            .with_expiry(Expiry::OnInactivity(SESSION));
        pages.layer(middleware::from_fn_with_state(self, known)).layer(sessions)
    }

    fn now(&self) -> i64 {
        self.0.clock.now().timestamp()
    }
}

/// Tells the pages who has signed in. A client certificate counts first.
async fn known(State(login): State<Login>, session: Session, mut request: Request, next: Next) -> Response {
    if request.extensions().get::<Visitor>().is_none()
        && let Ok(Some(SignedIn { principal, until })) = session.get(SIGNED_IN).await
        && login.now() < until
    {
        request.extensions_mut().insert(Visitor { principal, fingerprint: String::new(), session: true });
    }
    next.run(request).await
}

/// Sends to the provider.
async fn begin(State(login): State<Login>, session: Session, RawQuery(query): RawQuery) -> Response {
    let to = answer_of(query.as_deref(), "to").filter(|to| is_local(to)).unwrap_or_else(|| "/".to_owned());
    let (address, begun) = match login.0.provider.begin().await {
        Ok(begun) => begun,
        Err(error) => return refused(&error),
    };
    match session.insert(BEGUN, Wanted { begun, to }).await {
        Ok(()) => {
            // A session that somebody has already keeps its time, whoever led them here.
            if let Ok(None) = session.get_value(SIGNED_IN).await {
                session.set_expiry(Some(Expiry::OnInactivity(SIGN_IN)));
            }
            Redirect::to(&address).into_response()
        }
        Err(error) => refused(&LoginError::Session(error)),
    }
}

/// The way back from the provider.
async fn finish(State(login): State<Login>, session: Session, RawQuery(query): RawQuery) -> Response {
    match signed_in(&login, &session, query.as_deref()).await {
        // The address has the code in it; a page of its own keeps that out of the history of whoever goes on.
        Ok(to) => Redirect::to(&to).into_response(),
        Err(error) => refused(&error),
    }
}

async fn signed_in(login: &Login, session: &Session, query: Option<&str>) -> Result<String, LoginError> {
    let wanted: Option<Wanted> = session.remove(BEGUN).await?;
    let Wanted { begun, to } = wanted.ok_or(LoginError::NotBegun)?;
    if answer_of(query, "state").as_deref() != Some(begun.state()) {
        return Err(LoginError::NotBegun);
    }
    let code = answer_of(query, "code").ok_or(LoginError::Refused)?;
    let subject = login.0.provider.finish(begun, code).await?;
    let principal = login.0.people.get(&subject).cloned().ok_or(LoginError::Nobody(subject))?;
    // Whoever knew the session before does not have it now.
    session.cycle_id().await?;
    session.set_expiry(Some(Expiry::OnInactivity(SESSION)));
    session.insert(SIGNED_IN, SignedIn { principal, until: login.now() + SESSION.whole_seconds() }).await?;
    Ok(to)
}

/// Ends the session.
async fn leave(session: Session) -> Response {
    match session.flush().await {
        // No redirect: it would lead on to the provider, which the content security policy of the form does not allow.
        Ok(()) => ([(header::SET_COOKIE, GONE)], text(StatusCode::OK, "已退出 / signed out")).into_response(),
        Err(error) => refused(&LoginError::Session(error)),
    }
}

/// A value of the query.
fn answer_of(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query?.as_bytes());
    pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

/// Whether an address leads to a page here and nowhere else.
fn is_local(to: &str) -> bool {
    // Browsers read a backslash as a slash, and leave out line breaks and tabs.
    let plain = to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    plain && to.len() <= LONGEST && to.starts_with('/') && !to.starts_with("//")
}

fn refused(error: &LoginError) -> Response {
    let status = match error {
        LoginError::NotBegun | LoginError::Refused => StatusCode::BAD_REQUEST,
        LoginError::Nobody(_) => StatusCode::FORBIDDEN,
        LoginError::Unverified(_) | LoginError::Provider(_) => StatusCode::BAD_GATEWAY,
        LoginError::Session(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    tracing::warn!(error = error as &(dyn std::error::Error + 'static), "nobody signed in");
    text(status, &error.to_string())
}

fn text(status: StatusCode, text: &str) -> Response {
    (status, text.to_owned()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere_after_signing_in() {
        for (to, local) in [
            ("/runs/1?city=140100", true),
            ("https://elsewhere.example/", false),
            ("//elsewhere.example/", false),
            ("/\\elsewhere.example/", false),
            ("/\t/elsewhere.example/", false),
            ("/\r\nset-cookie: a=b", false),
            ("", false),
        ] {
            assert_eq!(is_local(to), local, "{to}");
        }
    }
}
