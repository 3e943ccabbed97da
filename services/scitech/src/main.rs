//! The scitech node's program.

fn main() -> std::process::ExitCode {
    runtime::main("scitech", scitech::wiring::build)
}
