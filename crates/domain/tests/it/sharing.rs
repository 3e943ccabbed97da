//! The life of a share request and of a ticket by itself: clocks that stop, extensions, what follows what.

use std::sync::LazyLock;

use chrono::NaiveDate;
use domain::{
    DeadlineStep, DepartmentId, Due, Party, Reason, Said, ShareAnswer, ShareLife, ShareMode, ShareState, ShareTerms,
    SharingAttribute, SharingDeadlines, Standing, TicketAnswer, TicketLife, TicketState, WorkingDays,
};
use proptest::prelude::*;

static DAYS: LazyLock<WorkingDays> =
    LazyLock::new(|| WorkingDays::from_csv(include_str!("../../../../deploy/catalogue/working_days.csv")).unwrap());
static DEADLINES: LazyLock<SharingDeadlines> = LazyLock::new(|| {
    SharingDeadlines::from_csv(include_str!("../../../../deploy/catalogue/sharing_deadlines.csv")).unwrap()
});

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn conditional() -> ShareTerms {
    DEADLINES.of_request(SharingAttribute::Conditional, &DepartmentId::commerce())
}

fn answered(on: &str, answer: ShareAnswer) -> Said<ShareAnswer> {
    Said { day: day(on), answer: Some(answer) }
}

fn stated(on: &str) -> Said<ShareAnswer> {
    Said { day: day(on), answer: None }
}

fn missing() -> ShareAnswer {
    ShareAnswer::Incomplete(vec!["使用依据的文号".to_owned()])
}

fn extended(days: u32) -> ShareAnswer {
    ShareAnswer::Extended { days, reason: "主管部门同意".to_owned() }
}

fn life(received: &str, said: &[Said<ShareAnswer>]) -> ShareLife {
    ShareLife::of(day(received), said, &conditional(), &DAYS)
}

fn due(life: &ShareLife) -> String {
    life.awaited().map(|due| due.day.to_string()).unwrap_or_default()
}

#[test]
fn the_table_is_order_809() {
    let days =
        |step, sharing| DEADLINES.shortest(step, sharing, &DepartmentId::ecology()).map(|deadline| deadline.days);
    let (open, conditional) = (Some(SharingAttribute::Unconditional), Some(SharingAttribute::Conditional));
    assert_eq!(days(DeadlineStep::Answer, open), Some(1));
    assert_eq!(days(DeadlineStep::Answer, conditional), Some(10));
    assert_eq!(days(DeadlineStep::Extension, conditional), Some(10));
    assert_eq!(days(DeadlineStep::Extension, open), None);
    assert_eq!(days(DeadlineStep::Delivery, conditional), Some(20));
    assert_eq!(days(DeadlineStep::Feedback, None), Some(10));
    for mode in ShareMode::ALL {
        assert_eq!(ShareMode::parse(mode.zh()), Some(*mode));
        assert_eq!(ShareMode::parse(mode.code()), Some(*mode));
    }
}

#[test]
fn every_fault_of_the_table_is_named_with_its_line_and_so_is_every_step_that_is_missing() {
    const HEAD: &str = "step,sharing_attribute,department,working_days,basis_zh\n";
    let told = |lines: &str| SharingDeadlines::from_csv(&format!("{HEAD}{lines}")).unwrap_err().to_string();
    let faults = told("answer,conditional,ecology,0,\nreply,open,moon,ten,第五条\n");
    for fault in [
        "line 2: working_days: \"0\" is no number of working days from 1 to 250",
        "line 2: basis_zh is empty",
        "line 3: step: \"reply\" is not answer",
        "line 3: sharing_attribute: \"open\" is not",
        "line 3: department: there is no \"moon\"",
        "line 3: working_days: \"ten\"",
    ] {
        assert!(faults.contains(fault), "{fault} in {faults}");
    }
    // A line of one department leaves the others without.
    let missing = told("answer,,ecology,5,第五条\ndelivery,,,20,第二十二条\n");
    for step in
        ["no deadline of the answer for every department and shared with conditions", "no deadline of the feedback"]
    {
        assert!(missing.contains(step), "{step} in {missing}");
    }
    assert!(!missing.contains("delivery"), "{missing}");
}

#[test]
fn the_clock_stops_for_what_is_missing_and_goes_on_with_what_was_left() {
    // Tuesday 1 July: ten working days end on Tuesday 15 July.
    assert_eq!(due(&life("2025-07-01", &[])), "2025-07-15");
    // Friday 4 July is the third working day; two are used by then, so eight are left.
    let stopped = life("2025-07-01", &[answered("2025-07-04", missing())]);
    assert_eq!((stopped.state, due(&stopped).as_str()), (ShareState::Incomplete, ""));
    assert_eq!(stopped.standing(day("2025-12-31"), &DAYS), None, "never overdue while it is the requester's turn");
    let on = life("2025-07-01", &[answered("2025-07-04", missing()), stated("2025-08-01")]);
    assert_eq!((on.state, due(&on).as_str()), (ShareState::Submitted, "2025-08-13"));
    // A correction while it waits touches nothing.
    assert_eq!(due(&life("2025-07-01", &[stated("2025-07-10")])), "2025-07-15");
    // What is told on the last day, or late, leaves one day.
    for told in ["2025-07-15", "2025-07-21"] {
        let late = life("2025-07-01", &[answered(told, missing()), stated("2025-08-01")]);
        assert_eq!(due(&late), "2025-08-04");
    }
}

