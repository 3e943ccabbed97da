//! `wufei bundle`: a report with everything that it rests on in one file, which an auditor checks without any server.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use client::Connection;
use contracts::{
    directory::v1::{GetDirectoryRequest, directory_service_client::DirectoryServiceClient},
    log::v1::{
        Envelope, GetCheckpointRequest, GetConsistencyProofRequest, GetInclusionProofRequest, ListEntriesRequest,
    },
};
use evidence::{Bundle, Consistency, Log, SubmissionEntry, citations};
use ledger::Hash;
use prost::Message as _;
use serde_json::{Value, json};

use super::{block_on, report::full_name};
use crate::{
    args::Common,
    download::{self, Format},
    failure::{Code, Failure, Outcome},
    guide::Guide,
    link::Link,
    profile::{AGGREGATOR, Profile},
    records::at,
    screen::Screen,
};

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        ("wufei bundle --out bundle.json", "最新一期报告 / the newest edition"),
        ("wufei bundle --out bundle.json --as auditor", "以审计身份向各节点取证 / ask every node as the auditor"),
        (
            "wufei verify bundle bundle.json --authority wufei-data/pki/directory.vkey",
            "随后离线核对 / check it offline then",
        ),
    ],
    notes: &[
        "审计包含有各部门的原始报文，按其数据级别保管。 / A bundle holds the departments' submissions as they were sent; keep it as their data class demands.",
    ],
    json: "文件名、报告名称、日志数和报文数 / file, report, number of logs and of submissions",
};

/// 导出审计包：报告、签名清单、原始报文、证明和成员目录 / write a bundle: report, manifest, submissions, proofs, directories
#[derive(Debug, clap::Args)]
pub(crate) struct BundleArgs {
    /// 写入文件 / file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// 报告名称；latest 为最新一期 / name of the report; latest is the newest edition
    #[arg(long, default_value = "latest")]
    name: String,
    /// 以哪个身份调用（连接配置中的名称）；默认为各节点的身份 / who calls, by the name in the profile; default: that of each node
    #[arg(long = "as", value_name = "IDENTITY")]
    caller: Option<String>,
}

pub(crate) fn run(args: &BundleArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let profile = Profile::load(common.profile.as_deref())?;
    let open = |department: &str| Link::open(&profile, department, args.caller.as_deref(), screen.lang());
    let bundle = block_on(async { Box::pin(collect(&full_name(&args.name), &open)).await })?;
    let text = bundle.to_json().map_err(|wrong| Failure::unexpected("bundle", wrong))?;
    fs::write(&args.out, text + "\n").map_err(|error| Failure::unwritable(&args.out, &error))?;
    let (file, name) = (args.out.display(), at(&bundle.report, "/name"));
    let submissions: usize = bundle.logs.iter().map(|log| log.entries.len()).sum();
    let logs = bundle.logs.len();
    if screen.is_json() {
        screen.value(&json!({"file": args.out, "report": name, "logs": logs, "submissions": submissions}));
    } else {
        screen.say(
            format_args!("审计包已写入 {file}：{name}，{logs} 个日志，{submissions} 份报文"),
            format_args!("the bundle is in {file}: {name}, {logs} logs, {submissions} submissions"),
        );
    }
    Ok(())
}

/// Fetches everything.
async fn collect(name: &str, open: &impl Fn(&str) -> Outcome<Link>) -> Outcome<Bundle> {
    let aggregator = open(AGGREGATOR)?;
    let text = download::bytes(&aggregator, name, Format::Json).await?;
    let report: Value = serde_json::from_slice(&text).map_err(|error| Failure::unexpected("report", error))?;
    // A report may have a newer edition by now, so the page is asked for by the name that came.
    let page = download::bytes(&aggregator, &at(&report, "/name"), Format::Html).await?;
    let page = String::from_utf8(page).map_err(|error| Failure::unexpected("page", error))?;

    let mut directories = BTreeMap::new();
    take_directory(&mut directories, &aggregator, 0).await?;
    let mut logs = Vec::new();
    for (node, wanted) in wanted(&report)? {
        let department = node.strip_prefix("departments/").unwrap_or(&node).to_owned();
        let link = open(&department)?;
        let log = log(&link, node, &wanted).await?;
        for version in versions(&log)? {
            take_directory(&mut directories, &link, version).await?;
        }
        logs.push(log);
    }
    Ok(Bundle::new(report, Some(page), directories.into_values().collect(), logs))
}

