//! The synthetic data set: every city filled from a seed. Nothing in it is real, and every record says so.
//!
//! Numbers come from ChaCha8 with one stream per city and indicator, so that the same seed gives the same data whatever
//! else changes.

use domain::{Catalogue, Direction, IndicatorDefinition, Level, Region, RegionTable, ValueType};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use super::dataset::{Call, Dataset, NodeData};

/// Mark that every synthetic record carries.
const MARK: &str = "模拟数据 / synthetic";

/// Year of the figures.
const PERIOD: &str = "2025";

/// Years before it that the data set of several years has too.
const EARLIER: [&str; 4] = ["2021", "2022", "2023", "2024"];

/// Figures in one submission of the data set of several years.
const BATCH: usize = 400;

/// One obligatory figure in this many is left out, so that gaps can be seen.
const GAP_EVERY: u32 = 17;

/// One figure in this many is a lower bound.
const BOUND_EVERY: u32 = 19;

/// One city in this many reports too little to be ranked.
const SPARSE_EVERY: usize = 11;

/// Adds to the data set the figures of the four years before and those of the counties of all five, each city's in its own node:
/// as much as a province has, to measure with.
pub(crate) fn years(seed: u64, catalogue: &Catalogue, regions: &RegionTable, last: Dataset) -> Dataset {
    let mut nodes = last.nodes;
    for city in regions.cities() {
        let department = format!("city-{}", city.code);
        let Some(node) = nodes.iter_mut().find(|node| node.department == department) else { continue };
        let counties = regions.children(&city.code);
        let earlier = EARLIER.map(|year| (city, year)).into_iter();
        let below = counties.flat_map(|county| EARLIER.into_iter().chain([PERIOD]).map(move |year| (county, year)));
        let mut figures = Vec::new();
        for (region, year) in earlier.chain(below) {
            for indicator in catalogue.mandatory().filter(|indicator| !indicator.is_qualitative()) {
                let mut random = stream(seed.wrapping_add(year.parse().unwrap_or_default()), region, indicator);
                figures.append(&mut observations(region, year, indicator, &mut random));
            }
        }
        node.calls.extend(figures.chunks(BATCH).map(|figures| batch(&format!("departments/{department}"), figures)));
    }
    Dataset {
        name: format!("province-{seed}"),
        title_zh: format!("模拟数据：五年，含县区（种子 {seed}）"),
        title_en: format!("synthetic data: five years, with counties (seed {seed})"),
        nodes,
        ..last
    }
}

/// Fills the cities. The ecology node accepts the evidence of most qualitative items.
pub(crate) fn dataset(
    seed: u64,
    catalogue: &Catalogue,
    regions: &RegionTable,
    scheme: &str,
    commitments: Vec<Call>,
) -> Dataset {
    let cities: Vec<&Region> = regions.cities().collect();
    let mut nodes: Vec<NodeData> = Vec::new();
    let mut reviews = Vec::new();
    for (number, city) in cities.iter().enumerate() {
        let sparse = number % SPARSE_EVERY == SPARSE_EVERY - 1;
        nodes.push(NodeData {
            department: format!("city-{}", city.code),
            calls: city_calls(seed, city, sparse, catalogue, &mut reviews),
        });
    }
    let mut all = vec![NodeData { department: "ecology".into(), calls: ecology(&cities, reviews) }];
    all.push(NodeData { department: "commerce".into(), calls: vec![commerce()] });
    all.push(NodeData { department: "scitech".into(), calls: vec![scitech()] });
    all.append(&mut nodes);
    all.push(NodeData { department: "aggregator".into(), calls: commitments });
    Dataset {
        name: format!("synthetic-{seed}"),
        title_zh: format!("模拟数据（种子 {seed}）"),
        title_en: format!("synthetic data (seed {seed})"),
        synthetic: true,
        period: PERIOD.into(),
        scheme: scheme.into(),
        nodes: all,
    }
}

