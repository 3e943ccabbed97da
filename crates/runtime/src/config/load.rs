//! From a file to a checked configuration.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use toml::{
    Spanned, Table, Value,
    de::{DeTable, DeValue},
};

use super::{
    environment::Overrides,
    fault::{Checked, ConfigFaults, Fault, Faults, Place, Text},
    path::with_base,
    redact::redact_url,
    repair::{Kind, Refused, get, read_all},
};

/// What a configuration is read from.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// The file's name, for messages. Relative paths in it count from its folder.
    pub file: &'a Path,
    /// Its text.
    pub text: &'a str,
    /// The environment.
    pub variables: Vec<(OsString, OsString)>,
}

/// Reads the file and the environment.
///
/// # Errors
/// Every fault at once; see [the module](super).
pub fn load<C: DeserializeOwned + Checked>(path: &Path) -> Result<C, ConfigFaults> {
    let unreadable = |kind: std::io::ErrorKind| ConfigFaults {
        file: path.to_owned(),
        faults: vec![Fault {
            key: String::new(),
            place: Place::Absent,
            value: None,
            rule: Text::new(format!("无法读取（{kind}）"), format!("cannot be read ({kind})")),
            remedy: Text::new(
                "请检查路径和读取权限，文件须为 UTF-8 编码",
                "check the path and its permissions; it must be UTF-8",
            ),
        }],
    };
    let text = fs::read_to_string(path).map_err(|error| unreadable(error.kind()))?;
    // Absolute, so that the paths hold when the process changes its folder.
    let file = std::path::absolute(path).map_err(|error| unreadable(error.kind()))?;
    parse(&Source { file: &file, text: &text, variables: env::vars_os().collect() })
}

/// Reads a configuration from given text and variables, for tests and for programs that write configurations.
///
/// # Errors
/// Every fault at once; see [the module](super).
pub fn parse<C: DeserializeOwned + Checked>(source: &Source<'_>) -> Result<C, ConfigFaults> {
    let faulty = |faults| ConfigFaults { file: source.file.to_owned(), faults };
    let (document, syntax) = DeTable::parse_recoverable(source.text);
    if !syntax.is_empty() {
        // A broken file has no keys to speak of, so this list stands alone.
        return Err(faulty(syntax.iter().map(|error| syntax_fault(source.text, error)).collect()));
    }
    let mut tree: Table =
        toml::from_str(source.text).map_err(|error| faulty(vec![syntax_fault(source.text, &error)]))?;
    let (overrides, malformed) = Overrides::pick(source.variables.iter().cloned());
    overrides.apply(&mut tree);
    let report = Report { text: source.text, document: document.get_ref(), tree: &tree, overrides: &overrides };

    let mut faults: Vec<Fault> = malformed.into_iter().map(variable_fault).collect();
    let base: PathBuf = source.file.parent().map(Path::to_owned).unwrap_or_default();
    let reading = with_base(&base, || read_all::<C>(tree.clone(), &overrides));
    faults.extend(reading.refused.iter().map(|refused| report.refused(refused)));
    faults.extend(reading.unknown.iter().map(|at| report.unknown(at)));
    if let Some(config) = &reading.value {
        let mut rules = Faults::default();
        config.check(&mut rules);
        for broken in rules.into_reported() {
            if !reading.refused.iter().any(|refused| broken.at.starts_with(&refused.at)) {
                let (key, place) = report.key_and_place(&broken.at);
                faults.push(Fault { key, place, value: broken.value, rule: broken.rule, remedy: broken.remedy });
            }
        }
    }
    match reading.value {
        Some(config) if faults.is_empty() => Ok(config),
        Some(_) | None => {
            faults.sort_by_key(|fault| match fault.place {
                Place::Line(line) => line,
                Place::Variable(_) | Place::Absent => usize::MAX,
            });
            Err(faulty(faults))
        }
    }
}

