//! The lead department's verdict on evidence of the other departments.

use contracts::ecology::v1 as wire;
use domain::{DepartmentId, DomainError, IndicatorCode, Reason, ResourceName, Text, Violation, Violations};
use node::department::{Fields, Peer, refuse_duplicate};

/// Collections whose records can be evidence.
const REVIEWED: [&str; 2] = ["statements", "observations"];

/// Outcome of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 采信.
    Accepted,
    /// 退回.
    Returned,
}

const VERDICTS: &[(wire::Verdict, Verdict, &str)] = &[
    (wire::Verdict::Accepted, Verdict::Accepted, "VERDICT_ACCEPTED"),
    (wire::Verdict::Returned, Verdict::Returned, "VERDICT_RETURNED"),
];

/// A review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceReview {
    /// What was reviewed.
    pub evidence: ResourceName,
    /// The indicator that it is evidence for.
    pub indicator: IndicatorCode,
    /// The verdict.
    pub verdict: Verdict,
}

impl EvidenceReview {
    /// Reads a record. A qualitative indicator scores only on evidence that somebody other than the reporter accepted, so
    /// the evidence is another department's. Whether it exists is not asked: it is in another node's log, which this one
    /// cannot read, and a review of nothing has no effect.
    ///
    /// # Errors
    /// Every fault of its fields.
    pub fn read(record: &wire::EvidenceReview, mut fields: Fields<'_>) -> Result<Self, Violations> {
        let wire::EvidenceReview { name: _, evidence, indicator, verdict, reason, note, record: _ } = record;
        let evidence = read_evidence(evidence, &mut fields);
        let indicator = fields.indicator("indicator", indicator);
        let definition = fields.tables().zip(indicator.as_ref()).and_then(|(tables, code)| tables.catalogue.get(code));
        if let Some(definition) = definition.filter(|definition| !definition.is_qualitative()) {
            fields.fault(Violation::new(
                "indicator",
                Reason::FieldInvalid,
                format!("{} {}", definition.code, definition.name.zh),
                Text::new("只审核定性指标的佐证", "only evidence of a qualitative indicator is reviewed"),
                Text::new("定量指标请用数据校核", "a figure is questioned by a data-quality ticket"),
            ));
        }
        let verdict = fields.choice("verdict", *verdict, VERDICTS);
        if reason.trim().is_empty() {
            fields.missing("reason");
        }
        fields.words("reason", reason);
        fields.words("note", note);
        let review = evidence.zip(indicator).zip(verdict);
        fields.finish(review.map(|((evidence, indicator), verdict)| Self { evidence, indicator, verdict }))
    }
}

fn read_evidence(name: &str, fields: &mut Fields<'_>) -> Option<ResourceName> {
    if name.is_empty() {
        fields.missing("evidence");
        return None;
    }
    let parsed = ResourceName::parse(name).ok().filter(|parsed| REVIEWED.contains(&parsed.collection()));
    let Some(parsed) = parsed else {
        let violation = Violation::new(
            "evidence",
            Reason::FieldInvalid,
            name,
            Text::new("应为一条陈述或一项数据的名称", "the name of a statement or of an observation"),
            Text::new("请填所列形式的名称", "give a name of the listed form"),
        );
        fields.fault(
            violation.allowing(REVIEWED.map(|collection| format!("departments/{{department}}/{collection}/{{id}}"))),
        );
        return None;
    };
    if parsed.department() == &DepartmentId::ecology() {
        fields.fault(Violation::new(
            "evidence",
            Reason::FieldInvalid,
            name,
            Text::new("不能审核本单位自己报送的佐证", "a department does not review its own evidence"),
            Text::new("请由其他单位审核", "let another department review it"),
        ));
        return None;
    }
    Some(parsed)
}

/// Refuses a second review of the same evidence for the same indicator: a changed mind is an update.
///
/// # Errors
/// [`Reason::DuplicateResource`].
pub fn check_peers(peers: &[Peer<EvidenceReview>], next: &EvidenceReview) -> Result<(), DomainError> {
    let same = |other: &EvidenceReview| other.evidence == next.evidence && other.indicator == next.indicator;
    let rule = Text::new("同一佐证对同一指标只有一个审核结论", "evidence has one verdict for an indicator");
    refuse_duplicate(peers, same, "evidence", &next.evidence, rule)
}

#[cfg(test)]
mod tests {
    use domain::{OwnedRegions, RuleContext};
    use node::department::Tables;

    use super::*;

    fn record(evidence: &str, indicator: &str) -> wire::EvidenceReview {
        wire::EvidenceReview {
            evidence: evidence.to_owned(),
            indicator: indicator.to_owned(),
            verdict: wire::Verdict::Accepted.into(),
            reason: "方案已印发，内容齐全".to_owned(),
            ..Default::default()
        }
    }

    fn faults(record: &wire::EvidenceReview) -> Vec<(String, Reason)> {
        let Tables { catalogue, regions, .. } = Tables::embedded().unwrap();
        let tables = RuleContext {
            catalogue: &catalogue,
            regions: &regions,
            owned: OwnedRegions::All,
            today: "2025-06-30".parse().unwrap(),
        };
        let faults = EvidenceReview::read(record, Fields::checking(&tables)).err().unwrap_or_default();
        faults.into_iter().map(|fault| (fault.field, fault.reason)).collect()
    }

    const POLICY: &str = "departments/city-140100/statements/f011";

    #[test]
    fn evidence_is_a_record_of_another_department() {
        assert_eq!(faults(&record(POLICY, "ZWC2021-38")), []);
        for evidence in ["departments/ecology/statements/f036", "departments/city-140100/stationCounts/f015", "f011"] {
            let expected = [("evidence".to_owned(), Reason::FieldInvalid)];
            assert_eq!(faults(&record(evidence, "ZWC2021-38")), expected, "{evidence}");
        }
    }

    #[test]
    fn only_qualitative_indicators_of_the_catalogue_are_reviewed() {
        assert_eq!(faults(&record(POLICY, "ZWC2021-26")), [("indicator".to_owned(), Reason::FieldInvalid)]);
        assert_eq!(faults(&record(POLICY, "ZWC2021-99")), [("indicator".to_owned(), Reason::IndicatorUnknown)]);
    }

    #[test]
    fn a_verdict_has_a_reason() {
        let silent = wire::EvidenceReview { reason: " ".to_owned(), verdict: 0, ..record(POLICY, "ZWC2021-38") };
        let expected = [("verdict".to_owned(), Reason::FieldRequired), ("reason".to_owned(), Reason::FieldRequired)];
        assert_eq!(faults(&silent), expected);
    }

    #[test]
    fn evidence_has_one_verdict_for_an_indicator() {
        let review = EvidenceReview::read(&record(POLICY, "ZWC2021-38"), Fields::stored()).unwrap();
        let name = "departments/ecology/evidenceReviews/r1".parse().unwrap();
        let peers = [Peer { name, body: review.clone() }];
        assert_eq!(check_peers(&peers, &review).unwrap_err().reason, Reason::DuplicateResource);
        let other = EvidenceReview { indicator: IndicatorCode::parse("ZWC2021-39").unwrap(), ..review };
        assert_eq!(check_peers(&peers, &other), Ok(()));
    }
}
