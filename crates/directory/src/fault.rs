//! What is wrong with a directory: every fault at once.

use std::fmt;

use domain::Text;

/// One fault of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, for example `members[3].signing_keys[0].id`.
    pub path: String,
    /// What stands there.
    pub value: String,
    /// The rule that it breaks, with what to do.
    pub rule: Text,
}

/// The faults of a directory, in the order of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// Adds a fault.
    pub(crate) fn push(&mut self, path: impl Into<String>, value: impl fmt::Display, zh: &str, en: &str) {
        self.0.push(Fault { path: path.into(), value: value.to_string(), rule: Text::new(zh, en) });
    }

    /// All of them in one sentence per language.
    pub fn text(&self) -> Text {
        let joined = |of: &dyn Fn(&Fault) -> String| self.0.iter().map(of).collect::<Vec<_>>().join("; ");
        let (count, zh) =
            (self.0.len(), joined(&|fault| format!("{} = {:?}：{}", fault.path, fault.value, fault.rule.zh)));
        let en = joined(&|fault| format!("{} = {:?}: {}", fault.path, fault.value, fault.rule.en));
        Text::new(format!("目录有 {count} 处问题：{zh}"), format!("the directory has {count} fault(s): {en}"))
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().en)
    }
}
