//! Green factories, parks and supply chains: counts by kind and level, where national units may be provincial ones too.

use std::collections::BTreeSet;

use contracts::city::v1 as wire;
use domain::{DomainError, Level, Period, Reason, RegionCode, Text, Violation, Violations};
use node::department::{Fields, Peer, SourceFields, Timing, refuse_duplicate};

/// What is honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HonourKind {
    /// 绿色工厂.
    Factory,
    /// 绿色工业园区.
    Park,
    /// 绿色供应链管理企业.
    SupplyChain,
}

/// Who gave the honour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HonourLevel {
    /// 国家级.
    National,
    /// 省级.
    Provincial,
}

/// Whether a provincial count contains the national units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// The source does not say: the counts must not be added.
    Unknown,
    /// It contains them.
    IncludesNational,
    /// It leaves them out.
    ExcludesNational,
}

/// The kinds, in the order of the contract's enum.
pub(crate) const KINDS: &[(wire::GreenHonourKind, HonourKind, &str)] = &[
    (wire::GreenHonourKind::Factory, HonourKind::Factory, "GREEN_HONOUR_KIND_FACTORY"),
    (wire::GreenHonourKind::Park, HonourKind::Park, "GREEN_HONOUR_KIND_PARK"),
    (wire::GreenHonourKind::SupplyChain, HonourKind::SupplyChain, "GREEN_HONOUR_KIND_SUPPLY_CHAIN"),
];

const LEVELS: &[(wire::HonourLevel, HonourLevel, &str)] = &[
    (wire::HonourLevel::National, HonourLevel::National, "HONOUR_LEVEL_NATIONAL"),
    (wire::HonourLevel::Provincial, HonourLevel::Provincial, "HONOUR_LEVEL_PROVINCIAL"),
];

const NESTINGS: &[(wire::Nesting, Nesting, &str)] = &[
    (wire::Nesting::Unspecified, Nesting::Unknown, "NESTING_UNSPECIFIED"),
    (wire::Nesting::IncludesNational, Nesting::IncludesNational, "NESTING_INCLUDES_NATIONAL"),
    (wire::Nesting::ExcludesNational, Nesting::ExcludesNational, "NESTING_EXCLUDES_NATIONAL"),
];

/// A count of honoured units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HonourCount {
    /// Where.
    pub region: RegionCode,
    /// When.
    pub period: Period,
    /// What is honoured.
    pub kind: HonourKind,
    /// Who gave the honour.
    pub level: HonourLevel,
    /// How many.
    pub count: u32,
    /// Whether national units are in it; unknown for a national count.
    pub nesting: Nesting,
    /// The units, when a list was handed in.
    pub units: Option<BTreeSet<String>>,
}

impl HonourCount {
    /// Reads a record. Zero is a figure. Only a provincial count can contain national units; a list of units has as many
    /// names as the count says, each once.
    ///
    /// # Errors
    /// Every fault of its fields.
    pub fn read(record: &wire::GreenHonourCount, mut fields: Fields<'_>) -> Result<Self, Violations> {
        let wire::GreenHonourCount {
            name: _,
            region,
            period,
            kind,
            level,
            count,
            nesting,
            units,
            reporting_party,
            source_department,
            evidence,
            citation,
            note,
            record: _,
        } = record;
        let region = fields.region("region", region, &[Level::Prefecture, Level::County]);
        let period = fields.period("period", period.as_ref(), Timing::Over);
        let kind = fields.choice("kind", *kind, KINDS);
        let level = fields.choice("level", *level, LEVELS);
        let nesting = fields.choice("nesting", *nesting, NESTINGS);
        if level == Some(HonourLevel::National) && nesting.is_some_and(|nesting| nesting != Nesting::Unknown) {
            fields.fault(Violation::new(
                "nesting",
                Reason::NestedCountInvalid,
                record.nesting().as_str_name(),
                Text::new("包含关系只填在省级数上", "the nesting is stated with the provincial count"),
                Text::new("请留空", "leave it out"),
            ));
        }
        let units = read_units(units, *count, &mut fields);
        fields.source(SourceFields { reporting_party, source_department, evidence, citation: citation.as_ref(), note });
        let known = region.zip(period).zip(kind).zip(level).zip(nesting);
        fields.finish(known.map(|((((region, period), kind), level), nesting)| Self {
            region,
            period,
            kind,
            level,
            count: *count,
            nesting,
            units,
        }))
    }

