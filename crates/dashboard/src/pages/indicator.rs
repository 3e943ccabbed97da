//! The indicators of the catalogue, and one indicator: its definition, the cities side by side, its revisions.

use askama::Template;
use axum::{extract::Path, response::Response};
use contracts::{catalog::v1 as catalog, common::v1 as common, exchange::v1 as exchange};
use domain::Text;
use rust_decimal::Decimal;

use super::{
    common::{Regions, latest, observations},
    items::{Item, place, reach},
    trend::Trend,
};
use crate::{
    answer::{self, Page},
    charts::{self, Chart},
    format,
    port::Refusal,
    shell::{Here, Shell},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "indicators.html")]
struct List {
    s: Shell,
    version: String,
    groups: Vec<Group>,
}

struct Group {
    title: Option<common::Text>,
    rows: Vec<Card>,
}

/// An indicator as the catalogue defines it.
struct Card {
    it: catalog::Indicator,
}

impl Card {
    fn unverified(&self) -> bool {
        self.it.name_verification() != catalog::Verification::Confirmed
    }

    fn verification(&self, of: catalog::Verification, s: &Shell) -> &'static str {
        match of {
            catalog::Verification::Confirmed => s.t("已核实", "confirmed"),
            catalog::Verification::PredecessorConfirmed => s.t("仅核实到前一版", "only the predecessor confirmed"),
            catalog::Verification::Unverified | catalog::Verification::Unspecified => s.t("未核实", "unverified"),
        }
    }

    fn name_state(&self, s: &Shell) -> &'static str {
        self.verification(self.it.name_verification(), s)
    }

    fn star_state(&self, s: &Shell) -> &'static str {
        self.verification(self.it.star_verification(), s)
    }

    fn formula_state(&self, s: &Shell) -> &'static str {
        self.verification(self.it.formula_verification(), s)
    }

    fn direction(&self, s: &Shell) -> &'static str {
        match self.it.direction() {
            catalog::Direction::HigherBetter => s.t("越高越好", "higher is better"),
            catalog::Direction::LowerBetter => s.t("越低越好", "lower is better"),
            catalog::Direction::Qualitative => s.t("定性", "qualitative"),
            catalog::Direction::Unspecified => s.t("未定", "not stated"),
        }
    }
}

#[derive(Template)]
#[template(path = "indicator.html")]
struct Indicator {
    s: Shell,
    card: Card,
    cities: Vec<City>,
    spread: Option<Spread>,
    /// Whether any city has figures of several periods.
    trends: bool,
    beside: Option<Chart>,
    through: Option<Chart>,
    others: Vec<Figure>,
    revisions: Vec<Revision>,
}

/// A city's figure beside those of the others.
struct City {
    code: String,
    name: Option<common::Text>,
    figure: Option<Figure>,
    /// What the newest edition says where the visitor does not see the figure itself; empty when nothing was reported.
    printed: String,
    target: String,
    /// The target before it is printed.
    aim: Option<Decimal>,
    target_at: Option<String>,
    reach: String,
    /// Where the figure stands between the smallest and the largest, in percent; none without a figure.
    stands: Option<String>,
    trend: Option<Trend>,
}

/// Smallest, middle and largest of the cities.
struct Spread {
    count: usize,
    least: String,
    median: String,
    most: String,
}

/// One figure.
#[derive(Clone)]
struct Figure {
    region: String,
    value: String,
    exact: Option<Decimal>,
    period: String,
    scope: &'static str,
    status: exchange::ObservationStatus,
    party: String,
    place: String,
    quote: String,
}

impl Figure {
    fn of(figure: &exchange::Observation, s: &Shell) -> Self {
        let unit = figure.value.as_ref().map(|value| value.unit.clone()).unwrap_or_default();
        let value = figure.value.as_ref().and_then(|value| value.value.as_ref());
        let from = figure.record.as_ref().and_then(|record| record.provenance.as_ref());
        let period = figure.period.clone().unwrap_or_default();
        Self {
            region: figure.region.clone(),
            value: if figure.text_value.is_empty() || value.is_some() {
                format::quantity(value, figure.qualifier(), &unit)
            } else {
                figure.text_value.clone()
            },
            exact: format::decimal(figure.canonical_value.as_ref().or(value)),
            period: if period.assumed {
                format!("{}{}", period.value, s.t("（推定）", " (assumed)"))
            } else {
                period.value
            },
            scope: scope(figure.scope(), s),
            status: figure.status(),
            party: figure.reporting_party.clone(),
            place: from.map(place).unwrap_or_default(),
            quote: figure.citation.as_ref().map(|found| found.quote.clone()).unwrap_or_default(),
        }
    }

