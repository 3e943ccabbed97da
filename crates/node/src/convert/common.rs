//! The shared messages: decimals, quantities, money, periods, documents, records and receipts.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use contracts::common::v1 as wire;
use domain::{
    BasisDocument, Citation, Correction, CorrectionReason, DepartmentId, DomainError, Evidence, Money, MoneyError,
    Period, Qualifier, Quantity, Reason, Recorded, RegionCode, ResourceName, Scope, Text, Unit,
};
use prost_types::Timestamp;
use rust_decimal::Decimal;

use super::Reader;

const DECIMAL_RULE: (&str, &str) =
    ("数值须为不带千分位的十进制数，至多28位数字", "the value is a plain decimal number of at most 28 digits");

/// A decimal as text; none when the message is unset, which is no fault here.
pub fn decimal(reader: &mut Reader<'_>, field: &str, message: Option<&wire::Decimal>) -> Option<Decimal> {
    let wire::Decimal { value } = message?;
    let parsed = parse_decimal(value);
    if parsed.is_none() {
        let action = ("请只填数字，单位填在单位栏", "give digits only, the unit has its own field");
        reader.fault(field, Reason::ValueInvalid, value, DECIMAL_RULE, action);
    }
    parsed
}

/// An exact decimal in plain notation; nothing is rounded.
#[must_use]
pub fn parse_decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !fraction.is_none_or(is_digits) {
        return None;
    }
    Decimal::from_str_exact(text).ok()
}

/// A decimal as it travels.
#[must_use]
pub fn decimal_out(value: Decimal) -> wire::Decimal {
    wire::Decimal { value: value.to_string() }
}

/// A quantity. `None` without faults when the message is unset.
pub fn quantity(reader: &mut Reader<'_>, message: Option<&wire::Quantity>) -> Option<Quantity> {
    let wire::Quantity { value, unit } = message?;
    let unit = self::unit(reader, "unit", unit);
    if value.is_none() {
        reader.missing("value");
    }
    let value = decimal(reader, "value", value.as_ref());
    Some(Quantity::new(value?, unit?))
}

/// A unit symbol.
pub fn unit(reader: &mut Reader<'_>, field: &str, symbol: &str) -> Option<Unit> {
    if symbol.is_empty() {
        reader.missing(field);
        return None;
    }
    let parsed = Unit::parse(symbol).ok();
    if parsed.is_none() {
        let rule = ("单位不在单位表内", "the unit is not in the unit table");
        reader.fault_allowing(field, Reason::UnitUnknown, symbol, rule, Unit::all().map(Unit::zh));
    }
    parsed
}

/// A quantity as it travels.
#[must_use]
pub fn quantity_out(quantity: Quantity) -> wire::Quantity {
    wire::Quantity { value: Some(decimal_out(quantity.value)), unit: quantity.unit.zh().to_owned() }
}

/// A required amount of money, with the quantity as it was entered.
pub fn money(reader: &mut Reader<'_>, message: Option<&wire::Money>) -> Option<(Money, Quantity)> {
    let Some(wire::Money { amount, unit, currency_code, yuan: _ }) = message else {
        reader.missing("");
        return None;
    };
    if !matches!(currency_code.as_str(), "" | Money::CURRENCY) {
        let rule = ("只接受人民币", "only the yuan is accepted");
        reader.fault_allowing("currency_code", Reason::CurrencyUnitInvalid, currency_code, rule, [Money::CURRENCY]);
    }
    if amount.is_none() {
        reader.missing("amount");
    }
    let amount = decimal(reader, "amount", amount.as_ref())?;
    match Money::from_unit(amount, unit) {
        Ok(money) => Some((money, Quantity::new(amount, Unit::parse(unit).ok()?))),
        Err(MoneyError::Unit(_)) => {
            let rule = ("金额单位只能是元、万元、亿元", "an amount is in 元, 万元 or 亿元");
            reader.fault_allowing("unit", Reason::CurrencyUnitInvalid, unit, rule, ["元", "万元", "亿元"]);
            None
        }
        Err(MoneyError::Negative(_) | MoneyError::FinerThanFen(_)) => {
            let rule = ("金额不能为负，最多精确到分", "an amount is not negative and has no parts of a fen");
            let action = ("退回的资金用“收回”阶段登记正数", "record money that went back at stage RECOVERED");
            reader.fault("amount", Reason::AmountNegative, amount, rule, action);
            None
        }
        Err(MoneyError::TooLarge) => {
            reader.fault("amount", Reason::ValueInvalid, amount, DECIMAL_RULE, ("请核对金额", "check the amount"));
            None
        }
    }
}

