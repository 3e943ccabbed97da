//! `wufei audit`.

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter},
    path::{Path, PathBuf},
};

use client::{AuditNotVerified, AuditVerdict, ExportError, export_audit_log, verify_audit_file};
use ledger::NoteVerifier;
use serde_json::{Value, json};

use super::{Target, block_on};
use crate::{
    args::Common,
    failure::{Code, Failure, Outcome},
    guide::Guide,
    profile::AGGREGATOR,
    records::at,
    screen::Screen,
    wire,
};

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        (
            "wufei audit list --node ecology --as auditor",
            "谁读取过生态环境厅的数据 / who read the ecology department's data",
        ),
        (
            "wufei audit list --node ecology --as auditor --event AE-902",
            "被策略拒绝的调用 / the calls that the policy refused",
        ),
        (
            "wufei audit export audit.jsonl --node ecology --as auditor",
            "导出全部记录，可离线核对 / export all records, to be checked offline",
        ),
        (
            "wufei audit verify audit.jsonl --key wufei-data/ecology/audit.vkey",
            "不需要服务器，核对导出文件 / check an export without any server",
        ),
    ],
    notes: &[
        "只有审计人员可以读取；读取本身也会记录。事件代码见 docs/audit-events.md。 / Only auditors may read it, and reading it is \
         recorded too. docs/audit-events.md lists the events.",
        "公钥应由节点运维人员另行提供，不要取自被核对的文件。 / Get the key from the node's operator, never from the file.",
    ],
    json: "list 为记录的数组，export 和 verify 为结果对象 / list: an array of records; export and verify: the outcome",
};

/// 审计日志：谁读取了什么、什么被拒绝 / the audit log: who read what, and what was refused
#[derive(Debug, clap::Args)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    what: What,
}

/// What to do with the log.
#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// 列出记录，从早到晚 / list records, oldest first
    List(ListArgs),
    /// 导出全部记录及签名的检查点 / export all records with the signed checkpoint
    Export(ExportArgs),
    /// 离线核对导出文件 / check an export offline
    Verify(VerifyArgs),
}

/// What is listed.
#[derive(Clone, Debug, clap::Args)]
struct ListArgs {
    /// 只列此事件，如 AE-201 或 DATA_READ / only this event, such as AE-201 or DATA_READ
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    /// 只列此主体（SPIFFE 标识） / only this principal (SPIFFE id)
    #[arg(long, value_name = "PRINCIPAL")]
    principal: Option<String>,
    /// 从第几条起 / first record
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// 最多多少条 / at most this many
    #[arg(long, default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    target: Target,
}

/// Where the export goes.
#[derive(Clone, Debug, clap::Args)]
struct ExportArgs {
    /// 写入的文件，不覆盖已有文件 / file to write; one that is there is not overwritten
    file: PathBuf,
    #[command(flatten)]
    target: Target,
}

/// What is checked.
#[derive(Clone, Debug, clap::Args)]
struct VerifyArgs {
    /// 导出文件 / the export
    file: PathBuf,
    /// 审计日志公钥文件（audit.vkey） / the audit log's key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// 此前的导出文件：核对日志只增不改 / an earlier export: the log must only have grown since
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
}

pub(crate) fn run(args: AuditArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    match args.what {
        What::List(args) => list(&args, common, screen),
        What::Export(args) => export(&args, common, screen),
        What::Verify(args) => verify(&args, screen),
    }
}

fn list(args: &ListArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let mut request = json!({});
    if let Some(event) = &args.event {
        request["event"] = number(event)?.into();
    }
    if let Some(principal) = &args.principal {
        request["principal"] = principal.as_str().into();
    }
    let entries = block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        let (mut all, mut next) = (Vec::new(), args.from.to_string());
        while all.len() < args.limit {
            request["startIndex"] = next.as_str().into();
            request["pageSize"] = (args.limit - all.len()).min(1000).into();
            let mut page = link.call("wufei.log.v1.AuditLogService/ListAuditRecords", request.clone()).await?;
            if let Some(Value::Array(entries)) = page.get_mut("entries").map(Value::take) {
                all.extend(entries);
            }
            let after = at(&page, "/nextIndex");
            // At the end the index stands still.
            if after.is_empty() || after == next {
                break;
            }
            next = after;
        }
        Ok(all)
    })?;
    if screen.is_json() {
        screen.value(&Value::from(entries));
        return Ok(());
    }
    let mut table = screen.table(&[
        ("序号", "index"),
        ("时间", "time"),
        ("事件", "event"),
        ("主体", "principal"),
        ("方法", "method"),
        ("用途", "purpose"),
        ("条数", "messages"),
        ("拒绝原因", "reason"),
        ("次数", "count"),
    ]);
    for entry in &entries {
        let record = |field: &str| at(entry, &format!("/record/{field}"));
        let index = at(entry, "/index");
        table.add_row([
            if index.is_empty() { "0".to_owned() } else { index },
            record("time"),
            event(&record("event")),
            record("principal"),
            record("method"),
            record("purpose"),
            record("answerCount"),
            record("reason"),
            record("count"),
        ]);
    }
    screen.line(table);
    Ok(())
}