    fn status(&self, s: &Shell) -> &'static str {
        status(self.status, s)
    }

    fn is_normal(&self) -> bool {
        self.status == exchange::ObservationStatus::Normal
    }
}

struct Revision {
    region: String,
    number: u32,
    value: String,
    time: String,
    reason: &'static str,
    note: String,
    place: String,
}

/// The coverage of a figure in words.
fn scope(scope: common::Scope, s: &Shell) -> &'static str {
    match scope {
        common::Scope::WholeCity => s.t("全市", "whole city"),
        common::Scope::MainUrban => s.t("主城区", "main urban area"),
        common::Scope::County => s.t("县区", "county"),
        common::Scope::Province => s.t("全省", "province"),
        common::Scope::WholeCityOperating => s.t("全市实际经营", "whole city, operating"),
        common::Scope::Unspecified => s.t("未注明", "not stated"),
    }
}

fn status(status: exchange::ObservationStatus, s: &Shell) -> &'static str {
    match status {
        exchange::ObservationStatus::Normal => s.t("正常", "normal"),
        exchange::ObservationStatus::Estimated => s.t("估计数", "estimated"),
        exchange::ObservationStatus::Provisional => s.t("初步数", "provisional"),
        exchange::ObservationStatus::NotApplicable => s.t("不适用", "not applicable"),
        exchange::ObservationStatus::NotCollected => s.t("未统计", "not collected"),
        exchange::ObservationStatus::Missing => s.t("缺报", "missing"),
        exchange::ObservationStatus::Unspecified => s.t("未注明", "not stated"),
    }
}

fn reason(reason: common::CorrectionReason, s: &Shell) -> &'static str {
    format::correction_reason(reason)
        .map_or_else(|| s.t("首次报送", "first report"), |known| s.t(known.zh(), known.en()))
}

pub(super) async fn list(visit: Visit) -> Page {
    listed(&visit).await.map_err(|refusal| visit.refuse(refusal))
}

async fn listed(visit: &Visit) -> Result<Response, Refusal> {
    let request = catalog::ListIndicatorsRequest { page_size: 1000, ..Default::default() };
    let mut answer = visit.ask(request).await?;
    // What was added to the system comes after it.
    answer.indicators.sort_by_key(|it| it.system_version != answer.catalog_version);
    let mut groups: Vec<(String, Group)> = Vec::new();
    for it in answer.indicators {
        if groups.last().is_none_or(|(code, _)| *code != it.level2_code) {
            let both = |pick: fn(&common::Text) -> &String| {
                let part =
                    |text: &Option<common::Text>| text.as_ref().map(|text| pick(text).clone()).unwrap_or_default();
                format!("{} · {}", part(&it.level1), part(&it.level2))
            };
            let title = common::Text { zh: both(|text| &text.zh), en: both(|text| &text.en) };
            groups.push((it.level2_code.clone(), Group { title: Some(title), rows: Vec::new() }));
        }
        if let Some((_, group)) = groups.last_mut() {
            group.rows.push(Card { it });
        }
    }
    let s = visit.shell(Here::Indicators, Text::new("指标", "Indicators"));
    let groups = groups.into_iter().map(|(_, group)| group).collect();
    Ok(answer::page(&List { s, version: answer.catalog_version, groups }))
}

pub(super) async fn page(visit: Visit, Path(code): Path<String>) -> Page {
    shown(&visit, &code).await.map_err(|refusal| visit.refuse(refusal))
}

