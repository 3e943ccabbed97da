//! Help in the reader's language. Every text of the command line is written once, as `中文 / English`; before anything is
//! parsed the tree of commands is cut to one of the two, and clap's own words with it.

use std::ffi::OsString;

use clap::{Arg, Command};
use domain::Lang;

use crate::guide::{self, Guide};

/// What separates the two languages of a text.
const BETWEEN: &str = " / ";

/// A text of the command line in one language. A text without a separator is the same in both.
pub(crate) fn cut(text: &str, lang: Lang) -> &str {
    match (text.split_once(BETWEEN), lang) {
        (Some((zh, _)), Lang::Zh) => zh,
        (Some((_, en)), Lang::En) => en,
        (None, _) => text,
    }
}

/// The language that the words of a command line ask for. It is needed before they are parsed, because what is said about
/// wrong words is in it too; a value that is no language is left to the parser.
pub(crate) fn asked(words: &[OsString]) -> Lang {
    let words = || words.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--");
    let beside = words().zip(words().skip(1)).filter_map(|(option, value)| (option == "--lang").then_some(value));
    let joined = words().filter_map(|word| word.strip_prefix("--lang=").map(|value| value.to_owned().into()));
    if beside.chain(joined).any(|value| value == "en") { Lang::En } else { Lang::Zh }
}

/// The commands with every text in one language.
pub(crate) fn speaking(command: Command, lang: Lang) -> Command {
    let mut command = without_specifications(command);
    // clap adds `help` and hands on the global options; they are to be cut as well.
    command.build();
    cut_tree(command, None, guide::of, lang)
}

/// clap prints defaults and possible values in English only, so `cut_argument` writes them instead.
fn without_specifications(command: Command) -> Command {
    command
        .mut_args(|argument| {
            let valued = argument.get_action().takes_values();
            argument.hide_possible_values(valued).hide_default_value(valued)
        })
        .mut_subcommands(without_specifications)
}

/// Cuts a command and those below it. `below` finds the guides of its own commands; theirs have none.
fn cut_tree(command: Command, guide: Option<&Guide>, below: fn(&str) -> Option<&'static Guide>, lang: Lang) -> Command {
    cut_command(command, guide, lang).mut_subcommands(|inner| {
        let guide = below(inner.get_name());
        cut_tree(inner, guide, |_| None, lang)
    })
}

fn cut_command(command: Command, guide: Option<&Guide>, lang: Lang) -> Command {
    let words = Words::of(lang);
    let about = match command.get_name() {
        "help" => words.help_command.to_owned(),
        _ => command.get_about().map(|text| cut(&text.to_string(), lang).to_owned()).unwrap_or_default(),
    };
    let after = guide::after_help(guide, lang);
    let heading = command.get_styles().get_header();
    let template =
        format!("{{about-with-newline}}\n{heading}{}:{heading:#} {{usage}}\n\n{{all-args}}{{after-help}}", words.usage);
    let mut command = command
        .about(about)
        .after_help(after)
        .help_template(template)
        .subcommand_help_heading(words.commands)
        .subcommand_value_name(words.command)
        .mut_args(|argument| cut_argument(argument, lang));
    let usage = usage(&mut command).replace("[OPTIONS]", words.any_options);
    command.override_usage(usage)
}

/// How a command is written, without the word before it.
pub(crate) fn usage(command: &mut Command) -> String {
    let usage = command.render_usage().to_string();
    usage.strip_prefix("Usage: ").map(str::to_owned).unwrap_or(usage)
}

fn cut_argument(argument: Arg, lang: Lang) -> Arg {
    let words = Words::of(lang);
    let text = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let text = match argument.get_id().as_str() {
        "help" => words.help,
        "version" => words.version,
        _ => cut(&text, lang),
    };
    let heading = if argument.is_positional() { words.arguments } else { words.options };
    let help = format!("{text}{}", specification(&argument, lang));
    argument.help(help).long_help(None).help_heading(heading)
}

/// What an argument may be and what it is when it is left out.
pub(crate) fn specification(argument: &Arg, lang: Lang) -> String {
    let words = Words::of(lang);
    if !argument.get_action().takes_values() {
        return String::new();
    }
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .map(|value| match value.get_help() {
            Some(help) => format!("{} {}", value.get_name(), cut(&help.to_string(), lang)),
            None => value.get_name().to_owned(),
        })
        .collect();
    let possible = (!values.is_empty()).then(|| format!(" [{}{}]", words.possible, values.join(words.comma)));
    let default = match argument.get_default_values() {
        [value] => format!(" [{}{}]", words.default, value.display()),
        _ => String::new(),
    };
    possible.unwrap_or_default() + &default
}

