//! Derived indicators: `recycled / generated * 100`.
//!
//! A formula computes the value of an indicator from other indicators and from raw columns of the data, whose units are
//! checked when the scheme is read ([`shape`]): adding 吨 to 元 is refused, 万吨 + 吨 converts exactly, and the result is given
//! in the unit of the indicator. Operators are `+ - * / ^` and brackets; functions are `min`, `max`, `abs`, `ln`, `log10` and
//! `if(a < b, then, otherwise)`; `5 [吨]` is a number with a unit, `{ID-01}` a name that is no plain word.
//!
//! **Missing** in, missing out: a formula has no value where a part that it needs has none (of `if` only the comparison and
//! the branch taken are needed), and does not apply where a part does not apply. **Zero**: a division by zero gives no value
//! and is flagged, and so does what has no meaning (a logarithm of zero, a root of a negative number, 0⁰).
//!
//! The arithmetic is exact on the decimals that were reported, but for `ln`, `log10` and powers that are not whole, which pass
//! through `libm`. A composite index takes the nearest float of the result.

mod compute;
mod order;
mod parse;
mod shape;

pub(crate) use compute::Gap;
pub(crate) use order::order;
pub(crate) use shape::Units;

use serde::{Serialize, Serializer};

use crate::exact::Exact;

/// A formula that was read and whose units fit.
///
/// In the digest of a scheme it is its text without white space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formula {
    text: String,
    root: Node,
    names: Vec<String>,
    /// What one unit of each name is in base units.
    factors: Vec<Exact>,
    /// What one unit of the result is in base units.
    scale: Exact,
}

/// A part of a formula and where it stands, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    at: usize,
    expr: Expr,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Expr {
    Number(Exact),
    /// A unit of measure: one of it.
    Unit(String),
    /// A name and its number.
    Name(String, usize),
    Negative(Box<Node>),
    Binary(Operation, Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
    If(Box<(Node, Compare, Node, Node, Node)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Min,
    Max,
    Abs,
    Ln,
    Log10,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    Below,
    AtMost,
    Above,
    AtLeast,
    Equals,
    Differs,
}

/// What is wrong with a formula, and in which column of its text (from 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) column: usize,
    pub(crate) zh: String,
    pub(crate) en: String,
}

impl Formula {
    /// Reads a formula; its units are checked by [`Formula::bind`].
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        let mut names = Vec::new();
        match parse::parse(text, &mut names) {
            Ok(root) => {
                let factors = vec![Exact::one(); names.len()];
                Ok(Self { text: text.to_owned(), root, names, factors, scale: Exact::one() })
            }
            Err(parse::Unreadable { at, zh, en }) => Err(fault(text, at, zh, en)),
        }
    }

    /// Checks the units of the names against the one of the result. All names that nobody knows are named.
    pub(crate) fn bind(&mut self, units: &Units, result: &str) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        self.unknown(&self.root, units, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        match shape::check(&mut self.root, &self.names, units, result) {
            Ok(scale) => {
                self.factors = self.names.iter().map(|name| units.factor(name)).collect();
                self.scale = scale;
                Ok(())
            }
            Err(shape::Misfit { at, zh, en }) => Err(vec![fault(&self.text, at, zh, en)]),
        }
    }

    fn unknown(&self, node: &Node, units: &Units, faults: &mut Vec<Fault>) {
        match &node.expr {
            Expr::Number(_) | Expr::Unit(_) => {}
            Expr::Name(name, _) => {
                if !units.knows(name) {
                    let zh = format!("“{name}”既不是指标，也不在 inputs 中（含符号的编号写作 {{编号}}）");
                    let en = format!(
                        "{name} is neither an indicator nor one of the inputs (an id with other signs stands in braces)"
                    );
                    faults.push(fault(&self.text, node.at, zh, en));
                }
            }
            Expr::Negative(inner) => self.unknown(inner, units, faults),
            Expr::Binary(_, left, right) => {
                [left, right].into_iter().for_each(|node| self.unknown(node, units, faults))
            }
            Expr::Call(_, arguments) => arguments.iter().for_each(|node| self.unknown(node, units, faults)),
            Expr::If(parts) => {
                let (left, _, right, then, otherwise) = &**parts;
                [left, right, then, otherwise].into_iter().for_each(|node| self.unknown(node, units, faults));
            }
        }
    }

    /// As the scheme states it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The indicators and raw columns it is made of, in the order of their first use.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

fn fault(text: &str, at: usize, zh: String, en: String) -> Fault {
    Fault { column: text.get(..at).map_or(0, |before| before.chars().count()) + 1, zh, en }
}

impl Serialize for Formula {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.text.split_whitespace().collect::<String>())
    }
}
