//! The report as PDF, XLSX and DOCX, made here from its JSON: the same bytes whoever makes them. A program that was built
//! without them, as the demo is, says how to get them.

#[cfg(not(feature = "documents"))]
mod absent;
#[cfg(feature = "documents")]
mod made;

#[cfg(not(feature = "documents"))]
pub(crate) use absent::make;
#[cfg(feature = "documents")]
pub(crate) use made::make;

/// How to call a program that makes documents: this one, or where it was built without them, one that has them.
pub(crate) const PROGRAM: &str = if cfg!(feature = "documents") { "wufei" } else { "cargo run -p cli --bin wufei --" };
