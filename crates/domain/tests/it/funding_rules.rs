//! Rules and totals of the funding ledger.

use crate::support::{approval, bond_group, citing, decimal, group, line, line_name, project, region, unit};
use domain::{
    FundSource, FundingLedger, FundingLine, FundingProject, FundingStage, Money, Period, ProjectGroup, Quantity,
    Reason, check_funding_line, check_funding_lines, check_project, check_project_group, summarize,
};
use proptest::prelude::*;
use rstest::rstest;
use rust_decimal::Decimal;

fn reasons(new: &[FundingLine], lines: &[FundingLine]) -> Vec<Reason> {
    let groups = [bond_group()];
    let ledger = FundingLedger { lines, groups: &groups };
    let checked = check_funding_lines(new, ledger);
    checked.err().map(|faults| faults.iter().map(|fault| fault.reason).collect()).unwrap_or_default()
}

/// The letter: 11086 万元 awarded to the group of three.
fn bonds() -> FundingLine {
    FundingLine {
        citation: citing("争取到大规模设备更新超长期特别国债资金11086万元"),
        ..line("f019", group("f020"), FundingStage::Awarded, 11086)
    }
}

/// The letter: 2525 万元 applied for.
fn longquan() -> FundingLine {
    FundingLine {
        source: FundSource::CentralBudgetInvestment,
        budget_year: Some(2025),
        ..line("f021", project("f022"), FundingStage::Applied, 2525)
    }
}

#[test]
fn the_letters_lines_are_accepted() {
    assert_eq!(reasons(&[bonds(), longquan()], &[]), []);
}

#[test]
fn applied_money_does_not_become_awarded_without_a_document() {
    let mut awarded = FundingLine { stage: FundingStage::Awarded, name: line_name("f021-awarded"), ..longquan() };
    awarded.citation = citing("拟申请资金2525万元");
    assert_eq!(reasons(&[awarded.clone()], &[longquan()]), [Reason::FundingStageWithoutBasis]);
    awarded.moved_from = Some(line_name("f021"));
    assert_eq!(reasons(&[awarded.clone()], &[longquan()]), [Reason::FundingStageWithoutBasis]);
    awarded.budget_year = None;
    awarded.moved_from = None;
    assert_eq!(
        reasons(&[awarded.clone()], &[longquan()]),
        [Reason::FundingStageWithoutBasis],
        "no way round by the year"
    );
    assert_eq!(reasons(&[awarded.clone(), longquan()], &[]), [Reason::FundingStageWithoutBasis], "nor by one batch");
    awarded.basis = approval();
    assert_eq!(reasons(&[awarded], &[longquan()]), []);
}

#[test]
fn a_correction_does_not_change_the_stage_without_a_document_or_backwards() {
    let awarded = FundingLine { stage: FundingStage::Awarded, citation: citing("争取到"), ..longquan() };
    assert_eq!(reasons(std::slice::from_ref(&awarded), &[longquan()]), [Reason::FundingStageWithoutBasis]);
    assert_eq!(reasons(&[longquan()], &[awarded]), [Reason::FundingStageOrder]);
}

#[rstest]
#[case(FundingStage::Applied)]
#[case(FundingStage::Awarded)]
fn money_does_not_move_backwards_or_stand_still(#[case] stage: FundingStage) {
    let awarded = FundingLine { stage: FundingStage::Awarded, basis: approval(), ..longquan() };
    let back = FundingLine {
        name: line_name("back"),
        moved_from: Some(awarded.name.clone()),
        basis: approval(),
        ..FundingLine { stage, ..longquan() }
    };
    assert_eq!(reasons(&[back], &[awarded]), [Reason::FundingStageOrder]);
}

#[test]
fn a_first_record_after_the_application_needs_a_document_or_the_words() {
    let mut first = line("x", project("p"), FundingStage::Arrived, 10);
    assert_eq!(reasons(&[first.clone()], &[]), [Reason::FundingStageWithoutBasis]);
    first.citation = citing("到位10万元");
    assert_eq!(reasons(&[first], &[]), []);
}

#[test]
fn money_keeps_its_source_and_comes_from_a_line_that_exists() {
    let moved = FundingLine {
        name: line_name("moved"),
        stage: FundingStage::Awarded,
        source: FundSource::Municipal,
        moved_from: Some(line_name("f021")),
        basis: approval(),
        ..longquan()
    };
    assert_eq!(reasons(std::slice::from_ref(&moved), &[longquan()]), [Reason::FieldInvalid]);
    assert_eq!(reasons(&[moved], &[]), [Reason::ResourceNotFound]);
}

