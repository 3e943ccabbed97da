//! Figures for tests that need many: one of Taiyuan for each day, with nothing real in them but their form.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use testkit::{Call, Province};

/// The city whose node takes them.
pub(crate) const CITY: &str = "city-140100";

/// A submission of figures for this many days from a first one, counted from the beginning of 2000.
pub(crate) fn submission(first: u64, days: u64) -> Call {
    noted_submission(first, days, "测试")
}

/// The same with a remark on each figure.
pub(crate) fn noted_submission(first: u64, days: u64, note: &str) -> Call {
    let figure = |day: u64| {
        let date = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + Days::new(day);
        json!({ "observation": {
            "indicator": "ZWC2021-26", "region": "140100", "period": { "value": date.to_string() },
            "scope": "SCOPE_WHOLE_CITY", "measure": "MEASURE_ACTUAL", "qualifier": "QUALIFIER_EQUAL",
            "value": { "value": { "value": "36" }, "unit": "%" }, "status": "OBSERVATION_STATUS_NORMAL",
            "reportingParty": "太原市人民政府", "sourceDepartment": "住建/城管", "note": note,
        } })
    };
    let figures: Vec<Value> = (first..first + days).map(figure).collect();
    let request = json!({ "parent": format!("departments/{CITY}"), "requests": figures });
    Call::new(CITY, "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations", request)
}

/// Submits a figure for each of these days, each in a submission of its own.
pub(crate) async fn submit(province: &Province, days: std::ops::Range<u64>) -> anyhow::Result<()> {
    let calls: Vec<Call> = days.map(|day| submission(day, 1)).collect();
    province.submit(&province.writer(CITY)?, &calls).await?;
    Ok(())
}

/// How much of a department a service holds: entries, figures, amounts, other records.
pub(crate) async fn counts(province: &Province, service: &str, department: &str) -> anyhow::Result<store::Counts> {
    let store = province.store(service).await?;
    let counts = store.counts(&domain::DepartmentId::parse(department)?).await?;
    store.close().await;
    Ok(counts)
}
