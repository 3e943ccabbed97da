//! A scheme in readable form: its stages, its tree with the weights, its grades. Read from the text of the scheme, which is what is
//! signed and computed; what has no words here stands as the scheme wrote it.

use askama::Template;
use contracts::evaluation::v1 as pb;
use domain::{Lang, Text};
use evaluation::{Document, Plan};

use crate::{format, shell::Shell};

/// What a scheme says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// Single rules with their values.
    pub(crate) rules: Vec<(Text, String)>,
    /// The stages that the data of an index pass, in their order.
    pub(crate) stages: Vec<Stage>,
    /// The tree, each line below the one that holds it.
    pub(crate) rows: Vec<Row>,
}

/// A stage of an index.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stage {
    pub(crate) name: Text,
    pub(crate) method: String,
    pub(crate) parameters: String,
}

/// A group, an indicator, or a part of a joint evaluation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// How deep it stands, at most 4.
    pub(crate) depth: usize,
    pub(crate) group: bool,
    pub(crate) id: String,
    pub(crate) title: Text,
    pub(crate) weight: Text,
    pub(crate) how: Text,
}

/// The same as a part of a page.
#[derive(Template)]
#[template(path = "outline.html")]
pub(crate) struct Shown<'a> {
    pub(crate) s: &'a Shell,
    pub(crate) outline: &'a Outline,
}

/// The model of a scheme.
pub(crate) fn kind(kind: pb::SchemeKind) -> Text {
    match kind {
        pb::SchemeKind::Practice | pb::SchemeKind::Unspecified => Text::new("计分方案", "marks against targets"),
        pb::SchemeKind::Index => Text::new("综合指数", "composite index"),
        pb::SchemeKind::Joint => Text::new("联合评价", "joint evaluation"),
    }
}

impl Outline {
    /// Of the text of a scheme; empty when it is no YAML.
    pub(crate) fn of(yaml: &str, lang: Lang) -> Self {
        let Ok(root) = Document::from_yaml(yaml) else { return Self::default() };
        let plan = Plan::from_yaml(yaml).ok();
        let mut outline = Self { rules: rules(&root, lang), ..Self::default() };
        for stage in list(&root, "stages") {
            outline.stages.push(stage_of(stage, lang));
        }
        for group in list(&root, "groups") {
            practice(group, 0, plan.as_ref(), lang, &mut outline.rows);
        }
        if let Some(index) = at(&root, "index") {
            node(index, 0, lang, &mut outline.rows);
        }
        for part in list(&root, "parts") {
            let beside = Text::new("并列", "beside");
            outline.rows.push(Row {
                depth: 0,
                group: false,
                id: word(part, "id"),
                title: title(part),
                weight: at(part, "weight").map_or(beside, |weight| same(said(weight, lang))),
                how: source(part, lang),
            });
        }
        outline
    }
}

fn at<'d>(document: &'d Document, key: &str) -> Option<&'d Document> {
    match document {
        Document::Map(entries) => entries.iter().find(|(found, _)| found == key).map(|(_, value)| value),
        Document::Word(_) | Document::List(_) => None,
    }
}

fn list<'d>(document: &'d Document, key: &str) -> &'d [Document] {
    match at(document, key) {
        Some(Document::List(items)) => items,
        Some(Document::Word(_) | Document::Map(_)) | None => &[],
    }
}

fn word(document: &Document, key: &str) -> String {
    match at(document, key) {
        Some(Document::Word(word)) => word.clone(),
        Some(Document::List(_) | Document::Map(_)) | None => String::new(),
    }
}

fn same(text: String) -> Text {
    Text::new(text.clone(), text)
}

/// Its title; its id where it has none.
fn title(document: &Document) -> Text {
    match at(document, "title") {
        Some(title @ Document::Map(_)) => Text::new(word(title, "zh"), word(title, "en")),
        Some(Document::Word(_) | Document::List(_)) | None => same(word(document, "id")),
    }
}

/// Anything on one line, as the scheme wrote it.
fn said(document: &Document, lang: Lang) -> String {
    match document {
        Document::Word(word) => word.clone(),
        Document::List(items) => {
            items.iter().map(|item| said(item, lang)).collect::<Vec<_>>().join(format::comma(lang))
        }
        Document::Map(entries) => match at(document, "zh").or(at(document, "title")) {
            // Something with a title, a grade for example: the title, then the rest.
            Some(_) => {
                let rest = entries.iter().filter(|(key, _)| !["title", "zh", "en", "id"].contains(&key.as_str()));
                let title = if at(document, "zh").is_some() {
                    Text::new(word(document, "zh"), word(document, "en"))
                } else {
                    title(document)
                };
                let rest: Vec<String> = rest.map(|(_, value)| said(value, lang)).collect();
                [title.get(lang).to_owned(), rest.join(" ")].join(" ").trim().to_owned()
            }
            None => pairs(entries, &[], lang),
        },
    }
}

