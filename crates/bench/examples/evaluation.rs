//! The figures of the evaluation engine without the whole program:
//! `cargo run --release -p bench --example evaluation [words of the cases]`.

use std::io::{self, Write as _};

use bench::{Figure, Target};

fn main() -> io::Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let mut lines = Vec::new();
    let all = bench::evaluation(&wanted, |figure| lines.push(line(figure)));
    let mut out = io::stdout();
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    all.map(drop).map_err(|fault| io::Error::other(fault.0))
}

fn line(figure: &Figure) -> String {
    let Figure { what: (_, what), size, unit, found, .. } = figure;
    let target = match figure.target {
        Target::AtMost(most) => format!("≤ {most}"),
        Target::AtLeast(least) => format!("≥ {least}"),
        Target::None => String::new(),
    };
    let limit = figure.limit.zip(figure.ratio());
    let limit = limit.map(|(limit, ratio)| format!("limit {limit:.3}, {ratio:.2} ×")).unwrap_or_default();
    let verdict = if figure.met() { "" } else { "  OVER" };
    format!("{what:42} {size:18} {found:10.3} {unit:6} {target:8} {limit}{verdict}")
}
