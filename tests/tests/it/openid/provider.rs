//! A small OpenID provider over TLS: it publishes its endpoints and its key, gives a token for a code once, and lies when it is told to.

use std::{
    collections::HashMap,
    convert::Infallible,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use chrono::TimeDelta;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use openidconnect::{
    Audience, EmptyAdditionalClaims, IssuerUrl, JsonWebKeyId, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    PrivateSigningKey as _, StandardClaims, SubjectIdentifier,
    core::{CoreEdDsaPrivateSigningKey, CoreIdToken, CoreIdTokenClaims, CoreJsonWebKeySet, CoreJwsSigningAlgorithm},
    url::{Url, form_urlencoded},
};
use runtime::clock::{Clock as _, FixedClock};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

/// How the pages are entered as a client.
pub(super) const CLIENT: &str = "wufei";
pub(super) const SECRET: &str = "a-secret-of-this-test";

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lie {
    None,
    /// It answers another sign-in.
    Nonce,
    /// Somebody else signed it.
    Key,
    /// It is for another client.
    Audience,
    /// Its time is over.
    Over,
    /// Another provider made it.
    Issuer,
    /// Nobody signed it, and it says so.
    Unsigned,
}

/// A code that was given out.
struct Agreed {
    subject: String,
    nonce: String,
    challenge: String,
    lie: Lie,
}

struct State {
    issuer: String,
    key: CoreEdDsaPrivateSigningKey,
    other_key: CoreEdDsaPrivateSigningKey,
    codes: Mutex<HashMap<String, Agreed>>,
    clock: FixedClock,
    floods: AtomicBool,
}

/// The provider; it ends when it is dropped.
pub(super) struct Provider {
    state: Arc<State>,
    folder: PathBuf,
    _served: JoinSet<()>,
}

fn signing_key(seed: u8) -> CoreEdDsaPrivateSigningKey {
    let signer = ledger::CosignatureSigner::generate("provider", [seed; 32]).unwrap();
    let pem = signer.to_pkcs8_pem().unwrap();
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new("key-1".to_owned()))).unwrap()
}

impl Provider {
    pub(super) async fn start(cert: &Path, key: &Path, clock: FixedClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("https://{}", listener.local_addr().unwrap());
        let (own, other) = (signing_key(7), signing_key(8));
        let codes = Mutex::default();
        let state =
            Arc::new(State { issuer, key: own, other_key: other, codes, clock, floods: AtomicBool::new(false) });
        let chain = CertificateDer::pem_file_iter(cert).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_file(key).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let served = Arc::clone(&state);
        let mut door = JoinSet::new();
        door.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, state) = (acceptor.clone(), Arc::clone(&served));
                connections.spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let answer = service_fn(move |request| {
                        let state = Arc::clone(&state);
                        async move { Ok::<_, Infallible>(state.answer(request).await) }
                    });
                    // A client that goes away is no fault of the provider.
                    let _ended =
                        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        Self { state, folder: cert.parent().unwrap().to_path_buf(), _served: door }
    }

    pub(super) fn issuer(&self) -> &str {
        &self.state.issuer
    }

    /// From now on it answers without end.
    pub(super) fn flood(&self) {
        self.state.floods.store(true, Ordering::Relaxed);
    }

    /// A folder for files of the test.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Somebody signs in where they were sent, and agrees; where they are sent back to.
    pub(super) fn agree(&self, asked: &str, subject: &str, lie: Lie) -> String {
        let asked = Url::parse(asked).unwrap();
        let of = |name: &str| asked.query_pairs().find(|(found, _)| found == name).unwrap().1.into_owned();
        assert_eq!(
            (asked.path(), of("response_type").as_str(), of("client_id").as_str()),
            ("/authorize", "code", CLIENT)
        );
        assert!(of("scope").contains("openid"));
        let mut codes = self.state.codes.lock().unwrap();
        let code = format!("code-{}", codes.len());
        let agreed = Agreed { subject: subject.to_owned(), nonce: of("nonce"), challenge: of("code_challenge"), lie };
        codes.insert(code.clone(), agreed);
        let mut back = Url::parse(&of("redirect_uri")).unwrap();
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", &of("state"));
        back.to_string()
    }
}

impl State {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let issuer = &self.issuer;
        let (parts, body) = request.into_parts();
        let answer = match parts.uri.path() {
            "/.well-known/openid-configuration" => Some(json!({
                "issuer": issuer,
                "authorization_endpoint": format!("{issuer}/authorize"),
                "token_endpoint": format!("{issuer}/token"),
                "jwks_uri": format!("{issuer}/keys"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["EdDSA"],
            })),
            "/keys" => {
                let keys = CoreJsonWebKeySet::new(vec![self.key.as_verification_key()]);
                Some(serde_json::to_value(keys).unwrap())
            }
            "/token" => {
                let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}")));
                let known =
                    parts.headers.get("authorization").is_some_and(|found| found.as_bytes() == expected.as_bytes());
                let body = body.collect().await.unwrap().to_bytes();
                let sent: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
                known.then(|| self.token(&sent)).flatten()
            }
            _ => None,
        };
        let status = if answer.is_some() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
        let mut text = answer.unwrap_or_else(|| json!({ "error": "invalid_request" })).to_string();
        if self.floods.load(Ordering::Relaxed) {
            text.push_str(&" ".repeat(2 * 1024 * 1024));
        }
        Response::builder().status(status).header("content-type", "application/json").body(Full::from(text)).unwrap()
    }

    /// The token of a code, once, for whoever knows what the challenge was made of.
    fn token(&self, sent: &HashMap<String, String>) -> Option<Value> {
        let agreed = self.codes.lock().unwrap().remove(sent.get("code")?)?;
        let verifier = PkceCodeVerifier::new(sent.get("code_verifier")?.clone());
        if PkceCodeChallenge::from_code_verifier_sha256(&verifier).as_str() != agreed.challenge {
            return None;
        }
        let now = self.clock.now();
        let (mut client, mut nonce, mut end) = (CLIENT, agreed.nonce, now + TimeDelta::minutes(5));
        let mut issuer = self.issuer.clone();
        match agreed.lie {
            Lie::Audience => client = "another",
            Lie::Nonce => "another".clone_into(&mut nonce),
            Lie::Over => end = now - TimeDelta::minutes(5),
            Lie::Issuer => "https://elsewhere.example".clone_into(&mut issuer),
            Lie::None | Lie::Key | Lie::Unsigned => {}
        }
        let claims = CoreIdTokenClaims::new(
            IssuerUrl::new(issuer).unwrap(),
            vec![Audience::new(client.to_owned())],
            end,
            now - TimeDelta::minutes(6),
            StandardClaims::new(SubjectIdentifier::new(agreed.subject)),
            EmptyAdditionalClaims {},
        );
        let claims = claims.set_nonce(Some(Nonce::new(nonce)));
        let key = if agreed.lie == Lie::Key { &self.other_key } else { &self.key };
        let mut token = CoreIdToken::new(claims, key, CoreJwsSigningAlgorithm::EdDsa, None, None).unwrap().to_string();
        if agreed.lie == Lie::Unsigned {
            let claims = token.split('.').nth(1).unwrap();
            token = format!("{}.{claims}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
        }
        Some(json!({
            "access_token": "nothing that the pages use",
            "token_type": "bearer",
            "id_token": token,
        }))
    }
}
