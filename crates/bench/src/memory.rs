//! The memory of this process, where the system tells it (Linux).

use std::fs;

/// The peak of the resident memory while something runs, above what was resident before, in MiB; none where the system
/// does not tell.
pub(crate) fn growth<T>(work: impl FnOnce() -> T) -> (T, Option<f64>) {
    // From here on the peak is counted anew.
    let counted = fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = kibibytes("VmRSS:");
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