fn city_calls(
    seed: u64,
    city: &Region,
    sparse: bool,
    catalogue: &Catalogue,
    reviews: &mut Vec<(String, String)>,
) -> Vec<Call> {
    let parent = format!("departments/city-{}", city.code);
    let (mut figures, mut statements) = (Vec::new(), Vec::new());
    for indicator in catalogue.mandatory() {
        let mut random = stream(seed, city, indicator);
        let skip = random.random_ratio(1, GAP_EVERY) || (sparse && random.random_ratio(3, 5));
        if skip {
            continue;
        }
        if indicator.is_qualitative() {
            let id = indicator.code.as_str().to_ascii_lowercase();
            statements.push(statement(city, indicator, &id));
            if random.random_ratio(9, 10) {
                reviews.push((format!("{parent}/statements/{id}"), indicator.code.to_string()));
            }
        } else {
            figures.append(&mut observations(city, PERIOD, indicator, &mut random));
        }
    }
    let mut calls = vec![batch(&parent, &figures)];
    if !statements.is_empty() {
        calls.push(Call::new(
            "wufei.exchange.v1.ObservationIngestService/BatchCreateStatements",
            json!({"parent": parent, "requests": statements}),
        ));
    }
    calls.append(&mut funding(seed, city, &parent));
    calls
}

fn batch(parent: &str, figures: &[Value]) -> Call {
    Call::new(
        "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations",
        json!({"parent": parent, "requests": figures.iter().map(|o| json!({"observation": o})).collect::<Vec<_>>()}),
    )
}

fn stream(seed: u64, city: &Region, indicator: &IndicatorDefinition) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let number = |text: &str| text.bytes().fold(0u64, |sum, byte| sum.wrapping_mul(131).wrapping_add(u64::from(byte)));
    random.set_stream(number(city.code.as_str()).wrapping_mul(1_000_003) ^ number(indicator.code.as_str()));
    random
}

fn observations(region: &Region, year: &str, indicator: &IndicatorDefinition, random: &mut ChaCha8Rng) -> Vec<Value> {
    let target = two(match indicator.value_type {
        ValueType::Ratio | ValueType::Survey => Decimal::from(random.random_range(55..=95)),
        ValueType::DeclineRate | ValueType::GrowthRate => Decimal::from(random.random_range(5..=15)),
        ValueType::Intensity => Decimal::new(random.random_range(50..=250), 2),
        ValueType::Amount | ValueType::Count | ValueType::Qualitative => Decimal::from(random.random_range(20..=80)),
    });
    let lower = indicator.direction == Direction::LowerBetter;
    let share = Decimal::new(if lower { random.random_range(85..=140) } else { random.random_range(72..=112) }, 2);
    let mut actual = two(target * share);
    let mut parts = None;
    if matches!(indicator.value_type, ValueType::Ratio | ValueType::Survey) {
        let denominator = Decimal::from(random.random_range(2_000..=90_000));
        actual = actual.min(Decimal::ONE_HUNDRED);
        let numerator = (denominator * actual / Decimal::ONE_HUNDRED).round();
        actual = two(numerator * Decimal::ONE_HUNDRED / denominator);
        parts = Some((numerator, denominator));
    }
    let bound = !lower && random.random_ratio(1, BOUND_EVERY);
    let record = |measure: &str, value: Decimal| {
        json!({
            "indicator": indicator.code.as_str(), "region": region.code.as_str(), "period": {"value": year},
            "scope": if region.level == Level::County { "SCOPE_COUNTY" } else { "SCOPE_WHOLE_CITY" }, "measure": measure,
            "value": {"value": {"value": value.normalize().to_string()}, "unit": indicator.unit.zh()},
            "qualifier": "QUALIFIER_EQUAL", "status": "OBSERVATION_STATUS_NORMAL",
            "reportingParty": format!("{}（模拟）", region.name_zh), "sourceDepartment": "模拟", "note": MARK,
        })
    };
    let mut first = record("MEASURE_ACTUAL", actual);
    if bound {
        first["value"]["value"]["value"] = actual.floor().normalize().to_string().into();
        first["qualifier"] = "QUALIFIER_AT_LEAST".into();
    } else if let Some((numerator, denominator)) = parts {
        first["numerator"] = json!({"value": numerator.normalize().to_string()});
        first["denominator"] = json!({"value": denominator.normalize().to_string()});
    }
    vec![first, record("MEASURE_TARGET", target)]
}

fn statement(city: &Region, indicator: &IndicatorDefinition, id: &str) -> Value {
    json!({"statementId": id, "statement": {
        "kind": "STATEMENT_KIND_POLICY", "region": city.code.as_str(), "period": {"value": PERIOD},
        "subject": format!("模拟佐证材料（{}）", indicator.name.zh), "text": MARK, "indicator": indicator.code.as_str(),
        "reportingParty": format!("{}（模拟）", city.name_zh), "sourceDepartment": "模拟",
        "evidence": [{"title": "模拟佐证材料"}], "note": MARK,
    }})
}

