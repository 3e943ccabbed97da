//! The statistic's name as the source has it, against the names that mean this indicator and those that mean another.
//!
//! Two statistics often stand side by side under similar names: 生活垃圾回收利用率 (≥35 %) and 资源化利用率 (≥85 %) do in
//! the letter, and only the first is an official indicator.

use crate::{
    indicator::{Catalogue, ExcludedLabel, IndicatorDefinition},
    observation::Observation,
    reason::Reason,
    text::Text,
    violation::{Violation, Violations},
};

struct Found<'a> {
    accepted: bool,
    excluded: Option<&'a ExcludedLabel>,
}

pub(super) fn check_labels(
    observation: &Observation,
    definition: &IndicatorDefinition,
    catalogue: &Catalogue,
    faults: &mut Violations,
) {
    let label = &observation.reported_label;
    if !label.trim().is_empty() {
        let found = search(label, definition);
        let plain = plain(label);
        let other = catalogue
            .iter()
            .find(|other| other.code != definition.code && self::plain(&other.name.zh) == plain)
            .filter(|_| !found.accepted);
        if let Some(excluded) = found.excluded {
            faults.push(mismatch("observation.reported_label", label, definition, &excluded.why, &excluded.report_as));
        } else if let Some(other) = other {
            let code = other.code.as_str();
            let why = Text::new(
                format!("这是另一指标，应报 {code}"),
                format!("this is another indicator: report it as {code}"),
            );
            faults.push(mismatch("observation.reported_label", label, definition, &why, code));
        }
    }
    if let Some(citation) = &observation.citation {
        // A sentence may name several statistics; it contradicts only when it names another one and not this one.
        let found = search(&citation.quote, definition);
        if let Some(excluded) = found.excluded.filter(|_| !found.accepted) {
            let quote = &citation.quote;
            faults.push(mismatch("observation.citation.quote", quote, definition, &excluded.why, &excluded.report_as));
        }
    }
}

/// Looks for the names, longest first; what a longer name covers is not seen again by a shorter one.
fn search<'a>(text: &str, definition: &'a IndicatorDefinition) -> Found<'a> {
    let mut names: Vec<(String, Option<&ExcludedLabel>)> = definition
        .accepted_labels
        .iter()
        .chain([&definition.name.zh])
        .map(|label| (plain(label), None))
        .chain(definition.excluded_labels.iter().map(|label| (plain(&label.label), Some(label))))
        .filter(|(name, _)| !name.is_empty())
        .collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.chars().count()));
    let mut rest = plain(text);
    let mut found = Found { accepted: false, excluded: None };
    for (name, excluded) in names {
        if !rest.contains(&name) {
            continue;
        }
        rest = rest.replace(&name, "\u{0}");
        match excluded {
            None => found.accepted = true,
            Some(label) => found.excluded = found.excluded.or(Some(label)),
        }
    }
    found
}

/// Without spaces, brackets and quotation marks.
fn plain(text: &str) -> String {
    let skip = |char: &char| char.is_whitespace() || "（）()【】[]《》“”\"‘’'".contains(*char);
    text.chars().filter(|char| !skip(char)).collect()
}

fn mismatch(field: &str, value: &str, definition: &IndicatorDefinition, why: &Text, report_as: &str) -> Violation {
    let name = &definition.name;
    let action = if report_as.is_empty() {
        Text::new("请勿填入本指标", "do not report it as this indicator")
    } else {
        Text::new(format!("请改报 {report_as}"), format!("report it as {report_as}"))
    };
    Violation::new(
        field,
        Reason::IndicatorLabelMismatch,
        value,
        Text::new(
            format!("来源所称统计不是“{}”：{}", name.zh, why.zh),
            format!("the source does not name \"{}\": {}", name.en, why.en),
        ),
        action,
    )
    .allowing(definition.accepted_labels.iter().chain([&name.zh]).collect::<std::collections::BTreeSet<_>>())
}
