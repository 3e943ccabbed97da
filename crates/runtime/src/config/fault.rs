//! Faults of a configuration, and the collector for them.

use std::{fmt, path::PathBuf};

/// A text for people, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Chinese, shown first.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// A text in both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// Where a faulty value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A line of the file, from 1.
    Line(usize),
    /// An environment variable.
    Variable(String),
    /// Nowhere: the key is missing, or the whole file is.
    Absent,
}

/// One fault: which key, where, what it said, which rule it breaks, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The key with its sections, `listen.grpc`; empty for the file as a whole.
    pub key: String,
    /// Where the value came from.
    pub place: Place,
    /// The value as configured, passwords hidden; nothing when it is missing.
    pub value: Option<String>,
    /// The rule.
    pub rule: Text,
    /// What to do.
    pub remedy: Text,
}

impl Fault {
    /// The fault in Chinese, on one line.
    pub fn zh(&self) -> String {
        let place = match &self.place {
            Place::Line(line) => format!("（第 {line} 行）"),
            Place::Variable(name) => format!("（环境变量 {name}）"),
            Place::Absent => String::new(),
        };
        let value = self.value.as_ref().map(|value| format!("，现为 {value}")).unwrap_or_default();
        let key = if self.key.is_empty() { "文件" } else { &self.key };
        format!("{key}{place}：{}{value}。{}", self.rule.zh, self.remedy.zh)
    }

    /// The fault in English, on one line.
    pub fn en(&self) -> String {
        let place = match &self.place {
            Place::Line(line) => format!(" (line {line})"),
            Place::Variable(name) => format!(" (environment variable {name})"),
            Place::Absent => String::new(),
        };
        let value = self.value.as_ref().map(|value| format!(", is {value}")).unwrap_or_default();
        let key = if self.key.is_empty() { "file" } else { &self.key };
        format!("{key}{place}: {}{value}; {}", self.rule.en, self.remedy.en)
    }
}

/// Every fault of one configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFaults {
    /// The file.
    pub file: PathBuf,
    /// The faults, at least one.
    pub faults: Vec<Fault>,
}

impl ConfigFaults {
    /// The faults in Chinese, one on each line.
    pub fn zh(&self) -> String {
        self.listed(&format!("配置文件 {} 有 {} 处错误：", self.file.display(), self.faults.len()), Fault::zh)
    }

    /// The faults in English, one on each line.
    pub fn en(&self) -> String {
        self.listed(&format!("{} fault(s) in the configuration {}:", self.faults.len(), self.file.display()), Fault::en)
    }

    fn listed(&self, head: &str, line: impl Fn(&Fault) -> String) -> String {
        let lines = (1..).zip(&self.faults).map(|(number, fault)| format!("\n{number:>3}. {}", line(fault)));
        std::iter::once(head.to_owned()).chain(lines).collect()
    }
}

/// In Chinese.
impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.zh())
    }
}

impl std::error::Error for ConfigFaults {}

/// Rules that types cannot say. Implemented by each section and by the whole configuration, which passes the collector on:
///
/// ```
/// # use runtime::config::{Checked, Faults, Text, Tls};
/// # struct Config { tls: Tls, period_days: u32 }
/// impl Checked for Config {
///     fn check(&self, faults: &mut Faults) {
///         faults.within("tls", |faults| self.tls.check(faults));
///         if self.period_days == 0 {
///             faults.report("period_days", 0, Text::new("至少为 1", "must be at least 1"), Text::new("请改正", "correct it"));
///         }
///     }
/// }
/// ```
///
/// It also runs when other keys are faulty, with stand-ins for their values; what it reports about those keys is dropped.
/// So a rule over several keys should be reported at the key that the user would correct.
pub trait Checked {
    /// Reports every rule that the values break. It must not stop at the first.
    fn check(&self, faults: &mut Faults);
}

/// Collects faults under the key that is being checked.
#[derive(Debug, Default)]
pub struct Faults {
    prefix: Vec<String>,
    found: Vec<Reported>,
}

#[derive(Debug)]
pub(super) struct Reported {
    pub(super) at: Vec<String>,
    pub(super) value: Option<String>,
    pub(super) rule: Text,
    pub(super) remedy: Text,
}

impl Faults {
    /// Reports a value that breaks a rule. Pass a value with a password through [`redact_url`](super::redact_url).
    pub fn report(&mut self, key: &str, value: impl fmt::Display, rule: Text, remedy: Text) {
        self.push(key, Some(value.to_string()), rule, remedy);
    }

    /// Reports a key that should be there.
    pub fn missing(&mut self, key: &str, rule: Text, remedy: Text) {
        self.push(key, None, rule, remedy);
    }

    /// Checks a section, or one entry of a map or a list, under its key.
    pub fn within(&mut self, key: impl fmt::Display, check: impl FnOnce(&mut Self)) {
        self.prefix.push(key.to_string());
        check(self);
        self.prefix.pop();
    }

    fn push(&mut self, key: &str, value: Option<String>, rule: Text, remedy: Text) {
        let mut at = self.prefix.clone();
        at.push(key.to_owned());
        self.found.push(Reported { at, value, rule, remedy });
    }

    pub(super) fn into_reported(self) -> Vec<Reported> {
        self.found
    }
}
