//! One figure with everything that makes it citable.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    labelled::labelled,
    name::{IndicatorCode, RegionCode},
    period::Period,
    provenance::{Citation, Evidence},
    unit::{Quantity, Unit},
};

labelled! {
    /// Tells an achieved value from a target and a base-period value.
    Measure {
        /// Achieved.
        Actual = "actual", "实际值", "actual";
        /// Target of the region's own plan.
        Target = "target", "目标值", "target";
        /// Base-period value.
        Baseline = "baseline", "基期值", "baseline";
    }
}

labelled! {
    /// How the printed number bounds the real one.
    Qualifier {
        /// A point value.
        Equal = "eq", "=", "=";
        /// A lower bound (“以上”): never a point value.
        AtLeast = "ge", "≥", "≥";
        /// An upper bound (“以下”, “不高于”).
        AtMost = "le", "≤", "≤";
        /// An approximation (“约”).
        About = "approx", "≈", "≈";
    }
}

labelled! {
    /// Coverage of a figure inside its region; part of the key, because 主城区 100 % is not 全市 100 %.
    Scope {
        /// The whole city.
        WholeCity = "whole-city", "全市", "whole city";
        /// The main urban area.
        MainUrban = "main-urban", "主城区", "main urban area";
        /// One county-level division.
        County = "county", "县区", "county-level division";
        /// The whole province.
        Province = "province", "全省", "whole province";
        /// Units in actual operation in the whole city, not those on file.
        WholeCityOperating = "whole-city-operating", "全市实际经营", "in actual operation in the whole city";
        /// The source does not say; accepted in old data only, refused in a submission.
        Unstated = "unstated", "未注明", "not stated";
    }
}

labelled! {
    /// SDMX code list CL_OBS_STATUS version 2.2, as far as it is used here. Missing, zero and not applicable are three
    /// different things: a zero is a normal value.
    ObservationStatus {
        /// A, “Normal value”.
        Normal = "A", "正常值", "normal value";
        /// E, “Estimated value”: obtained by an estimation method.
        Estimated = "E", "估计值", "estimated value";
        /// P, “Provisional value”: expected to be revised.
        Provisional = "P", "暂定值", "provisional value";
        /// M, “Missing value; data cannot exist”: the phenomenon does not occur there. Used for not applicable.
        NotApplicable = "M", "不适用", "not applicable";
        /// L, “Missing value; data exist but were not collected”.
        NotCollected = "L", "未采集", "not collected";
        /// O, “Missing value”: no further reason given.
        Missing = "O", "缺报", "missing";
    }
}

impl ObservationStatus {
    /// True when there must be no value.
    #[must_use]
    pub const fn is_missing(self) -> bool {
        match self {
            Self::Normal | Self::Estimated | Self::Provisional => false,
            Self::NotApplicable | Self::NotCollected | Self::Missing => true,
        }
    }
}

/// Natural key of a figure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObservationKey {
    /// Indicator.
    pub indicator: IndicatorCode,
    /// Region.
    pub region: RegionCode,
    /// Period.
    pub period: Period,
    /// Scope.
    pub scope: Scope,
    /// Measure.
    pub measure: Measure,
}

impl ObservationKey {
    /// The resource id, for example `zwc2021-26--140100--2025--whole-city--actual`. Two keys never share one, because no
    /// part contains a double hyphen.
    #[must_use]
    pub fn id(&self) -> String {
        format!(
            "{}--{}--{}--{}--{}",
            self.indicator.as_str().to_ascii_lowercase(),
            self.region,
            self.period.id_part(),
            self.scope.code(),
            self.measure.code()
        )
    }
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// What it is a figure of.
    pub key: ObservationKey,
    /// The value as reported, in [`Self::unit`]; none when missing or qualitative.
    pub value: Option<Decimal>,
    /// Answer to a qualitative indicator, in words.
    pub text_value: Option<String>,
    /// Unit of the value; [`Unit::NONE`] when there is no value.
    pub unit: Unit,
    /// How the number bounds the real one.
    pub qualifier: Qualifier,
    /// Status.
    pub status: ObservationStatus,
    /// Numerator of a ratio, in the unit of the catalogue's definition.
    pub numerator: Option<Decimal>,
    /// Denominator of a ratio, in the unit of the catalogue's definition.
    pub denominator: Option<Decimal>,
    /// The value in the indicator's own unit; filled in by [`crate::rules::check_observation`].
    pub canonical_value: Option<Decimal>,
    /// True when the source does not state the period and the reporter assumed it.
    pub period_assumed: bool,
    /// True when the source does not state the scope and the reporter assumed it.
    pub scope_assumed: bool,
    /// The statistic's name as the source has it; empty when it was not given.
    pub reported_label: String,
    /// Who sent it.
    pub reporting_party: String,
    /// 数源部门: the department that fixes the value (政务数据共享条例, Order 809).
    pub source_department: String,
    /// Supporting documents.
    pub evidence: Vec<Evidence>,
    /// The sentence it was taken from.
    pub citation: Option<Citation>,
    /// Remark; empty when there is none.
    pub note: String,
}

impl Observation {
    /// A normal point value with nothing else known about it; the caller fills in the rest.
    #[must_use]
    pub fn new(key: ObservationKey, value: Decimal, unit: Unit) -> Self {
        Self {
            key,
            value: Some(value),
            text_value: None,
            unit,
            qualifier: Qualifier::Equal,
            status: ObservationStatus::Normal,
            numerator: None,
            denominator: None,
            canonical_value: None,
            period_assumed: false,
            scope_assumed: false,
            reported_label: String::new(),
            reporting_party: String::new(),
            source_department: String::new(),
            evidence: Vec::new(),
            citation: None,
            note: String::new(),
        }
    }

    /// The value with its unit; none when there is no value.
    #[must_use]
    pub fn quantity(&self) -> Option<Quantity> {
        self.value.map(|value| Quantity::new(value, self.unit))
    }
}
