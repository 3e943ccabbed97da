//! Wrong words on the command line, said in the reader's language as every other failure.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::{
    failure::{Code, Failure},
    screen::Screen,
};

/// Ends the program after a command line that runs nothing: help and version on stdout, or what is wrong on stderr.
pub(crate) fn end(error: &Error, screen: &Screen) -> ExitCode {
    let shown = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if shown {
        let _nobody_reads = error.print();
        return if error.use_stderr() { Code::Usage.into() } else { ExitCode::SUCCESS };
    }
    let failure = failure(error);
    screen.failed(&failure);
    if let Some((_, usage)) = failure.facts.first() {
        let command = called(usage);
        screen.hint(
            format_args!("用法: {usage}\n详见 {command} --help"),
            format_args!("Usage: {usage}\nsee {command} --help"),
        );
    }
    failure.code.into()
}

/// The failure that a refused command line is.
fn failure(error: &Error) -> Failure {
    let (zh, en) = sentence(error);
    let (guess_zh, guess_en) = guess(error);
    let usage = of(error, ContextKind::Usage);
    let usage = usage.trim_start_matches("Usage: ").trim();
    let facts = if usage.is_empty() { Vec::new() } else { vec![("usage".to_owned(), usage.to_owned())] };
    Failure { facts, ..Failure::new(Code::Usage, zh + &guess_zh, en + &guess_en) }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "clap may add kinds; the rest is said in its own words")]
fn sentence(error: &Error) -> (String, String) {
    let (argument, value) = (of(error, ContextKind::InvalidArg), of(error, ContextKind::InvalidValue));
    let command = of(error, ContextKind::InvalidSubcommand);
    let both = |zh: String, en: String| (zh, en);
    match error.kind() {
        ErrorKind::UnknownArgument => both(format!("没有参数 {argument}"), format!("there is no argument {argument}")),
        ErrorKind::InvalidSubcommand => both(format!("没有命令 {command}"), format!("there is no command {command}")),
        ErrorKind::MissingSubcommand => {
            let valid = of(error, ContextKind::ValidSubcommand);
            both(format!("{command} 后面须写明：{valid}"), format!("{command} needs one of: {valid}"))
        }
        ErrorKind::MissingRequiredArgument => {
            both(format!("缺少参数：{argument}"), format!("these arguments are missing: {argument}"))
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            both(format!("{argument} 后面须写值"), format!("{argument} needs a value"))
        }
        ErrorKind::InvalidValue => {
            let valid = of(error, ContextKind::ValidValue);
            both(
                format!("{argument} 不能为 {value}；可选：{valid}"),
                format!("{argument} cannot be {value}; it is one of: {valid}"),
            )
        }
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map(|source| format!(" ({source})")).unwrap_or_default();
            both(
                format!("{argument} 的值 {value} 不是合格的数{why}"),
                format!("{value} is no good number for {argument}{why}"),
            )
        }
        ErrorKind::TooManyValues => {
            both(format!("{argument} 不带值，不能写 {value}"), format!("{argument} takes no value such as {value}"))
        }
        ErrorKind::ArgumentConflict => {
            let prior = of(error, ContextKind::PriorArg);
            if prior == argument {
                both(format!("{argument} 只能写一次"), format!("{argument} can be given once only"))
            } else {
                both(
                    format!("{argument} 不能与 {prior} 同时使用"),
                    format!("{argument} cannot be used together with {prior}"),
                )
            }
        }
        // The rest cannot come from these commands; clap says it in English.
        other => both(format!("命令写法有误：{other}"), format!("wrong use of the command: {other}")),
    }
}

/// What was perhaps meant.
fn guess(error: &Error) -> (String, String) {
    let kinds = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let meant = kinds.into_iter().map(|kind| of(error, kind)).find(|meant| !meant.is_empty());
    meant.map(|meant| (format!("。是否指 {meant}？"), format!("; did you mean {meant}?"))).unwrap_or_default()
}

/// A part of the error; empty where it has none.
fn of(error: &Error, kind: ContextKind) -> String {
    error.get(kind).map(ContextValue::to_string).unwrap_or_default()
}

/// The command at the beginning of its usage, such as `wufei node check`.
fn called(usage: &str) -> String {
    let name = |word: &&str| word.starts_with(|first: char| first.is_ascii_lowercase());
    usage.split_whitespace().take_while(name).collect::<Vec<_>>().join(" ")
}
