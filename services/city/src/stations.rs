//! Recycling stations by level of the network: 智能回收点 – 街道中转站 – 区域分拣中心 – 市级中心.

use contracts::{city::v1 as wire, common::v1::Scope as WireScope};
use domain::{DomainError, Level, Period, Reason, RegionCode, Scope, Text, Violation, Violations};
use node::department::{Fields, Peer, SourceFields, Timing, refuse_duplicate};

/// Level of a station in the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkLevel {
    /// 智能回收点.
    CollectionPoint,
    /// 街道中转站.
    TransferStation,
    /// 区域分拣中心.
    SortingCentre,
    /// 市级中心.
    CityCentre,
    /// The source does not say.
    StationAny,
}

const LEVELS: &[(wire::NetworkLevel, NetworkLevel, &str)] = &[
    (wire::NetworkLevel::CollectionPoint, NetworkLevel::CollectionPoint, "NETWORK_LEVEL_COLLECTION_POINT"),
    (wire::NetworkLevel::TransferStation, NetworkLevel::TransferStation, "NETWORK_LEVEL_TRANSFER_STATION"),
    (wire::NetworkLevel::SortingCentre, NetworkLevel::SortingCentre, "NETWORK_LEVEL_SORTING_CENTRE"),
    (wire::NetworkLevel::CityCentre, NetworkLevel::CityCentre, "NETWORK_LEVEL_CITY_CENTRE"),
    (wire::NetworkLevel::StationAny, NetworkLevel::StationAny, "NETWORK_LEVEL_STATION_ANY"),
];

/// Scopes of a count in a city; 全省 is not among them, because a city does not count for the province.
const SCOPES: &[(WireScope, Scope, &str)] = &[
    (WireScope::WholeCity, Scope::WholeCity, "SCOPE_WHOLE_CITY"),
    (WireScope::MainUrban, Scope::MainUrban, "SCOPE_MAIN_URBAN"),
    (WireScope::County, Scope::County, "SCOPE_COUNTY"),
    (WireScope::WholeCityOperating, Scope::WholeCityOperating, "SCOPE_WHOLE_CITY_OPERATING"),
];

/// A count of stations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StationCount {
    /// Where.
    pub region: RegionCode,
    /// When.
    pub period: Period,
    /// Level in the network.
    pub level: NetworkLevel,
    /// Coverage: 960 stations in operation are not 960 on file.
    pub scope: Scope,
}

impl StationCount {
    /// Reads a record. Zero stations is a figure. The scope decides the region: a figure of the city carries the city's
    /// code, a figure of a county the county's.
    ///
    /// # Errors
    /// Every fault of its fields.
    pub fn read(record: &wire::StationCount, mut fields: Fields<'_>) -> Result<Self, Violations> {
        let wire::StationCount {
            name: _,
            region,
            period,
            level,
            count: _,
            scope,
            reporting_party,
            source_department,
            evidence,
            citation,
            note,
            record: _,
        } = record;
        let scope = read_scope(*scope, &mut fields);
        let levels: &[Level] = match scope {
            Some(Scope::County) => &[Level::County],
            Some(Scope::WholeCity | Scope::MainUrban | Scope::WholeCityOperating) => &[Level::Prefecture],
            Some(Scope::Province | Scope::Unstated) | None => &[Level::Prefecture, Level::County],
        };
        let region = fields.region("region", region, levels);
        let period = fields.period("period", period.as_ref(), Timing::Over);
        let level = fields.choice("level", *level, LEVELS);
        fields.source(SourceFields { reporting_party, source_department, evidence, citation: citation.as_ref(), note });
        let count = region.zip(period).zip(level).zip(scope);
        fields.finish(count.map(|(((region, period), level), scope)| Self { region, period, level, scope }))
    }
}

fn read_scope(raw: i32, fields: &mut Fields<'_>) -> Option<Scope> {
    let known = SCOPES.iter().find(|(theirs, _, _)| i32::from(*theirs) == raw).map(|(_, ours, _)| *ours);
    if known.is_none() {
        let violation = Violation::new(
            "scope",
            Reason::ScopeMismatch,
            WireScope::try_from(raw).map_or_else(|_unknown| raw.to_string(), |scope| scope.as_str_name().to_owned()),
            Text::new(
                "回收站数须注明范围：全市、主城区、县区或全市实际经营",
                "a station count needs its coverage inside the city",
            ),
            Text::new("请按来源注明范围", "say what the source covers"),
        );
        fields.fault(violation.allowing(SCOPES.iter().map(|(_, _, name)| *name)));
    }
    known
}

