//! A department's own resources through the generic service, and entries that a service writes itself.

use contracts::{
    common::v1::ReceiptLevel,
    evaluation::v1::{CreateEvaluationRunResponse, EvaluationRun},
    followup::v1::{
        self as wire, Commitment, CreateCommitmentRequest, GetCommitmentRequest, ListCommitmentsRequest,
        UpdateCommitmentRequest,
        follow_up_service_client::FollowUpServiceClient,
        follow_up_service_server::{FollowUpService, FollowUpServiceServer},
    },
    log::v1::Envelope,
};
use domain::{DepartmentId, OwnedRegions, Reason, ResourceName, RuleContext, Text, Violation, Violations};
use node::{
    desk::{DeskError, Outcome, Submission},
    projection::{Logged, Projection, collection_of, pool},
    rebuild,
    resources::{Resource, Rules, State},
    services::NodeContext,
};
use prost::Message as _;
use store::View;
use tonic::{Code, Request, Response, Status, service::Routes};

use crate::world::{Local, World, correction, fact, faults, local, reason, request_id, writer};

#[derive(Clone)]
struct FollowUp {
    context: NodeContext,
}

impl FollowUp {
    fn context(&self) -> &NodeContext {
        &self.context
    }
}

impl Rules<FollowUp> for Commitment {
    fn check(&self, _service: &FollowUp, _name: &ResourceName, _rules: &RuleContext<'_>) -> Violations {
        let fault = Violation::new(
            "text",
            Reason::FieldRequired,
            "",
            Text::new("须写明承诺", "the text is missing"),
            Text::new("请填写", "fill it in"),
        );
        if self.text.is_empty() { fault.into() } else { Violations::new() }
    }

    async fn check_state(&self, _service: &FollowUp, mut state: State<'_, Self>) -> Result<Violations, DeskError> {
        let others = state.all::<FollowUp, Commitment>().await?;
        let taken = others.iter().any(|other| &other.name != state.name && other.body.sequence == self.sequence);
        let fault = Violation::new(
            "sequence",
            Reason::DuplicateResource,
            &self.sequence,
            Text::new("编号已用", "the number is taken"),
            Text::new("请换号", "take another"),
        );
        Ok(if taken { fault.into() } else { Violations::new() })
    }
}

impl Rules<FollowUp> for wire::ProgressReport {
    fn check(&self, _service: &FollowUp, _name: &ResourceName, _rules: &RuleContext<'_>) -> Violations {
        Violations::new()
    }
}

node::department_service! {
    impl FollowUpService as FollowUp {
        messages: wire;
        service: "wufei.followup.v1.FollowUpService";
        resources: Commitment / Commitments, ProgressReport / ProgressReports;
    }
    {
        async fn accept_commitment(
            &self,
            _request: Request<wire::AcceptCommitmentRequest>,
        ) -> Result<Response<wire::AcceptCommitmentResponse>, Status> {
            Err(Status::unimplemented("not here"))
        }
    }
}

async fn aggregator() -> (World, FollowUpServiceClient<Local>) {
    let world = World::open(DepartmentId::aggregator(), OwnedRegions::All).await;
    let service = FollowUpServiceServer::new(FollowUp { context: world.context.clone() });
    let client = FollowUpServiceClient::new(local(Routes::new(service), &world.department));
    (world, client)
}

fn create(id: &str, sequence: &str) -> CreateCommitmentRequest {
    let commitment = Commitment {
        sequence: sequence.to_owned(),
        text: "加强绩效评估".to_owned(),
        responsible: vec!["省生态环境厅".to_owned()],
        ..Commitment::default()
    };
    CreateCommitmentRequest {
        parent: "departments/aggregator".to_owned(),
        commitment_id: id.to_owned(),
        commitment: Some(commitment),
        request_id: request_id(),
        validate_only: false,
    }
}

