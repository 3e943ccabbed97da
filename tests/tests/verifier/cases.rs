//! Good proofs made with `ledger` and `report` from a seed, and each of them once more with one byte changed.

use std::collections::{BTreeMap, HashMap};

use contracts::log::v1::{Envelope, GetRowProofResponse};
use ledger::{
    Checkpoint, CompactRange, Hash, LogProof, NodeId, NoteSigner, RequestSigner, SignatureAlgorithm, body_digest,
    consistency_proof, inclusion_proof, leaf_hash, row_proof, row_salt, rows_root,
};
use prost::Message as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use report::manifest;
use serde_json::{Value, json};

use crate::judge::base64;

/// Good proofs of each kind; each has a damaged twin.
const RECEIPTS: usize = 400;
const ROWS: usize = 300;
const CONSISTENCIES: usize = 300;
const REQUESTS: usize = 100;
const REPORTS: usize = 100;
const PAGES: usize = 100;
/// One log in so many signs with SM2, which takes the second verifier its time.
const SM2_EVERY: usize = 10;

/// A proof, good or damaged.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) kind: &'static str,
    /// Key of the log, or of the aggregator.
    pub(crate) key: String,
    pub(crate) index: u64,
    pub(crate) position: u32,
    pub(crate) method: String,
    pub(crate) algorithm: String,
    pub(crate) public: String,
    parts: BTreeMap<&'static str, Vec<u8>>,
    /// Parts that may be damaged.
    open: Vec<&'static str>,
    /// Part and place of the byte that was changed.
    pub(crate) damage: Option<(&'static str, usize)>,
}

impl Case {
    fn new(kind: &'static str, key: String, parts: &[(&'static str, Vec<u8>)], open: &[&'static str]) -> Self {
        Self {
            kind,
            key,
            index: 0,
            position: 0,
            method: String::new(),
            algorithm: String::new(),
            public: String::new(),
            parts: parts.iter().cloned().collect(),
            open: open.to_vec(),
            damage: None,
        }
    }

    pub(crate) fn part(&self, name: &str) -> &[u8] {
        &self.parts[name]
    }

    /// As the second verifier reads it.
    pub(crate) fn json(&self) -> Value {
        let mut json = json!({
            "kind": self.kind, "key": self.key, "index": self.index, "position": self.position,
            "method": self.method, "algorithm": self.algorithm, "public": self.public,
        });
        for (name, bytes) in &self.parts {
            json[name] = Value::from(base64(bytes));
        }
        json
    }

    /// The same with one byte of one of its parts changed.
    fn damaged(&self, rng: &mut ChaCha8Rng) -> Self {
        let mut case = self.clone();
        let open: Vec<_> = self.open.iter().filter(|name| !self.parts[*name].is_empty()).collect();
        let part = *open[rng.random_range(0..open.len())];
        let bytes = case.parts.get_mut(part).unwrap();
        let at = rng.random_range(0..bytes.len());
        bytes[at] ^= rng.random_range(1..=255_u8);
        case.damage = Some((part, at));
        case
    }
}

/// Every case, the damaged twin behind each good one.
pub(crate) fn all(seed: u64) -> Vec<Case> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut good = Vec::new();
    good.extend((0..RECEIPTS).map(|number| receipt(number, &mut rng)));
    good.extend((0..ROWS).map(|number| row(number, &mut rng)));
    good.extend((0..CONSISTENCIES).map(|number| consistency(number, &mut rng)));
    good.extend((0..REQUESTS).map(|number| request(number, &mut rng)));
    good.extend((0..REPORTS).map(|number| report(number, &mut rng)));
    good.extend((0..PAGES).map(|number| page(number, &mut rng)));
    good.into_iter()
        .flat_map(|case| {
            let damaged = case.damaged(&mut rng);
            [case, damaged]
        })
        .collect()
}

fn signer(number: usize, rng: &mut ChaCha8Rng) -> NoteSigner {
    let algorithm =
        if number.is_multiple_of(SM2_EVERY) { SignatureAlgorithm::Sm2Sm3 } else { SignatureAlgorithm::Ed25519 };
    NoteSigner::generate_with(algorithm, format!("wufei.test/dept/city-{number}"), rng.random()).unwrap()
}

/// A log of leaves that are made up, with one real one in it.
struct Log {
    nodes: HashMap<NodeId, Hash>,
    tree: CompactRange,
    signer: NoteSigner,
}

