//! `wufei manual`: the reference of all commands as Markdown, made from the same texts as the help. `cargo xtask docs` keeps
//! it as docs/cli.md.

use std::fmt::{self, Write as _};

use clap::{Arg, Command, CommandFactory as _};
use domain::Lang;

use crate::{
    args::Args,
    failure::{Code, Failure, Outcome},
    guide,
    language::{cut, specification, usage},
    screen::Screen,
};

const HEAD: &str = "\
# 命令参考 / Commands

<!-- Written by `cargo xtask docs`; change the texts in crates/cli. -->

每个命令都有 `--help`；默认中文，`--lang en` 为英文。
Every command has `--help`, in Chinese unless `--lang en` is given.
";

/// 输出全部命令的参考（Markdown） / print the reference of all commands as Markdown
#[derive(Debug, clap::Args)]
pub(crate) struct ManualArgs {}

pub(crate) fn run(screen: &Screen) -> Outcome<()> {
    let mut command = Args::command();
    command.build();
    let mut text = String::new();
    write(&mut text, command).map_err(|error| Failure::unexpected("manual", error))?;
    screen.bytes(text.as_bytes());
    Ok(())
}

fn write(out: &mut String, mut command: Command) -> fmt::Result {
    out.push_str(HEAD);
    writeln!(out, "\n## 通用选项 / Options of every command\n")?;
    arguments(out, command.get_arguments().filter(|argument| argument.is_global_set()))?;
    for inner in command.get_subcommands_mut().filter(|inner| !inner.is_hide_set()) {
        section(out, inner)?;
    }
    writeln!(out, "\n## 退出码 / Exit codes\n\n| | 含义 | meaning |\n|---|---|---|")?;
    for (number, meaning) in Code::meanings() {
        writeln!(out, "| {number} | {} | {} |", cut(meaning, Lang::Zh), cut(meaning, Lang::En))?;
    }
    out.write_str(
        "\n## JSON\n\n\
         加 `--json` 后，标准输出只有 JSON，字段名与接口定义一致；失败时标准错误为一个对象：\n\
         With `--json` stdout holds JSON only, with the field names of the contracts; a failure is one object on stderr:\n\n\
         ```json\n\
         {\"error\": {\"code\": 3, \"reason\": \"…\", \"message\": {\"zh\": \"…\", \"en\": \"…\"}, \"facts\": {},\n  \
         \"violations\": [{\"line\": 2, \"field\": \"value\", \"reason\": \"…\", \"value\": \"…\", \"rule\": {\"zh\": \"…\", \"en\": \"…\"},\n    \
         \"allowed\": \"\", \"action\": {\"zh\": \"…\", \"en\": \"…\"}}]}}\n\
         ```\n\n\
         `code` 是退出码；`reason` 见 [errors](errors/README.md)。 `code` is the exit code; the reasons are in [errors](errors/README.md).\n",
    )
}

fn section(out: &mut String, command: &mut Command) -> fmt::Result {
    let name = command.get_name().to_owned();
    writeln!(out, "\n## wufei {name}\n\n{}\n\n```text", about(command))?;
    if command.has_subcommands() {
        for inner in command.get_subcommands_mut().filter(|inner| inner.get_name() != "help") {
            writeln!(out, "{}", usage(inner))?;
        }
    } else {
        writeln!(out, "{}", usage(command))?;
    }
    writeln!(out, "```\n")?;
    let own = command.get_arguments().chain(command.get_subcommands().flat_map(Command::get_arguments));
    let mut own: Vec<&Arg> = own.filter(|argument| !argument.is_global_set() && is_told(argument)).collect();
    own.dedup_by_key(|argument| argument.get_id());
    if command.has_subcommands() {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            writeln!(out, "- `{name} {}`: {}", inner.get_name(), about(inner))?;
        }
        writeln!(out)?;
    }
    if !own.is_empty() {
        arguments(out, own.into_iter())?;
    }
    let Some(guide) = guide::of(&name) else { return Ok(()) };
    writeln!(out, "\n```sh")?;
    for (line, what) in guide.examples {
        writeln!(out, "{line}\n    # {what}")?;
    }
    writeln!(out, "```\n")?;
    for note in guide.notes.iter().map(|note| (*note).to_owned()).chain([format!("`--json`: {}", guide.json)]) {
        writeln!(out, "- {note}")?;
    }
    Ok(())
}

/// Help and version are the same everywhere.
fn is_told(argument: &Arg) -> bool {
    !matches!(argument.get_id().as_str(), "help" | "version")
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn arguments<'a>(out: &mut String, arguments: impl Iterator<Item = &'a Arg>) -> fmt::Result {
    writeln!(out, "| | 说明 | meaning |\n|---|---|---|")?;
    for argument in arguments {
        let text = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let cell = |lang| format!("{}{}", cut(&text, lang), specification(argument, lang)).replace('|', "\\|");
        let name = argument.to_string().replace('|', "\\|");
        writeln!(out, "| `{name}` | {} | {} |", cell(Lang::Zh), cell(Lang::En))?;
    }
    Ok(())
}
