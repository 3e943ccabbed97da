//! Submissions per second of one node in a process of its own, the callers in this one: signed, logged and durable, and the
//! same server without parts of that.
//!
//! What evidence costs is told by a server that has none. There is no switch that turns the log off, for a switch can be
//! turned; such a server is a program of its own, built with the feature `baseline`, which takes unsigned submissions, keeps
//! their rows and answers durably, and of the log only the number of entries. Beside it are requests that are only checked
//! (`validate_only`) and not signed: the same TLS, layers, decoding and rules, and nothing on the disk at all.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use client::{Connection, Endpoint, Identity, Options, read_signing_key};
use contracts::exchange::v1::observation_ingest_service_client::ObservationIngestServiceClient;
use serde_json::json;
use tokio::task::JoinSet;

use super::{Bound, Measure, child, figures::Figures, folder, mebibytes, program};
use crate::{
    commands::block_on,
    failure::{Failure, Outcome},
    profile::{IdentityFiles, Node, Profile},
};

/// Callers at one time (the and X-Road's load figure).
const CALLERS: usize = 64;
/// Callers that share a connection.
const CALLERS_PER_CONNECTION: usize = 16;
/// Before anything is counted.
const WARM_UP: Duration = Duration::from_secs(2);
/// What is counted.
const MEASURED: Duration = Duration::from_secs(8);
/// Least submissions in a second.
const LEAST_RATE: f64 = 2000.0;
/// Least share of the rate of the server without evidence, in per cent.
const LEAST_SHARE: f64 = 50.0;
/// Most growth of the node's memory over what is measured, in MiB; buffers of the allocator, not of the node.
const MOST_GROWTH: f64 = 16.0;
/// The node that is measured.
const NODE: &str = "city-140100";
/// The city of that node.
const CITY: &str = "140100";
/// Figures that each run has for itself: those on one engine go to one database, and a figure exists once.
const APART: usize = 100_000;
/// Rounds of all kinds on one engine. The first is on an empty database, of which the engine knows no statistics yet; other work
/// of the machine comes and goes.
const ROUNDS: usize = 2;
/// How long the node may take to be ready.
const READY: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_millis(50);

/// How a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Signed, logged, durable.
    Whole,
    /// Logged and durable, not signed.
    Unsigned,
    /// Checked only, not signed.
    Checked,
    /// Durable, neither signed nor logged: by the program that leaves no evidence.
    Stored,
}

/// The server that is measured.
#[derive(Clone, Copy)]
struct Server<'a> {
    /// Data folder of the demo that made its certificates and settings.
    data: &'a Path,
    /// The database; SQLite without it.
    url: Option<&'a str>,
    /// The program that leaves no evidence.
    baseline: Option<&'a Path>,
}

/// What a run found.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    /// Answers in a second.
    rate: f64,
    /// Growth of the node's resident memory while it was measured, in MiB.
    growth: f64,
}

impl Found {
    /// Of two rounds the faster, and the larger growth.
    fn or(self, other: Self) -> Self {
        Self { rate: self.rate.max(other.rate), growth: self.growth.max(other.growth) }
    }
}

/// Measures on SQLite, and on PostgreSQL when there is an empty database at this URL; beside a program without evidence when
/// there is one.
pub(super) fn measure(postgres: Option<&str>, baseline: Option<&Path>) -> Outcome<Vec<Measure>> {
    let folder = folder()?;
    let data = folder.path().join("data");
    child(folder.path(), "letter")?;
    let mut all = Vec::new();
    let engines = [("SQLite", None)].into_iter().chain(postgres.map(|url| ("PostgreSQL", Some(url))));
    for (engine, url) in engines {
        let (mut whole, mut unsigned, mut checked) = (Found::default(), Found::default(), Found::default());
        let server = Server { data: &data, url, baseline };
        let mut skipped = (0_u64..).step_by(APART);
        let mut again = |best: &mut Found, kind| -> Outcome<()> {
            *best = best.or(measured(server, kind, skipped.next().unwrap_or_default())?);
            Ok(())
        };
        for _round in 0..ROUNDS {
            again(&mut whole, Kind::Whole)?;
            again(&mut unsigned, Kind::Unsigned)?;
            again(&mut checked, Kind::Checked)?;
        }
        let mut stored = None;
        if baseline.is_some() {
            // After all others: what it writes to the database is no log that they could go on with.
            for _round in 0..ROUNDS {
                again(stored.get_or_insert_default(), Kind::Stored)?;
            }
        }
        all.extend(told(engine, whole, unsigned, checked, stored));
    }
    Ok(all)
}

