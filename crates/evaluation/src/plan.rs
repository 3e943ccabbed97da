//! A scheme of any model.

use crate::index::{self, IndexScheme};
use crate::joint::{self, JointScheme};
use crate::scheme::{self, Scheme, SchemeErrors};

/// A scheme file says by `kind:` which model it is of.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// `kind: practice`, or no `kind`: marks for items by the scoring methods S1–S8, exact fractions.
    Practice(Box<Scheme>),
    /// `kind: index`: a composite index.
    Index(Box<IndexScheme>),
    /// `kind: joint`: parts of several departments side by side.
    Joint(Box<JointScheme>),
}

impl Plan {
    /// Reads a scheme, or names everything that is wrong with it.
    pub fn from_yaml(text: &str) -> Result<Self, SchemeErrors> {
        // A word that is neither is a fault of `kind`, which the model of practice names.
        match scheme::kind(&scheme::root(text)?) {
            Some(joint::KIND) => JointScheme::from_yaml(text).map(Box::new).map(Self::Joint),
            Some(index::KIND) => IndexScheme::from_yaml(text).map(Box::new).map(Self::Index),
            Some(_) | None => Scheme::from_yaml(text).map(Box::new).map(Self::Practice),
        }
    }
}
