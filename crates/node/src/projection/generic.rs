//! Entries of every other resource, by the shape of the contract (AIP-133, AIP-134, AIP-233): `Create<X>`, `Update<X>` and
//! `BatchCreate<Xs>` with the fields `parent`, `<x>_id` and `<x>`. A new resource of a department needs no code here.

use std::sync::LazyLock;

use contracts::common::v1 as common_wire;
use domain::{Change, Correction, DepartmentId, Violations};
use ledger::WireError;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor, MethodDescriptor, ReflectMessage, Value};

use super::{Logged, ProjectionError, method};
use crate::convert::{Reader, common};

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(contracts::FILE_DESCRIPTOR_SET).unwrap_or_default());

/// Descriptors of every contract.
#[must_use]
pub fn pool() -> &'static DescriptorPool {
    &POOL
}

pub(super) fn changes(log: &DepartmentId, entry: Logged<'_>) -> Result<Vec<Change>, ProjectionError> {
    if let Some(type_name) = entry.envelope.method.strip_prefix(method::PUT_RESOURCE) {
        return put_resource(entry, type_name);
    }
    let Some(descriptor) = find_method(&entry.envelope.method) else {
        tracing::warn!(log = %log, method = %entry.envelope.method, "an entry of an unknown method has no effect on the tables");
        return Ok(Vec::new());
    };
    let name = descriptor.name();
    if name.starts_with("BatchCreate") {
        batch(log, entry, &descriptor)
    } else if let Some(resource) = name.strip_prefix("Create") {
        let request = decode(entry, descriptor.input())?;
        collect(entry, |reader| vec![create(reader, log, &request, resource)])
    } else if let Some(resource) = name.strip_prefix("Update") {
        let request = decode(entry, descriptor.input())?;
        collect(entry, |reader| vec![update(reader, &request, resource)])
    } else {
        tracing::warn!(log = %log, method = %entry.envelope.method, "an entry of this method has no effect on the tables");
        Ok(Vec::new())
    }
}

fn batch(log: &DepartmentId, entry: Logged<'_>, descriptor: &MethodDescriptor) -> Result<Vec<Change>, ProjectionError> {
    let request = decode(entry, descriptor.input())?;
    let items = request.get_field_by_name("requests");
    let items = items.as_ref().and_then(|items| items.as_list()).unwrap_or_default();
    collect(entry, |reader| {
        let each = items.iter().enumerate().map(|(index, item)| {
            let item = item.as_message()?;
            let descriptor = item.descriptor();
            let resource = descriptor.name().strip_prefix("Create")?.strip_suffix("Request")?;
            create(&mut reader.item("requests", index), log, item, resource)
        });
        each.collect()
    })
}

fn create(reader: &mut Reader<'_>, log: &DepartmentId, request: &DynamicMessage, resource: &str) -> Option<Change> {
    let (field, message) = part(reader, request, resource)?;
    let id_field = format!("{field}_id");
    let id = text(request, &id_field);
    let collection = collection_of(&message.descriptor())?;
    let name = common::new_name(reader, &id_field, log, &collection, &id)?;
    Some(put(collection, name, message, None))
}

fn update(reader: &mut Reader<'_>, request: &DynamicMessage, resource: &str) -> Option<Change> {
    let (field, message) = part(reader, request, resource)?;
    let collection = collection_of(&message.descriptor())?;
    let name = common::resource_name(&mut reader.at(&field), "name", &text(&message, "name"), &collection)?;
    // A text that people edit has no such field: its words are not corrected as a figure is.
    let correction = match request.descriptor().get_field_by_name("correction") {
        Some(_) => Some(correction(reader, request)?),
        None => None,
    };
    Some(put(collection, name, message, correction))
}

fn correction(reader: &mut Reader<'_>, request: &DynamicMessage) -> Option<Correction> {
    let value = request.get_field_by_name("correction")?;
    let message = value.as_message()?.transcode_to::<common_wire::Correction>().ok();
    common::correction(&mut reader.at("correction"), message.as_ref())
}

fn put(
    collection: String,
    name: domain::ResourceName,
    mut message: DynamicMessage,
    correction: Option<Correction>,
) -> Change {
    message.clear_field_by_name("record");
    if message.descriptor().get_field_by_name("name").is_some() {
        message.set_field_by_name("name", Value::String(name.to_string()));
    }
    let type_name = message.descriptor().full_name().to_owned();
    Change::PutResource { collection, name, type_name, body: message.encode_to_vec(), correction }
}

