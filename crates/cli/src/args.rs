//! The command line. Each text is written once, as `中文 / English`; [`crate::language`] shows the one that was asked for.

use std::{ffi::OsString, path::PathBuf};

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use domain::Lang;

use crate::{commands, language};

/// 无废：“无废城市”建设的跟进与联合绩效评价 / follow-up and joint evaluation of zero-waste city building
#[derive(Debug, Parser)]
#[command(name = "wufei", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Common {
    /// 输出语言 / language of the output
    #[arg(long, value_enum, global = true, default_value_t = Language::Zh)]
    lang: Language,
    /// 输出 JSON / print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// 连接配置文件；默认 ./wufei-data/client.toml（演示写入） / connection profile; the demo writes the default one
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) profile: Option<PathBuf>,
}

/// A language by its code.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    /// 中文 / Chinese
    Zh,
    /// 英文 / English
    En,
}

impl Args {
    /// Reads the words of a command line, the program's name first. Help and refusals are in `lang`.
    ///
    /// # Errors
    /// What clap found: help or version that was asked for, or words that are wrong.
    pub(crate) fn of(words: &[OsString], lang: Lang) -> Result<Self, clap::Error> {
        let matches = language::speaking(Self::command(), lang).try_get_matches_from(words)?;
        Self::from_arg_matches(&matches)
    }

    /// The language of the output.
    pub(crate) fn lang(&self) -> Lang {
        match self.common.lang {
            Language::Zh => Lang::Zh,
            Language::En => Lang::En,
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(commands::demo::DemoArgs),
    Serve(commands::serve::ServeArgs),
    Template(commands::template::TemplateArgs),
    Submit(commands::submit::SubmitArgs),
    Sign(commands::sign::SignArgs),
    Endorse(commands::endorse::EndorseArgs),
    Get(commands::get::GetArgs),
    List(commands::list::ListArgs),
    Watch(commands::watch::WatchArgs),
    Evaluate(commands::evaluate::EvaluateArgs),
    Runs(commands::runs::RunsArgs),
    Scheme(commands::scheme::SchemeArgs),
    Text(commands::text::TextArgs),
    Report(commands::report::ReportArgs),
    Bundle(commands::bundle::BundleArgs),
    Explain(commands::explain::ExplainArgs),
    Verify(commands::verify::VerifyArgs),
    Audit(commands::audit::AuditArgs),
    Node(commands::node::NodeArgs),
    Pki(commands::pki::PkiArgs),
    Call(commands::call::CallArgs),
    Bench(commands::bench::BenchArgs),
    #[command(hide = true)]
    Manual(commands::manual::ManualArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_command_has_its_guide_and_its_examples_are_good_words() {
        for command in Args::command().get_subcommands().filter(|command| !command.is_hide_set()) {
            let name = command.get_name();
            let guide = guide::of(name).unwrap_or_else(|| panic!("{name} has no guide"));
            assert!(!guide.examples.is_empty(), "{name} has no example");
            for (line, _) in guide.examples {
                let words = line.split(" | ").find(|part| part.starts_with("wufei")).unwrap();
                let words: Vec<_> = words.split_whitespace().map(OsString::from).collect();
                let parsed = Args::of(&words, Lang::En);
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
            }
        }
    }
}