    fn is_beside(&self, other: &Self) -> bool {
        self.region == other.region && self.period == other.period && self.kind == other.kind
    }
}

fn read_units(units: &[String], count: u32, fields: &mut Fields<'_>) -> Option<BTreeSet<String>> {
    if units.is_empty() {
        return None;
    }
    let mut listed = BTreeSet::new();
    for (index, unit) in units.iter().enumerate() {
        let field = format!("units[{index}]");
        if let Some(unit) = fields.title(&field, unit)
            && !listed.insert(unit)
        {
            fields.fault(Violation::new(
                field,
                Reason::FieldInvalid,
                &units[index],
                Text::new("名单重复", "the unit is listed twice"),
                Text::new("请删去重复项", "list it once"),
            ));
        }
    }
    if usize::try_from(count) != Ok(units.len()) {
        fields.fault(Violation::new(
            "units",
            Reason::FieldInvalid,
            units.len(),
            Text::new(format!("名单应有{count}个"), format!("the list must have {count} units")),
            Text::new("请核对数量或名单", "check the count or the list"),
        ));
    }
    Some(listed)
}

/// Checks a count against what is on file: one count for a place, period, kind and level; and the two levels of a place,
/// period and kind do not contradict what the provincial count says about the national units.
///
/// # Errors
/// [`Reason::DuplicateResource`]; [`Reason::NestedCountInvalid`] when a provincial count that includes the national units is
/// smaller than the national count or its list leaves one of them out, or when one that excludes them lists one of them.
pub fn check_peers(peers: &[Peer<HonourCount>], next: &HonourCount) -> Result<(), DomainError> {
    let rule = Text::new("同一地区、期间、类别、级别只有一个数", "a place, period, kind and level has one count");
    let same = |other: &HonourCount| other.is_beside(next) && other.level == next.level;
    refuse_duplicate(peers, same, "level", next.period, rule)?;
    let other = peers.iter().map(|peer| &peer.body).find(|other| other.is_beside(next));
    let Some(other) = other else { return Ok(()) };
    let (national, provincial) = match next.level {
        HonourLevel::National => (next, other),
        HonourLevel::Provincial => (other, next),
    };
    let lists = national.units.as_ref().zip(provincial.units.as_ref());
    let rule = match provincial.nesting {
        Nesting::Unknown => None,
        Nesting::IncludesNational if provincial.count < national.count => Some(Text::new(
            format!("省级数{}包含国家级，却少于国家级数{}", provincial.count, national.count),
            format!("{} provincial units cannot include {} national ones", provincial.count, national.count),
        )),
        Nesting::IncludesNational => {
            lists.and_then(|(national, provincial)| national.difference(provincial).next()).map(|unit| {
                Text::new(
                    format!("省级名单包含国家级，却没有{unit}"),
                    format!("the provincial list includes the national units but not {unit}"),
                )
            })
        }
        Nesting::ExcludesNational => {
            lists.and_then(|(national, provincial)| national.intersection(provincial).next()).map(|unit| {
                Text::new(
                    format!("省级名单不含国家级，却有{unit}"),
                    format!("the provincial list leaves the national units out but has {unit}"),
                )
            })
        }
    };
    match rule {
        None => Ok(()),
        Some(rule) => Err(Violation::new(
            "count",
            Reason::NestedCountInvalid,
            next.count,
            rule,
            Text::new("请核对两级数量和包含关系", "check both counts and the nesting"),
        )
        .into()),
    }
}

