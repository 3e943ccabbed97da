//! The figures of the evaluation engine without the whole program:
//! `cargo run --release -p bench --example evaluation [words of the cases]`.

use std::io::{self, Write as _};

use bench::{Figure, Target};

fn main() -> io::Result<()> {
    let (options, wanted): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|word| word == "--json");
    let mut out = io::stdout();
    let mut written = Ok(());
    let all = bench::evaluation(&wanted, |figure| {
        if options.is_empty() && written.is_ok() {
            written = writeln!(out, "{}", line(figure));
        }
    });
    written?;
    let all = all.map_err(|fault| io::Error::other(fault.0))?;
    if !options.is_empty() {
        writeln!(out, "[{}]", all.iter().map(json).collect::<Vec<_>>().join(","))?;
    }
    Ok(())
}

/// The fields that `bench/peers` reads. Nothing in them needs escaping.
fn json(figure: &Figure) -> String {
    let Figure { what: (_, what), unit, found, .. } = figure;
    format!(r#"{{"what":"{what}","unit":"{unit}","found":{found}}}"#)
}

fn line(figure: &Figure) -> String {
    let Figure { what: (_, what), size, unit, found, .. } = figure;
    let target = match figure.target {
        Target::AtMost(most) => format!("≤ {most} × {:.2}", figure.pace),
        Target::AtLeast(least) => format!("≥ {least}"),
        Target::None => String::new(),
    };
    let limit = figure.limit.zip(figure.ratio());
    let limit = limit.map(|(limit, ratio)| format!("limit {limit:.3}, {ratio:.2} ×")).unwrap_or_default();
    let verdict = if figure.met() { "" } else { "  OVER" };
    format!("{what:42} {size:18} {found:10.3} {unit:6} {target:8} {limit}{verdict}")
}
