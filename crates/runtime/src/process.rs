//! A service alone in its process: arguments, configuration, signals, exit code.

use std::{
    env,
    ffi::OsString,
    fmt,
    future::Future,
    io::{self, Write},
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use serde::{Serialize, de::DeserializeOwned};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{
    app::{App, Context},
    args::{self, Action, Args, Language},
    clock::SystemClock,
    config::{self, Checked},
    telemetry,
};

/// Bad arguments or a bad configuration (`EX_USAGE` of sysexits.h).
const BAD_CONFIG: u8 = 64;
/// Start-up or a task failed.
const FAILED: u8 = 1;
/// Threads that still block when everything has ended are left to the system after this.
const RUNTIME_GRACE: Duration = Duration::from_secs(1);

/// The configuration of a service.
pub trait ServiceConfig: Checked + DeserializeOwned + Serialize {
    /// Logs, traces and metrics.
    fn telemetry(&self) -> &config::Telemetry;

    /// What tells this instance from others in traces and metrics, such as `department`.
    fn attributes(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// Runs a service: `main` of every service is a call of this. It reads `--config FILE [--check-config | --dump-config] [--lang zh|en]`,
/// builds the service, serves until SIGTERM or SIGINT, drains, and ends with 0, with 64 for a bad configuration, or with 1
/// for a failure. A second signal ends it at once.
pub fn main<C, B, F>(name: &'static str, build: B) -> ExitCode
where
    C: ServiceConfig,
    B: FnOnce(C, Context) -> F,
    F: Future<Output = anyhow::Result<App>>,
{
    main_with(name, env::args_os().skip(1), build)
}

/// [`main`] with given arguments, for a program that holds several services.
pub fn main_with<C, B, F>(name: &'static str, args: impl IntoIterator<Item = OsString>, build: B) -> ExitCode
where
    C: ServiceConfig,
    B: FnOnce(C, Context) -> F,
    F: Future<Output = anyhow::Result<App>>,
{
    run(name, args, &mut io::stdout(), &mut io::stderr(), build).into()
}

fn run<C, B, F>(
    name: &str,
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
    build: B,
) -> u8
where
    C: ServiceConfig,
    B: FnOnce(C, Context) -> F,
    F: Future<Output = anyhow::Result<App>>,
{
    let args: Vec<OsString> = args.into_iter().collect();
    let language = Language::asked(&args);
    match args::parse(args) {
        Err(error) => {
            let what = language.of("参数有误", "bad arguments");
            tell(err, format_args!("{name}: {what}: {error}\n\n{}", args::usage(name, language)));
            BAD_CONFIG
        }
        Ok(Args::Help) => {
            tell(out, format_args!("{}", args::usage(name, language)));
            0
        }
        Ok(Args::Config { path, action }) => act((name, language), &path, action, out, err, build),
    }
}

fn act<C, B, F>(
    (name, language): (&str, Language),
    path: &Path,
    action: Action,
    out: &mut dyn Write,
    err: &mut dyn Write,
    build: B,
) -> u8
where
    C: ServiceConfig,
    B: FnOnce(C, Context) -> F,
    F: Future<Output = anyhow::Result<App>>,
{
    let config: C = match config::load(path) {
        Ok(config) => config,
        Err(faults) => {
            tell(err, format_args!("{name}: {}\n", language.of(faults.zh(), faults.en())));
            return BAD_CONFIG;
        }
    };
    let outcome = match action {
        Action::Check => {
            let good = language.of("配置正确", "the configuration is good");
            tell(out, format_args!("{name}: {good}: {}\n", path.display()));
            Ok(())
        }
        Action::Dump => config::to_redacted_toml(&config)
            .map(|text| tell(out, format_args!("{text}")))
            .context("无法输出配置 / the configuration cannot be printed"),
        Action::Run => serve_in_runtime(name, config, build),
    };
    match outcome {
        Ok(()) => 0,
        Err(error) => {
            tell(err, format_args!("{name}: {}: {error:#}\n", language.of("运行失败", "failed")));
            FAILED
        }
    }
}

/// Where nobody reads what we say there is nobody to tell so.
fn tell(to: &mut dyn Write, text: fmt::Arguments<'_>) {
    let _nobody_reads = to.write_fmt(text).and_then(|()| to.flush());
}

fn serve_in_runtime<C, B, F>(name: &str, config: C, build: B) -> anyhow::Result<()>
where
    C: ServiceConfig,
    B: FnOnce(C, Context) -> F,
    F: Future<Output = anyhow::Result<App>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("无法启动异步运行时 / the runtime did not start")?;
    let outcome = runtime.block_on(async {
        let telemetry = telemetry::init(config.telemetry(), name, &config.attributes())?;
        let stop = CancellationToken::new();
        let ctx = Context::new(name, Arc::new(SystemClock), &telemetry, stop.clone());
        let outcome = Box::pin(until_signal(stop, async { build(config, ctx).await })).await;
        telemetry.shutdown().await;
        outcome
    });
    runtime.shutdown_timeout(RUNTIME_GRACE);
    outcome
}

/// Builds and runs the app. The first signal asks it to stop, the second ends it.
async fn until_signal(stop: CancellationToken, build: impl Future<Output = anyhow::Result<App>>) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let app = tokio::select! {
        app = build => app?,
        signal = signals.next() => {
            tracing::info!(signal, "stopped during start-up");
            return Ok(());
        }
    };
    let running = app.spawn();
    tracing::info!(addresses = ?running.addresses, "serving");
    let mut ended = Box::pin(running.wait());
    let signal = tokio::select! {
        outcome = &mut ended => return outcome,
        signal = signals.next() => signal,
    };
    tracing::info!(signal, "stopping");
    stop.cancel();
    tokio::select! {
        outcome = &mut ended => outcome,
        signal = signals.next() => {
            Err(anyhow::anyhow!("第二次收到 {signal}，未等待收尾 / second {signal}, ended without draining"))
        }
    }
}

struct Signals {
    term: Signal,
    int: Signal,
}

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("无法接收信号 / signals cannot be received");
        Ok(Self { term: listen(SignalKind::terminate())?, int: listen(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.term.recv() => "SIGTERM",
            _ = self.int.recv() => "SIGINT",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde::Deserialize;

    use super::*;
    use crate::config::{Database, Faults, Limits};

    #[derive(Serialize, Deserialize)]
    struct Config {
        database: Database,
        #[serde(default)]
        limits: Limits,
        #[serde(default)]
        telemetry: config::Telemetry,
    }

    impl Checked for Config {
        fn check(&self, faults: &mut Faults) {
            faults.within("database", |faults| self.database.check(faults));
        }
    }

    impl ServiceConfig for Config {
        fn telemetry(&self) -> &config::Telemetry {
            &self.telemetry
        }
    }

    async fn never_built(_: Config, _: Context) -> anyhow::Result<App> {
        Err(anyhow::anyhow!("built"))
    }

    /// The exit code, stdout and stderr of a run with this configuration.
    fn run_with(text: &str, flags: &[&str]) -> (u8, String, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ecology.toml");
        fs::write(&path, text).unwrap();
        let mut args = vec![OsString::from("--config"), path.into_os_string()];
        args.extend(flags.iter().map(OsString::from));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = run("ecology", args, &mut out, &mut err, never_built);
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    const GOOD: &str = "[database]\nurl = \"postgres://wufei:s3cret@db/ecology\"\n";

    #[test]
    fn a_good_configuration_is_checked_without_being_run() {
        let (code, out, err) = run_with(GOOD, &["--check-config"]);
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.contains("配置正确"), "{out}");
    }

    #[test]
    fn a_bad_configuration_ends_with_64() {
        let (code, _, err) = run_with("[databse]\n[limits]\nmax_batch = \"many\"\n", &[]);
        assert_eq!(code, 64);
        for key in ["databse", "database", "limits.max_batch"] {
            assert!(err.contains(key), "{key} is not in {err}");
        }
    }

    #[test]
    fn faults_are_told_in_the_language_that_is_asked_for() {
        let bad = "[databse]\n";
        let (_, _, chinese) = run_with(bad, &[]);
        assert!(chinese.contains("处错误") && !chinese.contains("fault(s)"), "{chinese}");
        let (_, _, english) = run_with(bad, &["--lang", "en"]);
        assert!(english.contains("fault(s)") && !english.contains("处错误"), "{english}");
    }

    #[test]
    fn a_dumped_configuration_has_the_defaults_and_no_password() {
        let (code, out, _) = run_with(GOOD, &["--dump-config"]);
        assert_eq!(code, 0);
        assert!(out.contains("max_batch = 1000") && out.contains("wufei:***@db"), "{out}");
        assert!(!out.contains("s3cret"), "{out}");
    }

    #[test]
    fn bad_arguments_end_with_64_and_the_usage() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = run("ecology", ["--no-such".into()], &mut out, &mut err, never_built);
        assert_eq!(code, 64);
        assert!(String::from_utf8(err).unwrap().contains("--check-config"));
    }

    #[test]
    fn a_service_that_cannot_start_ends_with_1_and_says_why() {
        let (code, _, err) = run_with(GOOD, &[]);
        assert_eq!(code, 1);
        assert!(err.contains("built"), "{err}");
    }

    async fn kill(signal: &str) -> anyhow::Result<()> {
        let pid = std::process::id().to_string();
        let status = tokio::process::Command::new("kill").args([signal, &pid]).status().await?;
        anyhow::ensure!(status.success(), "kill failed");
        Ok(())
    }

    fn context() -> Context {
        let telemetry = telemetry::TelemetryGuard::detached("ecology").unwrap();
        Context::new("ecology", Arc::new(SystemClock), &telemetry, CancellationToken::new())
    }

    /// One test, in order: every listener of this process hears every signal.
    #[tokio::test]
    async fn the_first_signal_drains_and_the_second_ends_at_once() {
        for signal in ["-TERM", "-INT"] {
            let ctx = context();
            let (stop, drained) = (ctx.stop.clone(), CancellationToken::new());
            let done = drained.clone();
            let app = App::builder(&ctx).task("serve", async move {
                kill(signal).await?;
                stop.cancelled().await;
                done.cancel();
                Ok(())
            });
            until_signal(ctx.stop.clone(), async { Ok(app.build()) }).await.unwrap();
            assert!(drained.is_cancelled(), "{signal}");
        }

        let ctx = context();
        let stop = ctx.stop.clone();
        let app = App::builder(&ctx).task("deaf", async move {
            kill("-TERM").await?;
            stop.cancelled().await;
            kill("-TERM").await?;
            std::future::pending().await
        });
        let error = until_signal(ctx.stop.clone(), async { Ok(app.build()) }).await.unwrap_err();
        assert!(error.to_string().contains("second SIGTERM"), "{error}");

        let ctx = context();
        let stuck = async {
            kill("-TERM").await?;
            std::future::pending().await
        };
        until_signal(ctx.stop.clone(), stuck).await.unwrap();
    }
}
