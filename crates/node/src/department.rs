//! What the four departments' services share: their configuration, the key of their log, reading the fields of their
//! records, comparing records, and the wiring.

mod config;
mod fields;
mod log_key;
mod peers;
mod tables;

pub use config::{DepartmentConfig, check_city, check_department};
pub use fields::{Fields, SourceFields, Timing};
pub use log_key::{LogKeyError, load_or_make};
pub use peers::{Peer, overlap, refuse_duplicate, same_title};
pub use tables::{Tables, TablesError};