/// The node's memory while it takes this many submissions, one after the other by every caller: after the first tenth it does
/// not grow any more.
pub(super) fn endurance(submissions: u32) -> Outcome<Vec<Measure>> {
    let folder = folder()?;
    let data = folder.path().join("data");
    child(folder.path(), "letter")?;
    let node = Running::start(Server { data: &data, url: None, baseline: None }, Kind::Whole)?;
    let profile = Profile::load(Some(&data.join("client.toml")))?;
    let place = profile.node(NODE)?;
    let files = profile.identity(&place.identity)?;
    block_on(async {
        let connection = || connect(&profile.ca, place, files, node.address, Kind::Whole);
        let connections = (0..CALLERS / CALLERS_PER_CONNECTION).map(|_| connection()).collect::<Outcome<Vec<_>>>()?;
        ready(&connections).await?;
        let load = Load(Figures::new(CITY, false, 0)?);
        let each = submissions.div_ceil(u32::try_from(CALLERS).unwrap_or(u32::MAX));
        let start = Instant::now();
        let mut answers = load.through(&connections, Enough::Answers(each.div_ceil(10))).await?;
        let tenth = node.memory();
        answers += load.through(&connections, Enough::Answers(each - each.div_ceil(10))).await?;
        let end = node.memory();
        let rate = f64::from(answers) / start.elapsed().as_secs_f64();
        let subject = format!("{answers} submissions");
        let measure = |what, unit, found, bound| Measure { subject: subject.clone(), what, unit, found, bound };
        Ok(vec![
            measure(("持续提交", "submissions all along"), "/s", rate, Bound::None),
            measure(("十分之一时节点内存", "memory after a tenth"), "MiB", mebibytes(tenth), Bound::None),
            measure(
                ("此后节点内存增长", "growth of the node's memory after that"),
                "MiB",
                mebibytes(end.saturating_sub(tenth)),
                Bound::AtMost(MOST_GROWTH),
            ),
        ])
    })
}

fn told(engine: &str, whole: Found, unsigned: Found, checked: Found, stored: Option<Found>) -> Vec<Measure> {
    let measure = |what, unit, found, bound| Measure { subject: engine.to_owned(), what, unit, found, bound };
    let share = |of: Found| 100.0 * whole.rate / of.rate;
    let mut all = vec![
        measure(
            ("已签名、入日志、落盘的提交", "submissions signed, logged and durable"),
            "/s",
            whole.rate,
            Bound::AtLeast(LEAST_RATE),
        ),
        measure(("入日志、落盘，未签名", "logged and durable, not signed"), "/s", unsigned.rate, Bound::None),
        measure(("只检查，未签名", "checked only, not signed"), "/s", checked.rate, Bound::None),
        measure(("相对于只检查的占比", "share of checked only"), "%", share(checked), Bound::None),
        measure(("节点内存增长", "growth of the node's memory"), "MiB", whole.growth, Bound::AtMost(MOST_GROWTH)),
    ];
    if let Some(stored) = stored {
        let bound = Bound::AtLeast(LEAST_SHARE);
        all.extend([
            measure(("落盘，无签名、无日志", "durable, neither signed nor logged"), "/s", stored.rate, Bound::None),
            measure(("相对于无签名无日志的占比", "share of neither signed nor logged"), "%", share(stored), bound),
        ]);
    }
    all
}

/// Starts the node of a demo's data folder, loads it with figures after the first `skipped`, and ends it.
fn measured(server: Server<'_>, kind: Kind, skipped: u64) -> Outcome<Found> {
    let node = Running::start(server, kind)?;
    let profile = Profile::load(Some(&server.data.join("client.toml")))?;
    let place = profile.node(NODE)?;
    let files = profile.identity(&place.identity)?;
    block_on(async {
        let connection = || connect(&profile.ca, place, files, node.address, kind);
        let connections = (0..CALLERS / CALLERS_PER_CONNECTION).map(|_| connection()).collect::<Outcome<Vec<_>>>()?;
        ready(&connections).await?;
        let load = Load(Figures::new(CITY, kind == Kind::Checked, skipped)?);
        load.through(&connections, Enough::after(WARM_UP)).await?;
        let before = node.memory();
        let start = Instant::now();
        let answers = load.through(&connections, Enough::after(MEASURED)).await?;
        let rate = f64::from(answers) / start.elapsed().as_secs_f64();
        Ok(Found { rate, growth: mebibytes(node.memory().saturating_sub(before)) })
    })
}

fn connect(ca: &Path, place: &Node, files: &IdentityFiles, address: SocketAddr, kind: Kind) -> Outcome<Connection> {
    let identity = Identity::from_files(ca, &files.cert, &files.key).map_err(fault)?;
    let key = files.signing_key.as_deref().filter(|_| kind == Kind::Whole);
    let signer = key.map(read_signing_key).transpose().map_err(fault)?;
    let endpoint = Endpoint { address: format!("https://{address}"), server_name: place.server_name.clone() };
    Connection::connect(endpoint, &identity, &Options { signer, ..Options::default() }).map_err(fault)
}

