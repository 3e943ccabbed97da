//! `wufei watch`.

use clap::ValueEnum;
use serde_json::{Value, json};

use super::{Target, block_on};
use crate::{
    args::Common,
    failure::Outcome,
    guide::Guide,
    profile::AGGREGATOR,
    records::{self, at},
    screen::Screen,
};

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        ("wufei watch observations --node city-140100", "跟随一个市的指标数据 / follow the figures of a city"),
        (
            "wufei watch observations --node city-140100 --cursor 12 --json",
            "从上次的位置继续 / go on from where you were",
        ),
    ],
    notes: &[
        "每次输出都给出位置，可作为下次的 --cursor。 / Every output names its cursor, which is the next --cursor.",
    ],
    json: "每行一个 JSON 对象，包括心跳 / one JSON object a line, heartbeats included",
};

/// 跟随变化，Ctrl-C 结束 / follow changes until Ctrl-C
#[derive(Debug, clap::Args)]
pub(crate) struct WatchArgs {
    /// 种类 / kind
    #[arg(value_enum)]
    kind: Kind,
    /// 从哪个位置继续；每次输出都会给出 / where to go on; every line of output names it
    #[arg(long, default_value_t = 0)]
    cursor: u64,
    /// 追上后结束 / end when caught up
    #[arg(long)]
    until_caught_up: bool,
    #[command(flatten)]
    target: Target,
}

/// What can be watched.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// 指标数据 / figures
    Observations,
}

pub(crate) fn run(args: &WatchArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let Kind::Observations = args.kind;
    let department = args.target.department(AGGREGATOR);
    let parent = if department == AGGREGATOR { "-" } else { department };
    let request = json!({"parent": format!("departments/{parent}"), "cursor": args.cursor.to_string()});
    block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        let each = |message: Value| {
            show(screen, &message);
            !(args.until_caught_up && message.get("caughtUp") == Some(&Value::Bool(true)))
        };
        tokio::select! {
            outcome = link.stream("wufei.exchange.v1.ObservationQueryService/WatchObservations", request, each) => outcome,
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    })
}

fn show(screen: &Screen, message: &Value) {
    if screen.is_json() {
        screen.json_line(message);
        return;
    }
    let observations = message.get("observations").and_then(Value::as_array).cloned().unwrap_or_default();
    if !observations.is_empty() {
        records::print(screen, "observations", &observations);
        let cursor = at(message, "/cursor");
        screen.say(format_args!("位置 {cursor}"), format_args!("cursor {cursor}"));
    }
}