/// An entry that a service wrote itself: the request is the resource with its name.
fn put_resource(entry: Logged<'_>, type_name: &str) -> Result<Vec<Change>, ProjectionError> {
    let Some(descriptor) = POOL.get_message_by_name(type_name) else {
        tracing::warn!(node = %entry.envelope.node, type_name, "a resource of an unknown type has no effect on the tables");
        return Ok(Vec::new());
    };
    let message = decode(entry, descriptor)?;
    collect(entry, |reader| {
        let name = reader.parse(
            "name",
            &text(&message, "name"),
            domain::Reason::FieldInvalid,
            "a name is departments/{department}/{collection}/{id}",
            domain::ResourceName::parse,
        );
        vec![name.map(|name| put(name.collection().to_owned(), name, message, None))]
    })
}

/// The field of a request that holds the resource: the message field of that type.
fn part(reader: &mut Reader<'_>, request: &DynamicMessage, resource: &str) -> Option<(String, DynamicMessage)> {
    let field = request.descriptor().fields().find(|field| match field.kind() {
        Kind::Message(message) => message.name() == resource && !field.is_list(),
        Kind::Double
        | Kind::Float
        | Kind::Int32
        | Kind::Int64
        | Kind::Uint32
        | Kind::Uint64
        | Kind::Sint32
        | Kind::Sint64
        | Kind::Fixed32
        | Kind::Fixed64
        | Kind::Sfixed32
        | Kind::Sfixed64
        | Kind::Bool
        | Kind::String
        | Kind::Bytes
        | Kind::Enum(_) => false,
    })?;
    if !request.has_field(&field) {
        reader.missing(field.name());
        return None;
    }
    let message = request.get_field(&field).as_message()?.clone();
    Some((field.name().to_owned(), message))
}

/// The collection of a resource: the JSON name of the repeated field in which its List method returns it, for example
/// `cityStageRecords`. None for a message that no List method returns.
#[must_use]
pub fn collection_of(resource: &MessageDescriptor) -> Option<String> {
    let file = resource.parent_file();
    let lists =
        file.messages().filter(|message| message.name().starts_with("List") && message.name().ends_with("Response"));
    lists.flat_map(|message| message.fields().collect::<Vec<_>>()).find_map(|field| {
        let holds = field.is_list() && field.kind().as_message() == Some(resource);
        holds.then(|| field.json_name().to_owned())
    })
}

/// The rows of a request: the exact bytes of the items of a batch, or the request as a whole.
///
/// # Errors
/// [`WireError`] when a batch is not in protobuf's wire format.
pub fn rows<'a>(method: &str, request: &'a [u8]) -> Result<Vec<&'a [u8]>, WireError> {
    let items = match method {
        method::UPLOAD_SUBMISSION => find_method(method::BATCH_CREATE_OBSERVATIONS),
        other => find_method(other).filter(|method| method.name().starts_with("BatchCreate")),
    };
    match items.and_then(|method| method.input().get_field_by_name("requests")) {
        Some(field) => ledger::split_repeated(request, field.number()),
        None => Ok(vec![request]),
    }
}

fn find_method(path: &str) -> Option<MethodDescriptor> {
    let (service, method) = path.split_once('/')?;
    POOL.get_service_by_name(service)?.methods().find(|descriptor| descriptor.name() == method)
}

fn text(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field);
    value.as_ref().and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}

fn decode(entry: Logged<'_>, descriptor: MessageDescriptor) -> Result<DynamicMessage, ProjectionError> {
    DynamicMessage::decode(descriptor, entry.request)
        .map_err(|source| ProjectionError::Request { method: entry.envelope.method.clone(), source })
}

fn collect(
    entry: Logged<'_>,
    read: impl FnOnce(&mut Reader<'_>) -> Vec<Option<Change>>,
) -> Result<Vec<Change>, ProjectionError> {
    let mut faults = Violations::new();
    let changes = read(&mut Reader::new(&mut faults));
    if faults.is_empty() {
        Ok(changes.into_iter().flatten().collect())
    } else {
        Err(ProjectionError::Fields { method: entry.envelope.method.clone(), faults })
    }
}
