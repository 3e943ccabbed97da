//! The second step of a decision: row by row.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use cedar_policy::Context;
use chrono::NaiveDate;

use crate::{
    cedar::Who,
    compile::{Policy, Served},
    decide::Answer,
    grant::Grant,
    principal::Principal,
};

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Row<'a> {
    /// The department whose row it is; of a share request, the one that asks.
    pub department: &'a str,
    /// GB/T 2260 code of the region that it is about; empty when it is not about one.
    pub region: &'a str,
    /// Class of the data-resource catalogue, see [`Policy::class_of`].
    pub class: &'a str,
}

/// What one caller sees through one method.
pub(crate) struct Sight {
    pub(crate) policy: Policy,
    pub(crate) principal: Principal,
    pub(crate) who: Who,
    pub(crate) served: Arc<Served>,
    pub(crate) node: String,
    pub(crate) purpose: Option<Arc<str>>,
    pub(crate) today: NaiveDate,
    /// The caller's grants, those that have ended among them.
    pub(crate) grants: Vec<Arc<Grant>>,
    /// The call without a grant, then with each grant of the caller's.
    pub(crate) attempts: Vec<Attempt>,
    /// Answers by department, region and class. A request has few of them, whatever its number of rows.
    pub(crate) seen: Mutex<Seen>,
}

/// One way to put the question.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) grant: Option<Arc<str>>,
    pub(crate) context: Context,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    answers: HashMap<String, bool>,
    grants: BTreeSet<Arc<str>>,
}

impl Sight {
    pub(crate) fn sees(&self, row: Row<'_>) -> bool {
        let key = format!("{}\n{}\n{}", row.department, row.region, row.class);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = seen.answers.get(&key) {
            return *answer;
        }
        let ask = |attempt: &&Attempt| {
            let answer = self.policy.answer(&self.who, &self.served, &attempt.context, &self.node, row);
            matches!(answer, Answer::Allowed(_))
        };
        let through = self.attempts.iter().find(ask);
        if let Some(grant) = through.and_then(|attempt| attempt.grant.clone()) {
            seen.grants.insert(grant);
        }
        seen.answers.insert(key, through.is_some());
        through.is_some()
    }

    pub(crate) fn grants(&self) -> BTreeSet<Arc<str>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).grants.clone()
    }
}

impl fmt::Debug for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sight").field("node", &self.node).finish_non_exhaustive()
    }
}
