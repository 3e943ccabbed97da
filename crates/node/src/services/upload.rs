//! Receives an upload: a header, then the bytes of one message in chunks.

use bytes::{Bytes, BytesMut};
use contracts::{
    exchange::v1::{
        BatchCreateObservationsRequest, UploadHeader, UploadSubmissionRequest, upload_submission_request::Part,
    },
    log::v1::Signature,
};
use domain::{DomainError, Reason, Text, Violations, text::Lang};
use ledger::body_digest;
use prost::Message;
use tonic::{Status, Streaming};

use crate::{convert::Reader, status::status};

/// Most bytes of an uploaded message.
pub(crate) const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Most figures of an uploaded message.
pub(crate) const MAX_ITEMS: usize = 50_000;

/// An upload as it was received.
pub(crate) struct Upload {
    /// The exact bytes of the message.
    pub(crate) bytes: Bytes,
    /// What they say.
    pub(crate) batch: BatchCreateObservationsRequest,
    /// The client's signature over the bytes, not verified yet.
    pub(crate) signature: Option<Signature>,
}

/// Receives an upload.
pub(crate) async fn receive(mut parts: Streaming<UploadSubmissionRequest>, lang: Lang) -> Result<Upload, Status> {
    let refuse = |error: DomainError| status(&error, lang);
    let first = parts.message().await?.and_then(|message| message.part);
    let header = match first {
        Some(Part::Header(header)) => header,
        Some(Part::Chunk(_) | Part::Signature(_)) | None => {
            return Err(refuse(incomplete("上传须先发送 header", "an upload starts with its header")));
        }
    };
    check_header(&header).map_err(refuse)?;
    let total = usize::try_from(header.total_bytes).unwrap_or(usize::MAX);
    // Grows with what arrives: the announced size alone reserves nothing.
    let mut bytes = BytesMut::new();
    let mut signature = None;
    while let Some(message) = parts.message().await? {
        match message.part {
            _ if signature.is_some() => {
                return Err(refuse(incomplete("签名之后不能再有内容", "nothing follows the signature")));
            }
            Some(Part::Signature(last)) => signature = Some(last),
            Some(Part::Chunk(chunk)) if bytes.len() + chunk.len() <= total => bytes.extend_from_slice(&chunk),
            Some(Part::Chunk(_)) => {
                return Err(refuse(incomplete(
                    "收到的字节多于 total_bytes",
                    "more bytes arrived than total_bytes says",
                )));
            }
            Some(Part::Header(_)) | None => {
                return Err(refuse(incomplete("header 之后只能是 chunk", "only chunks follow the header")));
            }
        }
    }
    let (bytes, batch) = read(&header, bytes.freeze()).map_err(refuse)?;
    Ok(Upload { bytes, batch, signature })
}

fn check_header(header: &UploadHeader) -> Result<(), DomainError> {
    let UploadHeader { parent: _, request_id: _, total_bytes, sha256 } = header;
    let mut faults = Violations::new();
    let mut reader = Reader::new(&mut faults);
    let mut reader = reader.at("header");
    reader.required("sha256", sha256);
    if *total_bytes == 0 {
        reader.missing("total_bytes");
    }
    if *total_bytes > MAX_BYTES {
        let rule = ("一次上传至多64 MiB", "an upload has at most 64 MiB");
        reader.fault("total_bytes", Reason::MessageTooLarge, total_bytes, rule, ("请分几次上传", "split it"));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.into()) }
}

fn read(header: &UploadHeader, bytes: Bytes) -> Result<(Bytes, BatchCreateObservationsRequest), DomainError> {
    let received = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if received != header.total_bytes {
        return Err(incomplete("上传未完成：收到的字节少于 total_bytes", "the upload ended before total_bytes")
            .with_fact("received_bytes", received)
            .with_fact("total_bytes", header.total_bytes));
    }
    let digest = body_digest(&bytes).to_string();
    let mut faults = Violations::new();
    let mut reader = Reader::new(&mut faults);
    if digest != header.sha256 {
        let rule = ("收到的内容与摘要不符", "the bytes received have another SHA-256");
        reader.at("header").fault(
            "sha256",
            Reason::DigestMismatch,
            &header.sha256,
            rule,
            ("请重新上传", "upload it again"),
        );
        return Err(faults.into());
    }
    let Ok(batch) = BatchCreateObservationsRequest::decode(bytes.clone()) else {
        let rule = ("内容不是 BatchCreateObservationsRequest", "the bytes are no BatchCreateObservationsRequest");
        reader.fault("chunk", Reason::FieldInvalid, "", rule, ("请核对上传的内容", "check what you upload"));
        return Err(faults.into());
    };
    for (field, outer, inner) in
        [("parent", &header.parent, &batch.parent), ("request_id", &header.request_id, &batch.request_id)]
    {
        if outer != inner {
            let rule = ("与上传内容中的值不一致", "it differs from the one in the uploaded message");
            let reason = if field == "parent" { Reason::ParentMismatch } else { Reason::RequestIdInvalid };
            reader.at("header").fault_allowing(field, reason, outer, rule, [inner]);
        }
    }
    if faults.is_empty() { Ok((bytes, batch)) } else { Err(faults.into()) }
}

fn incomplete(zh: &str, en: &str) -> DomainError {
    DomainError::new(Reason::UploadIncomplete, Text::new(zh, en))
}
