//! A program that was built without the measurements of the evaluation engine and of people's waits, as the demo is.

use crate::{
    failure::{Failure, Outcome},
    screen::Screen,
};

/// As the module with the measurement.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct EvaluationArgs {
    /// 只测这些 / only these
    #[arg(value_name = "CASE")]
    cases: Vec<String>,
}

/// As the module with the measurement.
pub(super) fn run(args: &EvaluationArgs, _screen: &Screen) -> Outcome<()> {
    let cases = args.cases.iter().map(|case| format!(" {case}")).collect::<String>();
    Err(not_built(&format!("evaluation{cases}")))
}

/// The measurement is not in this program.
pub(super) fn not_built(what: &str) -> Failure {
    let command = format!("cargo run --release -p cli --bin wufei -- bench {what}");
    Failure::failed(
        format!("这个程序编译时没有带这项测量；请用 {command}"),
        format!("this program was built without that measurement: use {command}"),
    )
}
