//! `wufei bench evaluation`: the engine beside its targets and beside the limit of the machine.
//!
//! What is measured is in the crate `bench`, which can be built and run without the rest of the program.

use bench::{Figure, Target};
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::{
    failure::{Failure, Outcome},
    screen::Screen,
};

/// Which cases are measured.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct EvaluationArgs {
    /// 只测这些 / only these
    #[arg(value_name = "CASE")]
    cases: Vec<Case>,
}

/// A case, by the word that the crate `bench` has for it.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Case {
    /// 一次运行的内存与数据之比 / memory of a run as a multiple of its data
    Memory,
    /// PROMETHEE II 的内存 / memory of PROMETHEE II
    Promethee,
    /// 一次完整计算 / one full build
    Build,
    /// 权重抽样 / weights drawn at random
    Weights,
    /// 数据误差抽样 / errors of the data drawn at random
    Noise,
    /// Copeland 排序 / ranking by Copeland
    Copeland,
    /// 疑点利益法（DEA） / benefit of the doubt (DEA)
    Bod,
}

impl Case {
    fn word(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

pub(super) fn run(args: &EvaluationArgs, screen: &Screen) -> Outcome<()> {
    if cfg!(debug_assertions) {
        screen.hint(
            "这是调试构建；目标是对发布构建（--release）定的",
            "a debug build; the targets are for a release build (--release)",
        );
    }
    let cases: Vec<String> = args.cases.iter().map(|case| case.word()).collect();
    let figures =
        bench::evaluation(&cases, |_| {}).map_err(|fault| Failure::unexpected("bench evaluation", fault.0))?;
    show(screen, &figures);
    let over: Vec<&str> = figures.iter().filter(|figure| !figure.met()).map(|figure| figure.what.1).collect();
    if over.is_empty() {
        return Ok(());
    }
    let list = over.join(", ");
    Err(Failure::failed(format!("未达目标：{list}"), format!("short of the target: {list}")))
}

fn show(screen: &Screen, figures: &[Figure]) {
    if screen.is_json() {
        screen.value(&Value::from(figures.iter().map(value).collect::<Vec<_>>()));
        return;
    }
    let mut table = screen.table(&[
        ("测量", "measured"),
        ("规模", "size"),
        ("结果", "found"),
        ("目标", "target"),
        ("极限程序", "limit program"),
        ("为其倍数", "times the limit"),
        ("结论", "verdict"),
    ]);
    for figure in figures {
        let target = match figure.target {
            Target::AtMost(most) if figure.pace > 1.0 => {
                format!("≤ {most} × {:.2} = {:.1}", figure.pace, figure.most().unwrap_or(most))
            }
            Target::AtMost(most) => format!("≤ {most}"),
            Target::AtLeast(least) => format!("≥ {least}"),
            Target::None => String::new(),
        };
        let verdict = match (figure.target, figure.met()) {
            (Target::None, _) => "",
            (_, true) => screen.text("达到", "met"),
            (_, false) => screen.text("未达", "short"),
        };
        table.add_row([
            screen.text(figure.what.0, figure.what.1).to_owned(),
            figure.size.clone(),
            format!("{:.2} {}", figure.found, figure.unit),
            target,
            figure.limit.map(|limit| format!("{limit:.2} {}", figure.unit)).unwrap_or_default(),
            figure.ratio().map(|ratio| format!("{ratio:.1} ×")).unwrap_or_default(),
            verdict.to_owned(),
        ]);
    }
    screen.line(table);
    screen.say(
        "数据为模拟数据，由固定种子生成；极限程序只做矩阵乘法和基数排序。时间目标按本机折算：极限程序抽样一万次原定 0.19 秒，本机慢几倍，目标即放宽几倍",
        "synthetic data from a fixed seed; the limit program is a product of matrices and a radix sort and nothing else. Targets that \
         are times are scaled: the limit program is stated to draw 10 000 times in 0.19 s, and a machine that takes longer is given \
         that much longer",
    );
}

fn value(figure: &Figure) -> Value {
    let (target, at_least) = match figure.target {
        Target::AtMost(most) => (Some(most), false),
        Target::AtLeast(least) => (Some(least), true),
        Target::None => (None, false),
    };
    json!({
        "what": figure.what.1, "size": figure.size, "unit": figure.unit, "found": figure.found, "target": target,
        "atLeast": at_least, "pace": figure.pace, "limitProgram": figure.limit, "ratio": figure.ratio(), "met": figure.met(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_the_bench_can_be_asked_for() {
        let words: Vec<String> = Case::value_variants().iter().map(|case| case.word()).collect();
        assert_eq!(words, bench::cases());
    }
}
