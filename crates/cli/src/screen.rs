//! What people and programs read: text and tables, or JSON, on stdout; failures on stderr.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
};

use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use domain::{Lang, Text};
use serde_json::Value;

use crate::failure::{Failure, Fault};

/// Where nothing tells the width, tables are not squeezed.
const WIDE: u16 = 160;

/// The output of the program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    lang: Lang,
    json: bool,
}

impl Screen {
    pub(crate) fn new(lang: Lang, json: bool) -> Self {
        Self { lang, json }
    }

    /// The reader's language.
    pub(crate) fn lang(&self) -> Lang {
        self.lang
    }

    /// Whether a program reads the output.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// One of two sentences.
    pub(crate) fn text<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// Writes a line.
    pub(crate) fn line(&self, text: impl Display) {
        write_out(format_args!("{text}\n"));
    }

    /// Writes a line in the reader's language.
    pub(crate) fn say(&self, zh: impl Display, en: impl Display) {
        match self.lang {
            Lang::Zh => self.line(zh),
            Lang::En => self.line(en),
        }
    }

    /// Writes JSON with indents.
    pub(crate) fn value(&self, value: &Value) {
        self.line(format_args!("{value:#}"));
    }

    /// Writes JSON on one line, for streams.
    pub(crate) fn json_line(&self, value: &Value) {
        self.line(value);
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        let mut out = io::stdout().lock();
        let _nobody_reads = out.write_all(bytes).and_then(|()| out.flush());
    }

    /// An empty table with these headers.
    pub(crate) fn table(&self, headers: &[(&str, &str)]) -> Table {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
        if !io::stdout().is_terminal() {
            table.set_width(WIDE);
        }
        table.set_header(headers.iter().map(|(zh, en)| self.text(zh, en)).collect::<Vec<_>>());
        table
    }

    /// Writes what went wrong to stderr; with `--json`, as JSON.
    pub(crate) fn failed(&self, failure: &Failure) {
        if self.json {
            write_err(format_args!("{:#}\n", failure.to_json()));
            return;
        }
        let reason = if failure.reason.is_empty() { String::new() } else { format!(" [{}]", failure.reason) };
        write_err(format_args!("{}{reason}\n", self.read(&failure.text)));
        if failure.faults.is_empty() {
            return;
        }
        write_err(format_args!("{}\n", self.faults(&failure.faults)));
    }

    /// Writes to stderr what helps after a failure; a program needs no help.
    pub(crate) fn hint(&self, zh: impl Display, en: impl Display) {
        match self.lang {
            _ if self.json => {}
            Lang::Zh => write_err(format_args!("{zh}\n")),
            Lang::En => write_err(format_args!("{en}\n")),
        }
    }

    /// What must be corrected, without the columns that say nothing: a node tells rule, value, what is allowed and what to
    /// do in one sentence, a file's checker apart.
    fn faults(&self, faults: &[Fault]) -> Table {
        let cells = |fault: &Fault| {
            let rule = self.read(&fault.rule);
            let rule = if fault.reason.is_empty() { rule.to_owned() } else { format!("{rule} [{}]", fault.reason) };
            [self.place(fault), fault.value.clone(), rule, fault.allowed.clone(), self.read(&fault.action).to_owned()]
        };
        let headers = [
            ("位置", "field"),
            ("填写内容", "value"),
            ("规则", "rule"),
            ("允许的值", "allowed"),
            ("处理办法", "what to do"),
        ];
        let rows: Vec<_> = faults.iter().map(cells).collect();
        let said: Vec<usize> = (0..headers.len()).filter(|at| rows.iter().any(|row| !row[*at].is_empty())).collect();
        let mut table = self.table(&said.iter().map(|at| headers[*at]).collect::<Vec<_>>());
        for row in &rows {
            table.add_row(said.iter().map(|at| &row[*at]));
        }
        table
    }

    /// Where a fault is.
    fn place(&self, fault: &Fault) -> String {
        let Some(line) = fault.line else { return fault.field.clone() };
        let line = match self.lang {
            Lang::Zh => format!("第{line}行"),
            Lang::En => format!("line {line}"),
        };
        format!("{line} {}", fault.field).trim_end().to_owned()
    }

    /// The text in the reader's language.
    pub(crate) fn read<'t>(&self, text: &'t Text) -> &'t str {
        text.get(self.lang)
    }
}

/// Where nobody reads any more, as behind `head`, there is nobody to tell so.
fn write_out(text: std::fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    let _nobody_reads = out.write_fmt(text).and_then(|()| out.flush());
}

fn write_err(text: std::fmt::Arguments<'_>) {
    let _nobody_reads = io::stderr().lock().write_fmt(text);
}
