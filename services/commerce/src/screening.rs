//! Backbone recycling enterprises (骨干企业): the programme with its criteria, and the screening of an enterprise.

use contracts::commerce::v1 as wire;
use domain::{
    DepartmentId, Dimension, DomainError, Level, Reason, RegionCode, ResourceName, Text, Violation, Violations,
};
use node::department::{Fields, Peer, SourceFields, Timing, refuse_duplicate, same_title};

/// Collection of the programmes.
pub const PROGRAMMES: &str = "backboneProgrammes";

/// A criterion of the letter: 分类回收量大、网点覆盖面广、信息化应用及技术创新多.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Criterion {
    /// 分类回收量大.
    RecoveryVolume,
    /// 回收网点覆盖面广.
    NetworkCoverage,
    /// 信息化应用.
    DigitalLevel,
    /// 技术创新多.
    Innovation,
}

const CRITERIA: &[(wire::ScreeningCriterion, Criterion, &str)] = &[
    (wire::ScreeningCriterion::RecoveryVolume, Criterion::RecoveryVolume, "SCREENING_CRITERION_RECOVERY_VOLUME"),
    (wire::ScreeningCriterion::NetworkCoverage, Criterion::NetworkCoverage, "SCREENING_CRITERION_NETWORK_COVERAGE"),
    (wire::ScreeningCriterion::DigitalLevel, Criterion::DigitalLevel, "SCREENING_CRITERION_DIGITAL_LEVEL"),
    (wire::ScreeningCriterion::Innovation, Criterion::Innovation, "SCREENING_CRITERION_INNOVATION"),
];

impl Criterion {
    fn name(self) -> &'static str {
        match self {
            Self::RecoveryVolume => "分类回收量大",
            Self::NetworkCoverage => "回收网点覆盖面广",
            Self::DigitalLevel => "信息化应用",
            Self::Innovation => "技术创新多",
        }
    }
}

/// A programme that cultivates backbone enterprises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    /// Its title.
    pub title: String,
    /// Where it runs.
    pub region: RegionCode,
    /// The criteria in use, each once.
    pub criteria: Vec<Criterion>,
    /// Number of enterprises; none when it is not known, which is a gap and not a zero.
    pub enterprise_count: Option<u32>,
}

impl Programme {
    /// Reads a record.
    ///
    /// # Errors
    /// Every fault of its fields.
    pub fn read(record: &wire::BackboneProgramme, mut fields: Fields<'_>) -> Result<Self, Violations> {
        let wire::BackboneProgramme {
            name: _,
            title,
            region,
            period,
            criteria,
            enterprise_count,
            reporting_party,
            source_department,
            evidence,
            citation,
            note,
            record: _,
        } = record;
        let title = fields.title("title", title);
        let region = fields.region("region", region, &[Level::Province, Level::Prefecture]);
        let period = fields.period("period", period.as_ref(), Timing::Begun);
        if criteria.is_empty() {
            fields.missing("criteria");
        }
        let mut listed = Vec::with_capacity(criteria.len());
        for (index, criterion) in criteria.iter().enumerate() {
            let field = format!("criteria[{index}]");
            let Some(criterion) = fields.choice(&field, *criterion, CRITERIA) else { continue };
            if listed.contains(&criterion) {
                fields.fault(listed_twice(&field, criterion));
            }
            listed.push(criterion);
        }
        fields.source(SourceFields { reporting_party, source_department, evidence, citation: citation.as_ref(), note });
        let programme = title.zip(region).zip(period).map(|((title, region), _)| Self {
            title,
            region,
            criteria: listed,
            enterprise_count: *enterprise_count,
        });
        fields.finish(programme)
    }
}

/// An enterprise with its screening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enterprise {
    /// Its name.
    pub title: String,
    /// The programme it was screened for.
    pub programme: ResourceName,
    /// The criteria that were looked at, each once and each met.
    pub results: Vec<Criterion>,
}

