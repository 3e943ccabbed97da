//! The text of a scheme as a tree of keys and words, and back: for programs that hold schemes in another form.
//!
//! Every scalar is its text, so that no number is rounded on the way. What a scheme means is not looked at here.

use marked_yaml::Node;
use yaml_rust2::yaml::Hash;
use yaml_rust2::{Yaml, YamlEmitter};

use crate::scheme::{self, SchemeErrors};

/// A scheme file as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// A text, a number or a truth value.
    Word(String),
    /// A list.
    List(Vec<Self>),
    /// Keys with what stands under them, in their order.
    Map(Vec<(String, Self)>),
}

impl Document {
    /// Reads a YAML text.
    ///
    /// # Errors
    /// What is wrong with its syntax.
    pub fn from_yaml(text: &str) -> Result<Self, SchemeErrors> {
        scheme::root(text).map(|root| of(&root))
    }

    /// Writes it as YAML that reads back as the same tree.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail; an unfinished text would not read back.
        if YamlEmitter::new(&mut text).dump(&yaml(self)).is_err() {
            text.clear();
        }
        let body = text.strip_prefix("---\n").unwrap_or(&text);
        format!("{body}\n")
    }
}

fn of(node: &Node) -> Document {
    match node {
        Node::Scalar(scalar) => Document::Word(scalar.as_str().trim().to_owned()),
        Node::Sequence(nodes) => Document::List(nodes.iter().map(of).collect()),
        Node::Mapping(nodes) => {
            Document::Map(nodes.iter().map(|(key, node)| (key.as_str().to_owned(), of(node))).collect())
        }
    }
}

fn yaml(document: &Document) -> Yaml {
    match document {
        Document::Word(text) if is_plain(text) => Yaml::Real(text.clone()),
        Document::Word(text) => Yaml::String(text.clone()),
        Document::List(items) => Yaml::Array(items.iter().map(yaml).collect()),
        Document::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| (Yaml::String(key.clone()), yaml(value)));
            Yaml::Hash(entries.collect::<Hash>())
        }
    }
}

/// A number or a truth value that needs no quotes.
fn is_plain(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    ["true", "false"].contains(&text) || (all(whole) && all(fraction))
}
