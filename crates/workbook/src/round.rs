//! A round of reporting: what a template is made from and what a filled one is read against.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::{
    Catalogue, DepartmentId, IndicatorCode, IndicatorDefinition, Level, OwnedRegions, Period, Quantity, Region,
    RegionCode, RegionTable, RuleContext, Scope, admissible_scopes,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Version of the template's layout, kept in its hidden sheet. Raised when a filled sheet of an older version can no longer
/// be read by the names of its columns; [`OLDEST_VERSION`] says how far back that still works.
pub const TEMPLATE_VERSION: u32 = 1;
/// The oldest version that is read.
pub(crate) const OLDEST_VERSION: u32 = 1;

/// The value that was reported last, to compare with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastValue {
    /// The value with its unit.
    pub quantity: Quantity,
    /// The period it is for.
    pub period: Period,
}

/// The last values, by indicator, region and scope.
pub type LastValues = BTreeMap<(IndicatorCode, RegionCode, Scope), LastValue>;

/// A round for one department.
#[derive(Clone, Debug)]
pub struct Round<'a> {
    /// Definitions.
    pub catalogue: &'a Catalogue,
    /// Divisions.
    pub regions: &'a RegionTable,
    /// The period that is reported.
    pub period: Period,
    /// Who reports.
    pub department: DepartmentId,
    /// Today where the department is.
    pub today: NaiveDate,
    /// What was reported last; may be empty.
    pub last: LastValues,
    /// True when the last values are synthetic (模拟数据): the workbook then says so.
    pub synthetic: bool,
}

impl<'a> Round<'a> {
    /// A round without last values.
    #[must_use]
    pub fn new(
        catalogue: &'a Catalogue,
        regions: &'a RegionTable,
        period: Period,
        department: DepartmentId,
        today: NaiveDate,
    ) -> Self {
        Self { catalogue, regions, period, department, today, last: LastValues::new(), synthetic: false }
    }

    /// What the rules of [`domain`] look things up in.
    pub(crate) fn rules(&self) -> RuleContext<'a> {
        let owned = self.department.city_region().map_or(OwnedRegions::All, OwnedRegions::Only);
        RuleContext { catalogue: self.catalogue, regions: self.regions, owned, today: self.today }
    }

    /// The region of a city's department; the province for a provincial one.
    pub(crate) fn home(&self) -> Option<&'a Region> {
        match self.department.city_region() {
            Some(code) => self.regions.get(&code),
            None => self.regions.iter().find(|region| region.level == Level::Province),
        }
    }

    /// The regions that the department may report for, its own first.
    pub(crate) fn choices(&self) -> Vec<&'a Region> {
        let home = self.home();
        let below = self.regions.iter().filter(|region| {
            home.is_some_and(|home| home.code != region.code && self.regions.is_within(&region.code, &home.code))
        });
        home.into_iter().chain(below).collect()
    }

    /// The indicators that the department reports: all of them for a city, those of its own field for a department of the
    /// province, all where the catalogue's codes name it nowhere.
    #[must_use]
    pub fn indicators(&self) -> Vec<&'a IndicatorDefinition> {
        let code = match self.department.as_str() {
            "ecology" => Some("EEB"),
            "commerce" => Some("COM"),
            "scitech" => Some("STB"),
            _ => None,
        };
        let of = |definition: &&IndicatorDefinition| {
            code.is_none_or(|code| definition.owner_departments.iter().any(|owner| owner == code))
        };
        self.catalogue.iter().filter(of).collect()
    }

    /// The scopes to choose from in a region.
    pub(crate) fn scopes(&self, definition: &IndicatorDefinition, region: &RegionCode) -> Vec<Scope> {
        self.regions.get(region).map_or_else(Vec::new, |region| admissible_scopes(definition, region.level))
    }

    /// SHA-256 of what the definitions and regions say, so that a template tells which catalogue it was made from.
    #[must_use]
    pub fn catalogue_digest(&self) -> String {
        let mut hash = Sha256::new();
        for definition in self.catalogue.iter() {
            let IndicatorDefinition { code, name, unit, formula, numerator, denominator, multiplier, scopes, .. } =
                definition;
            let multiplier = multiplier.map(|value| value.normalize().to_string()).unwrap_or_default();
            let scopes: Vec<_> = scopes.iter().map(|scope| scope.code()).collect();
            let scopes = scopes.join(";");
            for part in [
                code.as_str(),
                &name.zh,
                unit.code(),
                definition.value_type.code(),
                formula,
                numerator,
                denominator,
                &multiplier,
                &scopes,
            ] {
                hash.update(part.as_bytes());
                hash.update([0x1f]);
            }
            hash.update([0x1e]);
        }
        for region in self.regions.iter() {
            hash.update(region.code.as_str().as_bytes());
            hash.update(region.name_zh.as_bytes());
            hash.update([0x1e]);
        }
        hex::encode(hash.finalize())
    }
}