#[tokio::test]
async fn a_resource_is_created_corrected_read_as_of_a_time_and_made_again_from_the_log() {
    let (world, mut client) = aggregator().await;
    let first = client.create_commitment(create("c1", "C1-1")).await.unwrap().into_inner();
    let written = first.commitment.unwrap();
    assert_eq!(written.name, "departments/aggregator/commitments/c1");
    let known = written.record.as_ref().unwrap().create_time;
    world.clock.advance(chrono::TimeDelta::days(1));
    let update = UpdateCommitmentRequest {
        commitment: Some(Commitment { text: "加强联合绩效评估".to_owned(), ..written.clone() }),
        etag: written.record.as_ref().unwrap().etag.clone(),
        correction: correction(),
        request_id: request_id(),
        validate_only: false,
    };
    let changed = client.update_commitment(update.clone()).await.unwrap().into_inner().commitment.unwrap();
    assert_eq!(changed.record.as_ref().unwrap().revision, 2);
    let stale = UpdateCommitmentRequest { request_id: request_id(), ..update };
    let refused = client.update_commitment(stale).await.unwrap_err();
    assert_eq!(
        (refused.code(), fact(&refused, "etag")),
        (Code::Aborted, changed.record.as_ref().unwrap().etag.clone())
    );

    rebuild::rebuild(&world.store, &world.projection, &world.department).await.unwrap();
    let get = |as_of| GetCommitmentRequest { name: written.name.clone(), as_of };
    let now = client.get_commitment(get(None)).await.unwrap().into_inner().commitment.unwrap();
    assert_eq!(now, changed);
    let then = client.get_commitment(get(known)).await.unwrap().into_inner().commitment.unwrap();
    assert_eq!(then.text, written.text);
    let request = ListCommitmentsRequest { parent: "departments/-".to_owned(), ..Default::default() };
    assert_eq!(client.list_commitments(request).await.unwrap().into_inner().commitments, [changed]);
}

#[tokio::test]
async fn faults_of_a_resource_are_under_its_field_and_store_nothing() {
    let (world, mut client) = aggregator().await;
    let mut bad = create("C1", "C1-1");
    bad.parent = "departments/ecology".to_owned();
    let refused = client.create_commitment(bad).await.unwrap_err();
    let mut found = faults(&refused);
    found.sort();
    assert_eq!(
        found,
        [("commitment_id".to_owned(), "FIELD_INVALID".to_owned()), ("parent".to_owned(), "PARENT_MISMATCH".to_owned()),]
    );
    let mut empty = create("c1", "C1-1");
    empty.commitment.as_mut().unwrap().text.clear();
    let refused = client.create_commitment(empty).await.unwrap_err();
    assert_eq!(faults(&refused), [("commitment.text".to_owned(), "FIELD_REQUIRED".to_owned())]);
    assert_eq!(world.counts().await, store::Counts::default());

    client.create_commitment(create("c1", "C1-1")).await.unwrap();
    let refused = client.create_commitment(create("c2", "C1-1")).await.unwrap_err();
    assert_eq!(faults(&refused), [("commitment.sequence".to_owned(), "DUPLICATE_RESOURCE".to_owned())]);
    let refused = client.create_commitment(create("c1", "C1-2")).await.unwrap_err();
    assert_eq!(fact(&refused, "name"), "departments/aggregator/commitments/c1");
    let missing = GetCommitmentRequest { name: "departments/aggregator/commitments/c9".to_owned(), as_of: None };
    assert_eq!(reason(&client.get_commitment(missing).await.unwrap_err()), "RESOURCE_NOT_FOUND");
    assert_eq!(world.counts().await.entries, 1);
}

#[tokio::test]
async fn a_service_records_its_own_resources_in_its_log() {
    let world = World::open(DepartmentId::aggregator(), OwnedRegions::All).await;
    let run = EvaluationRun { name: "departments/aggregator/evaluationRuns/r1".to_owned(), ..Default::default() };
    let receipt = publish(&world, &run).await.unwrap().receipt.unwrap();
    assert_eq!((receipt.log_index, receipt.level()), (0, ReceiptLevel::Logged));
    let verifier = world.desk.signer().verifier();
    assert_eq!(ledger::open(&receipt.checkpoint, &[verifier]).unwrap().size, 1);
    let name = ResourceName::parse(&run.name).unwrap();
    let stored = world.store.resource(&name, &View::Now).await.unwrap().unwrap();
    assert_eq!(stored.body.type_name, "wufei.evaluation.v1.EvaluationRun");
    let foreign = EvaluationRun { name: "departments/ecology/evaluationRuns/r1".to_owned(), ..Default::default() };
    assert!(publish(&world, &foreign).await.is_err());
    assert_eq!(world.counts().await.entries, 1);
}