async fn shown(visit: &Visit, code: &str) -> Result<Response, Refusal> {
    let filter = exchange::ObservationFilter { indicator: code.to_owned(), ..Default::default() };
    let indicator = visit.ask(catalog::GetIndicatorRequest { name: format!("indicators/{}", code.to_lowercase()) });
    let (indicator, report, regions) = tokio::try_join!(indicator, latest(visit), Regions::all(visit))?;
    let it = indicator.indicator.unwrap_or_default();
    let figures = observations(visit, filter).await?;
    let title = it.display_name.clone().unwrap_or_default();
    let s = visit.shell(Here::Indicators, Text::new(title.zh, title.en));
    let run = report.and_then(|report| report.run).unwrap_or_default();
    let cities = cities(&run.units, &figures, code, &s);
    let used: Vec<String> = cities.iter().filter_map(|city| city.figure.as_ref()).map(|f| f.place.clone()).collect();
    let actual = figures.iter().filter(|figure| figure.measure() == exchange::Measure::Actual);
    let others = actual.map(|figure| Figure::of(figure, &s)).filter(|figure| !used.contains(&figure.place));
    let named = |code: &str| s.d(&regions.name(code)).to_owned();
    let others: Vec<Figure> = others.map(|figure| Figure { region: named(&figure.region), ..figure }).collect();
    let revisions = revisions(visit, &figures, &s).await?;
    let revisions = revisions.into_iter().map(|revision| Revision { region: named(&revision.region), ..revision });
    let revisions = revisions.collect();
    let trends = cities.iter().any(|city| city.trend.is_some());
    let (beside, through) = charts(&cities, &it.unit, &s);
    let spread = spread(&cities, &it.unit);
    Ok(answer::page(&Indicator { spread, trends, beside, through, others, revisions, cities, card: Card { it }, s }))
}

/// The figure that the newest edition used of each city, or the one that the city has reported since.
fn cities(
    units: &[contracts::evaluation::v1::UnitResult],
    figures: &[exchange::Observation],
    code: &str,
    s: &Shell,
) -> Vec<City> {
    let of_city = |unit| {
        let unit: &contracts::evaluation::v1::UnitResult = unit;
        let item = unit.items.iter().find(|item| item.indicator == code);
        let used = item.and_then(|item| item.provenance.as_ref()).map(|from| from.revision_name.clone());
        let own: Vec<&exchange::Observation> = figures
            .iter()
            .filter(|figure| figure.region == unit.unit && figure.measure() == exchange::Measure::Actual)
            .collect();
        let revision =
            |figure: &exchange::Observation| figure.record.as_ref()?.provenance.clone().map(|from| from.revision_name);
        let chosen = own.iter().find(|figure| used.is_some() && revision(figure) == used).or(own.last()).copied();
        let trend = chosen.and_then(|like| Trend::through(own.iter().copied(), like));
        (unit, item, chosen.map(|figure| Figure::of(figure, s)), trend)
    };
    let rows: Vec<_> = units.iter().map(of_city).collect();
    let target = |item: &Option<&contracts::evaluation::v1::ItemScore>| {
        item.and_then(|item| format::decimal(item.target.as_ref()))
    };
    let values = rows.iter().flat_map(|(_, item, figure, _)| [figure.as_ref().and_then(|f| f.exact), target(item)]);
    let most = values.flatten().max().unwrap_or_default();
    let own = || rows.iter().filter_map(|(_, _, figure, _)| figure.as_ref()?.exact);
    let (lowest, highest) = (own().min().unwrap_or_default(), own().max().unwrap_or_default());
    rows.into_iter()
        .map(|(unit, item, figure, trend)| City {
            code: unit.unit.clone(),
            name: unit.display_name.clone(),
            target: target(&item).map_or_else(format::dash, report::number::exact),
            aim: target(&item),
            target_at: target(&item).map(|target| reach(target, most)),
            reach: reach(figure.as_ref().and_then(|figure| figure.exact).unwrap_or_default(), most),
            stands: figure.as_ref().and_then(|figure| figure.exact).map(|value| along(value, lowest, highest)),
            printed: item.filter(|item| item.value.is_some()).map(|item| Item::of(item).value).unwrap_or_default(),
            figure,
            trend,
        })
        .collect()
}

