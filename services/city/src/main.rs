//! The program of a city's node.

fn main() -> std::process::ExitCode {
    runtime::main("city", city::wiring::build)
}
