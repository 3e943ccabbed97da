//! Values that several parts of a scheme hold.

use marked_yaml::Node as Yaml;

use super::super::number::Number;
use super::super::scheme::Ties;
use crate::scheme::fields::{Faults, Fields, scalar};

/// A number.
pub(super) fn number(node: &Yaml, at: &str, faults: &mut Faults) -> Option<Number> {
    let text = scalar(node, at, faults)?;
    let number = Number::parse(text);
    if number.is_none() {
        let (zh, en) = ("应为数，如 0.25、1/3、log10(901)", "must be a number such as 0.25, 1/3 or log10(901)");
        faults.add(at, node.span(), text, zh, en);
    }
    number
}

/// A number, if the field is there.
pub(super) fn optional_number(fields: &mut Fields<'_>, key: &'static str, faults: &mut Faults) -> Option<Number> {
    let node = fields.optional(key)?;
    number(node, &fields.at(key), faults)
}

/// A number with a default.
pub(super) fn number_or(fields: &mut Fields<'_>, key: &'static str, default: f64, faults: &mut Faults) -> Number {
    optional_number(fields, key, faults).unwrap_or(Number::of(default))
}

/// A number that must be there.
pub(super) fn required(fields: &mut Fields<'_>, key: &'static str, faults: &mut Faults) -> Option<Number> {
    let node = fields.required(key, faults)?;
    number(node, &fields.at(key), faults)
}

/// A share of 0..=1, with a default.
pub(super) fn share(fields: &mut Fields<'_>, key: &'static str, default: f64, faults: &mut Faults) -> Number {
    let share = number_or(fields, key, default, faults);
    if !(0.0..=1.0).contains(&share.get()) {
        fields.fault(key, &share.to_string(), "应在 0 与 1 之间", "must be within 0..=1", faults);
    }
    share
}

/// The value as a whole number that is not negative.
pub(super) fn whole(number: Number) -> Option<u32> {
    let value = number.get();
    (value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value)).then_some(value as u32)
}

/// A list of texts, or a single one; an absent field is empty.
pub(super) fn texts(fields: &mut Fields<'_>, key: &'static str, faults: &mut Faults) -> Vec<String> {
    let Some(node) = fields.optional(key) else { return Vec::new() };
    let at = fields.at(key);
    let nodes: Vec<(&Yaml, String)> = match node {
        Yaml::Sequence(nodes) => nodes.iter().enumerate().map(|(i, node)| (node, format!("{at}[{i}]"))).collect(),
        Yaml::Scalar(_) | Yaml::Mapping(_) => vec![(node, at)],
    };
    nodes.into_iter().filter_map(|(node, at)| scalar(node, &at, faults).map(str::to_owned)).collect()
}

/// The rule of ties; the smallest rank by default.
pub(super) fn ties(fields: &mut Fields<'_>, faults: &mut Faults) -> Ties {
    if fields.optional("ties").is_none() {
        return Ties::Min;
    }
    let words = [("min", Ties::Min), ("max", Ties::Max), ("average", Ties::Average), ("dense", Ties::Dense)];
    fields.word("ties", &words, faults).unwrap_or(Ties::Min)
}

/// A method given as a word or as a mapping with `method:` and parameters. `read` is handed the word and the mapping to
/// take the parameters from; a mapping that has none is made for a bare word, so that required parameters are missed.
pub(super) fn method<T>(
    node: &Yaml,
    at: &str,
    faults: &mut Faults,
    read: impl FnOnce(&str, &mut Fields<'_>, &mut Faults) -> Option<T>,
) -> Option<T> {
    match node {
        Yaml::Scalar(_) => {
            let word = scalar(node, at, faults)?;
            let empty = Yaml::from(marked_yaml::types::MarkedMappingNode::new_empty(*node.span()));
            let mut fields = Fields::of(&empty, at, faults)?;
            read(word, &mut fields, faults)
        }
        Yaml::Mapping(_) | Yaml::Sequence(_) => {
            let mut fields = Fields::of(node, at, faults)?;
            let word = fields.text("method", faults)?;
            let method = read(&word, &mut fields, faults);
            fields.finish(faults);
            method
        }
    }
}
