//! What the department has reported before, asked in the name of the visitor: the last value of each figure, and what is there already
//! for the round.

use std::collections::{BTreeMap, BTreeSet};

use contracts::{common::v1 as common, exchange::v1 as exchange};
use domain::{
    DepartmentId, IndicatorCode, Observation, ObservationStatus, Period, Qualifier, Quantity, RegionCode, Scope, Unit,
};
use workbook::{LastValue, LastValues, Reading};

use crate::{format, port::Refusal, visit::Visit};

/// Most pages of a thousand figures that are looked through.
const MOST_PAGES: usize = 50;
/// The mark of synthetic data.
const SYNTHETIC: &str = "模拟数据";

/// What makes a figure the same.
pub(super) type Key = (IndicatorCode, RegionCode, Scope);

/// What is on record.
#[derive(Clone, Debug, Default)]
pub(super) struct Reported {
    /// The newest value before the round, to compare with.
    pub(super) last: LastValues,
    /// Whether one of them is synthetic.
    pub(super) synthetic: bool,
    /// What the round has already.
    pub(super) now: BTreeMap<Key, Held>,
    /// Submissions that were returned, by their index in the log.
    pub(super) returned: BTreeSet<u64>,
}

/// A figure that is on record.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// Its value as it is shown.
    pub(super) shown: String,
    pub(super) figure: exchange::Observation,
}

/// The figures of a workbook by what becomes of them.
#[derive(Debug, Default)]
pub(super) struct Split<'a> {
    /// Not on record, each with its row.
    pub(super) new: Vec<(u64, &'a Observation)>,
    /// On record with something else: a correction.
    pub(super) corrections: Vec<(u64, &'a Observation, &'a Held)>,
    /// On record as they are, but in a submission that was returned: submitted anew.
    pub(super) again: Vec<(u64, &'a Observation, &'a Held)>,
    /// On record as they are: not sent.
    pub(super) unchanged: usize,
}

impl Held {
    /// Its resource name.
    pub(super) fn name(&self) -> &str {
        &self.figure.name
    }

    /// The revision that a correction is of.
    pub(super) fn etag(&self) -> &str {
        self.figure.record.as_ref().map_or("", |record| &record.etag)
    }

    /// Index of the submission that holds the revision.
    pub(super) fn log_index(&self) -> Option<u64> {
        Some(self.figure.record.as_ref()?.provenance.as_ref()?.log_index)
    }

    /// Whether a figure says nothing that is not on record, as far as a workbook can say it.
    fn says(&self, figure: &Observation) -> bool {
        let held = &self.figure;
        let value = held.value.as_ref();
        let unit = value.and_then(|value| Unit::parse(&value.unit).ok());
        let measured = figure.value.is_none()
            || (unit == Some(figure.unit) && qualifier(held.qualifier()) == Some(figure.qualifier));
        let evidence = held.evidence.iter().map(|evidence| &evidence.title);
        measured
            && format::decimal(value.and_then(|value| value.value.as_ref())) == figure.value
            && status(held.status()) == Some(figure.status)
            && format::decimal(held.numerator.as_ref()) == figure.numerator
            && format::decimal(held.denominator.as_ref()) == figure.denominator
            && held.text_value == figure.text_value.as_deref().unwrap_or_default()
            && held.note == figure.note
            && evidence.eq(figure.evidence.iter().map(|evidence| &evidence.title))
    }
}

impl Reported {
    /// Indicators that the round has already.
    pub(super) fn indicators(&self) -> BTreeSet<&IndicatorCode> {
        self.now.keys().map(|(indicator, _, _)| indicator).collect()
    }

    /// What is on record under the key of a figure of the round.
    pub(super) fn held(&self, figure: &Observation, round: Period) -> Option<&Held> {
        let key = &figure.key;
        // A figure up to a day within the round is another figure.
        let of_round = key.period == round;
        self.now.get(&(key.indicator.clone(), key.region.clone(), key.scope)).filter(|_| of_round)
    }

    /// The returned submission whose figure this is; none when it was not returned.
    pub(super) fn replaces(&self, held: &Held) -> Option<u64> {
        held.log_index().filter(|index| self.returned.contains(index))
    }

