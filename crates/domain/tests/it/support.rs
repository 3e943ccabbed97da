//! Builders for the tests.

use chrono::NaiveDate;
use domain::{
    BasisDocument, Catalogue, Citation, FundSource, FundingLine, FundingStage, FundingSubject, IndicatorCode, Measure,
    Money, Observation, ObservationKey, OwnedRegions, Period, ProjectGroup, Quantity, RegionCode, RegionTable,
    ResourceName, RuleContext, Scope, Unit,
};
use rust_decimal::Decimal;

pub(crate) fn catalogue() -> Catalogue {
    Catalogue::from_csv(
        include_str!("../../../../deploy/catalogue/indicators.csv"),
        include_str!("../../../../deploy/catalogue/supplementary.csv"),
        include_str!("../../../../deploy/catalogue/labels.csv"),
    )
    .unwrap()
}

pub(crate) fn regions() -> RegionTable {
    RegionTable::from_csv(include_str!("../../../../deploy/catalogue/regions.csv")).unwrap()
}

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn region(code: &str) -> RegionCode {
    RegionCode::parse(code).unwrap()
}

pub(crate) fn unit(text: &str) -> Unit {
    Unit::parse(text).unwrap()
}

pub(crate) fn name(text: &str) -> ResourceName {
    ResourceName::parse(text).unwrap()
}

/// The context of Taiyuan's node on the first of July 2025.
pub(crate) fn taiyuan<'a>(catalogue: &'a Catalogue, regions: &'a RegionTable) -> RuleContext<'a> {
    RuleContext { catalogue, regions, owned: OwnedRegions::Only(region("140100")), today: date("2025-07-01") }
}

/// Taiyuan, the whole city, actual, 2024.
pub(crate) fn figure(indicator: &str, value: &str, in_unit: &str) -> Observation {
    let key = ObservationKey {
        indicator: IndicatorCode::parse(indicator).unwrap(),
        region: region("140100"),
        period: Period::parse("2024").unwrap(),
        scope: Scope::WholeCity,
        measure: Measure::Actual,
    };
    Observation::new(key, decimal(value), unit(in_unit))
}

pub(crate) fn citing(quote: &str) -> Option<Citation> {
    Some(Citation { document: "晋环提函〔2025〕35号".to_owned(), fact: String::new(), quote: quote.to_owned() })
}

pub(crate) fn approval() -> Option<BasisDocument> {
    Some(BasisDocument { title: "批复".to_owned(), document_number: Some("〔2025〕1号".to_owned()), issued: None })
}

pub(crate) fn project(id: &str) -> FundingSubject {
    FundingSubject::Project(name(&format!("departments/city-140100/fundingProjects/{id}")))
}

pub(crate) fn group(id: &str) -> FundingSubject {
    FundingSubject::Group(name(&format!("departments/city-140100/fundingGroups/{id}")))
}

pub(crate) fn line_name(id: &str) -> ResourceName {
    name(&format!("departments/city-140100/fundingLines/{id}"))
}

/// An amount in 万元 of 2024 treasury bonds.
pub(crate) fn line(id: &str, subject: FundingSubject, stage: FundingStage, wan: i64) -> FundingLine {
    let entered = Quantity::new(Decimal::from(wan), unit("万元"));
    FundingLine {
        name: line_name(id),
        subject,
        stage,
        source: FundSource::UltraLongTreasuryBond,
        source_detail: String::new(),
        amount: Money::from_quantity(entered).unwrap(),
        entered,
        budget_year: Some(2024),
        period: Period::parse("2024").unwrap(),
        period_assumed: false,
        basis: None,
        split_of: None,
        moved_from: None,
        evidence: Vec::new(),
        citation: None,
        reporting_party: "太原市人民政府".to_owned(),
        source_department: "发改".to_owned(),
        note: String::new(),
    }
}

/// The three treasury-bond projects, of which the letter names one.
pub(crate) fn bond_group() -> ProjectGroup {
    ProjectGroup {
        name: group("f020").name().clone(),
        title: "万柏林区垃圾分类及废旧物资回收体系建设等三个项目".to_owned(),
        region: region("140100"),
        project_count: 3,
        named_projects: vec![project("wanbailin").name().clone()],
        evidence: Vec::new(),
        citation: None,
        reporting_party: "太原市人民政府".to_owned(),
        source_department: "发改".to_owned(),
        note: String::new(),
    }
}