/// Sums up one kind over the city's own records (`city` as the region): the latest count of each level, and how many
/// distinct units they are.
///
/// The number of distinct units is known when both levels list their units, or when both counts are of one period and the
/// provincial one says how it nests. Otherwise it lies between the larger count (one set inside the other) and the sum (no
/// unit in common). With one level only, the bounds are about the units that were reported.
#[must_use]
pub fn summarize(city: &RegionCode, kind: HonourKind, counts: &[HonourCount]) -> HonourSummary {
    let latest = |level| {
        let of_level = |count: &&HonourCount| &count.region == city && count.kind == kind && count.level == level;
        counts.iter().filter(of_level).max_by_key(|count| (count.period.end(), count.period.start()))
    };
    let (national, provincial) = (latest(HonourLevel::National), latest(HonourLevel::Provincial));
    let (least, most, distinct) = match (national, provincial) {
        (None, None) => (0, 0, None),
        (Some(only), None) => (only.count, only.count, None),
        (None, Some(only)) => {
            let distinct = (only.nesting == Nesting::IncludesNational).then_some(only.count);
            (only.count, only.count, distinct)
        }
        (Some(national), Some(provincial)) => {
            let sum = national.count.saturating_add(provincial.count);
            let listed = national.units.as_ref().zip(provincial.units.as_ref());
            let union = listed.and_then(|(one, other)| u32::try_from(one.union(other).count()).ok());
            let nested = match provincial.nesting {
                Nesting::Unknown => None,
                Nesting::IncludesNational => Some(provincial.count),
                Nesting::ExcludesNational => Some(sum),
            };
            let distinct = union.or(nested.filter(|_| national.period == provincial.period));
            match distinct {
                Some(distinct) => (distinct, distinct, Some(distinct)),
                None => (national.count.max(provincial.count), sum, None),
            }
        }
    };
    HonourSummary {
        national: national.map(|count| count.count),
        provincial: provincial.map(|count| count.count),
        distinct,
        at_least: least,
        at_most: most,
    }
}

/// The state of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HonourSummary {
    /// National units; none when they were not reported.
    pub national: Option<u32>,
    /// Provincial units as reported.
    pub provincial: Option<u32>,
    /// Distinct units, when known.
    pub distinct: Option<u32>,
    /// Smallest possible number of distinct units.
    pub at_least: u32,
    /// Largest possible number of distinct units.
    pub at_most: u32,
}

#[cfg(test)]
mod tests {
    use HonourLevel::{National, Provincial};

    use super::*;

    fn taiyuan() -> RegionCode {
        RegionCode::parse("140100").unwrap()
    }

    fn count(level: HonourLevel, count: u32, nesting: Nesting) -> HonourCount {
        HonourCount {
            region: taiyuan(),
            period: Period::parse("2025-06-10").unwrap(),
            kind: HonourKind::Factory,
            level,
            count,
            nesting,
            units: None,
        }
    }

    fn with_units(level: HonourLevel, units: &[&str], nesting: Nesting) -> HonourCount {
        let units: BTreeSet<_> = units.iter().map(|unit| (*unit).to_owned()).collect();
        HonourCount { units: Some(units.clone()), ..count(level, units.len().try_into().unwrap(), nesting) }
    }

    fn reason(on_file: HonourCount, next: &HonourCount) -> Option<Reason> {
        let name = "departments/city-140100/greenHonourCounts/f025".parse().unwrap();
        check_peers(&[Peer { name, body: on_file }], next).err().map(|error| error.reason)
    }

    fn summary(counts: &[HonourCount]) -> (Option<u32>, u32, u32) {
        let HonourSummary { distinct, at_least, at_most, .. } = summarize(&taiyuan(), HonourKind::Factory, counts);
        (distinct, at_least, at_most)
    }

    #[test]
    fn a_provincial_count_with_the_national_units_in_it_is_not_smaller_than_theirs() {
        let national = count(National, 21, Nesting::Unknown);
        let small = count(Provincial, 20, Nesting::IncludesNational);
        assert_eq!(reason(national.clone(), &small), Some(Reason::NestedCountInvalid));
        assert_eq!(reason(small, &national), Some(Reason::NestedCountInvalid));
        assert_eq!(reason(national.clone(), &count(Provincial, 31, Nesting::IncludesNational)), None);
        assert_eq!(reason(national.clone(), &count(Provincial, 20, Nesting::Unknown)), None);
        assert_eq!(reason(national, &count(Provincial, 20, Nesting::ExcludesNational)), None);
    }

    #[test]
    fn lists_must_agree_with_the_nesting() {
        let national = with_units(National, &["甲", "乙"], Nesting::Unknown);
        let without = with_units(Provincial, &["甲", "丙", "丁"], Nesting::IncludesNational);
        assert_eq!(reason(national.clone(), &without), Some(Reason::NestedCountInvalid));
        let both = with_units(Provincial, &["甲", "丙"], Nesting::ExcludesNational);
        assert_eq!(reason(national.clone(), &both), Some(Reason::NestedCountInvalid));
        assert_eq!(reason(national, &with_units(Provincial, &["丙"], Nesting::ExcludesNational)), None);
    }

