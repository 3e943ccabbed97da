//! How far a long evaluation has come, and whether it is to go on.
//!
//! The engine tells of its steps and asks between them; it knows no clock, no thread and no reason. Whoever stops it gets no
//! result: a result is never one of a part of the work.

use std::{fmt, sync::Arc};

/// A step that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// A stage of a composite index was computed: so many of so many.
    Stage {
        /// How many.
        done: u32,
        /// Of how many.
        of: u32,
    },
    /// A replicate is about to be computed. Replicates come in no order when there are several threads.
    Replicate {
        /// Its number, from 0.
        number: u32,
        /// How many there are.
        of: u32,
    },
}

/// Tells of each step, and is asked whether to go on.
type Told = dyn Fn(Step) -> bool + Send + Sync;

/// The pace of an evaluation. Cheap to clone.
#[derive(Clone, Default)]
pub struct Pace(Option<Arc<Told>>);

impl Pace {
    /// Goes on to the end, and tells nobody.
    #[must_use]
    pub fn free() -> Self {
        Self(None)
    }

    /// Tells of each step; the evaluation ends without a result when it is answered with `false`.
    #[must_use]
    pub fn told(told: impl Fn(Step) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    /// Tells of a step; whether to go on.
    #[must_use]
    pub fn goes_on(&self, step: Step) -> bool {
        self.0.as_ref().is_none_or(|told| told(step))
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pace").field(&self.0.as_ref().map(|_| "told")).finish()
    }
}