/// Keys and values on one line, without some of them.
fn pairs(entries: &[(String, Document)], without: &[&str], lang: Lang) -> String {
    let kept = entries.iter().filter(|(key, _)| !without.contains(&key.as_str()));
    let kept = kept.map(|(key, value)| format!("{} {}", name(key, lang), said(value, lang)));
    kept.collect::<Vec<_>>().join(format::comma(lang))
}

/// Keys inside a scheme that have words; every other one stands as it is written.
const NAMES: [(&str, &str, &str); 24] = [
    ("unit", "单位", "unit"),
    ("department", "来源部门", "department"),
    ("mandatory", "必选", "mandatory"),
    ("formula", "公式", "formula"),
    ("columns", "数据列", "columns"),
    ("target", "目标", "target"),
    ("baseline", "基期值", "baseline"),
    ("fallback_target", "参考目标", "reference target"),
    ("value", "值", "value"),
    ("source", "出处", "source"),
    ("admissible", "取值范围", "admissible"),
    ("goalposts", "上下限", "goalposts"),
    ("bands", "分档", "bands"),
    ("pass_line", "及格线", "pass line"),
    ("deduct_per_unit", "每单位扣分", "marks off per unit"),
    ("aggregate", "合成", "aggregated by"),
    ("normalise", "标准化", "normalised by"),
    ("weights", "权重来源", "weights"),
    ("min_share", "最低份额", "least share"),
    ("credit", "补办折算", "credit for what was made up"),
    ("timeliness", "及时", "timeliness"),
    ("completeness", "完整", "completeness"),
    ("corrections", "少更正", "corrections"),
    ("method", "方法", "method"),
];

fn name(key: &str, lang: Lang) -> &str {
    let known = NAMES.iter().find(|(found, ..)| *found == key);
    known.map_or(key, |(_, zh, en)| match lang {
        Lang::Zh => zh,
        Lang::En => en,
    })
}

/// Keys of the whole scheme, with their words.
const RULES: [(&str, &str, &str); 14] = [
    ("min_coverage", "参与排名的最低覆盖率", "Least coverage to be ranked"),
    ("min_weight_share", "合成得分所需的最低权重份额", "Least weight that must be there for a combined score"),
    ("over_fulfilment_flag", "超额提示线（实际值 ÷ 目标值）", "Flag above this ratio of value and target"),
    ("grades", "等级", "Grades"),
    ("endorsements", "须经审签", "Endorsements needed"),
    ("framework", "依照框架", "Framework"),
    ("result", "得分和名次", "Scores and ranks"),
    ("missing", "缺报的处理", "What is missing"),
    ("bonus", "加分项", "Bonus"),
    ("deductions", "扣分项", "Deductions"),
    ("veto", "否决项", "Vetoes"),
    ("inputs", "公式用的原始列", "Raw columns of formulas"),
    ("weight_sets", "权重组", "Sets of weights"),
    ("uncertainty", "重复试算改变什么", "What replicates vary"),
];

fn rules(root: &Document, lang: Lang) -> Vec<(Text, String)> {
    let found = RULES.iter().filter_map(|(key, zh, en)| Some((Text::new(*zh, *en), said(at(root, key)?, lang))));
    found.collect()
}

fn stage_of(stage: &Document, lang: Lang) -> Stage {
    let name = word(stage, "stage");
    let known = match name.as_str() {
        "denominate" => Text::new("除以分母", "divide by denominators"),
        "screen" => Text::new("筛除数据太少的单位", "leave out units with too few data"),
        "impute" => Text::new("补缺", "fill what is missing"),
        "treat" => Text::new("处理异常值", "treat outliers"),
        "normalise" => Text::new("标准化", "normalise"),
        "aggregate" => Text::new("加权合成", "aggregate"),
        _ => same(name.clone()),
    };
    let parameters = match stage {
        Document::Map(entries) => pairs(entries, &["stage", "method"], lang),
        Document::Word(_) | Document::List(_) => String::new(),
    };
    Stage { name: known, method: word(stage, "method"), parameters }
}

fn practice(group: &Document, depth: usize, plan: Option<&Plan>, lang: Lang, rows: &mut Vec<Row>) {
    rows.push(Row {
        depth: depth.min(4),
        group: true,
        id: word(group, "id"),
        title: title(group),
        weight: same(word(group, "weight")),
        how: Text::default(),
    });
    for inner in list(group, "groups") {
        practice(inner, depth + 1, plan, lang, rows);
    }
    for item in list(group, "indicators") {
        let id = word(item, "id");
        let rule = match plan {
            Some(Plan::Practice(scheme)) => scheme.indicator(&id),
            Some(Plan::Index(_) | Plan::Joint(_)) | None => None,
        };
        // Marks that are left out are an equal share of the group's.
        let marks = rule.map_or_else(|| word(item, "marks"), |rule| report::number::exact(rule.marks.round(2)));
        rows.push(Row {
            depth: (depth + 1).min(4),
            group: false,
            title: title(item),
            weight: same(marks),
            how: how(item, lang),
            id,
        });
    }
}

