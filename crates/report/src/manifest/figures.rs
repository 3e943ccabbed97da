//! Where each figure stands in the JSON of a report.

use std::collections::HashSet;

use serde_json::Value;

/// Id and place (RFC 6901) of every figure, in the order of the document. The ids are those of [`crate::cells()`].
pub(super) fn of(report: &Value) -> Vec<(String, String)> {
    let mut found = Found { seen: HashSet::new(), figures: Vec::new() };
    for (at, unit) in list(report, "/run/units") {
        let (code, place) = (text(unit, "unit"), format!("/run/units/{at}"));
        for figure in ["score", "rank", "grade", "coverage"] {
            found.add(format!("{figure}/{code}"), format!("{place}/{figure}"));
        }
        for (inner, node) in list(unit, "/nodes") {
            found.add(format!("group/{code}/{}", text(node, "node")), format!("{place}/nodes/{inner}"));
        }
        for (inner, item) in list(unit, "/items") {
            found.add(format!("item/{code}/{}", text(item, "indicator")), format!("{place}/items/{inner}"));
        }
    }
    for entries in ["funding", "commitments", "facts"] {
        for (at, entry) in list(report, &format!("/{entries}")) {
            found.add(text(entry, "cell").to_owned(), format!("/{entries}/{at}"));
        }
    }
    if let Some(entry) = report.get("shareTarget") {
        found.add(text(entry, "cell").to_owned(), "/shareTarget".to_owned());
    }
    for (at, entry) in list(report, "/corrections") {
        let cell = text(entry, "cell");
        let rest = cell.split_once('/').map_or(cell, |(_, rest)| rest);
        found.add(format!("correction/{rest}"), format!("/corrections/{at}"));
    }
    for (at, state) in list(report, "/reporting") {
        let node = text(state, "node");
        if !node.is_empty() {
            let node = node.strip_prefix("departments/").unwrap_or(node);
            found.add(format!("reporting/{node}"), format!("/reporting/{at}"));
        }
    }
    found.figures
}

struct Found {
    seen: HashSet<String>,
    figures: Vec<(String, String)>,
}

impl Found {
    /// Adds a figure; a second `x` becomes `x~2`, and white space a hyphen, as on the page.
    fn add(&mut self, id: String, place: String) {
        let id = id.split_whitespace().collect::<Vec<_>>().join("-");
        let mut unique = id.clone();
        let mut number = 2;
        while !self.seen.insert(unique.clone()) {
            unique = format!("{id}~{number}");
            number += 1;
        }
        self.figures.push((unique, place));
    }
}

fn list<'a>(value: &'a Value, place: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    value.pointer(place).and_then(Value::as_array).into_iter().flatten().enumerate()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}