/// The number of an event that is given by its code or its name.
fn number(text: &str) -> Outcome<i32> {
    let events = wire::pool()?
        .get_enum_by_name("wufei.log.v1.AuditEvent")
        .ok_or_else(|| Failure::unexpected("contracts", "there is no list of audit events"))?;
    let by_name = || Some(events.get_value_by_name(&format!("AUDIT_EVENT_{text}"))?.number());
    let by_code = || events.get_value(text.strip_prefix("AE-")?.parse().ok()?).map(|value| value.number());
    by_code().or_else(by_name).ok_or_else(|| {
        Failure::failed(
            format!("没有审计事件 {text}，写法如 AE-201 或 DATA_READ，见 docs/audit-events.md"),
            format!("there is no audit event {text}; write AE-201 or DATA_READ, see docs/audit-events.md"),
        )
    })
}

/// An event as people see it: its code and its name.
fn event(name: &str) -> String {
    let short = name.strip_prefix("AUDIT_EVENT_").unwrap_or(name);
    match number(short) {
        Ok(number) => format!("AE-{number:03} {short}"),
        Err(_unknown) => short.to_owned(),
    }
}

fn export(args: &ExportArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let path = &args.file;
    let unwritable = |error: &std::io::Error| Failure::unwritable(path, error);
    let file = File::create_new(path).map_err(|error| unwritable(&error))?;
    let exported = block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        let mut out = BufWriter::new(&file);
        export_audit_log(link.connection(), &mut out).await.map_err(|error| match error {
            ExportError::Call(error) => link.failure(&error),
            ExportError::Write(error) => unwritable(&error),
            ExportError::NotWhole { .. } => Failure::unexpected("export", error),
        })
    });
    let records =
        match exported.and_then(|records| file.sync_all().map(|()| records).map_err(|error| unwritable(&error))) {
            Ok(records) => records,
            Err(failure) => {
                // Half an export would stand in the way of the next attempt, and proves nothing.
                let _left = fs::remove_file(path);
                return Err(failure);
            }
        };
    if screen.is_json() {
        screen.value(&json!({"file": path.display().to_string(), "records": records}));
        return Ok(());
    }
    let file = path.display();
    screen.say(
        format_args!("已导出 {records} 条到 {file}；用 wufei audit verify 核对"),
        format_args!("{records} records are in {file}; check them with wufei audit verify"),
    );
    Ok(())
}

fn verify(args: &VerifyArgs, screen: &Screen) -> Outcome<()> {
    let key = key(&args.key)?;
    let earlier = args.since.as_deref().map(|path| check(path, &key, None)).transpose()?;
    let earlier = earlier.map(|verdict| verdict.checkpoint);
    let AuditVerdict { checkpoint, hash_only } = check(&args.file, &key, earlier.as_ref())?;
    if screen.is_json() {
        screen.value(&json!({
            "verified": true, "origin": checkpoint.origin, "records": checkpoint.size.to_string(),
            "rootHash": checkpoint.root.to_string(), "hashOnly": hash_only.to_string(),
            "since": earlier.map(|earlier| earlier.size.to_string()),
        }));
        return Ok(());
    }
    let (origin, size) = (&checkpoint.origin, checkpoint.size);
    screen.say(
        format_args!("核对通过：{origin} 的 {size} 条记录（其中 {hash_only} 条已过保存期，只有哈希）"),
        format_args!("holds: {size} records of {origin} ({hash_only} of them past their time, as hashes only)"),
    );
    if let Some(earlier) = earlier {
        let old = earlier.size;
        screen.say(
            format_args!("是此前 {old} 条记录的延续，没有删改"),
            format_args!("extends the earlier {old} records; none was removed or altered"),
        );
    }
    Ok(())
}

fn check(path: &Path, key: &NoteVerifier, earlier: Option<&ledger::Checkpoint>) -> Outcome<AuditVerdict> {
    let file = File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
    verify_audit_file(BufReader::new(file), key, earlier).map_err(|error| {
        if let AuditNotVerified::Unreadable(error) = &error {
            return Failure::unreadable(path, error);
        }
        let (file, text) = (path.display(), error.text());
        Failure::new(
            Code::NotVerified,
            format!("核对不通过：{file}：{}", text.zh),
            format!("does not hold: {file}: {}", text.en),
        )
    })
}

fn key(path: &Path) -> Outcome<NoteVerifier> {
    let text = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?;
    text.trim().parse().map_err(|error| {
        Failure::failed(
            format!("{} 不是日志公钥：{error}", path.display()),
            format!("{} is no log key: {error}", path.display()),
        )
    })
}
