//! Indicators of a unit as several pages show them.

use contracts::{common::v1 as common, evaluation::v1 as pb};
use rust_decimal::Decimal;

use crate::{format, shell::Shell};

/// An indicator of a city.
pub(super) struct Item {
    pub(super) code: String,
    pub(super) name: Option<common::Text>,
    pub(super) value: String,
    pub(super) target: String,
    pub(super) marks: String,
    pub(super) weight: String,
    pub(super) state: pb::ItemState,
    /// What else a reader must know, beyond the state.
    pub(super) flags: Vec<common::Text>,
    /// Where it was recorded, in short; empty when nobody reported it.
    pub(super) place: String,
}

impl Item {
    pub(super) fn of(item: &pb::ItemScore) -> Self {
        let flags = item.flags.iter().filter(|flag| flag.zh != word(item.state()).0);
        Self {
            code: item.indicator.clone(),
            name: item.display_name.clone(),
            value: format::quantity(item.value.as_ref(), item.qualifier(), &item.unit),
            target: format::quantity(item.target.as_ref(), common::Qualifier::Equal, &item.unit),
            marks: marks(item.score.as_ref()),
            weight: marks(item.weight.as_ref()),
            state: item.state(),
            flags: flags.cloned().collect(),
            place: item.provenance.as_ref().map(place).unwrap_or_default(),
        }
    }

    pub(super) fn is_scored(&self) -> bool {
        self.state == pb::ItemState::Scored
    }

    pub(super) fn is_missing(&self) -> bool {
        matches!(self.state, pb::ItemState::Missing | pb::ItemState::Unspecified)
    }

    pub(super) fn word(&self, s: &Shell) -> &'static str {
        let (zh, en) = word(self.state);
        s.t(zh, en)
    }
}

/// Marks with at most two decimals, half up; a dash where there are none.
pub(super) fn marks(value: Option<&common::Decimal>) -> String {
    format::decimal(value).map_or_else(format::dash, |value| report::number::exact(report::number::half_up(value, 2)))
}

/// A state in words.
fn word(state: pb::ItemState) -> (&'static str, &'static str) {
    match state {
        pb::ItemState::Scored => ("已评分", "scored"),
        pb::ItemState::Missing | pb::ItemState::Unspecified => ("待报送", "to be reported"),
        pb::ItemState::NotApplicable => ("不适用", "not applicable"),
        pb::ItemState::NoTarget => ("无目标值", "no target"),
        pb::ItemState::EvidencePending => ("佐证待审核", "evidence not reviewed"),
        pb::ItemState::NotScorable => ("不能评分", "not scorable"),
    }
}

/// Where a submission was recorded, in short: `city-140100 #12.0`.
pub(super) fn place(from: &common::Provenance) -> String {
    format!("{} #{}.{}", format::node(&from.node), from.log_index, from.position)
}

/// How far a value reaches on a scale that ends at `most`, in percent with one decimal, 0 to 100.
pub(super) fn reach(value: Decimal, most: Decimal) -> String {
    if most <= Decimal::ZERO || value <= Decimal::ZERO {
        return "0".to_owned();
    }
    let share = (value * Decimal::ONE_HUNDRED / most).min(Decimal::ONE_HUNDRED);
    report::number::half_up(share, 1).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_ends_at_its_scale_and_never_before_its_beginning() {
        let of = |value: i64, most: i64| reach(Decimal::from(value), Decimal::from(most));
        assert_eq!(
            (of(1, 3).as_str(), of(5, 3).as_str(), of(-1, 3).as_str(), of(1, 0).as_str()),
            ("33.3", "100", "0", "0")
        );
    }
}
