//! Reads which level the caller of a write wants its receipt to have.

use contracts::common::v1::ReceiptLevel;
use domain::{DomainError, Reason, Text, Violation};
use http::{HeaderMap, Request, Response};
use tonic::body::Body;

use super::{
    deadline::Budget,
    refuse,
    stage::{Handle, Next},
};
use crate::{caller, desk::Wanted};

/// Metadata of the level: `durable`, `logged` or `witnessed`.
const LEVEL: &str = "wufei-receipt-level";

#[derive(Clone, Debug)]
pub(super) struct Stage;

impl Handle for Stage {
    async fn handle(self, request: Request<Body>, next: Next) -> Response<Body> {
        let level = match level(request.headers()) {
            Ok(level) => level,
            Err(violation) => {
                return refuse(&DomainError::from(violation), caller::lang(request.headers()));
            }
        };
        let budget = request.extensions().get::<Budget>().copied();
        match level.zip(budget) {
            Some((level, budget)) => Wanted { level, until: budget.work_until() }.during(next.run(request)).await,
            None => next.run(request).await,
        }
    }
}

fn level(headers: &HeaderMap) -> Result<Option<ReceiptLevel>, Violation> {
    let Some(value) = headers.get(LEVEL) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    let found = match text {
        "durable" => ReceiptLevel::Durable,
        "logged" => ReceiptLevel::Logged,
        "witnessed" => ReceiptLevel::Witnessed,
        _ => {
            let rule = Text::new("没有这一回执级别", "a receipt has no such level");
            let action = Text::new("请改正，或不写此项", "correct it, or leave it out");
            let violation = Violation::new(LEVEL, Reason::FieldInvalid, text, rule, action);
            return Err(violation.allowing(["durable", "logged", "witnessed"]));
        }
    };
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> Result<Option<ReceiptLevel>, Violation> {
        let mut headers = HeaderMap::new();
        headers.insert(LEVEL, value.parse().unwrap());
        level(&headers)
    }

    #[test]
    fn a_level_is_asked_for_by_its_name() {
        assert_eq!(level(&HeaderMap::new()).unwrap(), None);
        assert_eq!(asked("witnessed").unwrap(), Some(ReceiptLevel::Witnessed));
        for wrong in ["", "WITNESSED", "received", "4"] {
            assert_eq!(asked(wrong).unwrap_err().field, LEVEL, "{wrong}");
        }
    }
}
