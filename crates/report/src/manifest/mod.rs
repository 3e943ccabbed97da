//! The signed manifest of a report: a digest for every figure and for everything around the figures.
//!
//! A manifest is the text of a note ([C2SP signed-note]) under the aggregator's key. There are two, of one form: that of
//! `report.json` stands in the report's field `manifest`, that of `report.html` in its element `<pre id="manifest">`, and
//! names the first by its digest, so the three belong together. The text is made of lines:
//!
//! ```text
//! wufei.report-manifest/v1
//! name departments/aggregator/reports/edition-1
//! part <SHA-256> asOfDate
//! figure <SHA-256> score/140100 /run/units/0/score
//! ```
//!
//! - `figure`: SHA-256 of the canonical JSON (see [`canonical()`]) at that place, of `null` where there is none.
//! - `part`: SHA-256 of the canonical JSON of that member of the report, with every figure taken out: removed from an
//!   object, replaced by `null` in an array. The member `manifest` is no part.
//!
//! The page's text begins with `wufei.page-manifest/v1`, has the line `report <SHA-256 of the other note>`, and takes its
//! digests from the bytes of the page: see the module `page`.
//!
//! [C2SP signed-note]: https://c2sp.org/signed-note

mod canonical;
mod check;
mod figures;
mod page;
mod text;

use ledger::{NoteError, NoteSigner, NoteVerifier, body_digest, sign_note};
use serde_json::Value;

pub use canonical::{NotCanonical, canonical, parse};
pub use check::{Checked, Difference, ManifestError, Place, check_page, check_report};

use text::{Line, Manifest};

/// Signs the manifest of a report's JSON, without looking at a manifest that it may have.
///
/// # Errors
/// [`NoteError`] when the key gives no signature, or a name holds a control character.
pub fn sign_report(report: &Value, signer: &NoteSigner) -> Result<String, NoteError> {
    sign_note(&of_report(report).to_string(), signer)
}

/// The page with its signed manifest in its place. A page without a place for it stays as it is. `report` is the manifest
/// of the report's JSON.
///
/// # Errors
/// As [`sign_report`].
pub fn sign_page(html: &str, name: &str, report: &str, signer: &NoteSigner) -> Result<String, NoteError> {
    let note = sign_note(&of_page(html, name, report).to_string(), signer)?;
    Ok(page::with_manifest(html, &note).unwrap_or_else(|| html.to_owned()))
}

/// The manifest that a report should have.
fn of_report(report: &Value) -> Manifest {
    let figures = figures::of(report);
    let digest = |value: Option<&Value>| body_digest(canonical(value.unwrap_or(&Value::Null)).as_bytes());
    let lines =
        figures.iter().map(|(id, place)| Line::figure(digest(report.pointer(place)), id, place)).collect::<Vec<_>>();
    let rest = without(report, figures.iter().map(|(_, place)| place.as_str()));
    let parts = parts(&rest);
    Manifest::report(report.get("name").and_then(Value::as_str).unwrap_or_default(), parts, lines)
}

/// The members of a report without its figures, by name.
fn parts(rest: &Value) -> Vec<Line> {
    let members = rest.as_object().into_iter().flatten().filter(|(name, _)| *name != MANIFEST);
    let mut parts: Vec<_> =
        members.map(|(name, member)| Line::part(body_digest(canonical(member).as_bytes()), name)).collect();
    parts.sort();
    parts
}

/// The member that holds the manifest.
const MANIFEST: &str = "manifest";

/// A report without what stands at these places.
fn without<'a>(report: &Value, places: impl Iterator<Item = &'a str>) -> Value {
    let mut rest = report.clone();
    for place in places {
        let Some((parent, last)) = place.rsplit_once('/') else { continue };
        match rest.pointer_mut(parent) {
            Some(Value::Object(members)) => {
                members.remove(last);
            }
            Some(Value::Array(items)) => {
                if let Some(item) = last.parse().ok().and_then(|at: usize| items.get_mut(at)) {
                    *item = Value::Null;
                }
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {}
        }
    }
    rest
}

/// The manifest that a page should have.
fn of_page(html: &str, name: &str, report: &str) -> Manifest {
    let cut = page::cut(html);
    let parts = cut.parts.iter().map(|(name, text)| Line::part(body_digest(text.as_bytes()), name)).collect();
    let figures = cut.figures.iter().map(|(id, text)| Line::figure(body_digest(text.as_bytes()), id, "")).collect();
    Manifest::page(name, body_digest(report.as_bytes()), parts, figures)
}

/// Keys that may sign manifests: the aggregator's, each under its own name.
pub type Keys<'a> = &'a [NoteVerifier];
