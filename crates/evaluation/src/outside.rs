//! What bonus items, deductions and vetoes come to, beside the weighted score.
//!
//! `final = min(score + min(Σ bonus, cap), total_at_most) − min(Σ deductions, cap)`, where an item counts
//! `min(per_unit · value, max)`; a score of marks does not fall below 0; a veto in force then holds the score at its
//! `score_at_most` and the grade at its `grade_at_most`. The weighted score itself stays as it is: whoever reads a result sees
//! both, with every item between them. Ranks and grades are read from the final score.
//!
//! **Missing:** an item without a value adds and takes nothing and is flagged; a veto without a value is not in force and
//! is flagged as unknown, since nobody has said that it did not happen. **Negative** values count nothing and are flagged.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::exact::Exact;
use crate::flag::{Flag, FlagCode};
use crate::input::{Cell, EvidenceState, MissingState, Presence, Qualifier};
use crate::scheme::{Extra, ExtraItem, Outside, VetoRule};
use crate::text::Text;

/// What stands between the weighted and the final score of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Adjustment {
    /// The bonus items in the order of the scheme.
    pub bonus_items: Vec<ExtraScore>,
    /// What they add: their sum, held at the cap of the scheme.
    pub bonus: Exact,
    /// The deductions in the order of the scheme.
    pub deduction_items: Vec<ExtraScore>,
    /// What they take: their sum, held at the cap of the scheme.
    pub deductions: Exact,
    /// The vetoes in the order of the scheme.
    pub vetoes: Vec<VetoState>,
    /// Whether one of them is in force.
    pub vetoed: bool,
    /// What the bonus may lift the score to, where the scheme limits it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_at_most: Option<Decimal>,
    /// What the vetoes in force hold the score at, if they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_at_most: Option<Decimal>,
    /// The final score before rounding.
    pub final_exact: Exact,
    /// The final score as printed. Rank and grade are read from it.
    pub final_score: Decimal,
}

/// A bonus item or a deduction of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExtraScore {
    /// Its code.
    pub id: String,
    /// Printed title.
    pub title: Text,
    /// As reported.
    pub value: Option<Decimal>,
    /// What it counts, before the cap of all items together.
    pub points: Exact,
    /// What a reader must know of it.
    pub flags: Vec<Flag>,
}

/// A veto of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VetoState {
    /// Its code.
    pub id: String,
    /// Printed title.
    pub title: Text,
    /// As reported.
    pub value: Option<Decimal>,
    /// Whether it is in force.
    pub in_force: bool,
    /// What a reader must know of it.
    pub flags: Vec<Flag>,
}

impl Adjustment {
    /// The final score for a weighted one in floating point, for replicates. `floor` is the lowest score there is.
    pub(crate) fn float(&self, floor: f64) -> impl Fn(f64) -> f64 + Sync + use<> {
        let number = |value: &Decimal| Exact::from(*value).to_f64();
        let (bonus, deductions) = (self.bonus.to_f64(), self.deductions.to_f64());
        let limit = self.total_at_most.as_ref().map_or(f64::INFINITY, number);
        let most = self.score_at_most.as_ref().map_or(f64::INFINITY, number);
        move |score| {
            let lifted = score + bonus;
            let held = if lifted > limit { score.max(limit) } else { lifted };
            (held - deductions).max(floor).min(most)
        }
    }
}

/// The items of one unit, ready to be applied to a score.
#[derive(Clone, Debug)]
pub(crate) struct Settled<'r> {
    rules: &'r Outside,
    bonus: (Vec<ExtraScore>, Exact),
    deductions: (Vec<ExtraScore>, Exact),
    vetoes: Vec<VetoState>,
    /// Scores do not fall below this.
    floor: Option<Exact>,
}

/// Works out the items of a unit from its cells. `floor` is the lowest score there is, if there is one.
pub(crate) fn settle<'r>(rules: &'r Outside, cell: &dyn Fn(&str) -> Cell, floor: Option<Exact>) -> Settled<'r> {
    Settled {
        rules,
        bonus: extras(rules.bonus.as_ref(), cell),
        deductions: extras(rules.deductions.as_ref(), cell),
        vetoes: rules.veto.iter().map(|rule| veto(rule, &cell(&rule.id))).collect(),
        floor,
    }
}

