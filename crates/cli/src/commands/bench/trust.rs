//! `wufei bench trust`: what evidence costs to check.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use client::{Leaf, verify_proof_file};
use contracts::{
    common::v1 as common,
    evaluation::v1::{self as pb, evaluation_service_client::EvaluationServiceClient},
    exchange::v1::observation_ingest_service_client::ObservationIngestServiceClient,
};
use futures_util::stream;
use ledger::{
    Checkpoint, CompactRange, Hash, LogProof, NodeId, NoteSigner, inclusion_nodes, inclusion_proof, leaf_hash,
    verify_inclusion,
};
use serde_json::{Value, json};

use super::{Bound, Measure, figures::Figures, folder, millis, running::Running};
use crate::{
    commands::{block_on, report::full_name},
    failure::{Failure, Outcome},
    link::Link,
    profile::{AGGREGATOR, Profile},
    records::at,
    screen::Screen,
};

/// Receipts that are checked in one go.
const RECEIPTS: u32 = 10_000;
/// Checking them, each with a checkpoint of its own.
const RECEIPTS_LIMIT: Duration = Duration::from_secs(2);
/// Rows of the tree of which one is proved.
const ROWS: u64 = 1_000_000;
/// Hashes of that proof.
const HASHES_LIMIT: f64 = 20.0;
/// Explaining a figure with all its evidence, over mutual TLS.
const EXPLAIN_LIMIT: Duration = Duration::from_millis(100);

/// One cell changed, until score and rank are there.
const WHAT_IF_LIMIT: Duration = Duration::from_millis(1);
/// What-ifs that are asked for.
const WHAT_IFS: u32 = 200;

/// Figures of one submission when many are stored.
const BATCH: u32 = 500;
/// The city whose node stores them.
const CITY: &str = "140100";

/// Measures what checking costs; `stored` figures are submitted before a figure is explained.
pub(super) fn measure(stored: u32, screen: &Screen) -> Outcome<Vec<Measure>> {
    let mut all = vec![receipts()?, hashes()?];
    all.extend(questions(stored, screen)?);
    Ok(all)
}

/// Receipts as C2SP tlog-proof files, none of which shares a checkpoint with another: the dearest form.
fn receipts() -> Outcome<Measure> {
    let signer = NoteSigner::generate("wufei.bench/dept/ecology", [7; 32]).map_err(fault)?;
    let mut tree = CompactRange::empty();
    let mut nodes: HashMap<NodeId, Hash> = HashMap::new();
    let mut files = Vec::new();
    for number in 0..RECEIPTS {
        let hash = leaf_hash(&number.to_be_bytes());
        nodes.extend(tree.append(hash));
        let checkpoint = Checkpoint { origin: signer.name().to_owned(), size: tree.size(), root: tree.root() };
        let note = ledger::sign(&checkpoint, &signer).map_err(fault)?;
        // Not the newest entry, whose path is the shortest.
        let index = u64::from(number) / 2;
        let path = inclusion_proof(index, tree.size(), |id| nodes.get(&id).copied()).map_err(fault)?;
        let leaf = nodes.get(&NodeId { level: 0, index }).copied().unwrap_or(hash);
        files.push((LogProof::new(index, path, note).map_err(fault)?.to_string(), leaf));
    }
    let key = signer.verifier();
    let start = Instant::now();
    for (file, leaf) in &files {
        verify_proof_file(file, Leaf::Hash(*leaf), &key).map_err(fault)?;
    }
    Ok(Measure {
        subject: format!("{RECEIPTS} receipts"),
        what: ("离线核对回执", "verify receipts offline"),
        unit: "ms",
        found: millis(start.elapsed()),
        bound: Bound::AtMost(millis(RECEIPTS_LIMIT)),
    })
}

/// The proof of one row of a million, made and checked.
fn hashes() -> Outcome<Measure> {
    let index = ROWS / 3;
    let wanted: BTreeSet<NodeId> = inclusion_nodes(index, ROWS).map_err(fault)?.into_iter().collect();
    let mut tree = CompactRange::empty();
    let mut nodes = HashMap::new();
    for number in 0..ROWS {
        let made = tree.append(leaf_hash(&number.to_be_bytes()));
        nodes.extend(made.into_iter().filter(|(id, _)| wanted.contains(id)));
    }
    let proof = inclusion_proof(index, ROWS, |id| nodes.get(&id).copied()).map_err(fault)?;
    verify_inclusion(leaf_hash(&index.to_be_bytes()), index, ROWS, &proof, tree.root()).map_err(fault)?;
    Ok(Measure {
        subject: format!("1 of {ROWS} rows"),
        what: ("一行的证明所含哈希", "hashes of the proof of a row"),
        unit: "#",
        found: f64::from(u32::try_from(proof.len()).unwrap_or(u32::MAX)),
        bound: Bound::AtMost(HASHES_LIMIT),
    })
}

