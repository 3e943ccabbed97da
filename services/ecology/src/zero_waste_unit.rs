//! Zero-waste cells (无废细胞) and groups (无废集团).

use contracts::ecology::v1 as wire;
use domain::{DomainError, Level, RegionCode, Text, Violations};
use node::department::{Fields, Peer, SourceFields, Timing, refuse_duplicate, same_title};

/// Cell or group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// 无废细胞: a school, a hotel, a community …
    Cell,
    /// 无废集团: a company with its plants.
    Group,
}

const KINDS: &[(wire::ZeroWasteUnitKind, UnitKind, &str)] = &[
    (wire::ZeroWasteUnitKind::Cell, UnitKind::Cell, "ZERO_WASTE_UNIT_KIND_CELL"),
    (wire::ZeroWasteUnitKind::Group, UnitKind::Group, "ZERO_WASTE_UNIT_KIND_GROUP"),
];

/// An organisation that builds itself into a zero-waste cell or group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Cell or group.
    pub kind: UnitKind,
    /// Name of the organisation.
    pub title: String,
    /// Where it is.
    pub region: RegionCode,
}

impl Unit {
    /// Reads a record. A unit stands in a city or a county. That it is accepted (验收) is a decision with a document, so
    /// that claim needs evidence; that it is being built does not.
    ///
    /// # Errors
    /// Every fault of its fields.
    pub fn read(record: &wire::ZeroWasteUnit, mut fields: Fields<'_>) -> Result<Self, Violations> {
        let wire::ZeroWasteUnit {
            name: _,
            kind,
            title,
            region,
            period,
            accepted,
            reporting_party,
            source_department,
            evidence,
            citation,
            note,
            record: _,
        } = record;
        let kind = fields.choice("kind", *kind, KINDS);
        let title = fields.title("title", title);
        let region = fields.region("region", region, &[Level::Prefecture, Level::County]);
        let period = fields.period("period", period.as_ref(), Timing::Begun);
        if *accepted {
            fields.needs_evidence(&Text::new("已验收", "an accepted unit"), evidence);
        }
        fields.source(SourceFields { reporting_party, source_department, evidence, citation: citation.as_ref(), note });
        let unit = kind.zip(title).zip(region).zip(period);
        fields.finish(unit.map(|(((kind, title), region), _)| Self { kind, title, region }))
    }
}

/// Refuses an organisation of a place that is on file as the same kind: indicator 41 counts cells.
///
/// # Errors
/// [`domain::Reason::DuplicateResource`].
pub fn check_peers(peers: &[Peer<Unit>], next: &Unit) -> Result<(), DomainError> {
    let same =
        |unit: &Unit| unit.kind == next.kind && unit.region == next.region && same_title(&unit.title, &next.title);
    let rule = Text::new("同一单位只登记一次，否则会重复计数", "an organisation is recorded once, or it counts twice");
    refuse_duplicate(peers, same, "title", &next.title, rule)
}

#[cfg(test)]
mod tests {
    use contracts::common::v1::{Evidence, Period};
    use domain::Reason;

    use super::*;

    fn record() -> wire::ZeroWasteUnit {
        wire::ZeroWasteUnit {
            kind: wire::ZeroWasteUnitKind::Group.into(),
            title: "运城阳光焦化集团".to_owned(),
            region: "140800".to_owned(),
            period: Some(Period { value: "2025-06-10".to_owned(), assumed: true }),
            ..Default::default()
        }
    }

    #[test]
    fn a_unit_under_construction_needs_no_evidence_and_an_accepted_one_does() {
        assert!(Unit::read(&record(), Fields::stored()).is_ok());
        let accepted = wire::ZeroWasteUnit { accepted: true, ..record() };
        assert!(Unit::read(&accepted, Fields::stored()).unwrap_err().has(Reason::EvidenceRequired));
        let evidence = vec![Evidence { title: "验收意见".to_owned(), ..Default::default() }];
        assert!(Unit::read(&wire::ZeroWasteUnit { evidence, ..accepted }, Fields::stored()).is_ok());
    }

    #[test]
    fn every_missing_field_is_named_at_once() {
        let faults = Unit::read(&wire::ZeroWasteUnit::default(), Fields::stored()).unwrap_err();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["kind", "title", "region", "period"]);
    }

    #[test]
    fn one_organisation_of_a_place_is_one_unit() {
        let unit = Unit::read(&record(), Fields::stored()).unwrap();
        let name = "departments/ecology/zeroWasteUnits/f038".parse().unwrap();
        let peers = [Peer { name, body: unit.clone() }];
        let error = check_peers(&peers, &unit).unwrap_err();
        assert_eq!(error.reason, Reason::DuplicateResource);
        assert_eq!(error.facts["existing"], "departments/ecology/zeroWasteUnits/f038");
        assert!(check_peers(&peers, &Unit { region: RegionCode::parse("140100").unwrap(), ..unit }).is_ok());
    }
}
