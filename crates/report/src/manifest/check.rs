//! Compares a report or a page with its signed manifest and names what differs.

use domain::Text;
use ledger::{Hash, NoteError, body_digest, open_note};
use serde_json::Value;

use super::{
    Keys, MANIFEST, canonical, page, parts,
    text::{Kind, Line, Manifest, NotAManifest},
    without,
};

/// What was found at most of a value that differs.
const LONGEST: usize = 120;

/// Why there is nothing to compare with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// There is no manifest.
    #[error("there is no signed manifest")]
    Missing,
    /// The note is malformed, was changed, or is not signed by a trusted key.
    #[error("the manifest cannot be believed: {0}")]
    Note(#[from] NoteError),
    /// The signed text is no manifest.
    #[error("the signed text is no manifest: {0}")]
    Form(#[from] NotAManifest),
    /// It is the manifest of something else.
    #[error("the manifest is about {found}, not {expected}")]
    Other {
        /// What it should be about.
        expected: String,
        /// What it is about.
        found: String,
    },
}

impl ManifestError {
    /// What happened, for people.
    #[must_use]
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Missing => "没有签名清单".to_owned(),
            Self::Note(NoteError::BadSignature(name)) => format!("签名清单的签名不符（{name}）：清单被改动"),
            Self::Note(NoteError::NoTrustedSignature) => "签名清单不是由可信的密钥签署".to_owned(),
            Self::Note(error) => format!("签名清单不可信：{error}"),
            Self::Form(NotAManifest { line, .. }) => format!("签名清单第 {line} 行的形式不符"),
            Self::Other { expected, found } => format!("签名清单说的是 {found}，不是 {expected}"),
        };
        Text::new(zh, self.to_string())
    }
}

/// Where a difference is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A figure, by its id.
    Figure(String),
    /// Something around the figures, by the name of the part.
    Part(String),
}

/// Something that is not as it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub place: Place,
    /// What stands there now, shortened; empty for a part, and where nothing stands.
    pub found: String,
}

impl Difference {
    /// The difference in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let (zh, en) = if self.found.is_empty() {
            (String::new(), String::new())
        } else {
            (format!("：现为 {}", self.found), format!(": found {}", self.found))
        };
        match &self.place {
            Place::Figure(id) => {
                Text::new(format!("数字 {id} 与签名时不同{zh}"), format!("the figure {id} is not the one signed{en}"))
            }
            Place::Part(name) => Text::new(
                format!("{name} 中数字以外的内容与签名时不同"),
                format!("{name} is not as it was signed, outside its figures"),
            ),
        }
    }
}

/// What was compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Resource name of the report, as signed.
    pub name: String,
    /// How many figures the manifest names.
    pub figures: usize,
    /// What differs, figures first; empty when everything is as it was signed.
    pub differences: Vec<Difference>,
    /// For a page, the digest of the manifest of the report that it was made from.
    pub report: Option<Hash>,
}

/// Compares the JSON of a report with the manifest in it.
///
/// # Errors
/// [`ManifestError`] when nothing can be compared.
pub fn check_report(report: &Value, keys: Keys<'_>) -> Result<Checked, ManifestError> {
    let note = report.get(MANIFEST).and_then(Value::as_str).filter(|note| !note.is_empty());
    let manifest = open(note.ok_or(ManifestError::Missing)?, keys)?;
    if manifest.kind != Kind::Report {
        return Err(other("report.json", "report.html"));
    }
    let found = |line: &Line| report.pointer(&line.place).unwrap_or(&Value::Null);
    let changed = manifest.figures.iter().filter_map(|line| {
        let text = canonical(found(line));
        (body_digest(text.as_bytes()) != line.digest).then(|| figure(&line.name, &text))
    });
    let mut differences: Vec<Difference> = changed.collect();
    let rest = without(report, manifest.figures.iter().map(|line| line.place.as_str()));
    differences.extend(compare(&manifest.parts, &parts(&rest)));
    Ok(Checked { name: manifest.name, figures: manifest.figures.len(), differences, report: None })
}

/// Compares a page with the manifest in it.
///
/// # Errors
/// [`ManifestError`] when nothing can be compared.
pub fn check_page(html: &str, keys: Keys<'_>) -> Result<Checked, ManifestError> {
    let cut = page::cut(html);
    let note = cut.manifest.as_deref().filter(|note| !note.is_empty()).ok_or(ManifestError::Missing)?;
    let manifest = open(note, keys)?;
    let Kind::Page(report) = manifest.kind else { return Err(other("report.html", "report.json")) };
    let mut differences = Vec::new();
    for line in &manifest.figures {
        let text = cut.figures.iter().find(|(id, _)| *id == line.name).map_or("", |(_, text)| text.as_str());
        if body_digest(text.as_bytes()) != line.digest {
            differences.push(figure(&line.name, text));
        }
    }
    let added = cut.figures.iter().filter(|(id, _)| !manifest.figures.iter().any(|line| line.name == *id));
    differences.extend(added.map(|(id, text)| figure(id, text)));
    let found: Vec<_> = cut.parts.iter().map(|(name, text)| Line::part(body_digest(text.as_bytes()), name)).collect();
    differences.extend(compare(&manifest.parts, &found));
    Ok(Checked { name: manifest.name, figures: manifest.figures.len(), differences, report: Some(report) })
}

fn open(note: &str, keys: Keys<'_>) -> Result<Manifest, ManifestError> {
    Ok(Manifest::parse(open_note(note, keys)?)?)
}

fn other(expected: &str, found: &str) -> ManifestError {
    ManifestError::Other { expected: expected.to_owned(), found: found.to_owned() }
}

fn figure(id: &str, text: &str) -> Difference {
    let found = if text.chars().count() > LONGEST {
        text.chars().take(LONGEST).chain(['…']).collect()
    } else {
        text.to_owned()
    };
    Difference { place: Place::Figure(id.to_owned()), found }
}

/// Parts that are other, gone or new.
fn compare<'a>(signed: &'a [Line], found: &'a [Line]) -> impl Iterator<Item = Difference> + use<'a> {
    let changed = signed.iter().filter(|line| !found.contains(line));
    let new = found.iter().filter(|line| !signed.iter().any(|known| known.name == line.name));
    changed.chain(new).map(|line| Difference { place: Place::Part(line.name.clone()), found: String::new() })
}
