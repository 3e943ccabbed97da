//! What the contracts say of themselves: methods, resources, fields. Commands find the method for a kind of record here,
//! so a new resource of a department needs no code in this program.

use std::sync::LazyLock;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use contracts::FILE_DESCRIPTOR_SET;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};

use crate::failure::{Failure, Outcome};

/// Every contract. It is a constant of the program, so it is decoded once.
static POOL: LazyLock<Option<DescriptorPool>> = LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).ok());

/// The descriptor pool.
pub(crate) fn pool() -> Outcome<&'static DescriptorPool> {
    POOL.as_ref().ok_or_else(|| Failure::unexpected("contracts", "the descriptor set cannot be decoded"))
}

/// A method by its full name `package.Service/Method`; a leading slash is allowed.
pub(crate) fn method(name: &str) -> Outcome<MethodDescriptor> {
    let asked = name.trim_start_matches('/');
    methods(|method| full_name(method) == asked)?.into_iter().next().ok_or_else(|| {
        let last = asked.rsplit('/').next().unwrap_or(asked).to_lowercase();
        let near: Vec<String> = methods(|method| method.name().to_lowercase().contains(&last))
            .unwrap_or_default()
            .iter()
            .take(5)
            .map(full_name)
            .collect();
        let near = if near.is_empty() { "wufei.log.v1.LogService/GetCheckpoint".to_owned() } else { near.join(", ") };
        Failure::failed(
            format!("没有方法 {asked}。写法如：{near}"),
            format!("there is no method {asked}. Such as: {near}"),
        )
    })
}

/// `package.Service/Method`.
pub(crate) fn full_name(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}

/// How a kind of record is read.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    /// The method that lists it.
    pub(crate) list: MethodDescriptor,
    /// The field of the answer that holds the records.
    pub(crate) items: FieldDescriptor,
    /// The method that gets one, where there is one.
    pub(crate) get: Option<MethodDescriptor>,
}

/// The listing of a kind: `funding-lines`, `fundingLines` and `FundingLines` are the same.
pub(crate) fn listing(kind: &str) -> Outcome<Listing> {
    let wanted = squeezed(match kind {
        "runs" => "evaluationRuns",
        other => other,
    });
    let found = methods(|method| method.name().strip_prefix("List").is_some_and(|rest| squeezed(rest) == wanted))?;
    let Some(list) = found.into_iter().next() else {
        let kinds = kinds()?.join(", ");
        return Err(Failure::failed(
            format!("没有这类记录：{kind}；可用：{kinds}"),
            format!("there is no kind {kind}; there are: {kinds}"),
        ));
    };
    let Some(items) = list.output().fields().find(FieldDescriptor::is_list) else {
        return Err(Failure::unexpected("contracts", format!("{} answers no list", list.name())));
    };
    let item = message_of(&items);
    let get = list.parent_service().methods().find(|method| {
        method.name().starts_with("Get") && item.is_some() && method.output().fields().any(|f| message_of(&f) == item)
    });
    Ok(Listing { list, items, get })
}

/// Every kind that can be listed, in the form of the command line.
pub(crate) fn kinds() -> Outcome<Vec<String>> {
    let mut kinds: Vec<String> =
        methods(|method| method.name().starts_with("List"))?.iter().map(|m| kebab(&m.name()[4..])).collect();
    kinds.sort();
    kinds.dedup();
    Ok(kinds)
}

/// The envelope in the bytes of a leaf (base64), as proto JSON; none where the leaf may not be read.
pub(crate) fn envelope(leaf: &str) -> Option<serde_json::Value> {
    let bytes = BASE64_STANDARD.decode(leaf).ok().filter(|bytes| !bytes.is_empty())?;
    let descriptor = pool().ok()?.get_message_by_name("wufei.log.v1.Envelope")?;
    let message = DynamicMessage::decode(descriptor, bytes.as_slice()).ok()?;
    serde_json::to_value(&message).ok()
}

/// The message type of a field.
pub(crate) fn message_of(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    if let Kind::Message(message) = field.kind() { Some(message) } else { None }
}

fn methods(wanted: impl Fn(&MethodDescriptor) -> bool) -> Outcome<Vec<MethodDescriptor>> {
    Ok(pool()?.services().flat_map(|service| service.methods().collect::<Vec<_>>()).filter(|m| wanted(m)).collect())
}

fn squeezed(name: &str) -> String {
    name.chars().filter(|c| *c != '-' && *c != '_').flat_map(char::to_lowercase).collect()
}

fn kebab(camel: &str) -> String {
    let mut out = String::with_capacity(camel.len() + 4);
    for (place, letter) in camel.chars().enumerate() {
        if letter.is_ascii_uppercase() && place > 0 {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_leads_to_its_methods() {
        let listing = listing("funding-lines").unwrap();
        assert_eq!(full_name(&listing.list), "wufei.funding.v1.FundingQueryService/ListFundingLines");
        assert_eq!((listing.items.json_name(), listing.get.unwrap().name()), ("fundingLines", "GetFundingLine"));
        assert_eq!(super::listing("runs").unwrap().items.json_name(), "evaluationRuns");
        assert!(super::listing("unicorns").unwrap_err().text.zh.contains("observations"));
    }

    #[test]
    fn a_mistyped_method_names_its_neighbours() {
        assert!(method("/wufei.log.v1.LogService/GetCheckpoint").is_ok());
        let failure = method("Log/getcheckpoint").unwrap_err();
        assert!(failure.text.en.contains("wufei.log.v1.LogService/GetCheckpoint"), "{failure:?}");
    }
}