/// An amount as it travels: as it was entered, with the yuan beside it.
#[must_use]
pub fn money_out(amount: Money, entered: Quantity) -> wire::Money {
    wire::Money {
        amount: Some(decimal_out(entered.value)),
        unit: entered.unit.zh().to_owned(),
        currency_code: Money::CURRENCY.to_owned(),
        yuan: Some(decimal_out(amount.yuan())),
    }
}

/// A sum as it travels, in yuan.
#[must_use]
pub fn yuan_out(amount: Money) -> wire::Money {
    wire::Money {
        amount: Some(decimal_out(amount.yuan())),
        unit: "元".to_owned(),
        currency_code: Money::CURRENCY.to_owned(),
        yuan: Some(decimal_out(amount.yuan())),
    }
}

/// A required period, and whether it was assumed.
pub fn period(reader: &mut Reader<'_>, message: Option<&wire::Period>) -> Option<(Period, bool)> {
    let Some(wire::Period { value, assumed }) = message else {
        reader.missing("");
        return None;
    };
    let rule = "a period is 2024, 2024-H1, 2024-Q3, 2024-06, 2025-06-10, 2021/2025-06-10 or ../2025-06-10";
    let period = reader.parse("value", value, Reason::PeriodInvalid, rule, Period::parse)?;
    Some((period, *assumed))
}

/// A period as it travels.
#[must_use]
pub fn period_out(period: Period, assumed: bool) -> wire::Period {
    wire::Period { value: period.to_string(), assumed }
}

/// A required region code. Whether it is in force is for the rules to say.
pub fn region(reader: &mut Reader<'_>, field: &str, code: &str) -> Option<RegionCode> {
    reader.parse(field, code, Reason::RegionUnknown, "a region code has six digits", RegionCode::parse)
}

/// A required scope.
pub fn scope(reader: &mut Reader<'_>, field: &str, value: i32) -> Option<Scope> {
    let parsed = scope_in(value);
    if parsed.is_none() {
        let rule = ("须注明统计范围", "the scope is required");
        let allowed = Scope::ALL.iter().filter(|scope| **scope != Scope::Unstated).map(|scope| scope.zh());
        let given = if value == 0 { String::new() } else { value.to_string() };
        reader.fault_allowing(field, Reason::ScopeMismatch, given, rule, allowed);
    }
    parsed
}

/// The scope of a number on the wire; none when it is not stated or not known.
#[must_use]
pub fn scope_in(value: i32) -> Option<Scope> {
    match wire::Scope::try_from(value).unwrap_or_default() {
        wire::Scope::Unspecified => None,
        wire::Scope::WholeCity => Some(Scope::WholeCity),
        wire::Scope::MainUrban => Some(Scope::MainUrban),
        wire::Scope::County => Some(Scope::County),
        wire::Scope::Province => Some(Scope::Province),
        wire::Scope::WholeCityOperating => Some(Scope::WholeCityOperating),
    }
}

