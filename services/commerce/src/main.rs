//! The commerce node's program.

fn main() -> std::process::ExitCode {
    runtime::main("commerce", commerce::wiring::build)
}