/// clap's own words.
struct Words {
    usage: &'static str,
    any_options: &'static str,
    command: &'static str,
    commands: &'static str,
    arguments: &'static str,
    options: &'static str,
    possible: &'static str,
    default: &'static str,
    comma: &'static str,
    help: &'static str,
    version: &'static str,
    help_command: &'static str,
}

impl Words {
    const ZH: Self = Self {
        usage: "用法",
        any_options: "[选项]",
        command: "命令",
        commands: "命令",
        arguments: "参数",
        options: "选项",
        possible: "可选：",
        default: "默认：",
        comma: "、",
        help: "显示帮助",
        version: "显示版本",
        help_command: "显示本帮助或某个命令的帮助",
    };
    const EN: Self = Self {
        usage: "Usage",
        any_options: "[OPTIONS]",
        command: "COMMAND",
        commands: "Commands",
        arguments: "Arguments",
        options: "Options",
        possible: "one of: ",
        default: "default: ",
        comma: ", ",
        help: "print help",
        version: "print the version",
        help_command: "print this help or that of a command",
    };

    const fn of(lang: Lang) -> &'static Self {
        match lang {
            Lang::Zh => &Self::ZH,
            Lang::En => &Self::EN,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::args::Args;

    fn chinese(text: &str) -> bool {
        text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
    }

    /// Every text of a command and of what is below it, with its place.
    fn texts(command: &Command, place: &str, all: &mut Vec<(String, String)>) {
        let place = format!("{place} {}", command.get_name());
        all.push((place.clone(), command.get_about().map(ToString::to_string).unwrap_or_default()));
        for argument in command.get_arguments() {
            let at = format!("{place} {}", argument.get_id());
            all.push((at.clone(), argument.get_help().map(ToString::to_string).unwrap_or_default()));
            if argument.get_action().takes_values() {
                for value in argument.get_possible_values() {
                    let help = value.get_help().map(ToString::to_string).unwrap_or_default();
                    all.push((format!("{at}={}", value.get_name()), help));
                }
            }
        }
        for inner in command.get_subcommands() {
            texts(inner, &place, all);
        }
    }

    #[test]
    fn every_text_has_both_languages_once() {
        let mut all = Vec::new();
        texts(&Args::command(), "", &mut all);
        all.extend(guide::texts().map(|(place, text)| (place.to_owned(), text.to_owned())));
        assert!(all.len() > 100, "only {} texts found", all.len());
        for (place, text) in all {
            let (zh, en) = text.split_once(BETWEEN).unwrap_or_else(|| panic!("{place} has one language: {text:?}"));
            assert!(chinese(zh), "{place} has no Chinese: {text}");
            assert!(!en.is_empty() && !chinese(en), "{place} has no English: {text}");
            assert!(!en.contains(BETWEEN), "{place} has two separators: {text}");
        }
    }

    #[test]
    fn english_help_holds_no_chinese() {
        let mut command = speaking(Args::command(), Lang::En);
        assert!(!chinese(&command.render_help().to_string()), "{}", command.render_help());
        for inner in command.get_subcommands_mut() {
            let help = inner.render_help().to_string();
            assert!(!chinese(&help), "{help}");
        }
    }

    #[test]
    fn chinese_help_holds_none_of_claps_words() {
        let mut command = speaking(Args::command(), Lang::Zh);
        let whole = command.render_help().to_string();
        let parts = command.get_subcommands_mut().map(|inner| inner.render_help().to_string());
        for help in parts.chain([whole]) {
            for word in ["Usage", "Options", "[OPTIONS]", "Commands", "Arguments", "Print", "default:", "possible"] {
                assert!(!help.contains(word), "{word} in {help}");
            }
        }
    }

    #[test]
    fn the_language_is_known_before_the_words_are_parsed() {
        let of = |words: &[&str]| asked(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(matches!(of(&["wufei", "--lang", "en", "submit"]), Lang::En));
        assert!(matches!(of(&["wufei", "submit", "--lang=en"]), Lang::En));
        assert!(matches!(of(&["wufei", "submit", "--lang", "zh"]), Lang::Zh));
        assert!(matches!(of(&["wufei", "call", "--", "--lang", "en"]), Lang::Zh));
    }
}
