//! `wufei report`.

use std::path::PathBuf;

use super::{Target, block_on};
use crate::{
    args::Common,
    download::{self, Format},
    failure::Outcome,
    guide::Guide,
    profile::AGGREGATOR,
    screen::Screen,
};

/// The newest edition.
const LATEST: &str = "latest";

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        ("wufei report --format html --out report.html", "可打印的网页 / a page to read and print"),
        ("wufei report --format json | jq .shareTarget", "机器可读 / for programs"),
        (
            "wufei report --name departments/aggregator/reports/1 --format html --out first.html",
            "指定一期 / one edition",
        ),
    ],
    notes: &[
        "下载后核对校验值，不符时退出码为 5。 / The digest is checked after the download; it ends with 5 when it differs.",
    ],
    json: "只影响错误的格式；内容由 --format 决定 / changes failures only; --format says what is printed",
};

/// 下载综合报告 / download the consolidated report
#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// 格式 / format
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// 报告名称；latest 为最新一期 / name of the report; latest is the newest edition
    #[arg(long, default_value = LATEST)]
    name: String,
    /// 写入文件；默认输出到屏幕 / file to write; default: stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

/// The resource name of a report.
pub(crate) fn full_name(name: &str) -> String {
    if name.contains('/') { name.to_owned() } else { format!("departments/{AGGREGATOR}/reports/{name}") }
}

pub(crate) fn run(args: &ReportArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        let name = full_name(&args.name);
        match &args.out {
            Some(path) => {
                download::to_file(&link, &name, args.format, path).await?;
                let path = path.display();
                if !screen.is_json() {
                    screen.say(format_args!("报告已写入 {path}"), format_args!("the report is in {path}"));
                }
            }
            None => screen.bytes(&download::bytes(&link, &name, args.format).await?),
        }
        Ok(())
    })
}