/// What is asked of a report with every city in it, beside `stored` other figures that the aggregator follows: the slowest of the
/// figures that are explained, and one cell of its run changed.
fn questions(stored: u32, screen: &Screen) -> Outcome<Vec<Measure>> {
    let folder = folder()?;
    let _running = Running::start(folder.path(), "synthetic")?;
    let profile = Profile::load(Some(&folder.path().join("client.toml")))?;
    let (slowest, assumed) = block_on(async {
        let link = Link::open(&profile, AGGREGATOR, None, screen.lang())?;
        store(&profile, &link, stored, screen).await?;
        let name = full_name("latest");
        let report = link.call("wufei.evaluation.v1.ReportService/GetReport", json!({"name": name})).await?;
        let mut slowest = Duration::ZERO;
        for cell in cells(&report) {
            let request = json!({"name": name, "cell": cell});
            let start = Instant::now();
            link.call("wufei.evaluation.v1.ReportService/ExplainCell", request).await?;
            slowest = slowest.max(start.elapsed());
        }
        Ok((slowest, what_if(&link, &report).await?))
    })?;
    let subject = if stored == 0 { "synthetic".to_owned() } else { format!("synthetic, {stored} more figures") };
    Ok(vec![
        Measure {
            subject: subject.clone(),
            what: ("解释一个数字（最慢的一个）", "explain a figure, the slowest"),
            unit: "ms",
            found: millis(slowest),
            bound: Bound::AtMost(millis(EXPLAIN_LIMIT)),
        },
        Measure {
            subject,
            what: ("会话中假设一个数值，含往返（中位数）", "one cell changed, there and back in a session, the median"),
            unit: "µs",
            found: millis(assumed) * 1000.0,
            bound: Bound::AtMost(millis(WHAT_IF_LIMIT) * 1000.0),
        },
    ])
}

/// The median time of a what-if about one cell of the run of a report, in one session and after the first, which makes the run
/// again.
async fn what_if(link: &Link, report: &Value) -> Outcome<Duration> {
    let place = "/report/run/units/0";
    let (name, unit) = (at(report, "/report/run/name"), at(report, &format!("{place}/unit")));
    let indicator = at(report, &format!("{place}/items/0/indicator"));
    let (ask, asked) = tokio::sync::mpsc::channel(1);
    let questions = stream::unfold(asked, async |mut asked| Some((asked.recv().await?, asked)));
    let mut evaluations = EvaluationServiceClient::new(link.connection().channel());
    let mut answers = evaluations.simulate_run_session(questions).await.map_err(fault)?.into_inner();
    let mut times = Vec::new();
    for number in 0..=WHAT_IFS {
        let value = Some(common::Decimal { value: (number % 90 + 10).to_string() });
        let (name, unit, indicator) = (name.clone(), unit.clone(), indicator.clone());
        let question = Some(pb::SimulateRunRequest { name, unit, indicator, value, missing: false });
        let start = Instant::now();
        ask.send(pb::SimulateRunSessionRequest { question }).await.map_err(fault)?;
        let answer = answers.message().await.map_err(fault)?.and_then(|message| message.answer);
        times.push(start.elapsed());
        if answer.and_then(|answer| answer.unit).is_none() {
            return Err(fault("a what-if has no answer"));
        }
    }
    let mut times = times.split_off(1);
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}

/// Submits this many figures and waits until the aggregator has followed them.
async fn store(profile: &Profile, aggregator: &Link, stored: u32, screen: &Screen) -> Outcome<()> {
    let node = Link::open(profile, &format!("city-{CITY}"), None, screen.lang())?;
    let figures = Figures::new(CITY, false, 0)?;
    let mut ingest = ObservationIngestServiceClient::new(node.connection().channel());
    for _ in 0..stored.div_ceil(BATCH) {
        ingest.batch_create_observations(figures.submission(BATCH)?).await.map_err(fault)?;
    }
    let head = node.call("wufei.log.v1.LogService/GetCheckpoint", json!({})).await?;
    let size: u64 = at(&head, "/size").parse().map_err(fault)?;
    let watch = json!({ "parent": format!("departments/city-{CITY}") });
    let behind = |change: Value| at(&change, "/cursor").parse().is_ok_and(|cursor: u64| cursor < size);
    aggregator.stream("wufei.exchange.v1.ObservationQueryService/WatchObservations", watch, behind).await
}

/// One figure of each kind.
fn cells(report: &Value) -> Vec<String> {
    let unit = at(report, "/report/run/units/0/unit");
    let mut cells: Vec<String> =
        ["score", "rank", "grade", "coverage"].into_iter().map(|kind| format!("{kind}/{unit}")).collect();
    cells.push(format!("item/{unit}/{}", at(report, "/report/run/units/0/items/0/indicator")));
    for entries in ["funding", "commitments", "facts"] {
        cells.push(at(report, &format!("/report/{entries}/0/cell")));
    }
    cells.retain(|cell| !cell.is_empty());
    cells
}

fn fault(error: impl std::fmt::Display) -> Failure {
    Failure::unexpected("bench trust", error)
}
