//! The appendix of sources: which entry each figure links to.
//!
//! A figure that one submission stands behind links to that submission. A computed figure, or one of several submissions,
//! links to an entry of its own that names the formula, the figures and the submissions. A figure that nobody reported
//! links to the entry that says so.

use std::{collections::HashMap, fmt};

use askama::filters::{Escaper as _, Html, HtmlSafe};

use crate::{
    cells::CellRef,
    model::{ItemState, Provenance},
};

/// Anchor of the entry for what nobody reported.
pub(super) const NOBODY: &str = "p-none";

/// A submission that figures rest on.
pub(super) struct Submission<'a> {
    /// Number in the appendix, from 1.
    pub(super) number: usize,
    /// Where it stands.
    pub(super) provenance: &'a Provenance,
    /// Ids of the cells that rest on it directly.
    pub(super) cells: Vec<&'a str>,
}

impl Submission<'_> {
    /// Id of its entry.
    pub(super) fn anchor(&self) -> String {
        anchor(self.provenance)
    }
}

/// A computed figure.
pub(super) struct Computed<'a> {
    /// Number in the appendix, from 1.
    pub(super) number: usize,
    /// The figure.
    pub(super) cell: &'a CellRef,
}

impl Computed<'_> {
    /// Id of its entry.
    pub(super) fn anchor(&self) -> String {
        format!("p-{}", self.cell.id)
    }
}

/// The appendix.
pub(super) struct Sources<'a> {
    pub(super) submissions: Vec<Submission<'a>>,
    pub(super) computed: Vec<Computed<'a>>,
    links: HashMap<&'a str, Link>,
}

impl<'a> Sources<'a> {
    /// Numbers the entries in the order in which the page needs them.
    pub(super) fn of(cells: &'a [CellRef]) -> Self {
        let mut sources = Self { submissions: Vec::new(), computed: Vec::new(), links: HashMap::new() };
        let mut known: HashMap<(&str, u64, u32), usize> = HashMap::new();
        for cell in cells {
            for provenance in &cell.provenance {
                let key = (provenance.node.as_str(), provenance.log_index, provenance.position);
                let index = *known.entry(key).or_insert_with(|| {
                    let number = sources.submissions.len() + 1;
                    sources.submissions.push(Submission { number, provenance, cells: Vec::new() });
                    number - 1
                });
                if let Some(submission) = sources.submissions.get_mut(index) {
                    submission.cells.push(&cell.id);
                }
            }
            let link = match cell.provenance.as_slice() {
                [only] => Link::new(anchor(only), submission_number(&known, only)),
                [] if cell.id.starts_with("item/") && cell.value == ItemState::Missing.label().zh => {
                    Link::new(NOBODY.into(), "—".into())
                }
                _ => {
                    let number = sources.computed.len() + 1;
                    let computed = Computed { number, cell };
                    let link = Link::new(computed.anchor(), format!("C{number}"));
                    sources.computed.push(computed);
                    link
                }
            };
            sources.links.insert(&cell.id, link);
        }
        sources
    }

    /// The link of a figure to its entry.
    pub(super) fn link(&self, cell: &str) -> &Link {
        static NONE: Link = Link { href: String::new(), text: String::new() };
        self.links.get(cell).unwrap_or(&NONE)
    }

    /// The link to the entry of a submission.
    pub(super) fn submission(&self, provenance: &Provenance) -> Link {
        let number = self
            .submissions
            .iter()
            .find(|known| anchor(known.provenance) == anchor(provenance))
            .map_or_else(String::new, |known| known.number.to_string());
        Link::new(anchor(provenance), number)
    }
}

/// A link to an entry of the appendix; prints as HTML, or as nothing when there is no entry.
pub(super) struct Link {
    href: String,
    text: String,
}

impl Link {
    fn new(href: String, text: String) -> Self {
        Self { href, text }
    }
}

impl HtmlSafe for Link {}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.href.is_empty() {
            return Ok(());
        }
        f.write_str("<a class=\"src\" title=\"溯源 source\" href=\"#")?;
        Html.write_escaped_str(&mut *f, &self.href)?;
        f.write_str("\">[")?;
        Html.write_escaped_str(&mut *f, &self.text)?;
        f.write_str("]</a>")
    }
}

/// Id of the entry of a submission: node, log index and position, in characters that an `id` may have.
fn anchor(provenance: &Provenance) -> String {
    let node = provenance.node.strip_prefix("departments/").unwrap_or(&provenance.node);
    let node: String = node.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("p-log-{node}-{}-{}", provenance.log_index, provenance.position)
}

fn submission_number(known: &HashMap<(&str, u64, u32), usize>, provenance: &Provenance) -> String {
    let key = (provenance.node.as_str(), provenance.log_index, provenance.position);
    known.get(&key).map_or_else(String::new, |index| (index + 1).to_string())
}
