//! From the figures of a report to the rows that they rest on.

use ledger::Hash;
use prost_reflect::{DynamicMessage, Kind, ReflectMessage as _};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::{
    entries::{Submission, Submissions},
    message,
    wrong::Wrong,
};

/// A place of a report that names a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cited {
    /// Where in the report (RFC 6901).
    pub place: String,
    /// Node.
    pub node: String,
    /// Entry of its log.
    pub log_index: u64,
    /// Row of the submission.
    pub position: u32,
    /// Leaf hash that the report gives.
    pub leaf_hash: String,
    /// Principal that the report gives.
    pub principal: String,
    /// The words that the report gives; empty when it gives none.
    pub quote: String,
}

/// What was followed.
pub(crate) struct Followed {
    pub(crate) citations: usize,
    pub(crate) recomputed: usize,
}

/// Every place of a report that names a submission, in the order of the document's members.
///
/// # Errors
/// [`Wrong::Unreadable`] when one of them is no place.
pub fn citations(report: &Value) -> Result<Vec<Cited>, Wrong> {
    let mut found = Vec::new();
    collect(report, String::new(), &mut found)?;
    Ok(found)
}

/// Follows every figure to its submission, and works out again those that follow from rows alone.
pub(crate) fn check(report: &Value, submissions: &Submissions) -> Result<Followed, Wrong> {
    let all = citations(report)?;
    for cited in &all {
        check_cited(cited, submissions)?;
    }
    let mut recomputed = 0;
    for unit in list(report.pointer("/run/units")) {
        for item in list(unit.get("items")) {
            recomputed += usize::from(item_value(unit, item, submissions)?);
        }
    }
    for entry in list(report.get("funding")) {
        recomputed += usize::from(funding(entry, submissions)?);
    }
    Ok(Followed { citations: all.len(), recomputed })
}

fn check_cited(cited: &Cited, submissions: &Submissions) -> Result<(), Wrong> {
    let Cited { place, node, log_index, position, leaf_hash, principal, quote } = cited;
    let submission = submissions.get(node, *log_index).ok_or_else(|| Wrong::NoSubmission {
        place: place.clone(),
        node: node.clone(),
        index: *log_index,
    })?;
    let expected: Hash = submission.leaf_hash;
    if expected.to_string() != *leaf_hash {
        return Err(Wrong::contradiction(format!("report{place}/leafHash"), expected, leaf_hash));
    }
    if submission.principal != *principal {
        return Err(Wrong::contradiction(format!("report{place}/principal"), &submission.principal, principal));
    }
    let rows = submission.row_count();
    if usize::try_from(*position).is_ok_and(|position| position >= rows) {
        return Err(Wrong::contradiction(format!("report{place}/position"), format!("< {rows}"), position));
    }
    let said = submission.row(*position).and_then(|row| quoted(&row));
    match said {
        Some(said) if !quote.is_empty() && said != *quote => {
            Err(Wrong::contradiction(format!("report{place}/citation/quote"), said, quote))
        }
        Some(_) | None => Ok(()),
    }
}

/// The words that a row rests on: `citation.quote` of the resource in it.
fn quoted(row: &DynamicMessage) -> Option<String> {
    let descriptor = row.descriptor();
    let mut resources = descriptor.fields().filter(|field| {
        !field.is_list()
            && matches!(field.kind(), Kind::Message(inner) if inner.get_field_by_name("citation").is_some())
    });
    message::text(row, &[resources.next()?.name(), "citation", "quote"])
}

