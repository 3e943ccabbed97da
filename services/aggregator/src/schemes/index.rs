//! Schemes over what the departments record: what a scheme reads are indicators of the catalogue.

use domain::{Catalogue, IndicatorCode, IndicatorDefinition, Reason, Text, Violation, Violations};
use evaluation::{
    Plan,
    index::{IndexScheme, Node},
};

use super::PlanExt as _;

/// The code of the catalogue's indicator that a node of an index measures: its id, or the first of its other column names
/// that is one.
pub(crate) fn code_of(node: &Node, catalogue: &Catalogue) -> Option<IndicatorCode> {
    let names = node.indicator().into_iter().flat_map(|indicator| &indicator.columns);
    std::iter::once(&node.id).chain(names).find_map(|name| known(name, catalogue)).map(|found| found.code.clone())
}

fn known<'a>(name: &str, catalogue: &'a Catalogue) -> Option<&'a IndicatorDefinition> {
    catalogue.get(&IndicatorCode::parse(name).ok()?)
}

/// What keeps a scheme from being computed over recorded figures. `field` is where the scheme stands.
pub(super) fn check(plan: &Plan, catalogue: &Catalogue, field: &str) -> Violations {
    let mut faults = Violations::new();
    let mut fault = |path: String, value: &str, rule: Text, action: Text| {
        faults.push(Violation::new(format!("{field}:{path}"), Reason::SchemeInvalid, value, rule, action));
    };
    for column in plan.columns().into_iter().filter(|column| known(column, catalogue).is_none()) {
        fault(
            column.to_owned(),
            column,
            Text::new(
                "分母、公式各部分、加分扣分项和否决项须是指标目录中的代码",
                "denominators, parts of formulas, bonus items, deductions and vetoes are codes of the catalogue",
            ),
            Text::new("请改用指标代码", "use the code of an indicator"),
        );
    }
    match plan {
        Plan::Practice(_) | Plan::Joint(_) => {}
        Plan::Index(scheme) => index(scheme, catalogue, &mut fault),
    }
    faults
}

fn index(scheme: &IndexScheme, catalogue: &Catalogue, fault: &mut dyn FnMut(String, &str, Text, Text)) {
    for node in scheme.indicators() {
        let unmeasured = node.indicator().is_some_and(|indicator| indicator.optional || indicator.formula.is_some());
        let code = code_of(node, catalogue);
        let definition = code.as_ref().and_then(|code| catalogue.get(code));
        if definition.is_none() && !unmeasured {
            fault(
                format!("index.{}", node.id),
                &node.id,
                Text::new(
                    "指标须是指标目录中的代码，或在 columns 中写明代码",
                    "an indicator is a code of the catalogue, or names one in `columns`",
                ),
                Text::new("请用 ListIndicators 查看代码", "see ListIndicators"),
            );
        }
        if definition.is_some_and(IndicatorDefinition::is_qualitative) {
            fault(
                format!("index.{}", node.id),
                &node.id,
                Text::new("定性指标没有数值，不能进入综合指数", "a qualitative indicator has no value for an index"),
                Text::new("请改用定量指标", "take a quantitative one"),
            );
        }
    }
    for group in &scheme.data().groups {
        fault(
            "data.groups".to_owned(),
            group,
            Text::new("服务中的单位没有分组列", "units have no column of groups in the service"),
            Text::new("请去掉分组，或用 wufei evaluate 计算", "leave groups out, or use wufei evaluate"),
        );
    }
}
