//! Signing in to the pages at an OpenID provider: a small provider of this test's own says who somebody is, the configuration which
//! identity that is, the directory and the policies what it is worth.

mod provider;

use std::sync::Arc;

use aggregator::config::OpenId;
use chrono::TimeDelta;
use directory::Document;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use testkit::{AGGREGATOR, Engine, INSTANCE, Identities, Province, evaluator_id, until};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};

use self::provider::{CLIENT, Lie, Provider, SECRET};
use crate::sign_in::get;

/// A person that is entered.
const KNOWN: &str = "person-7";
/// A person that is entered as an identity that the directory does not have.
const NO_MEMBER: &str = "person-9";
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
    world_with(|_| ()).await
}

/// A world with this change in the settings of the provider.
async fn world_with(change: impl FnOnce(&mut OpenId)) -> World {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    province.add_department("ecology").await.unwrap();
    let identities = province.identities();
    let tls = identities.service("provider").unwrap();
    let provider = Provider::start(&tls.cert, &tls.key, province.clock().clone()).await;
    let secret = provider.folder().join("client.secret");
    std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
    let nobody = format!("spiffe://{INSTANCE}/evaluator/nobody");
    let mut openid = OpenId {
        issuer: provider.issuer().to_owned(),
        ca: identities.service(AGGREGATOR).unwrap().ca,
        client_id: CLIENT.to_owned(),
        client_secret: Some(secret.into()),
        address: format!("https://{}", host()),
        people: [(KNOWN.to_owned(), evaluator_id()), (NO_MEMBER.to_owned(), nobody)].into(),
    };
    change(&mut openid);
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
            if !pair.starts_with("__Host-") {
                continue;
            }
            if attributes.contains("Max-Age=0") {
                // Browsers take a cookie with this prefix away only with the attributes that it was set with.
                if attributes.contains("Secure") {
                    self.cookie = None;
                }
            } else {
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

    /// Signs in as this subject.
    async fn sign_in(&mut self, world: &World, subject: &str) -> Got {
        let asked = self.begin(world).await;
        let back = world.provider.agree(&asked, subject, Lie::None);
        self.finish(world, &back).await
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

    world.province.clock().advance(TimeDelta::minutes(29));
    assert_eq!(browser.get(&world, PAGE).await.status, StatusCode::OK);
    world.province.clock().advance(TimeDelta::minutes(2));
    assert!(
        browser.get(&world, PAGE).await.to().starts_with("/login"),
        "a page that was looked at does not lengthen it"
    );
    world.province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_from_elsewhere_acts_in_a_session() {
    let world = world().await;
    let mut browser = Browser::default();
    browser.sign_in(&world, KNOWN).await.to();
    let refused: [&[(&'static str, &str)]; 4] = [
        &[],
        &[("origin", "https://elsewhere.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "same-site"), ("origin", "https://elsewhere.example")],
    ];
    for (path, headers) in ["/logout", "/", "/login"].into_iter().flat_map(|path| refused.map(|sent| (path, sent))) {
        let got = browser.send(&world, Method::POST, path, headers).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
        assert!(got.headers.contains_key("content-security-policy"), "{path}");
    }
    assert_eq!(browser.get(&world, "/logout").await.status, StatusCode::METHOD_NOT_ALLOWED, "a link ends no session");
    assert_eq!(browser.get(&world, PAGE).await.status, StatusCode::OK);
    world.province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_out_is_out() {
    let world = world().await;
    let mut browser = Browser::default();
    browser.sign_in(&world, KNOWN).await.to();
    let signed_in = browser.clone();
    let out = browser.send(&world, Method::POST, "/logout", &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!((out.status, browser.cookie.as_ref()), (StatusCode::OK, None), "{}", out.text);
    assert!(signed_in.clone().get(&world, PAGE).await.to().starts_with("/login"), "the old cookie opens nothing");
    world.province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_whom_nobody_entered_is_not_let_in() {
    let world = world().await;
    let mut browser = Browser::default();
    let refused = browser.sign_in(&world, "person-8").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("person-8") && refused.text.contains("web.openid.people"), "{}", refused.text);
    assert!(browser.get(&world, PAGE).await.to().starts_with("/login"));
    world.province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_no_member_of_the_directory_reads_nothing_whatever_the_provider_says() {
    let world = world().await;
    let mut stranger = Browser::default();
    assert_eq!(stranger.sign_in(&world, NO_MEMBER).await.to(), PAGE);
    let refused = stranger.get(&world, PAGE).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("MEMBER_UNKNOWN"), "{}", refused.text);

    // A session does not outlive the membership.
    let mut browser = Browser::default();
    browser.sign_in(&world, KNOWN).await.to();
    assert_eq!(browser.get(&world, PAGE).await.status, StatusCode::OK);
    let suspend = |document: &mut Document| {
        document.members.iter_mut().find(|member| member.principal.as_str() == evaluator_id()).unwrap().suspended =
            true;
    };
    world.province.identities().publish(suspend).unwrap();
    let refused = until("the directory without the member", async || {
        let got = browser.clone().get(&world, PAGE).await;
        Ok((got.status == StatusCode::FORBIDDEN).then_some(got))
    });
    assert!(refused.await.unwrap().text.contains("MEMBER_UNKNOWN"));
    world.province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_fit_the_sign_in_lets_nobody_in() {
    let world = world().await;
    for lie in [Lie::Nonce, Lie::Key, Lie::Audience, Lie::Over, Lie::Issuer, Lie::Unsigned] {
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
    // A code that was meant for another sign-in: who has it does not know what its challenge was made of.
    let (mut theirs, mut browser) = (Browser::default(), Browser::default());
    let code = |back: &str| back.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    let their_back = world.provider.agree(&theirs.begin(&world).await, KNOWN, Lie::None);
    let back = world.provider.agree(&browser.begin(&world).await, KNOWN, Lie::None);
    let mixed = back.replace(&code(&back), &code(&their_back));
    assert_eq!(browser.finish(&world, &mixed).await.status, StatusCode::BAD_GATEWAY);
    // The person said no.
    let mut browser = Browser::default();
    let back = world.provider.agree(&browser.begin(&world).await, KNOWN, Lie::None);
    let refused = back.replace("code=", "error=access_denied&was=");
    assert_eq!(browser.finish(&world, &refused).await.status, StatusCode::BAD_REQUEST);
    world.province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_leads_to_a_page_of_ours_and_nowhere_else() {
    let world = world().await;
    for wanted in ["https://elsewhere.example/", "//elsewhere.example/", "/%5Celsewhere.example/", "/%0D%0Ax: y"] {
        let mut browser = Browser::default();
        let asked = browser.get(&world, &format!("/login?to={}", wanted.replace(' ', "%20"))).await.to().to_owned();
        let back = world.provider.agree(&asked, KNOWN, Lie::None);
        assert_eq!(browser.finish(&world, &back).await.to(), "/", "{wanted}");
    }
    world.province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_goes_on_working_beside_the_provider() {
    let world = world().await;
    let identities = world.province.identities();
    let page = get(&world.province, &identities, Some(&evaluator_id()), PAGE).await.unwrap();
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(
        page.text.contains(&evaluator_id()) && !page.text.contains("action=\"/logout\""),
        "there is no session to end"
    );
    let others = Identities::new().unwrap();
    let foreign = get(&world.province, &others, Some(&evaluator_id()), PAGE).await;
    assert!(foreign.is_none(), "another authority's certificate is no stranger: it is refused");
    world.province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_another_authority_certified_or_that_answers_without_end_is_not_believed() {
    let others = Identities::new().unwrap();
    let ca = others.service(AGGREGATOR).unwrap().ca;
    let world = world_with(|openid| openid.ca = ca).await;
    let refused = Browser::default().get(&world, "/login").await;
    assert_eq!(refused.status, StatusCode::BAD_GATEWAY, "{}", refused.text);
    world.province.end().await.unwrap();

    let world = self::world().await;
    world.provider.flood();
    assert_eq!(Browser::default().get(&world, "/login").await.status, StatusCode::BAD_GATEWAY);
    world.province.end().await.unwrap();
}
