//! From followed records to the input of an evaluation: which figure of a city counts for which indicator.
//!
//! Pure. The choice is a total order, so that the same checkpoints give the same input on every machine.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Catalogue, DepartmentId, IndicatorCode, IndicatorDefinition, Measure, Observation, ObservationStatus, Period,
    Qualifier, Recorded, Region, RegionCode, Scope, Statement, Text,
};
use evaluation::{Cell, EvidenceState, MissingState, Presence, Unit, Value};

/// What the departments recorded, as of some checkpoints.
pub(crate) struct Records<'a> {
    /// Figures of all nodes.
    pub(crate) observations: &'a [Recorded<Observation>],
    /// Qualitative facts of all nodes.
    pub(crate) statements: &'a [Recorded<Statement>],
    /// Qualitative items whose evidence the lead department accepted, by city and indicator code.
    pub(crate) accepted: &'a BTreeSet<(RegionCode, String)>,
    /// Submissions, by log and index, that lack an approval which the scheme demands. What they hold is not yet reported.
    pub(crate) unendorsed: &'a BTreeSet<(DepartmentId, u64)>,
}

impl Records<'_> {
    fn counts<T>(&self, row: &Recorded<T>) -> bool {
        self.unendorsed.is_empty() || !self.unendorsed.contains(&(row.origin.clone(), row.log_index))
    }
}

/// Remarks that the input adds to a cell; they travel as marks through the engine and come back as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Only a figure of the main urban area was reported.
    MainUrbanOnly,
    /// The reporter assumed the period.
    PeriodAssumed,
    /// The reporter assumed the scope.
    ScopeAssumed,
    /// Another node reported the same statistic with another value.
    CrossCheckDiffers,
    /// The status says estimated.
    Estimated,
    /// The status says provisional.
    Provisional,
    /// The submission was not reviewed or signed as the scheme demands.
    NotEndorsed,
}

impl Mark {
    const ALL: [Self; 7] = [
        Self::MainUrbanOnly,
        Self::PeriodAssumed,
        Self::ScopeAssumed,
        Self::CrossCheckDiffers,
        Self::Estimated,
        Self::Provisional,
        Self::NotEndorsed,
    ];

    fn code(self) -> &'static str {
        match self {
            Self::MainUrbanOnly => "main-urban-only",
            Self::PeriodAssumed => "period-assumed",
            Self::ScopeAssumed => "scope-assumed",
            Self::CrossCheckDiffers => "cross-check-differs",
            Self::Estimated => "estimated",
            Self::Provisional => "provisional",
            Self::NotEndorsed => "not-endorsed",
        }
    }

    /// Words for readers; none for a mark that this program does not know.
    pub(crate) fn text(code: &str) -> Option<Text> {
        let mark = Self::ALL.into_iter().find(|mark| mark.code() == code)?;
        Some(match mark {
            Self::MainUrbanOnly => {
                Text::new("仅有主城区口径，不作全市值", "main urban area only: not a value of the whole city")
            }
            Self::PeriodAssumed => Text::new("时点为推定", "period assumed"),
            Self::ScopeAssumed => Text::new("口径为推定，待澄清", "scope assumed, to be clarified"),
            Self::CrossCheckDiffers => {
                Text::new("与其他部门数据不一致，待校核", "differs from another department's figure")
            }
            Self::Estimated => Text::new("估计值", "estimated"),
            Self::Provisional => Text::new("暂定值", "provisional"),
            Self::NotEndorsed => Text::new(
                "报送未按方案完成审核签署，视同未报",
                "not reviewed or signed as the scheme demands: not yet reported",
            ),
        })
    }
}

/// Cells by unit and indicator code.
pub(crate) type Cells = BTreeMap<(String, String), Cell>;

/// One cell for each city and each of the indicators that has anything to say in the period.
#[must_use]
pub(crate) fn cells(
    codes: &BTreeSet<String>,
    period: &Period,
    cities: &[&Region],
    catalogue: &Catalogue,
    records: &Records<'_>,
) -> Cells {
    let mut cells = Cells::new();
    for city in cities {
        for code in codes {
            if let Some(cell) = endorsed_cell(code, city, period, catalogue, records) {
                cells.insert((city.code.to_string(), code.clone()), cell);
            }
        }
    }
    cells
}

