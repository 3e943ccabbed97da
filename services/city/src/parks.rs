//! Circular industry parks and shared platforms of the recycling trade.

use contracts::city::v1 as wire;
use domain::{DomainError, Level, Text, Violations};
use node::department::{Fields, Peer, SourceFields, Timing, refuse_duplicate, same_title};

/// How far a park got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParkState {
    /// 推动建设.
    Promoted,
    /// 在建.
    UnderConstruction,
    /// 投运.
    InOperation,
}

const STATES: &[(wire::ParkState, ParkState, &str)] = &[
    (wire::ParkState::Promoted, ParkState::Promoted, "PARK_STATE_PROMOTED"),
    (wire::ParkState::UnderConstruction, ParkState::UnderConstruction, "PARK_STATE_UNDER_CONSTRUCTION"),
    (wire::ParkState::InOperation, ParkState::InOperation, "PARK_STATE_IN_OPERATION"),
];

/// A park.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndustryPark {
    /// Its title.
    pub title: String,
    /// How far it got.
    pub state: ParkState,
}

impl IndustryPark {
    /// Reads a record.
    ///
    /// # Errors
    /// Every fault of its fields.
    pub fn read(record: &wire::IndustryPark, mut fields: Fields<'_>) -> Result<Self, Violations> {
        let wire::IndustryPark {
            name: _,
            title,
            region,
            state,
            period,
            reporting_party,
            source_department,
            evidence,
            citation,
            note,
            record: _,
        } = record;
        let title = fields.title("title", title);
        let region = fields.region("region", region, &[Level::Prefecture, Level::County]);
        let state = fields.choice("state", *state, STATES);
        let period = fields.period("period", period.as_ref(), Timing::Begun);
        fields.source(SourceFields { reporting_party, source_department, evidence, citation: citation.as_ref(), note });
        fields.finish(title.zip(region).zip(state).zip(period).map(|(((title, _), state), _)| Self { title, state }))
    }
}

/// Refuses a park that is on file: it advances by an update, not by a second record.
///
/// # Errors
/// [`domain::Reason::DuplicateResource`].
pub fn check_peers(peers: &[Peer<IndustryPark>], next: &IndustryPark) -> Result<(), DomainError> {
    let rule =
        Text::new("同一园区或平台只登记一次，进展用 Update 更新", "a park is recorded once and advances by Update");
    refuse_duplicate(peers, |other| same_title(&other.title, &next.title), "title", &next.title, rule)
}
