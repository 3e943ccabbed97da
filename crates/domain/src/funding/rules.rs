//! Rules of the funding ledger, as pure functions of new lines, the lines there are, and the groups.

use crate::{
    funding::{FundingLine, FundingProject, FundingStage, FundingSubject, ProjectGroup},
    money::Money,
    name::ResourceName,
    reason::Reason,
    text::Text,
    violation::{Violation, Violations},
};

/// The ledger as it stands, without the new lines. A new line whose name is among `lines` is a correction of that line.
#[derive(Clone, Copy, Debug, Default)]
pub struct FundingLedger<'a> {
    /// Current lines.
    pub lines: &'a [FundingLine],
    /// Groups.
    pub groups: &'a [ProjectGroup],
}

/// Checks new lines against the ledger and each other; the order of the lines does not matter. Field paths begin with
/// `requests[n].funding_line.`.
///
/// # Errors
/// Every fault:
/// - [`Reason::FundingStageWithoutBasis`]: money moves to a later stage without the document that moved it. A move is a
///   line that names the line it moved from, a correction that changes the stage, or a line at a later stage than another
///   one of the same subject, source and budget year. A first record of money at a later stage needs its document or at
///   least the words it was taken from.
/// - [`Reason::FundingStageOrder`]: a move that does not go forward.
/// - [`Reason::FundingGroupAmountOnMember`]: a line on a project while its group holds an unsplit amount of the same source,
///   stage and year, unless the line is a split of that amount with a document.
/// - [`Reason::FundingSplitExceedsGroup`]: splits that add up to more than the group's amount.
/// - [`Reason::ValueInvalid`] for an amount of nothing or one that is not what was entered,
///   [`Reason::ResourceNotFound`] for a line or group that is named and not there, [`Reason::DuplicateInBatch`].
pub fn check_funding_lines(new: &[FundingLine], ledger: FundingLedger<'_>) -> Result<(), Violations> {
    let mut faults = Violations::new();
    for (index, line) in new.iter().enumerate() {
        let others: Vec<&FundingLine> = new
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index)
            .map(|(_, line)| line)
            .chain(ledger.lines.iter().filter(|old| new.iter().all(|line| line.name != old.name)))
            .collect();
        let before = ledger.lines.iter().find(|old| old.name == line.name);
        let mut found = Violations::new();
        check_itself(line, &mut found);
        if new.iter().take(index).any(|other| other.name == line.name) {
            found.push(fault(
                "name",
                Reason::DuplicateInBatch,
                &line.name,
                ("同批中标识重复", "the id occurs twice in the batch"),
                ("请改用另一标识", "use another id"),
            ));
        }
        check_stage(line, before, &others, &mut found);
        check_members(line, &others, ledger.groups, &mut found);
        check_splits(line, &others, ledger.groups, &mut found);
        faults.extend(found.under(&format!("requests[{index}].funding_line.")));
    }
    faults.into_result(())
}

/// Checks one new line. Field paths begin with `funding_line.`.
///
/// # Errors
/// As [`check_funding_lines`].
pub fn check_funding_line(new: &FundingLine, ledger: FundingLedger<'_>) -> Result<(), Violations> {
    check_funding_lines(std::slice::from_ref(new), ledger).map_err(|faults| {
        faults
            .into_iter()
            .map(|mut violation| {
                if let Some(field) = violation.field.strip_prefix("requests[0].") {
                    violation.field = field.to_owned();
                }
                violation
            })
            .collect()
    })
}

/// Checks a project. Field paths begin with `funding_project.`.
///
/// # Errors
/// [`Reason::FieldRequired`] without a title, [`Reason::UnitMismatch`] for a design capacity in a unit that is no capacity,
/// [`Reason::FieldInvalid`] for a 投资项目统一代码 that is not `yyyy-rrrrrr-nn-nn-nnnnnn`.
pub fn check_project(project: &FundingProject) -> Result<(), Violations> {
    let mut faults = Violations::new();
    check_title(&project.title, &mut faults);
    if let Some(capacity) = project.design_capacity.filter(|capacity| !capacity.unit.is_capacity()) {
        faults.push(
            fault(
                "design_capacity.unit",
                Reason::UnitMismatch,
                capacity.unit,
                ("设计能力按年或按日计", "a design capacity is per year or per day"),
                ("请用万吨/年等单位；实际量请报指标数据", "use 万吨/年 or the like; report actual amounts as figures"),
            )
            .allowing(crate::unit::Unit::all().filter(|unit| unit.is_capacity())),
        );
    }
    if let Some(code) = project.code.as_ref().filter(|code| !is_project_code(code)) {
        faults.push(fault(
            "project_code",
            Reason::FieldInvalid,
            code,
            (
                "投资项目统一代码应为 4-6-2-2-6 位数字，以连字符分隔",
                "the project code is digits in groups of 4-6-2-2-6",
            ),
            ("请核对代码，如 2404-140109-04-01-123456", "check it, for example 2404-140109-04-01-123456"),
        ));
    }
    faults.under("funding_project.").into_result(())
}

