//! Departments, figures, lines and times that the tests are about.

use chrono::{DateTime, TimeZone, Utc};
use domain::{
    BasisDocument, Change, Citation, Correction, CorrectionReason, DepartmentId, Evidence, FundSource, FundingLine,
    FundingStage, FundingSubject, Measure, Money, Observation, ObservationKey, ObservationStatus, Period, Qualifier,
    Quantity, ResourceName, Scope, Unit,
};
use rust_decimal::Decimal;

pub(crate) fn ecology() -> DepartmentId {
    DepartmentId::ecology()
}

pub(crate) fn taiyuan() -> DepartmentId {
    "city-140100".parse().unwrap()
}

/// Noon of a day in June 2025.
pub(crate) fn june(day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2025, 6, day, 12, 0, 0).unwrap()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

pub(crate) fn key(indicator: &str, region: &str, period: &str) -> ObservationKey {
    ObservationKey {
        indicator: indicator.parse().unwrap(),
        region: region.parse().unwrap(),
        period: Period::parse(period).unwrap(),
        scope: Scope::WholeCity,
        measure: Measure::Actual,
    }
}

pub(crate) fn observation_name(origin: &DepartmentId, key: &ObservationKey) -> ResourceName {
    ResourceName::new(origin.clone(), "observations", &key.id()).unwrap()
}

/// The recovery rate of household waste of Taiyuan in a year.
pub(crate) fn rate(year: u32, value: &str) -> Observation {
    Observation::new(key("ZWC2021-26", "140100", &year.to_string()), decimal(value), Unit::parse("%").unwrap())
}

pub(crate) fn rate_name(origin: &DepartmentId, year: u32) -> ResourceName {
    observation_name(origin, &rate(year, "0").key)
}

pub(crate) fn put(origin: &DepartmentId, observation: Observation) -> Change {
    Change::PutObservation {
        name: observation_name(origin, &observation.key),
        key: observation.key.clone(),
        observation: Box::new(observation),
        correction: None,
        supersedes: false,
    }
}

pub(crate) fn correct(origin: &DepartmentId, observation: Observation, note: &str) -> Change {
    Change::PutObservation {
        name: observation_name(origin, &observation.key),
        key: observation.key.clone(),
        observation: Box::new(observation),
        correction: Some(Correction { reason: CorrectionReason::AuditAdjustment, note: note.to_owned() }),
        supersedes: true,
    }
}

pub(crate) fn evidence() -> Evidence {
    Evidence {
        title: "2024年统计公报".to_owned(),
        document_number: Some("并统〔2025〕1号".to_owned()),
        issued: Some("2025-03-01".parse().unwrap()),
        uri: Some("https://example.org/a?b=\"c\"".to_owned()),
        digest: Some("ab".repeat(32)),
    }
}

pub(crate) fn citation() -> Citation {
    Citation {
        document: "晋环提函〔2025〕35号".to_owned(),
        fact: "F017".to_owned(),
        quote: "回收利用率达到“40%”以上".to_owned(),
    }
}

/// A figure in which every part is set.
pub(crate) fn full_observation() -> Observation {
    Observation {
        key: ObservationKey {
            indicator: "ZWC2021-26".parse().unwrap(),
            region: "140109".parse().unwrap(),
            period: Period::parse("../2025-06-10").unwrap(),
            scope: Scope::County,
            measure: Measure::Target,
        },
        value: Some(decimal("40.10")),
        text_value: Some("四成以上".to_owned()),
        unit: Unit::parse("万吨").unwrap(),
        qualifier: Qualifier::AtLeast,
        status: ObservationStatus::Provisional,
        numerator: Some(decimal("-1.5")),
        denominator: Some(decimal("0.0000001")),
        canonical_value: Some(decimal("401000")),
        period_assumed: true,
        scope_assumed: true,
        reported_label: "回收利用率".to_owned(),
        reporting_party: "太原市".to_owned(),
        source_department: "市城市管理局".to_owned(),
        evidence: vec![evidence(), Evidence::default()],
        citation: Some(citation()),
        note: "换行\n和 'quote'".to_owned(),
    }
}

pub(crate) fn line_name(origin: &DepartmentId, id: &str) -> ResourceName {
    ResourceName::new(origin.clone(), "fundingLines", id).unwrap()
}

pub(crate) fn line(origin: &DepartmentId, id: &str, budget_year: Option<i32>) -> FundingLine {
    let wan = Unit::parse("万元").unwrap();
    FundingLine {
        name: line_name(origin, id),
        subject: FundingSubject::Group(ResourceName::new(origin.clone(), "fundingGroups", "g-16").unwrap()),
        stage: FundingStage::Awarded,
        source: FundSource::CentralBudgetInvestment,
        source_detail: String::new(),
        amount: Money::from_unit(decimal("2470"), "万元").unwrap(),
        entered: Quantity::new(decimal("2470.0"), wan),
        budget_year,
        period: Period::parse("2024").unwrap(),
        period_assumed: false,
        basis: None,
        split_of: None,
        moved_from: None,
        evidence: Vec::new(),
        citation: None,
        reporting_party: "太原市".to_owned(),
        source_department: "市发展改革委".to_owned(),
        note: String::new(),
    }
}

/// A line in which every part is set.
pub(crate) fn full_line(origin: &DepartmentId) -> FundingLine {
    FundingLine {
        subject: FundingSubject::Project(ResourceName::new(origin.clone(), "fundingProjects", "p-1").unwrap()),
        stage: FundingStage::Recovered,
        source: FundSource::Bank,
        source_detail: "大规模设备更新".to_owned(),
        amount: Money::from_yuan(decimal("12345678901234.56")).unwrap(),
        period_assumed: true,
        basis: Some(BasisDocument {
            title: "关于下达投资计划的通知".to_owned(),
            document_number: Some("晋发改投资发〔2024〕1号".to_owned()),
            issued: Some("2024-05-01".parse().unwrap()),
        }),
        split_of: Some(line_name(origin, "whole")),
        moved_from: Some(line_name(origin, "before")),
        evidence: vec![evidence()],
        citation: Some(citation()),
        note: "备注".to_owned(),
        ..line(origin, "full", Some(2024))
    }
}

pub(crate) fn put_line(line: FundingLine) -> Change {
    Change::PutFundingLine { name: line.name.clone(), line: Box::new(line), correction: None }
}

pub(crate) fn resource_name(origin: &DepartmentId, collection: &str, id: &str) -> ResourceName {
    ResourceName::new(origin.clone(), collection, id).unwrap()
}

pub(crate) fn put_resource(origin: &DepartmentId, collection: &str, id: &str, body: &[u8]) -> Change {
    Change::PutResource {
        collection: collection.to_owned(),
        name: resource_name(origin, collection, id),
        type_name: "wufei.exchange.v1.Statement".to_owned(),
        body: body.to_vec(),
        correction: None,
    }
}