    #[test]
    fn a_place_period_kind_and_level_has_one_count() {
        let national = count(National, 21, Nesting::Unknown);
        assert_eq!(reason(national.clone(), &national), Some(Reason::DuplicateResource));
        let next_year = HonourCount { period: Period::parse("2026").unwrap(), ..national.clone() };
        assert_eq!(reason(national, &next_year), None);
    }

    #[test]
    fn counts_are_not_added_while_the_nesting_is_unknown() {
        let national = count(National, 21, Nesting::Unknown);
        let unknown = [national.clone(), count(Provincial, 31, Nesting::Unknown)];
        assert_eq!(summary(&unknown), (None, 31, 52));
        let included = [national.clone(), count(Provincial, 31, Nesting::IncludesNational)];
        assert_eq!(summary(&included), (Some(31), 31, 31));
        let excluded = [national, count(Provincial, 31, Nesting::ExcludesNational)];
        assert_eq!(summary(&excluded), (Some(52), 52, 52));
    }

    #[test]
    fn lists_give_the_number_of_distinct_units_without_a_stated_nesting() {
        let national = with_units(National, &["甲", "乙"], Nesting::Unknown);
        let provincial = with_units(Provincial, &["乙", "丙"], Nesting::Unknown);
        assert_eq!(summary(&[national, provincial]), (Some(3), 3, 3));
    }

    #[test]
    fn the_latest_count_stands_for_its_level_and_an_older_nesting_says_nothing_about_it() {
        let older = count(Provincial, 31, Nesting::IncludesNational);
        let newer = HonourCount { period: Period::parse("2025-12").unwrap(), ..count(National, 25, Nesting::Unknown) };
        let counts = [count(National, 21, Nesting::Unknown), older, newer];
        assert_eq!(summary(&counts), (None, 31, 56));
    }

    #[test]
    fn a_missing_level_is_missing_and_not_zero() {
        let none = summarize(&taiyuan(), HonourKind::Park, &[]);
        assert_eq!((none.national, none.provincial, none.distinct), (None, None, None));
        let one = summarize(&taiyuan(), HonourKind::Factory, &[count(National, 21, Nesting::Unknown)]);
        assert_eq!((one.national, one.provincial, one.distinct), (Some(21), None, None));
    }

    fn record(count: u32, units: &[&str]) -> wire::GreenHonourCount {
        wire::GreenHonourCount {
            region: "140100".to_owned(),
            period: Some(contracts::common::v1::Period { value: "2025-06-10".to_owned(), assumed: true }),
            kind: wire::GreenHonourKind::Factory.into(),
            level: wire::HonourLevel::National.into(),
            count,
            units: units.iter().map(|unit| (*unit).to_owned()).collect(),
            ..Default::default()
        }
    }

    fn faults(record: &wire::GreenHonourCount) -> Vec<(String, Reason)> {
        let faults = HonourCount::read(record, Fields::stored()).err().unwrap_or_default();
        faults.into_iter().map(|fault| (fault.field, fault.reason)).collect()
    }

    #[test]
    fn a_list_has_as_many_units_as_the_count_each_once() {
        assert_eq!(faults(&record(21, &[])), []);
        assert_eq!(faults(&record(2, &["甲", "乙"])), []);
        assert_eq!(faults(&record(3, &["甲", "乙"])), [("units".to_owned(), Reason::FieldInvalid)]);
        assert_eq!(faults(&record(2, &["甲", "甲"])), [("units[1]".to_owned(), Reason::FieldInvalid)]);
    }

    #[test]
    fn only_a_provincial_count_says_how_it_nests() {
        let national = wire::GreenHonourCount { nesting: wire::Nesting::IncludesNational.into(), ..record(2, &[]) };
        assert_eq!(faults(&national), [("nesting".to_owned(), Reason::NestedCountInvalid)]);
        let provincial = wire::GreenHonourCount { level: wire::HonourLevel::Provincial.into(), ..national };
        assert_eq!(faults(&provincial), []);
    }
}
