//! The policies as a table that people can review: every method by every role.

use std::fmt::Write;

use cedar_policy::{Context, Effect};
use chrono::NaiveDate;
use domain::{DepartmentId, RegionCode};

use crate::{
    cedar::Unfit,
    compile::{OPEN_CLASS, Policy, Served},
    decide::Answer,
    member::Member,
    principal::Principal,
    role::Role,
    sight::Row,
};

const HEAD: &str = "\
# Who may call what

Generated from `deploy/policy` and `deploy/catalogue/data_resources.csv`; a test compares it. 本表由策略生成，并由测试核对。

Each cell has three signs: at the member's own node, at another department's node, at the aggregator. The member has no grant.

| sign | 含义 | meaning |
|---|---|---|
| ● | 可以 | may |
| ◐ | 只限关于本行政区域或本单位申请的行 | only rows about its own region, or of its own requests |
| ○ | 须有授权并说明目的 | with a grant, for its purpose |
| ◇ | 只限向社会公开的内容 | only what is open to the public |
| – | 不可以 | may not |
| · | 没有本单位的节点 | has no node of its own |

Columns: **writer**, **approver** and **node** of a provincial department, **lead**: the writer of the department that leads (ecology),
**city**: the writer of a city, then the roles of no department.
";

/// A member that stands for a column.
struct Column {
    title: &'static str,
    role: Role,
    department: Option<&'static str>,
    region: Option<&'static str>,
}

const COLUMNS: [Column; 11] = [
    column("writer", Role::DepartmentWriter, Some("commerce")),
    column("approver", Role::DepartmentApprover, Some("commerce")),
    column("node", Role::Node, Some("commerce")),
    column("lead", Role::DepartmentWriter, Some("ecology")),
    Column { title: "city", role: Role::DepartmentWriter, department: Some("city-140100"), region: Some("140100") },
    column("aggregator", Role::Aggregator, None),
    column("evaluator", Role::Evaluator, None),
    column("auditor", Role::Auditor, None),
    column("operator", Role::Operator, None),
    column("administrator", Role::Administrator, None),
    column("public", Role::Public, None),
];
/// Stands for another department's node.
const OTHER: &str = "scitech";
const AGGREGATOR: &str = "aggregator";

const fn column(title: &'static str, role: Role, department: Option<&'static str>) -> Column {
    Column { title, role, department, region: None }
}

/// The table of everything that the policy serves, and the policies with what they say, as Markdown.
pub fn access_table(policy: &Policy) -> String {
    let mut out = HEAD.to_owned();
    let mut service = "";
    for served in policy.0.methods.values() {
        let (of, method) = served.name().split_once('/').unwrap_or_default();
        if of != service {
            service = of;
            let titles = COLUMNS.map(|column| column.title).join(" | ");
            line(
                &mut out,
                format_args!("\n## {of}\n\n| method | class | {titles} |\n|---|---|{}", "---|".repeat(COLUMNS.len())),
            );
        }
        let cells = COLUMNS.map(|column| column.cell(policy, served)).join(" | ");
        line(&mut out, format_args!("| {method} | {} | {cells} |", served.class));
    }
    line(&mut out, format_args!("\n## Policies\n\n| id | effect | 说明 | meaning |\n|---|---|---|---|"));
    for (id, effect, text) in policy.rules() {
        let effect = match effect {
            Effect::Permit => "permit",
            Effect::Forbid => "**forbid**",
        };
        line(&mut out, format_args!("| {id} | {effect} | {} | {} |", text.zh, text.en));
    }
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    if writeln!(out, "{text}").is_err() {
        out.push('\n');
    }
}

impl Column {
    fn cell(&self, policy: &Policy, served: &Served) -> String {
        let own = self.department.map_or('·', |own| self.sign(policy, served, own));
        [own, self.sign(policy, served, OTHER), self.sign(policy, served, AGGREGATOR)].into_iter().collect()
    }

    fn sign(&self, policy: &Policy, served: &Served, node: &str) -> char {
        self.asked(policy, served, node).unwrap_or('!')
    }

    fn asked(&self, policy: &Policy, served: &Served, node: &str) -> Result<char, Unfit> {
        let who = policy.0.types().who(&self.member()?)?;
        let today = NaiveDate::default();
        let class = served.class.as_str();
        let row = Row { department: node, region: "", class };
        let allowed =
            |context: &Context, row| matches!(policy.answer(&who, served, context, node, row), Answer::Allowed(_));
        let plain = policy.0.types().context(&who, (served.name(), class), today, None, None)?;
        if allowed(&plain, row) {
            return Ok('●');
        }
        let about = self.region.is_some_and(|region| allowed(&plain, Row { region, ..row }));
        let asked = self.department.filter(|_| served.two_sided);
        if about || asked.is_some_and(|department| allowed(&plain, Row { department, ..row })) {
            return Ok('◐');
        }
        if served.holds_open && allowed(&plain, Row { class: OPEN_CLASS, ..row }) {
            return Ok('◇');
        }
        let granted = policy.with_any_grant(&who, served, vec![class], today)?;
        Ok(if allowed(&granted, row) { '○' } else { '–' })
    }

    fn member(&self) -> Result<Member, Unfit> {
        let principal = Principal::parse("spiffe://table/member").map_err(|error| Unfit::of(&error))?;
        let department = self.department.map(DepartmentId::parse).transpose().map_err(|error| Unfit::of(&error))?;
        let region = self.region.map(RegionCode::parse).transpose().map_err(|error| Unfit::of(&error))?;
        let roles = [self.role].into_iter().collect();
        Ok(Member { principal, roles, department, regions: region.into_iter().collect() })
    }
}
