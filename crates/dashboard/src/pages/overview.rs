//! The overview: the cities on a map of tiles, the share target, the lights, who has not reported.

use std::cmp::Reverse;

use askama::Template;
use axum::{extract::RawQuery, response::Response};
use contracts::{common::v1 as common, evaluation::v1 as pb, followup::v1 as followup};
use domain::{Colour, Text};
use rust_decimal::Decimal;

use super::common::{Edition, latest};
use crate::{
    answer::{self, Page},
    format,
    shell::{Here, Shell},
    visit::Visit,
};

/// Commitments that need attention and are shown on the overview.
const URGENT: usize = 5;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    s: Shell,
    edition: Option<Edition>,
    by_score: bool,
    tiles: Vec<Tile>,
    share: Option<Share>,
    lights: Vec<Light>,
    urgent: Vec<Urgent>,
    parties: Vec<Party>,
}

/// A city on the map.
struct Tile {
    code: String,
    name: Option<common::Text>,
    value: String,
    below: String,
    /// 0 for nothing to show, else 1 to 5.
    step: u8,
}

/// The 60 % target.
struct Share {
    counted: usize,
    total: u32,
    needed: u32,
    gap: u32,
    percent: String,
    target: String,
    deadline: String,
    slots: Vec<Slot>,
    rule: Option<common::Text>,
}

/// A place among all cities.
struct Slot {
    class: &'static str,
    name: Option<common::Text>,
}

struct Light {
    colour: Colour,
    count: usize,
}

struct Urgent {
    sequence: String,
    text: String,
    colour: Colour,
    reason: Option<common::Text>,
    deadline: String,
}

/// Who reports, and what is open.
struct Party {
    name: Option<common::Text>,
    /// City code; empty for a department of the province.
    city: String,
    /// Obligatory indicators reported and in all; none for a department of the province.
    coverage: Option<(u32, u32)>,
    open: usize,
    has_node: bool,
    reachable: bool,
    submissions: u64,
    contact: String,
}

pub(super) async fn page(visit: Visit, RawQuery(query): RawQuery) -> Page {
    overview(&visit, query.as_deref().unwrap_or_default()).await.map_err(|refusal| visit.refuse(refusal))
}

async fn overview(visit: &Visit, query: &str) -> Result<Response, crate::port::Refusal> {
    let commitments = followup::ListCommitmentsRequest {
        parent: "departments/aggregator".to_owned(),
        page_size: 1000,
        ..Default::default()
    };
    let (report, commitments) = tokio::try_join!(latest(visit), visit.ask(commitments))?;
    let units = report.as_ref().and_then(|report| report.run.as_ref()).map_or(&[][..], |run| &run.units);
    let ranked = units.iter().any(|unit| unit.ranked);
    let by_score = match query.split('&').find_map(|pair| pair.strip_prefix("colour=")) {
        Some("score") => true,
        Some("coverage") => false,
        _ => ranked,
    };
    let s = visit.shell(Here::Overview, Text::new("总览", "Overview"));
    let commitments = commitments.commitments;
    Ok(answer::page(&Overview {
        edition: report.as_ref().map(Edition::of),
        by_score,
        tiles: units.iter().map(|unit| tile(&s, unit, by_score)).collect(),
        share: report.as_ref().and_then(|report| report.share_target.as_ref()).map(share),
        lights: lights(&commitments),
        urgent: urgent(commitments),
        parties: report.as_ref().map(parties).unwrap_or_default(),
        s,
    }))
}

fn tile(s: &Shell, unit: &pb::UnitResult, by_score: bool) -> Tile {
    let coverage = unit.coverage.clone().unwrap_or_default();
    let silent = coverage.reported == 0;
    let rank = if unit.ranked {
        match s.lang {
            domain::Lang::Zh => format!("第 {} 名", unit.rank),
            domain::Lang::En => format!("rank {}", unit.rank),
        }
    } else if silent {
        String::new()
    } else {
        s.t("不参与排名", "not ranked").to_owned()
    };
    let reported = format!("{}/{} {}", coverage.reported, coverage.mandatory, s.t("项", "items"));
    let (value, below, step) = if silent {
        (s.t("待报送", "no report").to_owned(), reported, 0)
    } else if by_score {
        let score = format::decimal(unit.score.as_ref());
        (format::fixed(unit.score.as_ref(), 2), rank, score.map_or(0, step_of_score))
    } else {
        let share = Decimal::from(coverage.reported) * Decimal::ONE_HUNDRED / Decimal::from(coverage.mandatory.max(1));
        (format!("{} %", report::number::fixed(share, 0)), reported, step_of_share(share))
    };
    Tile { code: unit.unit.clone(), name: unit.display_name.clone(), value, below, step }
}

/// Below 60, 60 to 70, 70 to 80, 80 to 90, from 90.
fn step_of_score(score: Decimal) -> u8 {
    [60, 70, 80, 90].iter().fold(1, |step, from| step + u8::from(score >= Decimal::from(*from)))
}

