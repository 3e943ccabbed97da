//! What an auditor checks without any server.
//!
//! A [`Bundle`] is one file with a report, its page, the submissions that its figures rest on, byte for byte, their place in
//! the departments' logs, and the signed directories that name the keys. [`verify`] checks all of it from the public key of
//! the directory's authority alone: from every figure to the message that it came from. It stops at the first thing that
//! does not hold and says what and where it is.
//!
//! Pure: no files, no network, no clock. Whether a key counted is asked for the time at which the node received the
//! submission, which the log fixes.
//!
//! | module | holds |
//! |---|---|
//! | `file` | the form of the bundle |
//! | `wrong` | what can be wrong with it |
//! | `keys` | the keys that count, from the directories |
//! | `entries` | logs and submissions |
//! | `figures` | from the figures to the rows that they rest on |

mod entries;
mod figures;
mod file;
mod keys;
mod message;
mod row;
mod wrong;

use ledger::{NoteVerifier, body_digest};
use report::manifest::{check_page, check_report};
use serde_json::Value;

pub use figures::{Cited, citations};
pub use file::{Bundle, Consistency, Log, SubmissionEntry};
pub use row::{ProvedRow, RowWrong, verify_row_proof};
pub use wrong::Wrong;

use keys::Keys;

/// What a bundle proves, once everything in it has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Resource name of the report.
    pub report: String,
    /// Figures that are as they were signed.
    pub figures: usize,
    /// Logs whose signed checkpoint extends the one of the evaluation.
    pub logs: usize,
    /// Submissions checked byte for byte.
    pub submissions: usize,
    /// How many of them carry the signature of who submitted them. The others are records of the aggregator itself, or were
    /// taken by an instance that accepts unsigned writes.
    pub signed: usize,
    /// Places of the report that lead to a submission, all of which are in the bundle.
    pub citations: usize,
    /// Figures that were worked out again from the submissions.
    pub recomputed: usize,
}

/// Checks a bundle from the key of the directory's authority. `log_keys` are keys of logs that the auditor was given
/// otherwise, for a directory that does not list its nodes; those that it lists come first.
///
/// # Errors
/// [`Wrong`]: the first thing that does not hold.
pub fn verify(bundle: &Bundle, authority: &NoteVerifier, log_keys: &[NoteVerifier]) -> Result<Verdict, Wrong> {
    let keys = Keys::open(&bundle.directories, authority, log_keys)?;
    let name = report_and_page(bundle, &keys)?;
    let logs = entries::check(bundle, &keys)?;
    let found = figures::check(&bundle.report, &logs)?;
    Ok(Verdict {
        report: name.0,
        figures: name.1,
        logs: bundle.logs.len(),
        submissions: logs.submissions(),
        signed: logs.signed(),
        citations: found.citations,
        recomputed: found.recomputed,
    })
}

/// The report and its page as they were signed, and that they belong together.
fn report_and_page(bundle: &Bundle, keys: &Keys) -> Result<(String, usize), Wrong> {
    let signer = [keys.log("departments/aggregator")?.clone()];
    let part = |place: &'static str| move |error| Wrong::Manifest { place, error };
    let checked = check_report(&bundle.report, &signer).map_err(part("report"))?;
    if let Some(difference) = checked.differences.into_iter().next() {
        return Err(Wrong::Differs { place: "report", difference });
    }
    let name = bundle.report.get("name").and_then(Value::as_str).unwrap_or_default();
    if name != checked.name {
        return Err(Wrong::contradiction("report.name", &checked.name, name));
    }
    if let Some(page) = &bundle.page {
        let shown = check_page(page, &signer).map_err(part("page"))?;
        if let Some(difference) = shown.differences.into_iter().next() {
            return Err(Wrong::Differs { place: "page", difference });
        }
        let manifest = bundle.report.get("manifest").and_then(Value::as_str).unwrap_or_default();
        if shown.report != Some(body_digest(manifest.as_bytes())) || shown.name != checked.name {
            return Err(Wrong::OtherPage { report: checked.name, page: shown.name });
        }
    }
    Ok((checked.name, checked.figures))
}
