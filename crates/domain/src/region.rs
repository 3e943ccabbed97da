//! Administrative divisions (GB/T 2260) with the dates they are in force.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{labelled::labelled, name::RegionCode};

labelled! {
    /// Level of a division.
    Level {
        /// Province.
        Province = "province", "省级", "province";
        /// Prefecture-level city.
        Prefecture = "prefecture", "设区市", "prefecture-level city";
        /// County, district or county-level city.
        County = "county", "县区", "county-level division";
    }
}

/// A division.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// Six-digit code.
    pub code: RegionCode,
    /// Chinese name.
    pub name_zh: String,
    /// English name; empty when none was agreed.
    pub name_en: String,
    /// Level.
    pub level: Level,
    /// The division above; none for the province.
    pub parent: Option<RegionCode>,
    /// First day in force; none when unknown.
    pub valid_from: Option<NaiveDate>,
    /// Last day in force; none when still in force.
    pub valid_to: Option<NaiveDate>,
}

impl Region {
    /// True when the division exists on that day.
    #[must_use]
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// A fault of the region file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("行政区划表第{line}行：{problem}")]
pub struct RegionTableError {
    /// Line of the file, from 1.
    pub line: u64,
    /// What is wrong.
    pub problem: String,
}

/// The divisions, by code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionTable {
    regions: BTreeMap<RegionCode, Region>,
}

#[derive(Deserialize)]
struct Row {
    code: String,
    name_zh: String,
    #[serde(default)]
    name_en: String,
    level: String,
    #[serde(default)]
    parent_code: String,
    #[serde(default)]
    valid_from: Option<NaiveDate>,
    #[serde(default)]
    valid_to: Option<NaiveDate>,
}

impl RegionTable {
    /// Reads the table: columns `code,name_zh,name_en,level,parent_code` and, if present, `valid_from,valid_to`.
    ///
    /// # Errors
    /// The first line that cannot be read, has an unknown level, a duplicate code or a parent that is not in the table.
    pub fn from_csv(text: &str) -> Result<Self, RegionTableError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let headers = reader.headers().map_err(|error| fault(1, error))?.clone();
        let mut regions = BTreeMap::new();
        let mut lines = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(|error| fault(error.position().map_or(0, csv::Position::line), &error))?;
            let line = record.position().map_or(0, csv::Position::line);
            let row: Row = record.deserialize(Some(&headers)).map_err(|error| fault(line, error))?;
            let code = RegionCode::parse(&row.code).map_err(|error| fault(line, error))?;
            let level =
                Level::from_code(&row.level).ok_or_else(|| fault(line, format!("级别 {:?} 无效", row.level)))?;
            let parent = match row.parent_code.as_str() {
                "" => None,
                parent => Some(RegionCode::parse(parent).map_err(|error| fault(line, error))?),
            };
            let region = Region {
                code: code.clone(),
                name_zh: row.name_zh,
                name_en: row.name_en,
                level,
                parent,
                valid_from: row.valid_from,
                valid_to: row.valid_to,
            };
            lines.insert(code.clone(), line);
            if regions.insert(code.clone(), region).is_some() {
                return Err(fault(line, format!("代码 {code} 重复")));
            }
        }
        let table = Self { regions };
        for region in table.regions.values() {
            let line = lines.get(&region.code).copied().unwrap_or(0);
            table.check_parent(region).map_err(|problem| fault(line, problem))?;
        }
        Ok(table)
    }

    /// A division by its code.
    #[must_use]
    pub fn get(&self, code: &RegionCode) -> Option<&Region> {
        self.regions.get(code)
    }

    /// Every division, in the order of codes.
    pub fn iter(&self) -> impl Iterator<Item = &Region> {
        self.regions.values()
    }

    /// The prefecture-level cities, in the order of codes.
    pub fn cities(&self) -> impl Iterator<Item = &Region> {
        self.regions.values().filter(|region| region.level == Level::Prefecture)
    }

    /// The divisions directly below one, in the order of codes.
    pub fn children<'a>(&'a self, code: &'a RegionCode) -> impl Iterator<Item = &'a Region> {
        self.regions.values().filter(move |region| region.parent.as_ref() == Some(code))
    }

    /// True when `code` is `ancestor` or lies below it. False for codes that are not in the table.
    #[must_use]
    pub fn is_within(&self, code: &RegionCode, ancestor: &RegionCode) -> bool {
        let mut next = self.regions.get(code);
        while let Some(region) = next {
            if &region.code == ancestor {
                return true;
            }
            next = region.parent.as_ref().and_then(|parent| self.regions.get(parent));
        }
        false
    }

    fn check_parent(&self, region: &Region) -> Result<(), String> {
        let above = match &region.parent {
            None => None,
            Some(code) => {
                let parent = self.regions.get(code).ok_or_else(|| format!("上级代码 {code} 不在表内"))?;
                Some(parent.level)
            }
        };
        let fits = match region.level {
            Level::Province => above.is_none(),
            Level::Prefecture => above == Some(Level::Province),
            Level::County => above == Some(Level::Prefecture),
        };
        if fits { Ok(()) } else { Err(format!("{} 的上级不是上一级行政区", region.code)) }
    }
}

fn fault(line: u64, problem: impl ToString) -> RegionTableError {
    RegionTableError { line, problem: problem.to_string() }
}