impl Settled<'_> {
    /// The final score for a weighted one.
    pub(crate) fn apply(&self, score: &Exact) -> Exact {
        let mut total = score + &self.bonus.1;
        let limit = self.total_at_most().map(Exact::from);
        // The limit is for the bonus: it never takes from the weighted score.
        if let Some(limit) = limit
            && total > limit
        {
            total = score.clone().max(limit);
        }
        total = &total - &self.deductions.1;
        if let Some(floor) = self.floor.as_ref().filter(|floor| total < **floor) {
            total = floor.clone();
        }
        match self.score_at_most().map(Exact::from) {
            Some(most) if total > most => most,
            Some(_) | None => total,
        }
    }

    fn total_at_most(&self) -> Option<Decimal> {
        self.rules.bonus.as_ref().and_then(|bonus| bonus.total_at_most)
    }

    fn score_at_most(&self) -> Option<Decimal> {
        self.in_force().filter_map(|(rule, _)| rule.score_at_most).min()
    }

    /// The best grade that the vetoes leave, as a place in the list of grades.
    pub(crate) fn best_grade(&self) -> usize {
        self.in_force().filter_map(|(rule, _)| rule.grade_at_most).max().unwrap_or(0)
    }

    /// What the unit itself is flagged with.
    pub(crate) fn flags(&self) -> impl Iterator<Item = FlagCode> {
        let unknown = |state: &VetoState| state.flags.iter().any(|flag| flag.code == FlagCode::VetoUnknown);
        let found = [
            self.vetoes.iter().any(|state| state.in_force).then_some(FlagCode::VetoInForce),
            self.vetoes.iter().any(unknown).then_some(FlagCode::VetoUnknown),
        ];
        found.into_iter().flatten()
    }

    /// The result for readers; `places` are the decimals of the printed score.
    pub(crate) fn shown(&self, score: &Exact, places: u32) -> Adjustment {
        let final_exact = self.apply(score);
        Adjustment {
            bonus_items: self.bonus.0.clone(),
            bonus: self.bonus.1.clone(),
            deduction_items: self.deductions.0.clone(),
            deductions: self.deductions.1.clone(),
            vetoes: self.vetoes.clone(),
            vetoed: self.vetoes.iter().any(|state| state.in_force),
            total_at_most: self.total_at_most(),
            score_at_most: self.score_at_most(),
            final_score: final_exact.round(places),
            final_exact,
        }
    }

    fn in_force(&self) -> impl Iterator<Item = (&VetoRule, &VetoState)> {
        self.rules.veto.iter().zip(&self.vetoes).filter(|(_, state)| state.in_force)
    }
}

/// The items with what they come to together.
fn extras(extra: Option<&Extra>, cell: &dyn Fn(&str) -> Cell) -> (Vec<ExtraScore>, Exact) {
    let Some(extra) = extra else { return (Vec::new(), Exact::zero()) };
    let items: Vec<ExtraScore> = extra.items.iter().map(|item| score(item, &cell(&item.id))).collect();
    let sum: Exact = items.iter().map(|item| &item.points).sum();
    let held = match extra.cap.map(Exact::from) {
        Some(cap) if sum > cap => cap,
        Some(_) | None => sum,
    };
    (items, held)
}

fn score(item: &ExtraItem, cell: &Cell) -> ExtraScore {
    let (value, mut flags, accepted) = reported(cell);
    let mut points = value.map_or_else(Exact::zero, |value| &Exact::from(item.per_unit) * &Exact::from(value));
    if points.is_negative() {
        flags.push(FlagCode::NegativeValue);
        points = Exact::zero();
    }
    if item.evidence && value.is_some() && !accepted {
        flags.push(FlagCode::EvidencePending);
        points = Exact::zero();
    }
    if let Some(max) = item.max.map(Exact::from).filter(|max| points > *max) {
        points = max;
    }
    let flags = flags.into_iter().map(Flag::from).collect();
    ExtraScore { id: item.id.clone(), title: item.title.clone(), value, points, flags }
}

fn veto(rule: &VetoRule, cell: &Cell) -> VetoState {
    let (value, mut flags, _) = reported(cell);
    let in_force = value.is_some_and(|value| value >= rule.at_least);
    if in_force {
        flags.push(FlagCode::VetoInForce);
    }
    if matches!(cell.presence, Presence::Missing(_)) {
        flags.push(FlagCode::VetoUnknown);
    }
    let flags = flags.into_iter().map(Flag::from).collect();
    VetoState { id: rule.id.clone(), title: rule.title.clone(), value, in_force, flags }
}

/// The value of a cell, what is to be said of it, and whether its evidence is accepted.
fn reported(cell: &Cell) -> (Option<Decimal>, Vec<FlagCode>, bool) {
    match &cell.presence {
        Presence::Missing(state) => (None, vec![FlagCode::from(*state)], false),
        Presence::NotApplicable { .. } => (None, vec![FlagCode::NotApplicable], false),
        Presence::Reported(value) => {
            let flag = match value.qualifier {
                Qualifier::Equal => None,
                Qualifier::AtLeast => Some(FlagCode::LowerBound),
                Qualifier::AtMost => Some(FlagCode::UpperBound),
                Qualifier::About => Some(FlagCode::Approximate),
            };
            let accepted = value.evidence == Some(EvidenceState::Accepted);
            (Some(value.value), flag.into_iter().collect(), accepted)
        }
    }
}

/// A cell of which nothing is known.
pub(crate) fn unknown() -> Cell {
    Cell::of(Presence::Missing(MissingState::Unknown))
}
