//! One request: who looks, in which language; and the rules that hold for every answer.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use bytes::Bytes;
use domain::{Lang, Text};
use percent_encoding::{AsciiSet, utf8_percent_encode};
use prost::Message as _;

use crate::{
    address::UNRESERVED,
    answer,
    pages::Kept,
    port::{Call, Refusal, RefusalKind, SharedSource, Visitor},
    settings::{LOGIN, Settings, SignIn},
    shell::{Here, Shell},
};

/// Everything a page may load: its own style sheet, scripts and pictures. The digest is that of no text at all: plotly.js adds an empty
/// style element and puts its rules in by the object model, which scripts of ours may do; an element with rules stays forbidden. A picture
/// of a chart is made from a `blob:` of the page itself.
const POLICY: &str = "default-src 'none'; style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; \
                      script-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";
/// What is escaped of a path that is a value of a query: all but the unreserved characters (RFC 3986 §2.3) and the slash.
const PATH_IN_QUERY: AsciiSet = UNRESERVED.remove(b'/');
/// The cookie of the language; it says nothing else, so scripts could read it, but none has to.
const LANGUAGE_COOKIE: &str = "lang";

/// What all handlers share.
#[derive(Clone, Debug)]
pub(crate) struct Site(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    source: SharedSource,
    public: Kept,
    /// Whether these are the pages of a department's clerks, which have a navigation of their own.
    clerks: bool,
    /// The way to write, where pages write.
    #[cfg(feature = "writing")]
    writing: Option<crate::writing::Writing>,
}

impl Site {
    pub(crate) fn new(settings: Settings, source: SharedSource) -> Self {
        Self(Arc::new(Inner {
            settings,
            source,
            public: Kept::default(),
            clerks: false,
            #[cfg(feature = "writing")]
            writing: None,
        }))
    }

    /// Of pages that write, or of the clerks'.
    #[cfg(feature = "writing")]
    pub(crate) fn writing(
        settings: Settings,
        source: SharedSource,
        writing: crate::writing::Writing,
        clerks: bool,
    ) -> Self {
        Self(Arc::new(Inner { settings, source, public: Kept::default(), clerks, writing: Some(writing) }))
    }

    /// Whether there are pages that write.
    fn writes(&self) -> bool {
        #[cfg(feature = "writing")]
        return self.0.writing.is_some();
        #[cfg(not(feature = "writing"))]
        false
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn public(&self) -> &Kept {
        &self.0.public
    }

    pub(crate) fn source(&self) -> &SharedSource {
        &self.0.source
    }
}

/// A request of a visitor.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) site: Site,
    pub(crate) visitor: Visitor,
    pub(crate) lang: Lang,
    uri: Uri,
}

impl FromRequestParts<Site> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let lang = language(&parts.uri, &parts.headers);
        let visitor = match &site.settings().sign_in {
            SignIn::Everybody(visitor) => Some(visitor.clone()),
            SignIn::ByConnection | SignIn::BySession => parts.extensions.get::<Visitor>().cloned(),
        };
        let Some(visitor) = visitor else {
            if site.settings().sign_in == SignIn::BySession {
                return Err(sign_in(&parts.uri));
            }
            let text =
                Text::new("请用本系统签发的客户端证书访问", "come with a client certificate that this system issued");
            return Err(answer::plain(StatusCode::UNAUTHORIZED, text.get(lang)));
        };
        Ok(Self { site: site.clone(), visitor, lang, uri: parts.uri.clone() })
    }
}

impl Visit {
    /// A request of whoever looks at the public page; none when there is no such page. Who it is makes no difference.
    pub(crate) fn of_public(site: &Site, parts: &Parts) -> Option<Self> {
        let visitor = site.settings().public.clone()?;
        Some(Self { site: site.clone(), visitor, lang: language(&parts.uri, &parts.headers), uri: parts.uri.clone() })
    }

    /// Asks the services in the name of the visitor.
    pub(crate) async fn ask<C: Call>(&self, message: C) -> Result<C::Answer, Refusal> {
        let bytes = Bytes::from(message.encode_to_vec());
        let answer = self.site.source().call(&self.visitor, self.lang, C::METHOD, bytes).await?;
        C::Answer::decode(answer).map_err(|error| self.fault(&error))
    }

