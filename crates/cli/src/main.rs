//! The `wufei` program: a department's daily work, the evaluation, the demo and the services themselves.

use std::{env, ffi::OsString, process::ExitCode, time::Instant};

mod args;
mod commands;
mod cosigned;
mod demo;
mod documents;
mod download;
mod embedded;
mod failure;
mod guide;
mod language;
mod link;
mod profile;
mod records;
mod runs;
mod screen;
mod submission;
mod usage;
mod wire;
mod workbooks;

/// A submission makes many small allocations, a tenth of its time with the allocator of the system.
#[cfg(feature = "allocator")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let started = Instant::now();
    let words: Vec<OsString> = env::args_os().collect();
    let lang = language::asked(&words);
    let args = match args::Args::of(&words, lang) {
        Ok(args) => args,
        Err(error) => return usage::end(&error, &screen::Screen::new(lang, words.iter().any(|word| word == "--json"))),
    };
    let screen = screen::Screen::new(args.lang(), args.common.json);
    match commands::run(args, &screen, started) {
        Ok(code) => code,
        Err(failure) => {
            screen.failed(&failure);
            failure.code.into()
        }
    }
}
