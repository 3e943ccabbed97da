//! Share requests and data-quality tickets at the node of the department that holds the data.

use chrono::{DateTime, Utc};
use contracts::{
    common::v1::{Correction, CorrectionReason},
    exchange::v1::{GetObservationRequest, Observation, UpdateObservationRequest},
    sharing::v1::{
        CreateQualityTicketRequest, CreateShareRequestRequest, GetQualityTicketRequest, GetShareRequestRequest,
        ListQualityTicketsRequest, ListShareRequestsRequest, QualityTicket, ShareAnswer, ShareDecision, ShareRequest,
        ShareRequestState, TicketAnswer, TicketDecision, TicketState, UpdateQualityTicketRequest,
        UpdateShareRequestRequest, sharing_service_client::SharingServiceClient,
    },
};
use domain::{DepartmentId, OwnedRegions};
use node::rebuild;
use tonic::{Code, Status};

use crate::world::{Local, World, correction, faults, rate, reason, request_id, timestamp};

type Client = SharingServiceClient<Local>;

/// The node of the commerce department: its own writer, one that asks, and one that has no part.
struct Node {
    world: World,
    provider: Client,
    requester: Client,
    stranger: Client,
}

async fn node() -> Node {
    let world = World::open(DepartmentId::commerce(), OwnedRegions::All).await;
    let client = |department| SharingServiceClient::new(world.local_of(department));
    let (provider, requester) = (client("commerce"), client("city-140100"));
    let stranger = client("scitech");
    Node { world, provider, requester, stranger }
}

impl Node {
    fn set(&self, day: &str) {
        let time: DateTime<Utc> = format!("{day}T02:00:00Z").parse().unwrap();
        self.world.clock.set(time);
    }

    async fn file(&mut self, id: &str) -> ShareRequest {
        let answer = self.requester.create_share_request(filing(id)).await.unwrap().into_inner();
        answer.share_request.unwrap()
    }

    async fn answer(&mut self, before: &ShareRequest, answer: ShareAnswer) -> Result<ShareRequest, Status> {
        changed(&mut self.provider, before, |request| request.answer = Some(answer)).await
    }

    async fn get(&mut self, name: &str) -> ShareRequest {
        let request = GetShareRequestRequest { name: name.to_owned(), as_of: None };
        self.requester.get_share_request(request).await.unwrap().into_inner().share_request.unwrap()
    }
}

fn filing(id: &str) -> CreateShareRequestRequest {
    let share_request = ShareRequest {
        data_resource: "dataResources/recycling-enterprises".to_owned(),
        basis: "晋环提函〔2025〕35号（模拟数据）".to_owned(),
        scenario: "核对骨干企业回收量".to_owned(),
        scope: "太原市".to_owned(),
        mode: "服务接口".to_owned(),
        expire_date: "2026-12-31".to_owned(),
        ..ShareRequest::default()
    };
    CreateShareRequestRequest {
        parent: "departments/commerce".to_owned(),
        share_request_id: id.to_owned(),
        share_request: Some(share_request),
        request_id: request_id(),
        validate_only: false,
    }
}

fn step() -> Option<Correction> {
    Some(Correction { reason: CorrectionReason::ProcedureStep.into(), note: "办理".to_owned() })
}

fn decided(decision: ShareDecision) -> ShareAnswer {
    ShareAnswer { decision: decision.into(), ..ShareAnswer::default() }
}

fn because(decision: ShareDecision, reason: &str) -> ShareAnswer {
    ShareAnswer { reason: reason.to_owned(), ..decided(decision) }
}

fn updating(before: &ShareRequest, change: impl FnOnce(&mut ShareRequest)) -> UpdateShareRequestRequest {
    let mut share_request = before.clone();
    let etag = share_request.record.as_ref().unwrap().etag.clone();
    change(&mut share_request);
    UpdateShareRequestRequest {
        share_request: Some(share_request),
        etag,
        correction: step(),
        request_id: request_id(),
        validate_only: false,
    }
}

async fn changed(
    caller: &mut Client,
    before: &ShareRequest,
    change: impl FnOnce(&mut ShareRequest),
) -> Result<ShareRequest, Status> {
    let answer = caller.update_share_request(updating(before, change)).await?;
    Ok(answer.into_inner().share_request.unwrap())
}