#[tokio::test]
async fn what_a_node_notes_for_itself_has_its_own_principal_and_is_written_only_while_it_may_be() {
    let world = World::open(DepartmentId::aggregator(), OwnedRegions::All).await;
    let run = EvaluationRun { name: "departments/aggregator/evaluationRuns/r1".to_owned(), ..Default::default() };
    publish(&world, &run).await.unwrap();
    let own = "spiffe://wufei.test/aggregator";
    let type_name = "wufei.evaluation.v1.EvaluationRun";
    let ended = EvaluationRun { period: "2024".to_owned(), ..run.clone() };
    let name = ResourceName::parse(&run.name).unwrap();
    let revision = async |txn: &mut store::WriteTxn| {
        Ok::<u32, node::desk::DeskError>(txn.resource(&name).await?.unwrap().revision)
    };
    assert!(world.desk.note(own, type_name, &ended, async |txn| Ok(revision(txn).await? == 1)).await.unwrap());
    assert!(!world.desk.note(own, type_name, &run, async |txn| Ok(revision(txn).await? == 1)).await.unwrap());
    assert_eq!(world.counts().await.entries, 2);
    let stored = world.store.resource(&name, &View::Now).await.unwrap().unwrap();
    assert_eq!(EvaluationRun::decode(stored.body.body.as_slice()).unwrap().period, "2024");
    let entry = world.store.entries(&DepartmentId::aggregator(), 1, 1).await.unwrap().remove(0);
    let envelope = Envelope::decode(entry.leaf.unwrap().as_slice()).unwrap();
    assert_eq!((envelope.principal.as_str(), envelope.directory_version), (own, 0));
    assert!(envelope.signatures.is_empty() && envelope.certificate_fingerprint.is_empty());
}

async fn publish(world: &World, run: &EvaluationRun) -> Result<CreateEvaluationRunResponse, DeskError> {
    let (caller, id) = (writer(), request_id());
    let submission = Submission {
        method: "wufei.evaluation.v1.EvaluationService/CreateEvaluationRun",
        request: run.name.clone().into_bytes().into(),
        request_id: &id,
        validate_only: false,
    };
    let respond =
        |outcome: &Outcome| CreateEvaluationRunResponse { evaluation_run: None, receipt: outcome.receipt.clone() };
    world.desk.publish(&caller, submission, "wufei.evaluation.v1.EvaluationRun", run, respond).await
}

#[test]
fn every_created_resource_has_a_collection_and_unknown_methods_are_skipped() {
    let mut seen = 0;
    for service in pool().services().filter(|service| service.full_name().starts_with("wufei.")) {
        for method in service.methods() {
            let Some(resource) = method.name().strip_prefix("Create") else { continue };
            if method.input().get_field_by_name("parent").is_none() {
                continue; // The aggregator computes it and records the result itself.
            }
            let full_name = format!("{}.{resource}", service.parent_file().package_name());
            let message = pool().get_message_by_name(&full_name).unwrap();
            assert!(collection_of(&message).is_some(), "{full_name}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
    assert_eq!(<Commitment as Resource<FollowUp>>::COLLECTION, "commitments");
    assert_eq!(<wire::ProgressReport as Resource<FollowUp>>::COLLECTION, "progressReports");

    let projection = Projection::new(crate::world::catalogue());
    let envelope = contracts::log::v1::Envelope {
        version: 1,
        node: "departments/ecology".to_owned(),
        method: "wufei.future.v2.NewService/CreateThing".to_owned(),
        ..Default::default()
    };
    assert!(
        projection
            .changes(&DepartmentId::ecology(), Logged { envelope: &envelope, request: b"" }, None)
            .unwrap()
            .is_empty()
    );
}