/// Checks a group. Field paths begin with `funding_group.`.
///
/// # Errors
/// [`Reason::FieldRequired`] without a title, [`Reason::ValueInvalid`] for fewer projects than are named.
pub fn check_project_group(group: &ProjectGroup) -> Result<(), Violations> {
    let mut faults = Violations::new();
    check_title(&group.title, &mut faults);
    let named = u32::try_from(group.named_projects.len()).unwrap_or(u32::MAX);
    if group.project_count < named.max(1) {
        faults.push(fault(
            "project_count",
            Reason::ValueInvalid,
            group.project_count,
            ("项目数不能少于点名的项目数，且至少为1", "there are at least as many projects as are named, and one"),
            ("请核对项目数", "check the number"),
        ));
    }
    faults.under("funding_group.").into_result(())
}

fn check_title(title: &str, faults: &mut Violations) {
    if title.trim().is_empty() {
        faults.push(fault(
            "title",
            Reason::FieldRequired,
            "",
            ("须有名称", "the title is missing"),
            ("请填写名称", "fill in the title"),
        ));
    }
}

fn check_itself(line: &FundingLine, faults: &mut Violations) {
    if line.amount == Money::ZERO {
        faults.push(fault(
            "amount",
            Reason::ValueInvalid,
            line.amount,
            (
                "金额必须大于0；退回的资金用“收回”阶段登记",
                "an amount is above 0; money that went back has its own stage",
            ),
            ("金额未知时不登记资金行", "record no line when the amount is not known"),
        ));
    }
    if Money::from_quantity(line.entered) != Ok(line.amount) {
        faults.push(fault(
            "amount",
            Reason::ValueInvalid,
            line.entered,
            ("折合金额与填报金额不一致", "the amount in yuan is not the amount that was entered"),
            ("请核对金额单位", "check the unit of money"),
        ));
    }
    if line.split_of.is_some() && matches!(line.subject, FundingSubject::Group(_)) {
        faults.push(fault(
            "split_of",
            Reason::FieldInvalid,
            line.subject.name(),
            ("分解行须落到具体项目", "a split belongs to a project"),
            ("请改填项目名称", "name the project"),
        ));
    }
}

fn check_stage(line: &FundingLine, before: Option<&FundingLine>, others: &[&FundingLine], faults: &mut Violations) {
    let from = match &line.moved_from {
        None => None,
        Some(id) => {
            let from = others.iter().copied().find(|other| &other.name == id);
            if from.is_none() {
                faults.push(fault(
                    "moved_from",
                    Reason::ResourceNotFound,
                    id,
                    ("没有这条资金行", "there is no such line"),
                    ("请核对资金行标识", "check the id"),
                ));
            }
            from
        }
    };
    let mut moved = false;
    if let Some(from) = from {
        if from.source != line.source {
            faults.push(fault(
                "source",
                Reason::FieldInvalid,
                line.source.zh(),
                ("资金流转不改变资金来源", "money keeps its source when it moves on"),
                ("请核对来源，或另立资金行", "check the source, or record another line"),
            ));
        }
        moved = from.stage < line.stage;
        if !moved {
            faults.push(backwards(line, from.stage));
        }
    }
    if let Some(before) = before.filter(|before| before.stage != line.stage) {
        if before.stage > line.stage {
            faults.push(backwards(line, before.stage));
        } else {
            moved = true;
        }
    }
    moved |= others.iter().any(|other| {
        other.subject == line.subject
            && other.source == line.source
            && other.stage < line.stage
            && same_year(other, line)
    });
    let has_words = line.citation.as_ref().is_some_and(|citation| !citation.quote.trim().is_empty());
    let rule = if moved && !has_basis(line) {
        ("资金进入后一阶段须有依据文件（批复、下达、拨付等）", "money moves to a later stage by a document only")
    } else if line.stage > FundingStage::Applied && !has_basis(line) && !has_words {
        ("登记“拟申请”以后的阶段须有依据文件或引文", "a stage after \"applied for\" needs its document or a quotation")
    } else {
        return;
    };
    faults.push(fault(
        "basis",
        Reason::FundingStageWithoutBasis,
        line.stage.zh(),
        rule,
        ("请附依据文件的名称、文号和日期", "give title, number and date of the document"),
    ));
}

fn backwards(line: &FundingLine, from: FundingStage) -> Violation {
    Violation::new(
        "stage",
        Reason::FundingStageOrder,
        line.stage.zh(),
        Text::new(
            format!("资金只能从“{}”进入其后的阶段", from.zh()),
            format!("from \"{}\" money moves to a later stage only", from.en()),
        ),
        Text::new("退回的资金用“收回”阶段登记", "record money that went back at the stage 收回"),
    )
    .allowing(FundingStage::ALL.iter().filter(|stage| **stage > from).map(|stage| stage.zh()))
}

