//! What is checked of every write before it waits for the log.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{DepartmentId, DomainError, Reason, Text};
use policy::Permit;

use crate::{caller::Caller, convert::Reader};

/// A clock this far behind the log is wrong; less is the jitter of time synchronisation.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// Checks a request id: a UUID in its usual form, not the empty one (AIP-155).
pub fn request_id(reader: &mut Reader<'_>, id: &str) {
    let valid = uuid::Uuid::try_parse(id).is_ok_and(|parsed| !parsed.is_nil() && id.len() == 36);
    if !valid {
        let rule = ("请求标识须为UUID", "request_id is a UUID");
        let action =
            ("请为每次提交生成一个新的UUID，重试时沿用", "make a new UUID for each submission, keep it when you retry");
        reader.fault("request_id", Reason::RequestIdInvalid, id, rule, action);
    }
}

/// Checks that a parent is this node.
pub fn own_parent(reader: &mut Reader<'_>, parent: &str, department: &DepartmentId) {
    if parent.is_empty() {
        reader.missing("parent");
    } else if parent != department.parent() {
        let rule = ("只能写入本单位的数据", "a node records its own department's data only");
        reader.fault_allowing("parent", Reason::ParentMismatch, parent, rule, [department.parent()]);
    }
}

/// The time of an entry: never earlier than the entry before.
///
/// # Errors
/// [`Reason::ClockMovedBack`] when the clock is further behind than time synchronisation explains: receipts would lie.
pub(super) fn entry_time(now: DateTime<Utc>, last: Option<DateTime<Utc>>) -> Result<DateTime<Utc>, DomainError> {
    let Some(last) = last else { return Ok(now) };
    if now + TOLERANCE < last {
        let text = Text::new(
            format!("节点时钟（{now}）落后于日志末条（{last}），校准后再写入"),
            format!("the clock of the node ({now}) is behind the last entry ({last}); correct it, then write"),
        );
        return Err(DomainError::new(Reason::ClockMovedBack, text).with_fact("now", now).with_fact("last", last));
    }
    Ok(last.max(now))
}

/// The refusal of a write that may be sent again.
pub(super) fn busy() -> DomainError {
    DomainError::new(
        Reason::ServiceUnavailable,
        Text::new(
            "写入繁忙，请用同一请求标识稍后重试",
            "writes are queueing; try again later with the same request id",
        ),
    )
}

/// The policy decided on this very call; a permission to read cannot be passed off as one to write.
pub(super) fn may_write(caller: &Caller) -> Result<(), DomainError> {
    match &caller.permit {
        Permit::Write(_) => Ok(()),
        Permit::Read(allowed) => Err(DomainError::new(
            Reason::PermissionDenied,
            Text::new("该方法只获准读取", "the permission for this method is one to read"),
        )
        .with_fact("method", allowed.method())),
    }
}