/// Refuses a second count of the same place, level, period and scope.
///
/// # Errors
/// [`Reason::DuplicateResource`].
pub fn check_peers(peers: &[Peer<StationCount>], next: &StationCount) -> Result<(), DomainError> {
    let rule = Text::new("同一地区、层级、期间、范围只有一个数", "a place, level, period and scope has one count");
    refuse_duplicate(peers, |other| other == next, "level", next.scope.zh(), rule)
}

#[cfg(test)]
mod tests {
    use contracts::common::v1 as common;
    use domain::{OwnedRegions, RuleContext};
    use node::department::Tables;

    use super::*;

    fn record(region: &str, scope: WireScope) -> wire::StationCount {
        wire::StationCount {
            region: region.to_owned(),
            period: Some(common::Period { value: "2025-06-10".to_owned(), assumed: true }),
            level: wire::NetworkLevel::StationAny.into(),
            count: 960,
            scope: scope.into(),
            ..Default::default()
        }
    }

    /// The faults at the node of Taiyuan.
    fn faults(record: &wire::StationCount) -> Vec<(String, Reason)> {
        let Tables { catalogue, regions, .. } = Tables::embedded().unwrap();
        let tables = RuleContext {
            catalogue: &catalogue,
            regions: &regions,
            owned: OwnedRegions::Only(RegionCode::parse("140100").unwrap()),
            today: "2025-06-30".parse().unwrap(),
        };
        let faults = StationCount::read(record, Fields::checking(&tables)).err().unwrap_or_default();
        faults.into_iter().map(|fault| (fault.field, fault.reason)).collect()
    }

    #[test]
    fn a_figure_of_the_city_carries_the_citys_code_and_one_of_a_county_the_countys() {
        assert_eq!(faults(&record("140100", WireScope::WholeCityOperating)), []);
        assert_eq!(faults(&record("140109", WireScope::County)), []);
        for (region, scope) in [("140109", WireScope::WholeCity), ("140100", WireScope::County)] {
            assert_eq!(faults(&record(region, scope)), [("region".to_owned(), Reason::RegionLevelMismatch)]);
        }
    }

    #[test]
    fn another_citys_figures_are_refused() {
        for (region, scope) in [("140500", WireScope::WholeCity), ("140502", WireScope::County)] {
            assert_eq!(faults(&record(region, scope)), [("region".to_owned(), Reason::RegionNotOwned)]);
        }
        assert_eq!(faults(&record("140171", WireScope::County)), [("region".to_owned(), Reason::RegionUnknown)]);
    }

    #[test]
    fn the_scope_is_required_and_lies_inside_the_city() {
        for scope in [WireScope::Unspecified, WireScope::Province] {
            assert_eq!(faults(&record("140100", scope)), [("scope".to_owned(), Reason::ScopeMismatch)]);
        }
    }

    #[test]
    fn a_count_of_a_period_that_is_not_over_is_refused() {
        let mut early = record("140100", WireScope::WholeCity);
        early.period = Some(common::Period { value: "2025".to_owned(), assumed: false });
        assert_eq!(faults(&early), [("period.value".to_owned(), Reason::PeriodInFuture)]);
    }

    #[test]
    fn operating_stations_stand_beside_those_of_the_whole_city_and_not_beside_themselves() {
        let read = |scope| StationCount::read(&record("140100", scope), Fields::stored()).unwrap();
        let name = "departments/city-140100/stationCounts/f015".parse().unwrap();
        let peers = [Peer { name, body: read(WireScope::WholeCityOperating) }];
        assert_eq!(check_peers(&peers, &read(WireScope::WholeCity)), Ok(()));
        let error = check_peers(&peers, &read(WireScope::WholeCityOperating)).unwrap_err();
        assert_eq!(error.reason, Reason::DuplicateResource);
    }
}
