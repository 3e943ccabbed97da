//! `wufei evaluate`: the engine on files, without a server.

use std::{
    fs,
    path::{Path, PathBuf},
};

use domain::Text;
use evaluation::{Evaluation, Scheme, UnitResult, evaluate, read_csv};

use crate::{
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
    ],
    notes: &[
        "数据表可为长表（unit,indicator,period,value,status,…）或宽表（每行一个单位，每列一个指标）。 / The table is long (a row per value: unit,indicator,period,value,status,…) or wide (a row per unit, a column per indicator).",
    ],
    json: "评价结果，与 evaluation.json 相同 / the result, the same as evaluation.json",
};

/// 用文件直接计算评价结果，不需要服务 / evaluate files without a server
#[derive(Debug, clap::Args)]
pub(crate) struct EvaluateArgs {
    /// 评价方案（YAML） / scheme
    #[arg(long, value_name = "FILE")]
    scheme: PathBuf,
    /// 数据表（CSV） / data
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// 结果目录 / folder for the result
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &EvaluateArgs, screen: &Screen) -> Outcome<()> {
    let scheme = Scheme::from_yaml(&read(&args.scheme)?).map_err(|errors| scheme_faults(&args.scheme, errors))?;
    let input = read_csv(&read(&args.data)?, &scheme).map_err(|faults| data_faults(&args.data, faults))?;
    let result = evaluate(&scheme, &input).map_err(|error| {
        let text = error.to_string();
        Failure::refused(format!("无法评价：{text}"), format!("cannot evaluate: {text}"), Vec::new())
    })?;
    let json = serde_json::to_value(&result).map_err(|error| Failure::unexpected("evaluation", error))?;
    if let Some(dir) = &args.out {
        fs::create_dir_all(dir).map_err(|error| Failure::unwritable(dir, &error))?;
        let file = dir.join("evaluation.json");
        fs::write(&file, format!("{json:#}\n")).map_err(|error| Failure::unwritable(&file, &error))?;
    }
    if screen.is_json() {
        screen.value(&json);
    } else {
        show(screen, &scheme, &result);
    }
    Ok(())
}

fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))
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

fn data_faults(file: &Path, faults: Vec<evaluation::DataFault>) -> Failure {
    let file = file.display();
    let faults = faults.into_iter().map(|fault| Fault {
        line: Some(fault.line),
        field: fault.column,
        reason: String::new(),
        value: fault.value,
        rule: both(&fault.rule),
        allowed: String::new(),
        action: Text::new("请改正这一格", "correct this cell"),
    });
    Failure::refused(
        format!("数据表 {file} 有误，未计算"),
        format!("the table {file} has faults; nothing was computed"),
        faults.collect(),
    )
}

fn show(screen: &Screen, scheme: &Scheme, result: &Evaluation) {
    let title = scheme.title();
    screen.say(
        format_args!("{}（{}）", title.zh, result.scheme_version),
        format_args!("{} ({})", title.en, result.scheme_version),
    );
    let groups: Vec<(&str, &str, &str)> = scheme
        .groups()
        .iter()
        .map(|group| (group.id.as_str(), group.title.zh.as_str(), group.title.en.as_str()))
        .collect();
    let mut headers =
        vec![("单位", "unit"), ("得分", "score"), ("名次", "rank"), ("等级", "grade"), ("覆盖", "coverage")];
    headers.extend(groups.iter().map(|(_, zh, en)| (*zh, *en)));
    let mut table = screen.table(&headers);
    for unit in &result.units {
        let mut row = vec![
            unit.name.clone(),
            format!("{:.2}", unit.score),
            rank(screen, unit),
            unit.grade
                .as_ref()
                .map(|grade| screen.text(&grade.title.zh, &grade.title.en).to_owned())
                .unwrap_or_default(),
            format!("{}/{}", unit.coverage.reported, unit.coverage.mandatory_total),
        ];
        let score = |id: &str| unit.nodes.get(id).map(|node| format!("{:.2}", node.score)).unwrap_or_default();
        row.extend(groups.iter().map(|(id, _, _)| score(id)));
        table.add_row(row);
    }
    screen.line(table);
    for unit in &result.units {
        items(screen, unit);
    }
    screen.line(format_args!(
        "{}: {} {} · {}",
        screen.text("计算依据", "computed from"),
        result.engine_version,
        result.scheme_digest,
        result.data_digest
    ));
}

fn rank(screen: &Screen, unit: &UnitResult) -> String {
    unit.rank.map_or_else(|| screen.text("不参与排名", "not ranked").to_owned(), |rank| rank.to_string())
}

fn items(screen: &Screen, unit: &UnitResult) {
    screen.line(&unit.name);
    let mut table = screen.table(&[
        ("指标", "indicator"),
        ("数值", "value"),
        ("目标", "target"),
        ("方法", "method"),
        ("得分", "marks"),
        ("满分", "of"),
        ("说明", "remarks"),
    ]);
    for item in &unit.items {
        let flags: Vec<&str> = item.flags.iter().map(|flag| screen.text(&flag.text.zh, &flag.text.en)).collect();
        let number =
            |value: Option<rust_decimal::Decimal>| value.map(|v| v.normalize().to_string()).unwrap_or_default();
        let value = number(item.inputs.value);
        let sign = if value.is_empty() { "" } else { item.inputs.qualifier.sign() };
        table.add_row([
            format!("{} {}", item.indicator, screen.text(&item.title.zh, &item.title.en)),
            format!("{}{value}", sign.trim_start_matches('=')),
            number(item.inputs.target),
            item.method.clone(),
            format!("{:.2}", item.capped_score),
            format!("{:.2}", item.weight),
            flags.join("；"),
        ]);
    }
    screen.line(table);
}
