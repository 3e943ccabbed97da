//! From a file to messages.

use evaluation::Document;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

use super::{
    Misfit,
    shape::{choice, in_place, is_flag, is_member, only_list, prefix, tagged, word},
};

/// The choice at the head of a file that does not say which it is.
const DEFAULT: (&str, &str) = ("kind", "practice");

/// A message from what stands for it in a file.
pub(super) fn message(document: &Document, of: &MessageDescriptor, at: &str) -> Result<DynamicMessage, Misfit> {
    match (document, only_list(of)) {
        (Document::List(_), Some(list)) if list.is_list() => {
            let mut message = DynamicMessage::new(of.clone());
            message.set_field(&list, value(document, &list, at)?);
            Ok(message)
        }
        (Document::Map(_), Some(map)) if map.is_map() => {
            let mut message = DynamicMessage::new(of.clone());
            message.set_field(&map, value(document, &map, at)?);
            Ok(message)
        }
        (Document::Map(entries), _) => {
            fields(&entries.iter().map(|(k, v)| (k.as_str(), v)).collect::<Vec<_>>(), of, at)
        }
        (Document::Word(text), _) => alone(text, of, at),
        (Document::List(_), _) => Err(Misfit::of(at, "", &"a list")),
    }
}

/// A message from a word alone.
fn alone(text: &str, of: &MessageDescriptor, at: &str) -> Result<DynamicMessage, Misfit> {
    let mut message = DynamicMessage::new(of.clone());
    if let Some(oneof) = choice(of) {
        let member = oneof.fields().find(|field| word(field.name()) == text);
        let member = member.ok_or_else(|| Misfit::of(at, text, &"an unknown word"))?;
        let Kind::Message(inner) = member.kind() else { return Err(Misfit::of(at, text, &"a word without a value")) };
        message.set_field(&member, Value::Message(DynamicMessage::new(inner)));
    } else if let Some(flag) = of.fields().find(|field| is_flag(field) && field.name() == text) {
        message.set_field(&flag, Value::Bool(true));
    } else {
        let first = of.get_field(1).ok_or_else(|| Misfit::of(at, text, &"a word"))?;
        message.set_field(&first, single(&Document::Word(text.to_owned()), &first.kind(), at)?);
    }
    Ok(message)
}

/// A message from the keys of a mapping.
fn fields(entries: &[(&str, &Document)], of: &MessageDescriptor, at: &str) -> Result<DynamicMessage, Misfit> {
    let mut message = DynamicMessage::new(of.clone());
    let (tag, inner) = (tagged(of), in_place(of));
    let splits = tag.is_some() || inner.is_some();
    // Keys of this message, and those of the choice that stands among them.
    let mut others = Vec::new();
    for (key, document) in entries {
        let own = of
            .get_field_by_name(key)
            .filter(|field| inner.as_ref() != Some(field) && (!is_member(field) || tag.is_none()));
        match own {
            Some(field) => message.set_field(&field, value(document, &field, &below(at, key))?),
            None if splits => others.push((*key, *document)),
            None => return Err(Misfit::of(&below(at, key), "", &"an unknown key")),
        }
    }
    if let Some(field) = inner {
        let Kind::Message(choice) = field.kind() else { return Ok(message) };
        message.set_field(&field, Value::Message(fields(&others, &choice, at)?));
    } else if let Some(oneof) = tag {
        let stated = others.iter().position(|(key, _)| *key == oneof.name()).map(|place| others.remove(place).1);
        let text = match stated {
            Some(Document::Word(text)) => text.as_str(),
            None if oneof.name() == DEFAULT.0 => DEFAULT.1,
            Some(_) | None => return Err(Misfit::of(&below(at, oneof.name()), "", &"a word is needed")),
        };
        let member = oneof.fields().find(|field| word(field.name()) == text);
        let member = member.ok_or_else(|| Misfit::of(&below(at, oneof.name()), text, &"an unknown word"))?;
        let Kind::Message(parameters) = member.kind() else { return Ok(message) };
        message.set_field(&member, Value::Message(fields(&others, &parameters, at)?));
    }
    Ok(message)
}

fn below(at: &str, key: &str) -> String {
    if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") }
}

fn value(document: &Document, field: &FieldDescriptor, at: &str) -> Result<Value, Misfit> {
    if field.is_map() {
        let Document::Map(entries) = document else { return Err(Misfit::of(at, "", &"no mapping")) };
        let Kind::Message(entry) = field.kind() else { return Err(Misfit::of(at, "", &"no mapping")) };
        let of = entry.map_entry_value_field().kind();
        let read = |(key, document): &(String, Document)| {
            Ok((MapKey::String(key.clone()), single(document, &of, &below(at, key))?))
        };
        return entries.iter().map(read).collect::<Result<_, _>>().map(Value::Map);
    }
    if field.is_list() {
        let alone = std::slice::from_ref(document);
        let items = if let Document::List(items) = document { items.as_slice() } else { alone };
        let read = |(number, item): (usize, &Document)| single(item, &field.kind(), &format!("{at}[{number}]"));
        return items.iter().enumerate().map(read).collect::<Result<_, _>>().map(Value::List);
    }
    single(document, &field.kind(), at)
}

fn single(document: &Document, kind: &Kind, at: &str) -> Result<Value, Misfit> {
    if let Kind::Message(of) = kind {
        return message(document, of, at).map(Value::Message);
    }
    let Document::Word(text) = document else { return Err(Misfit::of(at, "", &"a single value is needed")) };
    let read = match kind {
        Kind::String => Some(Value::String(text.clone())),
        Kind::Bool => text.parse().ok().map(Value::Bool),
        // A file may write 5 as 5.0.
        Kind::Uint32 => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            whole.parse().ok().filter(|_| fraction.bytes().all(|digit| digit == b'0')).map(Value::U32)
        }
        Kind::Enum(of) => {
            let name = format!("{}{}", prefix(of), text.to_uppercase());
            of.get_value_by_name(&name).map(|value| Value::EnumNumber(value.number()))
        }
        // The messages of a scheme have no other kinds.
        Kind::Double
        | Kind::Float
        | Kind::Int32
        | Kind::Int64
        | Kind::Uint64
        | Kind::Sint32
        | Kind::Sint64
        | Kind::Fixed32
        | Kind::Fixed64
        | Kind::Sfixed32
        | Kind::Sfixed64
        | Kind::Bytes
        | Kind::Message(_) => None,
    };
    read.ok_or_else(|| Misfit::of(at, text, &"a value of another kind"))
}