/// A scope as it travels.
#[must_use]
pub fn scope_out(scope: Scope) -> i32 {
    let scope = match scope {
        Scope::WholeCity => wire::Scope::WholeCity,
        Scope::MainUrban => wire::Scope::MainUrban,
        Scope::County => wire::Scope::County,
        Scope::Province => wire::Scope::Province,
        Scope::WholeCityOperating => wire::Scope::WholeCityOperating,
        Scope::Unstated => wire::Scope::Unspecified,
    };
    scope.into()
}

/// The qualifier of a number on the wire; none when it is not stated or not known.
#[must_use]
pub fn qualifier_in(value: i32) -> Option<Qualifier> {
    match wire::Qualifier::try_from(value).unwrap_or_default() {
        wire::Qualifier::Unspecified => None,
        wire::Qualifier::Equal => Some(Qualifier::Equal),
        wire::Qualifier::AtLeast => Some(Qualifier::AtLeast),
        wire::Qualifier::AtMost => Some(Qualifier::AtMost),
        wire::Qualifier::About => Some(Qualifier::About),
    }
}

/// A qualifier as it travels.
#[must_use]
pub fn qualifier_out(qualifier: Qualifier) -> i32 {
    let qualifier = match qualifier {
        Qualifier::Equal => wire::Qualifier::Equal,
        Qualifier::AtLeast => wire::Qualifier::AtLeast,
        Qualifier::AtMost => wire::Qualifier::AtMost,
        Qualifier::About => wire::Qualifier::About,
    };
    qualifier.into()
}

/// A date that may be empty.
pub fn date(reader: &mut Reader<'_>, field: &str, text: &str) -> Option<NaiveDate> {
    let parse = |text: &str| {
        let day = text.parse::<NaiveDate>().ok().filter(|day| day.to_string() == text);
        day.ok_or("日期应写成 2025-06-10 的形式")
    };
    reader.parse_optional(field, text, Reason::FieldInvalid, "a date is written 2025-06-10", parse)
}

/// A citation.
#[must_use]
pub fn citation(message: Option<wire::Citation>) -> Option<Citation> {
    let wire::Citation { document, fact, quote } = message?;
    Some(Citation { document, fact, quote })
}

/// A citation as it travels.
#[must_use]
pub fn citation_out(citation: &Citation) -> wire::Citation {
    let Citation { document, fact, quote } = citation;
    wire::Citation { document: document.clone(), fact: fact.clone(), quote: quote.clone() }
}

/// Supporting documents; a document that is wrong is left out and its fault reported.
pub fn evidence(reader: &mut Reader<'_>, field: &str, documents: &[wire::Evidence]) -> Vec<Evidence> {
    let mut parsed = Vec::with_capacity(documents.len());
    for (index, document) in documents.iter().enumerate() {
        let wire::Evidence { title, document_number, issue_date, uri, sha256 } = document;
        let mut reader = reader.item(field, index);
        let title = reader.required("title", title);
        let issued = date(&mut reader, "issue_date", issue_date);
        let digest = reader.parse_optional("sha256", sha256, Reason::FieldInvalid, SHA256_RULE_EN, |text| {
            text.parse::<ledger::Hash>().map(|_hash| text.to_owned()).map_err(|_error| SHA256_RULE_ZH)
        });
        let Some(title) = title else { continue };
        parsed.push(Evidence { title, document_number: filled(document_number), issued, uri: filled(uri), digest });
    }
    parsed
}

const SHA256_RULE_ZH: &str = "SHA-256 应为64位小写十六进制数";
const SHA256_RULE_EN: &str = "SHA-256 is 64 lower-case hexadecimal digits";

/// A supporting document as it travels.
#[must_use]
pub fn evidence_out(evidence: &Evidence) -> wire::Evidence {
    let Evidence { title, document_number, issued, uri, digest } = evidence;
    wire::Evidence {
        title: title.clone(),
        document_number: document_number.clone().unwrap_or_default(),
        issue_date: issued.map(|day| day.to_string()).unwrap_or_default(),
        uri: uri.clone().unwrap_or_default(),
        sha256: digest.clone().unwrap_or_default(),
    }
}

