//! Green sorting centres (绿色分拣中心, SB/T 10720-2021 《再生资源绿色分拣中心建设管理规范》).

use contracts::commerce::v1 as wire;
use domain::{Dimension, DomainError, Level, Reason, RegionCode, Text, Unit, Violation, Violations};
use node::department::{Fields, Peer, SourceFields, Timing, refuse_duplicate, same_title};
use rust_decimal::Decimal;

/// A sorting centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortingCentre {
    /// Its title.
    pub title: String,
    /// Where it is.
    pub region: RegionCode,
}

impl SortingCentre {
    /// Reads a record. What a centre could sort is a mass per time; what it did sort is an observation and does not belong
    /// here. That the standard is met rests on the self-assessment, so the claim needs that document.
    ///
    /// # Errors
    /// Every fault of its fields.
    pub fn read(record: &wire::SortingCentre, mut fields: Fields<'_>) -> Result<Self, Violations> {
        let wire::SortingCentre {
            name: _,
            title,
            region,
            period,
            capacity,
            standard_met,
            reporting_party,
            source_department,
            evidence,
            citation,
            note,
            record: _,
        } = record;
        let title = fields.title("title", title);
        let region = fields.region("region", region, &[Level::Prefecture, Level::County]);
        let period = fields.period("period", period.as_ref(), Timing::Begun);
        if let Some(capacity) = fields.quantity("capacity", capacity.as_ref()) {
            if !capacity.unit.is_capacity() {
                let units = [Dimension::MassPerYear, Dimension::MassPerDay].into_iter().flat_map(Unit::of_dimension);
                let violation = Violation::new(
                    "capacity.unit",
                    Reason::UnitMismatch,
                    capacity.unit,
                    Text::new("分拣能力是单位时间的重量", "a sorting capacity is a mass per time"),
                    Text::new(
                        "请填设计能力；实际分拣量另报",
                        "give the design capacity; report the amount sorted elsewhere",
                    ),
                );
                fields.fault(violation.allowing(units));
            } else if capacity.value <= Decimal::ZERO {
                fields.fault(Violation::new(
                    "capacity.value",
                    Reason::ValueInvalid,
                    capacity,
                    Text::new("能力须大于零", "a capacity is above zero"),
                    Text::new("不详时请留空", "leave it out when it is not known"),
                ));
            }
        }
        if *standard_met {
            fields.needs_evidence(&Text::new("符合 SB/T 10720-2021", "meeting SB/T 10720-2021"), evidence);
        }
        fields.source(SourceFields { reporting_party, source_department, evidence, citation: citation.as_ref(), note });
        fields.finish(title.zip(region).zip(period).map(|((title, region), _)| Self { title, region }))
    }
}

/// Refuses a centre that is on file.
///
/// # Errors
/// [`Reason::DuplicateResource`].
pub fn check_peers(peers: &[Peer<SortingCentre>], next: &SortingCentre) -> Result<(), DomainError> {
    let rule = Text::new("同一分拣中心只登记一次", "a sorting centre is recorded once");
    let same = |other: &SortingCentre| other.region == next.region && same_title(&other.title, &next.title);
    refuse_duplicate(peers, same, "title", &next.title, rule)
}

#[cfg(test)]
mod tests {
    use contracts::common::v1 as common;

    use super::*;

    fn record(value: &str, unit: &str) -> wire::SortingCentre {
        let value = Some(common::Decimal { value: value.to_owned() });
        wire::SortingCentre {
            title: "示例绿色分拣中心".to_owned(),
            region: "140109".to_owned(),
            period: Some(common::Period { value: "2024".to_owned(), assumed: false }),
            capacity: Some(common::Quantity { value, unit: unit.to_owned() }),
            ..Default::default()
        }
    }

    fn faults(record: &wire::SortingCentre) -> Vec<(String, Reason)> {
        let faults = SortingCentre::read(record, Fields::stored()).err().unwrap_or_default();
        faults.into_iter().map(|fault| (fault.field, fault.reason)).collect()
    }

    #[test]
    fn a_capacity_is_a_mass_per_time_above_zero() {
        assert_eq!(faults(&record("30", "万吨/年")), []);
        assert_eq!(faults(&record("800", "吨/日")), []);
        assert_eq!(faults(&record("30", "万吨")), [("capacity.unit".to_owned(), Reason::UnitMismatch)]);
        assert_eq!(faults(&record("30", "顿")), [("capacity.unit".to_owned(), Reason::UnitUnknown)]);
        assert_eq!(faults(&record("0", "万吨/年")), [("capacity.value".to_owned(), Reason::ValueInvalid)]);
        assert_eq!(faults(&wire::SortingCentre { capacity: None, ..record("0", "") }), []);
    }

    #[test]
    fn a_claim_to_meet_the_standard_needs_the_assessment() {
        let claim = wire::SortingCentre { standard_met: true, ..record("30", "万吨/年") };
        assert_eq!(faults(&claim), [("evidence".to_owned(), Reason::EvidenceRequired)]);
        let evidence = vec![common::Evidence { title: "自评报告".to_owned(), ..Default::default() }];
        assert_eq!(faults(&wire::SortingCentre { evidence, ..claim }), []);
    }
}
