//! What stands below the options of a command: examples to copy, what one must know, what `--json` prints, exit codes.

use std::fmt::Write as _;

use domain::Lang;

use crate::{commands, failure::Code, language::cut};

/// How a command is used. Texts are `中文 / English`, as everywhere on the command line.
pub(crate) struct Guide {
    /// Lines to copy, each with what it does.
    pub(crate) examples: &'static [(&'static str, &'static str)],
    /// What the options do not say.
    pub(crate) notes: &'static [&'static str],
    /// What `--json` prints.
    pub(crate) json: &'static str,
}

/// The guides of all commands, by name, in the order of the help.
pub(crate) const GUIDES: [(&str, &Guide); 22] = [
    ("demo", &commands::demo::GUIDE),
    ("serve", &commands::serve::GUIDE),
    ("template", &commands::template::GUIDE),
    ("submit", &commands::submit::GUIDE),
    ("sign", &commands::sign::GUIDE),
    ("endorse", &commands::endorse::GUIDE),
    ("get", &commands::get::GUIDE),
    ("list", &commands::list::GUIDE),
    ("watch", &commands::watch::GUIDE),
    ("evaluate", &commands::evaluate::GUIDE),
    ("runs", &commands::runs::GUIDE),
    ("scheme", &commands::scheme::GUIDE),
    ("text", &commands::text::GUIDE),
    ("report", &commands::report::GUIDE),
    ("bundle", &commands::bundle::GUIDE),
    ("explain", &commands::explain::GUIDE),
    ("verify", &commands::verify::GUIDE),
    ("audit", &commands::audit::GUIDE),
    ("node", &commands::node::GUIDE),
    ("pki", &commands::pki::GUIDE),
    ("call", &commands::call::GUIDE),
    ("bench", &commands::bench::GUIDE),
];

/// The guide of a command.
pub(crate) fn of(command: &str) -> Option<&'static Guide> {
    GUIDES.iter().find(|(name, _)| *name == command).map(|(_, guide)| *guide)
}

/// Every text of the guides, with the command that it belongs to.
#[cfg(test)]
pub(crate) fn texts() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of_guide = |(name, guide): &(&'static str, &'static Guide)| {
        let name = *name;
        let examples = guide.examples.iter().map(|(_, what)| *what);
        examples
            .chain(guide.notes.iter().copied())
            .chain([guide.json])
            .map(move |text| (name, text))
            .collect::<Vec<_>>()
    };
    GUIDES.iter().flat_map(of_guide)
}

/// The text below the options of a command.
pub(crate) fn after_help(guide: Option<&Guide>, lang: Lang) -> String {
    let mut text = String::new();
    if let Some(guide) = guide {
        let _infallible = write_guide(&mut text, guide, lang);
    }
    text + &exit_codes(lang)
}

fn write_guide(text: &mut String, guide: &Guide, lang: Lang) -> std::fmt::Result {
    writeln!(text, "{}:", cut("示例 / Examples", lang))?;
    for (line, what) in guide.examples {
        writeln!(text, "  {line}\n      {}", cut(what, lang))?;
    }
    writeln!(text)?;
    for note in guide.notes {
        writeln!(text, "{}", cut(note, lang))?;
    }
    writeln!(text, "--json: {}\n", cut(guide.json, lang))
}

/// The exit codes, a line each.
fn exit_codes(lang: Lang) -> String {
    let lines = Code::meanings().map(|(number, meaning)| format!("\n  {number:>2}  {}", cut(meaning, lang)));
    format!("{}:{}", cut("退出码 / Exit codes", lang), lines.collect::<String>())
}
