//! `wufei endorse`.

use std::{fs, path::PathBuf};

use clap::ValueEnum;
use client::ReceiptFile;
use serde_json::json;

use super::{Target, block_on};
use crate::{
    args::Common,
    failure::{Code, Failure, Outcome},
    guide::Guide,
    records::at,
    screen::Screen,
};

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        (
            "wufei endorse receipt.json --role reviewer --as city-140100-reviewer",
            "审核通过一份报送 / approve a submission after review",
        ),
        (
            "wufei endorse receipt.json --role signatory --as city-140100-signatory",
            "签署，报送即定稿 / sign it: the submission is final",
        ),
        ("wufei endorse receipt.json --role reviewer --return unit-of-row-3", "退回，写明原因 / return it with a note"),
        ("wufei list endorsements --node city-140100", "查看审核签署情况 / who reviewed and signed what"),
    ],
    notes: &[
        "所签的是回执中叶哈希所指的报送；回执由填报人用 wufei submit --receipt 取得。 / What is endorsed is the submission with the leaf hash of the receipt, which the submitter got with wufei submit --receipt.",
        "填报、审核、签署须为三个不同主体，先审核后签署。 / Submitter, reviewer and signatory are three principals; review comes first.",
    ],
    json: "节点的应答：审核签署记录和它的回执 / the node's answer: the endorsement and its receipt",
};

/// 审核、签署或退回一份报送 / review, sign or return a submission
#[derive(Debug, clap::Args)]
pub(crate) struct EndorseArgs {
    /// 报送的回执文件 / receipt of the submission
    receipt: PathBuf,
    /// 以何身份 / in which part
    #[arg(long)]
    role: Part,
    /// 退回并说明要改什么；不写则为通过 / return it and say what is to be corrected; left out, it is approved
    #[arg(long = "return", value_name = "NOTE")]
    returned: Option<String>,
    #[command(flatten)]
    target: Target,
}

/// The part of the endorser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// 审核人 / checks it
    Reviewer,
    /// 签署人 / answers for it
    Signatory,
}

pub(crate) fn run(args: &EndorseArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let text = fs::read_to_string(&args.receipt).map_err(|error| Failure::unreadable(&args.receipt, &error))?;
    let receipt = ReceiptFile::parse(&text).map_err(|error| {
        let text = error.text();
        Failure::new(Code::NotVerified, text.zh, text.en)
    })?;
    let receipt = receipt.receipt;
    let (part, role) = match args.role {
        Part::Reviewer => ("reviewer", "ENDORSEMENT_ROLE_REVIEWER"),
        Part::Signatory => ("signatory", "ENDORSEMENT_ROLE_SIGNATORY"),
    };
    let verdict = match args.returned {
        None => "ENDORSEMENT_VERDICT_APPROVED",
        Some(_) => "ENDORSEMENT_VERDICT_RETURNED",
    };
    let id = format!("{}-{part}", receipt.log_index);
    let mut request = json!({
        "parent": receipt.node, "endorsementId": id,
        "endorsement": {
            "logIndex": receipt.log_index.to_string(), "leafHash": receipt.leaf_hash, "role": role, "verdict": verdict,
            "note": args.returned.as_deref().unwrap_or_default(),
        },
    });
    let method = "wufei.exchange.v1.EndorsementService/CreateEndorsement";
    // The same endorsement sent twice is one.
    let request_id = client::request_id(&receipt.node, method, &request);
    request["requestId"] = request_id.to_string().into();
    let node = receipt.node.strip_prefix("departments/").unwrap_or(&receipt.node).to_owned();
    let answer = block_on(async { args.target.open(common, &node, screen)?.call(method, request).await })?;
    if screen.is_json() {
        screen.value(&answer);
        return Ok(());
    }
    let name = at(&answer, "/endorsement/name");
    let index = at(&answer, "/receipt/logIndex");
    screen.say(
        format!("已记入：{name}，{node} 日志第 {index} 条"),
        format!("recorded: {name}, log index {index} of {node}"),
    );
    Ok(())
}
