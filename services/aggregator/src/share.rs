//! The share of cities under zero-waste construction, from the steps that the ecology department recorded.

use chrono::NaiveDate;
use contracts::ecology;
use domain::{CityMilestone, CountingRule, DepartmentId, RegionTable, ShareStanding, standing};
use prost::Message as _;
use rust_decimal::Decimal;
use store::{Store, View};

use crate::{followup::rows, snapshot::milestone};

/// Collection of the steps at the ecology node.
const CITY_STAGE_RECORDS: &str = "cityStageRecords";

/// The standing, and the day of the newest step.
pub(crate) struct Share {
    pub(crate) share: ShareStanding,
    pub(crate) as_of: Option<NaiveDate>,
}

/// The target: 60 % of the cities (到2027年全省“无废城市”建设比例达到60%).
pub(crate) fn target_ratio() -> Decimal {
    Decimal::new(60, 2)
}

/// Last day of the target: “到2027年” is read as the end of the year.
pub(crate) fn deadline() -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(2027, 12, 31)
}

/// Counts milestones under the first rule.
pub(crate) fn of(milestones: &[CityMilestone], regions: &RegionTable) -> Share {
    let cities = u32::try_from(regions.cities().count()).unwrap_or(u32::MAX);
    let as_of = milestones.iter().map(|step| step.period.end()).max();
    Share { share: standing(cities, target_ratio(), &CountingRule::v1(), milestones), as_of }
}

/// The standing by what is followed now.
///
/// # Errors
/// When the store fails or a stored message cannot be read.
pub(crate) async fn current(store: &Store, regions: &RegionTable) -> anyhow::Result<Share> {
    let mut milestones = Vec::new();
    for row in rows(store, &DepartmentId::ecology(), CITY_STAGE_RECORDS, &View::Now).await? {
        milestones.extend(milestone(&ecology::v1::CityStageRecord::decode(row.body.body.as_slice())?));
    }
    Ok(of(&milestones, regions))
}
