//! What is wrong with a submission: every fault at once, each naming field, rule, value, allowed set and the way out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{reason::Reason, text::Text};

/// One fault of a submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Path of the field in the request, for example `requests[3].observation.value.unit`.
    pub field: String,
    /// Reason for programs.
    pub reason: Reason,
    /// The rule that was broken.
    pub rule: Text,
    /// The value as it was sent; empty when it is missing.
    pub value: String,
    /// What would be accepted, when that can be listed.
    pub allowed: Vec<String>,
    /// What to do.
    pub action: Text,
}

impl Violation {
    /// A fault without an allowed set.
    pub fn new(field: impl Into<String>, reason: Reason, value: impl ToString, rule: Text, action: Text) -> Self {
        Self { field: field.into(), reason, rule, value: value.to_string(), allowed: Vec::new(), action }
    }

    /// The same fault with what would be accepted.
    #[must_use]
    pub fn allowing<T: ToString>(mut self, allowed: impl IntoIterator<Item = T>) -> Self {
        self.allowed = allowed.into_iter().map(|item| item.to_string()).collect();
        self
    }

    /// The fault in one sentence per language: rule, value, allowed set, what to do.
    #[must_use]
    pub fn sentence(&self) -> Text {
        let mut zh = self.rule.zh.clone();
        let mut en = self.rule.en.clone();
        if !self.value.is_empty() {
            zh.push_str(&format!("；填报值：{}", self.value));
            en.push_str(&format!("; value: {}", self.value));
        }
        if !self.allowed.is_empty() {
            zh.push_str(&format!("；可用：{}", self.allowed.join("、")));
            en.push_str(&format!("; allowed: {}", self.allowed.join(", ")));
        }
        Text::new(format!("{zh}；{}", self.action.zh), format!("{en}; {}", self.action.en))
    }
}

/// Collects faults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violations(pub Vec<Violation>);

impl Violations {
    /// No faults yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fault.
    pub fn push(&mut self, violation: Violation) {
        self.0.push(violation);
    }

    /// Adds the faults of a part.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The same faults with a prefix before each field path, for example `requests[3].`.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        for violation in &mut self.0 {
            violation.field.insert_str(0, prefix);
        }
        self
    }

    /// True when nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of faults.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The faults in the order of their discovery.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.0.iter()
    }

    /// True when a fault has this reason.
    #[must_use]
    pub fn has(&self, reason: Reason) -> bool {
        self.0.iter().any(|violation| violation.reason == reason)
    }

    /// `value` when nothing is wrong, the faults otherwise.
    ///
    /// # Errors
    /// The faults themselves.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Violation> for Violations {
    fn from(violation: Violation) -> Self {
        Self(vec![violation])
    }
}

impl FromIterator<Violation> for Violations {
    fn from_iter<I: IntoIterator<Item = Violation>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl IntoIterator for Violations {
    type Item = Violation;
    type IntoIter = std::vec::IntoIter<Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// A refusal with its reason, its text for people and its facts for programs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .text.zh)]
pub struct DomainError {
    /// Reason for programs.
    pub reason: Reason,
    /// What people read.
    pub text: Text,
    /// The single faults; empty when the refusal is not about the fields of a request.
    pub violations: Violations,
    /// Facts named in the text, for programs.
    pub facts: BTreeMap<String, String>,
}

impl DomainError {
    /// A refusal without field faults.
    pub fn new(reason: Reason, text: Text) -> Self {
        Self { reason, text, violations: Violations::new(), facts: BTreeMap::new() }
    }

    /// The same refusal with one more fact.
    #[must_use]
    pub fn with_fact(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        self.facts.insert(key.into(), value.to_string());
        self
    }
}

impl From<Violations> for DomainError {
    /// The first fault gives the reason; the text says how many there are.
    fn from(violations: Violations) -> Self {
        let count = violations.len();
        let first = violations.0.first();
        let reason = first.map_or(Reason::FieldInvalid, |violation| violation.reason);
        let text = match first {
            None => Text::new("请求有误", "the request is wrong"),
            Some(violation) => {
                let sentence = violation.sentence();
                let field = &violation.field;
                Text::new(
                    format!("共{count}处问题，第1处 {field}：{}", sentence.zh),
                    format!("{count} fault(s), the first at {field}: {}", sentence.en),
                )
            }
        };
        Self { reason, text, violations, facts: BTreeMap::from([("violations".to_owned(), count.to_string())]) }
    }
}

impl From<Violation> for DomainError {
    fn from(violation: Violation) -> Self {
        Violations::from(violation).into()
    }
}