/// What is wanted of a log.
#[derive(Default)]
struct Wanted {
    /// Size of the tree that the evaluation used; none for the aggregator's own log.
    size: Option<u64>,
    entries: BTreeSet<u64>,
}

fn wanted(report: &Value) -> Outcome<BTreeMap<String, Wanted>> {
    let mut all: BTreeMap<String, Wanted> = BTreeMap::new();
    for checkpoint in report.pointer("/run/checkpoints").and_then(Value::as_array).into_iter().flatten() {
        let size = at(checkpoint, "/size");
        let size = if size.is_empty() { Ok(0) } else { size.parse() };
        let size = size.map_err(|error| Failure::unexpected("checkpoint", error))?;
        all.entry(at(checkpoint, "/node")).or_default().size = Some(size);
    }
    for cited in citations(report).map_err(|wrong| Failure::unexpected("report", wrong))? {
        all.entry(cited.node).or_default().entries.insert(cited.log_index);
    }
    Ok(all)
}

async fn log(link: &Link, node: String, wanted: &Wanted) -> Outcome<Log> {
    let mut client = link.connection().log();
    let failure = |status: tonic::Status| link.failure(&status.into());
    let head = client.get_checkpoint(GetCheckpointRequest {}).await.map_err(failure)?.into_inner();
    let consistency = match wanted.size {
        // Every tree extends the empty one.
        Some(0) => Some(Consistency { hashes: Vec::new() }),
        Some(first_size) => {
            let request = GetConsistencyProofRequest { first_size, second_size: head.size };
            let proof = client.get_consistency_proof(request).await.map_err(failure)?.into_inner();
            Some(Consistency { hashes: hashes(&proof.hashes)? })
        }
        None => None,
    };
    let mut entries = Vec::new();
    for &index in &wanted.entries {
        let request = ListEntriesRequest { start_index: index, page_size: 1 };
        let page = client.list_entries(request).await.map_err(failure)?.into_inner();
        let found = page.entries.into_iter().find(|entry| entry.index == index && !entry.row_seed.is_empty());
        let entry = found.ok_or_else(|| not_shown(&node, index))?;
        let request = GetInclusionProofRequest { log_index: index, tree_size: head.size };
        let proof = client.get_inclusion_proof(request).await.map_err(failure)?.into_inner();
        entries.push(SubmissionEntry {
            index,
            leaf: entry.leaf,
            request: entry.request,
            row_seed: entry.row_seed,
            path: hashes(&proof.hashes)?,
        });
    }
    Ok(Log { node, checkpoint: head.checkpoint, consistency, entries })
}

fn hashes(texts: &[String]) -> Outcome<Vec<Hash>> {
    texts.iter().map(|text| text.parse().map_err(|error| Failure::unexpected("hash", error))).collect()
}

/// The directories that the submissions of a log need.
fn versions(log: &Log) -> Outcome<BTreeSet<u64>> {
    let mut versions = BTreeSet::new();
    for entry in &log.entries {
        let envelope =
            Envelope::decode(entry.leaf.as_slice()).map_err(|error| Failure::unexpected("log entry", error))?;
        if envelope.directory_version > 0 {
            versions.insert(envelope.directory_version);
        }
    }
    Ok(versions)
}

/// Fetches a directory that is not there yet; 0 is the one in force.
async fn take_directory(known: &mut BTreeMap<u64, String>, link: &Link, version: u64) -> Outcome<()> {
    if version > 0 && known.contains_key(&version) {
        return Ok(());
    }
    let connection: &Connection = link.connection();
    let mut client = DirectoryServiceClient::new(connection.channel());
    let found = client.get_directory(GetDirectoryRequest { version }).await;
    let found = found.map_err(|status| link.failure(&status.into()))?.into_inner();
    known.insert(found.version, found.note);
    Ok(())
}

fn not_shown(node: &str, index: u64) -> Failure {
    Failure::new(
        Code::Failed,
        format!("{node} 没有给出第 {index} 条报文；请用 --as 以可读该节点的身份导出"),
        format!("{node} does not show submission {index}; name with --as who may read this node"),
    )
}
