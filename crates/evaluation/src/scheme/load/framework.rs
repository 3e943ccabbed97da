//! Frameworks that a scheme may say it keeps.

use rust_decimal::Decimal;

use crate::exact::Exact;
use crate::scheme::fields::{Faults, Fields};
use crate::scheme::{Framework, Group};

/// Reads `framework` and checks the first-level groups against it.
pub(super) fn framework(fields: &mut Fields<'_>, groups: &[Group], faults: &mut Faults) -> Option<Framework> {
    fields.optional("framework")?;
    let words =
        [("project_performance", Framework::ProjectPerformance), ("self_evaluation", Framework::SelfEvaluation)];
    let framework = fields.word("framework", &words, faults)?;
    let ids: &[&str] = match framework {
        Framework::ProjectPerformance => &["decision", "process", "output", "benefit"],
        Framework::SelfEvaluation => &["budget", "output", "benefit", "satisfaction"],
    };
    let found: Vec<&str> = groups.iter().map(|group| group.id.as_str()).collect();
    // Groups that could not be read are faults already.
    if groups.is_empty() {
        return Some(framework);
    }
    if ids.iter().any(|id| !found.contains(id)) || found.len() != ids.len() {
        let list = ids.join(", ");
        let (zh, en) =
            (format!("此框架的一级分组应为 {list}"), format!("the first-level groups of this framework are {list}"));
        fields.fault("groups", &found.join(", "), &zh, &en, faults);
        return Some(framework);
    }
    let results: Exact = groups
        .iter()
        .filter(|group| ["output", "benefit"].contains(&group.id.as_str()))
        .map(|group| Exact::from(group.weight))
        .collect::<Vec<_>>()
        .iter()
        .sum();
    if framework == Framework::ProjectPerformance && results < Exact::from(Decimal::from(60)) {
        let (zh, en) = (
            "产出、效益权重合计不得低于 60（财预〔2020〕10号）",
            "output and benefit must weigh at least 60 together (Cai Yu [2020] 10)",
        );
        fields.fault("groups", &results.to_string(), zh, en, faults);
    }
    Some(framework)
}
