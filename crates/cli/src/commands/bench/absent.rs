//! A program that was built without the measurement of the evaluation engine, as the demo is.

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
    Err(Failure::failed(
        format!(
            "这个程序编译时没有带评价引擎的测量；请用 cargo run --release -p cli --bin wufei -- bench evaluation{cases}"
        ),
        format!(
            "this program was built without the measurement of the engine: use cargo run --release -p cli --bin wufei -- \
             bench evaluation{cases}"
        ),
    ))
}
