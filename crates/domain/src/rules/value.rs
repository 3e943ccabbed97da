//! Rules of value, unit, status and the parts of a rate.

use rust_decimal::Decimal;

use crate::{
    indicator::{IndicatorDefinition, ValueType},
    observation::{Observation, Qualifier},
    reason::Reason,
    text::Text,
    unit::{Dimension, Unit, UnitError, convert_exact},
    violation::{Violation, Violations},
};

const VALUE: &str = "observation.value.value";
const UNIT: &str = "observation.value.unit";

/// Percentages may differ from numerator ÷ denominator by this many points, because they are printed rounded.
const RATE_TOLERANCE: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

/// Checks the value; gives it in the indicator's unit when it converts.
pub(super) fn check_value(
    observation: &Observation,
    definition: &IndicatorDefinition,
    faults: &mut Violations,
) -> Option<Decimal> {
    if observation.status.is_missing() {
        check_missing(observation, faults);
        return None;
    }
    if definition.is_qualitative() {
        check_qualitative(observation, faults);
        return None;
    }
    check_parts_given(observation, definition, faults);
    let Some(value) = observation.value else {
        faults.push(Violation::new(
            VALUE,
            Reason::ValueStatusConflict,
            "",
            Text::new(
                format!("状态为{}（{}），须有数值", observation.status.code(), observation.status.zh()),
                format!("status {} needs a value", observation.status.code()),
            ),
            Text::new(
                "请填数值；没有数据的，状态改为 M（不适用）、L（未采集）或 O（缺报）；零是数值",
                "give the value, or set status M, L or O when there is none; zero is a value",
            ),
        ));
        return None;
    };
    let canonical = check_unit(value, observation.unit, definition, faults)?;
    check_range(observation, canonical, definition, faults);
    check_parts(observation, canonical, definition, faults);
    Some(canonical)
}

fn check_missing(observation: &Observation, faults: &mut Violations) {
    let given = [
        (VALUE, observation.value.map(|value| value.to_string())),
        ("observation.numerator", observation.numerator.map(|value| value.to_string())),
        ("observation.denominator", observation.denominator.map(|value| value.to_string())),
        ("observation.text_value", observation.text_value.clone()),
    ];
    for (field, value) in given {
        let Some(value) = value else { continue };
        let status = observation.status;
        faults.push(Violation::new(
            field,
            Reason::ValueStatusConflict,
            value,
            Text::new(
                format!("状态为{}（{}），不应有数值", status.code(), status.zh()),
                format!("status {} ({}) has no value", status.code(), status.en()),
            ),
            Text::new(
                "请删去数值，或把状态改为 A、E 或 P；零是数值，不是缺报",
                "remove the value, or set status A, E or P; zero is a value",
            ),
        ));
    }
}

fn check_qualitative(observation: &Observation, faults: &mut Violations) {
    let numbers = [
        (VALUE, observation.value),
        ("observation.numerator", observation.numerator),
        ("observation.denominator", observation.denominator),
    ];
    for (field, number) in numbers {
        let Some(number) = number else { continue };
        faults.push(Violation::new(
            field,
            Reason::ValueInvalid,
            number,
            Text::new("定性指标不填数值", "a qualitative indicator has no number"),
            Text::new("请改用文字说明并附佐证材料", "describe it in words and add evidence"),
        ));
    }
    let has_text = observation.text_value.as_ref().is_some_and(|text| !text.trim().is_empty());
    if !has_text && observation.evidence.is_empty() {
        faults.push(Violation::new(
            "observation.evidence",
            Reason::EvidenceRequired,
            "",
            Text::new("定性指标以佐证材料判定", "a qualitative indicator is judged by evidence"),
            Text::new(
                "请填文字说明或附佐证材料（文件名、文号、日期）",
                "give words or a document (title, number, date)",
            ),
        ));
    }
}

