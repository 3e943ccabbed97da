//! Columns of share requests and data-quality tickets.

use domain::{Lang, ShareState, TicketState};

use super::{Column, at, named};

pub(super) const DATA: Column = Column { zh: "数据", en: "data", cell: |r, _| at(r, "/dataResource") };
pub(super) const FIGURE: Column = Column { zh: "数据", en: "figure", cell: |r, _| at(r, "/observation") };
pub(super) const REQUESTER: Column = Column { zh: "申请单位", en: "requester", cell: |r, _| at(r, "/requester") };
pub(super) const REQUEST_STATE: Column = Column {
    zh: "状态",
    en: "state",
    cell: |r, lang| {
        named(r, "/state", "SHARE_REQUEST_STATE_", |code| ShareState::from_code(code).map(|found| found.label(lang)))
    },
};
pub(super) const TICKET_STATE: Column = Column {
    zh: "状态",
    en: "state",
    cell: |r, lang| {
        named(r, "/state", "TICKET_STATE_", |code| TicketState::from_code(code).map(|found| found.label(lang)))
    },
};
pub(super) const DUE: Column = Column {
    zh: "期限",
    en: "due",
    cell: |r, lang| {
        let due = if r["deliveryDueDate"].is_string() { at(r, "/deliveryDueDate") } else { at(r, "/dueDate") };
        match (r["overdue"].as_bool(), r["workingDaysLeft"].as_i64(), lang) {
            (Some(true), _, Lang::Zh) => format!("{due} 逾期"),
            (Some(true), _, Lang::En) => format!("{due} overdue"),
            (_, Some(days), Lang::Zh) => format!("{due} 还剩 {days} 个工作日"),
            (_, Some(days), Lang::En) => format!("{due}, {days} working days left"),
            (_, None, _) => String::new(),
        }
    },
};