impl Log {
    fn new(signer: NoteSigner) -> Self {
        Self { nodes: HashMap::new(), tree: CompactRange::empty(), signer }
    }

    fn grow(&mut self, leaves: u64, rng: &mut ChaCha8Rng) {
        for _ in 0..leaves {
            self.append(leaf_hash(&rng.random::<[u8; 16]>()));
        }
    }

    fn append(&mut self, hash: Hash) {
        self.nodes.extend(self.tree.append(hash));
    }

    fn note(&self) -> String {
        let origin = self.signer.name().to_owned();
        ledger::sign(&Checkpoint { origin, size: self.tree.size(), root: self.tree.root() }, &self.signer).unwrap()
    }

    fn node(&self, id: NodeId) -> Option<Hash> {
        self.nodes.get(&id).copied()
    }

    fn proof(&self, index: u64) -> LogProof {
        let path = inclusion_proof(index, self.tree.size(), |id| self.node(id)).unwrap();
        LogProof::new(index, path, self.note()).unwrap()
    }

    /// A log of random size with this leaf somewhere in it; its index.
    fn around(signer: NoteSigner, leaf: &[u8], rng: &mut ChaCha8Rng) -> (Self, u64) {
        let mut log = Self::new(signer);
        log.grow(rng.random_range(0..60), rng);
        let index = log.tree.size();
        log.append(leaf_hash(leaf));
        log.grow(rng.random_range(0..60), rng);
        (log, index)
    }
}

fn bytes(least: usize, most: usize, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let length = rng.random_range(least..=most);
    (0..length).map(|_| rng.random()).collect()
}

fn envelope(rows: &[Vec<u8>], seed: &[u8; 32], rng: &mut ChaCha8Rng) -> Vec<u8> {
    Envelope {
        version: 2,
        node: "departments/ecology".to_owned(),
        method: "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations".to_owned(),
        digest_algorithm: "sha256".to_owned(),
        request_digest: body_digest(&bytes(1, 40, rng)).as_bytes().to_vec(),
        rows_root: rows_root(seed, rows).as_bytes().to_vec(),
        row_count: u32::try_from(rows.len()).unwrap(),
        ..Envelope::default()
    }
    .encode_to_vec()
}

fn receipt(number: usize, rng: &mut ChaCha8Rng) -> Case {
    let leaf = envelope(&[bytes(1, 20, rng)], &rng.random(), rng);
    let (log, index) = Log::around(signer(number, rng), &leaf, rng);
    let mut proof = log.proof(index);
    if number.is_multiple_of(3) {
        // Bytes that travel along stay out of the damage: nothing covers them.
        proof = proof.with_extra(Vec::new());
    }
    let key = log.signer.verifier().to_string();
    Case::new("receipt", key, &[("file", proof.to_string().into_bytes()), ("leaf", leaf)], &["file", "leaf"])
}

fn row(number: usize, rng: &mut ChaCha8Rng) -> Case {
    let seed: [u8; 32] = rng.random();
    let rows: Vec<Vec<u8>> = (0..rng.random_range(1..40)).map(|_| bytes(1, 30, rng)).collect();
    let position = rng.random_range(0..rows.len());
    let leaf = envelope(&rows, &seed, rng);
    let (log, index) = Log::around(signer(number, rng), &leaf, rng);
    let at = u64::try_from(position).unwrap();
    let shown = GetRowProofResponse {
        log_index: index,
        position: u32::try_from(position).unwrap(),
        row: rows[position].clone(),
        salt: row_salt(&seed, at).to_vec(),
        hashes: row_proof(&seed, &rows, at).unwrap().iter().map(|hash| hash.as_bytes().to_vec()).collect(),
        leaf: leaf.clone(),
        proof_file: log.proof(index).to_string(),
    };
    let parts = [("proof", shown.encode_to_vec()), ("leaf", leaf)];
    let case = Case::new("row", log.signer.verifier().to_string(), &parts, &["proof"]);
    Case { index, position: shown.position, ..case }
}

fn consistency(number: usize, rng: &mut ChaCha8Rng) -> Case {
    let mut log = Log::new(signer(number, rng));
    log.grow(rng.random_range(0..80), rng);
    let (first, old) = (log.tree.size(), log.note());
    log.grow(rng.random_range(0..80), rng);
    let hashes = consistency_proof(first, log.tree.size(), |id| log.node(id)).unwrap();
    let hashes: Vec<_> = hashes.iter().map(Hash::to_string).collect();
    let parts =
        [("old", old.into_bytes()), ("new", log.note().into_bytes()), ("hashes", hashes.join("\n").into_bytes())];
    Case::new("consistency", log.signer.verifier().to_string(), &parts, &["old", "new", "hashes"])
}

