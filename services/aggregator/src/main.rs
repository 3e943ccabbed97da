//! The aggregator as a program of its own.

fn main() -> std::process::ExitCode {
    runtime::main("aggregator", aggregator::wiring::build)
}
