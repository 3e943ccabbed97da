//! Provincial mechanisms and technical-support groups (协调工作机制, 技术帮扶组).

use contracts::ecology::v1 as wire;
use domain::{DomainError, Level, Reason, Text, Violation, Violations};
use node::department::{Fields, Peer, SourceFields, Timing, refuse_duplicate, same_title};

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportGroup {
    /// Its title.
    pub title: String,
}

impl SupportGroup {
    /// Reads a record. The cities may be left out where the source does not name them; a named one is named once.
    ///
    /// # Errors
    /// Every fault of its fields.
    pub fn read(record: &wire::SupportGroup, mut fields: Fields<'_>) -> Result<Self, Violations> {
        let wire::SupportGroup {
            name: _,
            title,
            period,
            regions,
            reporting_party,
            source_department,
            evidence,
            citation,
            note,
            record: _,
        } = record;
        let title = fields.title("title", title);
        let period = fields.period("period", period.as_ref(), Timing::Begun);
        for (index, region) in regions.iter().enumerate() {
            let field = format!("regions[{index}]");
            fields.region(&field, region, &[Level::Prefecture]);
            if regions[..index].contains(region) {
                fields.fault(Violation::new(
                    field,
                    Reason::FieldInvalid,
                    region,
                    Text::new("城市重复", "the city is named twice"),
                    Text::new("请删去重复项", "name it once"),
                ));
            }
        }
        fields.source(SourceFields { reporting_party, source_department, evidence, citation: citation.as_ref(), note });
        fields.finish(title.zip(period).map(|(title, _)| Self { title }))
    }
}

/// Refuses a group that is on file.
///
/// # Errors
/// [`Reason::DuplicateResource`].
pub fn check_peers(peers: &[Peer<SupportGroup>], next: &SupportGroup) -> Result<(), DomainError> {
    let rule = Text::new("同名机制或帮扶组只登记一次", "a group is recorded once");
    refuse_duplicate(peers, |group| same_title(&group.title, &next.title), "title", &next.title, rule)
}

#[cfg(test)]
mod tests {
    use contracts::common::v1::Period;

    use super::*;

    #[test]
    fn a_city_is_named_once() {
        let record = wire::SupportGroup {
            title: "技术帮扶组".to_owned(),
            period: Some(Period { value: "2022/2025-06-10".to_owned(), assumed: true }),
            regions: vec!["140100".to_owned(), "140500".to_owned(), "140100".to_owned()],
            ..Default::default()
        };
        let faults = SupportGroup::read(&record, Fields::stored()).unwrap_err();
        assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["regions[2]"]);
    }
}
