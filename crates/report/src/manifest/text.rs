//! The text of a manifest.

use std::fmt;

use ledger::Hash;

const REPORT: &str = "wufei.report-manifest/v1";
const PAGE: &str = "wufei.page-manifest/v1";

/// Of what a manifest is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of the JSON.
    Report,
    /// Of the page; with the digest of the manifest of the JSON.
    Page(Hash),
}

/// A manifest, signed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) kind: Kind,
    /// Resource name of the report.
    pub(super) name: String,
    pub(super) parts: Vec<Line>,
    pub(super) figures: Vec<Line>,
}

/// One digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    /// Name of the part, or id of the figure.
    pub(super) name: String,
    /// Where a figure stands in the JSON; empty for what is found otherwise.
    pub(super) place: String,
    pub(super) digest: Hash,
}

impl Line {
    pub(super) fn part(digest: Hash, name: &str) -> Self {
        Self { name: name.to_owned(), place: String::new(), digest }
    }

    pub(super) fn figure(digest: Hash, id: &str, place: &str) -> Self {
        Self { name: id.to_owned(), place: place.to_owned(), digest }
    }
}

/// Why a text is no manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the manifest is not what stands there: {expected}")]
pub struct NotAManifest {
    /// The line, from 1.
    pub line: usize,
    /// What should stand there.
    pub expected: &'static str,
}

impl Manifest {
    pub(super) fn report(name: &str, parts: Vec<Line>, figures: Vec<Line>) -> Self {
        Self { kind: Kind::Report, name: name.to_owned(), parts, figures }
    }

    pub(super) fn page(name: &str, report: Hash, parts: Vec<Line>, figures: Vec<Line>) -> Self {
        Self { kind: Kind::Page(report), name: name.to_owned(), parts, figures }
    }

    /// Reads what `Display` writes.
    pub(super) fn parse(text: &str) -> Result<Self, NotAManifest> {
        let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line)).peekable();
        let fault = |line, expected| NotAManifest { line, expected };
        let is_page = match lines.next() {
            Some((_, REPORT)) => false,
            Some((_, PAGE)) => true,
            Some(_) | None => return Err(fault(1, "wufei.report-manifest/v1 or wufei.page-manifest/v1")),
        };
        let name = lines.next().and_then(|(_, line)| line.strip_prefix("name "));
        let name = name.ok_or(fault(2, "name and the report's name"))?.to_owned();
        let kind = if is_page {
            let digest = lines.next().and_then(|(_, line)| line.strip_prefix("report ")?.parse().ok());
            Kind::Page(digest.ok_or(fault(3, "report and a digest"))?)
        } else {
            Kind::Report
        };
        let mut manifest = Self { kind, name, parts: Vec::new(), figures: Vec::new() };
        for (number, line) in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let digest = |text: &str| text.parse().map_err(|_| fault(number, "a digest of 64 digits"));
            match words.as_slice() {
                ["part", hash, name] if manifest.figures.is_empty() => {
                    manifest.parts.push(Line::part(digest(hash)?, name));
                }
                ["figure", hash, id, place] if !is_page => {
                    manifest.figures.push(Line::figure(digest(hash)?, id, place));
                }
                ["figure", hash, id] if is_page => manifest.figures.push(Line::figure(digest(hash)?, id, "")),
                _ => return Err(fault(number, "part or figure, a digest and a name, the parts first")),
            }
        }
        Ok(manifest)
    }
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Report => writeln!(f, "{REPORT}\nname {}", self.name)?,
            Kind::Page(report) => writeln!(f, "{PAGE}\nname {}\nreport {report}", self.name)?,
        }
        for Line { name, digest, .. } in &self.parts {
            writeln!(f, "part {digest} {name}")?;
        }
        for Line { name, place, digest } in &self.figures {
            let gap = if place.is_empty() { "" } else { " " };
            writeln!(f, "figure {digest} {name}{gap}{place}")?;
        }
        Ok(())
    }
}