fn fields(status: &Status) -> Vec<String> {
    faults(status).into_iter().map(|(field, _)| field).collect()
}

#[tokio::test]
async fn a_request_lives_from_its_filing_to_the_delivery_and_every_revision_stays() {
    let mut node = node().await;
    let filed = node.file("r1").await;
    assert_eq!(filed.name, "departments/commerce/shareRequests/r1");
    assert_eq!((filed.state(), filed.requester.as_str()), (ShareRequestState::Submitted, "departments/city-140100"));
    // Tuesday 1 July, which does not count; ten working days.
    assert_eq!((filed.receive_date.as_str(), filed.due_date.as_str()), ("2025-07-01", "2025-07-15"));
    assert_eq!((filed.working_days_left, filed.overdue, filed.due_date_assumed), (Some(10), false, false));
    assert!(filed.due_basis.contains("第二十一条"), "{}", filed.due_basis);

    node.set("2025-07-08");
    let longer = ShareAnswer { extension_days: 3, ..because(ShareDecision::Extended, "主管部门同意延期") };
    let extended = node.answer(&filed, longer).await.unwrap();
    assert_eq!((extended.state(), extended.due_date.as_str()), (ShareRequestState::Submitted, "2025-07-18"));
    node.set("2025-07-16");
    let grant = ShareAnswer { grant_expire_date: "2026-06-30".to_owned(), ..decided(ShareDecision::Granted) };
    let granted = node.answer(&extended, grant).await.unwrap();
    assert_eq!(granted.state(), ShareRequestState::Granted);
    assert_eq!((granted.delivery_due_date.as_str(), granted.working_days_left), ("2025-08-13", Some(20)));
    assert!(granted.due_basis.contains("第二十二条"), "{}", granted.due_basis);
    node.set("2025-08-01");
    let delivered = node.answer(&granted, decided(ShareDecision::Delivered)).await.unwrap();
    assert_eq!((delivered.state(), delivered.working_days_left), (ShareRequestState::Delivered, None));
    let answer = delivered.answer.as_ref().unwrap();
    assert_eq!((answer.answer_date.as_str(), answer.grant_expire_date.as_str()), ("2025-08-01", "2026-06-30"));

    assert_eq!(node.get(&filed.name).await, delivered);
    assert_eq!(delivered.record.as_ref().unwrap().revision, 4);
    // What was known, and how it stood, at an earlier time.
    let then = GetShareRequestRequest {
        name: filed.name.clone(),
        as_of: Some(timestamp("2025-07-03T02:00:00Z".parse().unwrap())),
    };
    let then = node.provider.get_share_request(then).await.unwrap().into_inner().share_request.unwrap();
    assert_eq!((then.state(), then.working_days_left, then.answer), (ShareRequestState::Submitted, Some(8), None));
    // The tables follow from the log.
    rebuild::rebuild(&node.world.store, &node.world.projection, &node.world.department).await.unwrap();
    assert_eq!(node.get(&filed.name).await, delivered);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_request_is_named_at_once_and_nothing_is_stored() {
    let mut node = node().await;
    let mut empty = filing("r1");
    empty.share_request = Some(ShareRequest::default());
    let refused = node.requester.create_share_request(empty).await.unwrap_err();
    let every = ["data_resource", "basis", "scenario", "scope", "mode", "expire_date"];
    assert_eq!(fields(&refused), every.map(|field| format!("share_request.{field}")));

    let mut wrong = filing("r1");
    let body = wrong.share_request.as_mut().unwrap();
    // Of the scitech department, and so not held here.
    "dataResources/research-projects".clone_into(&mut body.data_resource);
    "U盘".clone_into(&mut body.mode);
    "2025-06-30".clone_into(&mut body.expire_date);
    body.answer = Some(decided(ShareDecision::Granted));
    wrong.parent = "departments/scitech".to_owned();
    let refused = node.requester.create_share_request(wrong).await.unwrap_err();
    let expected = [
        "parent",
        "share_request.data_resource",
        "share_request.mode",
        "share_request.expire_date",
        "share_request.answer",
    ];
    assert_eq!(fields(&refused), expected);
    // A department asks nothing of itself.
    let own = node.provider.create_share_request(filing("r1")).await.unwrap_err();
    assert_eq!((reason(&own).as_str(), fields(&own)), ("PARENT_MISMATCH", vec!["parent".to_owned()]));
    assert_eq!(node.world.counts().await.entries, 0);

    let checked = CreateShareRequestRequest { validate_only: true, ..filing("r1") };
    let checked = node.requester.create_share_request(checked).await.unwrap().into_inner();
    assert_eq!((checked.receipt, node.world.counts().await.entries), (None, 0));
    assert_eq!(checked.share_request.unwrap().due_date, "2025-07-15");
}

#[tokio::test]
async fn a_request_that_is_sent_again_gives_the_first_receipt() {
    let mut node = node().await;
    let request = filing("r1");
    let first = node.requester.create_share_request(request.clone()).await.unwrap().into_inner();
    let again = node.requester.create_share_request(request.clone()).await.unwrap().into_inner();
    assert_eq!((&again, node.world.counts().await.entries), (&first, 1));
    let taken = CreateShareRequestRequest { request_id: request_id(), ..request };
    let taken = node.stranger.create_share_request(taken).await.unwrap_err();
    assert_eq!(taken.code(), Code::AlreadyExists);
    let mut stale =
        updating(&first.share_request.unwrap(), |request| request.answer = Some(decided(ShareDecision::Granted)));
    stale.etag = "stale".to_owned();
    assert_eq!(reason(&node.provider.update_share_request(stale).await.unwrap_err()), "STALE_ETAG");
}

#[tokio::test]
async fn the_notice_of_what_is_missing_stops_the_clock_until_the_requester_completes_it() {
    let mut node = node().await;
    let filed = node.file("r1").await;
    node.set("2025-07-04");
    let nothing = node.answer(&filed, decided(ShareDecision::Incomplete)).await.unwrap_err();
    assert_eq!(fields(&nothing), ["share_request.answer.missing_items"]);
    let items = vec!["使用依据的文号".to_owned(), "使用范围到县区".to_owned()];
    let missing = ShareAnswer { missing_items: items, ..decided(ShareDecision::Incomplete) };
    let stopped = node.answer(&filed, missing.clone()).await.unwrap();
    assert_eq!((stopped.state(), stopped.due_date.as_str()), (ShareRequestState::Incomplete, ""));
    node.set("2025-09-01");
    let waiting = node.get(&filed.name).await;
    assert_eq!((waiting.overdue, waiting.working_days_left), (false, None));
    assert_eq!(waiting.answer.as_ref().unwrap().missing_items.len(), 2);

    // Two of ten days were used; the provider's answer stays as it is when the requester sends it back.
    let basis = "晋环提函〔2025〕35号第三条（模拟数据）";
    let completed =
        changed(&mut node.requester, &waiting, |request| basis.clone_into(&mut request.basis)).await.unwrap();
    assert_eq!((completed.state(), completed.due_date.as_str()), (ShareRequestState::Submitted, "2025-09-11"));
    // What is missing is told once.
    let again = node.answer(&completed, missing).await.unwrap_err();
    assert_eq!(reason(&again), "STAGE_TRANSITION_INVALID");
    let refused = node.answer(&completed, because(ShareDecision::Refused, "超出共享范围")).await.unwrap();
    assert_eq!((refused.state(), refused.overdue), (ShareRequestState::Refused, false));
    let closed = changed(&mut node.requester, &refused, |request| "全省".clone_into(&mut request.scope)).await;
    assert_eq!(reason(&closed.unwrap_err()), "STAGE_TRANSITION_INVALID");
}

#[tokio::test]
async fn a_refusal_or_an_extension_without_a_reason_is_no_answer() {
    let mut node = node().await;
    let filed = node.file("r1").await;
    for answer in [
        decided(ShareDecision::Refused),
        ShareAnswer { extension_days: 3, ..decided(ShareDecision::Extended) },
        because(ShareDecision::Refused, "  "),
    ] {
        let refused = node.answer(&filed, answer).await.unwrap_err();
        assert_eq!(faults(&refused), [("share_request.answer.reason".to_owned(), "FIELD_REQUIRED".to_owned())]);
    }
    let long = ShareAnswer { extension_days: 11, ..because(ShareDecision::Extended, "资料多") };
    assert_eq!(fields(&node.answer(&filed, long).await.unwrap_err()), ["share_request.answer.extension_days"]);
    let late = ShareAnswer { grant_expire_date: "2027-01-01".to_owned(), ..decided(ShareDecision::Granted) };
    assert_eq!(fields(&node.answer(&filed, late).await.unwrap_err()), ["share_request.answer.grant_expire_date"]);
    let mixed = ShareAnswer {
        missing_items: vec!["文号".to_owned()],
        extension_days: 2,
        ..because(ShareDecision::Refused, "超出范围")
    };
    let expected = ["share_request.answer.extension_days", "share_request.answer.missing_items"];
    assert_eq!(fields(&node.answer(&filed, mixed).await.unwrap_err()), expected);
    let early = node.answer(&filed, decided(ShareDecision::Delivered)).await.unwrap_err();
    assert_eq!(reason(&early), "STAGE_TRANSITION_INVALID");
    assert_eq!(node.world.counts().await.entries, 1);
}

#[tokio::test]
async fn each_side_says_its_own_part_and_nobody_else_says_anything() {
    let mut node = node().await;
    let filed = node.file("r1").await;
    let granting = |request: &mut ShareRequest| request.answer = Some(decided(ShareDecision::Granted));
    for foreign in [&mut node.requester, &mut node.stranger] {
        let refused = changed(foreign, &filed, granting).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "PERMISSION_DENIED"));
    }
    let widened = changed(&mut node.stranger, &filed, |request| "全省".clone_into(&mut request.scope)).await;
    assert_eq!(widened.unwrap_err().code(), Code::PermissionDenied);
    // A stranger does not find out by asking whether there is one.
    let mut none = filed.clone();
    none.name = "departments/commerce/shareRequests/none".to_owned();
    assert_eq!(changed(&mut node.stranger, &none, granting).await.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(changed(&mut node.provider, &none, granting).await.unwrap_err().code(), Code::NotFound);

    let rewritten = changed(&mut node.provider, &filed, |request| {
        granting(request);
        "全省".clone_into(&mut request.scope);
    });
    assert_eq!(fields(&rewritten.await.unwrap_err()), ["share_request.scope"]);
    let silent = changed(&mut node.provider, &filed, |_| ()).await.unwrap_err();
    assert_eq!(fields(&silent), ["share_request.answer"]);
    let other = |request: &mut ShareRequest| "dataResources/recycling-network".clone_into(&mut request.data_resource);
    let other = changed(&mut node.requester, &filed, other).await.unwrap_err();
    assert_eq!(fields(&other), ["share_request.data_resource"]);
    assert_eq!(node.world.counts().await.entries, 1);
}

