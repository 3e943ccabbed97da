//! What the parts of a joint evaluation are made of: the final scores of other runs, the commitments that name a city, and how
//! the figures of a city were reported.
//!
//! A commitment counts for a city that it names as responsible. It is due when it has a measurable target and its deadline is
//! not after the day of the run; it is kept when it was accepted as done by the deadline, and made up when later.
//!
//! What is to be reported are the obligatory indicators of the first part that is the score of a scheme of practice, but for
//! those that do not apply or are computed. One is on time when its first revision came by the deadline of the run, whatever
//! was corrected since, and corrected when a later revision was used.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use contracts::evaluation::v1 as pb;
use domain::{DomainError, Reason, Region, ResourceName, Text};
use evaluation::{
    Cell, MissingState, Plan, Presence, Scheme, Value,
    joint::{JointScheme, Source},
};
use node::desk::DeskError;
use rust_decimal::Decimal;
use store::View;

use super::Evaluations;
use crate::{
    followup::{Promise, promises},
    inputs::Cells,
    internal,
};

/// The names of the data of a joint scheme.
pub(super) fn names(scheme: &JointScheme) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for part in scheme.parts() {
        match part.from.facts() {
            [] => {
                names.insert(part.id.clone());
            }
            facts => names.extend(facts.iter().map(|fact| format!("{}.{fact}", part.id))),
        }
    }
    names
}

impl Evaluations {
    /// The cells of a joint evaluation; none of another model. What nothing is known of has no cell.
    ///
    /// # Errors
    /// The faults of the store; [`Reason::RunNotReproducible`] when a run that it rests on is another by now.
    pub(super) async fn parts(&self, run: &pb::EvaluationRun, plan: &Plan) -> Result<Cells, DeskError> {
        let Plan::Joint(scheme) = plan else { return Ok(Cells::new()) };
        let mut cells = Cells::new();
        let mut reports = None;
        for part in scheme.parts().iter().filter(|part| part.from == Source::Score) {
            let Some(named) = run.part_runs.iter().find(|named| named.part == part.id) else { continue };
            let of = self.run(&named.run).await?;
            if of.result_digest != named.result_digest {
                return Err(another(named).into());
            }
            for unit in &of.units {
                cells.insert((unit.unit.clone(), part.id.clone()), final_score(unit));
            }
            if let (None, Plan::Practice(practice)) = (&reports, self.schemes.of_run(&of).await?.plan) {
                reports = Some((practice, of));
            }
        }
        for part in scheme.parts() {
            match part.from {
                Source::Score => {}
                Source::Commitments { .. } => {
                    let counts = self.commitments(run).await?;
                    add(&mut cells, &part.id, counts);
                }
                Source::Reporting { .. } => {
                    if let (Some((practice, of)), Ok(deadline)) = (&reports, run.reporting_deadline.parse()) {
                        let counts = self.reporting(practice, of, deadline).await?;
                        add(&mut cells, &part.id, counts);
                    }
                }
            }
        }
        Ok(cells)
    }

    /// For each city: commitments due, kept, made up.
    async fn commitments(&self, run: &pb::EvaluationRun) -> Result<Vec<Counts>, DeskError> {
        let own = self.context.department();
        let view = View::Upto([(own.clone(), run.scheme_log_size)].into());
        let found = promises(self.context.store(), own, &view).await.map_err(|error| internal(&error))?;
        let today: NaiveDate = run.as_of_date.parse().map_err(|error| internal(&error))?;
        let counts = |city: &Region| {
            let (mut due, mut kept, mut made_up) = (0, 0, 0);
            for promise in found.iter().filter(|promise| names_city(promise, city)) {
                let Some(deadline) = due_since(promise, today) else { continue };
                due += 1;
                if let Some(day) = promise.accepted.map(day_in_china).filter(|day| *day <= today) {
                    *(if day <= deadline { &mut kept } else { &mut made_up }) += 1;
                }
            }
            (city.code.to_string(), vec![("due", due), ("kept", kept), ("made_up", made_up)])
        };
        Ok(self.context.regions().cities().map(counts).collect())
    }

