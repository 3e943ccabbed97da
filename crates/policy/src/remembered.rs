//! Answers that were given before.
//!
//! Without a grant, the answer of the policies is a function of what is in a [`Question`]: the same question has the same answer, so
//! it is kept instead of being worked out for each call again. Questions with a grant are few and are always asked.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::NaiveDate;
use hashlink::LruCache;

use crate::{decide::Answer, member::Member, sight::Row};

/// Most answers that are kept; the one that was longest unasked goes first.
const MOST: usize = 1024;
/// Longest purpose of a question that is kept, in bytes: its text is the caller's.
const LONGEST_PURPOSE: usize = 256;

/// All that an answer without a grant depends on, but for the policies themselves: they keep their own answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    member: Member,
    method: String,
    node: String,
    purpose: Option<Arc<str>>,
    today: NaiveDate,
    department: String,
    region: String,
    class: String,
}

impl Question {
    /// None when it is too long to be kept.
    pub(crate) fn new(
        member: &Member,
        (method, node): (&str, &str),
        purpose: Option<&Arc<str>>,
        today: NaiveDate,
        row: Row<'_>,
    ) -> Option<Self> {
        let short = purpose.is_none_or(|purpose| purpose.len() <= LONGEST_PURPOSE);
        short.then(|| Self {
            member: member.clone(),
            method: method.to_owned(),
            node: node.to_owned(),
            purpose: purpose.cloned(),
            today,
            department: row.department.to_owned(),
            region: row.region.to_owned(),
            class: row.class.to_owned(),
        })
    }
}

/// The answers of one server's policies.
pub(crate) struct Remembered(Mutex<LruCache<Question, Answer>>);

impl Remembered {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }

    pub(crate) fn get(&self, question: &Question) -> Option<Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(question).cloned()
    }

    pub(crate) fn keep(&self, question: Question, answer: &Answer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(question, answer.clone());
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered").finish_non_exhaustive()
    }
}