fn node(found: &Document, depth: usize, lang: Lang, rows: &mut Vec<Row>) {
    let children = list(found, "children");
    // Among its siblings; the index itself has none.
    let weight = match word(found, "weight") {
        _ if depth == 0 => String::new(),
        none if none.is_empty() => "1".to_owned(),
        weight => weight,
    };
    rows.push(Row {
        depth: depth.min(4),
        group: !children.is_empty(),
        id: word(found, "id"),
        title: title(found),
        weight: same(weight),
        how: how(found, lang),
    });
    for child in children {
        node(child, depth + 1, lang, rows);
    }
}

/// How an indicator is measured and scored, or a group combined.
fn how(item: &Document, lang: Lang) -> Text {
    let direction = match at(item, "direction") {
        Some(Document::Word(word)) => match word.as_str() {
            "higher_better" => Text::new("越高越好", "more is better"),
            "lower_better" => Text::new("越低越好", "less is better"),
            "qualitative" => Text::new("定性", "qualitative"),
            other => same(other.to_owned()),
        },
        Some(other) => same(said(other, lang)),
        None => Text::default(),
    };
    let method = at(item, "method").map(|method| match method {
        Document::Map(entries) => {
            let rest = pairs(entries, &["id"], lang);
            format!("{} {rest}", word(method, "id")).trim().to_owned()
        }
        Document::Word(_) | Document::List(_) => said(method, lang),
    });
    let rest = match item {
        Document::Map(entries) => pairs(
            entries,
            &["id", "title", "weight", "marks", "children", "groups", "indicators", "direction", "method"],
            lang,
        ),
        Document::Word(_) | Document::List(_) => String::new(),
    };
    let all = |direction: &str| {
        let parts = [direction, method.as_deref().unwrap_or_default(), &rest];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(format::comma(lang))
    };
    Text::new(all(&direction.zh), all(&direction.en))
}

/// What the score of a part is made of.
fn source(part: &Document, lang: Lang) -> Text {
    let Some(from) = at(part, "from") else { return Text::default() };
    let method = match from {
        Document::Word(word) => word.clone(),
        Document::Map(_) | Document::List(_) => word(from, "method"),
    };
    let rest = match from {
        Document::Map(entries) => pairs(entries, &["method"], lang),
        Document::Word(_) | Document::List(_) => String::new(),
    };
    let name = match method.as_str() {
        "score" => Text::new("另一次评价的最终得分", "final score of another evaluation"),
        "commitments" => Text::new("到期承诺的兑现", "commitments that were due"),
        "reporting" => Text::new("报送的及时、完整和少更正", "reports on time, complete, without correction"),
        _ => same(method),
    };
    let all = |name: &str| if rest.is_empty() { name.to_owned() } else { format!("{name} ({rest})") };
    Text::new(all(&name.zh), all(&name.en))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRACTICE: &str = include_str!("../../../../deploy/schemes/zwc-2021.yaml");
    const INDEX: &str = include_str!("../../../../deploy/schemes/hdi-2023.yaml");
    const JOINT: &str = include_str!("../../../../deploy/schemes/zwc-joint.yaml");

    #[test]
    fn marks_that_a_scheme_leaves_out_are_shown_as_the_equal_share_that_they_are() {
        let outline = Outline::of(PRACTICE, Lang::Zh);
        let (group, first) = (&outline.rows[0], &outline.rows[1]);
        assert_eq!((group.group, group.depth, group.weight.zh.as_str()), (true, 0, "20"));
        assert_eq!((first.depth, first.weight.zh.as_str()), (1, "3.33"));
        assert!(first.how.zh.starts_with("越低越好、S2、单位 吨/万元"), "{}", first.how.zh);
        let grades = outline.rules.iter().find(|(label, _)| label.en == "Grades").unwrap();
        assert_eq!(grades.1, "优 90、良 80、中 60、差 0");
    }

    #[test]
    fn an_index_shows_its_stages_and_its_tree_and_a_joint_evaluation_its_parts() {
        let outline = Outline::of(INDEX, Lang::En);
        let stages: Vec<_> =
            outline.stages.iter().map(|stage| (stage.name.en.as_str(), stage.method.as_str())).collect();
        assert_eq!(stages, [("normalise", "goalposts"), ("aggregate", "geometric")]);
        assert_eq!(outline.stages[1].parameters, "weights equal, least share 1");
        let education = outline.rows.iter().find(|row| row.id == "education").unwrap();
        assert_eq!(
            (education.group, education.weight.en.as_str(), education.how.en.as_str()),
            (true, "1", "aggregated by arithmetic")
        );
        let parts = Outline::of(JOINT, Lang::Zh).rows;
        assert_eq!((parts.len(), parts[2].weight.zh.as_str()), (4, "并列"));
        assert_eq!(parts[2].how.zh, "到期承诺的兑现 (补办折算 0.5)");
        assert_eq!(Outline::of("groups: [", Lang::Zh), Outline::default(), "no YAML");
    }
}
