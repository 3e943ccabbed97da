//! Channels of trade-in and convenient recovery (以旧换新, 线上预约).

use contracts::commerce::v1 as wire;
use domain::{Dimension, DomainError, Level, Period, Reason, RegionCode, Text, Unit, Violation, Violations};
use node::department::{Fields, Peer, SourceFields, Timing, refuse_duplicate, same_title};
use rust_decimal::Decimal;

/// A channel in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeInChannel {
    /// Its title.
    pub title: String,
    /// Where it works.
    pub region: RegionCode,
    /// Period of the amount recovered.
    pub period: Period,
}

impl TradeInChannel {
    /// Reads a record. What was recovered is a mass or a number of things, never a capacity, and is known only when its
    /// period is over.
    ///
    /// # Errors
    /// Every fault of its fields.
    pub fn read(record: &wire::TradeInChannel, mut fields: Fields<'_>) -> Result<Self, Violations> {
        let wire::TradeInChannel {
            name: _,
            title,
            region,
            period,
            recovered,
            reporting_party,
            source_department,
            evidence,
            citation,
            note,
            record: _,
        } = record;
        let title = fields.title("title", title);
        let region = fields.region("region", region, &[Level::Province, Level::Prefecture, Level::County]);
        let timing = if recovered.is_some() { Timing::Over } else { Timing::Begun };
        let period = fields.period("period", period.as_ref(), timing);
        if let Some(recovered) = fields.quantity("recovered", recovered.as_ref()) {
            let unit = recovered.unit;
            let action = Text::new("请填实际回收的重量或件数", "give the mass or the number that was recovered");
            if unit.is_capacity() {
                let rule = Text::new("这是能力，不是回收量", "this is a capacity, not the amount recovered");
                fields.fault(Violation::new("recovered.unit", Reason::CapacityAsOutput, unit, rule, action));
            } else if !matches!(unit.dimension(), Dimension::Mass | Dimension::Count) {
                let rule = Text::new("回收量是重量或件数", "what was recovered is a mass or a number of things");
                let units = [Dimension::Mass, Dimension::Count].into_iter().flat_map(Unit::of_dimension);
                let violation = Violation::new("recovered.unit", Reason::UnitMismatch, unit, rule, action);
                fields.fault(violation.allowing(units));
            } else if recovered.value < Decimal::ZERO {
                let rule = Text::new("回收量不能为负", "what was recovered is not negative");
                fields.fault(Violation::new("recovered.value", Reason::ValueInvalid, recovered, rule, action));
            }
        }
        fields.source(SourceFields { reporting_party, source_department, evidence, citation: citation.as_ref(), note });
        let channel = title.zip(region).zip(period);
        fields.finish(channel.map(|((title, region), period)| Self { title, region, period }))
    }
}

/// Refuses a channel that is on file for the same period.
///
/// # Errors
/// [`Reason::DuplicateResource`].
pub fn check_peers(peers: &[Peer<TradeInChannel>], next: &TradeInChannel) -> Result<(), DomainError> {
    let rule = Text::new("同一渠道同一期间只登记一次", "a channel is recorded once for a period");
    let same = |other: &TradeInChannel| {
        other.region == next.region && other.period == next.period && same_title(&other.title, &next.title)
    };
    refuse_duplicate(peers, same, "title", &next.title, rule)
}

#[cfg(test)]
mod tests {
    use contracts::common::v1 as common;

    use super::*;

    fn reasons(value: &str, unit: &str) -> Vec<Reason> {
        let value = Some(common::Decimal { value: value.to_owned() });
        let record = wire::TradeInChannel {
            title: "家电以旧换新".to_owned(),
            region: "140000".to_owned(),
            period: Some(common::Period { value: "2024".to_owned(), assumed: false }),
            recovered: Some(common::Quantity { value, unit: unit.to_owned() }),
            ..Default::default()
        };
        let faults = TradeInChannel::read(&record, Fields::stored()).err().unwrap_or_default();
        faults.iter().map(|fault| fault.reason).collect()
    }

    #[test]
    fn what_was_recovered_is_a_mass_or_a_number_of_things() {
        assert_eq!(reasons("3.2", "万吨"), []);
        assert_eq!(reasons("120000", "件"), []);
        assert_eq!(reasons("0", "吨"), []);
        assert_eq!(reasons("3.2", "万吨/年"), [Reason::CapacityAsOutput]);
        assert_eq!(reasons("3.2", "万元"), [Reason::UnitMismatch]);
        assert_eq!(reasons("-1", "吨"), [Reason::ValueInvalid]);
    }
}
