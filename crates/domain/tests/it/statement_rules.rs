//! Rules of qualitative facts, and how faults become one refusal.

use domain::{
    DomainError, IndicatorCode, Kind, Lang, Period, Reason, Statement, StatementKind, Text, Violation, check_statement,
};

use crate::support::{catalogue, citing, region, regions, taiyuan};

fn policy() -> Statement {
    Statement {
        kind: StatementKind::Policy,
        region: region("140100"),
        period: Period::parse("../2025-06-10").unwrap(),
        period_assumed: true,
        subject: "《太原市废旧物资循环利用体系建设实施方案》".to_owned(),
        text: "已印发".to_owned(),
        indicator: Some(IndicatorCode::parse("ZWC2021-38").unwrap()),
        evidence: Vec::new(),
        citation: citing("《太原市废旧物资循环利用体系建设实施方案》"),
        reporting_party: "太原市人民政府".to_owned(),
        source_department: "发改".to_owned(),
        note: String::new(),
    }
}

fn reasons(statement: &Statement) -> Vec<Reason> {
    let (catalogue, regions) = (catalogue(), regions());
    let checked = check_statement(statement, &taiyuan(&catalogue, &regions));
    checked.err().map(|faults| faults.iter().map(|fault| fault.reason).collect()).unwrap_or_default()
}

#[test]
fn a_policy_that_the_letter_quotes_is_accepted() {
    assert_eq!(reasons(&policy()), []);
}

#[test]
fn a_policy_needs_its_document_or_a_quotation_and_progress_does_not() {
    let mut statement = Statement { citation: None, ..policy() };
    assert_eq!(reasons(&statement), [Reason::EvidenceRequired]);
    statement.kind = StatementKind::Progress;
    assert_eq!(reasons(&statement), []);
}

#[test]
fn every_fault_of_a_fact_is_named() {
    let statement = Statement {
        region: region("140500"),
        period: Period::parse("2027").unwrap(),
        indicator: Some(IndicatorCode::parse("ZWC2021-99").unwrap()),
        subject: " ".to_owned(),
        ..policy()
    };
    let expected = [Reason::RegionNotOwned, Reason::PeriodInFuture, Reason::IndicatorUnknown, Reason::FieldRequired];
    assert_eq!(reasons(&statement), expected);
}

#[test]
fn a_fact_about_a_running_year_is_accepted_where_a_figure_is_not() {
    let running = Statement { period: Period::parse("2025").unwrap(), ..policy() };
    assert_eq!(reasons(&running), []);
}

#[test]
fn a_refusal_takes_the_first_faults_reason_and_says_how_many_there_are() {
    let fault = |reason, rule: &str| Violation::new("a.b", reason, "v", Text::new(rule, "rule"), Text::new("改", "do"));
    let faults = [fault(Reason::UnitMismatch, "甲"), fault(Reason::ScopeMismatch, "乙")].into_iter().collect();
    let error = DomainError::from(domain::Violations::under(faults, "requests[0]."));
    assert_eq!((error.reason, error.reason.kind()), (Reason::UnitMismatch, Kind::Invalid));
    assert_eq!(error.to_string(), "共2处问题，第1处 requests[0].a.b：甲；填报值：v；改");
    assert!(error.text.get(Lang::En).starts_with("2 fault(s)"));
    assert_eq!(error.facts["violations"], "2");
}
