//! The second step of a decision: row by row.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use cedar_policy::Context;
use chrono::NaiveDate;

use crate::{
    cedar::{Unfit, Who},
    compile::{Policy, Served},
    decide::Answer,
    grant::Grant,
    member::Member,
    remembered::Question,
};

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Row<'a> {
    /// The department whose row it is; of a share request or a ticket, either side: who filed it, and who
    /// received it.
    pub department: &'a str,
    /// GB/T 2260 code of the region that it is about; empty when it is not about one.
    pub region: &'a str,
    /// Class of the data-resource catalogue, see [`Policy::class_of`].
    pub class: &'a str,
}

/// What one caller sees through one method.
pub(crate) struct Sight {
    pub(crate) policy: Policy,
    pub(crate) member: Member,
    pub(crate) served: Arc<Served>,
    pub(crate) node: String,
    pub(crate) purpose: Option<Arc<str>>,
    pub(crate) today: NaiveDate,
    /// The caller's grants, those that have ended among them.
    pub(crate) grants: Vec<Arc<Grant>>,
    /// The call in the words of the policies, put so when the first question has to be asked.
    pub(crate) words: OnceLock<Result<Words, Unfit>>,
    /// Answers by department, region and class. A request has few of them, whatever its number of rows.
    pub(crate) seen: Mutex<Seen>,
}

/// A call as the policies are asked about it.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    pub(crate) who: Who,
    /// The call without a grant, then with each grant of the caller's.
    pub(crate) contexts: Vec<Context>,
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
        let through = self.ways().find(|way| matches!(self.ask(*way, row), Answer::Allowed(_)));
        if let Some(grant) = through.and_then(|way| self.grant(way)) {
            seen.grants.insert(grant);
        }
        seen.answers.insert(key, through.is_some());
        through.is_some()
    }

    /// The ways to put a question: without a grant first, so that a role that is enough is what the audit log names, then with
    /// each grant of the caller's.
    pub(crate) fn ways(&self) -> impl Iterator<Item = usize> {
        0..=self.grants.len()
    }

    /// The grant of a way.
    pub(crate) fn grant(&self, way: usize) -> Option<Arc<str>> {
        let grant = way.checked_sub(1).and_then(|place| self.grants.get(place))?;
        Some(Arc::clone(&grant.id))
    }

    /// Puts the question in one of its ways.
    pub(crate) fn ask(&self, way: usize, row: Row<'_>) -> Answer {
        let fresh = || {
            let Ok(words) = self.words() else { return Answer::Broken };
            let Some(context) = words.contexts.get(way) else { return Answer::Broken };
            self.policy.answer(&words.who, &self.served, context, &self.node, row)
        };
        let call = (self.served.path.as_str(), self.node.as_str());
        let question = match way {
            0 => Question::new(&self.member, call, self.purpose.as_ref(), self.today, row),
            _ => None,
        };
        let Some(question) = question else { return fresh() };
        let remembered = &self.policy.0.remembered;
        remembered.get(&question).unwrap_or_else(|| {
            let answer = fresh();
            remembered.keep(question, &answer);
            answer
        })
    }

    pub(crate) fn words(&self) -> Result<&Words, Unfit> {
        self.words.get_or_init(|| self.policy.words(self)).as_ref().map_err(Clone::clone)
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
