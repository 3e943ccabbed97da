//! The provider: what it publishes, where people are sent, what comes back.

use std::fs;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    AuthType, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    TokenResponse as _,
    core::{CoreClient, CoreClientAuthMethod, CoreProviderMetadata, CoreResponseType},
};
use runtime::clock::SharedClock;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::wire::Wire;
use crate::web::config::OpenId;

/// A client that knows where the provider's endpoints are.
type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// How long what the provider publishes is kept: a key that it withdrew counts no longer than this, and strangers who begin sign-ins
/// do not make us ask for it each time.
const FRESH: TimeDelta = TimeDelta::minutes(1);

/// Why nobody was signed in. In both languages, because the person is not known yet.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoginError {
    /// What came back does not belong to a sign-in of this browser.
    #[error(
        "登录已过期或不是由本浏览器发起，请重新打开页面 / this sign-in has ended or was not begun by this browser; open the page again"
    )]
    NotBegun,
    /// The provider, or the person at it, said no.
    #[error("登录服务没有同意 / the provider did not agree")]
    Refused,
    /// A person whom nobody has entered.
    #[error(
        "登录服务确认了您的身份（{0}），但本系统没有登记；请联系管理者在 web.openid.people 登记 / the provider knows you ({0}), this \
         system does not; ask its administrator to enter you in web.openid.people"
    )]
    Nobody(String),
    /// What the provider said does not hold.
    #[error("登录服务的答复核验不通过 / the answer of the provider does not hold")]
    Unverified(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The provider cannot be asked.
    #[error("登录服务暂不可用 / the provider cannot be reached")]
    Provider(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The session cannot be kept.
    #[error("会话无法保存 / the session cannot be kept")]
    Session(#[from] tower_sessions::session::Error),
}

/// A sign-in on its way: what the answer has to fit.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Begun {
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

impl Begun {
    /// What the answer has to carry.
    pub(super) fn state(&self) -> &str {
        self.state.secret()
    }
}

/// An OpenID provider, and how we are entered there.
#[derive(Debug)]
pub(super) struct Provider {
    issuer: IssuerUrl,
    client: ClientId,
    secret: Option<ClientSecret>,
    redirect: RedirectUrl,
    wire: Wire,
    clock: SharedClock,
    /// What it publishes, and when that was read. Whoever needs it newer waits for the one who reads it.
    published: Mutex<Option<(DateTime<Utc>, CoreProviderMetadata)>>,
}

impl Provider {
    /// With the settings of the operator. Nothing is asked yet: a provider that is down keeps the aggregator from nothing else.
    ///
    /// # Errors
    /// When an address or a file cannot be used.
    pub(super) fn open(openid: &OpenId, redirect: String, clock: SharedClock) -> anyhow::Result<Self> {
        let secret = openid.client_secret.as_ref().map(fs::read_to_string).transpose()?;
        Ok(Self {
            issuer: IssuerUrl::new(openid.issuer.clone())?,
            client: ClientId::new(openid.client_id.clone()),
            secret: secret.map(|secret| ClientSecret::new(secret.trim().to_owned())),
            redirect: RedirectUrl::new(redirect)?,
            wire: Wire::open(&openid.ca)?,
            clock,
            published: Mutex::default(),
        })
    }

    async fn client(&self) -> Result<Client, LoginError> {
        let metadata = self.published().await?;
        let methods = metadata.token_endpoint_auth_methods_supported();
        // The standard says: whoever does not name the methods takes the secret in the header.
        let in_header = methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let client = CoreClient::from_provider_metadata(metadata, self.client.clone(), self.secret.clone());
        let client = client.set_auth_type(if in_header { AuthType::BasicAuth } else { AuthType::RequestBody });
        Ok(client.set_redirect_uri(self.redirect.clone()))
    }

    /// What the provider publishes: its endpoints and keys.
    async fn published(&self) -> Result<CoreProviderMetadata, LoginError> {
        let mut published = self.published.lock().await;
        let now = self.clock.now();
        if let Some((read, metadata)) = &*published
            && (*read..*read + FRESH).contains(&now)
        {
            return Ok(metadata.clone());
        }
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.wire)
            .await
            .map_err(|error| LoginError::Provider(error.into()))?;
        *published = Some((now, metadata.clone()));
        Ok(metadata)
    }

    /// Where to send somebody.
    ///
    /// # Errors
    /// [`LoginError::Provider`].
    pub(super) async fn begin(&self) -> Result<(String, Begun), LoginError> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let client = self.client().await?;
        let asked = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        let (address, state, nonce) = asked.set_pkce_challenge(challenge).url();
        Ok((address.to_string(), Begun { state, nonce, verifier }))
    }

    /// The subject that signed in, from what came back. The token is checked: signature by a key that the provider publishes and by an
    /// algorithm that it states, issuer, audience, time, nonce.
    ///
    /// # Errors
    /// [`LoginError::Provider`], [`LoginError::Unverified`].
    pub(super) async fn finish(&self, begun: Begun, code: String) -> Result<String, LoginError> {
        let unverified = |error: Box<dyn std::error::Error + Send + Sync>| LoginError::Unverified(error);
        let client = self.client().await?;
        let exchange = client.exchange_code(AuthorizationCode::new(code)).map_err(|error| unverified(error.into()))?;
        let answer = exchange.set_pkce_verifier(begun.verifier).request_async(&self.wire).await;
        let token = answer.map_err(|error| unverified(error.into()))?;
        let id = token.id_token().ok_or_else(|| unverified("no identity token".into()))?;
        let verifier = client.id_token_verifier().set_time_fn(|| self.clock.now());
        let claims = id.claims(&verifier, &begun.nonce).map_err(|error| unverified(error.into()))?;
        Ok(claims.subject().to_string())
    }
}