#[tokio::test]
async fn only_the_two_sides_read_a_case() {
    let mut node = node().await;
    let filed = node.file("r1").await;
    let get = GetShareRequestRequest { name: filed.name.clone(), as_of: None };
    let list = ListShareRequestsRequest { parent: "departments/commerce".to_owned(), ..Default::default() };
    for side in [&mut node.provider, &mut node.requester] {
        assert_eq!(
            side.get_share_request(get.clone()).await.unwrap().into_inner().share_request.as_ref(),
            Some(&filed)
        );
        assert_eq!(side.list_share_requests(list.clone()).await.unwrap().into_inner().share_requests.len(), 1);
    }
    assert_eq!(node.stranger.get_share_request(get).await.unwrap_err().code(), Code::PermissionDenied);
    assert!(node.stranger.list_share_requests(list.clone()).await.unwrap().into_inner().share_requests.is_empty());

    // Pages hold what the reader sees, and no gaps for the rest.
    let theirs = CreateShareRequestRequest { share_request_id: "q1".to_owned(), ..filing("q1") };
    node.stranger.create_share_request(theirs).await.unwrap();
    node.file("r2").await;
    let mut names = Vec::new();
    let mut page = ListShareRequestsRequest { page_size: 1, ..list };
    loop {
        let answer = node.requester.list_share_requests(page.clone()).await.unwrap().into_inner();
        assert!(answer.share_requests.len() <= 1);
        names.extend(answer.share_requests.into_iter().map(|found| found.name));
        if answer.next_page_token.is_empty() {
            break;
        }
        page.page_token = answer.next_page_token;
    }
    assert_eq!(names, ["r1", "r2"].map(|id| format!("departments/commerce/shareRequests/{id}")));
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_overdue_and_holidays_move_the_day() {
    let mut node = node().await;
    // Thursday; 28 September is worked, 1 to 8 October are off, 11 October is worked.
    node.set("2025-09-25");
    let filed = node.file("r1").await;
    assert_eq!((filed.due_date.as_str(), filed.working_days_left), ("2025-10-15", Some(10)));
    for (day, left, overdue) in [
        ("2025-10-08", Some(6), false),
        ("2025-10-11", Some(3), false),
        ("2025-10-15", Some(0), false),
        ("2025-10-16", None, true),
    ] {
        node.set(day);
        let found = node.get(&filed.name).await;
        assert_eq!((found.working_days_left, found.overdue), (left, overdue), "{day}");
    }
    let late = ShareAnswer { extension_days: 2, ..because(ShareDecision::Extended, "资料多") };
    assert_eq!(reason(&node.answer(&filed, late).await.unwrap_err()), "STAGE_TRANSITION_INVALID");
    // Twenty working days from December reach into a year of which no notice is known.
    node.set("2026-12-15");
    let before = node.get(&filed.name).await;
    let granted = node.answer(&before, decided(ShareDecision::Granted)).await.unwrap();
    assert!(granted.due_date_assumed && granted.delivery_due_date.starts_with("2027-01"), "{granted:?}");
}

fn ticket(world: &World, observation: &str) -> CreateQualityTicketRequest {
    CreateQualityTicketRequest {
        parent: world.parent(),
        quality_ticket_id: "t1".to_owned(),
        quality_ticket: Some(QualityTicket {
            observation: observation.to_owned(),
            question: "与统计年鉴不一致".to_owned(),
            ..QualityTicket::default()
        }),
        request_id: request_id(),
        validate_only: false,
    }
}

fn feedback(before: &QualityTicket, answer: TicketAnswer) -> UpdateQualityTicketRequest {
    UpdateQualityTicketRequest {
        quality_ticket: Some(QualityTicket { answer: Some(answer), ..before.clone() }),
        etag: before.record.as_ref().unwrap().etag.clone(),
        correction: step(),
        request_id: request_id(),
        validate_only: false,
    }
}

fn corrected(revision: &str) -> TicketAnswer {
    TicketAnswer {
        decision: TicketDecision::Corrected.into(),
        corrected_revision: revision.to_owned(),
        ..TicketAnswer::default()
    }
}

/// Corrects the figure of 2024.
async fn correct(world: &World, value: &str) {
    let mut query =
        contracts::exchange::v1::observation_query_service_client::ObservationQueryServiceClient::new(world.local());
    let get = GetObservationRequest { name: world.rate_name("2024"), ..GetObservationRequest::default() };
    let now = query.get_observation(get).await.unwrap().into_inner().observation.unwrap();
    let update = UpdateObservationRequest {
        observation: Some(Observation { name: now.name.clone(), ..rate("2024", value) }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["value".to_owned()] }),
        etag: now.record.unwrap().etag,
        correction: correction(),
        request_id: request_id(),
        validate_only: false,
    };
    world.ingest().update_observation(update).await.unwrap();
}