#[test]
fn a_groups_amount_is_not_booked_on_its_named_project() {
    let mut member = FundingLine {
        citation: citing("三个项目"),
        ..line("w", project("wanbailin"), FundingStage::Awarded, 11086)
    };
    let refused = [Reason::FundingGroupAmountOnMember];
    assert_eq!(reasons(&[member.clone()], &[bonds()]), refused);
    assert_eq!(reasons(&[bonds()], &[member.clone()]), refused, "whichever came first");
    member.split_of = Some(bonds().name);
    assert_eq!(reasons(&[member.clone()], &[bonds()]), refused, "a split needs its document");
    member.basis = approval();
    assert_eq!(reasons(&[member], &[bonds()]), []);
}

#[rstest]
#[case::other_source(FundSource::Municipal, FundingStage::Awarded, Some(2024))]
#[case::other_stage(FundSource::UltraLongTreasuryBond, FundingStage::Arrived, Some(2024))]
#[case::other_year(FundSource::UltraLongTreasuryBond, FundingStage::Awarded, Some(2025))]
fn other_money_of_a_member_is_its_own(
    #[case] source: FundSource,
    #[case] stage: FundingStage,
    #[case] budget_year: Option<i32>,
) {
    let member =
        FundingLine { source, stage, budget_year, basis: approval(), ..line("w", project("wanbailin"), stage, 5) };
    assert_eq!(reasons(&[member], &[bonds()]), []);
}

#[test]
fn splits_never_add_up_to_more_than_the_groups_amount() {
    let split = |id: &str, wan| FundingLine {
        split_of: Some(bonds().name),
        basis: approval(),
        ..line(id, project(id), FundingStage::Awarded, wan)
    };
    assert_eq!(reasons(&[split("a", 11085)], &[bonds(), split("b", 1)]), []);
    assert_eq!(reasons(&[split("a", 11086)], &[bonds(), split("b", 1)]), [Reason::FundingSplitExceedsGroup]);
    let smaller = FundingLine {
        name: bonds().name,
        ..FundingLine { citation: citing("更正"), ..line("f019", group("f020"), FundingStage::Awarded, 10) }
    };
    assert_eq!(reasons(&[smaller], &[bonds(), split("b", 11)]), [Reason::FundingSplitExceedsGroup]);
    let elsewhere = FundingLine { stage: FundingStage::Arrived, ..split("c", 1) };
    assert_eq!(reasons(&[elsewhere], &[bonds()]), [Reason::FieldInvalid]);
    assert_eq!(reasons(&[split("d", 1)], &[]), [Reason::ResourceNotFound]);
}

#[test]
fn an_amount_is_what_was_entered_and_more_than_nothing() {
    let mut odd = longquan();
    odd.amount = Money::from_unit(decimal("2525"), "元").unwrap();
    assert_eq!(reasons(&[odd], &[]), [Reason::ValueInvalid]);
    assert_eq!(reasons(&[line("z", project("p"), FundingStage::Applied, 0)], &[]), [Reason::ValueInvalid]);
    assert_eq!(reasons(&[longquan(), longquan()], &[]), [Reason::DuplicateInBatch]);
}

#[test]
fn faults_name_the_item_of_the_batch() {
    let awarded = FundingLine { stage: FundingStage::Awarded, name: line_name("n"), ..longquan() };
    let faults = check_funding_lines(&[bonds(), awarded.clone()], FundingLedger::default()).unwrap_err();
    assert_eq!(faults.0[0].field, "requests[1].funding_line.basis");
    let faults = check_funding_line(&awarded, FundingLedger::default()).unwrap_err();
    assert_eq!(faults.0[0].field, "funding_line.basis");
}

#[test]
fn a_project_has_a_capacity_and_never_an_output() {
    let mut longquan = FundingProject {
        name: project("f022").name().clone(),
        title: "年加工250万吨煤矸石、煤泥综合利用项目".to_owned(),
        region: region("140100"),
        code: Some("2404-140109-04-01-123456".to_owned()),
        owner_organisation: "山西龙泉工业有限公司".to_owned(),
        design_capacity: Some(Quantity::new(decimal("250"), unit("万吨/年"))),
        evidence: Vec::new(),
        citation: None,
        reporting_party: String::new(),
        source_department: String::new(),
        note: String::new(),
    };
    assert_eq!(check_project(&longquan), Ok(()));
    longquan.design_capacity = Some(Quantity::new(decimal("250"), unit("万吨")));
    longquan.code = Some("2404-140109".to_owned());
    let faults = check_project(&longquan).unwrap_err();
    assert!(faults.has(Reason::UnitMismatch) && faults.has(Reason::FieldInvalid));
}

