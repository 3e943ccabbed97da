//! The nodes witness each other: how far a receipt gets, and what a log with two histories meets.

use std::{fs, path::Path, time::Duration};

use client::{CallError, Connection, Options, ReceiptFile, fetch_receipt_file, verify_receipt_file};
use contracts::{
    common::v1::ReceiptLevel,
    log::v1::{AddCheckpointRequest, witness_service_client::WitnessServiceClient},
};
use directory::Directory;
use domain::DepartmentId;
use ledger::{Checkpoint, CompactRange, Hash, NodeId, NoteSigner, NoteVerifier, Quorum, leaf_hash, sign};
use serde_json::{Value, json};
use store::Cosigned;
use testkit::{DEPARTMENTS, Engine, INSTANCE, Province, approver_id, service_id, writer_id};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::figures::{CITY, submission, submit};

const ORIGIN: &str = "wufei.test/dept/city-140100";

/// The four departments, any two of the other three being enough for a log.
async fn province() -> Province {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    for department in DEPARTMENTS {
        province.add_department(department).await.unwrap();
    }
    province.witness_each_other(2).await.unwrap();
    province
}

/// The city's writer, who waits so long for witnesses.
fn patient(province: &Province, deadline: Duration) -> Connection {
    let signer = province.identities().signer(&writer_id(CITY));
    let receipt_level = Some(ReceiptLevel::Witnessed);
    let options = Options { deadline, signer, receipt_level, ..Options::default() };
    province.caller_with(CITY, &writer_id(CITY), &options).unwrap()
}

const LONG: Duration = Duration::from_secs(30);
/// Long enough for a commit, and for a witness that answers.
const SHORT: Duration = Duration::from_secs(3);

/// Submits the figure of a day and gives the receipt.
async fn receipt(caller: &Connection, day: u64) -> Value {
    let call = submission(day, 1);
    caller.call_json(&call.method, call.request).await.unwrap()["receipt"].clone()
}

fn quorum(province: &Province) -> Quorum {
    let identities = province.identities();
    let key = pki::load_verifier(&identities.trust().directory_key).unwrap();
    let directory = Directory::inspect(&identities.directory().unwrap(), &[key]).unwrap();
    directory.quorum_of(&DepartmentId::parse(CITY).unwrap()).unwrap()
}

fn log_key(province: &Province) -> NoteVerifier {
    fs::read_to_string(province.folder(CITY).join("log.vkey")).unwrap().trim().parse().unwrap()
}

/// The receipt of an entry of the city, at the level that is waited for.
async fn again(province: &Province, index: u64, wait_for: &str) -> Value {
    let request = json!({ "logIndex": index.to_string(), "waitFor": wait_for });
    let answer = province.writer(CITY).unwrap().call_json("wufei.log.v1.LogService/GetReceipt", request).await;
    answer.unwrap()["receipt"].clone()
}