/// A basis document.
pub fn basis(
    reader: &mut Reader<'_>,
    message: Option<&contracts::funding::v1::BasisDocument>,
) -> Option<BasisDocument> {
    let contracts::funding::v1::BasisDocument { title, document_number, issue_date } = message?;
    let issued = date(reader, "issue_date", issue_date);
    let title = reader.required("title", title)?;
    Some(BasisDocument { title, document_number: filled(document_number), issued })
}

/// A basis document as it travels.
#[must_use]
pub fn basis_out(basis: &BasisDocument) -> contracts::funding::v1::BasisDocument {
    let BasisDocument { title, document_number, issued } = basis;
    contracts::funding::v1::BasisDocument {
        title: title.clone(),
        document_number: document_number.clone().unwrap_or_default(),
        issue_date: issued.map(|day| day.to_string()).unwrap_or_default(),
    }
}

/// Why a revision is made; both parts are required.
pub fn correction(reader: &mut Reader<'_>, message: Option<&wire::Correction>) -> Option<Correction> {
    let action = ("请选择更正原因并说明", "choose a reason and explain it");
    let rule = ("更正须有原因和说明", "a correction needs a reason and a note");
    let Some(wire::Correction { reason, note }) = message else {
        reader.fault("", Reason::CorrectionReasonRequired, "", rule, action);
        return None;
    };
    let parsed = correction_reason(*reason);
    if parsed.is_none() {
        reader.fault_allowing(
            "reason",
            Reason::CorrectionReasonRequired,
            "",
            rule,
            CorrectionReason::ALL.iter().map(|reason| reason.zh()),
        );
    }
    if note.trim().is_empty() {
        reader.fault("note", Reason::CorrectionReasonRequired, "", rule, action);
        return None;
    }
    Some(Correction { reason: parsed?, note: note.clone() })
}

fn correction_reason(value: i32) -> Option<CorrectionReason> {
    match wire::CorrectionReason::try_from(value).unwrap_or_default() {
        wire::CorrectionReason::Unspecified => None,
        wire::CorrectionReason::StatisticalFinalisation => Some(CorrectionReason::StatisticalFinalisation),
        wire::CorrectionReason::AuditAdjustment => Some(CorrectionReason::AuditAdjustment),
        wire::CorrectionReason::DefinitionChange => Some(CorrectionReason::DefinitionChange),
        wire::CorrectionReason::ClericalError => Some(CorrectionReason::ClericalError),
    }
}

/// A correction as it travels.
#[must_use]
pub fn correction_out(correction: &Correction) -> wire::Correction {
    let reason = match correction.reason {
        CorrectionReason::StatisticalFinalisation => wire::CorrectionReason::StatisticalFinalisation,
        CorrectionReason::AuditAdjustment => wire::CorrectionReason::AuditAdjustment,
        CorrectionReason::DefinitionChange => wire::CorrectionReason::DefinitionChange,
        CorrectionReason::ClericalError => wire::CorrectionReason::ClericalError,
    };
    wire::Correction { reason: reason.into(), note: correction.note.clone() }
}

/// A name of a resource in a collection.
pub fn resource_name(reader: &mut Reader<'_>, field: &str, text: &str, collection: &str) -> Option<ResourceName> {
    let rule_zh = format!("应为 departments/单位/{collection}/标识");
    let rule_en = format!("a name is departments/{{department}}/{collection}/{{id}}");
    reader.parse(field, text, Reason::FieldInvalid, &rule_en, |text| {
        ResourceName::parse(text).ok().filter(|name| name.collection() == collection).ok_or(rule_zh)
    })
}

/// The name of a new resource from the id that the caller chose.
pub fn new_name(
    reader: &mut Reader<'_>,
    field: &str,
    department: &DepartmentId,
    collection: &str,
    id: &str,
) -> Option<ResourceName> {
    reader.parse(field, id, Reason::FieldInvalid, "an id has lower-case letters, digits and hyphens", |id| {
        ResourceName::new(department.clone(), collection, id)
    })
}

