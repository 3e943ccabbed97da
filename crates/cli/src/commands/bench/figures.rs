//! Figures to submit in a measurement: synthetic, marked so, each of another day or indicator, because a figure exists once.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use chrono::{Days, NaiveDate};
use client::pool;
use contracts::exchange::v1::BatchCreateObservationsRequest;
use prost_reflect::DynamicMessage;
use serde_json::json;

use crate::failure::{Failure, Outcome};

/// Rates of the catalogue, by the number in their code.
const INDICATORS: [u8; 44] = [
    3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33,
    34, 35, 36, 37, 43, 44, 47, 52, 53, 54, 55, 56, 57, 58,
];
/// Days of the years 1960 to 2024, all of them in the past.
const DAYS: u64 = 23_741;

/// A supply of figures of one city. Clones share it.
#[derive(Clone)]
pub(super) struct Figures {
    next: Arc<AtomicU64>,
    /// A submission with one figure, to be given its indicator and day.
    template: BatchCreateObservationsRequest,
}

impl Figures {
    /// Figures of a city for its node, to be recorded, or only to be checked. None of the first `skipped`.
    pub(super) fn new(city: &str, validate_only: bool, skipped: u64) -> Outcome<Self> {
        let observation = json!({
            "indicator": "", "region": city, "period": { "value": "" }, "scope": "SCOPE_WHOLE_CITY",
            "measure": "MEASURE_ACTUAL", "qualifier": "QUALIFIER_EQUAL",
            "value": { "value": { "value": "36" }, "unit": "%" }, "status": "OBSERVATION_STATUS_NORMAL",
            "reportingParty": "模拟填报单位 / synthetic", "sourceDepartment": "模拟 / synthetic", "note": "模拟数据 / synthetic",
        });
        let message = json!({
            "parent": format!("departments/city-{city}"), "requests": [{ "observation": observation }],
            "validateOnly": validate_only,
        });
        let name = "wufei.exchange.v1.BatchCreateObservationsRequest";
        let descriptor = pool().map_err(fault)?.get_message_by_name(name).ok_or_else(|| fault(name))?;
        let template = DynamicMessage::deserialize(descriptor, message).map_err(fault)?;
        Ok(Self { next: Arc::new(AtomicU64::new(skipped)), template: template.transcode_to().map_err(fault)? })
    }

    /// The next submission, with this many figures.
    pub(super) fn submission(&self, figures: u32) -> Outcome<BatchCreateObservationsRequest> {
        let mut request = self.template.clone();
        request.request_id = uuid::Uuid::now_v7().to_string();
        let one = std::mem::take(&mut request.requests);
        for _ in 0..figures {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let indicator = usize::try_from(number / DAYS).ok().and_then(|at| INDICATORS.get(at));
            let first = NaiveDate::from_ymd_opt(1960, 1, 1);
            let day = first.and_then(|first| first.checked_add_days(Days::new(number % DAYS)));
            let (Some(indicator), Some(day)) = (indicator, day) else {
                return Err(Failure::failed("测量所用的指标值已用完", "there are no more figures to submit"));
            };
            let mut more = one.clone();
            for observation in more.iter_mut().filter_map(|item| item.observation.as_mut()) {
                observation.indicator = format!("ZWC2021-{indicator:02}");
                if let Some(period) = &mut observation.period {
                    period.value = day.to_string();
                }
            }
            request.requests.append(&mut more);
        }
        Ok(request)
    }
}

fn fault(error: impl std::fmt::Display) -> Failure {
    Failure::unexpected("bench trust", error)
}
