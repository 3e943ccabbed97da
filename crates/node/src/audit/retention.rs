//! Records that are older than the configuration keeps lose what they say. Their hashes and the tree stay.

use chrono::{DateTime, Months, Utc};
use contracts::log::v1::AuditRecord;
use domain::DepartmentId;
use prost::Message as _;
use store::Store;

use super::{AuditError, LEAST_KEEP_YEARS};

/// Forgets the records from before so many years ago, and never a younger one than the law allows. Returns how many.
pub(super) async fn forget(
    store: &Store,
    log: &DepartmentId,
    now: DateTime<Utc>,
    keep_years: u32,
) -> Result<u64, AuditError> {
    let months = keep_years.max(LEAST_KEEP_YEARS).saturating_mul(12);
    let Some(limit) = now.checked_sub_months(Months::new(months)) else { return Ok(0) };
    let size = store.head(log).await?.map_or(0, |head| head.size);
    // Times never go back along the log, so the border is found by halving.
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        if older(store, log, middle, limit).await? {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if low == 0 { Ok(0) } else { Ok(store.forget_leaves(log, low).await?) }
}

/// Whether a record is from before this time; one that was forgotten is.
async fn older(store: &Store, log: &DepartmentId, index: u64, limit: DateTime<Utc>) -> Result<bool, AuditError> {
    let entry = store.entries(log, index, 1).await?.into_iter().find(|entry| entry.index == index);
    let Some(leaf) = entry.and_then(|entry| entry.leaf) else { return Ok(true) };
    let record = AuditRecord::decode(leaf.as_slice()).map_err(|source| AuditError::Leaf { index, source })?;
    let time = record.time.unwrap_or_default();
    Ok((time.seconds, time.nanos) < (limit.timestamp(), 0))
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone as _};
    use ledger::leaf_hash;

    use super::*;
    use crate::convert::common::time_out;

    #[tokio::test]
    async fn only_what_is_older_than_the_years_kept_is_forgotten_and_never_before_three() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open_audit(&format!("sqlite:{}", dir.path().join("node.db").display())).await.unwrap();
        let log = DepartmentId::ecology();
        let start = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        let mut write = store.begin(&log).await.unwrap();
        for day in 0..10 {
            let record = AuditRecord { time: Some(time_out(start + TimeDelta::days(day))), ..AuditRecord::default() };
            let leaf = record.encode_to_vec();
            write.append(&leaf, leaf_hash(&leaf), None).await.unwrap();
        }
        write.set_head("a note", start).await.unwrap();
        write.commit().await.unwrap();

        let on = |year, day| Utc.with_ymd_and_hms(year, 1, day, 0, 0, 0).unwrap();
        assert_eq!(forget(&store, &log, on(2029, 1), 3).await.unwrap(), 0, "three years to the day");
        assert_eq!(forget(&store, &log, on(2028, 9), 1).await.unwrap(), 0, "one year is less than the law allows");
        assert_eq!(forget(&store, &log, on(2029, 4), 5).await.unwrap(), 0);
        assert_eq!(forget(&store, &log, on(2029, 4), 3).await.unwrap(), 3);
        assert_eq!(
            forget(&store, &log, on(2029, 6), 3).await.unwrap(),
            2,
            "those forgotten before do not stand in the way"
        );
        let left = store.entries(&log, 0, 20).await.unwrap();
        assert_eq!(left.iter().filter(|entry| entry.leaf.is_none()).count(), 5);
        assert!(matches!(store.check(&log).await.unwrap(), store::LogCheck::Sound { size: 10, hash_only: 5, .. }));
        store.close().await;
    }
}
