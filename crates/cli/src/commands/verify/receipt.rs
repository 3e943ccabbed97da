//! `wufei verify receipt`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use client::{Leaf, NotVerified, ReceiptFile, Verdict};
use contracts::common::v1::ReceiptLevel;
use ledger::NoteVerifier;
use serde_json::json;

use crate::{
    args::Common,
    cosigned::{Cosigned, DirectoryArgs},
    failure::{Code, Failure, Outcome},
    profile::Profile,
    screen::Screen,
};

/// 离线核对回执或日志证明，不需要服务器 / check a receipt or a log proof offline, without any server
#[derive(Debug, clap::Args)]
pub(super) struct ReceiptArgs {
    /// 回执（JSON）或 C2SP tlog-proof 文件 / receipt as JSON, or a C2SP tlog-proof file
    file: PathBuf,
    /// 日志公钥文件（log.vkey） / the log's key
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// tlog-proof 所证明的日志条目原文 / bytes of the entry that a tlog-proof is about
    #[arg(long, value_name = "FILE")]
    leaf: Option<PathBuf>,
    #[command(flatten)]
    witnesses: DirectoryArgs,
}

pub(super) fn run(args: &ReceiptArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let text = fs::read_to_string(&args.file).map_err(|error| Failure::unreadable(&args.file, &error))?;
    let (verdict, cosigned) =
        if text.trim_start().starts_with('{') { receipt(args, common, &text)? } else { (proof(args, &text)?, None) };
    show(&verdict, cosigned.as_ref(), screen);
    Ok(())
}

fn receipt(args: &ReceiptArgs, common: &Common, text: &str) -> Outcome<(Verdict, Option<Cosigned>)> {
    let file = ReceiptFile::parse(text).map_err(|error| refused(&error))?;
    let key = match &args.key {
        Some(path) => key(path)?,
        None => {
            let profile = Profile::load(common.profile.as_deref())?;
            let department = file.receipt.node.strip_prefix("departments/").unwrap_or(&file.receipt.node);
            let path = profile.node(department)?.vkey.clone().ok_or_else(no_key)?;
            key(&path)?
        }
    };
    let verdict = client::verify_receipt_file(&file, &key).map_err(|error| refused(&error))?;
    let receipt = &file.receipt;
    let claimed = receipt.level() == ReceiptLevel::Witnessed;
    let cosigned = args.witnesses.check(&receipt.checkpoint, &receipt.node, claimed)?;
    Ok((verdict, cosigned))
}

fn proof(args: &ReceiptArgs, text: &str) -> Outcome<Verdict> {
    let key = key(args.key.as_deref().ok_or_else(no_key)?)?;
    let path = args
        .leaf
        .as_deref()
        .ok_or_else(|| Failure::failed("请用 --leaf 给出日志条目原文", "give the bytes of the entry with --leaf"))?;
    let leaf = fs::read(path).map_err(|error| Failure::unreadable(path, &error))?;
    client::verify_proof_file(text, Leaf::Bytes(&leaf), &key).map_err(|error| refused(&error))
}

pub(super) fn key(path: &Path) -> Outcome<NoteVerifier> {
    let text = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?;
    text.trim().parse().map_err(|error| {
        Failure::failed(
            format!("{} 不是日志公钥：{error}", path.display()),
            format!("{} is no log key: {error}", path.display()),
        )
    })
}

fn no_key() -> Failure {
    Failure::failed("请用 --key 给出日志公钥文件 log.vkey", "give the log's key file log.vkey with --key")
}

fn refused(error: &NotVerified) -> Failure {
    let text = error.text();
    Failure::new(Code::NotVerified, format!("核对不通过：{}", text.zh), format!("does not hold: {}", text.en))
}

fn show(verdict: &Verdict, cosigned: Option<&Cosigned>, screen: &Screen) {
    let Verdict { checkpoint, index, leaf_hash, included, envelope } = verdict;
    if screen.is_json() {
        screen.value(&json!({
            "verified": true, "included": included, "origin": checkpoint.origin, "treeSize": checkpoint.size.to_string(),
            "rootHash": checkpoint.root.to_string(), "logIndex": index.to_string(), "leafHash": leaf_hash.to_string(),
            "method": envelope.as_ref().map(|found| found.method.as_str()),
            "principal": envelope.as_ref().map(|found| found.principal.as_str()),
            "cosigned": cosigned.map(Cosigned::value),
        }));
        return;
    }
    let (origin, size) = (&checkpoint.origin, checkpoint.size);
    let path = if *included {
        screen.text("并有到根哈希的证明", "with a path to the signed root")
    } else {
        screen.text("只核对了签名，没有路径证明", "the signature only, without a path")
    };
    screen.say(
        format!("核对通过：{origin} 第 {index} 条，在 {size} 条的已签名日志中，{path}"),
        format!("it holds: entry {index} of {origin}, in the signed tree of {size}, {path}"),
    );
    if let Some(cosigned) = cosigned {
        cosigned.tell(screen);
    }
    if let Some(found) = envelope {
        screen.say(
            format!("提交者 {}，方法 {}", found.principal, found.method),
            format!("by {}, method {}", found.principal, found.method),
        );
    }
}
