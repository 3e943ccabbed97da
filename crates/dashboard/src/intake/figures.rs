//! The figures of a submission, read from the very bytes that were signed.

use contracts::{common::v1 as common, exchange::v1 as exchange};
use domain::{IndicatorCode, RegionCode, Text};
use prost::Message as _;

use super::port::Facts;
use crate::format;

/// Figures of a submission that its page shows.
const FIGURES: usize = 500;

/// A figure as it is shown.
pub(super) struct Figure {
    pub(super) indicator: String,
    pub(super) region: String,
    pub(super) period: String,
    pub(super) value: String,
    pub(super) note: String,
}

/// What was signed.
#[derive(Default)]
pub(super) struct Signed {
    pub(super) figures: Vec<Figure>,
    /// Of a correction, why: the kind of reason, and the words of who corrected it.
    pub(super) why: Option<(Text, String)>,
}

/// What a request says; nothing of methods that submit no figures.
pub(super) fn signed(method: &str, request: &[u8], facts: &Facts) -> Signed {
    let (_, method) = method.rsplit_once('/').unwrap_or_default();
    match method {
        "BatchCreateObservations" | "UploadSubmission" => {
            let batch = exchange::BatchCreateObservationsRequest::decode(request).unwrap_or_default();
            let figures = batch.requests.into_iter().filter_map(|request| request.observation).take(FIGURES);
            Signed { figures: figures.map(|figure| shown(figure, facts)).collect(), why: None }
        }
        "UpdateObservation" => {
            let update = exchange::UpdateObservationRequest::decode(request).unwrap_or_default();
            let figures = update.observation.into_iter().map(|figure| shown(figure, facts)).collect();
            Signed { figures, why: update.correction.map(|why| (reason(why.reason()), why.note)) }
        }
        _ => Signed::default(),
    }
}

fn shown(figure: exchange::Observation, facts: &Facts) -> Figure {
    let definition = IndicatorCode::parse(&figure.indicator).ok().and_then(|code| facts.catalogue.get(&code));
    let region = RegionCode::parse(&figure.region).ok().and_then(|code| facts.regions.get(&code));
    let unit = figure.value.as_ref().map(|value| value.unit.clone()).unwrap_or_default();
    let value = figure.value.as_ref().and_then(|value| value.value.as_ref());
    Figure {
        value: if value.is_none() && !figure.text_value.is_empty() {
            figure.text_value.clone()
        } else {
            format::quantity(value, figure.qualifier(), &unit)
        },
        indicator: match definition {
            Some(definition) => format!("{} {}", figure.indicator, definition.name.zh),
            None => figure.indicator,
        },
        region: region.map_or(figure.region, |region| region.name_zh.clone()),
        period: figure.period.map(|period| period.value).unwrap_or_default(),
        note: figure.note,
    }
}

fn reason(reason: common::CorrectionReason) -> Text {
    format::correction_reason(reason).map_or_else(Text::default, |known| Text::new(known.zh(), known.en()))
}
