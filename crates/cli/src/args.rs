//! The command line. Help is in both languages, because it is read before anybody can choose one.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use domain::Lang;

use crate::commands;

const EXIT_CODES: &str = "\
退出码 / Exit codes:
   0  完成 / done
   1  失败 / failed
   2  命令写法有误 / wrong use of the command
   3  数据被校验拒绝 / refused by validation
   4  服务不可达 / a service cannot be reached
   5  核验不通过 / verification failed
  64  配置有误 / bad configuration";

/// 无废：“无废城市”建设的跟进与联合绩效评价 / follow-up and joint evaluation of zero-waste city building
#[derive(Debug, Parser)]
#[command(name = "wufei", version, propagate_version = true, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Common {
    /// 输出语言 / language of the output
    #[arg(long, value_enum, global = true, default_value_t = Language::Zh)]
    lang: Language,
    /// 输出 JSON / print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// 连接配置文件；默认 ./wufei-data/client.toml（演示写入） / connection profile; the demo writes the default one
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) profile: Option<PathBuf>,
}

/// A language by its code.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

impl Args {
    pub(crate) fn lang(&self) -> Lang {
        match self.common.lang {
            Language::Zh => Lang::Zh,
            Language::En => Lang::En,
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(commands::demo::DemoArgs),
    Serve(commands::serve::ServeArgs),
    Submit(commands::submit::SubmitArgs),
    Get(commands::get::GetArgs),
    List(commands::list::ListArgs),
    Watch(commands::watch::WatchArgs),
    Evaluate(commands::evaluate::EvaluateArgs),
    Report(commands::report::ReportArgs),
    Explain(commands::explain::ExplainArgs),
    Verify(commands::verify::VerifyArgs),
    Node(commands::node::NodeArgs),
    Pki(commands::pki::PkiArgs),
    Call(commands::call::CallArgs),
    Bench(commands::bench::BenchArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in Args::command().get_subcommands() {
            let shown = command.clone().render_help().to_string();
            assert!(shown.contains("wufei "), "{} has no example:\n{shown}", command.get_name());
            assert!(shown.contains("示例"), "{} has no example:\n{shown}", command.get_name());
        }
    }
}
