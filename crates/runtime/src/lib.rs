//! The life of a process: configuration, telemetry, readiness, tasks, signals and the clock.
//!
//! Only this crate sets up OpenTelemetry, reads the environment, reads the wall clock and spawns tasks. It knows nothing
//! of gRPC or of the domain. A service's `main` is three lines:
//!
//! ```no_run
//! # use runtime::{app::{App, Context}, config::{Checked, Faults, Telemetry}, process::ServiceConfig};
//! # #[derive(serde::Serialize, serde::Deserialize)]
//! # struct Config { #[serde(default)] telemetry: Telemetry }
//! # impl Checked for Config { fn check(&self, _faults: &mut Faults) {} }
//! # impl ServiceConfig for Config { fn telemetry(&self) -> &Telemetry { &self.telemetry } }
//! # async fn build(_config: Config, ctx: Context) -> anyhow::Result<App> { Ok(App::builder(&ctx).build()) }
//! fn main() -> std::process::ExitCode {
//!     runtime::main("ecology", build) // wiring::build in a real service
//! }
//! ```

pub mod app;
pub mod clock;
pub mod config;
pub mod metrics;
pub mod ops;
pub mod process;
pub mod readiness;
pub mod tasks;
pub mod telemetry;
pub mod trace_context;

mod args;

pub use app::{App, Context};
pub use process::{main, main_with};
pub use tokio_util::sync::CancellationToken;
