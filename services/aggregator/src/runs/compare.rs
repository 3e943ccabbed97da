//! Two runs side by side: what changed in the stored results, and why.

use std::collections::{BTreeMap, BTreeSet};

use contracts::{common::v1 as common, evaluation::v1 as pb};
use domain::{Reason, Text, Violations};
use node::{caller::Caller, convert::Reader, desk::DeskError};
use rust_decimal::Decimal;

use super::{
    Evaluations,
    causes::{causes, is_correction},
    side::Side,
};
use crate::wire::{decimal, domain_text};

impl Evaluations {
    pub(super) async fn compared(
        &self,
        caller: &Caller,
        message: pb::CompareRunsRequest,
    ) -> Result<pb::CompareRunsResponse, DeskError> {
        let pb::CompareRunsRequest { first, second } = message;
        // About all cities: the rank of one depends on the others.
        caller.must_see(self.context.department(), "")?;
        let mut faults = Violations::new();
        let mut reader = Reader::new(&mut faults);
        reader.required("first", &first);
        reader.required("second", &second);
        if !faults.is_empty() {
            return Err(faults.into());
        }
        let (first, second) = (self.run(&first).await?, self.run(&second).await?);
        super::must_have_succeeded(&first)?;
        super::must_have_succeeded(&second)?;
        // What cannot be made again is compared by what was stored.
        let sides = match (self.side(first.clone()).await, self.side(second.clone()).await) {
            (Ok(first), Ok(second)) => Ok((first, second)),
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        let sides = match sides {
            Err(DeskError::Refused(refused)) if refused.reason == Reason::RunNotReproducible => Err(refused.text),
            other => Ok(other?),
        };
        let context = self.context.clone();
        self.workers
            .answer(move || match &sides {
                Ok((first, second)) => with_causes(first, second, context.catalogue()),
                Err(why) => stored(&first, &second, vec![why.clone()]),
            })
            .await
    }
}

/// What changed between two runs that were made again, and why.
pub(super) fn with_causes(first: &Side, second: &Side, catalogue: &domain::Catalogue) -> pb::CompareRunsResponse {
    let mut remarks: Vec<Text> = [&first.differs, &second.differs].into_iter().flatten().cloned().collect();
    if first.run.scheme_kind != second.run.scheme_kind {
        remarks.push(Text::new(
            "两次运行的方案类型不同，得分的尺度不同，不能分解原因",
            "the two schemes are of different kinds: their scores have other scales, and the causes cannot be told apart",
        ));
    }
    if first.run.panel_periods != second.run.panel_periods {
        remarks.push(Text::new(
            "两次运行的往期不同，不能分解原因",
            "the runs have other earlier periods: the causes cannot be told apart",
        ));
    }
    let told = if remarks.is_empty() { Some(causes(first, second, catalogue)) } else { None };
    let effects = match told {
        Some(Ok(effects)) => effects,
        Some(Err(error)) => {
            let words = error.to_string();
            remarks.push(Text::new(
                format!("两次运行之间的状态无法计算，不能分解原因：{words}"),
                format!("a state between the two runs cannot be computed, the causes cannot be told apart: {words}"),
            ));
            BTreeMap::new()
        }
        None => BTreeMap::new(),
    };
    let mut response = stored(&first.run, &second.run, remarks);
    for unit in &mut response.units {
        unit.causes = effects.get(&unit.unit).cloned().unwrap_or_default();
    }
    response
}

/// What changed between the stored results of two runs.
fn stored(first: &pb::EvaluationRun, second: &pb::EvaluationRun, remarks: Vec<Text>) -> pb::CompareRunsResponse {
    let by_unit = |run: &pb::EvaluationRun| -> BTreeMap<String, pb::UnitResult> {
        run.units.iter().map(|unit| (unit.unit.clone(), unit.clone())).collect()
    };
    let (old, new) = (by_unit(first), by_unit(second));
    let only = |a: &BTreeMap<String, pb::UnitResult>, b: &BTreeMap<String, pb::UnitResult>| {
        a.keys().filter(|unit| !b.contains_key(*unit)).cloned().collect()
    };
    let same_scheme = first.scheme_digest == second.scheme_digest;
    let both = || new.iter().filter_map(|(unit, after)| Some((unit, old.get(unit)?, after)));
    let mut changes: Vec<(Decimal, pb::ItemChange)> = both()
        .flat_map(|(unit, before, after)| {
            item_changes(unit, before, after, same_scheme).into_iter().chain(part_changes(
                unit,
                before,
                after,
                same_scheme,
            ))
        })
        .collect();
    changes.sort_by(|(a, x), (b, y)| {
        b.abs().cmp(&a.abs()).then_with(|| (&x.unit, &x.indicator).cmp(&(&y.unit, &y.indicator)))
    });
    pb::CompareRunsResponse {
        changes: changes.into_iter().map(|(_, change)| change).collect(),
        units: both().map(|(_, before, after)| unit_change(before, after)).collect(),
        same_scheme,
        same_data: first.data_digest == second.data_digest,
        new_units: only(&new, &old),
        gone_units: only(&old, &new),
        remarks: remarks.iter().map(domain_text).collect(),
    }
}

fn unit_change(before: &pb::UnitResult, after: &pb::UnitResult) -> pb::UnitChange {
    pb::UnitChange {
        unit: after.unit.clone(),
        display_name: after.display_name.clone(),
        score_before: before.score.clone(),
        score_after: after.score.clone(),
        rank_before: before.rank,
        rank_after: after.rank,
        grade_before: before.grade.clone(),
        grade_after: after.grade.clone(),
        causes: Vec::new(),
    }
}

fn item_changes(
    unit: &str,
    before: &pb::UnitResult,
    after: &pb::UnitResult,
    same_scheme: bool,
) -> Vec<(Decimal, pb::ItemChange)> {
    let find = |result: &pb::UnitResult, indicator: &str| {
        result.items.iter().find(|item| item.indicator == indicator).cloned()
    };
    let indicators: BTreeSet<&str> = before.items.iter().chain(&after.items).map(|item| &*item.indicator).collect();
    let change = |indicator: &str| {
        let (old, new) = (find(before, indicator), find(after, indicator));
        let change = marks(new.as_ref()) - marks(old.as_ref());
        let (a, b) = (old.clone().unwrap_or_default(), new.clone().unwrap_or_default());
        let figures = (&a.value, &a.target, &a.baseline, a.state) != (&b.value, &b.target, &b.baseline, b.state);
        let revision = |item: &pb::ItemScore| item.provenance.as_ref().map(|from| from.revision_name.clone());
        let (from, to) = (revision(&a), revision(&b));
        let moved = !change.is_zero() || figures || from != to || old.is_none() != new.is_none();
        let cause = if is_correction(from.as_deref(), to.as_deref()) {
            pb::ChangeCause::Correction
        } else if from != to || (figures && same_scheme) {
            pb::ChangeCause::Own
        } else if !same_scheme {
            pb::ChangeCause::Scheme
        } else {
            pb::ChangeCause::Others
        };
        moved.then(|| {
            let change_out = pb::ItemChange {
                unit: unit.to_owned(),
                indicator: indicator.to_owned(),
                change: Some(decimal(change)),
                display_name: b.display_name.or(a.display_name),
                state_before: a.state,
                state_after: b.state,
                value_before: a.value,
                value_after: b.value,
                cause: cause.into(),
                revision_before: from.unwrap_or_default(),
                revision_after: to.unwrap_or_default(),
            };
            (change, change_out)
        })
    };
    indicators.into_iter().filter_map(change).collect()
}

/// The parts of a joint evaluation whose score or state is another.
fn part_changes(
    unit: &str,
    before: &pb::UnitResult,
    after: &pb::UnitResult,
    same_scheme: bool,
) -> Vec<(Decimal, pb::ItemChange)> {
    let find = |result: &pb::UnitResult, part: &str| result.parts.iter().find(|found| found.part == part).cloned();
    let parts: BTreeSet<&str> = before.parts.iter().chain(&after.parts).map(|part| &*part.part).collect();
    let change = |part: &str| {
        let (old, new) = (find(before, part).unwrap_or_default(), find(after, part).unwrap_or_default());
        let score = |part: &pb::PartResult| {
            part.score.as_ref().and_then(|score| Decimal::from_str_exact(&score.value).ok()).unwrap_or_default()
        };
        let change = score(&new) - score(&old);
        let cause = if same_scheme { pb::ChangeCause::Own } else { pb::ChangeCause::Scheme };
        (old != new && (!change.is_zero() || old.state != new.state)).then(|| {
            let change_out = pb::ItemChange {
                unit: unit.to_owned(),
                indicator: part.to_owned(),
                change: Some(decimal(change)),
                display_name: new.title.clone().or(old.title.clone()),
                state_before: part_state(&old).into(),
                state_after: part_state(&new).into(),
                value_before: old.score,
                value_after: new.score,
                cause: cause.into(),
                ..pb::ItemChange::default()
            };
            (change, change_out)
        })
    };
    parts.into_iter().filter_map(change).collect()
}

fn part_state(part: &pb::PartResult) -> pb::ItemState {
    match part.state() {
        pb::PartState::Unspecified => pb::ItemState::Unspecified,
        pb::PartState::Scored => pb::ItemState::Scored,
        pb::PartState::Missing => pb::ItemState::Missing,
        pb::PartState::NotApplicable => pb::ItemState::NotApplicable,
        pb::PartState::Refused => pb::ItemState::NotScorable,
    }
}

/// The marks of an indicator; of an index, what it adds to the score.
fn marks(item: Option<&pb::ItemScore>) -> Decimal {
    let number = |value: &common::Decimal| Decimal::from_str_exact(&value.value).ok();
    item.and_then(|item| item.contribution.as_ref().or(item.score.as_ref())).and_then(number).unwrap_or_default()
}