fn check_unit(
    value: Decimal,
    unit: Unit,
    definition: &IndicatorDefinition,
    faults: &mut Violations,
) -> Option<Decimal> {
    let name = &definition.name;
    let error = match convert_exact(value, unit, definition.unit) {
        Ok(canonical) => return Some(canonical),
        Err(error) => error,
    };
    let violation = match error {
        UnitError::Inexact { .. } => Violation::new(
            VALUE,
            Reason::ValueInvalid,
            format!("{value}{unit}"),
            Text::new(
                format!("不能精确换算为{}", definition.unit),
                format!("it does not convert exactly to {}", definition.unit.en()),
            ),
            Text::new(format!("请直接用{}填报", definition.unit), format!("report it in {}", definition.unit.en())),
        ),
        UnitError::Dimension { .. } | UnitError::Unknown(_) if is_capacity_of(unit, definition) => Violation::new(
            UNIT,
            Reason::CapacityAsOutput,
            unit,
            Text::new(
                format!("“{}”是实际发生的量，{unit} 是能力", name.zh),
                format!("\"{}\" is an amount that occurred; {} is a capacity", name.en, unit.en()),
            ),
            Text::new(
                "设计能力请登记在项目上，此处填实际量",
                "record a design capacity with its project; report the actual amount here",
            ),
        )
        .allowing(Unit::of_dimension(definition.unit.dimension())),
        UnitError::Dimension { .. } | UnitError::Unknown(_) => Violation::new(
            UNIT,
            Reason::UnitMismatch,
            unit,
            Text::new(
                format!("“{}”的单位是{}，{unit} 量纲不同", name.zh, definition.unit),
                format!("\"{}\" is in {}; {} has another dimension", name.en, definition.unit.en(), unit.en()),
            ),
            mismatch_action(unit, definition),
        )
        .allowing(Unit::of_dimension(definition.unit.dimension())),
    };
    faults.push(violation);
    None
}

/// A share whose parts are capacities (焚烧处理能力占比) takes a percentage all the same, so only amounts are meant here.
fn is_capacity_of(unit: Unit, definition: &IndicatorDefinition) -> bool {
    unit.is_capacity() && definition.unit.dimension() == Dimension::Mass
}

fn mismatch_action(unit: Unit, definition: &IndicatorDefinition) -> Text {
    if unit.dimension() == Dimension::Count && definition.is_percentage() {
        Text::new(
            "这是数量，不是占比：请连同分母报占比，或把数量登记到对应名单",
            "this is a count, not a share: report the share with its denominator, or record the count in its own list",
        )
    } else {
        Text::new("请换用允许的单位", "use one of the allowed units")
    }
}

fn check_range(
    observation: &Observation,
    canonical: Decimal,
    definition: &IndicatorDefinition,
    faults: &mut Violations,
) {
    let shown = format!("{}{}", canonical.normalize(), definition.unit);
    match definition.value_type {
        ValueType::Ratio | ValueType::Survey => {
            if canonical < Decimal::ZERO || canonical > Decimal::ONE_HUNDRED {
                faults.push(
                    Violation::new(
                        VALUE,
                        Reason::RateOutOfRange,
                        shown,
                        Text::new("比率应在0到100%之间", "a rate lies between 0 and 100 %"),
                        Text::new(
                            "请核对分子分母；综合利用率超过100%多因分母漏计综合利用往年贮存量",
                            "check the parts; above 100 % the denominator often leaves out old stock",
                        ),
                    )
                    .allowing(["0–100"]),
                );
            }
        }
        ValueType::Intensity | ValueType::Amount | ValueType::Count => {
            if canonical < Decimal::ZERO {
                faults.push(Violation::new(
                    VALUE,
                    Reason::ValueInvalid,
                    &shown,
                    Text::new(
                        format!("{}不能为负", definition.value_type.zh()),
                        format!("{} cannot be negative", definition.value_type.en()),
                    ),
                    Text::new("请核对数值", "check the value"),
                ));
            }
            let whole = definition.value_type == ValueType::Count && observation.qualifier != Qualifier::About;
            if whole && !canonical.fract().is_zero() {
                faults.push(Violation::new(
                    VALUE,
                    Reason::ValueInvalid,
                    &shown,
                    Text::new("数量应为整数", "a count is a whole number"),
                    Text::new("请核对数值和单位", "check value and unit"),
                ));
            }
        }
        ValueType::DeclineRate | ValueType::GrowthRate | ValueType::Qualitative => {}
    }
}

