//! Numbers, times and names as pages print them.

use chrono::{DateTime, FixedOffset, Utc};
use contracts::common::v1 as common;
use domain::{Lang, Qualifier};
use report::number;
use rust_decimal::Decimal;

/// Hours that readers are ahead of UTC, in seconds.
const BEIJING: i32 = 8 * 3600;

/// The number of a message; none when there is none.
pub(crate) fn decimal(from: Option<&common::Decimal>) -> Option<Decimal> {
    from.and_then(|found| Decimal::from_str_exact(&found.value).ok())
}

/// As printed: thousands separators, no trailing zeros; a dash where there is none.
pub(crate) fn exact(from: Option<&common::Decimal>) -> String {
    decimal(from).map_or_else(dash, number::exact)
}

/// With this many decimals, half up; a dash where there is none.
pub(crate) fn fixed(from: Option<&common::Decimal>, decimals: u32) -> String {
    decimal(from).map_or_else(dash, |value| number::fixed(value, decimals))
}

/// A value with its qualifier and unit, for example `≥35 %`; a dash where there is none.
pub(crate) fn quantity(value: Option<&common::Decimal>, qualifier: common::Qualifier, unit: &str) -> String {
    let sign = match qualifier {
        common::Qualifier::Unspecified => None,
        common::Qualifier::Equal => Some(Qualifier::Equal),
        common::Qualifier::AtLeast => Some(Qualifier::AtLeast),
        common::Qualifier::AtMost => Some(Qualifier::AtMost),
        common::Qualifier::About => Some(Qualifier::About),
    };
    // The catalogue writes a dash for figures without a unit.
    let unit = if unit == dash() { "" } else { unit };
    decimal(value).map_or_else(dash, |value| number::quantity(value, sign, unit))
}

/// An amount in 万元; the exact amount in yuan stands beside it in a title.
pub(crate) fn wan_yuan(amount: Option<&common::Money>) -> String {
    decimal(amount.and_then(|amount| amount.yuan.as_ref())).map_or_else(dash, number::wan_yuan)
}

/// An amount in yuan, exactly.
pub(crate) fn yuan(amount: Option<&common::Money>) -> String {
    exact(amount.and_then(|amount| amount.yuan.as_ref()))
}

/// A time on the clock that readers use, UTC+8; a dash where there is none.
pub(crate) fn time(from: Option<&prost_types::Timestamp>) -> String {
    let found = from.and_then(|time| DateTime::<Utc>::from_timestamp(time.seconds, 0));
    let offset = FixedOffset::east_opt(BEIJING);
    match (found, offset) {
        (Some(time), Some(offset)) => time.with_timezone(&offset).format("%Y-%m-%d %H:%M").to_string(),
        _ => dash(),
    }
}

/// Why something was corrected; none of a first report.
pub(crate) fn correction_reason(from: common::CorrectionReason) -> Option<domain::CorrectionReason> {
    match from {
        common::CorrectionReason::Unspecified => None,
        common::CorrectionReason::StatisticalFinalisation => Some(domain::CorrectionReason::StatisticalFinalisation),
        common::CorrectionReason::AuditAdjustment => Some(domain::CorrectionReason::AuditAdjustment),
        common::CorrectionReason::DefinitionChange => Some(domain::CorrectionReason::DefinitionChange),
        common::CorrectionReason::ClericalError => Some(domain::CorrectionReason::ClericalError),
        common::CorrectionReason::ProcedureStep => Some(domain::CorrectionReason::ProcedureStep),
    }
}

/// A dash.
pub(crate) fn dash() -> String {
    "—".to_owned()
}

/// A SPIFFE identity without its trust domain, which is the same for all.
pub(crate) fn identity(spiffe: &str) -> &str {
    let rest = spiffe.strip_prefix("spiffe://").unwrap_or(spiffe);
    rest.split_once('/').map_or(rest, |(_, path)| path)
}

/// The last part of a resource name.
pub(crate) fn id(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// A node without the collection that all nodes are in.
pub(crate) fn node(name: &str) -> &str {
    name.strip_prefix("departments/").unwrap_or(name)
}

/// What stands between the members of a list.
pub(crate) fn comma(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "、",
        Lang::En => ", ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_bound_keeps_its_sign_and_what_is_not_there_is_a_dash() {
        let value = common::Decimal { value: "35.0".to_owned() };
        assert_eq!(quantity(Some(&value), common::Qualifier::AtLeast, "%"), "≥35 %");
        assert_eq!(quantity(None, common::Qualifier::AtLeast, "%"), "—");
        assert_eq!(quantity(Some(&value), common::Qualifier::Equal, "—"), "35", "no unit");
    }

    #[test]
    fn times_are_those_of_the_readers_clock() {
        let time_of_day = prost_types::Timestamp { seconds: 1_751_335_200, nanos: 0 };
        assert_eq!(time(Some(&time_of_day)), "2025-07-01 10:00");
        assert_eq!(time(None), "—");
    }

    #[test]
    fn an_identity_is_named_without_its_trust_domain() {
        assert_eq!(identity("spiffe://wufei.demo/dept/ecology/writer"), "dept/ecology/writer");
    }
}