impl Enterprise {
    /// Reads a record. The letter joins the criteria by 及, so a backbone enterprise meets all of them: a result that is
    /// not met is refused, and an enterprise that fails the screening is simply not recorded as one. Each judgement rests on a
    /// measured value or on a basis in words; the recovered volume is an amount, never a capacity.
    ///
    /// # Errors
    /// Every fault of its fields.
    pub fn read(record: &wire::BackboneEnterprise, mut fields: Fields<'_>) -> Result<Self, Violations> {
        let wire::BackboneEnterprise {
            name: _,
            title,
            region,
            programme,
            results,
            period,
            reporting_party,
            source_department,
            evidence,
            citation,
            note,
            record: _,
        } = record;
        let title = fields.title("title", title);
        let region = fields.region("region", region, &[Level::Prefecture, Level::County]);
        if programme.is_empty() {
            fields.missing("programme");
        }
        let programme = fields.reference("programme", programme, &DepartmentId::commerce(), PROGRAMMES);
        let period = period.is_some().then(|| fields.period("period", period.as_ref(), Timing::Begun));
        let mut listed = Vec::with_capacity(results.len());
        for (index, result) in results.iter().enumerate() {
            let field = format!("results[{index}]");
            let Some(criterion) = read_result(&field, result, &mut fields) else { continue };
            if listed.contains(&criterion) {
                fields.fault(listed_twice(&format!("{field}.criterion"), criterion));
            }
            listed.push(criterion);
        }
        fields.source(SourceFields { reporting_party, source_department, evidence, citation: citation.as_ref(), note });
        let known = title.zip(region).zip(programme).filter(|_| period.is_none_or(|period| period.is_some()));
        fields.finish(known.map(|((title, _), programme)| Self { title, programme, results: listed }))
    }
}

fn read_result(field: &str, result: &wire::CriterionResult, fields: &mut Fields<'_>) -> Option<Criterion> {
    let wire::CriterionResult { criterion, measured, met, basis } = result;
    let criterion = fields.choice(&format!("{field}.criterion"), *criterion, CRITERIA);
    let quantity = fields.quantity(&format!("{field}.measured"), measured.as_ref());
    fields.words(&format!("{field}.basis"), basis);
    if measured.is_none() && basis.trim().is_empty() {
        fields.missing(&format!("{field}.basis"));
    }
    if !met {
        fields.fault(Violation::new(
            format!("{field}.met"),
            Reason::FieldInvalid,
            criterion.map_or("", Criterion::name),
            Text::new("骨干企业须符合全部筛选条件", "a backbone enterprise meets every criterion"),
            Text::new("不符合者不登记为骨干企业", "do not record an enterprise that fails the screening"),
        ));
    }
    if criterion == Some(Criterion::RecoveryVolume)
        && let Some(quantity) = quantity
        && quantity.unit.dimension() != Dimension::Mass
    {
        let (reason, rule) = if quantity.unit.is_capacity() {
            (
                Reason::CapacityAsOutput,
                Text::new("这是能力，不是回收量", "this is a capacity, not the amount recovered"),
            )
        } else {
            (Reason::UnitMismatch, Text::new("回收量是重量", "the recovered volume is a mass"))
        };
        let action = Text::new("请填实际回收量", "give the amount that was recovered");
        let violation = Violation::new(format!("{field}.measured.unit"), reason, quantity, rule, action);
        fields.fault(violation.allowing(["吨", "万吨"]));
    }
    criterion
}

/// Checks a programme against what is on file: its title is not taken, the enterprises screened for it still fit its
/// criteria, and there are not more of them than it counts. `own` holds the enterprises screened for it.
///
/// # Errors
/// [`Reason::DuplicateResource`], [`Reason::FieldInvalid`].
pub fn check_programme(
    peers: &[Peer<Programme>],
    own: &[Peer<Enterprise>],
    next: &Programme,
) -> Result<(), DomainError> {
    let rule = Text::new("同一地区同名培育计划只登记一次", "a programme of a place is recorded once");
    let same = |other: &Programme| other.region == next.region && same_title(&other.title, &next.title);
    refuse_duplicate(peers, same, "title", &next.title, rule)?;
    let mut faults = Violations::new();
    if let Some(enterprise) = own.iter().find(|peer| !covers(&peer.body.results, &next.criteria)) {
        faults.push(Violation::new(
            "criteria",
            Reason::FieldInvalid,
            &enterprise.name,
            Text::new("已有企业按原条件筛选", "an enterprise on file was screened by other criteria"),
            Text::new("条件变化请另建培育计划", "record a new programme for new criteria"),
        ));
    }
    if let Err(found) = check_count("enterprise_count", next, own.len()) {
        faults.extend(found);
    }
    faults.into_result(()).map_err(DomainError::from)
}

