//! The tables of sensitivity, explanation and comparison.

use std::collections::BTreeMap;

use evaluation::{
    Exact, analysis,
    index::analysis::{Explanation, GroupAudit, Lift, Limit, Shares, WeightReach},
};

use crate::screen::Screen;

/// Four digits after the point, without the zeros at the end.
pub(super) fn number(value: f64) -> String {
    if value.is_nan() {
        return "–".to_owned();
    }
    let text = format!("{value:.4}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn maybe(value: Option<f64>) -> String {
    value.map(number).unwrap_or_default()
}

/// What a limit says: `0.31`, or `≈0.31` where it was searched for.
fn limit(limit: Option<Limit>) -> String {
    let sign = |limit: Limit| if limit.tolerance > 0.0 { "≈" } else { "" };
    limit.map(|it| format!("{}{}", sign(it), number(it.at))).unwrap_or_default()
}

pub(super) fn left_out(screen: &Screen, rows: impl Iterator<Item = (String, String, String)>) {
    screen.say("逐项剔除后的名次变动", "shift of ranks without each node");
    let mut table = screen.table(&[("剔除", "without"), ("平均变动", "mean shift"), ("最大变动", "largest shift")]);
    rows.for_each(|(node, mean, most)| {
        table.add_row([node, mean, most]);
    });
    screen.line(table);
}

pub(super) fn audit(screen: &Screen, audit: &[GroupAudit]) {
    screen.say("权重核查：名义与实际", "weights audit: nominal and effective");
    let mut table = screen.table(&[
        ("上级", "parent"),
        ("节点", "node"),
        ("名义权重", "nominal weight"),
        ("实际份额", "effective share"),
        ("相关系数平方", "squared correlation"),
        ("相关比", "correlation ratio"),
    ]);
    for group in audit {
        for child in &group.children {
            table.add_row([
                group.node.clone(),
                child.node.clone(),
                number(child.nominal),
                number(child.effective),
                number(child.squared_correlation),
                maybe(child.correlation_ratio),
            ]);
        }
    }
    screen.line(table);
}

pub(super) fn weights(screen: &Screen, reach: &[WeightReach]) {
    screen.say(
        "权重在两侧变到多少时名次、等级改变（其余同级按比例）",
        "the weight at which a rank or a grade changes, to either side (its siblings in proportion)",
    );
    let mut table = screen.table(&[
        ("节点", "node"),
        ("权重", "weight"),
        ("名次：减至", "rank: down to"),
        ("名次：增至", "rank: up to"),
        ("等级：减至", "grade: down to"),
        ("等级：增至", "grade: up to"),
    ]);
    for it in reach {
        let limits = [it.rank_below, it.rank_above, it.grade_below, it.grade_above].map(limit);
        table.add_row([it.node.clone(), number(it.weight)].into_iter().chain(limits));
    }
    screen.line(table);
}

pub(super) fn sobol(screen: &Screen, shares: &Shares) {
    screen.say("平均名次变动的 Sobol 指标（±95%）", "Sobol indices of the mean shift of ranks (±95 %)");
    let mut table = screen.table(&[("来源", "input"), ("一阶", "first order"), ("总", "total")]);
    let whole = &shares.mean_rank_shift;
    for ((input, first), total) in shares.inputs.iter().zip(&whole.first).zip(&whole.total) {
        let show = |it: &evaluation::sensitivity::Estimate| format!("{:.3} ±{:.3}", it.value, it.half_width);
        let input = match input.strip_prefix("weights of ") {
            Some(node) => format!("{} {node}", screen.text("权重", "weights of")),
            None => screen.text("方案选择", "choice of scheme").to_owned(),
        };
        table.add_row([input, show(first), show(total)]);
    }
    screen.line(table);
}

pub(super) fn explanation(screen: &Screen, it: &Explanation, lift: Option<&Lift>) {
    screen.line(&it.unit);
    if let (Some(score), Some(reference)) = (it.score, it.reference) {
        let (score, reference) = (number(score), number(reference));
        screen.say(
            format_args!("得分 {score}，均值单位 {reference}，差异来自："),
            format_args!("score {score}, mean unit {reference}; the difference comes from:"),
        );
        let mut table = screen.table(&[("节点", "node"), ("自身差", "own difference"), ("贡献", "part")]);
        for part in &it.differences {
            table.add_row([part.node.clone(), maybe(part.own), number(part.share)]);
        }
        screen.line(table);
    }
    if let Some(reason) = &it.differences_refused {
        screen.say(format_args!("得分差异未分解：{}", reason.zh), format_args!("no decomposition: {}", reason.en));
    }
    let names = |peers: &[evaluation::index::analysis::Peer]| {
        let name =
            |peer: &evaluation::index::analysis::Peer| format!("{}（{:.0}%）", peer.indicator, 100.0 * peer.percentile);
        peers.iter().map(name).collect::<Vec<_>>().join("、")
    };
    let (strong, weak) = (names(&it.strengths), names(&it.weaknesses));
    screen.say(
        format_args!("与 {} 个同类单位相比，强项：{strong}；弱项：{weak}", it.peers),
        format_args!("against {} peers: strong in {strong}; weak in {weak}", it.peers),
    );
    let mut table = screen.table(&[
        ("指标", "indicator"),
        ("数值", "value"),
        ("最优可达", "best"),
        ("得分增量", "gain"),
        ("届时名次", "rank then"),
        ("名次不变的范围", "same rank within"),
        ("等级不变的范围", "same grade within"),
    ]);
    for gain in &it.gains {
        let reach = it.values.iter().find(|value| value.indicator == gain.indicator);
        let span = |below: Option<Limit>, above: Option<Limit>| format!("{} – {}", limit(below), limit(above));
        table.add_row([
            gain.indicator.clone(),
            maybe(gain.value),
            number(gain.best),
            number(gain.gain_to_best),
            maybe(gain.rank_at_best),
            reach.map(|it| span(it.rank_below, it.rank_above)).unwrap_or_default(),
            reach.map(|it| span(it.grade_below, it.grade_above)).unwrap_or_default(),
        ]);
    }
    screen.line(table);
    let Some(lift) = lift else { return };
    lifted(screen, &lift.grade, lift.reachable, lift.changes.is_empty(), lift.smallest);
    if lift.changes.is_empty() {
        return;
    }
    let mut table = screen.table(&[("指标", "indicator"), ("由", "from"), ("至", "to"), ("至少", "at least")]);
    for step in &lift.changes {
        table.add_row([step.indicator.clone(), maybe(step.from), number(step.to), number(step.enough)]);
    }
    screen.line(table);
}

fn lifted(screen: &Screen, grade: &str, reachable: bool, nothing: bool, smallest: bool) {
    match (reachable, nothing) {
        (false, _) => screen.say(
            format_args!("在给定范围内达不到“{grade}”"),
            format_args!("{grade} cannot be reached within the bounds"),
        ),
        (true, true) => screen.say(format_args!("已达“{grade}”"), format_args!("{grade} is reached already")),
        (true, false) if smallest => screen.say(
            format_args!("达到“{grade}”所需的最少改动（已证明最少）："),
            format_args!("the fewest changes that reach {grade} (proven):"),
        ),
        (true, false) => screen.say(
            format_args!("可达到“{grade}”的改动（未证明最少）："),
            format_args!("changes that reach {grade} (not proven to be the fewest):"),
        ),
    }
}

pub(super) fn practice(screen: &Screen, unit: &str, gains: &[analysis::Gain], lift: Option<&analysis::Lift>) {
    screen.line(unit);
    let mut table = screen.table(&[
        ("指标", "indicator"),
        ("现得", "points"),
        ("尚可得", "still to gain"),
        ("届时等级", "grade then"),
    ]);
    for gain in gains {
        table.add_row([
            gain.indicator.clone(),
            gain.points.round(2).to_string(),
            gain.gain.round(2).to_string(),
            gain.grade.clone().unwrap_or_default(),
        ]);
    }
    screen.line(table);
    if let Some(lift) = lift {
        lifted(screen, &lift.grade, lift.reachable, lift.items.is_empty(), true);
        if !lift.items.is_empty() {
            screen.line(lift.items.join("、"));
        }
    }
}

pub(super) fn changes(screen: &Screen, changes: &[(String, f64, f64, BTreeMap<String, Exact>)]) {
    screen.say("名次变化的来源（负数为上升）", "where the changes of rank come from (negative: up)");
    let causes = [
        ("correction", "更正", "correction"),
        ("own", "自身", "own"),
        ("others", "他人", "others"),
        ("method", "方法", "method"),
        ("units", "进出单位", "units"),
    ];
    let acting: Vec<_> =
        causes.into_iter().filter(|(cause, _, _)| changes.iter().any(|it| it.3.contains_key(*cause))).collect();
    let mut headers = vec![("单位", "unit"), ("原名次", "before"), ("现名次", "after"), ("变化", "change")];
    headers.extend(acting.iter().map(|(_, zh, en)| (*zh, *en)));
    let mut table = screen.table(&headers);
    for (unit, before, after, parts) in changes {
        let mut row = vec![unit.clone(), number(*before), number(*after), number(after - before)];
        row.extend(acting.iter().map(|(cause, _, _)| {
            parts.get(*cause).map(|part| part.round(2).normalize().to_string()).unwrap_or_default()
        }));
        table.add_row(row);
    }
    screen.line(table);
}
