//! The share of cities that build zero-waste cities: 60 % by 2027 (中共中央 国务院关于全面推进美丽中国建设的意见, taken up in
//! the province's letter). What counts as building is not defined there, so the counting rule is explicit and versioned.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::{
    labelled::labelled,
    name::RegionCode,
    period::Period,
    reason::Reason,
    text::Text,
    violation::{Violation, Violations},
};

labelled! {
    /// A step of a city on its way.
    CityStage {
        /// The province recommended it to the ministry.
        Recommended = "recommended", "省级推荐", "recommended by the province";
        /// The ministry (MEE) agreed.
        Designated = "designated", "生态环境部同意", "designated by MEE";
        /// The city's plan is drafted.
        PlanDrafted = "plan-drafted", "方案已编制", "plan drafted";
        /// The city government issued the plan.
        PlanIssued = "plan-issued", "方案已印发", "plan issued";
    }
}

/// A city reached a stage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CityMilestone {
    /// The city.
    pub region: RegionCode,
    /// What it reached.
    pub stage: CityStage,
    /// When, as far as known.
    pub period: Period,
}

/// Which cities count as building. A new rule is a new version; old counts stay computable under theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountingRule {
    /// Version, for example `v1`.
    pub version: String,
    /// A city counts when it reached any of these.
    pub counts: BTreeSet<CityStage>,
}

impl CountingRule {
    /// The first rule: designated by the ministry, or plan issued by the city government.
    #[must_use]
    pub fn v1() -> Self {
        Self { version: "v1".to_owned(), counts: BTreeSet::from([CityStage::Designated, CityStage::PlanIssued]) }
    }

    /// Name of the rule with its version, as targets name it: `designated-or-plan-issued/1`.
    #[must_use]
    pub fn name(&self) -> String {
        let stages: Vec<_> = self.counts.iter().map(|stage| stage.code()).collect();
        format!("{}/{}", stages.join("-or-"), self.version.trim_start_matches('v'))
    }

    /// What the rule says, for people.
    #[must_use]
    pub fn text(&self) -> Text {
        let zh: Vec<_> = self.counts.iter().map(|stage| stage.zh()).collect();
        let en: Vec<_> = self.counts.iter().map(|stage| stage.en()).collect();
        Text::new(
            format!("计数规则{}：{}，符合其一即计入", self.version, zh.join("、")),
            format!("counting rule {}: {}", self.version, en.join(" or ")),
        )
    }

    /// The cities that count, each once.
    #[must_use]
    pub fn counted(&self, milestones: &[CityMilestone]) -> BTreeSet<RegionCode> {
        milestones.iter().filter(|item| self.counts.contains(&item.stage)).map(|item| item.region.clone()).collect()
    }
}

/// Where the province stands against its target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareStanding {
    /// Name of the counting rule.
    pub rule: String,
    /// Number of cities of the province.
    pub total: u32,
    /// Cities that count.
    pub counted: BTreeSet<RegionCode>,
    /// Cities that are needed.
    pub needed: u32,
    /// Cities still to come.
    pub missing: u32,
    /// Share reached in percent, exact or to 28 digits.
    pub percent: Option<Decimal>,
    /// The furthest stage of each city.
    pub stages: BTreeMap<RegionCode, CityStage>,
}

/// How many of `total_cities` make up at least `ratio` (0 to 1): ⌈11 × 0.6⌉ = 7. A ratio outside 0–1 is taken as the
/// nearer bound.
#[must_use]
pub fn cities_needed(total_cities: u32, ratio: Decimal) -> u32 {
    let ratio = ratio.clamp(Decimal::ZERO, Decimal::ONE);
    (Decimal::from(total_cities) * ratio).ceil().to_u32().unwrap_or(total_cities)
}

/// Counts the milestones under a rule.
#[must_use]
pub fn standing(total_cities: u32, ratio: Decimal, rule: &CountingRule, milestones: &[CityMilestone]) -> ShareStanding {
    let counted = rule.counted(milestones);
    let needed = cities_needed(total_cities, ratio);
    let have = u32::try_from(counted.len()).unwrap_or(u32::MAX);
    let mut stages = BTreeMap::new();
    for item in milestones {
        let furthest = stages.entry(item.region.clone()).or_insert(item.stage);
        *furthest = (*furthest).max(item.stage);
    }
    ShareStanding {
        rule: rule.name(),
        total: total_cities,
        needed,
        missing: needed.saturating_sub(have),
        percent: Decimal::from(have * 100).checked_div(Decimal::from(total_cities)),
        counted,
        stages,
    }
}

/// Checks that a city may reach `next` after what it reached before: the ministry designates only what the province
/// recommended, and a plan that is issued is not drafted again.
///
/// # Errors
/// [`Reason::StageTransitionInvalid`] on field `stage`.
pub fn check_transition(reached: &[CityStage], next: CityStage) -> Result<(), Violations> {
    let fault = |rule: Text, action: Text| {
        Err(Violation::new("stage", Reason::StageTransitionInvalid, next.zh(), rule, action).into())
    };
    match next {
        CityStage::Designated if !reached.contains(&CityStage::Recommended) => fault(
            Text::new("生态环境部同意之前应有省级推荐", "designation follows a recommendation"),
            Text::new("先登记省级推荐", "record the recommendation first"),
        ),
        CityStage::PlanDrafted if reached.contains(&CityStage::PlanIssued) => fault(
            Text::new("方案已印发，不能再退回编制", "the plan is issued already"),
            Text::new("如方案重新编制，请更正印发记录", "correct the record of the issue instead"),
        ),
        CityStage::Recommended | CityStage::Designated | CityStage::PlanDrafted | CityStage::PlanIssued => Ok(()),
    }
}
