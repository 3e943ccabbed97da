//! Calls by name and messages as proto JSON, through the contracts' own descriptors: a new method needs no code here.

use futures_util::{Stream, StreamExt as _};
use http::uri::PathAndQuery;
use prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor, ReflectMessage as _};
use serde_json::Value;
use tonic::{Request, client::Grpc};

use crate::{
    codec::DynamicCodec,
    connect::{Connection, MAX_ANSWER_BYTES},
    contract,
    error::{CallError, JsonFault},
};

impl Connection {
    /// Calls a unary method `package.Service/Method` with a request as proto JSON; unset fields are left out of the answer.
    /// A call that only reads, or that carries a request id, is tried again after a passing failure.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call_json(&self, method: &str, request: Value) -> Result<Value, CallError> {
        let method = contract::method(method)?;
        if method.is_server_streaming() || method.is_client_streaming() {
            return Err(other_kind(&method, "is a stream"));
        }
        let request = from_value(method.input(), request)?;
        let answer = if may_repeat(&method, &request) {
            self.retry().run(|| self.unary(&method, request.clone())).await?
        } else {
            self.unary(&method, request).await?
        };
        to_value(&answer)
    }

    /// Calls a server-streaming method and returns its messages as proto JSON. The stream is not started again after a
    /// failure: whoever reads it knows the cursor to go on from.
    ///
    /// # Errors
    /// [`CallError`], at the start or as the last item of the stream.
    pub async fn stream_json(
        &self,
        method: &str,
        request: Value,
    ) -> Result<impl Stream<Item = Result<Value, CallError>> + Send + Unpin + use<>, CallError> {
        let method = contract::method(method)?;
        if !method.is_server_streaming() || method.is_client_streaming() {
            return Err(other_kind(&method, "is no stream of answers"));
        }
        let request = Request::new(from_value(method.input(), request)?);
        let mut grpc = self.grpc();
        grpc.ready().await?;
        let codec = DynamicCodec { answer: method.output() };
        let messages = grpc.server_streaming(request, path(&method)?, codec).await?.into_inner();
        Ok(messages.map(|message| to_value(&message?)))
    }

    async fn unary(&self, method: &MethodDescriptor, request: DynamicMessage) -> Result<DynamicMessage, CallError> {
        let mut grpc = self.grpc();
        grpc.ready().await?;
        let codec = DynamicCodec { answer: method.output() };
        Ok(grpc.unary(Request::new(request), path(method)?, codec).await?.into_inner())
    }

    fn grpc(&self) -> Grpc<crate::Channel> {
        Grpc::new(self.channel()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }
}

/// The exact bytes that [`Connection::call_json`] sends for a request of this method: what is to be signed elsewhere.
///
/// # Errors
/// [`CallError::UnknownMethod`], or [`CallError::Json`] that names the faulty value.
pub fn request_bytes(method: &str, request: Value) -> Result<Vec<u8>, CallError> {
    let method = contract::method(method)?;
    Ok(from_value(method.input(), request)?.encode_to_vec())
}

/// A typed message as proto JSON; unset fields are left out. `type_name` is its full name, `wufei.evaluation.v1.Report`.
///
/// # Errors
/// [`CallError::UnknownMessage`], or [`CallError::Json`] when the message is of another type.
pub fn to_json<M: Message>(type_name: &str, message: &M) -> Result<Value, CallError> {
    let bytes = message.encode_to_vec();
    let dynamic = DynamicMessage::decode(contract::message(type_name)?, bytes.as_slice());
    to_value(&dynamic.map_err(|error| fault(type_name, &error))?)
}

/// A typed message from proto JSON. Unknown fields are refused.
///
/// # Errors
/// [`CallError::UnknownMessage`], or [`CallError::Json`] that names the faulty value.
pub fn from_json<M: Message + Default>(type_name: &str, json: Value) -> Result<M, CallError> {
    let dynamic = from_value(contract::message(type_name)?, json)?;
    M::decode(dynamic.encode_to_vec().as_slice()).map_err(|error| fault(type_name, &error))
}

fn from_value(descriptor: MessageDescriptor, json: Value) -> Result<DynamicMessage, CallError> {
    let mut track = serde_path_to_error::Track::new();
    let reader = serde_path_to_error::Deserializer::new(json, &mut track);
    DynamicMessage::deserialize(descriptor, reader).map_err(|error| fault(&track.path().to_string(), &error))
}

fn to_value(message: &DynamicMessage) -> Result<Value, CallError> {
    serde_json::to_value(message).map_err(|error| fault(message.descriptor().full_name(), &error))
}

fn fault(path: &str, error: &dyn std::error::Error) -> CallError {
    CallError::Json(JsonFault { path: path.to_owned(), what: error.to_string() })
}

fn other_kind(method: &MethodDescriptor, kind: &'static str) -> CallError {
    CallError::OtherKind { method: full_name(method), kind }
}

fn full_name(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}

fn path(method: &MethodDescriptor) -> Result<PathAndQuery, CallError> {
    let name = full_name(method);
    PathAndQuery::try_from(format!("/{name}")).map_err(|_| CallError::UnknownMethod { method: name })
}

/// Whether the same call may be sent twice: its request id makes the second one a replay, or it only reads. In the contracts
/// every write has a request id.
fn may_repeat(method: &MethodDescriptor, request: &DynamicMessage) -> bool {
    match method.input().get_field_by_name("request_id") {
        Some(field) => request.has_field(&field),
        None => contract::reads(method),
    }
}