#[tokio::test]
async fn a_ticket_is_corrected_by_a_revision_that_is_newer_than_it() {
    let mut node = node().await;
    node.world.submit(vec![rate("2024", "40"), rate("2023", "39")]).await;
    correct(&node.world, "40.5").await;
    let figure = node.world.rate_name("2024");
    let filed = node.requester.create_quality_ticket(ticket(&node.world, &figure)).await.unwrap().into_inner();
    let filed = filed.quality_ticket.unwrap();
    assert_eq!((filed.state(), filed.requester.as_str()), (TicketState::Open, "departments/city-140100"));
    assert_eq!((filed.due_date.as_str(), filed.working_days_left), ("2025-07-15", Some(10)));
    assert!(filed.due_basis.contains("第二十六条"), "{}", filed.due_basis);

    // Before the ticket, not there, of another figure, no revision at all.
    let other = format!("{}@1", node.world.rate_name("2023"));
    for revision in [&format!("{figure}@2"), &format!("{figure}@3"), &other, &figure, ""] {
        let refused = node.provider.update_quality_ticket(feedback(&filed, corrected(revision))).await.unwrap_err();
        assert_eq!(fields(&refused), ["quality_ticket.answer.corrected_revision"], "{revision}");
    }
    node.set("2025-07-14");
    correct(&node.world, "41").await;
    let foreign = node.requester.update_quality_ticket(feedback(&filed, corrected(&format!("{figure}@3")))).await;
    assert_eq!(foreign.unwrap_err().code(), Code::PermissionDenied);
    let answer = feedback(&filed, corrected(&format!("{figure}@3")));
    let told = node.provider.update_quality_ticket(answer).await.unwrap().into_inner().quality_ticket.unwrap();
    assert_eq!((told.state(), told.working_days_left, told.overdue), (TicketState::Corrected, None, false));
    assert_eq!(told.answer.as_ref().unwrap().answer_date, "2025-07-14");

    rebuild::rebuild(&node.world.store, &node.world.projection, &node.world.department).await.unwrap();
    let get = GetQualityTicketRequest { name: filed.name.clone(), as_of: None };
    assert_eq!(node.requester.get_quality_ticket(get).await.unwrap().into_inner().quality_ticket, Some(told));
}