#[test]
fn a_group_has_at_least_the_projects_it_names() {
    assert_eq!(check_project_group(&bond_group()), Ok(()));
    let none = ProjectGroup { project_count: 0, ..bond_group() };
    assert!(check_project_group(&none).unwrap_err().has(Reason::ValueInvalid));
}

#[test]
fn the_letters_totals_stay_apart_by_stage_and_source() {
    let totals = summarize(&[longquan(), bonds()], &[bond_group()]).unwrap();
    assert_eq!(totals.len(), 2);
    let (applied, awarded) = (&totals[0], &totals[1]);
    assert_eq!((applied.stage, applied.amount.display_zh().as_str()), (FundingStage::Applied, "2525万元"));
    assert_eq!((applied.lines, applied.groups, applied.projects_in_groups, applied.named_projects), (1, 0, 0, 1));
    assert_eq!((awarded.stage, awarded.amount.display_zh().as_str()), (FundingStage::Awarded, "1.1086亿元"));
    assert_eq!((awarded.lines, awarded.groups, awarded.projects_in_groups, awarded.named_projects), (1, 1, 3, 1));
}

#[test]
fn a_split_is_not_counted_beside_its_group_and_counts_without_it() {
    let split = FundingLine {
        split_of: Some(bonds().name),
        basis: approval(),
        ..line("s", project("wanbailin"), FundingStage::Awarded, 86)
    };
    let both = summarize(&[split.clone(), bonds()], &[bond_group()]).unwrap();
    assert_eq!((both[0].amount, both[0].lines), (bonds().amount, 1));
    let alone = summarize(std::slice::from_ref(&split), &[bond_group()]).unwrap();
    assert_eq!((alone[0].amount, alone[0].lines), (split.amount, 1));
}

fn any_line() -> impl Strategy<Value = FundingLine> {
    (0..7_usize, 0..8_usize, 0..6_u8, 1..1_000_000_i64, 0..3_u8).prop_map(|(stage, source, subject, wan, split)| {
        let is_group = subject < 2;
        let what = if is_group { group(&format!("g{subject}")) } else { project(&format!("p{subject}")) };
        let (stage, source) = (FundingStage::ALL[stage], FundSource::ALL[source]);
        let id = if is_group {
            format!("g{subject}-{stage}-{source}")
        } else {
            format!("l{wan}-{stage}-{source}-{subject}")
        };
        let split_of = (!is_group && split < 2).then(|| line_name(&format!("g{split}-{stage}-{source}")));
        FundingLine { source, split_of, period: Period::parse("2024").unwrap(), ..line(&id, what, stage, wan) }
    })
}

proptest! {
    #[test]
    fn no_money_is_lost_or_counted_twice(lines in prop::collection::vec(any_line(), 0..40)) {
        let totals = summarize(&lines, &[]).unwrap();
        let counted = Money::sum(totals.iter().map(|total| total.amount)).unwrap();
        let beside = |line: &&FundingLine| line.split_of.as_ref().is_none_or(|whole| lines.iter().all(|other| &other.name != whole));
        let expected: Decimal = lines.iter().filter(beside).map(|line| line.amount.yuan()).sum();
        prop_assert_eq!(counted.yuan(), expected);
        let keys: std::collections::BTreeSet<_> = totals.iter().map(|total| (total.stage, total.source)).collect();
        prop_assert_eq!(keys.len(), totals.len());
    }

    #[test]
    fn the_order_of_the_lines_changes_no_total(
        lines in prop::collection::vec(any_line(), 0..20).prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
    ) {
        prop_assert_eq!(summarize(&lines.0, &[]).unwrap(), summarize(&lines.1, &[]).unwrap());
    }

    #[test]
    fn the_order_of_a_batch_changes_no_verdict(
        lines in prop::collection::vec(any_line(), 1..8).prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
    ) {
        let one = check_funding_lines(&lines.0, FundingLedger::default()).is_ok();
        prop_assert_eq!(one, check_funding_lines(&lines.1, FundingLedger::default()).is_ok());
    }
}
