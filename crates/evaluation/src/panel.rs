//! Several periods of a scheme of practice.
//!
//! Each period is evaluated by itself: targets and base periods come with the data, so that no scale is shared. What moved
//! between two periods that follow each other is [`changes`](changes()).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::change::{Changes, changes};
use crate::evaluate::{EvaluationError, evaluate};
use crate::gaps;
use crate::input::Input;
use crate::result::Evaluation;
use crate::robust::{Extent, extended};
use crate::scheme::Scheme;

/// The evaluations of several periods, in the order of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Panel {
    /// One for each period.
    pub periods: Vec<PeriodEvaluation>,
    /// One for each pair of periods that follow each other.
    pub changes: Vec<PeriodChanges>,
}

/// The evaluation of one period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PeriodEvaluation {
    /// As the data name it; none where they name none.
    pub period: Option<String>,
    /// Its result.
    pub evaluation: Evaluation,
}

/// What moved from one period to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PeriodChanges {
    /// The earlier period.
    pub from: Option<String>,
    /// The later period.
    pub to: Option<String>,
    /// What moved.
    pub changes: Changes,
}

impl Panel {
    /// Evaluates every period; they stand in the order of time.
    pub fn of(scheme: &Scheme, periods: &[(Option<String>, Input)]) -> Result<Self, EvaluationError> {
        let of = |(period, input): &(Option<String>, Input)| {
            evaluate(scheme, input).map(|evaluation| PeriodEvaluation { period: period.clone(), evaluation })
        };
        let periods: Vec<PeriodEvaluation> = periods.iter().map(of).collect::<Result<_, _>>()?;
        let moved = |(before, after): (&PeriodEvaluation, &PeriodEvaluation)| PeriodChanges {
            from: before.period.clone(),
            to: after.period.clone(),
            changes: changes(&before.evaluation, &after.evaluation),
        };
        let changes = periods.iter().zip(periods.iter().skip(1)).map(moved).collect();
        Ok(Self { periods, changes })
    }

    /// The JSON of a panel: that of [`extended`] for its only period, with `period` in each unit. Of several periods the units
    /// stand one period after the other, each ranked within its own, with `periods` (the digest of the data of each) and
    /// `changes` beside them; `stages` are by period.
    pub fn extended(&self, extent: Extent) -> Result<Value, serde_json::Error> {
        let mut json = Value::Null;
        let (mut units, mut periods, mut stages) = (Vec::new(), Vec::new(), serde_json::Map::new());
        for one in &self.periods {
            let mut value = extended(&one.evaluation, extent)?;
            let found = value.get_mut("units").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
            for mut unit in found {
                if let Some(unit) = unit.as_object_mut() {
                    unit.insert("period".to_owned(), json!(one.period));
                }
                units.push(unit);
            }
            periods.push(json!({ "period": one.period, "data_digest": one.evaluation.data_digest }));
            if let Some(tables) = value.get_mut("stages") {
                stages.insert(one.period.clone().unwrap_or_default(), tables.take());
            }
            if json.is_null() {
                json = value;
            }
        }
        let several = self.periods.len() > 1;
        if let Some(json) = json.as_object_mut() {
            json.insert("units".to_owned(), Value::Array(units));
            if several {
                json.insert("data_digest".to_owned(), json!(crate::digest::sha256_of(&json!(periods))));
                json.insert("periods".to_owned(), Value::Array(periods));
                json.insert("changes".to_owned(), json!(self.changes));
            }
            if extent.stages {
                let only = stages.values().next().filter(|_| !several).cloned();
                json.insert("stages".to_owned(), only.unwrap_or(Value::Object(stages)));
            }
        }
        Ok(json)
    }

    /// Adds to the JSON of [`extended`](Self::extended) what it says of the missing values of each period; see
    /// [`gaps::add_to`]. `periods` are those that the panel was made of.
    pub fn add_gaps(&self, json: &mut Value, scheme: &Scheme, periods: &[(Option<String>, Input)]) {
        let Some(mut units) = json.get_mut("units").and_then(Value::as_array_mut).map(Vec::as_mut_slice) else {
            return;
        };
        for (one, (_, input)) in self.periods.iter().zip(periods) {
            let own = one.evaluation.units.len().min(units.len());
            let (of_period, others) = units.split_at_mut(own);
            gaps::add_to_units(of_period, scheme, input, &one.evaluation);
            units = others;
        }
    }
}
