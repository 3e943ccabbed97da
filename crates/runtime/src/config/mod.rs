//! Configuration: a TOML file, overridden by the environment, checked as a whole before anything is opened.
//!
//! - **All faults at once.** Syntax, unknown keys, wrong types, missing keys and the rules of [`Checked`] come back in one
//!   list, each with its key, line, value, rule and remedy, in Chinese and English.
//! - **Environment.** `WUFEI__SECTION__KEY=value` overrides `section.key`; two underscores separate, the names are lower
//!   case. The value is TOML (`9000`, `true`, `["a"]`) or, where that does not fit, the text as it stands.
//! - **Paths.** A relative [`FilePath`] counts from the folder of the file, not from where the program was started.
//! - **Secrets** are paths of files, or come through the environment.
//!
//! `#[serde(flatten)]` hides unknown keys from us: do not use it in a configuration.

mod common;
mod environment;
mod fault;
mod load;
mod path;
mod redact;
mod repair;

pub use common::{Database, Limits, Listen, Telemetry, Tls};
pub use fault::{Checked, ConfigFaults, Fault, Faults, Place, Text};
pub use load::{Source, load, parse};
pub use path::FilePath;
pub use redact::redact_url;

pub(crate) use redact::to_redacted_toml;
