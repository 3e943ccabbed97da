//! A directory in force for tests that are not about signatures: unsigned writes are taken.

use std::sync::Arc;

use chrono::{TimeZone as _, Utc};
use directory::{Directory, Document, Member, directory_key_name};
use domain::{DepartmentId, Text};
use node::trust::{Trust, TrustConfig, UnsignedWrites};
use pki::{PLAIN_NOTE, make_note_key, write_note_key};
use policy::{Principal, Role};
use runtime::clock::SystemClock;

/// What a node trusts when these are the members of the instance: the writers of departments, and else evaluators.
pub(crate) fn trust(instance: &str, members: &[&str]) -> Trust {
    let dir = tempfile::tempdir().unwrap();
    let signer = make_note_key(&directory_key_name(instance)).unwrap();
    write_note_key(dir.path(), "directory", &signer, PLAIN_NOTE).unwrap();
    let new_year = |year| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap();
    let mut document = Document::first(instance, new_year(2000), new_year(2100));
    for member in members {
        let principal = Principal::parse(member).unwrap();
        let department = principal.department().map(|id| DepartmentId::parse(id).unwrap());
        let role = if department.is_some() { Role::DepartmentWriter } else { Role::Evaluator };
        let member = Member {
            principal,
            display: Text::new("测试", "test"),
            roles: [role].into(),
            regions: department.as_ref().and_then(DepartmentId::city_region).into_iter().collect(),
            department,
            suspended: false,
            signing_keys: Vec::new(),
        };
        document.enter(member).unwrap();
    }
    let note = dir.path().join("directory.note");
    std::fs::write(&note, Directory::sign(&document, &signer).unwrap()).unwrap();
    let config = TrustConfig {
        directory: note.into(),
        directory_key: dir.path().join("directory.vkey").into(),
        unsigned_writes: UnsignedWrites::Accept,
        policy: None,
        grants: None,
    };
    Trust::open(&config, instance, dir.path(), Arc::new(SystemClock)).unwrap()
}
