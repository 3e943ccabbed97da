//! A person with a browser and a client certificate.

use std::{net::SocketAddr, sync::Arc};

use http::{HeaderMap, Request, StatusCode, request::Builder};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use scraper::{Html, Selector};
use testkit::Province;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    },
};

/// What stands between the parts of a form with files.
const BOUNDARY: &str = "----wufei-test-boundary";

/// A browser of one person.
pub(crate) struct Browser {
    address: SocketAddr,
    host: String,
    tls: TlsConnector,
}

/// What came back.
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    pub(crate) text: String,
}

impl Got {
    pub(crate) fn html(&self) -> Html {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        Html::parse_document(&self.text)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {} {}", self.status, self.text)).to_str().unwrap()
    }
}

impl Browser {
    /// Of this person, at the pages of a service.
    pub(crate) fn of(province: &Province, service: &str, principal: &str) -> Self {
        let (ca, pair) = province.identities().caller_pem(principal).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
        let chain = CertificateDer::pem_slice_iter(pair.cert_pem.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_slice(pair.key_pem.as_bytes()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots).with_client_auth_cert(chain, key).unwrap();
        let address = province.pages_of(service).unwrap();
        Self { address, host: client::server_name(service), tls: TlsConnector::from(Arc::new(config)) }
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.send(Request::get(path), Vec::new()).await
    }

    /// Sends a form with the token of this person.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Got {
        self.post_with(&self.token().await, path, fields).await
    }

    pub(crate) async fn post_with(&self, token: &str, path: &str, fields: &[(&str, &str)]) -> Got {
        let fields = [("token", token)].into_iter().chain(fields.iter().copied());
        let body: Vec<String> = fields.map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.send(request, body.join("&").into_bytes()).await
    }

    /// Sends a workbook with the token of this person.
    pub(crate) async fn upload(&self, path: &str, fields: &[(&str, &str)], name: &str, bytes: &[u8]) -> Got {
        self.upload_with(&self.token().await, path, fields, name, bytes).await
    }

    pub(crate) async fn upload_with(
        &self,
        token: &str,
        path: &str,
        fields: &[(&str, &str)],
        name: &str,
        bytes: &[u8],
    ) -> Got {
        self.multipart(token, path, fields, Some(("book", name, bytes))).await
    }

    /// Sends a form that may have a file, with the token of this person.
    pub(crate) async fn post_with_file(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        file: Option<(&str, &str, &[u8])>,
    ) -> Got {
        self.multipart(&self.token().await, path, fields, file).await
    }

    /// Sends a form with the token of a page that this person has before them.
    pub(crate) async fn post_from(
        &self,
        page: &Html,
        path: &str,
        fields: &[(&str, &str)],
        file: Option<(&str, &str, &[u8])>,
    ) -> Got {
        self.multipart(&attribute(page, "input[name=token]", "value"), path, fields, file).await
    }

    async fn multipart(
        &self,
        token: &str,
        path: &str,
        fields: &[(&str, &str)],
        file: Option<(&str, &str, &[u8])>,
    ) -> Got {
        let mut body = Vec::new();
        for (name, value) in [("token", token)].into_iter().chain(fields.iter().copied()) {
            let part = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        if let Some((field, name, bytes)) = file {
            let head = format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
                 content-type: application/octet-stream\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let request = Request::post(path).header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"));
        self.send(request, body).await
    }

    /// The token of this person's forms: on the first page, or where there is no form for them, of a page to sign.
    pub(crate) async fn token(&self) -> String {
        let to_sign = [0, 1, 2].map(|index| format!("/submissions/{index}/endorse?verdict=approved"));
        for path in ["/".to_owned(), "/texts/new".to_owned()].iter().chain(&to_sign) {
            let page = Html::parse_document(&self.get(path).await.text);
            if let Some(token) = attributes(&page, "input[name=token]", "value").pop() {
                return token;
            }
        }
        self.token_of_nothing()
    }

    /// What is no token.
    pub(crate) fn token_of_nothing(&self) -> String {
        "00".repeat(32)
    }

    async fn send(&self, request: Builder, body: Vec<u8>) -> Got {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from(self.host.clone()).unwrap();
        let stream = self.tls.connect(name, stream).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let request = request.header("host", &self.host).header("sec-fetch-site", "same-origin");
        let request = request.header("connection", "close").body(Full::new(bytes::Bytes::from(body))).unwrap();
        let answer = async {
            let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
            let bytes = body.collect().await.unwrap().to_bytes().to_vec();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Got { status: parts.status, headers: parts.headers, bytes, text }
        };
        // How the connection ends does not matter: the answer is there.
        tokio::join!(answer, connection).0
    }
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// The texts of the elements, spaces in them made one.
pub(crate) fn all(html: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    let found = html.select(&selector);
    found.map(|element| element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The text of the first element.
pub(crate) fn one(html: &Html, selector: &str) -> String {
    all(html, selector).into_iter().next().unwrap_or_else(|| panic!("no {selector} in {}", html.html()))
}

/// An attribute of the elements that have it.
pub(crate) fn attributes(html: &Html, selector: &str, name: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    html.select(&selector).filter_map(|element| element.value().attr(name)).map(str::to_owned).collect()
}

/// An attribute of the first element.
pub(crate) fn attribute(html: &Html, selector: &str, name: &str) -> String {
    attributes(html, selector, name).into_iter().next().unwrap_or_else(|| panic!("no {name} at {selector}"))
}
