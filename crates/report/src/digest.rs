//! The content digest of a report: SHA-256 over its figures in a canonical form that a short script can repeat.
//!
//! Each figure is one line: a JSON array of strings, the id of the cell first. Decimals are written without trailing
//! zeros, what is absent is an empty string. The lines are sorted as bytes, each ends with a line feed, and the line
//! `["wufei-report","1"]` goes before them. Left out, because they are no figures: name, edition and time of the report,
//! what the aggregator could reach at that time, texts, and the place in the logs that a figure came from (a figure that
//! was recorded again elsewhere is the same figure).

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use crate::{cells::unique, model::Report};

/// SHA-256 over the figures of a report, lower-case hex.
#[must_use]
pub fn digest(report: &Report) -> String {
    let mut lines: Vec<String> =
        figures(report).into_iter().map(|line| serde_json::Value::from(line).to_string()).collect();
    lines.sort_unstable();
    let mut hash = Sha256::new();
    hash.update(b"[\"wufei-report\",\"1\"]\n");
    for line in lines {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    hex::encode(hash.finalize())
}

fn figures(report: &Report) -> Vec<Vec<String>> {
    let mut lines = vec![vec![
        "report".to_owned(),
        report.synthetic.to_string(),
        report.as_of_date.to_string(),
        report.snapshot_id.clone(),
        report.run.period.clone(),
        report.run.scheme_digest.clone(),
        report.run.engine_version.clone(),
    ]];
    for unit in &report.run.units {
        let id = &unit.unit;
        let rank = unit.rank.map(|rank| rank.to_string()).unwrap_or_default();
        let grade = unit.grade.as_ref().map(|grade| grade.zh.clone()).unwrap_or_default();
        let coverage = &unit.coverage;
        lines.push(vec![format!("score/{id}"), plain(unit.score)]);
        lines.push(vec![format!("rank/{id}"), rank, grade]);
        lines.push(vec![
            format!("coverage/{id}"),
            coverage.reported.to_string(),
            coverage.mandatory.to_string(),
            plain(coverage.weight_share),
            coverage.scored.to_string(),
        ]);
        for node in &unit.nodes {
            lines.push(vec![format!("group/{id}/{}", node.node), plain(node.score), plain(node.weight)]);
        }
        for item in &unit.items {
            lines.push(vec![
                format!("item/{id}/{}", item.indicator),
                item.state.label().en,
                item.qualifier.map(|qualifier| qualifier.code().to_owned()).unwrap_or_default(),
                optional(item.value),
                item.unit.clone(),
                optional(item.target),
                optional(item.baseline),
                item.method.clone(),
                plain(item.weight),
                plain(item.score),
                plain(item.raw_score),
            ]);
        }
    }
    for index in &report.indices {
        lines.push(vec![format!("index/{}", index.scheme), index.result_digest.clone()]);
        for row in &index.rows {
            let rank = row.rank.map(|rank| rank.to_string()).unwrap_or_default();
            lines.push(vec![format!("index/{}/{}", index.scheme, row.unit), optional(row.score), rank]);
        }
    }
    if let Some(joint) = &report.joint {
        lines.push(vec![format!("joint/{}", joint.scheme), joint.result_digest.clone()]);
        for row in &joint.rows {
            let place = |rank: Option<u32>| rank.map(|rank| rank.to_string()).unwrap_or_default();
            let id = format!("joint/{}/{}", joint.scheme, row.unit);
            lines.push(vec![id.clone(), optional(row.score), place(row.rank)]);
            for (part, cell) in joint.parts.iter().zip(&row.cells) {
                lines.push(vec![
                    format!("{id}/{}", part.id),
                    optional(cell.score),
                    place(cell.rank),
                    cell.state.en.clone(),
                ]);
            }
        }
    }
    for (id, entry) in unique("", &report.funding, |entry| &entry.cell) {
        lines.push(vec![
            id,
            plain(entry.amount.yuan),
            entry.project_count.to_string(),
            entry.named_project_count.to_string(),
        ]);
    }
    for (id, entry) in unique("", &report.commitments, |entry| &entry.cell) {
        let deadline = entry.deadline.map(|day| day.to_string()).unwrap_or_default();
        lines.push(vec![id, entry.light.code().to_owned(), deadline, entry.progress.clone()]);
    }
    if let Some(entry) = &report.share_target {
        lines.push(vec![
            entry.cell.clone(),
            plain(entry.target_percent),
            entry.counted.len().to_string(),
            entry.preparing.len().to_string(),
            entry.total.to_string(),
            entry.needed.to_string(),
            entry.gap.to_string(),
            plain(entry.share_percent),
        ]);
    }
    for (id, entry) in unique("", &report.facts, |entry| &entry.cell) {
        lines.push(vec![id, entry.subject.clone(), entry.value.clone(), entry.period.clone()]);
    }
    if report.unlisted_figures > 0 {
        lines.push(vec!["unlisted".to_owned(), report.unlisted_figures.to_string()]);
    }
    for (id, entry) in unique("correction", &report.corrections, |entry| &entry.cell) {
        lines.push(vec![id, entry.subject.clone(), entry.value.clone(), entry.period.clone()]);
    }
    lines
}

fn plain(value: Decimal) -> String {
    value.normalize().to_string()
}

fn optional(value: Option<Decimal>) -> String {
    value.map(plain).unwrap_or_default()
}
