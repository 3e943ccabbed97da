//! Trying again what may be tried again.

use std::{future::Future, time::Duration};

use crate::error::CallError;

/// How often and after which pauses a passing failure is tried again: exponential backoff with jitter, so that clients that
/// failed together do not come back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Tries in all; 1 means that nothing is tried again.
    pub tries: u32,
    /// First pause; each further one is twice as long.
    pub first_pause: Duration,
    /// Longest pause. A node may ask for less, never for more.
    pub longest_pause: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { tries: 4, first_pause: Duration::from_millis(100), longest_pause: Duration::from_secs(2) }
    }
}

impl Retry {
    /// Tries once.
    pub const NEVER: Self = Self { tries: 1, first_pause: Duration::ZERO, longest_pause: Duration::ZERO };

    /// Runs a call until it succeeds, fails for good, or was tried often enough; the last failure comes back. The call must
    /// carry a request id or only read.
    ///
    /// # Errors
    /// What the last try failed with.
    pub async fn run<T, F, Fut>(&self, mut call: F) -> Result<T, CallError>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, CallError>>,
    {
        let mut tried = 1;
        loop {
            let error = match call().await {
                Err(error) if error.is_passing() && tried < self.tries => error,
                done => return done,
            };
            let asked = error.refusal().and_then(|refusal| refusal.retry_after).unwrap_or_default();
            let pause = self.pause_after(tried).max(asked).min(self.longest_pause);
            tracing::debug!(tried, ?pause, error = &error as &dyn std::error::Error, "trying again");
            tokio::time::sleep(pause).await;
            tried += 1;
        }
    }

    /// A pause with jitter after the given number of tries, for loops that decide themselves what they try again.
    #[must_use]
    pub fn pause_after(&self, tried: u32) -> Duration {
        self.pause(tried, rand::random_range(0.5..1.0))
    }

    /// The pause after the given number of tries; `jitter` is between 0.5 and 1.
    fn pause(&self, tried: u32, jitter: f64) -> Duration {
        let doubled = self.first_pause.saturating_mul(2_u32.saturating_pow(tried.saturating_sub(1)));
        doubled.min(self.longest_pause).mul_f64(jitter)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tonic::Status;

    use super::*;

    const QUICK: Retry =
        Retry { tries: 3, first_pause: Duration::from_millis(1), longest_pause: Duration::from_millis(2) };

    async fn tries(retry: Retry, answer: impl Fn(u32) -> Result<u32, CallError>) -> (u32, Result<u32, CallError>) {
        let count = AtomicU32::new(0);
        let result = retry.run(|| std::future::ready(answer(count.fetch_add(1, Ordering::Relaxed)))).await;
        (count.into_inner(), result)
    }

    #[tokio::test]
    async fn a_passing_failure_is_tried_again_until_it_works() {
        let (count, result) =
            tries(QUICK, |at| if at < 2 { Err(Status::unavailable("").into()) } else { Ok(at) }).await;
        assert_eq!((count, result.unwrap()), (3, 2));
    }

    #[tokio::test]
    async fn tries_are_bounded_and_the_last_failure_comes_back() {
        let (count, result) = tries(QUICK, |_| Err(Status::unavailable("gone").into())).await;
        assert_eq!(count, 3);
        assert!(matches!(result, Err(CallError::Unreachable { .. })));
    }

    #[tokio::test]
    async fn a_refusal_for_good_is_not_tried_again() {
        let (count, _) = tries(QUICK, |_| Err(Status::invalid_argument("no").into())).await;
        assert_eq!(count, 1);
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_never_reach_zero() {
        let retry = Retry::default();
        assert_eq!(retry.pause(1, 1.0), Duration::from_millis(100));
        assert_eq!(retry.pause(3, 1.0), Duration::from_millis(400));
        assert_eq!(retry.pause(40, 1.0), Duration::from_secs(2));
        assert_eq!(retry.pause(2, 0.5), Duration::from_millis(100));
    }
}
