//! Innovation platforms: laboratories, technology centres, research institutions, pilot bases.

use contracts::scitech::v1 as wire;
use domain::{DomainError, Level, Text, Violations};
use node::department::{Fields, Peer, SourceFields, Timing, refuse_duplicate, same_title};

/// Kind of a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlatformKind {
    /// 实验室.
    Laboratory,
    /// 技术创新中心.
    TechnologyCentre,
    /// 新型研发机构.
    ResearchInstitution,
    /// 中试熟化与产业化基地.
    PilotBase,
}

const KINDS: &[(wire::PlatformKind, PlatformKind, &str)] = &[
    (wire::PlatformKind::Laboratory, PlatformKind::Laboratory, "PLATFORM_KIND_LABORATORY"),
    (wire::PlatformKind::TechnologyCentre, PlatformKind::TechnologyCentre, "PLATFORM_KIND_TECHNOLOGY_CENTRE"),
    (wire::PlatformKind::ResearchInstitution, PlatformKind::ResearchInstitution, "PLATFORM_KIND_RESEARCH_INSTITUTION"),
    (wire::PlatformKind::PilotBase, PlatformKind::PilotBase, "PLATFORM_KIND_PILOT_BASE"),
];

/// A platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// Its title.
    pub title: String,
    /// Its kind.
    pub kind: PlatformKind,
}

impl Platform {
    /// Reads a record.
    ///
    /// # Errors
    /// Every fault of its fields.
    pub fn read(record: &wire::InnovationPlatform, mut fields: Fields<'_>) -> Result<Self, Violations> {
        let wire::InnovationPlatform {
            name: _,
            title,
            kind,
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
        let kind = fields.choice("kind", *kind, KINDS);
        let region = fields.region("region", region, &[Level::Province, Level::Prefecture, Level::County]);
        let period = fields.period("period", period.as_ref(), Timing::Begun);
        fields.source(SourceFields { reporting_party, source_department, evidence, citation: citation.as_ref(), note });
        let platform = title.zip(kind).zip(region).zip(period);
        fields.finish(platform.map(|(((title, kind), _), _)| Self { title, kind }))
    }
}

/// Refuses a platform that is on file, of whatever kind: a technology centre recorded again as a research institution is
/// still one platform.
///
/// # Errors
/// [`domain::Reason::DuplicateResource`].
pub fn check_peers(peers: &[Peer<Platform>], next: &Platform) -> Result<(), DomainError> {
    let rule = Text::new("同名平台只登记一次，否则会重复计数", "a platform is recorded once, or it counts twice");
    refuse_duplicate(peers, |other| same_title(&other.title, &next.title), "title", &next.title, rule)
}

#[cfg(test)]
mod tests {
    use domain::Reason;

    use super::*;

    #[test]
    fn a_platform_has_a_kind_of_the_list() {
        let record = |kind| wire::InnovationPlatform {
            title: "山西省黄河实验室".to_owned(),
            kind,
            region: "140000".to_owned(),
            period: Some(contracts::common::v1::Period { value: "2025-06-10".to_owned(), assumed: true }),
            ..Default::default()
        };
        for (_, kind, name) in KINDS {
            let raw = wire::PlatformKind::from_str_name(name).unwrap();
            assert_eq!(Platform::read(&record(raw.into()), Fields::stored()).unwrap().kind, *kind);
        }
        for (raw, reason) in [(0, Reason::FieldRequired), (17, Reason::FieldInvalid)] {
            let faults = Platform::read(&record(raw), Fields::stored()).unwrap_err();
            assert_eq!((faults.0[0].field.as_str(), faults.0[0].reason), ("kind", reason));
            assert_eq!(faults.0[0].allowed.len(), KINDS.len());
        }
    }

    #[test]
    fn a_platform_under_another_id_or_kind_is_still_one_platform() {
        let platform = Platform { title: "山西省黄河实验室".to_owned(), kind: PlatformKind::Laboratory };
        let name = "departments/scitech/innovationPlatforms/f006".parse().unwrap();
        let peers = [Peer { name, body: platform }];
        let again = Platform { title: "“山西省 黄河实验室”".to_owned(), kind: PlatformKind::PilotBase };
        assert_eq!(check_peers(&peers, &again).unwrap_err().reason, Reason::DuplicateResource);
    }
}
