//! The parts of a joint evaluation side by side, as the page of a run and that of a city show them.

use contracts::{common::v1 as common, evaluation::v1 as pb};

use super::items::marks;
use crate::{format, shell::Shell};

/// Parts by unit.
pub(super) struct Parts {
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<Row>,
}

/// A part of the scheme.
pub(super) struct Head {
    pub(super) title: Option<common::Text>,
    /// Points out of 100 in the combined score; empty where the part stands beside it.
    pub(super) weight: String,
}

/// A unit with its parts.
pub(super) struct Row {
    pub(super) code: String,
    pub(super) name: Option<common::Text>,
    /// The combined score; a dash where there is none.
    pub(super) score: String,
    pub(super) cells: Vec<Cell>,
}

/// A part of a unit.
pub(super) struct Cell {
    pub(super) score: String,
    pub(super) rank: u32,
    state: pb::PartState,
    pub(super) flags: Vec<common::Text>,
}

impl Parts {
    /// The parts of these units; none when they have none.
    pub(super) fn of<'a>(units: impl IntoIterator<Item = &'a pb::UnitResult>) -> Option<Self> {
        let units: Vec<&pb::UnitResult> = units.into_iter().filter(|unit| !unit.parts.is_empty()).collect();
        let heads = units.first()?.parts.iter().map(|part| Head {
            title: part.title.clone(),
            weight: format::decimal(part.weight.as_ref()).map(report::number::exact).unwrap_or_default(),
        });
        let rows = units.iter().map(|unit| Row {
            code: unit.unit.clone(),
            name: unit.display_name.clone(),
            score: marks(unit.score.as_ref()),
            cells: unit.parts.iter().map(Cell::of).collect(),
        });
        Some(Self { heads: heads.collect(), rows: rows.collect() })
    }
}

impl Cell {
    fn of(part: &pb::PartResult) -> Self {
        Self {
            score: format::fixed(part.score.as_ref(), 2),
            rank: part.rank,
            state: part.state(),
            flags: part.flags.clone(),
        }
    }

    pub(super) fn is_scored(&self) -> bool {
        self.state == pb::PartState::Scored
    }

    pub(super) fn word(&self, s: &Shell) -> &'static str {
        match self.state {
            pb::PartState::Scored => s.t("已评分", "scored"),
            pb::PartState::Missing | pb::PartState::Unspecified => s.t("缺数据", "data missing"),
            pb::PartState::NotApplicable => s.t("不适用", "not applicable"),
            pb::PartState::Refused => s.t("数据有误", "data refused"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(code: &str, state: pb::PartState) -> pb::UnitResult {
        let part = pb::PartResult { state: state.into(), ..pb::PartResult::default() };
        pb::UnitResult { unit: code.to_owned(), parts: vec![part], ..pb::UnitResult::default() }
    }

    #[test]
    fn a_part_without_data_is_named_and_is_no_zero() {
        let found = Parts::of(&[unit("140100", pb::PartState::Missing)]).unwrap();
        let cell = &found.rows[0].cells[0];
        assert!(!cell.is_scored());
        assert_eq!((cell.score.as_str(), found.rows[0].score.as_str()), ("—", "—"));
        assert!(Parts::of(&[pb::UnitResult::default()]).is_none());
    }
}
