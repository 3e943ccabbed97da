//! How long work on one thread takes.

use std::fs;
use std::time::{Duration, Instant};

/// Below this the system's count of processor time is too coarse.
const COARSE: Duration = Duration::from_millis(200);

/// Time from a start: what the processor spent on this thread, where the system tells that (Linux), so that other work on
/// the machine is not counted; the time on the clock elsewhere, and for what is short.
pub(crate) struct Stopwatch {
    clock: Instant,
    processor: Option<Duration>,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self { clock: Instant::now(), processor: on_processor() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        let clock = self.clock.elapsed();
        let spent = on_processor().zip(self.processor).map(|(now, then)| now.saturating_sub(then));
        spent.filter(|spent| *spent >= COARSE).unwrap_or(clock)
    }
}

fn on_processor() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