/// The cities as units.
#[must_use]
pub(crate) fn units(cities: &[&Region]) -> Vec<Unit> {
    cities.iter().map(|city| Unit { id: city.code.to_string(), name: city.name_zh.clone() }).collect()
}

/// The cell of what the scheme lets count. Where a figure is there and lacks an approval, the cell says so.
fn endorsed_cell(
    indicator: &str,
    city: &Region,
    period: &Period,
    catalogue: &Catalogue,
    records: &Records<'_>,
) -> Option<Cell> {
    let counted = cell(indicator, city, period, catalogue, records);
    let reported = |cell: &Cell| !matches!(cell.presence, Presence::Missing(_));
    if records.unendorsed.is_empty() || counted.as_ref().is_some_and(reported) {
        return counted;
    }
    let all = Records { unendorsed: &BTreeSet::new(), ..*records };
    if !cell(indicator, city, period, catalogue, &all).as_ref().is_some_and(reported) {
        return counted;
    }
    let mut cell = counted.unwrap_or_else(|| Cell::of(Presence::Missing(MissingState::Unknown)));
    cell.marks.push(Mark::NotEndorsed.code().to_owned());
    Some(cell)
}

fn cell(indicator: &str, city: &Region, period: &Period, catalogue: &Catalogue, records: &Records<'_>) -> Option<Cell> {
    let of_city: Vec<_> = records
        .observations
        .iter()
        .filter(|row| row.body.key.indicator.as_str() == indicator && row.body.key.region == city.code)
        .filter(|row| records.counts(row))
        .collect();
    let whole = |measure| candidates(&of_city, measure, Scope::WholeCity, period, city);
    let actual = whole(Measure::Actual);
    let amount = |measure| whole(measure).first().and_then(|row| row.body.canonical_value);
    let (target, baseline) = (amount(Measure::Target), amount(Measure::Baseline));

    let definition = IndicatorCode::parse(indicator).ok().and_then(|code| catalogue.get(&code));
    let qualitative = definition.is_some_and(IndicatorDefinition::is_qualitative);
    if qualitative {
        return evidence_cell(indicator, city, period, &actual, records);
    }
    let Some(row) = actual.first() else {
        let urban_only = !candidates(&of_city, Measure::Actual, Scope::MainUrban, period, city).is_empty();
        if !urban_only && target.is_none() && baseline.is_none() {
            return None;
        }
        let mut cell = Cell { target, baseline, ..Cell::of(Presence::Missing(MissingState::Unknown)) };
        if urban_only {
            cell.marks.push(Mark::MainUrbanOnly.code().to_owned());
        }
        return Some(cell);
    };
    let mut marks = observation_marks(&row.body);
    if actual
        .iter()
        .skip(1)
        .any(|other| other.origin != row.origin && other.body.canonical_value != row.body.canonical_value)
    {
        marks.push(Mark::CrossCheckDiffers);
    }
    Some(Cell {
        presence: presence(&row.body),
        target,
        baseline,
        source: Some(source_key(row)),
        marks: marks.into_iter().map(|mark| mark.code().to_owned()).collect(),
    })
}

/// Rows that may stand for the period, best first: the city's own node before others, the period itself before one that
/// only ends in it, then the latest end. The name breaks what is left.
fn candidates<'a>(
    rows: &[&'a Recorded<Observation>],
    measure: Measure,
    scope: Scope,
    period: &Period,
    city: &Region,
) -> Vec<&'a Recorded<Observation>> {
    let own = format!("city-{}", city.code);
    let mut found: Vec<_> = rows
        .iter()
        .copied()
        .filter(|row| {
            row.body.key.measure == measure && row.body.key.scope == scope && stands_for(&row.body.key.period, period)
        })
        .collect();
    found.sort_by_key(|row| rank(row, &own, period));
    found
}

type Rank = (bool, bool, std::cmp::Reverse<chrono::NaiveDate>, String);

