//! The matrix of a round: which city reported which indicator, or how much of what a department answers for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use askama::Template;
use axum::{extract::RawQuery, response::Response};
use contracts::{catalog::v1 as catalog, common::v1 as common, evaluation::v1 as pb, exchange::v1 as exchange};
use domain::{Period, Text};
use futures_util::future::try_join_all;

use super::common::{Edition, latest, observations};
use crate::{
    answer::{self, Page},
    port::Refusal,
    shell::{Here, Shell},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "matrix.html")]
struct Matrix {
    s: Shell,
    edition: Option<Edition>,
    by_department: bool,
    cities: Vec<City>,
    groups: Vec<Group>,
    departments: Vec<Department>,
}

struct City {
    code: String,
    name: Option<common::Text>,
    reported: usize,
    all: usize,
}

/// A group of the scheme with its indicators.
struct Group {
    title: Option<common::Text>,
    rows: Vec<Row>,
}

struct Row {
    code: String,
    name: Option<common::Text>,
    cells: Vec<Cell>,
}

/// One indicator of one city.
struct Cell {
    city: String,
    state: State,
}

/// What a department answers for, in each city and in all.
struct Department {
    name: String,
    indicators: usize,
    cells: Vec<(usize, usize)>,
    total: (usize, usize),
}

/// How far a figure has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Received,
    Provisional,
    /// Reported after the edition was made, so not evaluated yet.
    Later,
    NoTarget,
    Missing,
    NotApplicable,
}

impl State {
    const ALL: [Self; 6] =
        [Self::Received, Self::Provisional, Self::Later, Self::NoTarget, Self::Missing, Self::NotApplicable];

    fn class(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Provisional => "provisional",
            Self::Later => "late",
            Self::NoTarget => "no-target",
            Self::Missing => "missing",
            Self::NotApplicable => "not-applicable",
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Received => "●",
            Self::Provisional => "◐",
            Self::Later => "◔",
            Self::NoTarget => "◎",
            Self::Missing => "○",
            Self::NotApplicable => "–",
        }
    }

    fn word(self, s: &Shell) -> &'static str {
        match self {
            Self::Received => s.t("已报", "received"),
            Self::Provisional => {
                s.t("暂定（初步、估计数或佐证待审）", "provisional (preliminary, estimated, or evidence not reviewed)")
            }
            Self::Later => s.t("版后新报，尚未评价", "reported after this edition, not evaluated yet"),
            Self::NoTarget => s.t("已报，无目标值", "received, no target"),
            Self::Missing => s.t("待报送", "to be reported"),
            Self::NotApplicable => s.t("不适用", "not applicable"),
        }
    }

    fn is_reported(self) -> bool {
        matches!(self, Self::Received | Self::Provisional | Self::Later | Self::NoTarget)
    }
}

impl Matrix {
    fn states(&self) -> [State; 6] {
        State::ALL
    }
}

pub(super) async fn page(visit: Visit, RawQuery(query): RawQuery) -> Page {
    let by_department = query.as_deref().unwrap_or_default().split('&').any(|pair| pair == "by=department");
    matrix(&visit, by_department).await.map_err(|refusal| visit.refuse(refusal))
}

async fn matrix(visit: &Visit, by_department: bool) -> Result<Response, Refusal> {
    let report = latest(visit).await?;
    let s = visit.shell(Here::Matrix, Text::new("报送矩阵", "Matrix of submissions"));
    let edition = report.as_ref().map(Edition::of);
    let run = report.and_then(|report| report.run).unwrap_or_default();
    let figures = figures(visit, &run).await?;
    let groups = groups(&run, &figures);
    let cities = cities(&run, &groups);
    let departments =
        if by_department { departments(&sources(visit).await?, &groups, cities.len()) } else { Vec::new() };
    Ok(answer::page(&Matrix { s, edition, by_department, cities, groups, departments }))
}

/// The figures of the units of a run for its period: not those of other years, nor those of the counties.
async fn figures(visit: &Visit, run: &pb::EvaluationRun) -> Result<Vec<exchange::Observation>, Refusal> {
    let of = |unit: &pb::UnitResult| {
        let measure = exchange::Measure::Actual.into();
        observations(visit, exchange::ObservationFilter { region: unit.unit.clone(), measure, ..Default::default() })
    };
    let all = try_join_all(run.units.iter().map(of)).await?.into_iter().flatten();
    let period = Period::parse(&run.period).ok();
    let now = |figure: &exchange::Observation| {
        let own = figure.period.as_ref().and_then(|period| Period::parse(&period.value).ok());
        own.zip(period.as_ref()).is_none_or(|(own, period)| own.overlaps(period))
    };
    Ok(all.filter(now).collect())
}