fn is_witnessed(receipt: &Value, quorum: &Quorum) -> bool {
    let reached = quorum.reached(receipt["checkpoint"].as_str().unwrap());
    let says = receipt["level"] == "RECEIPT_LEVEL_WITNESSED";
    assert!(!says || reached, "{receipt}");
    says
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_asks_for_witnesses_gets_a_receipt_that_proves_it_offline() {
    let province = province().await;
    let (caller, quorum) = (patient(&province, LONG), quorum(&province));
    let call = submission(0, 1);
    let answer = caller.call_json(&call.method, call.request.clone()).await.unwrap();
    let file = ReceiptFile::of_answer(&answer).unwrap().unwrap();
    let file = fetch_receipt_file(&caller, file.receipt).await.unwrap().to_json().unwrap();

    // Nothing but the file, the log's key and the directory.
    let file = ReceiptFile::parse(&file.to_string()).unwrap();
    assert_eq!(file.receipt.level(), ReceiptLevel::Witnessed);
    let verdict = verify_receipt_file(&file, &log_key(&province)).unwrap();
    assert!(verdict.included && verdict.envelope.is_some());
    assert!(quorum.reached(&file.receipt.checkpoint), "{}", file.receipt.checkpoint);

    // A write that does not ask does not wait, and its entry gets as far a moment later.
    let quick = receipt(&province.writer(CITY).unwrap(), 1).await;
    assert_eq!(quick["level"], "RECEIPT_LEVEL_LOGGED");
    assert!(is_witnessed(&again(&province, 1, "RECEIPT_LEVEL_WITNESSED").await, &quorum));
    // The same request sent again is answered from what was kept, with the level of today when that is asked for.
    let replayed = caller.call_json(&call.method, call.request).await.unwrap();
    assert!(is_witnessed(&replayed["receipt"], &quorum));
    assert_eq!(replayed["receipt"]["logIndex"], answer["receipt"]["logIndex"]);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_grows_without_a_break_is_witnessed_and_shows_its_cosignatures() {
    let province = province().await;
    let (caller, quorum) = (patient(&province, LONG), quorum(&province));
    let writes = (0..16).map(|day| receipt(&caller, day));
    for receipt in futures_util::future::join_all(writes).await {
        assert!(is_witnessed(&receipt, &quorum));
    }
    let head = caller.call_json("wufei.log.v1.LogService/GetCheckpoint", json!({})).await.unwrap();
    assert_eq!(head["size"], "16");
    assert!(quorum.reached(head["checkpoint"].as_str().unwrap()), "{head}");
    assert!(ledger::open(head["checkpoint"].as_str().unwrap(), &[log_key(&province)]).is_ok());
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_witness_may_be_down_and_with_too_few_the_level_stays_logged_and_nothing_is_lost() {
    let mut province = province().await;
    let quorum = quorum(&province);
    province.kill("commerce").await.unwrap();
    assert!(is_witnessed(&receipt(&patient(&province, LONG), 0).await, &quorum));

    province.kill("scitech").await.unwrap();
    let short = receipt(&patient(&province, SHORT), 1).await;
    assert_eq!(short["level"], "RECEIPT_LEVEL_LOGGED");
    assert!(ledger::open(short["checkpoint"].as_str().unwrap(), &[log_key(&province)]).is_ok());
    // What was witnessed before still is.
    assert!(is_witnessed(&again(&province, 0, "RECEIPT_LEVEL_UNSPECIFIED").await, &quorum));
    assert!(!is_witnessed(&again(&province, 1, "RECEIPT_LEVEL_UNSPECIFIED").await, &quorum));

    province.restart("scitech").await.unwrap();
    assert!(is_witnessed(&again(&province, 1, "RECEIPT_LEVEL_WITNESSED").await, &quorum));
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn log_and_witnesses_that_start_again_go_on_where_they_were() {
    let mut province = province().await;
    let quorum = quorum(&province);
    assert!(is_witnessed(&receipt(&patient(&province, LONG), 0).await, &quorum));
    let known = cosigned(&province, "ecology").await.unwrap();
    assert_eq!(known.size, 1);
    for department in DEPARTMENTS {
        province.kill(department).await.unwrap();
        province.restart(department).await.unwrap();
    }
    assert_eq!(cosigned(&province, "ecology").await, Some(known));
    assert!(is_witnessed(&again(&province, 0, "RECEIPT_LEVEL_UNSPECIFIED").await, &quorum));
    assert!(is_witnessed(&receipt(&patient(&province, LONG), 1).await, &quorum));
    province.end().await.unwrap();
}

/// What a witness holds of the city's log.
async fn cosigned(province: &Province, witness: &str) -> Option<Cosigned> {
    let store = province.store(witness).await.unwrap();
    let found = store.cosigned(ORIGIN).await.unwrap();
    store.close().await;
    found
}

fn copy_database(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with("wufei.db") {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_rolled_back_is_not_cosigned_any_more_and_the_witnesses_keep_both_notes() {
    let mut province = province().await;
    let older = province.folder("older-copy");
    fs::create_dir(&older).unwrap();
    submit(&province, 0..1).await.unwrap();
    province.stop(CITY).await.unwrap();
    copy_database(&province.folder(CITY), &older);
    province.restart(CITY).await.unwrap();
    let quorum = quorum(&province);
    assert!(is_witnessed(&receipt(&patient(&province, LONG), 1).await, &quorum));
    assert!(is_witnessed(&receipt(&patient(&province, LONG), 2).await, &quorum));
    let believed = cosigned(&province, "ecology").await.unwrap();
    assert_eq!((believed.size, believed.forked_note), (3, None));

    // The careless operator restores a backup, and the department writes something else to the places that are taken.
    province.stop(CITY).await.unwrap();
    for entry in fs::read_dir(province.folder(CITY)).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("wufei.db") {
            fs::remove_file(path).unwrap();
        }
    }
    copy_database(&older, &province.folder(CITY));
    province.restart(CITY).await.unwrap();
    submit(&province, 10..13).await.unwrap();
    let lost = receipt(&patient(&province, SHORT), 13).await;
    assert_eq!(lost["level"], "RECEIPT_LEVEL_LOGGED");
    let evidence = testkit::until("the evidence of the fork", async || {
        Ok(cosigned(&province, "ecology").await.filter(|known| known.forked_note.is_some()))
    });
    let evidence = evidence.await.unwrap();
    assert_eq!((evidence.size, &evidence.root, &evidence.note), (believed.size, &believed.root, &believed.note));
    // Two notes that the log's own key signed, for trees of which none extends the other.
    let both = [&evidence.note, evidence.forked_note.as_ref().unwrap()];
    let both = both.map(|note| ledger::open(note, &[log_key(&province)]).unwrap());
    assert!(both[1].size > both[0].size);
    province.end().await.unwrap();
}

/// A log of the city that was never written: its tree, and its key.
struct Forger {
    tree: CompactRange,
    nodes: std::collections::HashMap<NodeId, Hash>,
    signer: NoteSigner,
}

impl Forger {
    fn new(province: &Province) -> Self {
        let signer = pki::load_note_key(&province.folder(CITY).join("log.key"), ORIGIN).unwrap();
        Self { tree: CompactRange::empty(), nodes: [].into(), signer }
    }

    fn append(&mut self, leaves: &[&str]) {
        for leaf in leaves {
            self.nodes.extend(self.tree.append(leaf_hash(leaf.as_bytes())));
        }
    }

    fn note(&self) -> String {
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: self.tree.size(), root: self.tree.root() };
        sign(&checkpoint, &self.signer).unwrap()
    }

    /// The offer of this tree to whoever has cosigned so many entries.
    fn offer(&self, old_size: u64) -> AddCheckpointRequest {
        let size = self.tree.size();
        let proof = ledger::consistency_proof(old_size.min(size), size, |id| self.nodes.get(&id).copied()).unwrap();
        let consistency = proof.iter().map(|hash| hash.as_bytes().to_vec()).collect();
        AddCheckpointRequest { old_size, consistency, checkpoint: self.note() }
    }
}

/// The node of the city as a caller of the ecology department's.
fn node(province: &Province) -> Connection {
    province.caller("ecology", &service_id(CITY)).unwrap()
}

async fn add(connection: &Connection, offer: AddCheckpointRequest) -> Result<String, Status> {
    let answer = WitnessServiceClient::new(connection.channel()).add_checkpoint(offer).await;
    answer.map(|answer| answer.into_inner().cosignature)
}

fn refused(answer: Result<String, Status>) -> (Code, String, Option<String>) {
    let status = answer.unwrap_err();
    let info = status.get_error_details().error_info().cloned().unwrap();
    (status.code(), info.reason, info.metadata.get("size").cloned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_cosigns_one_history_of_a_log_and_refuses_the_other() {
    let province = province().await;
    let node = node(&province);
    let mut first = Forger::new(&province);
    first.append(&["a", "b", "c"]);
    let (line, note) = (add(&node, first.offer(0)).await.unwrap(), first.note());
    let ecology = quorum(&province).witnesses().iter().find(|key| key.name().contains("ecology")).unwrap().clone();
    let cosigned_note = ledger::add_signature(&note, &line).unwrap();
    assert_eq!(ledger::cosigners(&cosigned_note, &[ecology]).unwrap().len(), 1);
    // The same tree once more: it was not said whether the answer arrived.
    add(&node, first.offer(3)).await.unwrap();
    let held = cosigned(&province, "ecology").await.unwrap();
    assert_eq!((held.size, held.root), (3, first.tree.root()));

    // Another history, longer, as long and shorter, each with a proof of its own tree.
    let mut second = Forger::new(&province);
    for leaves in [&["a", "x"][..], &["y"], &["z"]] {
        second.append(leaves);
        let old_size = 3;
        let (code, reason, size) = refused(add(&node, second.offer(old_size)).await);
        assert_eq!((code, reason.as_str()), (Code::FailedPrecondition, "LOG_FORKED"));
        assert_eq!(size.as_deref(), Some("3"));
    }
    let after = cosigned(&province, "ecology").await.unwrap();
    assert_eq!((after.size, after.root, &after.note), (held.size, held.root, &held.note));
    assert!(after.forked_note.is_some());

    // The first history goes on; who does not know how far it came is told.
    first.append(&["d", "e"]);
    for wrong in [0, 2] {
        let (code, reason, size) = refused(add(&node, first.offer(wrong)).await);
        assert_eq!((code, reason.as_str(), size.as_deref()), (Code::Aborted, "WITNESS_SIZE_MISMATCH", Some("3")));
    }
    add(&node, first.offer(3)).await.unwrap();
    assert_eq!(cosigned(&province, "ecology").await.unwrap().size, 5);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_hears_nodes_only_and_believes_the_keys_of_the_directory_only() {
    let province = province().await;
    let mut log = Forger::new(&province);
    log.append(&["a"]);
    let offer = log.offer(0);

    let unsigned = province.caller_with("ecology", &service_id(CITY), &Options::default()).unwrap();
    assert_eq!(refused(add(&unsigned, offer.clone()).await).1, "SIGNATURE_REQUIRED");
    for nobody in [writer_id("ecology"), approver_id("ecology")] {
        let caller = province.caller("ecology", &nobody).unwrap();
        assert_eq!(refused(add(&caller, offer.clone()).await).1, "PERMISSION_DENIED");
    }
    let node = node(&province);
    let forged = NoteSigner::generate(ORIGIN, [7; 32]).unwrap();
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: 1, root: log.tree.root() };
    let note = sign(&checkpoint, &forged).unwrap();
    for checkpoint in [note, String::new(), offer.checkpoint.replace(INSTANCE, "wufei.tess")] {
        let answer = add(&node, AddCheckpointRequest { checkpoint, ..offer.clone() }).await;
        assert_eq!(refused(answer).1, "FIELD_INVALID");
    }
    for consistency in [vec![vec![0; 31]], vec![vec![0; 32]; 65]] {
        let answer = add(&node, AddCheckpointRequest { consistency, ..offer.clone() }).await;
        assert_eq!(refused(answer).1, "FIELD_INVALID");
    }
    assert_eq!(cosigned(&province, "ecology").await, None);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_level_is_refused_before_anything_is_written() {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    province.add_department(CITY).await.unwrap();
    let caller = patient(&province, LONG);
    // The directory asks for no witnesses: there is nothing to wait for.
    assert_eq!(receipt(&caller, 0).await["level"], "RECEIPT_LEVEL_LOGGED");
    let mut request = tonic::Request::new(contracts::exchange::v1::BatchCreateObservationsRequest::default());
    request.metadata_mut().insert("wufei-receipt-level", "eternal".parse().unwrap());
    let mut ingest = contracts::exchange::v1::observation_ingest_service_client::ObservationIngestServiceClient::new(
        caller.channel(),
    );
    let status = ingest.batch_create_observations(request).await.unwrap_err();
    let error = CallError::from(status);
    assert_eq!(error.refusal().unwrap().violations[0].field, "wufei-receipt-level");
    province.end().await.unwrap();
}
