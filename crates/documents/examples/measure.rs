//! How long the three documents of a full report take, and how large they are:
//! `cargo run --release -p documents --example measure [FOLDER]`. With a folder the files are kept there. All figures are made
//! up (模拟数据).
#![expect(clippy::print_stdout, reason = "an example prints what it measured")]
#![expect(clippy::unwrap_used, reason = "the report is a fixture of the tests")]

#[path = "../../report/tests/fixture/mod.rs"]
mod fixture;

use std::{env, error::Error, fs, path::PathBuf, time::Instant};

use documents::Options;
use report::Report;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).map(PathBuf::from);
    let first = fixture::synthetic();
    let second = second_edition(&first);
    let options = Options { previous: Some(&first), ..Options::default() };
    // Twice: the first reads fonts and fills caches, as in a program that was just started.
    for round in ["started", "warm"] {
        for (name, make) in FORMATS {
            let start = Instant::now();
            let bytes = make(&second, &options)?;
            println!("{round:8} {name:12} {:>9} bytes {:8.3} s", bytes.len(), start.elapsed().as_secs_f64());
            if let Some(folder) = &folder {
                fs::create_dir_all(folder)?;
                fs::write(folder.join(name), bytes)?;
            }
        }
    }
    Ok(())
}

type Make = fn(&Report, &Options<'_>) -> Result<Vec<u8>, documents::Error>;

const FORMATS: [(&str, Make); 3] =
    [("report.pdf", documents::pdf), ("report.xlsx", documents::xlsx), ("report.docx", documents::docx)];

/// Every score is another one, so that the comparison with the edition before is long.
fn second_edition(first: &Report) -> Report {
    let mut second = Report { edition: first.edition + 1, ..first.clone() };
    for unit in &mut second.run.units {
        unit.score -= fixture::decimal("0.5");
    }
    second.content_digest = report::digest(&second);
    second
}