/// Below 25 %, 25 to 50, 50 to 75, 75 to 100, all.
fn step_of_share(share: Decimal) -> u8 {
    [25, 50, 75, 100].iter().fold(1, |step, from| step + u8::from(share >= Decimal::from(*from)))
}

fn share(entry: &pb::ShareTargetEntry) -> Share {
    let (counted, needed) = (entry.counted.len(), entry.needed as usize);
    let named =
        entry.counted.iter().map(|name| ("counted", name)).chain(entry.preparing.iter().map(|n| ("preparing", n)));
    let mut slots: Vec<Slot> = named.map(|(class, name)| Slot { class, name: Some(name.clone()) }).collect();
    while slots.len() < entry.total as usize {
        slots.push(Slot { class: if slots.len() < needed { "needed" } else { "beyond" }, name: None });
    }
    Share {
        counted,
        total: entry.total,
        needed: entry.needed,
        gap: entry.gap,
        percent: format::exact(entry.share_percent.as_ref()),
        target: format::exact(entry.target_percent.as_ref()),
        deadline: entry.deadline.clone(),
        slots,
        rule: entry.counting_rule.clone(),
    }
}

/// The colour of a light; one that is not known is grey.
pub(super) fn colour(light: followup::Light) -> Colour {
    match light {
        followup::Light::Red => Colour::Red,
        followup::Light::Yellow => Colour::Yellow,
        followup::Light::Blue => Colour::Blue,
        followup::Light::Green => Colour::Green,
        followup::Light::Grey | followup::Light::Unspecified => Colour::Grey,
    }
}

/// All colours, the one that needs most attention first.
pub(super) const COLOURS: [Colour; 5] = [Colour::Red, Colour::Yellow, Colour::Green, Colour::Blue, Colour::Grey];

fn lights(commitments: &[followup::Commitment]) -> Vec<Light> {
    let count = |wanted| commitments.iter().filter(|found| colour(found.light()) == wanted).count();
    COLOURS.map(|colour| Light { colour, count: count(colour) }).into()
}

/// Red and yellow ones first, then what has the nearest deadline.
fn urgent(mut commitments: Vec<followup::Commitment>) -> Vec<Urgent> {
    commitments.retain(|found| {
        matches!(colour(found.light()), Colour::Red | Colour::Yellow)
            || (colour(found.light()) == Colour::Green && !found.deadline.is_empty())
    });
    let order = |found: &followup::Commitment| COLOURS.iter().position(|colour| *colour == self::colour(found.light()));
    commitments.sort_by_key(|found| (order(found), found.deadline.clone(), found.name.clone()));
    let shown = commitments.into_iter().take(URGENT).map(|found| Urgent {
        colour: colour(found.light()),
        sequence: found.sequence,
        text: found.text,
        reason: found.light_reason,
        deadline: found.deadline,
    });
    shown.collect()
}

/// Departments of the province first, then cities, those with most open first.
fn parties(report: &pb::Report) -> Vec<Party> {
    let units = report.run.as_ref().map_or(&[][..], |run| &run.units);
    let mut parties: Vec<Party> = report
        .reporting
        .iter()
        .map(|state| {
            let unit = units.iter().find(|unit| state.party_is(unit));
            let coverage = unit.and_then(|unit| unit.coverage.as_ref()).map(|found| (found.reported, found.mandatory));
            Party {
                name: state.party.clone(),
                city: unit.map(|unit| unit.unit.clone()).unwrap_or_default(),
                coverage,
                open: state.gaps.len(),
                has_node: !state.node.is_empty(),
                reachable: state.reachable,
                submissions: state.submissions,
                contact: format::time(state.last_contact_time.as_ref()),
            }
        })
        .collect();
    parties.sort_by_key(|party| {
        let missing = party.coverage.map_or(0, |(reported, all)| all.saturating_sub(reported));
        (!party.city.is_empty(), Reverse(missing), party.city.clone())
    });
    parties
}

trait PartyIs {
    fn party_is(&self, unit: &pb::UnitResult) -> bool;
}

impl PartyIs for pb::ReportingState {
    /// Whether this party is the government of a city: by its node, or by its name where it has none.
    fn party_is(&self, unit: &pb::UnitResult) -> bool {
        if self.node.is_empty() {
            self.party.as_ref().map(|party| &party.zh) == unit.display_name.as_ref().map(|name| &name.zh)
        } else {
            self.node == format!("departments/city-{}", unit.unit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_the_scale_begin_at_their_lower_end() {
        let steps = |values: [i64; 6]| values.map(|value| step_of_score(Decimal::new(value, 2)));
        assert_eq!(steps([0, 5999, 6000, 7000, 8999, 9000]), [1, 1, 2, 3, 4, 5]);
        assert_eq!([0, 24, 25, 75, 99, 100].map(|share| step_of_share(Decimal::from(share))), [1, 1, 2, 4, 4, 5]);
    }
}
