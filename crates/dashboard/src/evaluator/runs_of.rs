//! Runs as forms offer them: what an edition can rest on, and what can be a part of a joint evaluation.

use contracts::evaluation::v1::{self as pb, part_source, scheme_model};
use domain::Text;

use crate::format;

/// A run that has ended well.
pub(super) struct Run {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) scheme: String,
    pub(super) period: String,
    pub(super) ended: String,
}

impl Run {
    pub(super) fn of(run: &pb::EvaluationRun) -> Self {
        Self {
            name: run.name.clone(),
            id: format::id(&run.name).to_owned(),
            scheme: run.scheme.clone(),
            period: run.period.clone(),
            ended: format::time(run.end_time.as_ref()),
        }
    }

    /// Whether its scores can be a part of a joint evaluation.
    pub(super) fn may_be_part(run: &pb::EvaluationRun) -> bool {
        run.state() == pb::RunState::Succeeded && run.scheme_kind() != pb::SchemeKind::Joint
    }
}

/// A joint scheme with those of its parts that are the scores of other runs.
pub(super) struct Joint {
    pub(super) scheme: String,
    pub(super) title: Text,
    /// Id and title of each part.
    pub(super) parts: Vec<(String, Text)>,
}

/// The joint schemes.
pub(super) fn joints(schemes: &[pb::Scheme]) -> Vec<Joint> {
    let text = |text: &Option<contracts::common::v1::Text>| {
        let text = text.clone().unwrap_or_default();
        Text::new(text.zh, text.en)
    };
    let joint = |scheme: &pb::Scheme| {
        let Some(scheme_model::Kind::Joint(found)) = scheme.model.as_ref().and_then(|model| model.kind.as_ref()) else {
            return None;
        };
        let of_score = |part: &&pb::JointPart| {
            let method = part.from.as_ref().and_then(|from| from.method.as_ref());
            matches!(method, Some(part_source::Method::Score(_)))
        };
        let parts = found.parts.iter().filter(of_score).map(|part| (part.id.clone(), text(&part.title)));
        Some(Joint { scheme: scheme.name.clone(), title: text(&scheme.title), parts: parts.collect() })
    };
    schemes.iter().filter_map(joint).collect()
}