/// The cities side by side, and through time.
fn charts(cities: &[City], unit: &str, s: &Shell) -> (Option<Chart>, Option<Chart>) {
    let unit = if unit == format::dash() { "" } else { unit };
    let name = |city: &City| s.x(&city.name).to_owned();
    let stand = |city: &City| charts::Stand {
        name: name(city),
        value: city.figure.as_ref().and_then(|figure| figure.exact),
        printed: city.figure.as_ref().map(|figure| figure.value.clone()).unwrap_or_default(),
        target: city.aim,
    };
    let lines: Vec<charts::Line> = cities
        .iter()
        .filter_map(|city| Some(charts::Line { name: name(city), points: city.trend.as_ref()?.printed(unit) }))
        .collect();
    (charts::side_by_side(s, cities.iter().map(stand).collect(), unit), charts::through_time(s, &lines, unit))
}

/// Where a value stands on a scale with some room at both ends, in percent; in the middle when all are equal.
fn along(value: Decimal, lowest: Decimal, highest: Decimal) -> String {
    let (room, width) = (Decimal::from(3), Decimal::from(94));
    let share = if highest > lowest { (value - lowest) / (highest - lowest) } else { Decimal::new(5, 1) };
    report::number::half_up(room + share * width, 1).normalize().to_string()
}

/// The middle of an even number of values is the mean of the two in the middle.
fn spread(cities: &[City], unit: &str) -> Option<Spread> {
    let mut values: Vec<Decimal> = cities.iter().filter_map(|city| city.figure.as_ref()?.exact).collect();
    values.sort();
    let (least, most) = (*values.first()?, *values.last()?);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    let median = if values.len() % 2 == 1 { upper } else { (upper + values.get(middle - 1)?) / Decimal::TWO };
    let print = |value| report::number::quantity(report::number::half_up(value, 4), None, unit);
    Some(Spread { count: values.len(), least: print(least), median: print(median), most: print(most) })
}

/// Every revision of what was corrected, the newest first.
async fn revisions(visit: &Visit, figures: &[exchange::Observation], s: &Shell) -> Result<Vec<Revision>, Refusal> {
    let corrected = figures.iter().filter(|figure| figure.record.as_ref().is_some_and(|record| record.revision > 1));
    let mut found = Vec::new();
    for figure in corrected {
        let request = exchange::ListObservationRevisionsRequest {
            name: figure.name.clone(),
            page_size: 1000,
            ..Default::default()
        };
        for revision in visit.ask(request).await?.observations {
            let record = revision.record.clone().unwrap_or_default();
            let correction = record.correction.clone().unwrap_or_default();
            let shown = Figure::of(&revision, s);
            found.push(Revision {
                region: revision.region.clone(),
                number: record.revision,
                value: shown.value,
                time: format::time(record.create_time.as_ref()),
                reason: reason(correction.reason(), s),
                note: correction.note,
                place: shown.place,
            });
        }
    }
    found.sort_by(|one, other| (&one.region, other.number).cmp(&(&other.region, one.number)));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn city(value: i64) -> City {
        let figure = Figure {
            region: String::new(),
            value: String::new(),
            exact: Some(Decimal::from(value)),
            period: String::new(),
            scope: "",
            status: exchange::ObservationStatus::Normal,
            party: String::new(),
            place: String::new(),
            quote: String::new(),
        };
        City {
            code: String::new(),
            name: None,
            figure: Some(figure),
            printed: String::new(),
            target: String::new(),
            aim: None,
            target_at: None,
            reach: String::new(),
            stands: None,
            trend: None,
        }
    }

    #[test]
    fn cities_stand_between_the_smallest_and_the_largest() {
        let of = |value: i64, most: i64| along(Decimal::from(value), Decimal::from(1), Decimal::from(most));
        assert_eq!([of(1, 3), of(2, 3), of(3, 3), of(1, 1)], ["3", "50", "97", "50"]);
    }

    #[test]
    fn the_median_of_an_even_number_of_cities_lies_between_the_two_in_the_middle() {
        let found = spread(&[city(4), city(1), city(10), city(3)], "%").unwrap();
        assert_eq!((found.least.as_str(), found.median.as_str(), found.most.as_str()), ("1 %", "3.5 %", "10 %"));
        assert!(spread(&[], "%").is_none());
    }
}
