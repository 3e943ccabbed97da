//! Calls from inside this process for a person that something else let in, for example the pages of the aggregator.
//!
//! They go through the same layers as calls over a connection: the directory is asked whether the person is a member, the
//! policies whether they may, the rows are those that they see, and the read is recorded in the audit log. Only how the person
//! was found out differs.

use std::{convert::Infallible, fmt, time::Duration};

use bytes::{Buf as _, BufMut as _, Bytes};
use contracts::log::v1::Signature;
use domain::Lang;
use http::{Response, uri::PathAndQuery};
use policy::Principal;
use prost::Message as _;
use tonic::{
    Request, Status,
    body::Body,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::MetadataValue,
};
use tower::{Service, util::BoxCloneSyncService};

use crate::{
    access::{Access, Asked},
    layers::{FromInside, SIGNATURE},
    status,
    tls::Peer,
};

/// How long an answer may take; longer ones are of no use to somebody who looks at a page.
const DEADLINE: Duration = Duration::from_secs(20);
/// The largest message that is taken.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// The services of this process with their layers. Clones share them.
#[derive(Clone)]
pub struct Inside {
    stack: BoxCloneSyncService<http::Request<Body>, Response<Body>, Infallible>,
    access: Access,
}

/// A person that was let in, by the identity of their certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person(Peer);

/// A certificate that names nobody.
#[derive(Debug, thiserror::Error)]
#[error("证书不含合格的身份（{0}） / the certificate carries no identity ({0})")]
pub struct Nobody(String);

impl Person {
    /// The person of a certificate in DER form, which the caller has verified or trusts.
    ///
    /// # Errors
    /// When the certificate carries no identity of this system.
    pub fn of_certificate(leaf: &[u8]) -> Result<Self, Nobody> {
        Peer::of(leaf).map(Self).map_err(|why| Nobody(why.to_string()))
    }

    /// The person that a session was made for.
    ///
    /// # Errors
    /// When it is no identity of this system.
    pub fn of(principal: &str, fingerprint: &str) -> Result<Self, Nobody> {
        let principal = Principal::parse(principal).map_err(|why| Nobody(why.to_string()))?;
        Ok(Self(Peer { principal, fingerprint: fingerprint.to_owned() }))
    }

    /// The same from a PEM text.
    ///
    /// # Errors
    /// As [`Self::of_certificate`].
    pub fn of_pem(text: &str) -> Result<Self, Nobody> {
        let info = pki::CertificateInfo::from_pem(text).map_err(|why| Nobody(why.to_string()))?;
        let principal = Principal::parse(&info.spiffe_id).map_err(|why| Nobody(why.to_string()))?;
        Ok(Self(Peer { principal, fingerprint: info.fingerprint }))
    }

    /// The SPIFFE identity.
    #[must_use]
    pub fn principal(&self) -> String {
        self.0.principal.to_string()
    }

    /// SHA-256 of the certificate, lower-case hex.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.0.fingerprint
    }
}

impl Inside {
    pub(crate) fn new<S>(stack: S, access: Access) -> Self
    where
        S: Service<http::Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        Self { stack: BoxCloneSyncService::new(stack), access }
    }

    /// Whether the person is a member who may call a method now. Nothing is recorded: it says what a page offers, and decides
    /// nothing.
    #[must_use]
    pub fn allows(&self, person: &Person, lang: Lang, method: &str) -> bool {
        let Peer { principal, fingerprint } = person.0.clone();
        let asked = Asked { principal, fingerprint, method: method.to_owned(), purpose: None };
        self.access.admit(asked, lang).is_ok()
    }

    /// Refuses who may not call a method now. The refusal comes from the layers, as that of a call with nothing in it, so it is
    /// recorded like every other.
    ///
    /// # Errors
    /// What the directory or the policies refuse.
    pub async fn may(&self, person: &Person, lang: Lang, method: &str) -> Result<(), Status> {
        if self.allows(person, lang, method) {
            return Ok(());
        }
        self.call(person, lang, method, Bytes::new()).await.map(drop)
    }

    /// Calls a method that writes, with the caller's signature over the exact bytes of the message.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn write(
        &self,
        person: &Person,
        lang: Lang,
        method: &str,
        message: Bytes,
        signature: &Signature,
    ) -> Result<Bytes, Status> {
        let (mut request, path) = request(person, lang, method, message)?;
        let value = MetadataValue::from_bytes(&signature.encode_to_vec());
        request.metadata_mut().insert_bin(SIGNATURE, value);
        let mut client = self.client();
        let Ok(()) = client.ready().await;
        Ok(client.unary(request, path, Plain).await?.into_inner())
    }

    /// Calls a method with one answer: `/service/method`, the message as it is on the wire, and so the answer.
    ///
    /// # Errors
    /// Whatever a caller over a connection would be told.
    pub async fn call(&self, person: &Person, lang: Lang, method: &str, message: Bytes) -> Result<Bytes, Status> {
        let (request, path) = request(person, lang, method, message)?;
        let mut client = self.client();
        let Ok(()) = client.ready().await;
        Ok(client.unary(request, path, Plain).await?.into_inner())
    }

    /// Calls a method that answers with a stream which ends by itself; the answers in their order.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn collect(
        &self,
        person: &Person,
        lang: Lang,
        method: &str,
        message: Bytes,
    ) -> Result<Vec<Bytes>, Status> {
        let (request, path) = request(person, lang, method, message)?;
        let mut client = self.client();
        let Ok(()) = client.ready().await;
        let mut stream = client.server_streaming(request, path, Plain).await?.into_inner();
        let mut answers = Vec::new();
        while let Some(answer) = stream.message().await? {
            answers.push(answer);
        }
        Ok(answers)
    }

    fn client(&self) -> Grpc<BoxCloneSyncService<http::Request<Body>, Response<Body>, Infallible>> {
        Grpc::new(self.stack.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }
}

impl fmt::Debug for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inside").finish_non_exhaustive()
    }
}

fn request(
    person: &Person,
    lang: Lang,
    method: &str,
    message: Bytes,
) -> Result<(Request<Bytes>, PathAndQuery), Status> {
    let mut request = Request::new(message);
    request.set_timeout(DEADLINE);
    let spoken = match lang {
        Lang::Zh => "zh-CN",
        Lang::En => "en",
    };
    request.metadata_mut().insert("accept-language", MetadataValue::from_static(spoken));
    request.extensions_mut().insert(FromInside(person.0.clone()));
    let path = PathAndQuery::try_from(method).map_err(|error| status::internal(&error, lang))?;
    Ok((request, path))
}

/// Messages as the bytes that they are.
#[derive(Clone, Copy, Debug)]
struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
