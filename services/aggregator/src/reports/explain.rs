//! The tree below a figure of a report: formula, inputs, and at the leaves the submissions.

use contracts::{common::v1 as common, evaluation::v1 as pb};

use crate::{runs::explain, wire::text};

/// Explains a figure by its cell id; none when the report has no such figure.
pub(crate) fn cell(report: &pb::Report, cell: &str) -> Option<pb::Explanation> {
    let mut parts = cell.splitn(3, '/');
    let (kind, unit, rest) = (parts.next()?, parts.next(), parts.next());
    let run = report.run.as_ref()?;
    let of = |code: Option<&str>| run.units.iter().find(|result| Some(result.unit.as_str()) == code);
    match (kind, rest) {
        ("score", None) => Some(score(of(unit)?)),
        ("rank", None) => Some(rank(run, of(unit)?)),
        ("grade", None) => Some(grade(of(unit)?)),
        ("coverage", None) => Some(coverage(of(unit)?)),
        ("group", Some(group)) => self::group(of(unit)?, group),
        ("item", Some(indicator)) => {
            let unit = of(unit)?;
            unit.items.iter().find(|item| item.indicator == indicator).map(|found| item(unit, found))
        }
        _ => listed(report, cell),
    }
}

/// The region that a figure is about, so that a city reads how its own came about; empty for what is about all cities. A rank
/// is: it shows the scores of the others.
pub(crate) fn region(cell: &str) -> &str {
    let mut parts = cell.split('/');
    match (parts.next(), parts.next()) {
        (Some("score" | "grade" | "coverage" | "group" | "item"), Some(city)) => city,
        _ => "",
    }
}

/// Every cell id that can be explained, for an answer that tells what there is.
pub(crate) fn known_kinds() -> [&'static str; 10] {
    [
        "score/{city}",
        "rank/{city}",
        "grade/{city}",
        "coverage/{city}",
        "group/{city}/{group}",
        "item/{city}/{indicator}",
        "funding/{stage}/{source}",
        "commitment/{id}",
        "share-target",
        "fact/{department}/{collection}/{id}",
    ]
}

fn score(unit: &pb::UnitResult) -> pb::Explanation {
    let name = unit.display_name.clone().unwrap_or_default();
    pb::Explanation {
        cell: format!("score/{}", unit.unit),
        label: Some(text(format!("{} 综合得分", name.zh), format!("{} score", name.en))),
        value: value(unit.score.as_ref()),
        formula: Some(text(
            "各组得分之和；缺报的必选指标计0分，结果四舍五入到两位小数",
            "sum of the groups; a missing obligatory indicator earns nothing; rounded half up to two decimals",
        )),
        inputs: unit.nodes.iter().filter_map(|node| group(unit, &node.node)).collect(),
        provenance: None,
        evidence: None,
    }
}

fn rank(run: &pb::EvaluationRun, unit: &pb::UnitResult) -> pb::Explanation {
    let name = unit.display_name.clone().unwrap_or_default();
    let ranked: Vec<_> = run.units.iter().filter(|other| other.ranked).collect();
    pb::Explanation {
        cell: format!("rank/{}", unit.unit),
        label: Some(text(format!("{} 排名", name.zh), format!("{} rank", name.en))),
        value: if unit.ranked { unit.rank.to_string() } else { "不参与排名".to_owned() },
        formula: Some(text(
            format!("在 {} 个覆盖率达标的城市中按得分排序，同分并列", ranked.len()),
            format!("order of the scores among {} cities with enough coverage; ties share the rank", ranked.len()),
        )),
        inputs: if unit.ranked { ranked.into_iter().map(score).collect() } else { vec![coverage(unit)] },
        provenance: None,
        evidence: None,
    }
}

fn grade(unit: &pb::UnitResult) -> pb::Explanation {
    let grade = unit.grade.clone();
    pb::Explanation {
        cell: format!("grade/{}", unit.unit),
        label: Some(text("等级", "grade")),
        value: grade.map_or_else(|| "不定级".to_owned(), |grade| grade.zh),
        formula: Some(text(
            "按印出的得分定级；覆盖率不足的不定级",
            "read from the printed score; none below the minimum coverage",
        )),
        inputs: vec![score(unit), coverage(unit)],
        provenance: None,
        evidence: None,
    }
}

