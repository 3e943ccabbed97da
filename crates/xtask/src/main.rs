//! `cargo xtask`: what developers and CI run. It installs what the checks need where it is missing.

mod browser;
mod buf;
mod bytes;
mod postgres;
mod shell;
mod verifier;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::shell::{cargo, say};

/// Checks and tests of the workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every test: starts a private PostgreSQL, makes the second verifier's Python environment, installs what the browser
    /// tests need and poppler-utils where it is missing (another reader of PDF), then `cargo test` for the whole workspace.
    Test {
        /// Passed to `cargo test`, for example `-p store`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// The engine's results byte for byte in a release build, and on arm64 in an emulator; takes the cross compiler from Debian.
    Bytes,
    /// rustfmt, clippy, buf lint, buf format and buf breaking.
    Lint,
    /// cargo-deny: licences, bans and sources of the dependencies.
    Deny,
    /// Write docs/cli.md, the reference of all commands, from the program itself.
    Docs,
    /// Write `proto/base.binpb`, the contracts that later changes are compared with.
    ProtoBase,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Test { rest } => test(&rest),
        Task::Bytes => bytes::check(),
        Task::Lint => lint(),
        Task::Deny => deny(),
        Task::Docs => docs(),
        Task::ProtoBase => buf::write_base(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn test(rest: &[String]) -> anyhow::Result<()> {
    let server = postgres::Server::start().context("a private PostgreSQL for the tests")?;
    if !shell::installed("pdftotext") {
        shell::apt_install(&["poppler-utils"]).context("pdftotext, which reads the report's PDF")?;
    }
    if !shell::installed("soffice") {
        let packages = ["libreoffice-calc-nogui", "libreoffice-writer-nogui"];
        shell::apt_install(&packages).context("LibreOffice, which opens the report's workbook and Word file")?;
    }
    let python = verifier::python().context("the second verifier")?;
    let python = python.to_str().context("the workspace's path is not UTF-8")?;
    let modules = browser::modules().context("the browser tests")?;
    let modules = modules.to_str().context("the workspace's path is not UTF-8")?;
    let mut arguments = vec!["test"];
    if rest.is_empty() {
        arguments.push("--workspace");
    }
    arguments.extend(rest.iter().map(String::as_str));
    let variables = [
        ("WUFEI_TEST_POSTGRES_URL", server.url()),
        ("WUFEI_TEST_PYTHON", python),
        ("WUFEI_TEST_NODE_MODULES", modules),
    ];
    cargo(&arguments, &variables)
}

fn lint() -> anyhow::Result<()> {
    cargo(&["fmt", "--all", "--check"], &[])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], &[])?;
    // What `cargo demo` builds.
    cargo(&["clippy", "-p", "cli", "--no-default-features", "--bin", "wufei", "--", "-D", "warnings"], &[])?;
    buf::check()
}

fn deny() -> anyhow::Result<()> {
    let tool = shell::cargo_tool("cargo-deny", "0.20.2")?;
    shell::run(shell::command(&tool).args(["--offline", "check", "licenses", "bans", "sources"]))
}

fn docs() -> anyhow::Result<()> {
    let mut program = shell::cargo_itself();
    program.args(["run", "--quiet", "-p", "cli", "--bin", "wufei", "--", "manual"]);
    let output = program.stderr(std::process::Stdio::inherit()).output().context("starting wufei manual")?;
    anyhow::ensure!(output.status.success(), "wufei manual ended with {}", output.status);
    let file = shell::root().join("docs/cli.md");
    std::fs::write(&file, output.stdout).with_context(|| format!("writing {}", file.display()))
}