/// Where the figures of each indicator come from, as the catalogue says.
async fn sources(visit: &Visit) -> Result<BTreeMap<String, Vec<String>>, Refusal> {
    let mut found = BTreeMap::new();
    let mut request = catalog::ListIndicatorsRequest { page_size: 1000, ..Default::default() };
    loop {
        let answer = visit.ask(request.clone()).await?;
        for indicator in answer.indicators {
            let names = indicator.data_source.split('、').map(|name| name.trim().to_owned());
            found.insert(indicator.code, names.filter(|name| !name.is_empty()).collect());
        }
        if answer.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = answer.next_page_token;
    }
}

/// Figures by what they are about.
struct Known<'a> {
    by_revision: HashMap<String, &'a exchange::Observation>,
    reported: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Known<'a> {
    fn of(figures: &'a [exchange::Observation]) -> Self {
        let with_value = figures.iter().filter(|figure| {
            matches!(
                figure.status(),
                exchange::ObservationStatus::Normal
                    | exchange::ObservationStatus::Estimated
                    | exchange::ObservationStatus::Provisional
            )
        });
        let revision =
            |figure: &exchange::Observation| figure.record.as_ref()?.provenance.clone().map(|p| p.revision_name);
        Self {
            by_revision: figures.iter().filter_map(|figure| Some((revision(figure)?, figure))).collect(),
            reported: with_value.map(|figure| (figure.region.as_str(), figure.indicator.as_str())).collect(),
        }
    }

    /// Whether the figure behind an item is not final.
    fn is_provisional(&self, item: &pb::ItemScore) -> bool {
        let from = item.provenance.as_ref().and_then(|from| self.by_revision.get(&from.revision_name));
        from.is_some_and(|figure| {
            matches!(figure.status(), exchange::ObservationStatus::Estimated | exchange::ObservationStatus::Provisional)
        })
    }

    fn state(&self, unit: &str, item: &pb::ItemScore) -> State {
        match item.state() {
            pb::ItemState::NotApplicable => State::NotApplicable,
            pb::ItemState::EvidencePending => State::Provisional,
            pb::ItemState::Missing | pb::ItemState::Unspecified => {
                if self.reported.contains(&(unit, item.indicator.as_str())) { State::Later } else { State::Missing }
            }
            pb::ItemState::Scored | pb::ItemState::NotScorable | pb::ItemState::NoTarget
                if self.is_provisional(item) =>
            {
                State::Provisional
            }
            pb::ItemState::NoTarget => State::NoTarget,
            pb::ItemState::Scored | pb::ItemState::NotScorable => State::Received,
        }
    }
}

fn groups(run: &pb::EvaluationRun, figures: &[exchange::Observation]) -> Vec<Group> {
    let known = Known::of(figures);
    let Some(first) = run.units.first() else { return Vec::new() };
    let mut groups: Vec<(String, Group)> = Vec::new();
    for (place, item) in first.items.iter().enumerate() {
        let title = || first.nodes.iter().find(|node| node.node == item.group).and_then(|node| node.title.clone());
        if groups.last().is_none_or(|(id, _)| *id != item.group) {
            groups.push((item.group.clone(), Group { title: title(), rows: Vec::new() }));
        }
        let cells = run.units.iter().filter_map(|unit| {
            let item = unit.items.get(place).filter(|other| other.indicator == item.indicator)?;
            Some(Cell { city: unit.unit.clone(), state: known.state(&unit.unit, item) })
        });
        let row = Row { code: item.indicator.clone(), name: item.display_name.clone(), cells: cells.collect() };
        if let Some((_, group)) = groups.last_mut() {
            group.rows.push(row);
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn cities(run: &pb::EvaluationRun, groups: &[Group]) -> Vec<City> {
    let of = |code: &str| {
        let cells = groups.iter().flat_map(|group| &group.rows).flat_map(|row| &row.cells);
        let own: Vec<_> = cells.filter(|cell| cell.city == code).collect();
        (own.iter().filter(|cell| cell.state.is_reported()).count(), own.len())
    };
    let cities = run.units.iter().map(|unit| {
        let (reported, all) = of(&unit.unit);
        City { code: unit.unit.clone(), name: unit.display_name.clone(), reported, all }
    });
    cities.collect()
}

fn departments(sources: &BTreeMap<String, Vec<String>>, groups: &[Group], cities: usize) -> Vec<Department> {
    let mut rows: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in groups.iter().flat_map(|group| &group.rows) {
        for name in sources.get(&row.code).into_iter().flatten() {
            rows.entry(name).or_default().push(row);
        }
    }
    let mut departments: Vec<Department> = rows
        .into_iter()
        .map(|(name, rows)| {
            let cell = |place: usize| {
                let own: Vec<_> = rows.iter().filter_map(|row| row.cells.get(place)).collect();
                (own.iter().filter(|cell| cell.state.is_reported()).count(), own.len())
            };
            let cells: Vec<_> = (0..cities).map(cell).collect();
            let total = cells.iter().fold((0, 0), |(a, b), (reported, all)| (a + reported, b + all));
            Department { name: name.to_owned(), indicators: rows.len(), cells, total }
        })
        .collect();
    departments.sort_by_key(|department| (std::cmp::Reverse(department.indicators), department.name.clone()));
    departments
}
