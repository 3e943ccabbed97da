//! What `wufei verify` says of a case.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use contracts::log::v1::GetRowProofResponse;
use ledger::{Hash, NoteVerifier, RequestKey, SignatureAlgorithm, leaf_hash, verify_consistency};
use prost::Message as _;
use report::manifest;

use crate::cases::Case;

/// Accepted, or why not.
pub(crate) fn verdict(case: &Case) -> Result<(), String> {
    match case.kind {
        "receipt" => {
            let text = text(case, "file")?;
            let leaf = client::Leaf::Bytes(case.part("leaf"));
            client::verify_proof_file(&text, leaf, &key(case)?).map(|_proved| ()).map_err(said)
        }
        "row" => {
            let bytes = case.part("proof");
            let shown = GetRowProofResponse::decode(bytes).map_err(said)?;
            if (shown.log_index, shown.position) != (case.index, case.position) {
                return Err("another row".to_owned());
            }
            let expected = leaf_hash(case.part("leaf")).to_string();
            evidence::verify_row_proof(bytes, &expected, &key(case)?).map(|_proved| ()).map_err(said)
        }
        "consistency" => {
            let keys = [key(case)?];
            let old = ledger::open(&text(case, "old")?, &keys).map_err(said)?;
            let new = ledger::open(&text(case, "new")?, &keys).map_err(said)?;
            let lines = text(case, "hashes")?;
            let lines = if lines.is_empty() { Vec::new() } else { lines.split('\n').collect() };
            let hashes: Vec<Hash> = lines.iter().map(|line| line.parse().map_err(said)).collect::<Result<_, _>>()?;
            verify_consistency(old.size, old.root, new.size, new.root, &hashes).map_err(said)
        }
        "request" => {
            let algorithm: SignatureAlgorithm = case.algorithm.parse().map_err(said)?;
            let key = RequestKey::from_base64(algorithm, &case.public).map_err(said)?;
            key.verify(&case.method, case.part("request"), case.part("signature")).map_err(said)
        }
        "report" => {
            let report = manifest::parse(&text(case, "file")?).map_err(said)?;
            unchanged(manifest::check_report(&report, &[key(case)?]).map_err(said)?)
        }
        "page" => unchanged(manifest::check_page(&text(case, "file")?, &[key(case)?]).map_err(said)?),
        other => Err(format!("no kind {other}")),
    }
}

fn unchanged(checked: manifest::Checked) -> Result<(), String> {
    checked.differences.first().map_or(Ok(()), |first| Err(first.text().en))
}

fn key(case: &Case) -> Result<NoteVerifier, String> {
    case.key.parse().map_err(said)
}

fn text(case: &Case, part: &str) -> Result<String, String> {
    String::from_utf8(case.part(part).to_vec()).map_err(said)
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Bytes in JSON.
pub(crate) fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}