/// Turns locations into faults.
struct Report<'a> {
    text: &'a str,
    document: &'a DeTable<'a>,
    tree: &'a Table,
    overrides: &'a Overrides,
}

impl Report<'_> {
    fn refused(&self, refused: &Refused) -> Fault {
        let Refused { at, kind, message } = refused;
        let (key, place) = self.key_and_place(at);
        let value = get(self.tree, at).map(shown);
        let message = redact_url(message);
        match kind {
            Kind::Missing => Fault {
                key,
                place,
                value: None,
                rule: Text::new("缺少必填项", "is required and missing"),
                remedy: Text::new("请补上", "add it"),
            },
            Kind::Unknown => self.unknown(at),
            Kind::Wrong => Fault {
                key,
                place,
                value,
                rule: Text::new(
                    format!("类型或格式不对（{message}）"),
                    format!("has the wrong type or form ({message})"),
                ),
                remedy: Text::new("请按说明改正", "correct it"),
            },
        }
    }

    fn unknown(&self, at: &[String]) -> Fault {
        let (key, place) = self.key_and_place(at);
        Fault {
            key,
            place,
            value: None,
            rule: Text::new("没有这个配置项", "is not a known key"),
            remedy: Text::new("请检查拼写，或删去", "check its spelling, or remove it"),
        }
    }

    fn key_and_place(&self, at: &[String]) -> (String, Place) {
        let place = if let Some(found) = self.overrides.covering(at) {
            Place::Variable(found.variable.clone())
        } else {
            match offset(self.document, at) {
                Some(offset) => Place::Line(line_of(self.text, offset)),
                None => Place::Absent,
            }
        };
        (display_key(at), place)
    }
}

/// Where the key stands in the text; for a missing one, where its section does.
fn offset(document: &DeTable<'_>, at: &[String]) -> Option<usize> {
    let (first, rest) = at.split_first()?;
    let (key, mut value) = entry(document, first)?;
    let mut found = key;
    for step in rest {
        let next = match value.get_ref() {
            DeValue::Table(table) => entry(table, step),
            DeValue::Array(items) => {
                step.parse::<usize>().ok().and_then(|index| items.get(index)).map(|item| (item.span().start, item))
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => None,
        };
        match next {
            Some((start, inner)) => (found, value) = (start, inner),
            None => break,
        }
    }
    Some(found)
}

fn entry<'t, 'i>(table: &'t DeTable<'i>, name: &str) -> Option<(usize, &'t Spanned<DeValue<'i>>)> {
    table.iter().find(|(key, _)| key.get_ref() == name).map(|(key, value)| (key.span().start, value))
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// The key as TOML writes it: a step with a dot stands in quotes.
fn display_key(at: &[String]) -> String {
    let bare = |step: &String| step.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    at.iter().map(|step| if bare(step) { step.clone() } else { format!("{step:?}") }).collect::<Vec<_>>().join(".")
}

/// A value on one line, with passwords hidden.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", redact_url(text)),
        Value::Table(_) => "[…]".to_owned(),
        Value::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => value.to_string(),
    }
}

fn syntax_fault(text: &str, error: &toml::de::Error) -> Fault {
    let message = error.message();
    Fault {
        key: String::new(),
        place: error.span().map_or(Place::Absent, |span| Place::Line(line_of(text, span.start))),
        value: None,
        rule: Text::new(format!("不是合格的 TOML（{message}）"), format!("is not TOML ({message})")),
        remedy: Text::new("请改正这一行", "correct this line"),
    }
}

fn variable_fault(variable: String) -> Fault {
    Fault {
        key: String::new(),
        place: Place::Variable(variable),
        value: None,
        rule: Text::new("变量名须为 WUFEI__节__项，值须为 UTF-8", "must be WUFEI__SECTION__KEY with a UTF-8 value"),
        remedy: Text::new("请改正或取消这个变量", "correct or unset it"),
    }
}
