//! Arguments of a service. There are four, so they are read by hand; the `wufei` program has a real command line.

use std::{ffi::OsString, path::PathBuf};

use lexopt::{Arg, Parser};

/// What the process should do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Args {
    /// Print the usage.
    Help,
    /// Load the configuration, then act.
    Config { path: PathBuf, action: Action },
}

/// The language of what people read on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Language {
    #[default]
    Chinese,
    English,
}

impl Language {
    /// The language that the words ask for with `--lang`. It is needed before they are parsed, because what is said about
    /// wrong words is in it too; a value that is no language is left to the parser.
    pub(crate) fn asked(args: &[OsString]) -> Self {
        let english =
            args.iter().any(|word| word == "--lang=en") || args.windows(2).any(|pair| pair.iter().eq(["--lang", "en"]));
        if english { Self::English } else { Self::Chinese }
    }

    /// The text of the two that is in this language.
    pub(crate) fn of<T>(self, chinese: T, english: T) -> T {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Serve.
    Run,
    /// Check the configuration and end.
    Check,
    /// Print the configuration that is in force and end.
    Dump,
}

/// The usage.
pub(crate) fn usage(name: &str, language: Language) -> String {
    language.of(
        format!(
            "用法：{name} --config 文件 [--check-config | --dump-config] [--lang zh|en]\n\
             \n\
             \x20 --config 文件    配置文件（TOML），环境变量 WUFEI__节__项 可覆盖\n\
             \x20 --check-config   只检查配置\n\
             \x20 --dump-config    输出生效的配置，隐去口令\n\
             \x20 --lang zh|en     中文或英文，默认中文\n\
             \n\
             退出码：0 正常，64 参数或配置有误，1 运行失败\n"
        ),
        format!(
            "Usage: {name} --config FILE [--check-config | --dump-config] [--lang zh|en]\n\
             \n\
             \x20 --config FILE    configuration (TOML), overridden by the environment's WUFEI__SECTION__KEY\n\
             \x20 --check-config   check the configuration and end\n\
             \x20 --dump-config    print the configuration in force, passwords hidden\n\
             \x20 --lang zh|en     Chinese or English; Chinese when left out\n\
             \n\
             Exit codes: 0 done, 64 bad arguments or configuration, 1 failed\n"
        ),
    )
}

/// Reads the arguments, without the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Args, lexopt::Error> {
    let (mut path, mut action) = (None, Action::Run);
    let mut parser = Parser::from_args(args);
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("config") => path = Some(PathBuf::from(parser.value()?)),
            Arg::Long("check-config") if action == Action::Run => action = Action::Check,
            Arg::Long("dump-config") if action == Action::Run => action = Action::Dump,
            Arg::Long("lang") => match parser.value()?.to_str() {
                Some("zh" | "en") => {}
                other => return Err(format!("--lang is zh or en, not {}", other.unwrap_or("this")).into()),
            },
            Arg::Long("help") | Arg::Short('h') => return Ok(Args::Help),
            Arg::Long(_) | Arg::Short(_) => return Err(arg.unexpected()),
            Arg::Value(value) => return Err(Arg::Value(value).unexpected()),
        }
    }
    path.map(|path| Args::Config { path, action }).ok_or_else(|| "--config is missing".into())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn of(args: &[&str]) -> Option<Args> {
        parse(args.iter().map(OsString::from)).ok()
    }

    #[rstest]
    #[case(&["--config", "a.toml"], Action::Run)]
    #[case(&["--config=a.toml"], Action::Run)]
    #[case(&["--check-config", "--config", "a.toml"], Action::Check)]
    #[case(&["--config", "a.toml", "--dump-config"], Action::Dump)]
    #[case(&["--config", "a.toml", "--lang", "en"], Action::Run)]
    fn a_configuration_is_run_checked_or_dumped(#[case] args: &[&str], #[case] action: Action) {
        assert_eq!(of(args), Some(Args::Config { path: "a.toml".into(), action }));
    }

    #[rstest]
    #[case(&[])]
    #[case(&["--config"])]
    #[case(&["a.toml"])]
    #[case(&["--config", "a.toml", "--verbose"])]
    #[case(&["--config", "a.toml", "--lang", "fr"])]
    #[case(&["--config", "a.toml", "--check-config", "--dump-config"])]
    fn anything_else_is_refused(#[case] args: &[&str]) {
        assert_eq!(of(args), None);
    }

    #[test]
    fn help_needs_no_configuration() {
        assert_eq!(of(&["--help"]), Some(Args::Help));
    }
}