#[test]
fn extensions_add_up_to_the_most_that_the_table_allows() {
    let once = life("2025-07-01", &[answered("2025-07-10", extended(4))]);
    assert_eq!((due(&once).as_str(), once.extended), ("2025-07-21", 4));
    assert!(once.check_extension(6, &conditional()).is_empty());
    for too_many in [0, 7] {
        assert!(once.check_extension(too_many, &conditional()).has(Reason::FieldInvalid), "{too_many}");
    }
    let open = DEADLINES.of_request(SharingAttribute::Unconditional, &DepartmentId::commerce());
    assert!(!life("2025-07-01", &[]).check_extension(1, &open).is_empty());
}

#[test]
fn each_answer_follows_from_its_state_and_no_other() {
    let granted = ShareAnswer::Granted(None);
    let refused = ShareAnswer::Refused("涉及企业商业秘密".to_owned());
    let answers = [&granted, &refused, &missing(), &extended(3), &ShareAnswer::Delivered];
    let may = |said: &[Said<ShareAnswer>], today: &str| {
        let life = life("2025-07-01", said);
        answers.map(|answer| life.may_answer(answer, day(today)).is_ok())
    };
    let on = |answer: &ShareAnswer| answered("2025-07-03", answer.clone());
    assert_eq!(may(&[], "2025-07-03"), [true, true, true, true, false]);
    assert_eq!(may(&[], "2025-07-16"), [true, true, true, false, false], "overdue");
    assert_eq!(may(&[on(&missing())], "2025-07-04"), [true, true, false, false, false]);
    assert_eq!(may(&[on(&missing()), stated("2025-07-08")], "2025-07-09"), [true, true, false, true, false], "once");
    assert_eq!(may(&[on(&granted)], "2025-07-04"), [false, false, false, false, true]);
    for end in [vec![on(&refused)], vec![on(&granted), on(&ShareAnswer::Delivered)]] {
        assert_eq!(may(&end, "2025-07-04"), [false; 5]);
        let refusal = life("2025-07-01", &end).may_change().unwrap_err();
        assert_eq!(refusal.reason, Reason::StageTransitionInvalid);
    }
    assert!(life("2025-07-01", &[on(&missing())]).may_change().is_ok());
}

#[test]
fn what_was_granted_is_due_after_twenty_working_days() {
    let granted = life("2025-09-01", &[answered("2025-09-12", ShareAnswer::Granted(None))]);
    // Nine before the feast with Sunday 28 September made up, and the rest after 8 October.
    assert_eq!(granted.awaited(), Some(Due { day: day("2025-10-16"), assumed: false }));
    assert_eq!(granted.standing(day("2025-10-16"), &DAYS), Some(Standing::Left(0)));
    assert_eq!(granted.standing(day("2025-10-17"), &DAYS), Some(Standing::Overdue));
}

#[test]
fn a_ticket_is_fed_back_once() {
    let terms = DEADLINES.of_ticket(&DepartmentId::ecology());
    let open = TicketLife::of(day("2025-09-25"), &[], &terms, &DAYS);
    assert_eq!((open.state, open.due.day), (TicketState::Open, day("2025-10-15")));
    assert!(open.may_go_on(Party::Provider).is_ok() && open.may_go_on(Party::Requester).is_ok());
    for (answer, state) in [
        (TicketAnswer::Corrected(2), TicketState::Corrected),
        (TicketAnswer::Upheld("与年报一致".to_owned()), TicketState::Upheld),
    ] {
        let said = Said { day: day("2025-10-10"), answer: Some(answer) };
        let told = TicketLife::of(day("2025-09-25"), &[said], &terms, &DAYS);
        assert_eq!((told.state, told.answered), (state, Some(day("2025-10-10"))));
        assert_eq!(told.standing(day("2026-01-01"), &DAYS), None);
        for party in [Party::Provider, Party::Requester] {
            assert_eq!(told.may_go_on(party).unwrap_err().reason, Reason::StageTransitionInvalid);
        }
    }
}

proptest! {
    #[test]
    fn stopping_the_clock_never_takes_days_from_the_provider(told in 1..14_i64, waited in 0..60_i64) {
        let received = day("2025-03-03");
        let told = received + chrono::TimeDelta::days(told);
        let back = told + chrono::TimeDelta::days(waited);
        let said = [Said { day: told, answer: Some(missing()) }, Said { day: back, answer: None }];
        let life = ShareLife::of(received, &said, &conditional(), &DAYS);
        let end = life.awaited().unwrap().day;
        let before = DAYS.between(received, told.pred_opt().unwrap());
        prop_assert_eq!(before + DAYS.between(back, end), 10.max(before + 1));
    }
}