    /// What becomes of the figures of a workbook.
    pub(super) fn split<'a>(&'a self, reading: &'a Reading, round: Period) -> Split<'a> {
        let mut split = Split::default();
        for (row, figure) in reading.observations() {
            let row = u64::from(row);
            match self.held(figure, round) {
                None => split.new.push((row, figure)),
                Some(held) if held.says(figure) && self.replaces(held).is_some() => {
                    split.again.push((row, figure, held))
                }
                Some(held) if held.says(figure) => split.unchanged += 1,
                Some(held) => split.corrections.push((row, figure, held)),
            }
        }
        split
    }
}

/// Asks the node.
///
/// # Errors
/// What the node refuses.
pub(super) async fn reported(visit: &Visit, department: &DepartmentId, period: Period) -> Result<Reported, Refusal> {
    let filter = exchange::ObservationFilter { measure: exchange::Measure::Actual.into(), ..Default::default() };
    let mut request = exchange::ListObservationsRequest {
        parent: department.parent(),
        page_size: 1000,
        filter: Some(filter),
        ..Default::default()
    };
    let mut found = Reported::default();
    for _page in 0..MOST_PAGES {
        let answer = visit.ask(request.clone()).await?;
        answer.observations.iter().for_each(|observation| found.add(observation, period));
        if answer.next_page_token.is_empty() {
            break;
        }
        request.page_token = answer.next_page_token;
    }
    Ok(found)
}

impl Reported {
    fn add(&mut self, observation: &exchange::Observation, round: Period) {
        let Some((key, period)) = key(observation) else { return };
        if period == round {
            let unit = observation.value.as_ref().map(|value| value.unit.as_str()).unwrap_or_default();
            let value = observation.value.as_ref().and_then(|value| value.value.as_ref());
            let shown = match (value, observation.text_value.as_str()) {
                (None, "") => format::dash(),
                (None, words) => words.to_owned(),
                (value, _) => format::quantity(value, observation.qualifier(), unit),
            };
            self.now.insert(key, Held { shown, figure: observation.clone() });
            return;
        }
        let newer = self.last.get(&key).is_none_or(|held| held.period.end() < period.end());
        if period.end() < round.end()
            && newer
            && let Some(quantity) = quantity(observation)
        {
            let citation = observation.citation.as_ref().map(|citation| citation.quote.as_str()).unwrap_or_default();
            self.synthetic |= observation.note.contains(SYNTHETIC) || citation.contains(SYNTHETIC);
            self.last.insert(key, LastValue { quantity, period });
        }
    }
}

/// The key of a figure and its period; none when a part of it is not of this release.
fn key(observation: &exchange::Observation) -> Option<(Key, Period)> {
    let key = (
        IndicatorCode::parse(&observation.indicator).ok()?,
        RegionCode::parse(&observation.region).ok()?,
        scope(observation.scope())?,
    );
    Some((key, Period::parse(&observation.period.as_ref()?.value).ok()?))
}

fn scope(scope: common::Scope) -> Option<Scope> {
    match scope {
        common::Scope::Unspecified => None,
        common::Scope::WholeCity => Some(Scope::WholeCity),
        common::Scope::MainUrban => Some(Scope::MainUrban),
        common::Scope::County => Some(Scope::County),
        common::Scope::Province => Some(Scope::Province),
        common::Scope::WholeCityOperating => Some(Scope::WholeCityOperating),
    }
}

fn quantity(observation: &exchange::Observation) -> Option<Quantity> {
    let value = observation.value.as_ref()?;
    Some(Quantity::new(format::decimal(value.value.as_ref())?, Unit::parse(&value.unit).ok()?))
}

fn qualifier(qualifier: common::Qualifier) -> Option<Qualifier> {
    match qualifier {
        common::Qualifier::Unspecified => None,
        common::Qualifier::Equal => Some(Qualifier::Equal),
        common::Qualifier::AtLeast => Some(Qualifier::AtLeast),
        common::Qualifier::AtMost => Some(Qualifier::AtMost),
        common::Qualifier::About => Some(Qualifier::About),
    }
}

fn status(status: exchange::ObservationStatus) -> Option<ObservationStatus> {
    match status {
        exchange::ObservationStatus::Unspecified => None,
        exchange::ObservationStatus::Normal => Some(ObservationStatus::Normal),
        exchange::ObservationStatus::Estimated => Some(ObservationStatus::Estimated),
        exchange::ObservationStatus::Provisional => Some(ObservationStatus::Provisional),
        exchange::ObservationStatus::NotApplicable => Some(ObservationStatus::NotApplicable),
        exchange::ObservationStatus::NotCollected => Some(ObservationStatus::NotCollected),
        exchange::ObservationStatus::Missing => Some(ObservationStatus::Missing),
    }
}
