//! What the four departments' services share: their configuration, the key of their log, reading the fields of their
//! records, comparing records, and the wiring, which is the aggregator's too.

mod config;
mod entry;
mod fields;
mod log_key;
mod node;
mod peers;
mod rules;
mod tables;
#[cfg(feature = "testing")]
pub mod testing;

pub use config::{DepartmentConfig, check_city, check_department};
pub use entry::directory_entry;
pub use fields::{Fields, SourceFields, Timing};
pub use log_key::{AUDIT_KEY, KeyFiles, LOG_KEY, LogKeyError, load_or_make};
pub use node::{Node, Role};
pub use peers::{Peer, overlap, peer, peer_named, peers, refuse_duplicate, same_title};
pub use rules::{Read, beside, refusal};
pub use tables::{Tables, TablesError};
