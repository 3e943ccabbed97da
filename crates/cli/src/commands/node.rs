//! `wufei node`.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::DepartmentId;
use node::{
    department::DepartmentConfig,
    projection::Projection,
    rebuild::{self, LogCheck, LogFault},
};
use runtime::config::{self, Checked};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::{Store, StoreError};

use super::block_on;
use crate::{
    failure::{Code, Failure, Outcome},
    guide::Guide,
    screen::Screen,
};

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        (
            "wufei node check --config wufei-data/config/ecology.toml",
            "日志与其哈希、检查点是否一致 / whether the log fits its hashes and checkpoint",
        ),
        (
            "wufei node rebuild --config wufei-data/config/ecology.toml",
            "由日志重建全部数据表 / make all tables again from the log",
        ),
    ],
    notes: &["check 发现问题时退出码为 5。 / check ends with 5 when something does not fit."],
    json: "每个日志一个对象的数组 / an array with an object for each log",
};

/// 核对或重建一个节点的数据；请先停止该节点 / check or rebuild the data of a node; stop the node first
#[derive(Debug, clap::Args)]
pub(crate) struct NodeArgs {
    #[command(subcommand)]
    what: What,
}

/// What to do with the data.
#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// 核对日志：叶、树、检查点 / check the log: leaves, tree, checkpoint
    Check(At),
    /// 由日志重建数据表 / make the tables again from the log
    Rebuild(At),
}

/// Which node.
#[derive(Clone, Debug, clap::Args)]
struct At {
    /// 节点的配置文件 / configuration of the node
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// What the command needs of a configuration.
struct Place {
    database: String,
    projection: Projection,
}

pub(crate) fn run(args: NodeArgs, screen: &Screen) -> Outcome<()> {
    let (At { config }, again) = match args.what {
        What::Check(at) => (at, false),
        What::Rebuild(at) => (at, true),
    };
    let place = place(&config)?;
    block_on(async {
        let store = Store::open(&place.database).await.map_err(|error| not_opened(&error))?;
        let outcome = all(&store, &place.projection, again, screen).await;
        store.close().await;
        outcome
    })
}

fn place(path: &Path) -> Outcome<Place> {
    let text = fs::read_to_string(path).map_err(|error| {
        let failure = Failure::unreadable(path, &error);
        Failure { code: Code::BadConfig, ..failure }
    })?;
    // The aggregator's configuration has its own node in a section.
    let aggregator = toml::from_str::<toml::Table>(&text).is_ok_and(|table| table.contains_key("server"));
    let server =
        if aggregator { load::<aggregator::config::Config>(path)?.server } else { load::<DepartmentConfig>(path)? };
    let tables = server.tables().map_err(|error| Failure::bad_config(error.to_string(), error.to_string()))?;
    let catalogue = Arc::clone(&tables.catalogue);
    let projection = if aggregator { aggregator::wiring::projection(catalogue) } else { Projection::new(catalogue) };
    Ok(Place { database: server.database.url, projection })
}

fn load<C: DeserializeOwned + Checked>(path: &Path) -> Outcome<C> {
    config::load(path).map_err(|found| Failure::bad_config(found.zh(), found.en()))
}

/// Every log of the store: a department's node has one, the aggregator also those that it follows.
async fn all(store: &Store, projection: &Projection, again: bool, screen: &Screen) -> Outcome<()> {
    let logs = store.log_sizes().await.map_err(|error| not_read(&error))?;
    let (mut rows, mut faulty) = (Vec::new(), Vec::new());
    for log in logs.keys() {
        let row = if again { rebuilt(store, projection, log).await? } else { checked(store, log).await? };
        if row.get("fault").is_some() {
            faulty.push(log.to_string());
        }
        rows.push(row);
    }
    if screen.is_json() {
        screen.value(&Value::from(rows));
    } else {
        let mut table = screen.table(&[("日志", "log"), ("条数", "entries"), ("结果", "result")]);
        for row in &rows {
            let fault = crate::records::at(row, screen.text("/fault/zh", "/fault/en"));
            let good = if again { screen.text("已重建", "rebuilt") } else { screen.text("一致", "sound") };
            let result = if fault.is_empty() { good } else { &fault };
            table.add_row([crate::records::at(row, "/log"), crate::records::at(row, "/entries"), result.to_owned()]);
        }
        screen.line(table);
    }
    if faulty.is_empty() {
        return Ok(());
    }
    let list = faulty.join(", ");
    Err(Failure::new(
        Code::NotVerified,
        format!("日志不一致：{list}。请停止使用该节点，从备份恢复并查明原因"),
        format!("a log does not fit: {list}; stop using the node, restore it from the backup and find out why"),
    ))
}

async fn checked(store: &Store, log: &DepartmentId) -> Outcome<Value> {
    match rebuild::check(store, log).await.map_err(|error| not_read(&error))? {
        LogCheck::Sound { size, root, hash_only } => {
            Ok(json!({"log": log.as_str(), "entries": size, "rootHash": root.to_string(), "hashOnly": hash_only}))
        }
        LogCheck::Faulty(fault) => {
            Ok(json!({"log": log.as_str(), "fault": {"zh": chinese(&fault), "en": fault.to_string()}}))
        }
    }
}

/// What does not fit, in Chinese; the English is the error's own.
fn chinese(fault: &LogFault) -> String {
    match fault {
        LogFault::MissingEntry { index } => format!("缺少第 {index} 条"),
        LogFault::AlteredLeaf { index } => format!("第 {index} 条被改动：内容与登记的哈希不符"),
        LogFault::AlteredRequest { index } => format!("第 {index} 条的报文被改动：与该条所绑定的摘要不符"),
        LogFault::TreeNode { index, node } => format!("第 {index} 条完成的树节点 {node} 缺失或有误"),
        LogFault::HeadRoot { size, recorded, computed } => {
            format!("日志头登记的根 {recorded} 与其 {size} 条内容算出的根 {computed} 不符")
        }
        LogFault::BeyondHead { index } => format!("第 {index} 条超出日志头的范围"),
    }
}

async fn rebuilt(store: &Store, projection: &Projection, log: &DepartmentId) -> Outcome<Value> {
    let entries = rebuild::rebuild(store, projection, log).await.map_err(|error| {
        Failure::failed(
            format!("{log} 未重建，数据表保持原样：{error}"),
            format!("{log} was not rebuilt, its tables are as they were: {error}"),
        )
    })?;
    Ok(json!({"log": log.as_str(), "entries": entries}))
}

fn not_opened(error: &StoreError) -> Failure {
    tracing::debug!(error = error as &dyn std::error::Error, "the database was not opened");
    Failure::failed(
        "无法打开数据库，请检查配置中的 database.url、文件权限，以及节点是否已停止",
        "the database cannot be opened; check database.url, the file's permissions, and that the node is stopped",
    )
}

fn not_read(error: &StoreError) -> Failure {
    tracing::debug!(error = error as &dyn std::error::Error, "the database was not read");
    Failure::failed("无法读取数据库，请检查文件是否完好", "the database cannot be read; check that the file is whole")
}
