//! The signed directory of an instance: who is a member, in which roles and under which keys, where the nodes are, and
//! which certificates do not count any more.
//!
//! It is one JSON document, the text of a note ([C2SP signed-note]) that the directory key of the instance signs. A
//! certificate says who is on the other end; the directory says what that is worth today. Pure: no clock, no files, no
//! random source.
//!
//! - [`Document`] is the content, typed and free to be edited; [`Directory::sign`] checks it and makes the note.
//! - [`Directory`] is a document that was signed by the right key and keeps every rule. Only it answers questions.
//! - [`changes`] says what another version takes away, so that a node can end what is no longer allowed.
//!
//! Trust: whoever holds the directory key decides who is a member. Whoever can only exchange the file can bring back an
//! older version until it expires; therefore the holder keeps the highest version it has seen, and nothing is open for
//! ever.
//!
//! [C2SP signed-note]: https://c2sp.org/signed-note

mod changes;
mod check;
mod document;
mod edit;
mod error;
mod fault;
mod key;
mod open;
mod wire;
mod witnesses;

pub use changes::{Change, changes};
pub use document::{Document, Fingerprint, Member, NodeEntry, directory_key_name};
pub use edit::EditError;
pub use error::DirectoryError;
pub use fault::{Fault, Faults};
pub use key::{NotAVerifierKey, SigningKey, VerifierKey};
pub use open::{Directory, KeyRefused};
