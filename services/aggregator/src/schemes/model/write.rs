//! From messages to a file.

use evaluation::Document;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage as _, Value};

use super::shape::{choice, in_place, is_flag, is_member, only_list, prefix, tagged, word};

/// A file of its keys.
pub(super) fn document(message: &DynamicMessage) -> Document {
    let mut entries = Vec::new();
    fields(message, &mut entries);
    Document::Map(entries)
}

/// The keys of a message, the word of its choice first.
fn fields(message: &DynamicMessage, into: &mut Vec<(String, Document)>) {
    let of = message.descriptor();
    let chosen = |field: &FieldDescriptor| message.has_field(field);
    if let Some(oneof) = tagged(&of)
        && let Some(member) = oneof.fields().find(chosen)
    {
        into.push((oneof.name().to_owned(), Document::Word(word(member.name()))));
        if let Value::Message(parameters) = &*message.get_field(&member) {
            fields(parameters, into);
        }
    }
    let inner = in_place(&of);
    let mut own: Vec<FieldDescriptor> = of.fields().filter(chosen).collect();
    own.sort_by_key(FieldDescriptor::number);
    for field in own.into_iter().filter(|field| !is_member(field) || tagged(&of).is_none()) {
        let value = &*message.get_field(&field);
        if let (Value::Message(choice), true) = (value, inner.as_ref() == Some(&field)) {
            fields(choice, into);
        } else {
            into.push((field.name().to_owned(), written(value, &field)));
        }
    }
}

fn written(value: &Value, field: &FieldDescriptor) -> Document {
    if let Value::List(items) = value {
        return Document::List(items.iter().map(|item| single(item, &field.kind(), true)).collect());
    }
    let Value::Map(entries) = value else { return single(value, &field.kind(), false) };
    let Kind::Message(entry) = field.kind() else { return Document::Map(Vec::new()) };
    let kind = entry.map_entry_value_field().kind();
    let name = |key: &MapKey| key.as_str().unwrap_or_default().to_owned();
    let mut entries: Vec<_> = entries.iter().map(|(key, value)| (name(key), single(value, &kind, false))).collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Document::Map(entries)
}

/// One value. In a list a choice is written with its key, for there a word alone is not read.
fn single(value: &Value, kind: &Kind, in_list: bool) -> Document {
    let text = match (value, kind) {
        (Value::Message(message), _) => return inner(message, in_list),
        (Value::String(text), _) => text.clone(),
        (Value::Bool(yes), _) => yes.to_string(),
        (Value::U32(number), _) => number.to_string(),
        // A number that the contract does not know is left for the loader to refuse.
        (Value::EnumNumber(number), Kind::Enum(of)) => of.get_value(*number).map_or_else(
            || number.to_string(),
            |value| word(value.name().strip_prefix(&prefix(of)).unwrap_or(value.name())),
        ),
        _ => String::new(),
    };
    Document::Word(text)
}

fn inner(message: &DynamicMessage, in_list: bool) -> Document {
    let of = message.descriptor();
    if let Some(list) = only_list(&of) {
        return written(&message.get_field(&list), &list);
    }
    let mut set = of.fields().filter(|field| message.has_field(field));
    if let (Some(flag), None) = (set.next().filter(is_flag), set.next()) {
        return Document::Word(flag.name().to_owned());
    }
    let alone = !in_list || tagged(&of).is_none();
    if let Some(member) = choice(&of).and_then(|oneof| oneof.fields().find(|field| message.has_field(field)))
        && let Value::Message(parameters) = &*message.get_field(&member)
        && parameters.descriptor().fields().next().is_none()
        && alone
        && of.fields().filter(|field| message.has_field(field)).count() == 1
    {
        return Document::Word(word(member.name()));
    }
    document(message)
}
