//! Which event a refusal is. The events are [`AuditEvent`]; docs/audit-events.md lists them.

use contracts::log::v1::AuditEvent;
use domain::Reason;

/// The code of an event, for example `AE-201`.
#[must_use]
pub fn code(event: AuditEvent) -> String {
    format!("AE-{:03}", i32::from(event))
}

/// The event of a refusal; none when it says that a request was wrong and not that it was kept off. `by_layer` is whether it
/// was refused before a handler saw it, `by_rule` whether a rule of the policy did it.
#[must_use]
pub fn of_refusal(reason: Reason, by_layer: bool, by_rule: bool) -> Option<AuditEvent> {
    use Reason as R;
    let is = |reasons: &[Reason]| reasons.contains(&reason);
    if is(&[R::PrincipalUnknown, R::MemberUnknown, R::CertificateRevoked]) {
        Some(AuditEvent::CallerUnknown)
    } else if by_rule || is(&[R::PermissionDenied, R::PurposeRequired, R::GrantEnded, R::RoleConflict]) {
        Some(AuditEvent::AccessDenied)
    } else if is(&[R::SignatureRequired, R::SignatureInvalid, R::SigningKeyUnknown]) {
        Some(AuditEvent::SignatureRefused)
    } else if is(&[R::RequestIdReused]) {
        Some(AuditEvent::ReplayRefused)
    } else if is(&[R::LogForked]) {
        Some(AuditEvent::ForkSeen)
    } else if is(&[R::ClockMovedBack]) {
        Some(AuditEvent::ClockMovedBack)
    } else if is(&[R::AuditUnavailable]) {
        Some(AuditEvent::AuditUnavailable)
    } else if by_layer || is(&[R::MessageTooLarge]) {
        Some(AuditEvent::MessageRefused)
    } else {
        None
    }
}

/// The event when a running stream is ended for this reason; none when it ended for another one.
pub(crate) fn of_ended_stream(reason: Reason) -> Option<AuditEvent> {
    let ended = matches!(of_refusal(reason, false, false), Some(AuditEvent::CallerUnknown | AuditEvent::AccessDenied));
    ended.then_some(AuditEvent::StreamEnded)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::projection::pool;

    const TABLE: &str = include_str!("../../../../docs/audit-events.md");
    /// Not recorded by this release; the table says so too.
    const NOT_RECORDED: [AuditEvent; 2] = [AuditEvent::WriteLogged, AuditEvent::SubmissionEndorsed];

    #[test]
    fn the_table_lists_every_event_by_its_code_and_name_and_says_which_are_recorded() {
        let rows: BTreeMap<String, (String, bool)> = TABLE
            .lines()
            .filter(|line| line.starts_with("| AE-"))
            .map(|line| {
                let cells: Vec<&str> = line.split('|').map(str::trim).collect();
                let recorded = match cells[3] {
                    "yes" => true,
                    "no" => false,
                    other => panic!("{other} in {line}"),
                };
                (cells[1].to_owned(), (cells[2].trim_matches('`').to_owned(), recorded))
            })
            .collect();
        let events = pool().get_enum_by_name("wufei.log.v1.AuditEvent").unwrap();
        let expected: BTreeMap<String, (String, bool)> = events
            .values()
            .filter(|value| value.number() != 0)
            .map(|value| {
                let event = AuditEvent::try_from(value.number()).unwrap();
                let name = value.name().strip_prefix("AUDIT_EVENT_").unwrap().to_owned();
                (code(event), (name, !NOT_RECORDED.contains(&event)))
            })
            .collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn every_refusal_by_a_layer_is_an_event_and_a_wrong_figure_is_none() {
        for reason in Reason::ALL {
            assert!(of_refusal(*reason, true, false).is_some(), "{reason}");
        }
        assert_eq!(of_refusal(Reason::UnitMismatch, false, false), None);
        assert_eq!(of_refusal(Reason::NotImplemented, false, false), None);
        assert_eq!(of_refusal(Reason::NotImplemented, true, true), Some(AuditEvent::AccessDenied));
        assert_eq!(of_ended_stream(Reason::CertificateRevoked), Some(AuditEvent::StreamEnded));
        assert_eq!(of_ended_stream(Reason::ServiceUnavailable), None);
    }
}