#[tokio::test]
async fn a_figure_is_upheld_with_a_reason_and_a_late_feedback_is_overdue() {
    let mut node = node().await;
    node.world.submit(vec![rate("2024", "40")]).await;
    let figure = node.world.rate_name("2024");
    let filed = node.requester.create_quality_ticket(ticket(&node.world, &figure)).await.unwrap().into_inner();
    let filed = filed.quality_ticket.unwrap();
    node.set("2025-07-16");
    let list = ListQualityTicketsRequest { parent: "departments/-".to_owned(), ..Default::default() };
    let listed = node.provider.list_quality_tickets(list.clone()).await.unwrap().into_inner().quality_tickets;
    assert!(listed[0].overdue);
    assert!(node.stranger.list_quality_tickets(list).await.unwrap().into_inner().quality_tickets.is_empty());
    let upheld = TicketAnswer { decision: TicketDecision::Upheld.into(), ..TicketAnswer::default() };
    let silent = node.provider.update_quality_ticket(feedback(&filed, upheld.clone())).await.unwrap_err();
    assert_eq!(fields(&silent), ["quality_ticket.answer.reason"]);
    let upheld = TicketAnswer { reason: "与年报第12页一致".to_owned(), ..upheld };
    let told = node.provider.update_quality_ticket(feedback(&filed, upheld.clone())).await.unwrap().into_inner();
    let told = told.quality_ticket.unwrap();
    assert_eq!((told.state(), told.overdue), (TicketState::Upheld, false));
    let again = node.provider.update_quality_ticket(feedback(&told, upheld)).await.unwrap_err();
    assert_eq!(reason(&again), "STAGE_TRANSITION_INVALID");
}

#[tokio::test]
async fn a_department_doubts_only_what_it_can_read() {
    let mut node = node().await;
    node.world.submit(vec![rate("2024", "40")]).await;
    let figure = node.world.rate_name("2024");
    // The figures are shared with conditions, and the stranger has no grant; it does not learn which figures there are.
    for name in [figure.clone(), node.world.rate_name("1999")] {
        let refused = node.stranger.create_quality_ticket(ticket(&node.world, &name)).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{name}");
    }
    let elsewhere = figure.replace("commerce", "ecology");
    let refused = node.requester.create_quality_ticket(ticket(&node.world, &elsewhere)).await.unwrap_err();
    assert_eq!(fields(&refused), ["quality_ticket.observation"]);
    let own = node.provider.create_quality_ticket(ticket(&node.world, &figure)).await.unwrap_err();
    assert_eq!(fields(&own), ["parent"]);
    assert_eq!(node.world.counts().await.entries, 1);
}
