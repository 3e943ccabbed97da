//! How a command fails: an exit code, a sentence in both languages, and the cells to correct.

use std::{fmt::Display, io, path::Path, process::ExitCode};

use domain::Text;
use serde_json::{Value, json};

/// Exit codes; they are listed in every `--help` and in docs/cli.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Something did not work.
    Failed,
    /// The words of the command line are wrong.
    Usage,
    /// Validation refused the data.
    Refused,
    /// A service cannot be reached.
    Unreachable,
    /// A proof does not hold.
    NotVerified,
    /// The configuration or the profile is wrong (`EX_USAGE` of sysexits.h).
    BadConfig,
}

impl Code {
    const ALL: [Self; 6] =
        [Self::Failed, Self::Usage, Self::Refused, Self::Unreachable, Self::NotVerified, Self::BadConfig];

    /// Every exit code with its meaning as `中文 / English`, success first.
    pub(crate) fn meanings() -> impl Iterator<Item = (u8, &'static str)> {
        [(0, "完成 / done")].into_iter().chain(Self::ALL.into_iter().map(|code| (code.number(), code.meaning())))
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Failed => "失败 / failed",
            Self::Usage => "命令写法有误 / wrong use of the command",
            Self::Refused => "数据被校验拒绝 / the data were refused by validation",
            Self::Unreachable => "服务不可达 / a service cannot be reached",
            Self::NotVerified => "核验不通过 / verification failed",
            Self::BadConfig => "配置有误 / bad configuration",
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Unreachable => 4,
            Self::NotVerified => 5,
            Self::BadConfig => 64,
        }
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.number())
    }
}

/// One cell or field that must be corrected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fault {
    /// Line of the file, from 1; none where it is not about a file.
    pub(crate) line: Option<u64>,
    /// Field path, or column of a file; empty when the whole line is meant.
    pub(crate) field: String,
    /// Machine-readable reason; empty where there is none.
    pub(crate) reason: String,
    /// What stands there.
    pub(crate) value: String,
    /// The rule it breaks.
    pub(crate) rule: Text,
    /// What is allowed; empty where the rule says it all.
    pub(crate) allowed: String,
    /// What to do.
    pub(crate) action: Text,
}

/// A failed command.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// Exit code.
    pub(crate) code: Code,
    /// What happened.
    pub(crate) text: Text,
    /// Machine-readable reason; empty where there is none.
    pub(crate) reason: String,
    /// Facts beside the reason.
    pub(crate) facts: Vec<(String, String)>,
    /// What must be corrected.
    pub(crate) faults: Vec<Fault>,
}

/// What a command ends with.
pub(crate) type Outcome<T> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(code: Code, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, text: Text::new(zh, en), reason: String::new(), facts: Vec::new(), faults: Vec::new() }
    }

    /// It did not work.
    pub(crate) fn failed(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Code::Failed, zh, en)
    }

    /// The configuration or the profile is wrong.
    pub(crate) fn bad_config(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Code::BadConfig, zh, en)
    }

    /// The data were refused.
    pub(crate) fn refused(zh: impl Into<String>, en: impl Into<String>, faults: Vec<Fault>) -> Self {
        Self { faults, ..Self::new(Code::Refused, zh, en) }
    }

    /// A file cannot be read.
    pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Self {
        let (file, kind) = (path.display(), error.kind());
        Self::failed(
            format!("无法读取 {file}（{}），请检查路径和权限", chinese(kind)),
            format!("cannot read {file} ({kind}); check the path and its permissions"),
        )
    }

    /// A file cannot be written.
    pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Self {
        let (file, kind) = (path.display(), error.kind());
        Self::failed(
            format!("无法写入 {file}（{}），请检查文件夹和权限", chinese(kind)),
            format!("cannot write {file} ({kind}); check the folder and its permissions"),
        )
    }

    /// A fault of this program or of a service that answers what its contract does not allow.
    pub(crate) fn unexpected(what: &str, error: impl Display) -> Self {
        Self::failed(format!("程序内部错误（{what}）：{error}"), format!("a fault of the program ({what}): {error}"))
    }

    /// The failure as JSON, for `--json`.
    pub(crate) fn to_json(&self) -> Value {
        let text = |text: &Text| json!({"zh": text.zh, "en": text.en});
        let faults: Vec<Value> = self
            .faults
            .iter()
            .map(|fault| {
                json!({
                    "line": fault.line, "field": fault.field, "reason": fault.reason, "value": fault.value, "rule": text(&fault.rule),
                    "allowed": fault.allowed, "action": text(&fault.action),
                })
            })
            .collect();
        let facts: serde_json::Map<String, Value> =
            self.facts.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
        json!({"error": {
            "code": self.code.number(), "reason": self.reason, "message": text(&self.text), "facts": facts,
            "violations": faults,
        }})
    }
}

/// Why the system refused a file. A rare kind keeps its English name: better than none.
fn chinese(kind: io::ErrorKind) -> String {
    let known = [
        (io::ErrorKind::NotFound, "不存在"),
        (io::ErrorKind::PermissionDenied, "没有权限"),
        (io::ErrorKind::ReadOnlyFilesystem, "文件系统只读"),
        (io::ErrorKind::StorageFull, "磁盘已满"),
        (io::ErrorKind::AlreadyExists, "已存在同名文件"),
        (io::ErrorKind::NotADirectory, "路径中有一段不是文件夹"),
        (io::ErrorKind::IsADirectory, "这是文件夹，不是文件"),
        (io::ErrorKind::InvalidData, "内容不是 UTF-8 文本"),
    ];
    known.into_iter().find(|(known, _)| *known == kind).map_or_else(|| kind.to_string(), |(_, text)| text.to_owned())
}
