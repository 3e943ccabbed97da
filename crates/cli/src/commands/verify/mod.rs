//! `wufei verify`: what an auditor checks without any server.

mod bundle;
mod receipt;
mod report;

#[cfg(feature = "documents")]
pub(crate) use self::report::{aggregator_key, signed};

use crate::{args::Common, failure::Outcome, guide::Guide, screen::Screen};

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        ("wufei verify receipt receipt.json --key wufei-data/city-140100/log.vkey", "核对回执 / check a receipt"),
        (
            "wufei verify receipt receipt.json --key log.vkey --directory directory.note",
            "并按成员目录核对见证签名 / and the witnesses' cosignatures, by the directory",
        ),
        ("wufei verify receipt receipt.json", "公钥取自连接配置 / the key comes from the connection profile"),
        (
            "wufei verify receipt entry.tlog-proof --leaf entry.bin --key log.vkey",
            "核对一条日志的证明 / check the proof of an entry",
        ),
        (
            "wufei verify report wufei-data/report --key wufei-data/aggregator/log.vkey",
            "核对 report.json 和 report.html，指出改动的数字 / check both files and name a changed figure",
        ),
        (
            "wufei verify bundle bundle.json --authority wufei-data/pki/directory.vkey",
            "只凭目录公钥核对从数字到报文的全部证据 / check everything from the figures to the messages",
        ),
    ],
    notes: &[
        "公钥应由节点运维人员或目录管理者另行提供，不要取自被核对的文件。 / Get the keys from the node's operator or the directory's administrator, never from the file.",
        "核验不通过时退出码为 5，并指出第一处不符：字节、条目、签名或数字。 / It ends with 5 when something does not hold, and names the first wrong byte, entry, signature or figure.",
    ],
    json: "核对结果；不符之处在标准错误中 / the verdict; what does not hold is on stderr",
};

/// 离线核对回执、报告或审计包，不需要服务器 / check a receipt, a report or a bundle offline, without any server
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    #[command(subcommand)]
    what: What,
}

/// What is checked.
#[derive(Debug, clap::Subcommand)]
enum What {
    Receipt(receipt::ReceiptArgs),
    Report(report::ReportArgs),
    Bundle(bundle::BundleArgs),
}

pub(crate) fn run(args: &VerifyArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    match &args.what {
        What::Receipt(args) => receipt::run(args, common, screen),
        What::Report(args) => report::run(args, common, screen),
        What::Bundle(args) => bundle::run(args, screen),
    }
}
