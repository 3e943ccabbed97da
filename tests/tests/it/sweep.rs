//! Every method of every server, found by reflection, called by everybody: no certificate, one that nobody knows, and each
//! role. The outcome is what docs/access-table.md says, and a refused call leaves nothing behind.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use client::{Channel, Connection, Options};
use domain::DepartmentId;
use testkit::{
    AGGREGATOR, DEPARTMENTS, Engine, Identities, Province, administrator_id, approver_id, auditor_id, evaluator_id,
    operator_id, public_id, service_id, writer_id,
};
use tonic::{
    Code, Status,
    transport::{self, Certificate, ClientTlsConfig},
};
use tonic_types::StatusExt as _;

use crate::served_methods::{outcome, reflected};

/// The columns of the table with a member for each, and the server that is its own.
fn members() -> Vec<(&'static str, String, Option<&'static str>)> {
    vec![
        ("writer", writer_id("commerce"), Some("commerce")),
        ("approver", approver_id("commerce"), Some("commerce")),
        ("node", service_id("commerce"), Some("commerce")),
        ("lead", writer_id("ecology"), Some("ecology")),
        ("city", writer_id("city-140100"), Some("city-140100")),
        ("aggregator", service_id(AGGREGATOR), None),
        ("evaluator", evaluator_id(), None),
        ("auditor", auditor_id(), None),
        ("operator", operator_id(), None),
        ("administrator", administrator_id(), None),
        ("public", public_id(), None),
    ]
}

/// The table: method and column to the signs at the member's own node, another's, and the aggregator's.
fn table() -> BTreeMap<(String, String), Vec<char>> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/access-table.md")).unwrap();
    let (mut table, mut service, mut columns) = (BTreeMap::new(), String::new(), Vec::new());
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            name.clone_into(&mut service);
        }
        let cells: Vec<_> = line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        match cells.as_slice() {
            [first, class, titles @ ..] if first == "method" && class == "class" => columns = titles.to_vec(),
            [method, _, signs @ ..] if signs.len() == columns.len() && !method.starts_with('-') => {
                for (column, signs) in columns.iter().zip(signs) {
                    table.insert((format!("{service}/{method}"), column.clone()), signs.chars().collect());
                }
            }
            _ => {}
        }
    }
    table
}

/// The methods of a server as its reflection tells them.
async fn methods(channel: Channel) -> Vec<String> {
    let pool = client::pool().unwrap();
    let mut methods = Vec::new();
    for service in reflected(channel).await {
        // Health and reflection are no part of our contracts; they are called by what they are known to have.
        match pool.get_service_by_name(&service) {
            Some(known) => methods.extend(known.methods().map(|method| format!("{service}/{}", method.name()))),
            None if service == "grpc.health.v1.Health" => methods.push(format!("{service}/Check")),
            None => assert_eq!(service, "grpc.reflection.v1.ServerReflection"),
        }
    }
    methods
}

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

/// What is wrong with an answer, by the sign of the table.
fn wrong(sign: char, answer: &Result<(), Status>) -> Option<String> {
    let refused = answer.as_ref().err().filter(|status| status.code() == Code::PermissionDenied);
    let good = match (sign, refused) {
        ('●' | '◐' | '◇', None) => true,
        // Refused for the row that was asked for.
        ('◐', Some(status)) => status.message().contains("数据，"),
        ('○', Some(status)) => reason(status) == "PURPOSE_REQUIRED",
        ('–', Some(status)) => reason(status) == "PERMISSION_DENIED",
        _ => false,
    };
    (!good).then(|| format!("{sign}, but {answer:?}"))
}

/// One server called by everybody; what is not as it should be.
async fn sweep(
    province: &Province,
    server: &'static str,
    table: &BTreeMap<(String, String), Vec<char>>,
) -> Vec<String> {
    let methods = methods(province.caller(server, &auditor_id()).unwrap().channel()).await;
    let mut faults = Vec::new();
    for (column, principal, own) in members() {
        let channel = province.caller_with(server, &principal, &Options::default()).unwrap().channel();
        let place = if own == Some(server) { 0 } else { 1 + usize::from(server == AGGREGATOR) };
        for method in &methods {
            let Some(signs) = table.get(&(method.clone(), column.to_owned())) else {
                faults.push(format!("{method} is not in the table"));
                continue;
            };
            let answer = outcome(channel.clone(), method).await;
            let told = wrong(signs[place], &answer);
            faults.extend(told.map(|told| format!("{server} {method} {column}: {told}")));
        }
    }
    let unlisted = "spiffe://wufei.test/dept/commerce/unlisted";
    let unlisted = province.caller_with(server, unlisted, &Options::default()).unwrap().channel();
    let foreign = Identities::new().unwrap().caller(&writer_id(server)).unwrap();
    let foreign = Connection::connect(province.endpoint(server).unwrap(), &foreign, &Options::default()).unwrap();
    let nobody = nobody(province, server);
    for method in &methods {
        let answer = outcome(unlisted.clone(), method).await;
        if answer.as_ref().err().map(reason).as_deref() != Some("MEMBER_UNKNOWN") {
            faults.push(format!("{server} {method} unlisted: {answer:?}"));
        }
    }
    // The handshake fails, whatever would have been called.
    for method in methods.iter().take(3) {
        for (who, answer) in [
            ("foreign", outcome(foreign.channel(), method).await),
            ("no certificate", outcome(nobody.clone(), method).await),
        ] {
            if answer.as_ref().err().is_none_or(|status| !reason(status).is_empty()) {
                faults.push(format!("{server} {method} {who}: {answer:?}"));
            }
        }
    }
    faults
}

/// A connection without a certificate of its own.
fn nobody(province: &Province, server: &str) -> transport::Channel {
    let client::Endpoint { address, server_name } = province.endpoint(server).unwrap();
    let ca = Certificate::from_pem(province.identities().ca_pem());
    let tls = ClientTlsConfig::new().ca_certificate(ca).domain_name(server_name);
    transport::Endpoint::try_from(address).unwrap().tls_config(tls).unwrap().connect_lazy()
}

/// Sizes of all logs.
async fn sizes(province: &Province) -> BTreeMap<&'static str, u64> {
    let mut sizes = BTreeMap::new();
    for server in DEPARTMENTS.into_iter().chain([AGGREGATOR]) {
        let store = province.store(server).await.unwrap();
        let head = store.head(&DepartmentId::parse(server).unwrap()).await.unwrap();
        sizes.insert(server, head.map_or(0, |head| head.size));
        store.close().await;
    }
    sizes
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_answers_everybody_as_the_table_says_and_refused_calls_store_nothing() {
    let (province, table) = (Province::start(Engine::Sqlite).await.unwrap(), table());
    let columns: BTreeSet<_> = table.keys().map(|(_, column)| column.as_str()).collect();
    assert_eq!(columns, members().iter().map(|(column, ..)| *column).collect());
    let before = sizes(&province).await;
    let servers = DEPARTMENTS.into_iter().chain([AGGREGATOR]);
    let faults = futures_util::future::join_all(servers.map(|server| sweep(&province, server, &table))).await.concat();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert_eq!(sizes(&province).await, before);
    province.end().await.unwrap();
}
