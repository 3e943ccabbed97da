//! The memory of this process, where the system tells it (Linux).

use std::{fs, sync::OnceLock};

/// What was resident before the first work that is measured. Later work runs in memory that the allocator kept from earlier work, so
/// against what is resident just before it nothing would be found.
static FIRST: OnceLock<Option<u64>> = OnceLock::new();

/// The peak of the resident memory while something runs, above what was resident before the first work that was measured, in MiB;
/// none where the system does not tell. For the second work and later ones it is an upper bound.
pub(crate) fn growth<T>(work: impl FnOnce() -> T) -> (T, Option<f64>) {
    // From here on the peak is counted anew.
    let counted = fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = *FIRST.get_or_init(|| kibibytes("VmRSS:"));
    let done = work();
    let after = kibibytes("VmHWM:").filter(|_| counted);
    let growth = before.zip(after).map(|(before, after)| after.saturating_sub(before));
    (done, growth.and_then(|kib| u32::try_from(kib).ok()).map(|kib| f64::from(kib) / 1024.0))
}

fn kibibytes(key: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