/// Parts that are there without each other, without a place in the definition, or that cannot be divided.
fn check_parts_given(observation: &Observation, definition: &IndicatorDefinition, faults: &mut Violations) {
    let parts =
        [("observation.numerator", observation.numerator), ("observation.denominator", observation.denominator)];
    if !definition.has_parts() {
        for (field, part) in parts {
            let Some(part) = part else { continue };
            faults.push(Violation::new(
                field,
                Reason::FieldInvalid,
                part,
                Text::new("该指标没有分子分母", "this indicator has no numerator and denominator"),
                Text::new("请删去", "remove it"),
            ));
        }
        return;
    }
    let missing = match (observation.numerator, observation.denominator) {
        (Some(_), None) => Some(("observation.denominator", &definition.denominator)),
        (None, Some(_)) => Some(("observation.numerator", &definition.numerator)),
        (Some(_), Some(_)) | (None, None) => None,
    };
    if let Some((field, meaning)) = missing {
        faults.push(Violation::new(
            field,
            Reason::FieldRequired,
            "",
            Text::new("分子和分母须同时填报", "numerator and denominator come together"),
            Text::new(format!("请补填：{meaning}"), format!("add: {meaning}")),
        ));
    }
    if let Some(denominator) = observation.denominator.filter(|denominator| *denominator <= Decimal::ZERO) {
        faults.push(Violation::new(
            "observation.denominator",
            Reason::ValueInvalid,
            denominator,
            Text::new("分母必须大于0", "the denominator must be above 0"),
            Text::new(
                "分母确为0时不可计算，请以状态 M（不适用）报送",
                "if it is 0 nothing can be computed: report status M",
            ),
        ));
    }
    let may_fall = definition.value_type.may_be_negative_or_over_100();
    if let Some(numerator) = observation.numerator.filter(|numerator| *numerator < Decimal::ZERO && !may_fall) {
        faults.push(Violation::new(
            "observation.numerator",
            Reason::ValueInvalid,
            numerator,
            Text::new("分子不能为负", "the numerator cannot be negative"),
            Text::new("请核对分子", "check the numerator"),
        ));
    }
}

/// numerator ÷ denominator × multiplier against the value. Percentages may differ by 0.05 points; other rates must agree
/// to the digits that are printed. A bound must hold for the computed rate, not equal it.
fn check_parts(
    observation: &Observation,
    canonical: Decimal,
    definition: &IndicatorDefinition,
    faults: &mut Violations,
) {
    let (Some(numerator), Some(denominator), Some(multiplier)) =
        (observation.numerator, observation.denominator, definition.multiplier)
    else {
        return;
    };
    if denominator <= Decimal::ZERO || !definition.has_parts() {
        return;
    }
    let Some(computed) = numerator.checked_mul(multiplier).and_then(|top| top.checked_div(denominator)) else {
        faults.push(Violation::new(
            "observation.numerator",
            Reason::ValueInvalid,
            numerator,
            Text::new("数值过大，无法计算", "too large to compute with"),
            Text::new("请核对分子分母的单位", "check the units of the parts"),
        ));
        return;
    };
    let tolerance = if definition.is_percentage() { RATE_TOLERANCE } else { half_of_last_digit(canonical) };
    let agrees = match observation.qualifier {
        Qualifier::Equal | Qualifier::About => (computed - canonical).abs() <= tolerance,
        Qualifier::AtLeast => computed >= canonical - tolerance,
        Qualifier::AtMost => computed <= canonical + tolerance,
    };
    if !agrees {
        let (shown, unit) = (computed.round_dp(4).normalize(), definition.unit);
        faults.push(Violation::new(
            VALUE,
            Reason::RatePartsMismatch,
            format!("{}{canonical}{unit}", observation.qualifier.zh()),
            Text::new(
                format!("与分子÷分母不符：{numerator} ÷ {denominator} × {multiplier} = {shown}{unit}"),
                format!("differs from {numerator} ÷ {denominator} × {multiplier} = {shown}{}", unit.en()),
            ),
            Text::new(
                "请核对分子、分母和数值，误差不超过0.05个百分点",
                "check the three numbers; 0.05 points are allowed",
            ),
        ));
    }
}

fn half_of_last_digit(value: Decimal) -> Decimal {
    let places = value.scale().min(27);
    Decimal::new(5, places + 1)
}