fn rank(row: &Recorded<Observation>, own: &str, period: &Period) -> Rank {
    (
        row.origin.as_str() != own,
        &row.body.key.period != period,
        std::cmp::Reverse(row.body.key.period.end()),
        row.name.to_string(),
    )
}

/// A figure stands for a period when its own period ends in it, or covers its end.
fn stands_for(own: &Period, period: &Period) -> bool {
    let from = period.start();
    let ends_inside = own.end() <= period.end() && from.is_none_or(|from| own.end() >= from);
    let covers_end = own.end() >= period.end() && own.start().is_none_or(|start| start <= period.end());
    ends_inside || covers_end
}

fn presence(body: &Observation) -> Presence {
    match (body.status, body.canonical_value) {
        (ObservationStatus::NotApplicable, _) => Presence::NotApplicable { reason: body.note.clone() },
        (ObservationStatus::Normal | ObservationStatus::Estimated | ObservationStatus::Provisional, Some(value)) => {
            Presence::Reported(Value { value, qualifier: qualifier(body.qualifier), evidence: None })
        }
        (
            ObservationStatus::Normal
            | ObservationStatus::Estimated
            | ObservationStatus::Provisional
            | ObservationStatus::NotCollected
            | ObservationStatus::Missing,
            _,
        ) => Presence::Missing(MissingState::Unknown),
    }
}

fn qualifier(from: Qualifier) -> evaluation::Qualifier {
    match from {
        Qualifier::Equal => evaluation::Qualifier::Equal,
        Qualifier::AtLeast => evaluation::Qualifier::AtLeast,
        Qualifier::AtMost => evaluation::Qualifier::AtMost,
        Qualifier::About => evaluation::Qualifier::About,
    }
}

fn observation_marks(body: &Observation) -> Vec<Mark> {
    let mut marks = Vec::new();
    if body.period_assumed {
        marks.push(Mark::PeriodAssumed);
    }
    if body.scope_assumed {
        marks.push(Mark::ScopeAssumed);
    }
    match body.status {
        ObservationStatus::Estimated => marks.push(Mark::Estimated),
        ObservationStatus::Provisional => marks.push(Mark::Provisional),
        ObservationStatus::Normal
        | ObservationStatus::NotApplicable
        | ObservationStatus::NotCollected
        | ObservationStatus::Missing => {}
    }
    marks
}

/// A qualitative item is reported when the city named evidence for it, as a statement or as an answer in words; it is
/// accepted only by the lead department, never by the reporter.
fn evidence_cell(
    indicator: &str,
    city: &Region,
    period: &Period,
    answers: &[&Recorded<Observation>],
    records: &Records<'_>,
) -> Option<Cell> {
    let mut statements: Vec<_> = records
        .statements
        .iter()
        .filter(|row| records.counts(row))
        .filter(|row| {
            row.body.region == city.code
                && row.body.indicator.as_ref().is_some_and(|code| code.as_str() == indicator)
                && row.body.period.end() <= period.end()
        })
        .collect();
    statements.sort_by_key(|row| row.name.to_string());
    let (source, mut marks) = match (answers.first(), statements.first()) {
        (Some(row), _) => (source_key(row), observation_marks(&row.body)),
        (None, Some(row)) => (source_key(row), Vec::new()),
        (None, None) => return None,
    };
    if answers.is_empty() && statements.iter().all(|row| row.body.period_assumed) {
        marks.push(Mark::PeriodAssumed);
    }
    let accepted = records.accepted.contains(&(city.code.clone(), indicator.to_owned()));
    let evidence = if accepted { EvidenceState::Accepted } else { EvidenceState::Named };
    let value = Value { evidence: Some(evidence), ..Value::exactly(rust_decimal::Decimal::ONE) };
    Some(Cell {
        source: Some(source),
        marks: marks.into_iter().map(|mark| mark.code().to_owned()).collect(),
        ..Cell::of(Presence::Reported(value))
    })
}

/// Key by which a cell's origin is found again: name and revision.
#[must_use]
pub(crate) fn source_key<T>(row: &Recorded<T>) -> String {
    format!("{}@{}", row.name, row.revision)
}
