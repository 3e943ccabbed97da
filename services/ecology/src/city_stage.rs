//! Steps of a city on its way to zero-waste construction, and their order.

use std::collections::BTreeMap;

use contracts::ecology::v1 as wire;
use domain::{
    CityMilestone, CityStage, DomainError, Level, Reason, RegionCode, Text, Violation, Violations, check_transition,
};
use node::department::{Fields, Peer, SourceFields, Timing, overlap, refuse_duplicate};

/// The contract's stages, ours, and their names.
const STAGES: &[(wire::CityStage, CityStage, &str)] = &[
    (wire::CityStage::Recommended, CityStage::Recommended, "CITY_STAGE_RECOMMENDED"),
    (wire::CityStage::Designated, CityStage::Designated, "CITY_STAGE_DESIGNATED"),
    (wire::CityStage::PlanDrafted, CityStage::PlanDrafted, "CITY_STAGE_PLAN_DRAFTED"),
    (wire::CityStage::PlanIssued, CityStage::PlanIssued, "CITY_STAGE_PLAN_ISSUED"),
];

/// Reads a record. Only a prefecture-level city builds a zero-waste city: the ministry's list and the 60 % are about 设区市.
///
/// # Errors
/// Every fault of its fields.
pub fn read(record: &wire::CityStageRecord, mut fields: Fields<'_>) -> Result<CityMilestone, Violations> {
    let wire::CityStageRecord {
        name: _,
        region,
        stage,
        period,
        text,
        reporting_party,
        source_department,
        evidence,
        citation,
        note,
        record: _,
    } = record;
    let region = fields.region("region", region, &[Level::Prefecture]);
    let stage = fields.choice("stage", *stage, STAGES);
    let period = fields.period("period", period.as_ref(), Timing::Begun);
    fields.words("text", text);
    fields.source(SourceFields { reporting_party, source_department, evidence, citation: citation.as_ref(), note });
    let step = region.zip(stage).zip(period);
    fields.finish(step.map(|((region, stage), period)| CityMilestone { region, stage, period }))
}

/// Checks the order of the procedure over what would be on file: `next` beside its peers.
///
/// The procedure (《“十四五”时期“无废城市”建设工作方案》, 环固体〔2021〕114号): the province recommends cities, the ministry
/// settles the list, a city of the list drafts its plan and its government issues it. So a designation needs a
/// recommendation, and an issued plan needs either a draft or a designation. A draft needs nothing before it: a city may
/// prepare without the ministry's consent, as Lüliang does, and the issue of a designated city's plan may be all that the
/// department hears of it.
///
/// Every city is looked at, not only that of `next`: a correction that moves a recommendation to another city would leave
/// the first one's designation without a ground.
///
/// # Errors
/// [`Reason::DuplicateResource`] when the step is on file for an overlapping period, [`Reason::StageTransitionInvalid`]
/// when a step lacks what must come before it or ends before that began.
pub fn check_procedure(peers: &[Peer<CityMilestone>], next: &CityMilestone) -> Result<(), DomainError> {
    let twice = |step: &CityMilestone| {
        step.region == next.region && step.stage == next.stage && overlap(&step.period, &next.period)
    };
    refuse_duplicate(
        peers,
        twice,
        "stage",
        next.stage.zh(),
        Text::new("同一城市同一时期的同一步骤只登记一次", "a step of a city is recorded once for a time"),
    )?;

    let mut cities: BTreeMap<&RegionCode, Vec<&CityMilestone>> = BTreeMap::new();
    for step in peers.iter().map(|peer| &peer.body).chain([next]) {
        cities.entry(&step.region).or_default().push(step);
    }
    let mut faults = Violations::new();
    for steps in cities.values_mut() {
        steps.sort_by_key(|step| step.stage);
        if let Err(found) = check_city(steps) {
            faults.extend(found);
        }
    }
    faults.into_result(()).map_err(DomainError::from)
}

