//! `wufei verify bundle`.

use std::{fs, path::PathBuf};

use evidence::{Bundle, Verdict, Wrong};
use serde_json::json;

use super::receipt::key;
use crate::{
    failure::{Code, Failure, Outcome},
    screen::Screen,
};

/// 核对审计包：从每个数字到它所依据的报文 / check a bundle, from every figure to the messages that it rests on
#[derive(Debug, clap::Args)]
pub(super) struct BundleArgs {
    /// wufei bundle 写出的文件 / the file that wufei bundle wrote
    file: PathBuf,
    /// 成员目录的公钥文件（directory.vkey） / key of the directory's authority
    #[arg(long, value_name = "FILE")]
    authority: PathBuf,
    /// 日志公钥文件，可多次给出；目录已登记的节点不需要 / key of a log, may be repeated; not for nodes that the directory lists
    #[arg(long = "log-key", value_name = "FILE")]
    log_keys: Vec<PathBuf>,
}

pub(super) fn run(args: &BundleArgs, screen: &Screen) -> Outcome<()> {
    let authority = key(&args.authority)?;
    let log_keys = args.log_keys.iter().map(|path| key(path)).collect::<Outcome<Vec<_>>>()?;
    let text = fs::read_to_string(&args.file).map_err(|error| Failure::unreadable(&args.file, &error))?;
    let verdict = Bundle::parse(&text).and_then(|bundle| evidence::verify(&bundle, &authority, &log_keys));
    show(&verdict.map_err(|wrong| refused(&wrong))?, screen);
    Ok(())
}

/// The first thing that does not hold.
pub(crate) fn refused(wrong: &Wrong) -> Failure {
    let text = wrong.text();
    Failure::new(Code::NotVerified, format!("核对不通过：{}", text.zh), format!("does not hold: {}", text.en))
}

fn show(verdict: &Verdict, screen: &Screen) {
    let Verdict { report, figures, logs, submissions, signed, citations, recomputed } = verdict;
    if screen.is_json() {
        screen.value(&json!({
            "verified": true, "report": report, "figures": figures, "logs": logs, "submissions": submissions,
            "signed": signed, "citations": citations, "recomputed": recomputed,
        }));
        return;
    }
    screen.say(format_args!("核对通过：{report}"), format_args!("it holds: {report}"));
    screen.say(
        format_args!("  {figures} 个数字与签名清单一致；{citations} 处出处都有报文"),
        format_args!("  {figures} figures are as signed; all {citations} citations lead to a submission"),
    );
    screen.say(
        format_args!("  {logs} 个日志，{submissions} 份报文逐字节核对，其中 {signed} 份有报送者签名"),
        format_args!(
            "  {logs} logs, {submissions} submissions checked byte for byte, {signed} signed by who sent them"
        ),
    );
    screen.say(
        format_args!("  {recomputed} 个数字由报文重新算出，结果相同"),
        format_args!("  {recomputed} figures worked out again from the submissions, with the same result"),
    );
}