fn request(number: usize, rng: &mut ChaCha8Rng) -> Case {
    let algorithm = if number.is_multiple_of(2) { SignatureAlgorithm::Sm2Sm3 } else { SignatureAlgorithm::Ed25519 };
    let signer = RequestSigner::generate(algorithm, rng.random());
    let method = "wufei.funding.v1.FundingIngestService/CreateFundingProject".to_owned();
    let request = bytes(1, 200, rng);
    let signature = signer.sign(&method, &request).unwrap().to_vec();
    let parts = [("request", request), ("signature", signature)];
    let case = Case::new("request", String::new(), &parts, &["request", "signature"]);
    Case { method, algorithm: algorithm.to_string(), public: signer.key().to_base64(), ..case }
}

/// A report with the members that hold figures, and some that hold none.
fn body(number: usize, rng: &mut ChaCha8Rng) -> Value {
    let mut figure = |most: u32| format!("{}.{}", rng.random_range(0..most), rng.random_range(0..100));
    let mut item = |code: usize| {
        json!({"indicator": format!("ZWC2021-{code:02}"), "score": {"value": figure(9)}, "value": {"value": figure(99)},
            "displayName": {"zh": "生活垃圾回收利用率", "en": "recovery \"rate\""}})
    };
    let items: Vec<Value> = (0..3).map(&mut item).collect();
    let unit = json!({"unit": "140100", "score": {"value": figure(99)}, "coverage": {"reported": 3, "mandatory": 25},
        "nodes": [{"node": "A", "score": {"value": figure(30)}}], "items": items});
    json!({
        "name": format!("departments/aggregator/reports/edition-{number}"), "edition": number, "asOfDate": "2025-07-01",
        "title": {"zh": "联合绩效评价报告", "en": "Joint evaluation"},
        "run": {"units": [unit, {"unit": "140200", "rank": 2}], "period": "2024"},
        "funding": [{"cell": "funding/awarded/a", "amount": {"yuan": {"value": figure(9999)}}}],
        "facts": [{"cell": "fact/f 1", "value": "≥35%"}, {"cell": "fact/f 1", "value": figure(9)}],
        "shareTarget": {"cell": "share-target", "sharePercent": {"value": "18.2"}},
        "corrections": [{"cell": "fact/f017", "value": "<&\u{7f}\n>"}],
        "reporting": [{"node": "departments/ecology", "submissions": "3"}, {"party": {"zh": "阳泉市"}}],
    })
}

fn aggregator(number: usize, rng: &mut ChaCha8Rng) -> NoteSigner {
    let like = signer(number, rng);
    let algorithm = like.verifier().algorithm();
    NoteSigner::generate_with(algorithm, "wufei.test/dept/aggregator", rng.random()).unwrap()
}

fn report(number: usize, rng: &mut ChaCha8Rng) -> Case {
    let signer = aggregator(number, rng);
    let mut report = body(number, rng);
    let note = manifest::sign_report(&report, &signer).unwrap();
    report["manifest"] = Value::from(note);
    // Without white space every byte counts.
    Case::new("report", signer.verifier().to_string(), &[("file", report.to_string().into_bytes())], &["file"])
}

fn page(number: usize, rng: &mut ChaCha8Rng) -> Case {
    let signer = aggregator(number, rng);
    let report = manifest::sign_report(&body(number, rng), &signer).unwrap();
    let mut cell = |id: &str| {
        let value = rng.random_range(0..1000);
        format!("<td class=\"n\" id=\"{id}\" data-cell=\"{id}\">{value} <a class=\"src\" href=\"#p\">[1]</a></td>")
    };
    let html = format!(
        "<!DOCTYPE html><h1>联合绩效评价</h1><section id=\"c1\"><tr>{}{}</tr><p>x &amp; y</p></section>\
         <section id=\"c2\">{}<strong data-cell=\"share-target\">2/11</strong></section><pre id=\"manifest\"></pre></html>",
        cell("score/140100"),
        cell("score/140100"),
        cell("rank/140100"),
    );
    let html = manifest::sign_page(&html, "departments/aggregator/reports/edition-1", &report, &signer).unwrap();
    Case::new("page", signer.verifier().to_string(), &[("file", html.into_bytes())], &["file"])
}