    /// For each city: figures due, reported, on time, corrected.
    async fn reporting(
        &self,
        scheme: &Scheme,
        run: &pb::EvaluationRun,
        deadline: NaiveDate,
    ) -> Result<Vec<Counts>, DeskError> {
        let asked = |item: &&pb::ItemScore| {
            scheme.indicator(&item.indicator).is_some_and(|rule| rule.mandatory && rule.formula.is_none())
                && item.state() != pb::ItemState::NotApplicable
        };
        let mut all = Vec::with_capacity(run.units.len());
        for unit in &run.units {
            let (mut due, mut reported, mut on_time, mut corrected) = (0, 0, 0, 0);
            for item in unit.items.iter().filter(asked) {
                due += 1;
                if let pb::ItemState::Missing | pb::ItemState::Unspecified = item.state() {
                    continue;
                }
                reported += 1;
                let Some(source) = &item.provenance else { continue };
                let first = self.first_time(source).await?;
                on_time += usize::from(first.is_some_and(|time| day_in_china(time) <= deadline));
                corrected += usize::from(revision(&source.revision_name).is_some_and(|(_, revision)| revision > 1));
            }
            let counts = vec![("due", due), ("reported", reported), ("on_time", on_time), ("corrected", corrected)];
            all.push((unit.unit.clone(), counts));
        }
        Ok(all)
    }

    /// When the first revision of what was used came.
    async fn first_time(&self, source: &contracts::common::v1::Provenance) -> Result<Option<DateTime<Utc>>, DeskError> {
        let used = source
            .receive_time
            .as_ref()
            .and_then(|time| DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).unwrap_or_default()));
        let Some((name, _)) = revision(&source.revision_name).filter(|(_, revision)| *revision > 1) else {
            return Ok(used);
        };
        let Ok(name) = ResourceName::parse(name) else { return Ok(used) };
        let first = self.context.store().observation_revisions(&name, Some(2), 1).await?;
        Ok(first.first().map(|row| row.known_from).or(used))
    }
}

/// A city and its counts by name.
type Counts = (String, Vec<(&'static str, usize)>);

fn add(cells: &mut Cells, part: &str, counts: Vec<Counts>) {
    for (unit, counts) in counts {
        for (name, count) in counts {
            let cell = Cell::of(Presence::Reported(Value::exactly(Decimal::from(count))));
            cells.insert((unit.clone(), format!("{part}.{name}")), cell);
        }
    }
}

/// The final score of a unit. One that its run does not rank has too little behind its score to be compared: missing here.
fn final_score(unit: &pb::UnitResult) -> Cell {
    let score = unit.score.as_ref().filter(|_| unit.ranked).and_then(|score| score.value.parse::<Decimal>().ok());
    Cell::of(score.map_or(Presence::Missing(MissingState::Unknown), |score| Presence::Reported(Value::exactly(score))))
}

/// The deadline of what is due; none where there is nothing to measure, or it is not due yet.
fn due_since(promise: &Promise, today: NaiveDate) -> Option<NaiveDate> {
    promise.commitment.deadline.filter(|deadline| promise.commitment.target.is_some() && *deadline <= today)
}

/// Whether a commitment names a city as responsible: by its code, or by a text that begins with its name.
fn names_city(promise: &Promise, city: &Region) -> bool {
    let named = |who: &String| who.trim() == city.code.as_str() || who.trim().starts_with(&city.name_zh);
    promise.commitment.responsible.iter().any(named)
}

/// The calendar that deadlines are in: UTC+8 all year.
fn day_in_china(time: DateTime<Utc>) -> NaiveDate {
    (time + TimeDelta::hours(8)).date_naive()
}

/// Name and number of a revision, `name@revision`.
fn revision(name: &str) -> Option<(&str, u32)> {
    let (name, revision) = name.rsplit_once('@')?;
    Some((name, revision.parse().ok()?))
}

fn another(named: &pb::PartRun) -> DomainError {
    let text = Text::new(
        format!("运行 {} 的结果与当时不同，不能作为 {} 的依据", named.run, named.part),
        format!("{} has another result than then, and is no ground for {}", named.run, named.part),
    );
    DomainError::new(Reason::RunNotReproducible, text).with_fact("name", &named.run)
}
