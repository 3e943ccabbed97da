//! The groups and indicators of a scheme of practice.

use marked_yaml::Node;
use rust_decimal::Decimal;

use super::formulas::Formulas;
use super::ids::Ids;
use super::method::{admissible, fallback, method};
use crate::exact::Exact;
use crate::scheme::fields::{Faults, Fields};
use crate::scheme::{Direction, Group, IndicatorRule};

/// Deeper trees are a mistake, and reading them recursively would let a file overflow the stack.
const MAX_DEPTH: usize = 16;

/// Reads the tree; `faults` and `ids` are those of the whole scheme.
pub(super) struct Loader<'l> {
    pub(super) faults: &'l mut Faults,
    pub(super) ids: &'l mut Ids,
    pub(super) formulas: &'l mut Formulas,
}

impl Loader<'_> {
    /// The groups of a node, whose weights must sum to the weight of the node.
    pub(super) fn groups(
        &mut self,
        fields: &mut Fields<'_>,
        path: &[String],
        total: Decimal,
        depth: usize,
    ) -> Vec<Group> {
        let nodes = fields.list("groups", self.faults);
        if nodes.is_empty() {
            return Vec::new();
        }
        if depth >= MAX_DEPTH {
            fields.fault("groups", "", "分组层次过深（最多16层）", "more than 16 levels of groups", self.faults);
            return Vec::new();
        }
        let count = nodes.len();
        let groups: Vec<Group> =
            nodes.into_iter().filter_map(|(node, at)| self.group(node, &at, path, depth)).collect();
        // A group that could not be read would make the sum wrong only in appearance.
        let sum: Exact = groups.iter().map(|group| Exact::from(group.weight)).collect::<Vec<_>>().iter().sum();
        if groups.len() == count && sum != Exact::from(total) {
            let (zh, en) = (format!("分组权重之和应为 {total}"), format!("the weights must sum to {total}"));
            fields.fault("groups", &sum.to_string(), &zh, &en, self.faults);
        }
        groups
    }

    fn group(&mut self, node: &Node, at: &str, path: &[String], depth: usize) -> Option<Group> {
        let mut fields = Fields::of(node, at, self.faults)?;
        let id = self.ids.read(&mut fields, self.faults);
        let title = fields.both("title", self.faults);
        let weight = fields.decimal("weight", self.faults);
        if let Some(weight) = weight.filter(|weight| *weight <= Decimal::ZERO) {
            fields.fault("weight", &weight.to_string(), "权重应大于 0", "must be above 0", self.faults);
        }
        let mut path = path.to_vec();
        path.push(id.clone().unwrap_or_default());
        let total = weight.unwrap_or_default();
        let groups = self.groups(&mut fields, &path, total, depth + 1);
        let indicators = self.indicators(&mut fields, &path, total);
        if groups.is_empty() == indicators.is_empty() {
            // Unless the lists are there and their elements are at fault already.
            let silent = fields.optional("groups").is_some() != fields.optional("indicators").is_some();
            if !silent {
                let (zh, en) = ("应有下级分组或指标，二者只居其一", "must hold either groups or indicators");
                self.faults.add(at, fields.span(), "", zh, en);
            }
        }
        fields.finish(self.faults);
        Some(Group { id: id?, title: title?, weight: weight?, groups, indicators })
    }

    fn indicators(&mut self, fields: &mut Fields<'_>, path: &[String], total: Decimal) -> Vec<IndicatorRule> {
        let nodes = fields.list("indicators", self.faults);
        let count = nodes.len();
        let read: Vec<(IndicatorRule, Option<Decimal>)> =
            nodes.into_iter().filter_map(|(node, at)| self.indicator(node, &at, path)).collect();
        if read.len() < count {
            return read.into_iter().map(|(rule, _)| rule).collect();
        }
        self.share_marks(fields, read, total)
    }

    /// Gives every indicator of a group its marks: the stated ones, or equal parts of the group among its mandatory
    /// indicators. An optional indicator without marks of its own is worth as much as a mandatory one.
    fn share_marks(
        &mut self,
        fields: &Fields<'_>,
        read: Vec<(IndicatorRule, Option<Decimal>)>,
        total: Decimal,
    ) -> Vec<IndicatorRule> {
        let counted = |rule: &IndicatorRule, any_mandatory: bool| rule.mandatory || !any_mandatory;
        let any_mandatory = read.iter().any(|(rule, _)| rule.mandatory);
        let counting: Vec<Option<Decimal>> =
            read.iter().filter(|(rule, _)| counted(rule, any_mandatory)).map(|(_, marks)| *marks).collect();
        let stated = counting.iter().flatten().count();
        let mut equal = None;
        if stated == 0 {
            equal = i64::try_from(counting.len()).ok().and_then(|n| Exact::from(total).checked_div(&Exact::integer(n)));
        } else if stated < counting.len() {
            let (zh, en) = ("要么每项都写分值，要么都不写（平均分配）", "state marks for every item or for none");
            fields.fault("indicators", "", zh, en, self.faults);
        } else {
            let parts: Vec<Exact> = counting.into_iter().flatten().map(Exact::from).collect();
            let sum: Exact = parts.iter().sum();
            if sum != Exact::from(total) {
                let (zh, en) = (format!("各项分值之和应为 {total}"), format!("the marks must sum to {total}"));
                fields.fault("indicators", &sum.to_string(), &zh, &en, self.faults);
            }
        }
        let mut rules = Vec::with_capacity(read.len());
        for (mut rule, marks) in read {
            match marks.map(Exact::from).or_else(|| equal.clone()) {
                Some(marks) => rule.marks = marks,
                None => {
                    let (zh, en) = ("各必选项自定分值时，可选项也须写明分值", "needs marks of its own here");
                    if !rule.mandatory {
                        fields.fault("indicators", &rule.id, zh, en, self.faults);
                    }
                }
            }
            rules.push(rule);
        }
        rules
    }

    fn indicator(&mut self, node: &Node, at: &str, path: &[String]) -> Option<(IndicatorRule, Option<Decimal>)> {
        let mut fields = Fields::of(node, at, self.faults)?;
        let id = self.ids.read(&mut fields, self.faults);
        let faults = &mut *self.faults;
        let title = fields.both("title", faults);
        let unit = fields.text("unit", faults);
        let directions = [
            ("higher_better", Direction::HigherBetter),
            ("lower_better", Direction::LowerBetter),
            ("qualitative", Direction::Qualitative),
        ];
        let direction = fields.word("direction", &directions, faults);
        let mandatory = fields.boolean("mandatory", true, faults);
        let marks = fields.optional_decimal("marks", faults);
        if let Some(marks) = marks.filter(|marks| *marks <= Decimal::ZERO) {
            fields.fault("marks", &marks.to_string(), "分值应大于 0", "must be above 0", faults);
        }
        let rate_of_change = fields.boolean("rate_of_change", false, faults);
        let method = method(&mut fields, direction, faults);
        let formula = self.formulas.read(&mut fields, id.as_deref(), faults);
        if direction == Some(Direction::Qualitative) && fields.optional("formula").is_some() {
            fields.fault("formula", "", "定性指标不能用公式", "a qualitative item has no formula", faults);
        }
        let fallback_target = fallback(&mut fields, method.as_ref(), faults);
        let admissible = admissible(&mut fields, method.as_ref(), faults);
        let department = fields.optional_text("department", faults);
        fields.finish(faults);
        let rule = IndicatorRule {
            id: id?,
            title: title?,
            path: path.to_vec(),
            unit: unit?,
            direction: direction?,
            mandatory,
            marks: Exact::zero(),
            method: method?,
            rate_of_change,
            fallback_target,
            admissible,
            department,
            formula,
        };
        Some((rule, marks))
    }
}
