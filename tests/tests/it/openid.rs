//! Signing in to the pages at an OpenID provider: a small provider of this test's own says who somebody is, the configuration which
//! identity that is, the directory and the policies what it is worth.

mod provider;

use std::sync::Arc;

use aggregator::config::OpenId;
use chrono::TimeDelta;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use testkit::{AGGREGATOR, Engine, Province, evaluator_id};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};

use self::provider::{CLIENT, Lie, Provider, SECRET};

/// A person that is entered.
const KNOWN: &str = "person-7";
/// The page that is wanted.
const PAGE: &str = "/commitments?light=grey";

struct World {
    province: Province,
    provider: Provider,
}

/// A browser without a client certificate.
#[derive(Clone, Default)]
struct Browser {
    cookie: Option<String>,
}

struct Got {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Got {
    /// Where it leads.
    fn to(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        self.headers.get(header::LOCATION).unwrap().to_str().unwrap()
    }
}

async fn world() -> World {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    province.add_department("ecology").await.unwrap();
    let identities = province.identities();
    let tls = identities.service("provider").unwrap();
    let provider = Provider::start(&tls.cert, &tls.key).await;
    let secret = provider.folder().join("client.secret");
    std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
    let openid = OpenId {
        issuer: provider.issuer().to_owned(),
        ca: identities.service(AGGREGATOR).unwrap().ca,
        client_id: CLIENT.to_owned(),
        client_secret: Some(secret.into()),
        address: format!("https://{}", host()),
        people: [(KNOWN.to_owned(), evaluator_id())].into(),
    };
    province.add_aggregator_with_openid(openid).await.unwrap();
    World { province, provider }
}

/// The name under which the browser knows the pages.
fn host() -> String {
    client::server_name(AGGREGATOR)
}

impl Browser {
    async fn get(&mut self, world: &World, path: &str) -> Got {
        self.send(world, Method::GET, path, &[]).await
    }

    async fn send(&mut self, world: &World, method: Method, path: &str, headers: &[(&'static str, &str)]) -> Got {
        let mut roots = RootCertStore::empty();
        let ca = world.province.identities().ca_pem().to_owned();
        roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let stream = TcpStream::connect(world.province.pages().unwrap()).await.unwrap();
        let name = ServerName::try_from(host()).unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let mut request = Request::builder().method(method).uri(path).header("host", host());
        request = request.header("connection", "close");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
        let answer = async {
            let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
            let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
            Got { status: parts.status, headers: parts.headers, text }
        };
        let (got, _ended) = tokio::join!(answer, connection);
        for set in got.headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            let (pair, attributes) = set.split_once(';').unwrap();
            if pair.starts_with("__Host-") {
                for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
                    assert!(attributes.contains(attribute), "{attribute} in {set}");
                }
                self.cookie = Some(pair.to_owned());
            }
        }
        got
    }

    /// Begins to sign in for a page; where the provider is.
    async fn begin(&mut self, world: &World) -> String {
        let wanted = self.get(world, PAGE).await;
        let login = wanted.to().to_owned();
        assert_eq!(login, "/login?to=/commitments%3Flight%3Dgrey");
        self.get(world, &login).await.to().to_owned()
    }

    /// Comes back from the provider.
    async fn finish(&mut self, world: &World, back: &str) -> Got {
        let path = back.strip_prefix(&format!("https://{}", host())).unwrap();
        assert!(path.starts_with("/login/callback?"), "{path}");
        self.get(world, path).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_at_the_provider_sees_what_their_identity_may_read_until_the_session_ends() {
    let world = world().await;
    let mut browser = Browser::default();
    let asked = browser.begin(&world).await;
    assert!(asked.starts_with(world.provider.issuer()) && asked.contains("code_challenge_method=S256"), "{asked}");
    let before = browser.clone();
    let back = world.provider.agree(&asked, KNOWN, Lie::None);
    assert_eq!(browser.finish(&world, &back).await.to(), PAGE);
    assert_ne!(browser.cookie, before.cookie, "whoever knew the session before does not have it now");
    let page = browser.get(&world, PAGE).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains(&evaluator_id()) && page.text.contains("action=\"/logout\""));
    assert_eq!(before.clone().get(&world, PAGE).await.status, StatusCode::SEE_OTHER);

    // No page from elsewhere ends it.
    let elsewhere = [("origin", "https://elsewhere.example")];
    assert_eq!(browser.send(&world, Method::POST, "/logout", &elsewhere).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get(&world, PAGE).await.status, StatusCode::OK);

    world.province.clock().advance(TimeDelta::minutes(31));
    assert!(browser.get(&world, PAGE).await.to().starts_with("/login"), "a session is short");
    world.province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_out_is_out() {
    let world = world().await;
    let mut browser = Browser::default();
    let asked = browser.begin(&world).await;
    let back = world.provider.agree(&asked, KNOWN, Lie::None);
    browser.finish(&world, &back).await.to();
    let signed_in = browser.clone();
    let out = browser.send(&world, Method::POST, "/logout", &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(out.status, StatusCode::OK, "{}", out.text);
    assert!(signed_in.clone().get(&world, PAGE).await.to().starts_with("/login"), "the old cookie opens nothing");
    world.province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_whom_nobody_entered_is_not_let_in() {
    let world = world().await;
    let mut browser = Browser::default();
    let asked = browser.begin(&world).await;
    let back = world.provider.agree(&asked, "person-8", Lie::None);
    let refused = browser.finish(&world, &back).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("person-8") && refused.text.contains("web.openid.people"), "{}", refused.text);
    assert!(browser.get(&world, PAGE).await.to().starts_with("/login"));
    world.province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_fit_the_sign_in_lets_nobody_in() {
    let world = world().await;
    for lie in [Lie::Nonce, Lie::Key, Lie::Audience, Lie::Over] {
        let mut browser = Browser::default();
        let asked = browser.begin(&world).await;
        let back = world.provider.agree(&asked, KNOWN, lie);
        assert_eq!(browser.finish(&world, &back).await.status, StatusCode::BAD_GATEWAY, "{lie:?}");
        assert!(browser.get(&world, PAGE).await.to().starts_with("/login"), "{lie:?}");
    }
    // An answer that another browser got, and one with another state.
    let mut browser = Browser::default();
    let asked = browser.begin(&world).await;
    let back = world.provider.agree(&asked, KNOWN, Lie::None);
    assert_eq!(Browser::default().finish(&world, &back).await.status, StatusCode::BAD_REQUEST);
    let altered = back.replace("state=", "state=x");
    assert_eq!(browser.finish(&world, &altered).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.finish(&world, &back).await.status, StatusCode::BAD_REQUEST, "a sign-in is tried once");
    world.province.end().await.unwrap();
}
