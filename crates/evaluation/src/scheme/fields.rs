//! Reading the fields of a YAML mapping, with a path and a line for every fault.
//!
//! A derived deserialiser stops at the first fault; whoever writes a scheme by hand wants them all. So the file is
//! parsed into nodes that know their line, and each field is asked for by name; what nobody asked for is a fault too,
//! since a mistyped key must not turn into a default. Numbers are read as decimals from their text, never as floats.

use std::collections::BTreeSet;
use std::str::FromStr;

use marked_yaml::types::{MarkedMappingNode, MarkedSequenceNode};
use marked_yaml::{Node, Span};
use rust_decimal::Decimal;

use super::SchemeFault;
use crate::text::Text;

/// The faults found so far.
#[derive(Debug, Default)]
pub(crate) struct Faults(pub(crate) Vec<SchemeFault>);

impl Faults {
    pub(crate) fn add(&mut self, path: &str, span: &Span, value: &str, zh: &str, en: &str) {
        self.0.push(SchemeFault {
            path: path.to_owned(),
            line: span.start().map(marked_yaml::Marker::line),
            value: value.to_owned(),
            rule: Text::new(zh, en),
        });
    }
}

/// One mapping that is being read.
pub(crate) struct Fields<'a> {
    node: &'a MarkedMappingNode,
    path: String,
    asked: BTreeSet<&'static str>,
    /// Fields that were handed to another reader.
    taken: BTreeSet<&'a str>,
}

impl<'a> Fields<'a> {
    /// Starts on a node, which must be a mapping.
    pub(crate) fn of(node: &'a Node, path: &str, faults: &mut Faults) -> Option<Self> {
        match node {
            Node::Mapping(node) => {
                Some(Self { node, path: path.to_owned(), asked: BTreeSet::new(), taken: BTreeSet::new() })
            }
            Node::Scalar(_) | Node::Sequence(_) => {
                faults.add(path, node.span(), "", "应为一组“键: 值”", "must be a mapping");
                None
            }
        }
    }

