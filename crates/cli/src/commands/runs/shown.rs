//! Runs, comparisons and what-ifs as people read them.

use serde_json::Value;

use crate::{
    records::{self, at},
    screen::Screen,
};

/// Prints a what-if: the unit now and as assumed, and whose rank moves.
pub(super) fn what_if(screen: &Screen, answer: &Value) {
    let mut table = screen.table(&[("", ""), ("得分", "score"), ("名次", "rank"), ("等级", "grade")]);
    for (title, part) in [(screen.text("现在", "now"), "/before"), (screen.text("假设", "as assumed"), "/unit")] {
        let of = |field: &str| at(answer, &format!("{part}{field}"));
        table.add_row([title.to_owned(), of("/score/value"), of("/rank"), of(screen.text("/grade/zh", "/grade/en"))]);
    }
    screen.line(table);
    for moved in answer.get("moves").and_then(Value::as_array).into_iter().flatten() {
        let (name, from, to) = (named(screen, moved), at(moved, "/rankBefore"), at(moved, "/rankAfter"));
        screen.say(format_args!("{name}：第 {from} 名 → 第 {to} 名"), format_args!("{name}: rank {from} → {to}"));
    }
}

/// Prints what the ranks hang on: what moves them when it is left out, the most first.
pub(super) fn influences(screen: &Screen, answer: &Value) {
    let nodes = answer.get("nodes").and_then(Value::as_array).cloned().unwrap_or_default();
    if nodes.is_empty() {
        screen.say("参与排名的单位不足两个，无从比较", "fewer than two units are ranked: nothing to compare");
        return;
    }
    let shift = |node: &Value| at(node, "/meanRankShift/value").parse::<rust_decimal::Decimal>().unwrap_or_default();
    let mut moving: Vec<&Value> =
        nodes.iter().filter(|node| !shift(node).is_zero() || node.get("refusal").is_some()).collect();
    moving.sort_by_key(|node| std::cmp::Reverse(shift(node)));
    let mut table = screen.table(&[
        ("剔除", "left out"),
        ("名次平均变动", "mean shift"),
        ("最大", "largest"),
        ("名次变化", "ranks that change"),
    ]);
    for node in &moving {
        let moves = node.get("moves").and_then(Value::as_array).cloned().unwrap_or_default();
        let moves: Vec<String> = moves
            .iter()
            .map(|it| format!("{} {}→{}", named(screen, it), at(it, "/rankBefore"), at(it, "/rankAfter")))
            .collect();
        let refusal = at(node, screen.text("/refusal/zh", "/refusal/en"));
        table.add_row([
            format!("{} {}", at(node, "/node"), named(screen, node)),
            at(node, "/meanRankShift/value"),
            at(node, "/maxRankShift/value"),
            if refusal.is_empty() { moves.join("; ") } else { refusal },
        ]);
    }
    if !moving.is_empty() {
        screen.line(table);
    }
    let quiet = nodes.len() - moving.len();
    screen.say(
        format_args!("剔除后名次不变的有 {quiet} 项"),
        format_args!("{quiet} items move no rank when they are left out"),
    );
}

/// Prints a comparison: each unit with what moved it, then the largest changes of indicators.
pub(crate) fn comparison(screen: &Screen, answer: &Value) {
    const MOST: usize = 20;
    let each = |field: &str| answer.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    for remark in each("remarks") {
        screen.line(at(&remark, screen.text("/zh", "/en")));
    }
    let mut table = screen.table(&[
        ("单位", "unit"),
        ("得分", "score"),
        ("名次", "rank"),
        ("原因（分；名次进退）", "causes (points; places)"),
    ]);
    for unit in each("units") {
        let of = |field: &str| at(&unit, field);
        let causes = unit.get("causes").and_then(Value::as_array).cloned().unwrap_or_default();
        let causes: Vec<_> = causes.iter().map(|effect| cause(screen, effect)).collect();
        table.add_row([
            named(screen, &unit),
            format!("{} → {}", of("/scoreBefore/value"), of("/scoreAfter/value")),
            format!("{} → {}", of("/rankBefore"), of("/rankAfter")),
            causes.join("\n"),
        ]);
    }
    screen.line(table);
    let changes = each("changes");
    if changes.is_empty() {
        screen.say("各指标没有变化", "no indicator has changed");
        return;
    }
    let mut table = screen.table(&[
        ("单位", "unit"),
        ("指标", "indicator"),
        ("前值", "before"),
        ("后值", "after"),
        ("得分变化", "change"),
        ("原因", "cause"),
    ]);
    for change in changes.iter().take(MOST) {
        let of = |field: &str| at(change, field);
        table.add_row([
            of("/unit"),
            format!("{} {}", of("/indicator"), named(screen, change)),
            of("/valueBefore/value"),
            of("/valueAfter/value"),
            of("/change/value"),
            cause_name(screen, &of("/cause")),
        ]);
    }
    screen.line(table);
    if changes.len() > MOST {
        let more = changes.len() - MOST;
        screen.say(format_args!("另有 {more} 项，见 --json"), format_args!("and {more} more, see --json"));
    }
}

