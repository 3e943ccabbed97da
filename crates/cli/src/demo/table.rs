//! What the demo tells at the end: where everything is.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use domain::Lang;
use serde_json::{Value, json};

use super::{dataset::Dataset, evaluate::Evaluated, plan::Layout, witnesses::Witnessed};
use crate::{documents, download::Format, profile::AGGREGATOR, screen::Screen};

/// One running service.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    /// Department id.
    pub(crate) department: String,
    /// gRPC address.
    pub(crate) grpc: Option<SocketAddr>,
    /// Operations address.
    pub(crate) ops: Option<SocketAddr>,
    /// Address of the pages for people.
    pub(crate) web: Option<SocketAddr>,
    /// Its certificate.
    pub(crate) cert: PathBuf,
    /// Its folder.
    pub(crate) data: PathBuf,
}

/// Everything there is to tell.
#[derive(Debug)]
pub(crate) struct Summary<'a> {
    pub(crate) dataset: &'a Dataset,
    pub(crate) layout: &'a Layout,
    pub(crate) services: Vec<Service>,
    /// Folder of the report.
    pub(crate) out: PathBuf,
    /// Calls of the data set.
    pub(crate) calls: u64,
    pub(crate) evaluated: Evaluated,
    pub(crate) witnessed: Witnessed,
    /// From the start of the process to all services ready.
    pub(crate) ready_millis: u64,
    pub(crate) peak_memory_kib: Option<u64>,
    /// Whether the services stay up.
    pub(crate) stays: bool,
}

/// Prints the summary as tables, or as JSON.
pub(crate) fn print(screen: &Screen, summary: &Summary<'_>) {
    if screen.is_json() {
        screen.value(&value(summary));
        return;
    }
    let Summary { dataset, layout, services, out, evaluated, stays, .. } = summary;
    screen.say(format_args!("数据集：{}", dataset.title_zh), format_args!("data set: {}", dataset.title_en));
    if dataset.synthetic {
        screen.line("模拟数据 / SYNTHETIC DATA");
    }
    let mut table = screen.table(&[
        ("服务", "service"),
        ("gRPC（双向 TLS）", "gRPC (mutual TLS)"),
        ("运维", "operations"),
        ("证书", "certificate"),
        ("数据", "data"),
    ]);
    for service in services {
        table.add_row([
            service.department.clone(),
            service.grpc.map(|at| format!("https://{at}")).unwrap_or_default(),
            service.ops.map(|at| format!("http://{at}/readyz")).unwrap_or_default(),
            below(&layout.data, &service.cert),
            below(&layout.data, &service.data),
        ]);
    }
    screen.line(table);
    let mut table = screen.table(&[("成果", "result"), ("位置", "place")]);
    let report = |format: Format| out.join(format.file_name()).display().to_string();
    let mut row = |zh, en, place: String| {
        table.add_row([screen.text(zh, en).to_owned(), place]);
    };
    row("综合报告（网页）", "report (page)", report(Format::Html));
    row("综合报告（JSON）", "report (JSON)", report(Format::Json));
    row("报告名称", "name of the report", evaluated.report.clone());
    row("结果校验值", "digest of the result", evaluated.result_digest.clone());
    let Witnessed { logs, witnessed, fewest } = summary.witnessed;
    let cosigned = match screen.lang() {
        Lang::Zh => format!("{logs} 个日志中 {witnessed} 个达到见证级别，最新检查点至少有 {fewest} 个见证签名"),
        Lang::En => {
            format!("{witnessed} of {logs} logs witnessed, at least {fewest} cosignatures on the newest checkpoint")
        }
    };
    row("部门互相见证", "departments witness each other", cosigned);
    if *stays && let Some(web) = services.iter().find(|s| s.department == AGGREGATOR).and_then(|s| s.web) {
        row("看板（浏览器）", "dashboard (browser)", format!("http://{web}/"));
    }
    let clerks = services.iter().filter(|s| s.department.starts_with("city-"));
    if *stays && let Some((city, web)) = clerks.filter_map(|s| Some((&s.department, s.web?))).next() {
        let key = below(&layout.data, &layout.pki().join(format!("{city}-writer.sign.key")));
        row("填报页面（浏览器）", "clerks' pages (browser)", format!("http://{web}/  {city}，{key}"));
    }
    row("数据目录", "data folder", layout.data.display().to_string());
    row("连接配置", "connection profile", layout.profile().display().to_string());
    screen.line(table);
    let profile = layout.profile();
    let profile = profile.display();
    let program = documents::PROGRAM;
    let json = report(Format::Json);
    screen.say(
        format_args!(
            "PDF、XLSX、DOCX（--format pdf、xlsx、docx）由已签名的 JSON 生成：\n  \
             {program} --profile {profile} report --from {json} --format pdf --out report.pdf"
        ),
        format_args!(
            "PDF, XLSX and DOCX (--format pdf, xlsx, docx) are made from the signed JSON:\n  \
             {program} --profile {profile} report --from {json} --format pdf --out report.pdf"
        ),
    );
    if *stays {
        screen.say(
            format_args!(
                "服务保持运行，Ctrl-C 结束。在另一个终端可试：\n  wufei --profile {profile} list observations\n  \
                 wufei --profile {profile} explain share-target"
            ),
            format_args!(
                "The services stay up until Ctrl-C. In another terminal try:\n  wufei --profile {profile} list observations\n  \
                 wufei --profile {profile} explain share-target"
            ),
        );
    }
}

/// The place as seen from the data folder.
fn below(data: &Path, place: &Path) -> String {
    place.strip_prefix(data).unwrap_or(place).display().to_string()
}

fn value(summary: &Summary<'_>) -> Value {
    let Summary {
        dataset,
        layout,
        services,
        out,
        calls,
        evaluated,
        witnessed,
        ready_millis,
        peak_memory_kib,
        stays: _,
    } = summary;
    let services: Vec<Value> = services
        .iter()
        .map(|service| {
            json!({
                "department": service.department, "grpc": service.grpc.map(|at| format!("https://{at}")),
                "ops": service.ops.map(|at| format!("http://{at}")), "web": service.web.map(|at| format!("http://{at}/")),
                "certificate": service.cert, "data": service.data,
            })
        })
        .collect();
    json!({
        "dataset": dataset.name, "synthetic": dataset.synthetic, "calls": calls, "services": services,
        "dataFolder": layout.data, "profile": layout.profile(),
        "run": evaluated.run, "report": evaluated.report, "resultDigest": evaluated.result_digest,
        "reportJson": out.join(Format::Json.file_name()), "reportHtml": out.join(Format::Html.file_name()),
        "logs": witnessed.logs, "witnessedLogs": witnessed.witnessed, "fewestCosignatures": witnessed.fewest,
        "readyMillis": ready_millis, "peakMemoryKib": peak_memory_kib,
    })
}