/// Checks the steps of one city, sorted by stage.
fn check_city(steps: &[&CityMilestone]) -> Result<(), Violations> {
    let mut reached: Vec<CityStage> = Vec::new();
    for step in steps {
        check_transition(&reached, step.stage)?;
        let grounds: &[CityStage] = match step.stage {
            CityStage::Recommended | CityStage::PlanDrafted => &[],
            CityStage::Designated => &[CityStage::Recommended],
            CityStage::PlanIssued if reached.contains(&CityStage::PlanDrafted) => &[CityStage::PlanDrafted],
            CityStage::PlanIssued => &[CityStage::Designated],
        };
        let before: Vec<_> = steps.iter().filter(|other| grounds.contains(&other.stage)).collect();
        if !grounds.is_empty() && before.is_empty() {
            return Err(out_of_order(
                step,
                Text::new(
                    format!("{}：方案印发之前应有方案编制，或已获生态环境部同意", step.region),
                    format!("{}: a plan is issued after it was drafted, or by a designated city", step.region),
                ),
                Text::new("先登记方案编制完成", "record the draft first"),
            ));
        }
        let in_time = |ground: &&&CityMilestone| ground.period.start().is_none_or(|start| start <= step.period.end());
        if !before.is_empty() && !before.iter().any(in_time) {
            let ground = before[0].stage;
            return Err(out_of_order(
                step,
                Text::new(
                    format!("{}：{}早于{}", step.region, step.stage.zh(), ground.zh()),
                    format!("{}: {} is earlier than {}", step.region, step.stage.en(), ground.en()),
                ),
                Text::new("请核对两项的时间", "check the time of both"),
            ));
        }
        reached.push(step.stage);
    }
    Ok(())
}

fn out_of_order(step: &CityMilestone, rule: Text, action: Text) -> Violations {
    let value = format!("{} {}", step.stage.zh(), step.period);
    Violation::new("stage", Reason::StageTransitionInvalid, value, rule, action).into()
}

#[cfg(test)]
mod tests {
    use domain::Period;

    use super::*;

    fn step(region: &str, stage: CityStage, period: &str) -> CityMilestone {
        CityMilestone { region: RegionCode::parse(region).unwrap(), stage, period: Period::parse(period).unwrap() }
    }

    fn on_file(steps: &[CityMilestone]) -> Vec<Peer<CityMilestone>> {
        let name = |index| format!("departments/ecology/cityStageRecords/s{index}").parse().unwrap();
        steps.iter().enumerate().map(|(index, body)| Peer { name: name(index), body: body.clone() }).collect()
    }

    fn reason(peers: &[CityMilestone], next: &CityMilestone) -> Option<Reason> {
        check_procedure(&on_file(peers), next).err().map(|error| error.reason)
    }

    #[test]
    fn a_city_is_designated_only_after_it_was_recommended() {
        let recommended = step("140100", CityStage::Recommended, "../2022-12-31");
        let designated = step("140100", CityStage::Designated, "2022");
        assert_eq!(reason(&[], &designated), Some(Reason::StageTransitionInvalid));
        assert_eq!(reason(&[recommended], &designated), None);
        let other = step("140500", CityStage::Recommended, "../2022-12-31");
        assert_eq!(reason(&[other], &designated), Some(Reason::StageTransitionInvalid));
    }

    #[test]
    fn a_recommended_city_may_draft_its_plan_without_being_designated() {
        let recommended = step("141100", CityStage::Recommended, "../2022-12-31");
        let drafted = step("141100", CityStage::PlanDrafted, "2025-06-10");
        assert_eq!(reason(&[recommended], &drafted), None);
    }

    #[test]
    fn a_plan_is_issued_after_its_draft_or_by_a_designated_city() {
        let issued = step("141100", CityStage::PlanIssued, "2025-09");
        let recommended = step("141100", CityStage::Recommended, "2022");
        assert_eq!(reason(std::slice::from_ref(&recommended), &issued), Some(Reason::StageTransitionInvalid));
        let drafted = step("141100", CityStage::PlanDrafted, "2025-06-10");
        assert_eq!(reason(&[recommended.clone(), drafted], &issued), None);
        let designated = step("141100", CityStage::Designated, "2022");
        assert_eq!(reason(&[recommended, designated], &issued), None);
    }

    #[test]
    fn a_step_does_not_end_before_its_ground_began() {
        let recommended = step("140100", CityStage::Recommended, "2023");
        let designated = step("140100", CityStage::Designated, "2022");
        assert_eq!(reason(&[recommended], &designated), Some(Reason::StageTransitionInvalid));
    }

    #[test]
    fn the_same_step_is_recorded_once_but_again_for_a_later_list() {
        let first = step("140100", CityStage::Recommended, "../2022-12-31");
        let again = step("140100", CityStage::Recommended, "2022-06");
        assert_eq!(reason(std::slice::from_ref(&first), &again), Some(Reason::DuplicateResource));
        let next_plan = step("140100", CityStage::Recommended, "2026");
        assert_eq!(reason(&[first], &next_plan), None);
    }

    #[test]
    fn a_correction_must_not_take_away_the_ground_of_another_city() {
        // 140100 was recommended and designated; its recommendation is now corrected to 140500.
        let designated = step("140100", CityStage::Designated, "2022");
        let moved = step("140500", CityStage::Recommended, "../2022-12-31");
        assert_eq!(reason(&[designated], &moved), Some(Reason::StageTransitionInvalid));
    }
}
