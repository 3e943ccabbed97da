//! A connection to one node, as one caller.

use std::{fs, io, path::Path, time::Duration};

use contracts::log::v1::log_service_client::LogServiceClient;
use domain::{Lang, Text};
use ledger::{KeyError, RequestSigner};
use tonic::transport::{self, Certificate, ClientTlsConfig};

use crate::{
    channel::{Channel, layered},
    retry::Retry,
};

/// The largest answer that is taken: one log entry may be an upload of 64 MiB.
pub const MAX_ANSWER_BYTES: usize = 66 * 1024 * 1024;

const USER_AGENT: &str = concat!("wufei-client/", env!("CARGO_PKG_VERSION"));

/// Where a node is, and the name that its certificate must carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `https://host:port`.
    pub address: String,
    /// A DNS name or an IP address among the alternative names of the node's certificate. Give [`server_name`] of the
    /// department, so that no other department's certificate is taken for it.
    pub server_name: String,
}

/// The DNS name that the certificate of a department's node carries whatever its address: `ecology.wufei.internal`.
/// `.internal` is reserved for private use and never resolved on the internet (ICANN resolution 2024.07.29.06).
#[must_use]
pub fn server_name(department: &str) -> String {
    format!("{department}.wufei.internal")
}

/// Who calls: the authority that we trust, our certificate and its key, all PEM.
#[derive(Clone)]
pub struct Identity {
    ca: Vec<u8>,
    cert: Vec<u8>,
    key: Vec<u8>,
}

impl Identity {
    /// An identity from PEM texts.
    pub fn from_pem(ca: impl Into<Vec<u8>>, cert: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        Self { ca: ca.into(), cert: cert.into(), key: key.into() }
    }

    /// An identity from PEM files.
    ///
    /// # Errors
    /// [`ConnectError::Unreadable`] names the file.
    pub fn from_files(ca: &Path, cert: &Path, key: &Path) -> Result<Self, ConnectError> {
        let read = |path: &Path| {
            fs::read(path).map_err(|source| ConnectError::Unreadable { file: path.display().to_string(), source })
        };
        Ok(Self { ca: read(ca)?, cert: read(cert)?, key: read(key)? })
    }
}

/// Shows nothing of the key.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// How to call.
#[derive(Clone, Debug)]
pub struct Options {
    /// Language of the error texts of the node.
    pub lang: Lang,
    /// Deadline of a call that sets none itself. Streams have none.
    pub deadline: Duration,
    /// How long reaching the node may take.
    pub connect_timeout: Duration,
    /// How often a ping is sent when nothing else happens; it finds out that a node has vanished.
    pub keepalive: Duration,
    /// How long the answer to a ping may take.
    pub keepalive_timeout: Duration,
    /// What is tried again in [`Connection::call_json`].
    pub retry: Retry,
    /// Signs every unary write over exactly the bytes that are sent; see [`crate::read_signing_key`].
    pub signer: Option<RequestSigner>,
    /// 使用目的: the purpose of every call, word for word as in the grant that it rests on.
    pub purpose: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lang: Lang::Zh,
            deadline: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            keepalive: Duration::from_secs(20),
            keepalive_timeout: Duration::from_secs(10),
            retry: Retry::default(),
            signer: None,
            purpose: None,
        }
    }
}

/// Why a connection cannot be set up. Whether the node can be reached shows at the first call.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A file of the identity cannot be read.
    #[error("cannot read {file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file holds no signing key.
    #[error("{file} is no signing key: {source}")]
    SigningKey {
        /// The file.
        file: String,
        /// Why.
        source: KeyError,
    },
    /// The address is not `https://host:port`.
    #[error("`{address}` is not an address of the form https://host:port")]
    Address {
        /// The address.
        address: String,
    },
    /// The certificates or the key are not PEM, or do not belong together.
    #[error("the certificate, its key or the authority's certificate cannot be used")]
    Tls(#[source] transport::Error),
}

impl ConnectError {
    /// What happened, for people.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Unreadable { file, source } => {
                let kind = source.kind();
                Text::new(
                    format!("无法读取 {file}（{kind}），请检查路径和权限"),
                    format!("cannot read {file} ({kind}); check the path and its permissions"),
                )
            }
            Self::SigningKey { file, source } => Text::new(
                format!("{file} 不是签名私钥（PKCS#8 PEM，Ed25519 或 SM2），请用 wufei pki 生成的 .sign.key 文件"),
                format!("{file} is no signing key ({source}); give the .sign.key file that wufei pki made"),
            ),
            Self::Address { address } => Text::new(
                format!("地址 {address} 有误，写法为 https://主机:端口"),
                format!("the address {address} is wrong; write https://host:port"),
            ),
            Self::Tls(_) => Text::new(
                "证书、私钥或颁发机构证书无法使用，请检查是否为PEM格式、私钥与证书是否对应",
                "the certificate, its key or the authority's certificate cannot be used; check that they are PEM and belong \
                 together",
            ),
        }
    }
}

/// A connection to one node as one caller. It is made when the first call needs it, and again after it broke. Clones share
/// it.
#[derive(Clone, Debug)]
pub struct Connection {
    endpoint: Endpoint,
    channel: Channel,
    retry: Retry,
}

impl Connection {
    /// Sets up a connection; nothing is sent before the first call. Must run inside a tokio runtime.
    ///
    /// # Errors
    /// [`ConnectError`] when the address or the identity cannot be used.
    pub fn connect(endpoint: Endpoint, identity: &Identity, options: &Options) -> Result<Self, ConnectError> {
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(&identity.ca))
            .identity(transport::Identity::from_pem(&identity.cert, &identity.key))
            .domain_name(&endpoint.server_name);
        let transport = transport(&endpoint, options)?.tls_config(tls).map_err(ConnectError::Tls)?;
        let channel = layered(transport.connect_lazy(), options);
        Ok(Self { endpoint, channel, retry: options.retry })
    }

    /// The channel, for any generated client of `contracts`.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The log of the node, set up for its largest entries.
    #[must_use]
    pub fn log(&self) -> LogServiceClient<Channel> {
        LogServiceClient::new(self.channel()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    /// Where it goes.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What is tried again.
    #[must_use]
    pub fn retry(&self) -> &Retry {
        &self.retry
    }
}

fn transport(endpoint: &Endpoint, options: &Options) -> Result<transport::Endpoint, ConnectError> {
    let wrong = || ConnectError::Address { address: endpoint.address.clone() };
    let parsed = transport::Endpoint::from_shared(endpoint.address.clone())
        .and_then(|parsed| parsed.user_agent(USER_AGENT))
        .map_err(|_| wrong())?;
    // Plain text would show every figure and let anybody answer.
    if parsed.uri().scheme_str() != Some("https") || parsed.uri().host().is_none() {
        return Err(wrong());
    }
    Ok(parsed
        .connect_timeout(options.connect_timeout)
        .http2_keep_alive_interval(options.keepalive)
        .keep_alive_timeout(options.keepalive_timeout)
        .keep_alive_while_idle(true)
        .tcp_nodelay(true))
}
