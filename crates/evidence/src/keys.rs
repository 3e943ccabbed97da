//! The keys that count: those that the authority's directories list.

use std::collections::BTreeMap;

use directory::Directory;
use domain::DepartmentId;
use ledger::NoteVerifier;

use crate::wrong::Wrong;

/// The directories of a bundle by version, and keys that came otherwise.
pub(crate) struct Keys<'a> {
    directories: BTreeMap<u64, Directory>,
    logs: BTreeMap<String, NoteVerifier>,
    given: &'a [NoteVerifier],
}

impl<'a> Keys<'a> {
    /// Opens the directories with the authority's key.
    pub(crate) fn open(notes: &[String], authority: &NoteVerifier, given: &'a [NoteVerifier]) -> Result<Self, Wrong> {
        let mut directories = BTreeMap::new();
        for (at, note) in notes.iter().enumerate() {
            let directory = Directory::inspect(note, std::slice::from_ref(authority))
                .map_err(|error| Wrong::Directory { at, error })?;
            let version = directory.version();
            if directories.insert(version, directory).is_some() {
                return Err(Wrong::DirectoryTwice { at, version });
            }
        }
        let mut logs = BTreeMap::new();
        // The newest directory that lists a node decides: a log has one key for life.
        for directory in directories.values() {
            for node in &directory.document().nodes {
                if let Ok(key) = node.log_key.as_str().parse() {
                    logs.insert(node.department.parent(), key);
                }
            }
        }
        Ok(Self { directories, logs, given })
    }

    /// The key of a node's log.
    pub(crate) fn log(&self, node: &str) -> Result<&NoteVerifier, Wrong> {
        let department = node.strip_prefix("departments/").and_then(|id| DepartmentId::parse(id).ok());
        let given = || {
            let department = department.as_ref()?;
            // The origin of a department's log ends with its id.
            self.given.iter().find(|key| key.name().rsplit('/').next() == Some(department.as_str()))
        };
        self.logs.get(node).or_else(given).ok_or_else(|| Wrong::NoLogKey { node: node.to_owned() })
    }

    /// The directory of a version.
    pub(crate) fn directory(&self, version: u64) -> Option<&Directory> {
        self.directories.get(&version)
    }
}