/// Checks an enterprise against what is on file: the programme exists, every criterion of the programme has exactly one
/// result and no other has one, the enterprise is new to the programme, and the programme has room for it. `others` are the
/// other enterprises of the department.
///
/// # Errors
/// [`Reason::ResourceNotFound`], [`Reason::FieldInvalid`], [`Reason::DuplicateResource`].
pub fn check_enterprise(
    programme: Option<&Programme>,
    others: &[Peer<Enterprise>],
    next: &Enterprise,
) -> Result<(), DomainError> {
    let Some(programme) = programme else {
        return Err(Violation::new(
            "programme",
            Reason::ResourceNotFound,
            &next.programme,
            Text::new("没有这个培育计划", "no such programme"),
            Text::new("先登记培育计划", "record the programme first"),
        )
        .into());
    };
    let mut faults = Violations::new();
    if !covers(&next.results, &programme.criteria) {
        let violation = Violation::new(
            "results",
            Reason::FieldInvalid,
            names(&next.results),
            Text::new("培育计划的每项条件须恰有一个结果", "each criterion of the programme has exactly one result"),
            Text::new("请补齐缺项、删去多余项", "add what is missing and leave out what is not asked"),
        );
        faults.push(violation.allowing(programme.criteria.iter().map(|criterion| criterion.name())));
    }
    let own = others.iter().filter(|peer| peer.body.programme == next.programme).count();
    if let Err(found) = check_count("programme", programme, own + 1) {
        faults.extend(found);
    }
    faults.into_result(()).map_err(DomainError::from)?;
    let rule = Text::new("同一培育计划内同一企业只登记一次", "an enterprise is recorded once for a programme");
    let same = |other: &Enterprise| other.programme == next.programme && same_title(&other.title, &next.title);
    refuse_duplicate(others, same, "title", &next.title, rule)
}

fn check_count(field: &str, programme: &Programme, listed: usize) -> Result<(), Violations> {
    let Some(count) = programme.enterprise_count else { return Ok(()) };
    if usize::try_from(count).is_ok_and(|count| listed <= count) {
        return Ok(());
    }
    Err(Violation::new(
        field,
        Reason::FieldInvalid,
        format!("{listed} > {count}"),
        Text::new("列名企业多于培育计划的企业数", "more enterprises are named than the programme counts"),
        Text::new("请先更正培育计划的企业数", "correct the programme's number first"),
    )
    .into())
}

/// True when `results` are the criteria, each once, in any order.
fn covers(results: &[Criterion], criteria: &[Criterion]) -> bool {
    results.len() == criteria.len() && criteria.iter().all(|criterion| results.contains(criterion))
}

fn names(criteria: &[Criterion]) -> String {
    criteria.iter().map(|criterion| criterion.name()).collect::<Vec<_>>().join("、")
}

fn listed_twice(field: &str, criterion: Criterion) -> Violation {
    Violation::new(
        field,
        Reason::FieldInvalid,
        criterion.name(),
        Text::new("条件重复", "the criterion is listed twice"),
        Text::new("每项条件只列一次", "list each criterion once"),
    )
}

#[cfg(test)]
mod tests {
    use contracts::common::v1 as common;

    use super::*;

    const ALL: [Criterion; 4] =
        [Criterion::RecoveryVolume, Criterion::NetworkCoverage, Criterion::DigitalLevel, Criterion::Innovation];

    fn programme(enterprise_count: Option<u32>) -> Programme {
        let region = RegionCode::parse("140000").unwrap();
        Programme { title: "骨干企业培育".to_owned(), region, criteria: ALL.to_vec(), enterprise_count }
    }

    fn result(criterion: wire::ScreeningCriterion) -> wire::CriterionResult {
        wire::CriterionResult {
            criterion: criterion.into(), measured: None, met: true, basis: "现场核查".to_owned()
        }
    }

    fn record() -> wire::BackboneEnterprise {
        wire::BackboneEnterprise {
            title: "示例再生资源公司".to_owned(),
            region: "140100".to_owned(),
            programme: "departments/commerce/backboneProgrammes/f008".to_owned(),
            results: CRITERIA.iter().map(|(criterion, _, _)| result(*criterion)).collect(),
            ..Default::default()
        }
    }

    fn read(record: &wire::BackboneEnterprise) -> Enterprise {
        Enterprise::read(record, Fields::stored()).unwrap()
    }

    fn faults(record: &wire::BackboneEnterprise) -> Vec<(String, Reason)> {
        let faults = Enterprise::read(record, Fields::stored()).err().unwrap_or_default();
        faults.into_iter().map(|fault| (fault.field, fault.reason)).collect()
    }

    fn quantity(value: &str, unit: &str) -> Option<common::Quantity> {
        Some(common::Quantity { value: Some(common::Decimal { value: value.to_owned() }), unit: unit.to_owned() })
    }

