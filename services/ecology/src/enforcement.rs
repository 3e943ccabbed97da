//! Enforcement figures of a period (执法): penalty decisions and fines.

use contracts::ecology::v1 as wire;
use domain::{DomainError, Level, Money, Period, Reason, RegionCode, Text, Violation, Violations};
use node::department::{Fields, Peer, SourceFields, Timing, refuse_duplicate};

/// Figures of a place and a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enforcement {
    /// Where.
    pub region: RegionCode,
    /// When.
    pub period: Period,
}

impl Enforcement {
    /// Reads a record. Fines come from penalty decisions, so an amount without a decision is a fault; a decision without a
    /// fine (a warning) is not.
    ///
    /// # Errors
    /// Every fault of its fields.
    pub fn read(record: &wire::EnforcementRecord, mut fields: Fields<'_>) -> Result<Self, Violations> {
        let wire::EnforcementRecord {
            name: _,
            region,
            period,
            penalty_count,
            fines,
            reporting_party,
            source_department,
            evidence,
            citation,
            note,
            record: _,
        } = record;
        let region = fields.region("region", region, &[Level::Province, Level::Prefecture, Level::County]);
        let period = fields.period("period", period.as_ref(), Timing::Over);
        let amount = fields.money("fines", fines.as_ref());
        if *penalty_count == 0
            && let Some(amount) = amount.filter(|amount| *amount != Money::ZERO)
        {
            fields.fault(Violation::new(
                "penalty_count",
                Reason::FieldInvalid,
                amount.display_zh(),
                Text::new("有罚款而无处罚决定", "fines without a penalty decision"),
                Text::new("请核对处罚件数", "check the number of decisions"),
            ));
        }
        fields.source(SourceFields { reporting_party, source_department, evidence, citation: citation.as_ref(), note });
        fields.finish(region.zip(period).map(|(region, period)| Self { region, period }))
    }
}

/// Refuses a second record of the same place and period.
///
/// # Errors
/// [`Reason::DuplicateResource`].
pub fn check_peers(peers: &[Peer<Enforcement>], next: &Enforcement) -> Result<(), DomainError> {
    let rule = Text::new("同一地区同一期间只有一组数", "a place and period has one set of figures");
    refuse_duplicate(peers, |other| other == next, "period.value", next.period, rule)
}

#[cfg(test)]
mod tests {
    use contracts::common::v1 as common;

    use super::*;

    fn record(penalty_count: u32, amount: &str, unit: &str) -> wire::EnforcementRecord {
        wire::EnforcementRecord {
            region: "140000".to_owned(),
            period: Some(common::Period { value: "2024".to_owned(), assumed: false }),
            penalty_count,
            fines: Some(common::Money {
                amount: Some(common::Decimal { value: amount.to_owned() }),
                unit: unit.to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    fn reasons(record: &wire::EnforcementRecord) -> Vec<Reason> {
        let faults = Enforcement::read(record, Fields::stored()).err().unwrap_or_default();
        faults.iter().map(|fault| fault.reason).collect()
    }

    #[test]
    fn fines_come_from_decisions() {
        assert_eq!(reasons(&record(0, "12.5", "万元")), [Reason::FieldInvalid]);
        assert_eq!(reasons(&record(3, "12.5", "万元")), []);
        assert_eq!(reasons(&record(3, "0", "元")), []);
    }

    #[test]
    fn fines_are_money() {
        assert_eq!(reasons(&record(3, "12.5", "万吨")), [Reason::CurrencyUnitInvalid]);
        assert_eq!(reasons(&record(3, "-1", "元")), [Reason::AmountNegative]);
        assert_eq!(reasons(&record(3, "1,000", "元")), [Reason::ValueInvalid]);
    }

    #[test]
    fn a_place_and_period_has_one_set_of_figures() {
        let one = Enforcement::read(&record(1, "1", "元"), Fields::stored()).unwrap();
        let peers = [Peer { name: "departments/ecology/enforcementRecords/a".parse().unwrap(), body: one.clone() }];
        assert_eq!(check_peers(&peers, &one).unwrap_err().reason, Reason::DuplicateResource);
        assert!(check_peers(&peers, &Enforcement { period: Period::year(2023).unwrap(), ..one }).is_ok());
    }
}