fn coverage(unit: &pb::UnitResult) -> pb::Explanation {
    let found = unit.coverage.clone().unwrap_or_default();
    let reported = unit.items.iter().filter(|item| item.provenance.is_some());
    pb::Explanation {
        cell: format!("coverage/{}", unit.unit),
        label: Some(text("必选指标报送情况", "obligatory indicators reported")),
        value: format!("{}/{}", found.reported, found.mandatory),
        formula: Some(text(
            "有数据的必选指标数 ÷ 必选指标数",
            "obligatory indicators with data ÷ obligatory indicators",
        )),
        inputs: reported.map(|found| item(unit, found)).collect(),
        provenance: None,
        evidence: None,
    }
}

fn group(unit: &pb::UnitResult, id: &str) -> Option<pb::Explanation> {
    let node = unit.nodes.iter().find(|node| node.node == id)?;
    let title = node.title.clone().unwrap_or_default();
    Some(pb::Explanation {
        cell: format!("group/{}/{id}", unit.unit),
        label: Some(title),
        value: value(node.score.as_ref()),
        formula: Some(text(
            format!("组内各指标得分之和，满分 {}", value(node.weight.as_ref())),
            format!("sum of its indicators, full marks {}", value(node.weight.as_ref())),
        )),
        inputs: unit.items.iter().filter(|found| found.group == id).map(|found| item(unit, found)).collect(),
        provenance: None,
        evidence: None,
    })
}

fn item(unit: &pb::UnitResult, item: &pb::ItemScore) -> pb::Explanation {
    pb::Explanation {
        cell: format!("item/{}/{}", unit.unit, item.indicator),
        label: item.display_name.clone(),
        value: value(item.score.as_ref()),
        formula: Some(explain::formula(item)),
        inputs: Vec::new(),
        provenance: item.provenance.clone(),
        evidence: None,
    }
}

fn listed(report: &pb::Report, cell: &str) -> Option<pb::Explanation> {
    if let Some(entry) = report.funding.iter().find(|entry| entry.cell == cell) {
        let yuan = entry.amount.as_ref().and_then(|amount| amount.yuan.as_ref());
        let (stage, source) = (entry.stage.clone().unwrap_or_default(), entry.source.clone().unwrap_or_default());
        return Some(pb::Explanation {
            cell: cell.to_owned(),
            label: Some(text(format!("{} {}", source.zh, stage.zh), format!("{} {}", source.en, stage.en))),
            value: format!("{}元", value(yuan)),
            formula: Some(text(
                "同一阶段、同一来源各笔金额之和；不同阶段不相加",
                "sum of the lines of one stage and one source; stages are never added",
            )),
            inputs: entry.provenance.iter().map(|from| leaf(cell, from)).collect(),
            provenance: None,
            evidence: None,
        });
    }
    if let Some(entry) = report.commitments.iter().find(|entry| entry.cell == cell) {
        return Some(pb::Explanation {
            cell: cell.to_owned(),
            label: Some(text(entry.text.clone(), entry.sequence.clone())),
            value: entry.light.clone(),
            formula: entry.light_reason.clone(),
            inputs: Vec::new(),
            provenance: entry.provenance.clone(),
            evidence: None,
        });
    }
    if let Some(entry) = report.share_target.as_ref().filter(|entry| entry.cell == cell) {
        return Some(pb::Explanation {
            cell: cell.to_owned(),
            label: Some(text("“无废城市”建设比例", "share of cities under zero-waste construction")),
            value: format!("{}%", value(entry.share_percent.as_ref())),
            formula: entry.counting_rule.clone(),
            inputs: entry.provenance.iter().map(|from| leaf(cell, from)).collect(),
            provenance: None,
            evidence: None,
        });
    }
    let entry = report.facts.iter().chain(&report.corrections).find(|entry| entry.cell == cell)?;
    Some(pb::Explanation {
        cell: cell.to_owned(),
        label: Some(text(entry.subject.clone(), entry.subject.clone())),
        value: entry.value.clone(),
        formula: Some(text("按报送登记", "as reported")),
        inputs: Vec::new(),
        provenance: entry.provenance.clone(),
        evidence: None,
    })
}

fn leaf(cell: &str, from: &common::Provenance) -> pb::Explanation {
    pb::Explanation {
        cell: cell.to_owned(),
        label: Some(text(from.revision_name.clone(), from.revision_name.clone())),
        value: from.citation.as_ref().map(|citation| citation.quote.clone()).unwrap_or_default(),
        formula: Some(text("按报送登记", "as reported")),
        inputs: Vec::new(),
        provenance: Some(from.clone()),
        evidence: None,
    }
}

fn value(from: Option<&common::Decimal>) -> String {
    from.map(|found| found.value.clone()).unwrap_or_default()
}