/// Waits until the node answers on every connection.
async fn ready(connections: &[Connection]) -> Outcome<()> {
    let limit = Instant::now() + READY;
    for connection in connections {
        while let Err(error) = connection.call_json("wufei.log.v1.LogService/GetCheckpoint", json!({})).await {
            if Instant::now() > limit {
                return Err(fault(error));
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
    Ok(())
}

/// What the callers send.
#[derive(Clone)]
struct Load(Figures);

impl Load {
    /// All callers at once until `enough` says so; how many answers they had.
    async fn through(&self, connections: &[Connection], enough: Enough) -> Outcome<u32> {
        let callers = connections.iter().cycle().take(CALLERS).map(|connection| {
            let (load, connection) = (self.clone(), connection.clone());
            async move { load.caller(&connection, enough).await }
        });
        JoinSet::from_iter(callers).join_all().await.into_iter().sum()
    }

    async fn caller(&self, connection: &Connection, enough: Enough) -> Outcome<u32> {
        let mut ingest = ObservationIngestServiceClient::new(connection.channel());
        let mut answers = 0;
        while !enough.of(answers) {
            ingest.batch_create_observations(self.0.submission(1)?).await.map_err(fault)?;
            answers += 1;
        }
        Ok(answers)
    }
}

/// When a caller stops.
#[derive(Clone, Copy)]
enum Enough {
    /// At this time.
    At(Instant),
    /// After this many answers.
    Answers(u32),
}

impl Enough {
    fn after(time: Duration) -> Self {
        Self::At(Instant::now() + time)
    }

    fn of(self, answers: u32) -> bool {
        match self {
            Self::At(end) => Instant::now() >= end,
            Self::Answers(most) => answers >= most,
        }
    }
}

/// A node that runs until this is dropped.
struct Running {
    process: Child,
    address: SocketAddr,
}

impl Running {
    /// Starts the node on a free port; where nobody signs, it takes unsigned writes.
    fn start(server: Server<'_>, kind: Kind) -> Outcome<Self> {
        let baseline = server.baseline.filter(|_| kind == Kind::Stored);
        let program = baseline.map_or_else(program, |baseline| Ok(baseline.to_owned()))?;
        let address = free()?;
        let config = configured(server.data, address, kind, server.url)?;
        let process = Command::new(&program)
            .args(["serve", "city", "--config"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Failure::unreadable(&program, &error))?;
        Ok(Self { process, address })
    }

    /// Resident memory in kibibytes, where the system tells it (Linux).
    fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches("kB").trim().parse().unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing left to end.
        let _ended = self.process.kill().and_then(|()| self.process.wait());
    }
}

/// The configuration that the demo wrote, changed for the measurement.
fn configured(data: &Path, address: SocketAddr, kind: Kind, url: Option<&str>) -> Outcome<PathBuf> {
    let from = data.join("config").join(format!("{NODE}.toml"));
    let text = fs::read_to_string(&from).map_err(|error| Failure::unreadable(&from, &error))?;
    let mut config: toml::Table = toml::from_str(&text).map_err(fault)?;
    // Runs on one engine share folder and database: a log belongs to its key.
    let own = data.join(if url.is_some() { "bench-postgres" } else { "bench-sqlite" });
    fs::create_dir_all(&own).map_err(|error| Failure::unwritable(&own, &error))?;
    let database = url.map_or_else(|| format!("sqlite://{}?mode=rwc", own.join("wufei.db").display()), str::to_owned);
    let unsigned = if kind == Kind::Whole { "refuse" } else { "accept" };
    // Of the demo's settings only these are other ones; a fresh folder has a key of its own.
    let listen = toml::Table::from_iter([("grpc".to_owned(), address.to_string().into())]);
    config.insert("listen".to_owned(), listen.into());
    config.insert("data".to_owned(), own.display().to_string().into());
    for (section, key, value) in [("database", "url", database.as_str()), ("trust", "unsigned_writes", unsigned)] {
        if let Some(section) = config.get_mut(section).and_then(toml::Value::as_table_mut) {
            section.insert(key.to_owned(), value.into());
        }
    }
    let to = own.join("node.toml");
    let text = toml::to_string(&config).map_err(fault)?;
    fs::write(&to, text).map_err(|error| Failure::unwritable(&to, &error))?;
    Ok(to)
}

fn free() -> Outcome<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(fault)?;
    listener.local_addr().map_err(fault)
}

fn fault(error: impl std::fmt::Display) -> Failure {
    Failure::unexpected("bench trust", error)
}
