//! A node's process is killed in the middle of writes, again and again; what it acknowledged is there once.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code outside #[test] functions")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use client::{Connection, Endpoint, Options, Retry};
use domain::DepartmentId;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use store::{ObservationQuery, Store};
use tempfile::TempDir;
use testkit::{Call, Engine, Identities, TestDatabase, writer_id};

const CITY: &str = "city-140100";
/// Submissions in all, and how many of them are under way at one time.
const SUBMISSIONS: u32 = 120;
const AT_ONCE: usize = 8;

fn wufei() -> Command {
    Command::new(env!("CARGO_BIN_EXE_wufei"))
}

/// A node with its data, certificates and configuration file.
struct Node {
    folder: TempDir,
    identities: Identities,
    database: TestDatabase,
}

impl Node {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let identities = Identities::new().unwrap();
        let database = TestDatabase::create(Engine::Sqlite, folder.path()).await.unwrap();
        let trusted = identities.trusted(CITY).unwrap();
        let mut config = testkit::department(CITY, folder.path(), trusted, database.url().to_owned()).unwrap();
        config.telemetry.json = true;
        let node = Self { folder, identities, database };
        fs::write(node.config(), toml::to_string(&config).unwrap()).unwrap();
        node
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("node.toml")
    }

    /// `wufei node WHAT` on the data of the node, which must be down.
    fn command(&self, what: &str) -> Output {
        wufei().args(["node", what, "--json", "--config"]).arg(self.config()).output().unwrap()
    }

    async fn store(&self) -> Store {
        Store::open(self.database.url()).await.unwrap()
    }

    fn writer(&self, process: &Process) -> Connection {
        let endpoint =
            Endpoint { address: format!("https://{}", process.address), server_name: client::server_name(CITY) };
        let signer = self.identities.signer(&writer_id(CITY));
        let options = Options { retry: Retry::NEVER, signer, ..Options::default() };
        Connection::connect(endpoint, &self.identities.caller(&writer_id(CITY)).unwrap(), &options).unwrap()
    }
}

/// `wufei serve city`; dropping it kills it with SIGKILL.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts it and waits until it logs where it serves.
    fn start(config: &Path) -> Self {
        let mut child = wufei().args(["serve", "city", "--config"]).arg(config).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut before = Vec::new();
        let address = lines.find_map(|line| {
            let found = address(&line);
            before.push(line);
            found
        });
        // Read on, so that the pipe never fills up and stops the service.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address: address.unwrap_or_else(|| panic!("it does not serve: {before:?}")) }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed before.
        let _gone = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// The gRPC address in the line `serving`, whose addresses are `{"grpc": 127.0.0.1:40001}`.
fn address(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields").unwrap_or(&line);
    if fields["message"] != "serving" {
        return None;
    }
    let (_, after) = fields["addresses"].as_str()?.split_once("\"grpc\": ")?;
    after.split([',', '}']).next()?.parse().ok()
}

/// Two figures of Taiyuan that no other submission has.
fn submission(number: u32) -> Call {
    let figure = |day: u32| {
        json!({ "observation": {
            "indicator": "ZWC2021-26", "region": "140100", "scope": "SCOPE_WHOLE_CITY", "measure": "MEASURE_ACTUAL",
            "period": { "value": format!("{}-{:02}-{day:02}", 2001 + number / 12, 1 + number % 12) },
            "value": { "value": { "value": "36" }, "unit": "%" }, "qualifier": "QUALIFIER_EQUAL",
            "status": "OBSERVATION_STATUS_NORMAL", "reportingParty": "太原市人民政府", "sourceDepartment": "住建/城管",
        } })
    };
    let request = json!({ "parent": format!("departments/{CITY}"), "requests": [figure(1), figure(2)] });
    Call::new(CITY, "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations", request)
}

/// Where the receipt says that the submission is.
fn log_index(answer: &Value) -> u64 {
    let receipt = answer["receipt"].as_object().expect("a receipt");
    receipt.get("logIndex").map_or(0, |index| index.as_str().unwrap().parse().unwrap())
}

/// Submits what is open, many at one time, and kills the process after this many answers, while others are under way.
async fn submit_until_killed(node: &Node, open: &BTreeSet<u32>, answers: usize, acknowledged: &mut BTreeMap<u32, u64>) {
    let mut process = Process::start(&node.config());
    let writer = node.writer(&process);
    let calls = open.iter().map(|number| {
        let (writer, call) = (writer.clone(), submission(*number));
        async move { (*number, writer.call_json(&call.method, call.request).await) }
    });
    let mut answered = 0;
    let mut calls = stream::iter(calls.collect::<Vec<_>>()).buffer_unordered(AT_ONCE);
    while let Some((number, answer)) = calls.next().await {
        // After the kill a call has failed, or its answer was on the way; both are what a caller can meet.
        let Ok(answer) = answer else { continue };
        acknowledged.insert(number, log_index(&answer));
        answered += 1;
        if answered == answers {
            process.kill();
        }
    }
    assert!(answered < open.len(), "nothing was under way when the process was killed");
}

/// Every current figure with its revision and where it is in the log.
async fn figures(store: &Store) -> Vec<(String, u32, u64)> {
    let query = ObservationQuery { limit: store::MAX_PAGE, ..ObservationQuery::default() };
    let rows = store.observations(&query).await.unwrap();
    rows.into_iter().map(|row| (row.name.to_string(), row.revision, row.log_index)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_write_survives_every_kill_and_a_retry_doubles_nothing() {
    let node = Node::new().await;
    let mut acknowledged: BTreeMap<u32, u64> = BTreeMap::new();
    let all: BTreeSet<u32> = (0..SUBMISSIONS).collect();
    for answers in [1, 4, 9, 16, 23] {
        let open = all.iter().copied().filter(|number| !acknowledged.contains_key(number)).collect();
        submit_until_killed(&node, &open, answers, &mut acknowledged).await;
        let check = node.command("check");
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    }

    // Everything once more, the acknowledged and the open ones, with the same request ids.
    let process = Process::start(&node.config());
    let writer = node.writer(&process);
    for number in &all {
        let call = submission(*number);
        let index = log_index(&writer.call_json(&call.method, call.request).await.unwrap());
        let first = *acknowledged.entry(*number).or_insert(index);
        assert_eq!(first, index, "submission {number} has a second entry");
    }
    drop(process);
    let places: BTreeSet<u64> = acknowledged.values().copied().collect();
    assert_eq!(places, (0..u64::from(SUBMISSIONS)).collect(), "each submission has one entry, and each entry one");

    let check = node.command("check");
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    let store = node.store().await;
    let id = DepartmentId::parse(CITY).unwrap();
    let (before, counts) = (figures(&store).await, store.counts(&id).await.unwrap());
    store.close().await;
    assert_eq!(before.len(), 2 * acknowledged.len());
    assert!(before.iter().all(|(_, revision, _)| *revision == 1));

    let rebuilt = node.command("rebuild");
    assert!(rebuilt.status.success(), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    let store = node.store().await;
    assert_eq!((figures(&store).await, store.counts(&id).await.unwrap()), (before, counts));
    store.close().await;
}
