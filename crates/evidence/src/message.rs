//! What the bytes of a submission say, read with the descriptors of the contracts.

use std::sync::LazyLock;

use ledger::{WireError, split_repeated};
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor};

/// The contracts are a constant of the program; an empty pool knows no method, and every entry is then one row.
static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(contracts::FILE_DESCRIPTOR_SET).unwrap_or_default());

/// An upload is a batch of this method.
const UPLOAD: (&str, &str) = (
    "wufei.exchange.v1.ObservationIngestService/UploadSubmission",
    "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations",
);
/// What a node records by itself: the rest is the type of the resource.
const OWN: &str = "internal/PutResource:";

/// Whether the node made this entry by itself, so that nobody signed these bytes.
pub(crate) fn is_own(method: &str) -> bool {
    method.starts_with(OWN)
}

/// The rows of a request: the items of a batch, or the request as a whole; with what each of them is.
pub(crate) fn rows<'a>(
    method: &str,
    request: &'a [u8],
) -> Result<(Vec<&'a [u8]>, Option<MessageDescriptor>), WireError> {
    if let Some(resource) = method.strip_prefix(OWN) {
        return Ok((vec![request], POOL.get_message_by_name(resource)));
    }
    let descriptor = find(if method == UPLOAD.0 { UPLOAD.1 } else { method });
    let batch = descriptor.as_ref().filter(|method| method.name().starts_with("BatchCreate"));
    let items = batch.and_then(|method| method.input().get_field_by_name("requests"));
    match items {
        Some(field) => {
            let item = field.kind().as_message().cloned();
            Ok((split_repeated(request, field.number())?, item))
        }
        None => Ok((vec![request], descriptor.map(|method| method.input()))),
    }
}

/// A row decoded; none when it is not what it should be.
pub(crate) fn decode(descriptor: &MessageDescriptor, row: &[u8]) -> Option<DynamicMessage> {
    DynamicMessage::decode(descriptor.clone(), row).ok()
}

/// The text at a path of fields; none where a field is not there or not set.
pub(crate) fn text(message: &DynamicMessage, path: &[&str]) -> Option<String> {
    let (last, inner) = path.split_last()?;
    let mut at = message.clone();
    for name in inner {
        let field = at.descriptor_field(name)?;
        let next = at.get_field(&field).as_message()?.clone();
        at = next;
    }
    let field = at.descriptor_field(last)?;
    at.get_field(&field).as_str().map(str::to_owned)
}

/// A field that is set.
trait Named {
    fn descriptor_field(&self, name: &str) -> Option<prost_reflect::FieldDescriptor>;
}

impl Named for DynamicMessage {
    fn descriptor_field(&self, name: &str) -> Option<prost_reflect::FieldDescriptor> {
        use prost_reflect::ReflectMessage as _;
        self.descriptor().get_field_by_name(name).filter(|field| self.has_field(field))
    }
}

fn find(path: &str) -> Option<MethodDescriptor> {
    let (service, method) = path.split_once('/')?;
    POOL.get_service_by_name(service)?.methods().find(|descriptor| descriptor.name() == method)
}