    pub(crate) fn span(&self) -> &'a Span {
        self.node.span()
    }

    /// The path of a field.
    pub(crate) fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// A fault at a field of this mapping.
    pub(crate) fn fault(&self, key: &str, value: &str, zh: &str, en: &str, faults: &mut Faults) {
        let span = self.node.get_node(key).map_or_else(|| self.node.span(), Node::span);
        faults.add(&self.at(key), span, value, zh, en);
    }

    pub(crate) fn optional(&mut self, key: &'static str) -> Option<&'a Node> {
        self.asked.insert(key);
        self.node.get_node(key)
    }

    pub(crate) fn required(&mut self, key: &'static str, faults: &mut Faults) -> Option<&'a Node> {
        let node = self.optional(key);
        if node.is_none() {
            faults.add(&self.at(key), self.node.span(), "", "必填", "is required");
        }
        node
    }

    /// A text that is not empty.
    pub(crate) fn text(&mut self, key: &'static str, faults: &mut Faults) -> Option<String> {
        let node = self.required(key, faults)?;
        scalar(node, &self.at(key), faults).map(str::to_owned)
    }

    /// A text, if the field is there.
    pub(crate) fn optional_text(&mut self, key: &'static str, faults: &mut Faults) -> Option<String> {
        let node = self.optional(key)?;
        scalar(node, &self.at(key), faults).map(str::to_owned)
    }

    /// Every key with its node, for a mapping whose keys are names and not fields.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, &'a Node)> {
        self.node.iter().map(|(key, node)| (key.as_str(), node))
    }

    /// Every field but those named, for a part that is read by its own type; they all count as asked for.
    pub(crate) fn take_others(&mut self, named: &[&str]) -> Vec<(&'a str, &'a Node)> {
        let others: Vec<_> = self.entries().filter(|(key, _)| !named.contains(key)).collect();
        self.taken.extend(others.iter().map(|(key, _)| *key));
        others
    }

    /// A text in both languages.
    pub(crate) fn both(&mut self, key: &'static str, faults: &mut Faults) -> Option<Text> {
        let node = self.required(key, faults)?;
        let mut fields = Fields::of(node, &self.at(key), faults)?;
        let (zh, en) = (fields.text("zh", faults), fields.text("en", faults));
        fields.finish(faults);
        Some(Text { zh: zh?, en: en? })
    }

    /// A required decimal.
    pub(crate) fn decimal(&mut self, key: &'static str, faults: &mut Faults) -> Option<Decimal> {
        self.required(key, faults)?;
        self.optional_decimal(key, faults)
    }

    /// A decimal, if the field is there.
    pub(crate) fn optional_decimal(&mut self, key: &'static str, faults: &mut Faults) -> Option<Decimal> {
        let node = self.optional(key)?;
        let text = scalar(node, &self.at(key), faults)?;
        let value = Decimal::from_str_exact(text).ok();
        if value.is_none() {
            self.fault(key, text, "应为小数，如 0.25", "must be a decimal such as 0.25", faults);
        }
        // Normalised, so that 20 and 20.0 have the same digest.
        value.map(|v| v.normalize())
    }

    /// `true` or `false`, with a default.
    pub(crate) fn boolean(&mut self, key: &'static str, default: bool, faults: &mut Faults) -> bool {
        let Some(node) = self.optional(key) else { return default };
        let Some(text) = scalar(node, &self.at(key), faults) else { return default };
        bool::from_str(text).unwrap_or_else(|_| {
            self.fault(key, text, "应为 true 或 false", "must be true or false", faults);
            default
        })
    }

    /// One word of a closed list.
    pub(crate) fn word<T: Copy>(&mut self, key: &'static str, allowed: &[(&str, T)], faults: &mut Faults) -> Option<T> {
        let node = self.required(key, faults)?;
        let text = scalar(node, &self.at(key), faults)?;
        let found = allowed.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let list = allowed.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
            self.fault(key, text, &format!("只能是：{list}"), &format!("must be one of: {list}"), faults);
        }
        found
    }

    /// The elements of a list with their paths; an absent list is empty.
    pub(crate) fn list(&mut self, key: &'static str, faults: &mut Faults) -> Vec<(&'a Node, String)> {
        let path = self.at(key);
        match self.optional(key) {
            None => Vec::new(),
            Some(Node::Sequence(nodes)) => elements(nodes, &path),
            Some(node @ (Node::Scalar(_) | Node::Mapping(_))) => {
                faults.add(&path, node.span(), "", "应为列表", "must be a list");
                Vec::new()
            }
        }
    }

    /// Names every key that nobody asked for.
    pub(crate) fn finish(self, faults: &mut Faults) {
        let known = |key: &str| self.asked.contains(key) || self.taken.contains(key);
        for key in self.node.keys().filter(|key| !known(key.as_str())) {
            let list = self.asked.iter().copied().collect::<Vec<_>>().join(", ");
            let (zh, en) = (format!("未知的键；可用：{list}"), format!("unknown key; allowed: {list}"));
            faults.add(&self.at(key.as_str()), key.span(), "", &zh, &en);
        }
    }
}

fn elements<'a>(nodes: &'a MarkedSequenceNode, path: &str) -> Vec<(&'a Node, String)> {
    nodes.iter().enumerate().map(|(index, node)| (node, format!("{path}[{index}]"))).collect()
}

/// The text of a scalar that is not empty.
pub(crate) fn scalar<'a>(node: &'a Node, path: &str, faults: &mut Faults) -> Option<&'a str> {
    match node {
        Node::Scalar(scalar) if !scalar.as_str().trim().is_empty() => Some(scalar.as_str().trim()),
        Node::Scalar(_) => {
            faults.add(path, node.span(), "", "不能为空", "must not be empty");
            None
        }
        Node::Mapping(_) | Node::Sequence(_) => {
            faults.add(path, node.span(), "", "应为单个值", "must be a single value");
            None
        }
    }
}