/// Whether the value of an item is that of the row it rests on; false when the row has it in another unit or in part.
fn item_value(unit: &Value, item: &Value, submissions: &Submissions) -> Result<bool, Wrong> {
    let Some(row) = created(item.get("provenance"), submissions) else { return Ok(false) };
    let path = ["observation", "value"];
    let said = message::text(&row, &[path[0], path[1], "value", "value"]).and_then(|text| text.parse().ok());
    let reported: Option<Decimal> = text_at(item, "/value/value").parse().ok();
    let same_unit = message::text(&row, &[path[0], path[1], "unit"]).as_deref() == Some(text_at(item, "/unit"));
    let (Some(said), Some(reported), true) = (said, reported, same_unit) else { return Ok(false) };
    let said: Decimal = said;
    if said == reported {
        return Ok(true);
    }
    let cell = format!("item/{}/{}", text_at(unit, "/unit"), text_at(item, "/indicator"));
    Err(Wrong::Figure { cell, reported: reported.to_string(), computed: said.normalize().to_string() })
}

/// Whether the amount of a stage and source is the sum of the lines it rests on; false when one of them is a correction.
fn funding(entry: &Value, submissions: &Submissions) -> Result<bool, Wrong> {
    let mut sum = Decimal::ZERO;
    let lines = list(entry.get("provenance"));
    if lines.is_empty() {
        return Ok(false);
    }
    for line in lines {
        let amount = created(Some(line), submissions).as_ref().and_then(yuan);
        let Some(added) = amount.and_then(|amount| sum.checked_add(amount)) else { return Ok(false) };
        sum = added;
    }
    let reported: Option<Decimal> = text_at(entry, "/amount/yuan/value").parse().ok();
    if reported == Some(sum) {
        return Ok(true);
    }
    Err(Wrong::Figure {
        cell: text_at(entry, "/cell").to_owned(),
        reported: text_at(entry, "/amount/yuan/value").to_owned(),
        computed: sum.normalize().to_string(),
    })
}

/// The amount of a funding line in yuan.
fn yuan(row: &DynamicMessage) -> Option<Decimal> {
    let amount: Decimal = message::text(row, &["funding_line", "amount", "amount", "value"])?.parse().ok()?;
    let factor = match message::text(row, &["funding_line", "amount", "unit"])?.as_str() {
        "元" => 1,
        "万元" => 10_000,
        "亿元" => 100_000_000,
        _ => return None,
    };
    amount.checked_mul(Decimal::from(factor))
}

/// The row that a provenance names, when it was created as a whole; a correction may hold a part only.
fn created(provenance: Option<&Value>, submissions: &Submissions) -> Option<DynamicMessage> {
    let cited = cited(provenance?, String::new()).ok()?;
    let submission: &Submission = submissions.get(&cited.node, cited.log_index)?;
    let (_, name) = submission.method.split_once('/')?;
    (!name.starts_with("Update")).then(|| submission.row(cited.position))?
}

fn collect(value: &Value, place: String, found: &mut Vec<Cited>) -> Result<(), Wrong> {
    match value {
        Value::Object(members) if members.contains_key("leafHash") && members.contains_key("node") => {
            found.push(cited(value, place)?);
        }
        Value::Object(members) => {
            for (name, member) in members {
                collect(member, format!("{place}/{name}"), found)?;
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                collect(item, format!("{place}/{at}"), found)?;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    Ok(())
}

fn cited(value: &Value, place: String) -> Result<Cited, Wrong> {
    let index = text_at(value, "/logIndex");
    // Proto JSON leaves a zero out.
    let log_index = if index.is_empty() { Ok(0) } else { index.parse() };
    let log_index = log_index
        .map_err(|_| Wrong::Unreadable { place: format!("report{place}/logIndex"), what: index.to_owned() })?;
    let position = value.get("position").map_or(Some(0), |position| u32::try_from(position.as_u64()?).ok());
    let position = position
        .ok_or_else(|| Wrong::Unreadable { place: format!("report{place}/position"), what: "position".to_owned() })?;
    Ok(Cited {
        node: text_at(value, "/node").to_owned(),
        log_index,
        position,
        leaf_hash: text_at(value, "/leafHash").to_owned(),
        principal: text_at(value, "/principal").to_owned(),
        quote: text_at(value, "/citation/quote").to_owned(),
        place,
    })
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text_at<'a>(value: &'a Value, place: &str) -> &'a str {
    value.pointer(place).and_then(Value::as_str).unwrap_or_default()
}
