//! Titles that the city holds.

use contracts::city::v1 as wire;
use domain::{DomainError, Level, Text, Violations};
use node::department::{Fields, Peer, SourceFields, Timing, refuse_duplicate, same_title};

/// A title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Designation {
    /// The title.
    pub title: String,
}

impl Designation {
    /// Reads a record. The title is the city's, so its region is the city and not one of its counties.
    ///
    /// # Errors
    /// Every fault of its fields.
    pub fn read(record: &wire::CityDesignation, mut fields: Fields<'_>) -> Result<Self, Violations> {
        let wire::CityDesignation {
            name: _,
            title,
            region,
            period,
            reporting_party,
            source_department,
            evidence,
            citation,
            note,
            record: _,
        } = record;
        let title = fields.title("title", title);
        let region = fields.region("region", region, &[Level::Prefecture]);
        let period = fields.period("period", period.as_ref(), Timing::Begun);
        fields.source(SourceFields { reporting_party, source_department, evidence, citation: citation.as_ref(), note });
        fields.finish(title.zip(region).zip(period).map(|((title, _), _)| Self { title }))
    }
}

/// Refuses a title that is on file.
///
/// # Errors
/// [`domain::Reason::DuplicateResource`].
pub fn check_peers(peers: &[Peer<Designation>], next: &Designation) -> Result<(), DomainError> {
    let rule = Text::new("同一称号只登记一次", "a title is recorded once");
    refuse_duplicate(peers, |other| same_title(&other.title, &next.title), "title", &next.title, rule)
}
