//! The one place where a failure becomes a gRPC status (google.rpc, AIP-193).
//!
//! The code says what the caller can do, `ErrorInfo.reason` what happened, `BadRequest` which fields; whatever the text
//! names is also in the metadata. A fault of ours is told by an incident id only: its cause is for the log, since it may hold
//! SQL, paths or addresses.

use std::{collections::HashMap, error::Error, time::Duration};

use domain::{DomainError, Kind, Lang, Reason, Text, Violations};
use store::StoreError;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// `ErrorInfo.domain` of every error of ours.
pub const ERROR_DOMAIN: &str = "wufei";

/// After this time a passing fault may be tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The status of a refusal.
#[must_use]
pub fn status(err: &DomainError, lang: Lang) -> Status {
    let kind = err.reason.kind();
    if kind == Kind::Internal {
        return internal(err, lang);
    }
    let facts: HashMap<String, String> = err.facts.clone().into_iter().collect();
    let mut details = ErrorDetails::with_error_info(err.reason.as_str(), ERROR_DOMAIN, facts);
    if !err.violations.is_empty() {
        details.set_bad_request(field_violations(&err.violations, lang));
    }
    if may_pass(kind) {
        details.set_retry_info(Some(RETRY_AFTER));
    }
    Status::with_error_details(code(kind), err.text.get(lang), details)
}

/// The status of a failure of the store.
#[must_use]
pub fn store_status(err: &StoreError, lang: Lang) -> Status {
    if !err.is_transient() {
        return internal(err, lang);
    }
    tracing::warn!(error = err as &dyn Error, "the store is not available");
    let text = Text::new(
        "数据库暂时不可用，请用同一请求标识稍后重试",
        "the database is not available for the moment; try again with the same request id",
    );
    status(&DomainError::new(Reason::ServiceUnavailable, text), lang)
}

/// The status of a method that is part of the contract and not served yet.
#[must_use]
pub fn unimplemented(method: &str, lang: Lang) -> Status {
    let text = Text::new(format!("{method} 尚未实现"), format!("{method} is not served yet"));
    status(&DomainError::new(Reason::NotImplemented, text).with_fact("method", method), lang)
}

/// The status of a fault of ours: the cause goes to the log under an incident id, the caller gets the id.
#[must_use]
pub fn internal(err: &(dyn Error + 'static), lang: Lang) -> Status {
    let incident = uuid::Uuid::now_v7();
    tracing::error!(%incident, error = err, "request failed");
    let text = Text::new(
        format!("服务内部错误，请将事件编号 {incident} 告知运维人员"),
        format!("internal error; tell the operator the incident {incident}"),
    );
    let facts = HashMap::from([("incident".to_owned(), incident.to_string())]);
    let details = ErrorDetails::with_error_info(Reason::Internal.as_str(), ERROR_DOMAIN, facts);
    Status::with_error_details(Code::Internal, text.get(lang), details)
}

/// The gRPC code of a kind of failure (grpc/status codes). The only such table.
const fn code(kind: Kind) -> Code {
    match kind {
        Kind::Invalid => Code::InvalidArgument,
        Kind::NotFound => Code::NotFound,
        Kind::AlreadyExists => Code::AlreadyExists,
        Kind::Conflict => Code::Aborted,
        Kind::Precondition => Code::FailedPrecondition,
        Kind::Denied => Code::PermissionDenied,
        Kind::Unauthenticated => Code::Unauthenticated,
        Kind::Exhausted => Code::ResourceExhausted,
        Kind::OutOfRange => Code::OutOfRange,
        Kind::Unavailable => Code::Unavailable,
        Kind::Unimplemented => Code::Unimplemented,
        Kind::DeadlineExceeded => Code::DeadlineExceeded,
        Kind::Internal => Code::Internal,
    }
}

/// A passing fault is worth a retry as it stands. A limit is not told apart here: a message stays too large.
fn may_pass(kind: Kind) -> bool {
    kind == Kind::Unavailable
}

fn field_violations(violations: &Violations, lang: Lang) -> Vec<FieldViolation> {
    let one = |violation: &domain::Violation| FieldViolation {
        field: violation.field.clone(),
        description: violation.sentence().get(lang).to_owned(),
        reason: violation.reason.as_str().to_owned(),
        localized_message: None,
    };
    violations.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_reason_fields_and_facts_in_the_callers_language() {
        let violation = domain::Violation::new(
            "requests[3].observation.value.unit",
            Reason::UnitMismatch,
            "个",
            Text::new("单位须与指标一致", "the unit must fit the indicator"),
            Text::new("请改为 %", "use %"),
        )
        .allowing(["%"]);
        let error = DomainError::from(violation);
        let zh = status(&error, Lang::Zh);
        assert_eq!(zh.code(), Code::InvalidArgument);
        let details = zh.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("UNIT_MISMATCH", "wufei"));
        let field = &details.bad_request().unwrap().field_violations[0];
        assert_eq!(
            (field.field.as_str(), field.reason.as_str()),
            ("requests[3].observation.value.unit", "UNIT_MISMATCH")
        );
        assert_eq!(field.description, "单位须与指标一致；填报值：个；可用：%；请改为 %");
        let en = status(&error, Lang::En).get_error_details();
        let en = &en.bad_request().unwrap().field_violations[0].description;
        assert_eq!(en, "the unit must fit the indicator; value: 个; allowed: %; use %");
    }

    #[test]
    fn every_reason_has_the_code_of_its_kind() {
        for reason in Reason::ALL {
            let status = status(&DomainError::new(*reason, Text::new("原因", "why")), Lang::En);
            assert_eq!(status.code(), code(reason.kind()), "{reason}");
            assert_eq!(status.get_error_details().error_info().unwrap().reason, reason.as_str());
        }
    }

    #[test]
    fn a_fault_of_ours_shows_an_incident_and_nothing_else() {
        let error = StoreError::Internal { what: "insert into secret_table".to_owned(), source: None };
        let status = store_status(&error, Lang::En);
        assert_eq!(status.code(), Code::Internal);
        let details = status.get_error_details();
        let incident = &details.error_info().unwrap().metadata["incident"];
        assert_eq!(status.message(), format!("internal error; tell the operator the incident {incident}"));
    }

    #[test]
    fn a_passing_fault_of_the_store_asks_for_a_retry() {
        let error = StoreError::Unavailable { what: "begin".to_owned(), source: None };
        let status = store_status(&error, Lang::Zh);
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.get_error_details().retry_info().unwrap().retry_delay.is_some());
    }
}
