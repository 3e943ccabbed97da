//! Reads the request message within its limit, and keeps its exact bytes for the log when the method writes.
//!
//! A message travels as a flag byte, its length in four bytes and its bytes (gRPC over HTTP/2, "Length-Prefixed-Message").
//! The length is checked before anything is decoded, so that an oversized message costs no memory and is refused with a
//! reason that a program understands.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use domain::{DomainError, Lang, Reason, Text, Violation};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use policy::Access;
use tonic::{Status, body::Body};

use super::{
    refused,
    stage::{Handle, Next},
};
use crate::{
    caller::{self, RawRequest},
    served::Served,
    status,
};

/// How the messages of a call are compressed.
const ENCODING: &str = "grpc-encoding";
/// Flag and length.
const PREFIX: usize = 5;

#[derive(Clone, Debug)]
pub(super) struct Stage {
    served: Arc<Served>,
    limit: usize,
}

impl Stage {
    pub(super) fn new(served: Arc<Served>, limit: usize) -> Self {
        Self { served, limit }
    }
}

impl Handle for Stage {
    async fn handle(self, request: Request<Body>, next: Next) -> Response<Body> {
        let Some(method) = self.served.get(request.uri().path()) else { return next.run(request).await };
        let lang = caller::lang(request.headers());
        if request.headers().get(ENCODING).is_some_and(|encoding| encoding != "identity") {
            return super::refuse(&compressed(), lang);
        }
        if !method.shape.one_request() {
            let limited =
                |inner| Body::new(Limited { inner, limit: self.limit, lang, state: Part::Prefix(Vec::new()) });
            return next.run(request.map(limited)).await;
        }
        let (mut parts, body) = request.into_parts();
        let framed = match read(body, self.limit, lang).await {
            Ok(framed) => framed,
            Err(status) => return refused(status),
        };
        if method.access == Access::Write {
            parts.extensions.insert(RawRequest(framed.slice(PREFIX..)));
        }
        next.run(Request::from_parts(parts, Body::new(Full::new(framed)))).await
    }
}

/// The one message of a request, with its prefix.
async fn read(mut body: Body, limit: usize, lang: Lang) -> Result<Bytes, Status> {
    let status = |error: DomainError| status::status(&error, lang);
    let mut buffer = BytesMut::new();
    let mut expected = None;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        buffer.extend_from_slice(&data);
        if expected.is_none()
            && let Some(prefix) = buffer.first_chunk::<PREFIX>()
        {
            let length = check(*prefix, limit).map_err(status)?;
            buffer.reserve((PREFIX + length).saturating_sub(buffer.len()));
            expected = Some(PREFIX + length);
        }
        if expected.is_some_and(|expected| buffer.len() > expected) {
            return Err(status(framing("一次调用只能有一个请求消息", "a call has one request message")));
        }
    }
    match expected {
        Some(expected) if buffer.len() == expected => Ok(buffer.freeze()),
        Some(_) | None => Err(status(framing("请求消息不完整", "the request message is incomplete"))),
    }
}

/// The length of a message, when it may be read.
fn check(prefix: [u8; PREFIX], limit: usize) -> Result<usize, DomainError> {
    let [flag, length @ ..] = prefix;
    if flag != 0 {
        return Err(compressed());
    }
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length <= limit {
        return Ok(length);
    }
    let text = Text::new(
        format!("请求消息有 {length} 字节，上限为 {limit} 字节；请分批提交，或用 UploadSubmission"),
        format!("the message has {length} bytes, the limit is {limit}; submit in parts, or use UploadSubmission"),
    );
    Err(DomainError::new(Reason::MessageTooLarge, text).with_fact("bytes", length).with_fact("limit", limit))
}

/// A compressed message may be a thousand times as large as its bytes, so none is opened.
fn compressed() -> DomainError {
    let text =
        Text::new("不接受压缩的请求消息，请关闭压缩", "compressed messages are not accepted; turn compression off");
    DomainError::new(Reason::NotImplemented, text).with_fact("grpc_accept_encoding", "identity")
}

fn framing(zh: &str, en: &str) -> DomainError {
    let action = Text::new("请检查客户端程序", "check the client program");
    Violation::new("request", Reason::FieldInvalid, "", Text::new(zh, en), action).into()
}