    #[test]
    fn every_criterion_of_the_programme_has_exactly_one_result() {
        let programme = programme(None);
        assert_eq!(check_enterprise(Some(&programme), &[], &read(&record())), Ok(()));
        let mut short = record();
        short.results.pop();
        let error = check_enterprise(Some(&programme), &[], &read(&short)).unwrap_err();
        assert_eq!((error.reason, error.violations.0[0].field.as_str()), (Reason::FieldInvalid, "results"));
        let mut twice = record();
        twice.results[3] = twice.results[0].clone();
        assert_eq!(faults(&twice), [("results[3].criterion".to_owned(), Reason::FieldInvalid)]);
    }

    #[test]
    fn a_backbone_enterprise_meets_every_criterion() {
        let mut record = record();
        record.results[1].met = false;
        assert_eq!(faults(&record), [("results[1].met".to_owned(), Reason::FieldInvalid)]);
    }

    #[test]
    fn a_judgement_rests_on_a_value_or_on_words() {
        let mut record = record();
        record.results[2].basis.clear();
        assert_eq!(faults(&record), [("results[2].basis".to_owned(), Reason::FieldRequired)]);
        record.results[2].measured = quantity("95", "%");
        assert_eq!(faults(&record), []);
    }

    #[test]
    fn the_recovered_volume_is_an_amount_and_not_a_capacity() {
        let mut record = record();
        for (unit, expected) in
            [("万吨/年", Some(Reason::CapacityAsOutput)), ("家", Some(Reason::UnitMismatch)), ("万吨", None)]
        {
            record.results[0].measured = quantity("12.5", unit);
            let found: Vec<_> = faults(&record).into_iter().map(|(_, reason)| reason).collect();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{unit}");
        }
    }

    #[test]
    fn a_programme_without_a_number_takes_any_and_one_with_a_number_no_more() {
        let name = |id: &str| format!("departments/commerce/backboneEnterprises/{id}").parse().unwrap();
        let first = Peer { name: name("a"), body: read(&record()) };
        let second = Enterprise { title: "另一公司".to_owned(), ..first.body.clone() };
        let on_file = [first];
        assert_eq!(check_enterprise(Some(&programme(None)), &on_file, &second), Ok(()));
        assert_eq!(check_enterprise(Some(&programme(Some(2))), &on_file, &second), Ok(()));
        let error = check_enterprise(Some(&programme(Some(1))), &on_file, &second).unwrap_err();
        assert_eq!(error.reason, Reason::FieldInvalid);
        assert_eq!(check_programme(&[], &on_file, &programme(Some(0))).unwrap_err().reason, Reason::FieldInvalid);
    }

    #[test]
    fn an_enterprise_needs_its_programme_and_is_recorded_once_for_it() {
        let next = read(&record());
        assert_eq!(check_enterprise(None, &[], &next).unwrap_err().reason, Reason::ResourceNotFound);
        let name = "departments/commerce/backboneEnterprises/a".parse().unwrap();
        let on_file = [Peer { name, body: next.clone() }];
        let error = check_enterprise(Some(&programme(None)), &on_file, &next).unwrap_err();
        assert_eq!(error.reason, Reason::DuplicateResource);
    }

    #[test]
    fn criteria_stay_while_enterprises_were_screened_by_them() {
        let name = "departments/commerce/backboneEnterprises/a".parse().unwrap();
        let on_file = [Peer { name, body: read(&record()) }];
        let fewer = Programme { criteria: ALL[..3].to_vec(), ..programme(None) };
        assert_eq!(check_programme(&[], &on_file, &fewer).unwrap_err().violations.0[0].field, "criteria");
        assert_eq!(check_programme(&[], &[], &fewer), Ok(()));
    }

    #[test]
    fn a_programme_has_criteria_each_once() {
        let criterion = i32::from(wire::ScreeningCriterion::Innovation);
        let record = |criteria: Vec<i32>| wire::BackboneProgramme {
            title: "骨干企业培育".to_owned(),
            region: "140000".to_owned(),
            period: Some(common::Period { value: "2025".to_owned(), assumed: false }),
            criteria,
            ..Default::default()
        };
        let fields = |criteria: Vec<i32>| -> Vec<String> {
            let faults = Programme::read(&record(criteria), Fields::stored()).err().unwrap_or_default();
            faults.into_iter().map(|fault| fault.field).collect()
        };
        assert_eq!(fields(vec![]), ["criteria"]);
        assert_eq!(fields(vec![criterion, criterion]), ["criteria[1]"]);
        assert_eq!(fields(vec![0, 99]), ["criteria[0]", "criteria[1]"]);
        assert_eq!(fields(vec![criterion]), Vec::<String>::new());
    }
}
