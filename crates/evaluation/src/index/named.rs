//! Numbers by the names that many lists share.

use std::fmt;
use std::ops::Index;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::tables::Table;

/// One number for each of some names, in the order of the names.
///
/// Every unit of a result has one for each node of the scheme; names and numbers are kept once for all of them. In JSON it
/// is an object, in which a number that does not exist is `null`.
#[derive(Clone, Default)]
pub struct Named {
    names: Arc<[String]>,
    numbers: Numbers,
}

/// Where the numbers of a list are.
#[derive(Clone, Default)]
enum Numbers {
    #[default]
    None,
    Own(Vec<f64>),
    /// A row of a table with the same names.
    Row(Arc<dyn Table>, usize),
}

impl Named {
    /// The number of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&f64> {
        let at = self.names.binary_search_by(|other| other.as_str().cmp(name)).ok()?;
        self.at(at)
    }

    fn at(&self, name: usize) -> Option<&f64> {
        match &self.numbers {
            Numbers::None => None,
            Numbers::Own(values) => values.get(name),
            Numbers::Row(table, row) => (name < self.names.len()).then(|| table.number(name, *row)),
        }
    }

    /// Whether there is such a name.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Names and numbers.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &f64)> {
        self.names.iter().zip(self.values())
    }

    /// The names.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.iter().map(|(name, _)| name)
    }

    /// The numbers.
    pub fn values(&self) -> impl Iterator<Item = &f64> {
        (0..self.len()).filter_map(|name| self.at(name))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.numbers {
            Numbers::None => 0,
            Numbers::Own(values) => values.len(),
            Numbers::Row(..) => self.names.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names && self.values().eq(other.values())
    }
}

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Index<&str> for Named {
    type Output = f64;

    /// # Panics
    /// If there is no such name.
    fn index(&self, name: &str) -> &f64 {
        match self.get(name) {
            Some(value) => value,
            None => panic!("there is no number of the name {name}"),
        }
    }
}

impl Serialize for Named {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(name, value)| (name, Some(*value).filter(|value| !value.is_nan()))))
    }
}

/// The names of many lists, and where the number of each stands before it is put in their order.
#[derive(Clone, Debug)]
pub(super) struct Names {
    names: Arc<[String]>,
    places: Vec<usize>,
}

impl Names {
    pub(super) fn of(ids: &[String]) -> Self {
        let mut places: Vec<usize> = (0..ids.len()).collect();
        places.sort_by(|&a, &b| ids[a].cmp(&ids[b]));
        Self { names: places.iter().map(|&at| ids[at].clone()).collect(), places }
    }

    /// Where the number of each name stands, in the order of the names.
    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }

    /// A row of a table with these names.
    pub(super) fn row(&self, table: &Arc<dyn Table>, row: usize) -> Named {
        Named { names: Arc::clone(&self.names), numbers: Numbers::Row(Arc::clone(table), row) }
    }

    /// The list of the numbers that `value` gives for the place of each name, without one of them.
    pub(super) fn without(&self, left_out: usize, value: impl FnMut(usize) -> f64) -> Named {
        let there = || self.places.iter().copied().zip(self.names.iter()).filter(|(at, _)| *at != left_out);
        Named {
            names: there().map(|(_, name)| name.clone()).collect(),
            numbers: Numbers::Own(there().map(|(at, _)| at).map(value).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_by_name_and_written_in_the_order_of_names() {
        let names = Names::of(&["b", "a", "c", "left out"].map(str::to_owned));
        let list = names.without(3, |at| [1.5, 2.0, f64::NAN, 0.0][at]);
        assert_eq!((list["a"], list["b"], list.get("d")), (2.0, 1.5, None));
        assert_eq!(serde_json::to_string(&list).unwrap(), r#"{"a":2.0,"b":1.5,"c":null}"#);
    }
}