fn funding(seed: u64, city: &Region, parent: &str) -> Vec<Call> {
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0x0066_756e_6473);
    random.set_stream(city.code.as_str().bytes().fold(7, |sum, byte| sum * 31 + u64::from(byte)));
    let asked = random.random_range(500..=9_000);
    let got = asked * random.random_range(50..=100) / 100;
    let who = json!({"reportingParty": format!("{}（模拟）", city.name_zh), "sourceDepartment": "模拟", "note": MARK});
    let with = |mut value: Value| {
        if let (Some(target), Some(more)) = (value.as_object_mut(), who.as_object()) {
            target.extend(more.clone());
        }
        value
    };
    let line = |stage: &str, amount: i64| {
        json!({
            "project": format!("{parent}/fundingProjects/synthetic"), "stage": stage, "source": "FUND_SOURCE_SPECIAL_BOND",
            "sourceDetail": "模拟专项债", "amount": {"amount": {"value": amount.to_string()}, "unit": "万元"},
            "budgetYear": 2025, "period": {"value": PERIOD},
        })
    };
    let mut awarded = line("FUNDING_STAGE_AWARDED", got);
    awarded["movedFrom"] = format!("{parent}/fundingLines/synthetic-applied").into();
    awarded["basis"] = json!({"title": "模拟批复文件"});
    let lines = |id: &str, value: Value| {
        Call::new(
            "wufei.funding.v1.FundingIngestService/BatchCreateFundingLines",
            json!({"parent": parent, "requests": [{"fundingLineId": id, "fundingLine": with(value)}]}),
        )
    };
    vec![
        Call::new(
            "wufei.funding.v1.FundingIngestService/CreateFundingProject",
            json!({"parent": parent, "fundingProjectId": "synthetic", "fundingProject":
                with(json!({"title": format!("{}模拟固废利用项目", city.name_zh), "region": city.code.as_str()}))}),
        ),
        lines("synthetic-applied", line("FUNDING_STAGE_APPLIED", asked)),
        lines("synthetic-awarded", awarded),
    ]
}

fn ecology(cities: &[&Region], reviews: Vec<(String, String)>) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut stage = |city: &Region, stage: &str, id: &str| {
        calls.push(Call::new(
            "wufei.ecology.v1.EcologyService/CreateCityStageRecord",
            json!({"parent": "departments/ecology", "cityStageRecordId": format!("{id}-{}", city.code), "cityStageRecord": {
                "region": city.code.as_str(), "stage": stage, "period": {"value": PERIOD}, "text": MARK, "note": MARK,
                "reportingParty": "模拟", "sourceDepartment": "模拟"}}),
        ));
    };
    for (number, city) in cities.iter().enumerate().take(6) {
        stage(city, "CITY_STAGE_RECOMMENDED", "recommended");
        if number < 4 {
            stage(city, "CITY_STAGE_DESIGNATED", "designated");
        } else {
            stage(city, "CITY_STAGE_PLAN_DRAFTED", "drafted");
        }
    }
    for (number, (evidence, indicator)) in reviews.into_iter().enumerate() {
        calls.push(Call::new(
            "wufei.ecology.v1.EcologyService/CreateEvidenceReview",
            json!({"parent": "departments/ecology", "evidenceReviewId": format!("review-{number}"), "evidenceReview": {
                "evidence": evidence, "indicator": indicator, "verdict": "VERDICT_ACCEPTED", "reason": MARK, "note": MARK}}),
        ));
    }
    calls
}

fn commerce() -> Call {
    Call::new(
        "wufei.commerce.v1.CommerceService/CreateBackboneProgramme",
        json!({"parent": "departments/commerce", "backboneProgrammeId": "synthetic", "backboneProgramme": {
            "title": "模拟骨干企业培育", "region": "140000", "period": {"value": PERIOD}, "enterpriseCount": 12,
            "criteria": ["SCREENING_CRITERION_RECOVERY_VOLUME", "SCREENING_CRITERION_NETWORK_COVERAGE"],
            "reportingParty": "模拟", "sourceDepartment": "模拟", "note": MARK}}),
    )
}

fn scitech() -> Call {
    Call::new(
        "wufei.scitech.v1.ScitechService/CreateResearchProgramme",
        json!({"parent": "departments/scitech", "researchProgrammeId": "synthetic", "researchProgramme": {
            "title": "模拟科技专项", "region": "140000", "period": {"value": PERIOD}, "projectCount": 9,
            "reportingParty": "模拟", "sourceDepartment": "模拟", "note": MARK}}),
    )
}

fn two(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}
