//! What a missing value means for the score, by the state it is missing in.

use serde::Serialize;

use crate::input::MissingState;
use crate::scheme::fields::{Faults, Fields};

/// What is done with a value that is missing in a certain state. An indicator approved as not applicable is none of these:
/// it leaves the denominator and nothing is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// The imputation stages may fill it; what they leave has its weight given to its siblings. Composite indices only: a
    /// score of practice is not given for a value that nobody reported.
    Impute,
    /// Nothing fills it; its weight goes to its siblings, its marks leave the denominator.
    LeaveOut,
    /// It scores the low end of the scale, and is flagged.
    Zero,
    /// It is scored as the model does without a policy for it, nothing fills it, and the unit has no grade until it comes.
    Hold,
}

impl Policy {
    /// The word of the scheme.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Impute => "impute",
            Self::LeaveOut => "leave_out",
            Self::Zero => "zero",
            Self::Hold => "hold",
        }
    }
}

/// The policies that a scheme states; a state without one has the default of the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Policies {
    #[serde(skip_serializing_if = "Option::is_none")]
    not_due: Option<Policy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<Policy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Policy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn: Option<Policy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<Policy>,
}

impl Policies {
    /// The policy of a state.
    #[must_use]
    pub fn of(&self, state: MissingState, default: Policy) -> Policy {
        let stated = match state {
            MissingState::NotDue => self.not_due,
            MissingState::Late => self.late,
            MissingState::Refused => self.refused,
            MissingState::Withdrawn => self.withdrawn,
            MissingState::Unknown => self.unknown,
        };
        stated.unwrap_or(default)
    }

    /// Whether some state has this policy by the word of the scheme.
    pub(crate) fn states(&self, policy: Policy) -> bool {
        [self.not_due, self.late, self.refused, self.withdrawn, self.unknown].contains(&Some(policy))
    }

    /// Whether the scheme states none, in which case its digest does not know of them.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Reads `missing: {not_due: …, late: …, refused: …, withdrawn: …, unknown: …}`.
    pub(crate) fn read(fields: &mut Fields<'_>, allowed: &[Policy], faults: &mut Faults) -> Self {
        let mut policies = Self::default();
        let Some(node) = fields.optional("missing") else { return policies };
        let Some(mut inner) = Fields::of(node, &fields.at("missing"), faults) else { return policies };
        let words: Vec<(&str, Policy)> = allowed.iter().map(|policy| (policy.as_str(), *policy)).collect();
        let mut policy = |key: &'static str, faults: &mut Faults| {
            inner.optional(key)?;
            inner.word(key, &words, faults)
        };
        policies.not_due = policy("not_due", faults);
        policies.late = policy("late", faults);
        policies.refused = policy("refused", faults);
        policies.withdrawn = policy("withdrawn", faults);
        policies.unknown = policy("unknown", faults);
        inner.finish(faults);
        policies
    }
}
