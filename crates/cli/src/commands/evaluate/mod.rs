//! `wufei evaluate`: the engine on files, without a server.

#[cfg(feature = "parquet")]
mod columnar;
mod index;
mod insight;
mod joint;
mod practice;
mod source;
mod tables;

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use domain::Text;
use evaluation::{
    Panel, Plan, Scheme,
    index::{IndexScheme, Options},
    joint::JointScheme,
    read_panel,
    robust::Extent,
};
use serde_json::Value;

use self::source::Table;
use crate::{
    embedded,
    failure::{Failure, Fault, Outcome},
    guide::Guide,
    screen::Screen,
};

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        (
            "wufei evaluate --scheme deploy/schemes/example/scheme.yaml --data deploy/schemes/example/data.csv",
            "计算并显示 / compute and show",
        ),
        (
            "wufei evaluate --scheme S.yaml --data D.csv --out result",
            "同时写入 result/evaluation.json / write result/evaluation.json as well",
        ),
        (
            "wufei evaluate --scheme S.yaml --data D.csv --replicates 1000 --seed 7",
            "权重扰动一千次，给出名次区间 / rank bands over a thousand perturbations of the weights",
        ),
        (
            "wufei evaluate --scheme S.yaml --data D.csv --sensitivity --explain 140100 --lift Good",
            "敏感性分析，并说明一个单位怎样得分、怎样达到“良” / sensitivity, where a unit's score comes from and what lifts it",
        ),
        (
            "wufei evaluate --scheme S.yaml --data 2024.csv --compare 2023.csv",
            "名次变化来自自身、他人、方法还是单位进出 / whether changes of rank come from a unit itself, others, method or new units",
        ),
        (
            "wufei evaluate --print-schema",
            "方案文件的 JSON Schema，供编辑器提示和校验 / the JSON Schema of scheme files, for editors",
        ),
    ],
    notes: &[
        "数据表可为长表（unit,indicator,period,value,status,…）或宽表（每行一个单位，每列一个指标）；CSV，或以 .parquet 结尾的 Parquet。 / The table is long (a row per value: unit,indicator,period,value,status,…) or wide (a row per unit, a column per indicator); CSV, or Parquet in a file that ends in .parquet.",
        "有多个时期（period 列）时逐期评价、逐期排名，并给出相邻两期的变化；--sensitivity、--explain、--compare 用最后一期。 / Several periods (a column period) are evaluated and ranked one by one, with what moved between them; --sensitivity, --explain and --compare are of the last one.",
        "同一方案、数据、种子得到相同的结果，与线程数无关；方法见 docs/evaluation.md。 / The same scheme, data and seed give the same result on any number of threads; docs/evaluation.md has the methods.",
    ],
    json: "评价结果，与 evaluation.json 相同 / the result, the same as evaluation.json",
};

/// 用文件直接计算评价结果，不需要服务 / evaluate files without a server
#[derive(Debug, clap::Args)]
pub(crate) struct EvaluateArgs {
    /// 评价方案（YAML） / scheme
    #[arg(long, value_name = "FILE", required_unless_present = "print_schema")]
    scheme: Option<PathBuf>,
    /// 数据表（CSV 或 Parquet） / data: CSV or Parquet
    #[arg(long, value_name = "FILE", required_unless_present = "print_schema")]
    data: Option<PathBuf>,
    /// 输出方案文件的 JSON Schema，不计算 / print the JSON Schema of scheme files, and compute nothing
    #[arg(long, conflicts_with_all = ["scheme", "data"])]
    print_schema: bool,
    /// 权重扰动次数，默认按方案 / perturbations of the weights; default: as the scheme says
    #[arg(long, value_name = "N")]
    replicates: Option<u32>,
    /// 随机种子，默认按方案 / seed of the perturbations; default: as the scheme says
    #[arg(long, value_name = "K")]
    seed: Option<u64>,
    /// 附上每一阶段的数据表 / add the table after each stage
    #[arg(long)]
    stages: bool,
    /// 结果目录 / folder for the result
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    insight: insight::InsightArgs,
}

pub(crate) fn run(args: &EvaluateArgs, screen: &Screen) -> Outcome<()> {
    let (Some(scheme), Some(data)) = (&args.scheme, &args.data) else {
        screen.bytes(embedded::scheme("scheme.schema.json").unwrap_or_default().as_bytes());
        return Ok(());
    };
    let plan = Plan::from_yaml(&source::text(scheme)?).map_err(|errors| scheme_faults(scheme, errors))?;
    let table = Table::read(data)?;
    match plan {
        Plan::Practice(scheme) => of_practice(args, screen, &scheme, &table),
        Plan::Index(scheme) => of_index(args, screen, &scheme, &table),
        Plan::Joint(scheme) => of_joint(args, screen, &scheme, &table),
    }
}

