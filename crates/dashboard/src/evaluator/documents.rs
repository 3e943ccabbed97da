//! Supporting documents (佐证材料) in a form: lines to fill, of which those with anything in them count.

use contracts::common::v1 as common;
use domain::{Text, Violations};

use super::{day, fault};
use crate::writing::{form::Posted, said::Said};

/// Lines of a form that is new.
const LINES: usize = 3;
/// Most lines that are read.
const MOST: usize = 50;

/// One line as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) title: String,
    pub(super) number: String,
    pub(super) issued: String,
    pub(super) uri: String,
    /// Of the file that was handed in, SHA-256; empty when there was none.
    pub(super) sha256: String,
}

/// The lines of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Documents(Vec<Line>);

impl Documents {
    /// Of a form without anything in it.
    pub(super) fn empty() -> Self {
        Self(vec![Line::default(); LINES])
    }

    /// Of a report on record, with one line more.
    pub(super) fn of_evidence(evidence: &[common::Evidence]) -> Self {
        let line = |one: &common::Evidence| Line {
            title: one.title.clone(),
            number: one.document_number.clone(),
            issued: one.issue_date.clone(),
            uri: one.uri.clone(),
            sha256: one.sha256.clone(),
        };
        let mut lines: Vec<Line> = evidence.iter().map(line).collect();
        lines.resize((lines.len() + 1).max(LINES), Line::default());
        Self(lines)
    }

    pub(super) fn of(posted: &Posted) -> Self {
        let all = |name: &'static str| posted.all(name).map(|value| value.trim().to_owned()).collect::<Vec<_>>();
        let (titles, numbers, issued, uris) = (all("title"), all("number"), all("issued"), all("uri"));
        let digests = all("sha256");
        let get = |from: &[String], at: usize| from.get(at).cloned().unwrap_or_default();
        let line = |at: usize| Line {
            title: get(&titles, at),
            number: get(&numbers, at),
            issued: get(&issued, at),
            uri: get(&uris, at),
            sha256: get(&digests, at),
        };
        Self((0..titles.len().clamp(LINES, MOST)).map(line).collect())
    }

    /// The lines with the id of each of their fields.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.0.iter().enumerate()
    }

    /// The fields that go along with a signature.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let of = |line: &Line| {
            [
                ("title", line.title.clone()),
                ("number", line.number.clone()),
                ("issued", line.issued.clone()),
                ("uri", line.uri.clone()),
                ("sha256", line.sha256.clone()),
            ]
        };
        self.0.iter().flat_map(of).collect()
    }

    /// What is sent: the lines with anything in them.
    pub(super) fn evidence(&self) -> Vec<common::Evidence> {
        let filled = self.0.iter().filter(|line| **line != Line::default());
        let evidence = filled.map(|line| common::Evidence {
            title: line.title.clone(),
            document_number: line.number.clone(),
            issue_date: line.issued.clone(),
            uri: line.uri.clone(),
            sha256: line.sha256.clone(),
        });
        evidence.collect()
    }

    /// A line without title, a date that is none; where the rules need a document, that there is none.
    pub(super) fn check(&self, needed: bool, faults: &mut Violations) {
        for (at, line) in self.lines().filter(|(_, line)| **line != Line::default()) {
            if line.title.is_empty() {
                faults.push(fault(
                    &format!("title-{at}"),
                    "",
                    ("佐证材料须写名称", "a document needs its title"),
                    ("请填写名称，或清空这一行", "give its title, or empty the line"),
                ));
            }
            day(&format!("issued-{at}"), &line.issued, faults);
        }
        if needed && self.evidence().is_empty() {
            faults.push(fault(
                "title-0",
                "",
                ("办结须有佐证材料", "closing needs evidence"),
                ("请至少填写一份佐证材料的名称", "give the title of at least one document"),
            ));
        }
    }
}

/// What is signed of them, in words.
pub(super) fn said(evidence: &[common::Evidence]) -> Vec<Said> {
    if evidence.is_empty() {
        return vec![Said::text("佐证材料", "Evidence", Text::new("无", "none"))];
    }
    let words = |one: &common::Evidence| {
        let parts = [&one.title, &one.document_number, &one.issue_date, &one.uri];
        parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" · ")
    };
    evidence.iter().map(|one| Said::line("佐证材料", "Evidence", &words(one))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(lines: &[(&str, &str)], needed: bool) -> Vec<String> {
        let line = |(title, issued): &(&str, &str)| Line {
            title: (*title).to_owned(),
            issued: (*issued).to_owned(),
            ..Line::default()
        };
        let mut faults = Violations::new();
        Documents(lines.iter().map(line).collect()).check(needed, &mut faults);
        faults.iter().map(|fault| fault.field.clone()).collect()
    }

    #[test]
    fn a_document_has_a_title_and_an_empty_line_is_none() {
        assert!(checked(&[("验收意见", "2025-06-30"), ("", "")], true).is_empty());
        assert_eq!(checked(&[("", "2025-06-30"), ("会议纪要", "6月30日")], false), ["title-0", "issued-1"]);
        assert_eq!(checked(&[("", "")], true), ["title-0"]);
        assert!(checked(&[("", "")], false).is_empty());
    }
}
