//! The commands, one file each.

use std::{future::Future, process::ExitCode, time::Instant};

use contracts::common::v1::ReceiptLevel;

use crate::{
    args::{Args, Command, Common},
    failure::{Failure, Outcome},
    link::Link,
    profile::Profile,
    screen::Screen,
};

pub(crate) mod audit;
pub(crate) mod bench;
pub(crate) mod bundle;
pub(crate) mod call;
pub(crate) mod demo;
pub(crate) mod endorse;
pub(crate) mod evaluate;
pub(crate) mod explain;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod manual;
pub(crate) mod node;
pub(crate) mod pki;
pub(crate) mod report;
pub(crate) mod runs;
pub(crate) mod scheme;
pub(crate) mod serve;
pub(crate) mod sign;
pub(crate) mod submit;
pub(crate) mod template;
pub(crate) mod text;
pub(crate) mod verify;
pub(crate) mod watch;

/// Runs a command. `started` is when the process began, for the measurements.
pub(crate) fn run(args: Args, screen: &Screen, started: Instant) -> Outcome<ExitCode> {
    let Args { common, command } = args;
    let done = |()| ExitCode::SUCCESS;
    match command {
        Command::Demo(args) => demo::run(args, screen, started).map(done),
        Command::Serve(args) => Ok(serve::run(&args, screen)),
        Command::Template(args) => template::run(&args, &common, screen).map(done),
        Command::Submit(args) => submit::run(&args, &common, screen).map(done),
        Command::Sign(args) => sign::run(&args, screen).map(done),
        Command::Endorse(args) => endorse::run(&args, &common, screen).map(done),
        Command::Get(args) => get::run(&args, &common, screen).map(done),
        Command::List(args) => list::run(&args, &common, screen).map(done),
        Command::Watch(args) => watch::run(&args, &common, screen).map(done),
        Command::Evaluate(args) => evaluate::run(&args, screen).map(done),
        Command::Runs(args) => runs::run(args, &common, screen).map(done),
        Command::Scheme(args) => scheme::run(args, &common, screen).map(done),
        Command::Text(args) => text::run(args, &common, screen).map(done),
        Command::Report(args) => report::run(&args, &common, screen).map(done),
        Command::Bundle(args) => bundle::run(&args, &common, screen).map(done),
        Command::Explain(args) => explain::run(&args, &common, screen).map(done),
        Command::Verify(args) => verify::run(&args, &common, screen).map(done),
        Command::Audit(args) => audit::run(args, &common, screen).map(done),
        Command::Node(args) => node::run(args, screen).map(done),
        Command::Pki(args) => pki::run(args, screen).map(done),
        Command::Call(args) => call::run(&args, &common, screen).map(done),
        Command::Bench(args) => bench::run(&args, screen).map(done),
        Command::Manual(_) => manual::run(screen).map(done),
    }
}

/// Who calls which node; every command that talks to a node has these.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Target {
    /// 节点（部门代码），如 ecology、city-140100 / node, by department id
    #[arg(long, value_name = "DEPARTMENT")]
    pub(crate) node: Option<String>,
    /// 以哪个身份调用（连接配置中的名称） / who calls, by the name in the profile
    #[arg(long = "as", value_name = "IDENTITY")]
    pub(crate) caller: Option<String>,
}

impl Target {
    /// The department that was asked for, or this one.
    pub(crate) fn department<'t>(&'t self, otherwise: &'t str) -> &'t str {
        self.node.as_deref().unwrap_or(otherwise)
    }

    /// Connects. Must be called inside the asynchronous runtime.
    pub(crate) fn open(&self, common: &Common, otherwise: &str, screen: &Screen) -> Outcome<Link> {
        let profile = Profile::load(common.profile.as_deref())?;
        Link::open(&profile, self.department(otherwise), self.caller.as_deref(), screen.lang())
    }

    /// Connects for writes whose receipts are to have this level.
    fn open_for(
        &self,
        common: &Common,
        otherwise: &str,
        level: Option<ReceiptLevel>,
        screen: &Screen,
    ) -> Outcome<Link> {
        let profile = Profile::load(common.profile.as_deref())?;
        Link::open_for(&profile, self.department(otherwise), self.caller.as_deref(), screen.lang(), level)
    }
}

/// Runs a command that waits for others.
pub(crate) fn block_on<T>(future: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::unexpected("runtime", error))?
        .block_on(future)
}
