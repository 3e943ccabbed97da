//! The joint evaluation of several departments: indicators, funding performance, commitments kept and reporting quality side
//! by side.
//!
//! Each part has a score of 0–100 of its own, is shown by itself and ranked by itself. Parts are combined only by weights that
//! the scheme states; a part without a weight is shown beside. A part that is missing is shown as missing and is never a zero:
//! it leaves the combination, and below `min_weight_share` there is no combined score. A part of which nothing was due does not
//! apply.
//!
//! | `from:` | data under the id `P` of the part | score |
//! |---|---|---|
//! | `score` | `P` | as given, 0–100: the final score of another evaluation |
//! | `commitments` | `P.due`, `P.kept`, `P.made_up` | `100 · (kept + credit · made_up) ÷ due` |
//! | `reporting` | `P.due`, `P.reported`, `P.on_time`, `P.corrected` | `100 · (wₜ · on_time ÷ due + w꜀ · reported ÷ due + wᵣ · (1 − corrected ÷ reported))` |
//!
//! The last two formulas are **proposals of this product**: it is confirmed practice that late reports cost points by rule and that
//! a lapse made up later stays on record, but no published formula was found. A scheme must say so in `basis`.

mod leave_out;
mod load;
mod result;
mod score;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::files::{DataFault, Known, read_known};
use crate::input::Input;
use crate::scheme::{GradeBand, SchemeErrors};
use crate::text::Text;

pub use leave_out::leave_one_out;
pub use result::{JointCoverage, JointEvaluation, JointUnit, PartScore, PartState};
pub use score::{add_scores, evaluate};

/// The word of `kind:` at the head of the file.
pub(crate) const KIND: &str = "joint";

/// A checked scheme of a joint evaluation. It is only made by [`JointScheme::from_yaml`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JointScheme {
    body: Body,
    digest: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Body {
    id: String,
    version: String,
    title: Text,
    min_weight_share: Decimal,
    grades: Vec<GradeBand>,
    parts: Vec<Part>,
}

/// One part of a joint evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Part {
    /// Unique in the scheme; the data stand under it.
    pub id: String,
    /// Printed title.
    pub title: Text,
    /// What its score is made of.
    pub from: Source,
    /// Its weight out of 100 in the combined score; without one it is shown beside.
    pub weight: Option<Decimal>,
    /// What the formula rests on, for readers: a rule that is quoted, or that it is a proposal.
    pub basis: Text,
}

/// What the score of a part is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A score of 0–100 from another evaluation.
    Score,
    /// Commitments that are due and can be measured.
    Commitments {
        /// What a commitment counts that was made up after its deadline, 0..=1.
        credit: Decimal,
    },
    /// Reports that were due.
    Reporting {
        /// Weight of the share that came on time.
        timeliness: Decimal,
        /// Weight of the share that came at all.
        completeness: Decimal,
        /// Weight of the share that needed no correction.
        corrections: Decimal,
    },
}

impl Source {
    /// The names of the data of a part, behind its id and a full stop; none where the id itself is the name.
    #[must_use]
    pub fn facts(self) -> &'static [&'static str] {
        match self {
            Self::Score => &[],
            Self::Commitments { .. } => &["due", "kept", "made_up"],
            Self::Reporting { .. } => &["due", "reported", "on_time", "corrected"],
        }
    }
}

impl JointScheme {
    /// Reads a scheme, or names everything that is wrong with it.
    pub fn from_yaml(text: &str) -> Result<Self, SchemeErrors> {
        load::scheme(text)
    }

    /// Identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.body.id
    }

    /// Version, as its author names it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.body.version
    }

    /// Printed title.
    #[must_use]
    pub fn title(&self) -> &Text {
        &self.body.title
    }

    /// The lowest share (0..=1) of the weight whose parts are there for a combined score.
    #[must_use]
    pub fn min_weight_share(&self) -> Decimal {
        self.body.min_weight_share
    }

    /// Grades of the combined score, best first; may be empty.
    #[must_use]
    pub fn grades(&self) -> &[GradeBand] {
        &self.body.grades
    }

    /// The parts in the order of the file.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.body.parts
    }

    /// Whether the scheme combines its parts.
    #[must_use]
    pub fn combines(&self) -> bool {
        self.body.parts.iter().any(|part| part.weight.is_some())
    }

    /// SHA-256 (hexadecimal) of the canonical JSON of what the scheme says.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// Reads a wide or a long file of one or several periods: the columns are those of [`Source::facts`].
pub fn read_csv(text: &str, scheme: &JointScheme) -> Result<Vec<(Option<String>, Input)>, Vec<DataFault>> {
    let mut names: Vec<String> = Vec::new();
    for part in scheme.parts() {
        match part.from.facts() {
            [] => names.push(part.id.clone()),
            facts => names.extend(facts.iter().map(|fact| format!("{}.{fact}", part.id))),
        }
    }
    read_known(text, names.iter().map(|name| Known::number(name)))
}
