//! `wufei report`.

use std::path::PathBuf;

use super::{Target, block_on};
use crate::{
    args::Common,
    documents,
    download::{self, Format},
    failure::{Code, Failure, Outcome},
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
            "wufei report --format pdf --out report.pdf",
            "公文样式，与上一版比较 / for paper, compared with the edition before",
        ),
        (
            "wufei report --from report.json --key log.vkey --format xlsx --out report.xlsx",
            "不联网，由已签名的 JSON 生成 / offline, from the signed JSON",
        ),
        (
            "wufei report --name departments/aggregator/reports/1 --format html --out first.html",
            "指定一期 / one edition",
        ),
    ],
    notes: &[
        "下载后核对校验值，不符时退出码为 5。 / The digest is checked after the download; it ends with 5 when it differs.",
        "PDF、XLSX、DOCX 由核对过签名清单的 JSON 在本地生成：同一报告、同样的选项得到逐字节相同的文件。 / PDF, XLSX and DOCX are made here from the JSON after its signed manifest is checked: the same report with the same options gives the same bytes.",
    ],
    json: "只影响错误的格式；内容由 --format 决定 / changes failures only; --format says what is printed",
};

/// 下载综合报告 / download the consolidated report
#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// 格式 / format
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) format: Format,
    /// 报告名称；latest 为最新一期 / name of the report; latest is the newest edition
    #[arg(long, default_value = LATEST)]
    pub(crate) name: String,
    /// 写入文件；默认输出到屏幕 / file to write; default: stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// 由这份 report.json 生成文档，不联网 / make the document from this report.json, offline
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    pub(crate) from: Option<PathBuf>,
    /// 与这份 report.json 比较；默认为节点上的上一版 / the edition to compare with; default: the one before, of the node
    #[arg(long, value_name = "FILE")]
    pub(crate) previous: Option<PathBuf>,
    /// 汇总节点的日志公钥文件（log.vkey）；默认取自连接配置 / the aggregator's key; default: from the profile
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// 发文机关标志；不填则留出位置 / who issues it, in the red head; default: a place for it
    #[arg(long, value_name = "TEXT")]
    pub(crate) issuer: Option<String>,
    /// 发文字号；不填则留出位置 / number of the official document; default: a place for it
    #[arg(long, value_name = "TEXT")]
    pub(crate) number: Option<String>,
    #[command(flatten)]
    pub(crate) target: Target,
}

impl ReportArgs {
    /// Words that only documents have a use for.
    fn for_documents(&self) -> Option<&'static str> {
        [
            ("--from", self.from.is_some()),
            ("--previous", self.previous.is_some()),
            ("--key", self.key.is_some()),
            ("--issuer", self.issuer.is_some()),
            ("--number", self.number.is_some()),
        ]
        .into_iter()
        .find_map(|(name, given)| given.then_some(name))
    }
}

/// The resource name of a report.
pub(crate) fn full_name(name: &str) -> String {
    if name.contains('/') { name.to_owned() } else { format!("departments/{AGGREGATOR}/reports/{name}") }
}

pub(crate) fn run(args: &ReportArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let file = if args.format.is_document() {
        documents::make(args, common, screen)?
    } else if let Some(word) = args.for_documents() {
        return Err(Failure::new(
            Code::Usage,
            format!("{word} 只用于 --format pdf、xlsx、docx"),
            format!("{word} goes with --format pdf, xlsx or docx"),
        ));
    } else {
        block_on(async {
            let link = args.target.open(common, AGGREGATOR, screen)?;
            download::bytes(&link, &full_name(&args.name), args.format).await
        })?
    };
    let Some(path) = &args.out else {
        screen.bytes(&file);
        return Ok(());
    };
    download::write(path, &file)?;
    let path = path.display();
    if !screen.is_json() {
        screen.say(format_args!("报告已写入 {path}"), format_args!("the report is in {path}"));
    }
    Ok(())
}
