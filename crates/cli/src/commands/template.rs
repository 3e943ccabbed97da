//! `wufei template`.

use std::path::PathBuf;

use crate::{args::Common, failure::Outcome, guide::Guide, screen::Screen, workbooks};

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        (
            "wufei template --period 2024 --department city-140100 --out 2024.xlsx",
            "太原市 2024 年的填报表 / the workbook of Taiyuan for 2024",
        ),
        (
            "wufei template --period 2024 --department city-140100 --with-last --out 2024.xlsx",
            "带上节点里的上期值 / with the last values from the node",
        ),
        (
            "wufei template --period 2024 --department commerce --region 140100 --region 140200 --out 2024.xlsx",
            "省级部门按地区各报一行 / a row for each of these regions",
        ),
    ],
    notes: &[
        "填好后用 wufei submit 文件 --check 先看系统理解成什么。 / When it is filled, wufei submit FILE --check shows what was understood.",
        "已有的文件不会被覆盖。 / A file that is there already is not replaced.",
        "不带 --with-last 时不连接任何节点。 / Without --with-last no node is called.",
    ],
    json: "文件、行数、指标目录校验值 / the file, its rows and the digest of the catalogue",
};

/// 生成填报用的工作簿模板 / make the workbook that a clerk fills
#[derive(Debug, clap::Args)]
pub(crate) struct TemplateArgs {
    /// 填报期，如 2024、2024-Q3 / the period, such as 2024 or 2024-Q3
    #[arg(long)]
    pub(crate) period: String,
    /// 填报单位（部门代码），如 ecology、city-140100 / who fills it, by department id
    #[arg(long, value_name = "DEPARTMENT")]
    pub(crate) department: String,
    /// 写到该文件（.xlsx） / write it to this file (.xlsx)
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// 为该地区各列一行，可多次给出；不写则只列本地区 / rows for this region; may be given several times; without it the department's own
    #[arg(long, value_name = "CODE")]
    pub(crate) region: Vec<String>,
    /// 从本部门节点取上期值 / take the last values from the department's node
    #[arg(long)]
    pub(crate) with_last: bool,
}

pub(crate) fn run(args: &TemplateArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    workbooks::make(args, common, screen)
}
