//! Decimals, quantities, units, money.

use contracts::common::v1 as wire;
use domain::{Money, MoneyError, Quantity, Reason, Unit};
use rust_decimal::Decimal;

use crate::convert::Reader;

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