/// The name of something that is to be read.
///
/// # Errors
/// [`Reason::FieldInvalid`] with the path `name`.
pub fn name_to_read(text: &str, collection: &str) -> Result<ResourceName, DomainError> {
    let mut faults = domain::Violations::new();
    let name = resource_name(&mut Reader::new(&mut faults), "name", text, collection);
    name.ok_or_else(|| faults.into())
}

/// A node's name, `departments/{department}`.
#[must_use]
pub fn node_out(department: &DepartmentId) -> String {
    department.parent()
}

/// A time on the wire. Kept to the microsecond, which both database engines can hold.
///
/// # Errors
/// [`Reason::FieldInvalid`] when it is no time of the calendar.
pub fn time(field: &str, message: &Timestamp) -> Result<DateTime<Utc>, DomainError> {
    let nanos = u32::try_from(message.nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    let time = nanos.and_then(|nanos| DateTime::from_timestamp(message.seconds, nanos));
    time.map(|time| time.trunc_subsecs(6)).ok_or_else(|| {
        domain::Violation::new(
            field,
            Reason::FieldInvalid,
            format!("{}.{:09}", message.seconds, message.nanos),
            Text::new("时间无效", "this is not a time"),
            Text::new("请改正时间", "correct the time"),
        )
        .into()
    })
}

/// A time as it travels.
#[must_use]
pub fn time_out(time: DateTime<Utc>) -> Timestamp {
    let nanos = i32::try_from(time.timestamp_subsec_nanos()).unwrap_or_default();
    Timestamp { seconds: time.timestamp(), nanos }
}

/// Where a log entry came from: what every record made by it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntrySource {
    /// Leaf hash.
    pub leaf_hash: ledger::Hash,
    /// Principal that submitted it; empty when the leaf may not be read.
    pub principal: String,
    /// When the node received it; none when the leaf may not be read.
    pub receive_time: Option<DateTime<Utc>>,
}

/// Revision and provenance of a recorded resource.
#[must_use]
pub fn record_out<T>(
    recorded: &Recorded<T>,
    citation: Option<wire::Citation>,
    source: Option<&EntrySource>,
) -> wire::Record {
    let Recorded {
        name,
        origin,
        revision,
        etag,
        log_index,
        position,
        known_from,
        known_to,
        superseded_index: _,
        correction,
        body: _,
    } = recorded;
    wire::Record {
        revision: *revision,
        etag: etag.clone(),
        create_time: Some(time_out(*known_from)),
        supersede_time: known_to.map(time_out),
        correction: correction.as_ref().map(correction_out),
        provenance: Some(wire::Provenance {
            node: node_out(origin),
            log_index: *log_index,
            position: *position,
            leaf_hash: source.map(|source| source.leaf_hash.to_string()).unwrap_or_default(),
            principal: source.map(|source| source.principal.clone()).unwrap_or_default(),
            receive_time: source.and_then(|source| source.receive_time).map(time_out),
            citation,
            revision_name: name.at_revision(*revision),
        }),
    }
}

/// `None` for an empty text.
#[must_use]
pub fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_plain_decimals_are_read() {
        for text in ["0", "35.0", "-1.5", "0.0000000000000000000000000001"] {
            assert_eq!(parse_decimal(text).unwrap().to_string(), text);
        }
        for text in ["", "-", "1,234", "1e3", "+1", ".5", "5.", "1_000", " 1", "0.00000000000000000000000000001", "万"]
        {
            assert_eq!(parse_decimal(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_decimal_survives_the_wire(mantissa: i64, scale in 0_u32..=28) {
            let value = Decimal::from_i128_with_scale(mantissa.into(), scale);
            prop_assert_eq!(parse_decimal(&decimal_out(value).value), Some(value));
        }
    }
}