/// The rule is checked from both sides, so that it does not matter whether the group's or the project's line came first.
fn check_members(line: &FundingLine, others: &[&FundingLine], groups: &[ProjectGroup], faults: &mut Violations) {
    let clash = |group_line: &FundingLine, member_line: &FundingLine| {
        let (FundingSubject::Group(group), FundingSubject::Project(project)) =
            (&group_line.subject, &member_line.subject)
        else {
            return false;
        };
        let is_member = groups.iter().any(|item| &item.name == group && item.named_projects.contains(project));
        let is_split = member_line.split_of.as_ref() == Some(&group_line.name) && has_basis(member_line);
        is_member && !is_split && same_money(group_line, member_line)
    };
    let Some(other) = others.iter().find(|other| clash(other, line) || clash(line, other)) else { return };
    let group = group_of(line, other);
    faults.push(
        Violation::new(
            "subject",
            Reason::FundingGroupAmountOnMember,
            line.subject.name(),
            Text::new(
                format!("项目组 {group} 已有同一来源、阶段的合计金额，未分解到项目"),
                format!("the group {group} holds an unsplit amount of this source and stage"),
            ),
            Text::new(
                "有分解文件的，填 split_of（项目组的资金行）和依据文件；没有的，只保留合计金额",
                "with a document that splits it, give split_of (the group's line) and the basis; otherwise keep the group's amount only",
            ),
        )
        .allowing([group]),
    );
}

fn group_of<'a>(line: &'a FundingLine, other: &'a FundingLine) -> &'a ResourceName {
    match &line.subject {
        FundingSubject::Group(name) => name,
        FundingSubject::Project(_) => other.subject.name(),
    }
}

fn check_splits(line: &FundingLine, others: &[&FundingLine], groups: &[ProjectGroup], faults: &mut Violations) {
    let all = || others.iter().copied().chain([line]);
    let whole = match &line.split_of {
        None => line,
        Some(name) => {
            let Some(whole) = all().find(|other| &other.name == name) else {
                let rule = ("没有这条项目组资金行", "there is no such line of a group");
                faults.push(fault(
                    "split_of",
                    Reason::ResourceNotFound,
                    name,
                    rule,
                    ("请核对资金行名称", "check the name"),
                ));
                return;
            };
            if !may_split(line, whole, groups) {
                let rule = (
                    "只能分解同一来源、阶段、年度的项目组资金行，且项目属于该组",
                    "a split is of a group's line of the same source, stage and year, for a project of that group",
                );
                faults.push(fault(
                    "split_of",
                    Reason::FieldInvalid,
                    name,
                    rule,
                    ("请核对项目组资金行", "check the group's line"),
                ));
                return;
            }
            whole
        }
    };
    let parts: Vec<_> = all().filter(|other| other.split_of.as_ref() == Some(&whole.name)).collect();
    if parts.is_empty() {
        return;
    }
    let split = Money::sum(parts.iter().map(|part| part.amount));
    if split.as_ref().is_ok_and(|split| *split <= whole.amount) {
        return;
    }
    // A sum too large to be exact exceeds any amount there is.
    let shown = split.map_or_else(|error| error.to_string(), |split| split.display_zh());
    let (name, amount) = (&whole.name, whole.amount);
    faults.push(fault(
        "amount",
        Reason::FundingSplitExceedsGroup,
        &shown,
        (
            &format!("{name} 合计 {amount}，各项目分解合计 {shown}"),
            &format!("{name} has {}, its splits add up to {shown}", amount.display_en()),
        ),
        ("请核对各项目的分解金额", "check the amounts of the splits"),
    ));
}

/// A project is of a group when the group names it, or when the group has members that it does not name.
fn may_split(line: &FundingLine, whole: &FundingLine, groups: &[ProjectGroup]) -> bool {
    let FundingSubject::Group(group) = &whole.subject else { return false };
    let is_member = groups.iter().find(|item| &item.name == group).is_some_and(|item| {
        let unnamed = u32::try_from(item.named_projects.len()).is_ok_and(|named| named < item.project_count);
        unnamed || item.named_projects.contains(line.subject.name())
    });
    is_member && same_money(line, whole)
}

fn has_basis(line: &FundingLine) -> bool {
    line.basis.as_ref().is_some_and(|basis| basis.is_identified())
}

fn same_money(one: &FundingLine, other: &FundingLine) -> bool {
    one.source == other.source && one.stage == other.stage && same_year(one, other)
}

/// A line without a budget year may be of any year, so it is taken as the same.
fn same_year(one: &FundingLine, other: &FundingLine) -> bool {
    one.budget_year.is_none() || other.budget_year.is_none() || one.budget_year == other.budget_year
}

fn is_project_code(code: &str) -> bool {
    let parts: Vec<_> = code.split('-').collect();
    let lengths = parts.iter().map(|part| part.len());
    lengths.eq([4, 6, 2, 2, 6]) && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn fault(field: &str, reason: Reason, value: impl ToString, rule: (&str, &str), action: (&str, &str)) -> Violation {
    Violation::new(field, reason, value, Text::new(rule.0, rule.1), Text::new(action.0, action.1))
}
