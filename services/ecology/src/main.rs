//! The ecology node's program.

fn main() -> std::process::ExitCode {
    runtime::main("ecology", ecology::wiring::build)
}