    /// Asks for a file that comes in pieces.
    pub(crate) async fn collect<M, A>(&self, method: &'static str, message: &M) -> Result<Vec<A>, Refusal>
    where
        M: prost::Message,
        A: prost::Message + Default,
    {
        let bytes = Bytes::from(message.encode_to_vec());
        let pieces = self.site.source().collect(&self.visitor, self.lang, method, bytes).await?;
        pieces.into_iter().map(|piece| A::decode(piece).map_err(|error| self.fault(&error))).collect()
    }

    /// What the operator set.
    pub(crate) fn settings(&self) -> &Settings {
        self.site.settings()
    }

    /// Whether a page of ours writes by this method, and the policies let the visitor. It says what a page offers, and decides
    /// nothing.
    pub(crate) fn may_write(&self, method: &'static str) -> bool {
        #[cfg(feature = "writing")]
        return self
            .site
            .0
            .writing
            .as_ref()
            .is_some_and(|writing| writing.writer().allows(&self.visitor, self.lang, method));
        #[cfg(not(feature = "writing"))]
        {
            let _unused = method;
            false
        }
    }

    /// What every page has.
    pub(crate) fn shell(&self, here: Here, title: Text) -> Shell {
        Shell {
            lang: self.lang,
            synthetic: self.site.settings().synthetic,
            clerks: self.site.0.clerks,
            writes: self.site.writes(),
            here,
            title,
            visitor: self.visitor.principal.clone(),
            session: self.visitor.session,
            path: self.uri.path_and_query().map_or_else(|| "/".to_owned(), |path| path.as_str().to_owned()),
            kept: None,
        }
    }

    fn fault(&self, error: &prost::DecodeError) -> Refusal {
        tracing::error!(%error, "an answer is not of the contract's type");
        let text = Text::new("答复无法解读", "the answer cannot be read");
        Refusal { kind: RefusalKind::Fault, reason: "INTERNAL".to_owned(), text: text.get(self.lang).to_owned() }
    }
}

/// To the sign-in, and from there back.
fn sign_in(wanted: &Uri) -> Response {
    let wanted = wanted.path_and_query().map_or("/", |path| path.as_str());
    let escaped = utf8_percent_encode(wanted, &PATH_IN_QUERY);
    Redirect::to(&format!("{LOGIN}?to={escaped}")).into_response()
}

/// Whether a request that may change something comes from a page of ours: no page from elsewhere can send one in the name of its
/// visitor (CSRF), whether the browser states the site or the origin.
fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    origin.is_some_and(|(_, authority)| Some(authority) == text(header::HOST))
}

/// The language of a request: what the address asks for, else what was chosen before, else Chinese.
fn language(uri: &Uri, headers: &HeaderMap) -> Lang {
    asked_language(uri).or_else(|| cookie(headers, LANGUAGE_COOKIE).and_then(parse_language)).unwrap_or_default()
}

fn asked_language(uri: &Uri) -> Option<Lang> {
    let mut pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| *name == "lang").and_then(|(_, value)| parse_language(value))
}

fn parse_language(text: &str) -> Option<Lang> {
    match text {
        "zh" => Some(Lang::Zh),
        "en" => Some(Lang::En),
        _ => None,
    }
}

/// The value of a cookie.
fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// Rules of every request and answer: who may ask at all, what the browser may do with the answer, which language was chosen.
pub(crate) async fn rules(State(site): State<Site>, request: Request, next: Next) -> Response {
    let everybody = matches!(site.settings().sign_in, SignIn::Everybody(_));
    let chosen = asked_language(request.uri());
    let mut response = match refusal(everybody, &request) {
        Some(refused) => refused,
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    let mut set = |name: header::HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CACHE_CONTROL, "no-store");
    set(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if !everybody {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if let Some(lang) = chosen {
        let chosen = match lang {
            Lang::Zh => "lang=zh; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
            Lang::En => "lang=en; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
        };
        headers.append(header::SET_COOKIE, HeaderValue::from_static(chosen));
    }
    response
}

/// Why a request goes no further, if so.
fn refusal(everybody: bool, request: &Request) -> Option<Response> {
    let lang = language(request.uri(), request.headers());
    if everybody && !is_this_machine(request.headers()) {
        let text = Text::new("本页面只在本机使用", "these pages are for this machine only");
        return Some(answer::plain(StatusCode::MISDIRECTED_REQUEST, text.get(lang)));
    }
    if !request.method().is_safe() && !is_from_here(request.headers()) {
        let text = Text::new("请求不是本站页面发出的", "the request does not come from a page of this site");
        return Some(answer::plain(StatusCode::FORBIDDEN, text.get(lang)));
    }
    None
}

/// Whether the request was sent to a loopback name.
fn is_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name =
        host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |(n, _)| n);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

impl axum::response::IntoResponse for Refused {
    fn into_response(self) -> Response {
        answer::refused(self)
    }
}

/// A refusal on its way to the visitor.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) shell: Shell,
    pub(crate) refusal: Refusal,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_pages_of_this_site_send_what_may_change_something() {
        let here = ("host", "wufei.example:7443");
        for (sent, expected) in [
            (&[here, ("sec-fetch-site", "same-origin")][..], true),
            (&[here, ("sec-fetch-site", "same-site"), ("origin", "https://wufei.example:7443")], false),
            (&[here, ("origin", "https://wufei.example:7443")], true),
            (&[here, ("origin", "https://elsewhere.example")], false),
            (&[here, ("origin", "null")], false),
            (&[here], false),
        ] {
            assert_eq!(is_from_here(&headers(sent)), expected, "{sent:?}");
        }
    }

    #[test]
    fn the_page_that_was_wanted_goes_along_to_the_sign_in() {
        let response = sign_in(&Uri::from_static("/runs/1?city=140100&value=60"));
        let to = response.headers().get(header::LOCATION).unwrap();
        assert_eq!(to, "/login?to=/runs/1%3Fcity%3D140100%26value%3D60");
    }
}
