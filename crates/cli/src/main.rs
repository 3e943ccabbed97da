//! The `wufei` program: a department's daily work, the evaluation, the demo and the services themselves.

use std::{process::ExitCode, time::Instant};

use clap::Parser as _;

mod args;
mod commands;
mod demo;
mod download;
mod embedded;
mod failure;
mod link;
mod profile;
mod records;
mod screen;
mod submission;
mod wire;

fn main() -> ExitCode {
    let started = Instant::now();
    let args = args::Args::parse();
    let screen = screen::Screen::new(args.lang(), args.common.json);
    match commands::run(args, &screen, started) {
        Ok(code) => code,
        Err(failure) => {
            screen.failed(&failure);
            failure.code.into()
        }
    }
}
