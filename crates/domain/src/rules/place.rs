//! Rules of region, scope and period.

use crate::{
    indicator::{IndicatorDefinition, ValueType},
    name::RegionCode,
    observation::{Measure, ObservationKey, Scope},
    period::Period,
    reason::Reason,
    region::{Level, Region},
    rules::{OwnedRegions, RuleContext},
    text::Text,
    violation::{Violation, Violations},
};

/// Level of the region that a scope needs; none when the scope is not stated.
fn level_of(scope: Scope) -> Option<Level> {
    match scope {
        Scope::WholeCity | Scope::MainUrban | Scope::WholeCityOperating => Some(Level::Prefecture),
        Scope::County => Some(Level::County),
        Scope::Province => Some(Level::Province),
        Scope::Unstated => None,
    }
}

pub(super) fn check_region(key: &ObservationKey, ctx: &RuleContext<'_>, faults: &mut Violations) {
    let field = "observation.region";
    let Some(region) = known_region(field, &key.region, key.period, ctx, faults) else { return };
    check_owned(field, region, ctx, faults);
    if let Some(needed) = level_of(key.scope).filter(|needed| *needed != region.level) {
        let (scope, have) = (key.scope, region.level);
        let mut violation = Violation::new(
            field,
            Reason::RegionLevelMismatch,
            format!("{} {}", region.code, region.name_zh),
            Text::new(
                format!("范围“{}”只用于{}，{} 是{}", scope.zh(), needed.zh(), region.name_zh, have.zh()),
                format!("scope \"{}\" is for a {}; {} is a {}", scope.en(), needed.en(), region.code, have.en()),
            ),
            Text::new(
                format!("请改填{}的代码，或把范围改为与{}相符的范围", needed.zh(), have.zh()),
                format!("give the code of a {}, or the scope of a {}", needed.en(), have.en()),
            ),
        );
        if let Some(parent) = region.parent.as_ref().filter(|_| have == Level::County && needed == Level::Prefecture) {
            violation = violation.allowing([parent]);
        }
        faults.push(violation);
    }
}

/// Looks the region up as it was at the end of the period.
pub(super) fn known_region<'a>(
    field: &str,
    code: &RegionCode,
    period: Period,
    ctx: &RuleContext<'a>,
    faults: &mut Violations,
) -> Option<&'a Region> {
    let found = ctx.regions.get(code);
    let in_force = found.filter(|region| region.in_force(period.end()));
    if in_force.is_none() {
        let rule = match found {
            None => Text::new("行政区划代码不在区划表内", "the code is not in the region table"),
            Some(_) => Text::new("行政区划代码在该期间未生效", "the code was not in force in that period"),
        };
        let action = Text::new(
            "请使用民政部现行代码；开发区等统计区不是行政区划",
            "use the current official code; statistical areas are no divisions",
        );
        faults.push(Violation::new(field, Reason::RegionUnknown, code, rule, action));
    }
    in_force
}

pub(super) fn check_owned(field: &str, region: &Region, ctx: &RuleContext<'_>, faults: &mut Violations) {
    match &ctx.owned {
        OwnedRegions::All => {}
        OwnedRegions::Only(city) if ctx.regions.is_within(&region.code, city) => {}
        OwnedRegions::Only(city) => faults.push(
            Violation::new(
                field,
                Reason::RegionNotOwned,
                format!("{} {}", region.code, region.name_zh),
                Text::new(
                    format!("本节点只登记 {city} 及其县区的数据"),
                    format!("this node records {city} and its counties only"),
                ),
                Text::new("请由该地区所属的节点报送", "submit it to the node of that region"),
            )
            .allowing([city]),
        ),
    }
}

/// The scopes that a definition lists, or the usual ones where it lists none.
fn listed_scopes(definition: &IndicatorDefinition) -> Vec<Scope> {
    if definition.scopes.is_empty() {
        vec![Scope::WholeCity, Scope::MainUrban, Scope::County, Scope::Province]
    } else {
        definition.scopes.clone()
    }
}

/// The scopes that an indicator may be reported for in a region of this level, the usual one first.
#[must_use]
pub fn admissible_scopes(definition: &IndicatorDefinition, level: Level) -> Vec<Scope> {
    listed_scopes(definition).into_iter().filter(|scope| level_of(*scope) == Some(level)).collect()
}

pub(super) fn check_scope(key: &ObservationKey, definition: &IndicatorDefinition, faults: &mut Violations) {
    let fits = match key.scope {
        Scope::Unstated => false,
        // 实际经营 tells shops that run from shops on file, so it means something for numbers of things only.
        Scope::WholeCityOperating if definition.scopes.is_empty() => definition.value_type == ValueType::Count,
        Scope::WholeCity | Scope::MainUrban | Scope::County | Scope::Province | Scope::WholeCityOperating => {
            definition.scopes.is_empty() || definition.scopes.contains(&key.scope)
        }
    };
    if fits {
        return;
    }
    let allowed = listed_scopes(definition);
    let name = &definition.name;
    faults.push(
        Violation::new(
            "observation.scope",
            Reason::ScopeMismatch,
            key.scope.zh(),
            Text::new(
                format!("指标“{}”须注明可用的统计范围", name.zh),
                format!("\"{}\" needs one of its scopes", name.en),
            ),
            Text::new(
                "请注明范围；来源未写明的，填推定范围并标明“推定”",
                "state the scope; where the source does not, assume one and mark it as assumed",
            ),
        )
        .allowing(allowed.iter().map(|scope| scope.zh())),
    );
}

/// A target may lie ahead; what was achieved, and a base value, may not.
pub(super) fn check_period(key: &ObservationKey, ctx: &RuleContext<'_>, faults: &mut Violations) {
    let ahead = match key.measure {
        Measure::Actual | Measure::Baseline => key.period.is_future(ctx.today),
        Measure::Target => false,
    };
    if ahead {
        faults.push(future_period("observation.period.value", key.period, ctx));
    }
}

pub(super) fn future_period(field: &str, period: Period, ctx: &RuleContext<'_>) -> Violation {
    let today = ctx.today;
    Violation::new(
        field,
        Reason::PeriodInFuture,
        period,
        Text::new(
            format!("期间止于 {}，晚于今天 {today}", period.end()),
            format!("the period ends on {}, after today {today}", period.end()),
        ),
        Text::new(
            "期间结束后再报；未满一期的，按实际截止日填写期间",
            "report it when the period is over, or give the day it goes up to",
        ),
    )
}