/// A stream of requests whose messages are checked one by one as they pass.
struct Limited {
    inner: Body,
    limit: usize,
    lang: Lang,
    state: Part,
}

/// Where in a message the stream is.
enum Part {
    /// In the prefix, with its bytes so far.
    Prefix(Vec<u8>),
    /// In the message, with this many bytes to come.
    Message(usize),
}

impl Limited {
    fn pass(&mut self, mut data: &[u8]) -> Result<(), DomainError> {
        while data.has_remaining() {
            match &mut self.state {
                Part::Prefix(seen) => {
                    let take = (PREFIX - seen.len()).min(data.len());
                    seen.extend_from_slice(&data[..take]);
                    data.advance(take);
                    if let Some(prefix) = seen.first_chunk::<PREFIX>() {
                        self.state = Part::Message(check(*prefix, self.limit)?);
                    }
                }
                Part::Message(left) => {
                    let take = (*left).min(data.len());
                    *left -= take;
                    data.advance(take);
                }
            }
            if let Part::Message(0) = self.state {
                self.state = Part::Prefix(Vec::with_capacity(PREFIX));
            }
        }
        Ok(())
    }
}

impl http_body::Body for Limited {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
            && let Err(error) = self.pass(data)
        {
            return Poll::Ready(Some(Err(status::status(&error, self.lang))));
        }
        Poll::Ready(frame)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::StreamBody;
    use tonic::Code;
    use tonic_types::StatusExt;

    use super::*;

    fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
        let mut bytes = vec![flag];
        bytes.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        bytes.extend(message);
        bytes
    }

    /// The bytes as they may arrive: in pieces of any size.
    fn in_pieces(bytes: &[u8], size: usize) -> Body {
        let frames: Vec<Result<Frame<Bytes>, Status>> =
            bytes.chunks(size).map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece)))).collect();
        Body::new(StreamBody::new(futures_util::stream::iter(frames)))
    }

    fn reason(status: &Status) -> String {
        status.get_error_details().error_info().unwrap().reason.clone()
    }

    #[tokio::test]
    async fn a_message_is_kept_byte_for_byte_however_it_arrives() {
        let bytes = framed(0, b"exactly these bytes");
        for size in 1..=bytes.len() {
            let read = read(in_pieces(&bytes, size), 64, Lang::En).await.unwrap();
            assert_eq!(&read[PREFIX..], b"exactly these bytes");
        }
    }

    #[tokio::test]
    async fn a_message_over_the_limit_is_refused_by_its_length_alone() {
        let mut bytes = framed(0, &[7; 65]);
        bytes.truncate(PREFIX); // Nothing of the message itself has arrived.
        let status = read(in_pieces(&bytes, 5), 64, Lang::En).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"));
        assert_eq!(status.get_error_details().error_info().unwrap().metadata["limit"], "64");
        assert!(read(in_pieces(&framed(0, &[7; 64]), 9), 64, Lang::En).await.is_ok());
    }

    #[tokio::test]
    async fn compressed_cut_and_doubled_messages_are_refused() {
        let compressed = read(in_pieces(&framed(1, b"x"), 8), 64, Lang::En).await.unwrap_err();
        assert_eq!(compressed.code(), Code::Unimplemented);
        let mut cut = framed(0, b"twelve bytes");
        cut.pop();
        let twice = [framed(0, b"one"), framed(0, b"two")].concat();
        for bytes in [cut, twice, vec![0, 0], vec![]] {
            let status = read(in_pieces(&bytes, 4), 64, Lang::En).await.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument);
        }
    }

    #[tokio::test]
    async fn a_stream_passes_unchanged_until_a_message_is_too_large() {
        let good = [framed(0, b"one"), framed(0, b""), framed(0, &[9; 64])].concat();
        for size in 1..=good.len() {
            let inner = in_pieces(&good, size);
            let body = Limited { inner, limit: 64, lang: Lang::En, state: Part::Prefix(Vec::new()) };
            assert_eq!(body.collect().await.unwrap().to_bytes(), good);
        }
        let bad = [framed(0, b"one"), framed(0, &[9; 65])].concat();
        let body = Limited { inner: in_pieces(&bad, 3), limit: 64, lang: Lang::En, state: Part::Prefix(Vec::new()) };
        assert_eq!(reason(&body.collect().await.unwrap_err()), "MESSAGE_TOO_LARGE");
    }
}