fn of_joint(args: &EvaluateArgs, screen: &Screen, scheme: &JointScheme, table: &Table) -> Outcome<()> {
    if args.insight.asks() {
        let (zh, en) = (
            "联合评价方案没有 --sensitivity、--explain、--compare",
            "--sensitivity, --explain and --compare do not go with a joint evaluation",
        );
        return Err(refused(zh, en));
    }
    let data = evaluation::joint::read_csv(&table.text, scheme).map_err(|faults| table.refusal(faults))?;
    let result =
        evaluation::joint::evaluate(scheme, &data).map_err(|error| refused(&error.to_string(), &error.to_string()))?;
    let json = serde_json::to_value(&result).map_err(|error| Failure::unexpected("evaluation", error))?;
    write(args, &json)?;
    if screen.is_json() {
        screen.value(&json);
    } else {
        joint::show(screen, scheme, &result);
    }
    Ok(())
}

fn of_practice(args: &EvaluateArgs, screen: &Screen, scheme: &Scheme, table: &Table) -> Outcome<()> {
    let periods = read_panel(&table.text, scheme).map_err(|faults| table.refusal(faults))?;
    let panel = Panel::of(scheme, &periods).map_err(|error| refused(&error.to_string(), &error.to_string()))?;
    let (replicates, seed) = (args.replicates.unwrap_or(0), args.seed.unwrap_or(1));
    let extent = Extent { replicates, seed, threads: threads(), stages: args.stages };
    let mut json = panel.extended(extent).map_err(|error| Failure::unexpected("evaluation", error))?;
    panel.add_gaps(&mut json, scheme, &periods);
    // What stands behind the result is asked of the newest period.
    let shown = match (periods.last(), panel.periods.last()) {
        (Some((_, input)), Some(newest)) => args.insight.of_practice(scheme, input, &newest.evaluation, &mut json)?,
        (None, _) | (_, None) => Vec::new(),
    };
    let newest = panel.periods.iter().skip(1).next_back().and_then(|one| one.period.as_deref());
    let explained = newest.filter(|_| args.insight.asks());
    if let Some(period) = explained {
        json["explained_period"] = period.into();
    }
    write(args, &json)?;
    if screen.is_json() {
        screen.value(&json);
    } else {
        practice::show(screen, scheme, &panel);
        if let Some(period) = explained {
            screen.say(
                format_args!("以下为时期 {period} 的说明"),
                format_args!("what follows is of the period {period}"),
            );
        }
        insight::show(screen, &shown);
    }
    Ok(())
}

fn of_index(args: &EvaluateArgs, screen: &Screen, scheme: &IndexScheme, table: &Table) -> Outcome<()> {
    let data = evaluation::index::read_csv(&table.text, scheme).map_err(|faults| table.refusal(faults))?;
    let options = Options {
        replicates: args.replicates,
        seed: args.seed,
        stages: args.stages,
        threads: threads(),
        intervals: true,
    };
    let result =
        evaluation::index::evaluate(scheme, &data, options).map_err(|error| refused(&error.0.zh, &error.0.en))?;
    let mut json = serde_json::to_value(&result).map_err(|error| Failure::unexpected("evaluation", error))?;
    let shown = args.insight.of_index(scheme, &data, (&result, table), &mut json)?;
    write(args, &json)?;
    if let Some(dir) = &args.out {
        index::write_stages(dir, &result)?;
    }
    if screen.is_json() {
        screen.value(&json);
    } else {
        index::show(screen, scheme, &result);
        insight::show(screen, &shown);
    }
    Ok(())
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn refused(zh: &str, en: &str) -> Failure {
    Failure::refused(format!("无法评价：{zh}"), format!("cannot evaluate: {en}"), Vec::new())
}

fn write(args: &EvaluateArgs, json: &Value) -> Outcome<()> {
    let Some(dir) = &args.out else { return Ok(()) };
    fs::create_dir_all(dir).map_err(|error| Failure::unwritable(dir, &error))?;
    let file = dir.join("evaluation.json");
    fs::write(&file, format!("{json:#}\n")).map_err(|error| Failure::unwritable(&file, &error))
}

fn both(text: &evaluation::Text) -> Text {
    Text::new(text.zh.clone(), text.en.clone())
}

fn scheme_faults(file: &Path, errors: evaluation::SchemeErrors) -> Failure {
    let file = file.display();
    let faults = errors.0.into_iter().map(|fault| Fault {
        line: fault.line.and_then(|line| u64::try_from(line).ok()),
        field: fault.path,
        reason: "SCHEME_INVALID".to_owned(),
        value: fault.value,
        rule: both(&fault.rule),
        allowed: String::new(),
        action: Text::new("请改正方案文件的这一处", "correct this place of the scheme"),
    });
    Failure::refused(
        format!("评价方案 {file} 有误，未计算"),
        format!("the scheme {file} has faults; nothing was computed"),
        faults.collect(),
    )
}
