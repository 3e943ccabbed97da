//! `wufei bench people`: how long people wait: for a page, for a document of the report, for the check of a workbook.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::{Request, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

use super::{Bound, Measure, folder, millis, program, running::Running};
use crate::{
    commands::block_on,
    failure::{Failure, Outcome},
};

/// A page of the dashboard, from the request until its last byte.
const PAGE_LIMIT: Duration = Duration::from_millis(100);
/// Times that a page is asked for; the median counts.
const TIMES: usize = 7;
/// The documents of the report from its JSON, with the start of the program.
const DOCUMENTS: [(&str, Duration); 3] =
    [("pdf", Duration::from_secs(3)), ("xlsx", Duration::from_secs(1)), ("docx", Duration::from_secs(3))];

/// The pages: every kind, those of a city and of an indicator with every county and year below them.
const PAGES: [&str; 16] = [
    "/",
    "/?colour=coverage",
    "/matrix",
    "/matrix?by=department",
    "/cities",
    "/cities/140100",
    "/indicators",
    "/indicators/ZWC2021-26",
    "/funding",
    "/commitments",
    "/runs",
    "/values/item/140100/ZWC2021-26",
    "/values/score/140100",
    "/reports",
    "/catalogue",
    "/nodes",
];

/// Measures beside a province of five years: 11 cities and 117 counties.
pub(super) fn measure() -> Outcome<Vec<Measure>> {
    let folder = folder()?;
    let data = folder.path().join("data");
    let mut all = {
        let _running = Running::start(&data, "province")?;
        pages(address(&data)?)?
    };
    if cfg!(feature = "documents") {
        all.extend(documents(&data, folder.path())?);
    }
    #[cfg(feature = "workbook")]
    all.extend(super::clerk::measure()?);
    Ok(all)
}

/// Where the dashboard of a demo listens.
fn address(data: &Path) -> Outcome<SocketAddr> {
    let file = data.join("config").join("aggregator.toml");
    let text = fs::read_to_string(&file).map_err(|error| Failure::unreadable(&file, &error))?;
    let config: toml::Table = toml::from_str(&text).map_err(fault)?;
    let listen = config.get("web").and_then(|web| web.get("listen")).and_then(toml::Value::as_str);
    listen.unwrap_or_default().parse().map_err(fault)
}

/// Each page in both languages.
fn pages(address: SocketAddr) -> Outcome<Vec<Measure>> {
    block_on(async {
        let runs = get(address, "/runs").await?;
        let links = runs.split("href=\"").filter_map(|link| link.split('"').next());
        let run = links.filter(|to| to.starts_with("/runs/")).find(|to| !to.starts_with("/runs/new"));
        let mut all = Vec::new();
        for path in PAGES.into_iter().chain(run) {
            let mut slowest = Duration::ZERO;
            for lang in ["zh", "en"] {
                let mark = if path.contains('?') { '&' } else { '?' };
                let mut times = Vec::new();
                for _ in 0..TIMES {
                    let start = Instant::now();
                    get(address, &format!("{path}{mark}lang={lang}")).await?;
                    times.push(start.elapsed());
                }
                times.sort_unstable();
                slowest = slowest.max(times.get(TIMES / 2).copied().unwrap_or_default());
            }
            all.push(Measure {
                subject: path.to_owned(),
                what: ("页面（7 次的中位数，中英文取慢者）", "page, the median of 7, the slower language"),
                unit: "ms",
                found: millis(slowest),
                bound: Bound::AtMost(millis(PAGE_LIMIT)),
            });
        }
        Ok(all)
    })
}

/// A page on a connection of its own, as a browser's first.
async fn get(address: SocketAddr, path: &str) -> Outcome<String> {
    let stream = TcpStream::connect(address).await.map_err(fault)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(fault)?;
    // Ends when it is dropped.
    let _connection = JoinSet::from_iter([connection]);
    let request = Request::get(path).header(HOST, address.to_string()).body(Empty::<Bytes>::new()).map_err(fault)?;
    let answer = sender.send_request(request).await.map_err(fault)?;
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(fault)?.to_bytes();
    if !status.is_success() {
        return Err(fault(format!("{path}: {status}")));
    }
    String::from_utf8(body.into()).map_err(fault)
}

/// The report of the demo as documents, as an evaluator makes them without a server.
fn documents(data: &Path, folder: &Path) -> Outcome<Vec<Measure>> {
    let program = program()?;
    let mut all = Vec::new();
    for (format, limit) in DOCUMENTS {
        let start = Instant::now();
        let output = Command::new(&program)
            .args(["report", "--format", format, "--from"])
            .arg(data.join("report").join("report.json"))
            .arg("--key")
            .arg(data.join("aggregator").join("log.vkey"))
            .arg("--out")
            .arg(folder.join(format!("report.{format}")))
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Failure::unreadable(&program, &error))?;
        let found = start.elapsed();
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            return Err(Failure::failed(format!("没有生成 {format}：{text}"), format!("no {format} was made: {text}")));
        }
        all.push(Measure {
            subject: format.to_owned(),
            what: ("由 report.json 生成综合报告", "the consolidated report made from report.json"),
            unit: "ms",
            found: millis(found),
            bound: Bound::AtMost(millis(limit)),
        });
    }
    Ok(all)
}

fn fault(error: impl std::fmt::Display) -> Failure {
    Failure::unexpected("bench people", error)
}
