//! One figure of the newest edition, down to the signed submissions it rests on and their proofs.

use askama::Template;
use axum::{extract::Path, response::Response};
use contracts::{common::v1 as common, evaluation::v1 as pb, log::v1 as log};
use domain::Text;
use prost::Message as _;

use super::{
    common::{Edition, LATEST, latest},
    items::place,
};
use crate::{
    answer::{self, Page},
    format,
    port::Refusal,
    shell::{Here, Shell},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "value.html")]
struct Value {
    s: Shell,
    edition: Option<Edition>,
    cell: String,
    nodes: Vec<Node>,
    sources: Vec<Source>,
}

/// A figure of the tree, with its depth.
struct Node {
    depth: usize,
    cell: String,
    label: Option<common::Text>,
    value: String,
    formula: Option<common::Text>,
    /// Number of its submission in the list below; 0 for a figure that is computed.
    source: usize,
}

/// A submission that figures rest on.
struct Source {
    number: usize,
    place: String,
    revision: String,
    leaf_hash: String,
    principal: String,
    time: String,
    document: String,
    fact: String,
    quote: String,
    evidence: Option<Evidence>,
}

struct Evidence {
    certificate: String,
    signatures: Vec<String>,
    directory: u64,
    endorsements: Vec<String>,
    /// The C2SP proof with the checkpoint that it leads to; empty while there is none.
    proof: String,
    /// How many hashes lead from the row to its submission.
    row_hashes: Option<usize>,
}

pub(super) async fn page(visit: Visit, Path(cell): Path<String>) -> Page {
    shown(&visit, cell).await.map_err(|refusal| visit.refuse(refusal))
}

async fn shown(visit: &Visit, cell: String) -> Result<Response, Refusal> {
    let request = pb::ExplainCellRequest { name: LATEST.to_owned(), cell: cell.clone() };
    let explanation = visit.ask(request).await?.explanation.unwrap_or_default();
    // A city that reads how its own figure came about may not read the whole report.
    let edition = latest(visit).await.ok().flatten().as_ref().map(Edition::of);
    let (mut nodes, mut sources) = (Vec::new(), Vec::new());
    flatten(&explanation, 0, &mut nodes, &mut sources);
    let title = explanation.label.clone().unwrap_or_default();
    let s = visit.shell(Here::Elsewhere, Text::new(title.zh, title.en));
    Ok(answer::page(&Value { s, edition, cell, nodes, sources }))
}

fn flatten(tree: &pb::Explanation, depth: usize, nodes: &mut Vec<Node>, sources: &mut Vec<Source>) {
    let number = tree.provenance.as_ref().map_or(0, |from| listed(from, tree.evidence.as_ref(), sources));
    nodes.push(Node {
        depth,
        cell: tree.cell.clone(),
        label: tree.label.clone(),
        value: tree.value.clone(),
        formula: tree.formula.clone(),
        source: number,
    });
    for input in &tree.inputs {
        flatten(input, depth + 1, nodes, sources);
    }
}

/// The number of a submission in the list, where it stands once.
fn listed(from: &common::Provenance, evidence: Option<&pb::SubmissionEvidence>, sources: &mut Vec<Source>) -> usize {
    let known = sources.iter().find(|found| found.place == place(from) && found.revision == from.revision_name);
    if let Some(known) = known {
        return known.number;
    }
    let citation = from.citation.clone().unwrap_or_default();
    let number = sources.len() + 1;
    sources.push(Source {
        number,
        place: place(from),
        revision: from.revision_name.clone(),
        leaf_hash: from.leaf_hash.clone(),
        principal: from.principal.clone(),
        time: format::time(from.receive_time.as_ref()),
        document: citation.document,
        fact: citation.fact,
        quote: citation.quote,
        evidence: evidence.map(self::evidence),
    });
    number
}

fn evidence(from: &pb::SubmissionEvidence) -> Evidence {
    let row = log::GetRowProofResponse::decode(from.row_proof.as_slice()).ok().filter(|row| !row.leaf.is_empty());
    Evidence {
        certificate: from.certificate_fingerprint.clone(),
        signatures: from.signatures.clone(),
        directory: from.directory_version,
        endorsements: from.endorsements.clone(),
        proof: row.as_ref().map(|row| row.proof_file.clone()).unwrap_or_default(),
        row_hashes: row.map(|row| row.hashes.len()),
    }
}
