//! The Rust SDK of the exchange: connect as a department, call, submit tables, follow logs, check what was answered.
//!
//! A [`Connection`] goes to one node and carries mutual TLS, trace context, a deadline and the language of error texts. Its
//! With a signing key it signs every write. Its [`Channel`] works with every generated client of `contracts`; [`Connection::call_json`] calls any method by its name.
//! Nothing here trusts the node further than it must: [`follow::Verifier`] checks a feed against the log's signed
//! checkpoints, and [`verify`] checks receipts without the network.

mod channel;
mod codec;
mod connect;
mod contract;
mod error;
mod retry;
mod signing;

pub mod audit;
pub mod dynamic;
pub mod follow;
pub mod submit;
pub mod verify;

pub use audit::{AuditNotVerified, AuditVerdict, ExportError, export_audit_log, verify_audit_file};
pub use channel::Channel;
pub use connect::{ConnectError, Connection, Endpoint, Identity, MAX_ANSWER_BYTES, Options, server_name};
pub use contract::pool;
pub use error::{CallError, FieldFault, JsonFault, Refusal};
pub use follow::{FollowError, Submitted, Verified, VerifiedEntry, Verifier};
pub use retry::Retry;
pub use signing::{read_signing_key, sign_request};
pub use submit::{
    OnRecord, Split, Submission, Table, TableFault, Why, correction, read_table, request_id, submit_observations,
};
pub use verify::{Leaf, NotVerified, ReceiptFile, Verdict, fetch_receipt_file, verify_proof_file, verify_receipt_file};
