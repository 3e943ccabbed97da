//! The last values of a department, from its node.

use std::collections::BTreeMap;

use domain::{IndicatorCode, Period, Quantity, RegionCode, Scope, Unit};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use workbook::{LastValue, LastValues, Round};

use crate::{commands::list::pages, failure::Outcome, link::Link, records::at, wire};

/// Most records that are looked through.
const MOST: usize = 50_000;
/// The mark of synthetic data.
const SYNTHETIC: &str = "模拟数据";

/// The newest achieved value before the round's period, by indicator, region and scope; and whether any is synthetic.
pub(super) async fn fetch(link: &Link, round: &Round<'_>) -> Outcome<(LastValues, bool)> {
    let listing = wire::listing("observations")?;
    let request = json!({"parent": round.department.parent()});
    let records = pages(link, &listing, request, MOST).await?;
    Ok(newest(&records, round.period))
}

fn newest(records: &[Value], before: Period) -> (LastValues, bool) {
    let mut found: BTreeMap<_, (LastValue, bool)> = BTreeMap::new();
    for record in records {
        let Some((key, value)) = of_record(record) else { continue };
        let earlier = value.period.end() < before.end() && value.period != before;
        let newer = found.get(&key).is_none_or(|(held, _)| held.period.end() < value.period.end());
        if earlier && newer {
            found.insert(key, (value, record.to_string().contains(SYNTHETIC)));
        }
    }
    let synthetic = found.values().any(|(_, synthetic)| *synthetic);
    (found.into_iter().map(|(key, (value, _))| (key, value)).collect(), synthetic)
}

fn of_record(record: &Value) -> Option<((IndicatorCode, RegionCode, Scope), LastValue)> {
    if at(record, "/measure") != "MEASURE_ACTUAL" {
        return None;
    }
    let scope = at(record, "/scope").strip_prefix("SCOPE_")?.to_lowercase().replace('_', "-");
    let key = (
        IndicatorCode::parse(&at(record, "/indicator")).ok()?,
        RegionCode::parse(&at(record, "/region")).ok()?,
        Scope::from_code(&scope)?,
    );
    let value = Decimal::from_str_exact(&at(record, "/value/value/value")).ok()?;
    let unit = Unit::parse(&at(record, "/value/unit")).ok()?;
    let period = Period::parse(&at(record, "/period/value")).ok()?;
    Some((key, LastValue { quantity: Quantity::new(value, unit), period }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(period: &str, value: &str, note: &str) -> Value {
        json!({
            "indicator": "ZWC2021-26", "region": "140100", "period": {"value": period}, "scope": "SCOPE_WHOLE_CITY",
            "measure": "MEASURE_ACTUAL", "value": {"value": {"value": value}, "unit": "%"}, "note": note,
        })
    }

    #[test]
    fn the_last_value_is_the_newest_before_the_period() {
        let records = [record("2022", "30", ""), record("2023", "34", "模拟数据"), record("2024", "36", "")];
        let (last, synthetic) = newest(&records, Period::parse("2024").unwrap());
        let held: Vec<_> = last.values().map(|last| last.quantity.value.to_string()).collect();
        assert_eq!((held, synthetic), (vec!["34".to_owned()], true));
        let (last, synthetic) = newest(&records, Period::parse("2023").unwrap());
        assert_eq!(last.values().next().unwrap().quantity.value.to_string(), "30");
        assert!(!synthetic);
    }

    #[test]
    fn a_target_and_a_missing_value_are_no_last_values() {
        let mut target = record("2023", "40", "");
        target["measure"] = "MEASURE_TARGET".into();
        let mut missing = record("2023", "40", "");
        missing["value"] = Value::Null;
        assert!(newest(&[target, missing], Period::parse("2024").unwrap()).0.is_empty());
    }
}