fn cause(screen: &Screen, effect: &Value) -> String {
    let (score, places) = (at(effect, "/score/value"), at(effect, "/places/value"));
    let or_zero = |text: String| if text.is_empty() { "0".to_owned() } else { text };
    let name = cause_name(screen, &at(effect, "/cause"));
    format!("{name} {}; {}", or_zero(score), or_zero(places))
}

fn cause_name(screen: &Screen, cause: &str) -> String {
    let (zh, en) = match cause {
        "CHANGE_CAUSE_OWN" => ("本单位新数据", "own figures"),
        "CHANGE_CAUSE_OTHERS" => ("其他单位", "other units"),
        "CHANGE_CAUSE_SCHEME" => ("方案", "scheme"),
        "CHANGE_CAUSE_CORRECTION" => ("更正", "correction"),
        "CHANGE_CAUSE_UNITS" => ("参评单位增减", "units"),
        other => (other, other),
    };
    screen.text(zh, en).to_owned()
}

fn named(screen: &Screen, record: &Value) -> String {
    at(record, screen.text("/displayName/zh", "/displayName/en"))
}

/// Prints a run: its state and its results.
pub(super) fn told(screen: &Screen, run: &Value) {
    if screen.is_json() {
        screen.value(run);
        return;
    }
    let name = at(run, "/name");
    let state = records::run_state_name(run, screen.lang());
    screen.say(format_args!("{name}：{state}"), format_args!("{name}: {state}"));
    if run.get("provisional") == Some(&Value::Bool(true)) {
        screen.say(
            "试算：方案尚未发布，不能编制报告",
            "provisional: the scheme is not published, no report is made from it",
        );
    }
    let digest = at(run, "/resultDigest");
    if !digest.is_empty() {
        screen.say(format_args!("结果摘要 {digest}"), format_args!("result digest {digest}"));
    }
    let units = run.get("units").and_then(Value::as_array).cloned().unwrap_or_default();
    if units.is_empty() {
        return;
    }
    if at(run, "/schemeKind") == "SCHEME_KIND_JOINT" {
        return side_by_side(screen, &units);
    }
    let mut table = screen.table(&[
        ("名次", "rank"),
        ("单位", "unit"),
        ("得分", "score"),
        ("等级", "grade"),
        ("名次 5%–95%", "rank 5–95 %"),
    ]);
    for unit in units {
        let of = |field: &str| at(&unit, field);
        let band = [of("/rankP05/value"), of("/rankP95/value")];
        let band = if band[0].is_empty() { String::new() } else { band.join("–") };
        let grade = of(screen.text("/grade/zh", "/grade/en"));
        table.add_row([of("/rank"), named(screen, &unit), of("/score/value"), grade, band]);
    }
    screen.line(table);
}

/// Prints the parts of a joint evaluation; combined only where the scheme states weights.
fn side_by_side(screen: &Screen, units: &[Value]) {
    let parts = |unit: &Value| unit.get("parts").and_then(Value::as_array).cloned().unwrap_or_default();
    let first = units.first().map(parts).unwrap_or_default();
    let combines = first.iter().any(|part| part.get("weight").is_some());
    let titles: Vec<String> = first.iter().map(|part| at(part, screen.text("/title/zh", "/title/en"))).collect();
    let mut headers = vec![("单位", "unit")];
    headers.extend(titles.iter().map(|title| (title.as_str(), title.as_str())));
    if combines {
        headers.extend([("综合得分", "combined"), ("名次", "rank"), ("等级", "grade")]);
    }
    headers.push(("说明", "remarks"));
    let mut table = screen.table(&headers);
    for unit in units {
        let of = |field: &str| at(unit, field);
        let mut row = vec![named(screen, unit)];
        row.extend(parts(unit).iter().map(|part| part_cell(screen, part)));
        if combines {
            row.extend([of("/score/value"), of("/rank"), of(screen.text("/grade/zh", "/grade/en"))]);
        }
        let flags = unit.get("flags").and_then(Value::as_array).cloned().unwrap_or_default();
        let flags: Vec<String> = flags.iter().map(|flag| at(flag, screen.text("/zh", "/en"))).collect();
        row.push(flags.join("；"));
        table.add_row(row);
    }
    screen.line(table);
}

/// Score and rank of a part, or why there is none.
fn part_cell(screen: &Screen, part: &Value) -> String {
    match at(part, "/state").as_str() {
        "PART_STATE_SCORED" => format!("{} ({})", at(part, "/score/value"), at(part, "/rank")),
        "PART_STATE_NOT_APPLICABLE" => screen.text("不适用", "not applicable").to_owned(),
        "PART_STATE_REFUSED" => screen.text("数据矛盾", "contradictory").to_owned(),
        _ => screen.text("缺", "missing").to_owned(),
    }
}
