//! Why a call failed, with everything that the node said about it.

use std::{collections::BTreeMap, error::Error, time::Duration};

use domain::Text;
use tonic::{Code, Status, TimeoutExpired};
use tonic_types::StatusExt;

/// `ErrorInfo.domain` of the errors of this exchange.
const ERROR_DOMAIN: &str = "wufei";

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The embedded contracts cannot be decoded: a fault of the build.
    #[error("the contracts cannot be decoded: {0}")]
    Contracts(String),
    /// No contract has this method.
    #[error("there is no method `{method}`")]
    UnknownMethod {
        /// The name that was asked for.
        method: String,
    },
    /// No contract has this message type.
    #[error("there is no message type `{message}`")]
    UnknownMessage {
        /// The name that was asked for.
        message: String,
    },
    /// The method is a stream where a single answer was asked for, or the other way round.
    #[error("`{method}` cannot be called like this: it {kind}")]
    OtherKind {
        /// The method.
        method: String,
        /// What it is.
        kind: &'static str,
    },
    /// The JSON is not a message of the contract.
    #[error("{0}")]
    Json(JsonFault),
    /// The node cannot be reached, or the connection broke.
    #[error("the node cannot be reached: {cause}")]
    Unreachable {
        /// What the network or TLS said.
        cause: String,
    },
    /// The deadline passed.
    #[error("the deadline passed")]
    TimedOut,
    /// The node answered with an error.
    #[error(transparent)]
    Refused(Box<Refusal>),
}

/// Where a JSON text departs from its contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
pub struct JsonFault {
    /// Path of the faulty value, such as `requests[0].observation.value`.
    pub path: String,
    /// What is wrong with it.
    pub what: String,
}

/// What a node answered instead of a result (AIP-193: code, reason, fields, facts).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// gRPC code.
    pub code: Code,
    /// Machine-readable reason, such as `UNIT_MISMATCH` (`docs/errors`); empty when the error is not the exchange's own.
    pub reason: String,
    /// Text for people in the language of the connection.
    pub message: String,
    /// Facts that the text names.
    pub facts: BTreeMap<String, String>,
    /// Faulty fields.
    pub violations: Vec<FieldFault>,
    /// The node asks to wait this long before the next try.
    pub retry_after: Option<Duration>,
}

/// A faulty field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// Path in the request, such as `requests[3].observation.value.unit`.
    pub field: String,
    /// Machine-readable reason.
    pub reason: String,
    /// Rule, value, what is allowed and what to do, in the language of the connection.
    pub description: String,
}

impl CallError {
    /// The machine-readable reason of a refusal; empty where there is none.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.refusal().map_or("", |refusal| refusal.reason.as_str())
    }

    /// What the node answered, if it did.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Contracts(_)
            | Self::UnknownMethod { .. }
            | Self::UnknownMessage { .. }
            | Self::OtherKind { .. }
            | Self::Json(_)
            | Self::Unreachable { .. }
            | Self::TimedOut => None,
        }
    }

    /// Whether the same call may succeed a moment later. Only a call that carries a request id, or that only reads, may be
    /// sent again: the first one may have been done.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused(refusal) => refusal.code == Code::Unavailable,
            Self::Contracts(_)
            | Self::UnknownMethod { .. }
            | Self::UnknownMessage { .. }
            | Self::OtherKind { .. }
            | Self::Json(_)
            | Self::TimedOut => false,
        }
    }

    /// What happened, for people. A refusal has the node's own words, in the language that the connection asked for.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Contracts(what) => Text::new(format!("程序内置的接口定义无法读取：{what}"), self.to_string()),
            Self::UnknownMethod { method } => Text::new(format!("没有方法 {method}"), self.to_string()),
            Self::UnknownMessage { message } => Text::new(format!("没有消息类型 {message}"), self.to_string()),
            Self::OtherKind { method, kind: _ } => {
                Text::new(format!("方法 {method} 不能这样调用：单次调用与流式调用不可混用"), self.to_string())
            }
            Self::Json(JsonFault { path, what }) => Text::new(
                format!("JSON与接口定义不符，{path}：{what}"),
                format!("not the contract's JSON: {path}: {what}"),
            ),
            Self::Unreachable { cause } => {
                Text::new(format!("无法连接节点：{cause}"), format!("the node cannot be reached: {cause}"))
            }
            Self::TimedOut => Text::new(
                "等待超时；带请求标识的提交可原样重发，不会重复登记",
                "the deadline passed; a submission with a request id can be sent again as it is and is not recorded twice",
            ),
            Self::Refused(refusal) => Text::new(&refusal.message, &refusal.message),
        }
    }
}

