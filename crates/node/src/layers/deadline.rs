//! Every call with one answer has a deadline, and keeps a margin of it to say so when time is up.

use std::{sync::Arc, time::Duration};

use domain::{DomainError, Reason, Text, Violation};
use http::{Request, Response};
use tokio::time::Instant;
use tonic::body::Body;

use super::{
    refuse,
    stage::{Handle, Next},
};
use crate::{caller, served::Served};

/// Kept for the answer, so that the caller hears from us who was slow and not from its own timer.
pub const REPLY_MARGIN: Duration = Duration::from_millis(20);
/// Work that has less time than this is not begun.
pub const LEAST_USEFUL: Duration = Duration::from_millis(100);

/// Kept for putting an answer together after a wait.
const ANSWER: Duration = Duration::from_millis(50);

const HEADER: &str = "grpc-timeout";

/// When the work on a request must be done; for handlers that call others.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// The time by which the answer must be ready.
    pub until: Instant,
}

impl Budget {
    /// When waiting for something should end, so that what was reached by then can still be answered.
    #[must_use]
    pub fn work_until(self) -> Instant {
        self.until.checked_sub(ANSWER).unwrap_or(self.until)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Stage {
    served: Arc<Served>,
    ceiling: Duration,
}

impl Stage {
    pub(super) fn new(served: Arc<Served>, ceiling: Duration) -> Self {
        Self { served, ceiling }
    }
}

impl Handle for Stage {
    async fn handle(self, mut request: Request<Body>, next: Next) -> Response<Body> {
        // A stream of answers lives as long as its reader wants; what is not served is refused further in.
        let limited = self.served.get(request.uri().path()).is_some_and(|method| method.shape.one_answer());
        if !limited {
            return next.run(request).await;
        }
        let lang = caller::lang(request.headers());
        let budget = asked(&request).and_then(|asked| budget(asked, self.ceiling));
        let budget = match budget {
            Ok(budget) => budget,
            Err(error) => return refuse(&error, lang),
        };
        let until = Instant::now() + budget;
        request.extensions_mut().insert(Budget { until });
        // A write that is cut off here is either committed or rolled back; the same request id tells which.
        match tokio::time::timeout_at(until, next.run(request)).await {
            Ok(response) => response,
            Err(_elapsed) => refuse(&too_late(budget), lang),
        }
    }
}

fn asked(request: &Request<Body>) -> Result<Option<Duration>, DomainError> {
    let Some(value) = request.headers().get(HEADER) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    parse(text).map(Some).ok_or_else(|| {
        let rule =
            Text::new("时限须为1至8位数字加单位 H M S m u n", "a timeout is 1 to 8 digits and a unit H M S m u n");
        let action = Text::new("请改正时限，或不设时限", "correct the timeout, or leave it out");
        Violation::new(HEADER, Reason::FieldInvalid, text, rule, action).into()
    })
}

/// Reads `grpc-timeout` (gRPC over HTTP/2, "Timeout").
fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

/// The time that the work may take: what was asked for and no more than the ceiling, without the margin.
fn budget(asked: Option<Duration>, ceiling: Duration) -> Result<Duration, DomainError> {
    let allowed = asked.unwrap_or(ceiling).min(ceiling);
    let left = allowed.saturating_sub(REPLY_MARGIN);
    if left >= LEAST_USEFUL {
        return Ok(left);
    }
    let (given, least) = (allowed.as_millis(), (LEAST_USEFUL + REPLY_MARGIN).as_millis());
    let text = Text::new(
        format!("给定的时限 {given} 毫秒不够完成请求，至少需要 {least} 毫秒；请放宽时限"),
        format!("a deadline of {given} ms leaves no time for the work, {least} ms are the least; allow more"),
    );
    Err(DomainError::new(Reason::DeadlineTooShort, text).with_fact("given_ms", given).with_fact("least_ms", least))
}

fn too_late(budget: Duration) -> DomainError {
    let millis = budget.as_millis();
    let text = Text::new(
        format!("未能在 {millis} 毫秒内完成；请用同一请求标识重试，或放宽时限"),
        format!("not done within {millis} ms; retry with the same request id, or allow more time"),
    );
    DomainError::new(Reason::DeadlineTooShort, text).with_fact("budget_ms", millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CEILING: Duration = Duration::from_secs(30);

    #[test]
    fn timeouts_are_read_as_grpc_writes_them() {
        for (text, expected) in [
            ("1H", Some(Duration::from_secs(3600))),
            ("2M", Some(Duration::from_secs(120))),
            ("3S", Some(Duration::from_secs(3))),
            ("150m", Some(Duration::from_millis(150))),
            ("99999999u", Some(Duration::from_micros(99_999_999))),
            ("7n", Some(Duration::from_nanos(7))),
            ("", None),
            ("S", None),
            ("1", None),
            ("1s", None),
            ("-1S", None),
            ("+1S", None),
            ("123456789S", None),
            ("1秒", None),
        ] {
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_margin_is_kept_and_the_ceiling_holds() {
        assert_eq!(budget(None, CEILING).unwrap(), CEILING - REPLY_MARGIN);
        assert_eq!(budget(Some(Duration::from_secs(3600)), CEILING).unwrap(), CEILING - REPLY_MARGIN);
        assert_eq!(budget(Some(Duration::from_millis(120)), CEILING).unwrap(), LEAST_USEFUL);
    }

    #[test]
    fn work_that_cannot_finish_is_refused() {
        for millis in [0, 1, 119] {
            let error = budget(Some(Duration::from_millis(millis)), CEILING).unwrap_err();
            assert_eq!((error.reason, error.facts["given_ms"].clone()), (Reason::DeadlineTooShort, millis.to_string()));
        }
    }
}
