//! What comes of the policies, as a page that is reviewed.

use std::{fs, path::Path};

use crate::support::policy;

#[test]
fn the_reviewed_table_of_access_is_what_the_policies_say() {
    let table = policy::access_table(policy());
    assert!(!table.contains('!'), "a cell could not be asked");
    let reviewed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/access-table.md");
    let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("access-table.md");
    fs::write(&new, &table).unwrap();
    let same = fs::read_to_string(reviewed).is_ok_and(|text| text == table);
    assert!(same, "access changed; review the difference and copy {} to docs/access-table.md", new.display());
}
