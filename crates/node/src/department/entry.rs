//! What the signed directory says of a node.

use directory::NodeEntry;
use domain::DepartmentId;
use pki::{PLAIN_NOTE, PkiError, make_note_key, read_verifier_key, write_note_key};

use super::DepartmentConfig;

/// The entry of a node that has been started once, for whoever keeps the directory: its keys, from the folder of its log's
/// key, and where others reach it. The key of the audit log is made here when it is not there yet.
///
/// # Errors
/// When a key is missing or cannot be read.
pub fn directory_entry(
    config: &DepartmentConfig,
    department: &DepartmentId,
    address: String,
    server_name: String,
) -> Result<NodeEntry, PkiError> {
    let key = |file: &str| config.data.join(format!("{file}.vkey"));
    if !key("audit").exists() {
        let signer = make_note_key(&format!("{}/audit", config.log_name(department)))?;
        write_note_key(&config.data, "audit", &signer, PLAIN_NOTE)?;
    }
    Ok(NodeEntry {
        department: department.clone(),
        address,
        server_name,
        log_key: read_verifier_key(&key("log"))?,
        audit_key: read_verifier_key(&key("audit"))?,
        witness_key: Some(read_verifier_key(&key(crate::witness::KEY_FILE))?),
    })
}
