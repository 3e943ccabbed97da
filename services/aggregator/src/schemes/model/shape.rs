//! The conventions by which a file and messages are one model.
//!
//! | in the file | in the messages |
//! |---|---|
//! | a key | the field of its name |
//! | a word of a closed list | the enum value that ends in it |
//! | `{method: owa, alpha: 2}` | the field `owa` of the oneof `method`, with `alpha` in its message |
//! | `owa` alone | the same without parameters |
//! | the keys of `method` among those of the mapping around | a field `method` whose message has the oneof `method` |
//! | `{middle: 3}`, or `higher_better` | the field of a oneof with a member that is no message |
//! | `[1, 2]`, or a mapping of free names | a message whose one field is a list, or a map |
//! | `people` for `{column: people}` | the first field of the message |
//! | `none` alone, where no choice has it | a truth value of its name without presence |
//! | `people` for `[people]` | a list of one |

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};

/// The choice that a message is, or holds.
pub(super) fn choice(of: &MessageDescriptor) -> Option<OneofDescriptor> {
    of.oneofs().find(|oneof| !oneof.is_synthetic())
}

/// The choice whose word stands under a key of its own: `{method: word, …}`.
pub(super) fn tagged(of: &MessageDescriptor) -> Option<OneofDescriptor> {
    choice(of).filter(|oneof| oneof.fields().all(|field| matches!(field.kind(), Kind::Message(_))))
}

/// Whether a field belongs to a choice.
pub(super) fn is_member(field: &FieldDescriptor) -> bool {
    field.containing_oneof().is_some_and(|oneof| !oneof.is_synthetic())
}

/// The field whose keys stand among those of the message around it.
pub(super) fn in_place(of: &MessageDescriptor) -> Option<FieldDescriptor> {
    of.fields().find(|field| {
        let Kind::Message(inner) = field.kind() else { return false };
        let alone = !field.is_list() && !field.is_map() && !is_member(field);
        alone && tagged(&inner).is_some_and(|oneof| oneof.name() == field.name())
    })
}

/// The one field of a message that is a list or a map and stands for it.
pub(super) fn only_list(of: &MessageDescriptor) -> Option<FieldDescriptor> {
    let mut fields = of.fields();
    let first = fields.next().filter(|field| field.is_list() || field.is_map());
    first.filter(|_| fields.next().is_none())
}

/// Whether a field is a word of the file that stands alone: a truth value that is there only where it is true.
pub(super) fn is_flag(field: &FieldDescriptor) -> bool {
    field.kind() == Kind::Bool && !field.supports_presence() && !field.is_list()
}

/// A name of the contract as the file writes it: `S1` for the methods of marks, all else as it is.
pub(super) fn word(name: &str) -> String {
    let name = name.to_lowercase();
    let mut letters = name.chars();
    let code = letters.next().is_some_and(char::is_alphabetic) && letters.as_str().parse::<u8>().is_ok();
    if code { name.to_uppercase() } else { name }
}

/// What the values of an enum begin with: `SCHEME_TIES_` of `SchemeTies`.
pub(super) fn prefix(of: &EnumDescriptor) -> String {
    let mut prefix = String::new();
    for letter in of.name().chars() {
        if letter.is_uppercase() && !prefix.is_empty() {
            prefix.push('_');
        }
        prefix.extend(letter.to_uppercase());
    }
    prefix.push('_');
    prefix
}