impl From<Status> for CallError {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        let own = details.error_info().filter(|info| info.domain == ERROR_DOMAIN);
        if own.is_none() {
            if timed_out(&status) {
                return Self::TimedOut;
            }
            // A status that was made here has a source; one that came from the node has none.
            if status.code() == Code::Unavailable || status.source().is_some() {
                return Self::Unreachable { cause: causes(&status) };
            }
        }
        let (reason, facts) = own
            .map_or_else(Default::default, |info| (info.reason.clone(), info.metadata.clone().into_iter().collect()));
        let violations = details.bad_request().map_or_else(Vec::new, |request| {
            let fault = |violation: &tonic_types::FieldViolation| FieldFault {
                field: violation.field.clone(),
                reason: violation.reason.clone(),
                description: violation.description.clone(),
            };
            request.field_violations.iter().map(fault).collect()
        });
        let retry_after = details.retry_info().and_then(|info| info.retry_delay);
        let message = status.message().to_owned();
        Self::Refused(Box::new(Refusal { code: status.code(), reason, message, facts, violations, retry_after }))
    }
}

impl From<tonic::transport::Error> for CallError {
    fn from(error: tonic::transport::Error) -> Self {
        Status::from_error(Box::new(error)).into()
    }
}

fn timed_out(status: &Status) -> bool {
    let mut cause = status.source();
    let mut local = false;
    while let Some(error) = cause {
        local |= error.is::<TimeoutExpired>();
        cause = error.source();
    }
    local || status.code() == Code::DeadlineExceeded
}

/// The status with what caused it, from the outside to the inside, each text once.
fn causes(status: &Status) -> String {
    let mut texts = vec![status.message().to_owned()];
    let mut cause = status.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if texts.iter().all(|known| !known.contains(&text)) {
            texts.push(text);
        }
        cause = error.source();
    }
    texts.retain(|text| !text.is_empty());
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tonic_types::{ErrorDetails, FieldViolation};

    use super::*;

    #[test]
    fn a_refusal_keeps_reason_fields_facts_and_words() {
        let facts = HashMap::from([("node".to_owned(), "departments/ecology".to_owned())]);
        let mut details = ErrorDetails::with_error_info("UNIT_MISMATCH", "wufei", facts);
        let field = "requests[3].observation.value.unit";
        details.set_bad_request(vec![FieldViolation {
            field: field.to_owned(),
            description: "单位须与指标一致".to_owned(),
            reason: "UNIT_MISMATCH".to_owned(),
            localized_message: None,
        }]);
        let error = CallError::from(Status::with_error_details(Code::InvalidArgument, "数据有误", details));
        assert_eq!(
            (error.reason(), error.text().zh.as_str(), error.is_passing()),
            ("UNIT_MISMATCH", "数据有误", false)
        );
        let refusal = error.refusal().unwrap();
        assert_eq!(refusal.facts["node"], "departments/ecology");
        assert_eq!(refusal.violations[0].field, field);
    }

    #[test]
    fn an_unavailable_node_is_told_apart_from_one_that_is_not_reached() {
        let error = CallError::from(Status::unavailable("connection refused"));
        assert!(matches!(&error, CallError::Unreachable { cause } if cause == "connection refused"), "{error:?}");
        let details = ErrorDetails::with_error_info("SERVICE_UNAVAILABLE", "wufei", HashMap::new());
        let error = CallError::from(Status::with_error_details(Code::Unavailable, "稍后重试", details));
        assert_eq!((error.reason(), error.is_passing()), ("SERVICE_UNAVAILABLE", true));
    }

    #[test]
    fn a_deadline_is_not_a_refusal() {
        assert!(matches!(CallError::from(Status::deadline_exceeded("late")), CallError::TimedOut));
        let local = CallError::from(Status::from_error(Box::new(TimeoutExpired(()))));
        assert!(matches!(local, CallError::TimedOut), "{local:?}");
    }
}
