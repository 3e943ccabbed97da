//! The second step: which rows an allowed call sees.

use domain::DataResources;
use policy::{OPEN_CLASS, Policies, Policy, Row};

use crate::support::{Ask, FOLLOW, LIST, MILESTONES, REPORT, REQUESTS, ask, policy, resources, served};

const TAIYUAN: &str = "140100";
const ITS_DISTRICT: &str = "140105";
const DATONG: &str = "140200";

fn row<'a>(department: &'a str, region: &'a str, class: &'a str) -> Row<'a> {
    Row { department, region, class }
}

#[test]
fn a_city_sees_its_own_region_and_what_lies_in_it_at_any_node() {
    for (node, department) in [("commerce", "commerce"), ("aggregator", "scitech")] {
        let permit = ask("department-writer@city-140100", node).call(LIST).unwrap();
        let sees = |region| permit.sees(row(department, region, "figures"));
        assert_eq!(
            [sees(TAIYUAN), sees(ITS_DISTRICT), sees(DATONG), sees("140000"), sees("")],
            [true, true, false, false, false]
        );
    }
}

#[test]
fn a_writer_sees_every_row_of_its_own_node() {
    let permit = ask("department-writer@commerce", "commerce").call(LIST).unwrap();
    for region in ["", TAIYUAN, "140000"] {
        assert!(permit.sees(row("commerce", region, "figures")));
    }
}

#[test]
fn the_public_sees_open_figures_and_no_other_row_of_the_same_answer() {
    let public = ask("public", "aggregator").call(REPORT).unwrap();
    for region in ["", TAIYUAN] {
        assert!(public.sees(row("city-140100", region, OPEN_CLASS)), "{region}");
    }
    for class in ["reports", "figures", "funding", "evaluation", "follow-up", "catalogue"] {
        assert!(!public.sees(row("aggregator", "", class)), "{class}");
        assert!(!public.sees(row("city-140100", TAIYUAN, class)), "{class}");
    }
    // What is open to everybody is no way around for who may not read reports.
    assert!(ask("operator", "aggregator").call(REPORT).is_err());
}

#[test]
fn an_entry_of_the_log_is_seen_as_far_as_its_own_data_are() {
    let lead = ask("department-writer@ecology", "aggregator").call(FOLLOW).unwrap();
    assert!(lead.sees(row("aggregator", "", "follow-up")));
    assert!(!lead.sees(row("commerce", TAIYUAN, "figures")));
    let entry = policy().class_of("wufei.funding.v1.FundingIngestService/CreateFundingGroup");
    assert_eq!(entry, Some("funding"));
}

#[test]
fn a_department_sees_the_share_requests_that_it_filed_and_those_that_it_received() {
    let filed = ask("department-writer@commerce", "scitech").call(REQUESTS).unwrap();
    assert!(filed.sees(row("commerce", "", "sharing")) && !filed.sees(row("ecology", "", "sharing")));
    let received = ask("department-writer@scitech", "scitech").call(REQUESTS).unwrap();
    assert!(received.sees(row("commerce", "", "sharing")));
}

#[test]
fn a_class_that_nobody_described_is_not_seen() {
    let permit = ask("auditor", "commerce").call(LIST).unwrap();
    assert!(permit.sees(row("commerce", "", "figures")) && !permit.sees(row("commerce", "", "made-up")));
}

/// The release's catalogue with other words for the milestones.
fn with_milestones(change: impl Fn(&str) -> String) -> DataResources {
    let text = include_str!("../../../../deploy/catalogue/data_resources.csv");
    let change = |line: &str| if line.contains(",milestones,") { change(line) } else { line.to_owned() };
    DataResources::from_csv(&text.lines().map(change).collect::<Vec<_>>().join("\n")).unwrap()
}

fn milestones(who: &str, node: &str, resources: &DataResources) -> bool {
    let policy = Policy::new(&Policies::embedded().unwrap(), resources, &served(), "节点管理员").unwrap();
    let asked = Ask { policy: &policy, ..ask(who, node) }.call(MILESTONES);
    asked.is_ok_and(|permit| permit.sees(row("ecology", TAIYUAN, "milestones")))
}

#[test]
fn the_sharing_attribute_of_the_catalogue_decides() {
    let others = ["department-writer@commerce", "aggregator@aggregator", "department-writer@city-140100"];
    let keepers = ["department-writer@ecology", "department-approver@ecology", "auditor"];
    assert!(others.iter().chain(&keepers).all(|who| milestones(who, "ecology", &resources())));

    let conditional = with_milestones(|line| line.replace("unconditional", "conditional"));
    assert!(!milestones(others[0], "ecology", &conditional));
    assert!(milestones(others[1], "ecology", &conditional) && milestones(others[2], "ecology", &conditional));

    let law = "《示例法》第一条";
    let closed = with_milestones(|line| {
        line.replace("unconditional", "not-shared").replace("各成员单位可直接读取；不得转给第三方", law)
    });
    let core = with_milestones(|line| line.replace("一般数据", "核心数据"));
    for kept in [closed, core] {
        for who in others {
            assert!(!milestones(who, "ecology", &kept), "{who}");
        }
        for who in keepers {
            assert!(milestones(who, "ecology", &kept), "{who}");
        }
    }
}
