//! The ids of a scheme.

use std::collections::BTreeMap;

use crate::scheme::fields::{Faults, Fields};

/// Ids with the place of their first use.
#[derive(Debug, Default)]
pub(crate) struct Ids(BTreeMap<String, String>);

impl Ids {
    /// An id: unique, and free of signs that mean something in a path or in the header of a data file.
    pub(crate) fn read(&mut self, fields: &mut Fields<'_>, faults: &mut Faults) -> Option<String> {
        let id = fields.text("id", faults)?;
        if id.contains([':', ',', '/', '"']) || id.contains(char::is_whitespace) {
            let (zh, en) = ("编号不能含空白或 : , / \"", "must not contain white space or : , / \"");
            fields.fault("id", &id, zh, en, faults);
        }
        self.claim("id", &id, fields, faults);
        Some(id)
    }

    /// Takes a name that may stand once in a scheme; `key` is where it stands.
    pub(crate) fn claim(&mut self, key: &str, id: &str, fields: &Fields<'_>, faults: &mut Faults) {
        if let Some(first) = self.0.get(id) {
            let (zh, en) = (format!("编号重复，首次出现在 {first}"), format!("already used at {first}"));
            fields.fault(key, id, &zh, &en, faults);
        } else {
            self.0.insert(id.to_owned(), fields.at(key));
        }
    }

    /// Whether the scheme has it.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }
}
