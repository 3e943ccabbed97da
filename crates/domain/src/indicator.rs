//! The indicator catalogue: definitions as data, versioned, with the names a source may and may not use for each.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    labelled::labelled,
    name::IndicatorCode,
    observation::Scope,
    text::Text,
    unit::{Dimension, Unit},
};

/// Version of the seed catalogue. The full table of 环固体〔2021〕114号 was not at hand when it was made: names, stars and
/// denominators are partly from memory, which each row states, so the version says so too.
pub const CATALOGUE_VERSION: &str = "MEE-2021/unverified";

labelled! {
    /// Kind of value.
    ValueType {
        /// A share in percent, 0–100.
        Ratio = "ratio", "比率", "ratio";
        /// Mass per value added.
        Intensity = "intensity", "强度", "intensity";
        /// An amount.
        Amount = "amount", "总量", "amount";
        /// A number of things.
        Count = "count", "数量", "count";
        /// A decline against a base period in percent; may be negative.
        DeclineRate = "decline_rate", "下降幅度", "rate of decline";
        /// A growth against an earlier period in percent; may be negative or above 100.
        GrowthRate = "growth_rate", "增长率", "rate of growth";
        /// A survey result in percent.
        Survey = "survey", "抽样调查", "survey";
        /// Judged by evidence; no number.
        Qualitative = "qualitative", "定性", "qualitative";
    }
}

impl ValueType {
    /// True for growth and decline: these may be negative or, for growth, above 100.
    #[must_use]
    pub const fn may_be_negative_or_over_100(self) -> bool {
        matches!(self, Self::DeclineRate | Self::GrowthRate)
    }
}

labelled! {
    /// Which way is better.
    Direction {
        /// More is better.
        HigherBetter = "higher_better", "越高越好", "higher is better";
        /// Less is better.
        LowerBetter = "lower_better", "越低越好", "lower is better";
        /// Judged by evidence.
        Qualitative = "qualitative", "定性", "qualitative";
    }
}

/// A name that a source may not use for an indicator, because it is another statistic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcludedLabel {
    /// The name.
    pub label: String,
    /// Why it is another statistic.
    pub why: Text,
    /// Where it belongs, for example an indicator code; empty when nowhere.
    pub report_as: String,
}

/// An indicator's definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndicatorDefinition {
    /// Stable code.
    pub code: IndicatorCode,
    /// Ordinal in its table, as recalled.
    pub ordinal: u32,
    /// Indicator system, for example `MEE-2021`.
    pub system: String,
    /// How far the row could be confirmed.
    pub row_status: String,
    /// First-level code, for example `A`.
    pub level1_code: String,
    /// First-level name.
    pub level1: Text,
    /// Second-level code, for example `A1`.
    pub level2_code: String,
    /// Second-level name.
    pub level2: Text,
    /// Name.
    pub name: Text,
    /// Unit in which values are kept; [`Unit::NONE`] for qualitative ones.
    pub unit: Unit,
    /// Kind of value.
    pub value_type: ValueType,
    /// ★: mandatory.
    pub mandatory: bool,
    /// Which way is better.
    pub direction: Direction,
    /// Formula in words.
    pub formula: String,
    /// Numerator in words; empty when there is none.
    pub numerator: String,
    /// Denominator in words; empty when there is none.
    pub denominator: String,
    /// numerator ÷ denominator × multiplier = value; none without a formula.
    pub multiplier: Option<Decimal>,
    /// Departments that hold the data, in words.
    pub data_sources: String,
    /// Codes of those departments.
    pub owner_departments: Vec<String>,
    /// Reference value in words; empty when there is none.
    pub reference_value: String,
    /// Source of the reference value.
    pub reference_source: String,
    /// How far the name could be confirmed.
    pub name_status: String,
    /// How far the ★ could be confirmed.
    pub star_status: String,
    /// How far the formula could be confirmed.
    pub formula_status: String,
    /// Confidence in what is from memory.
    pub confidence: String,
    /// Page that confirms the row.
    pub source_url: String,
    /// Facts of the letter about it.
    pub letter_facts: Vec<String>,
    /// What goes wrong with it.
    pub caution: String,
    /// Scopes that it may be reported for; empty means every scope that fits the region's level.
    pub scopes: Vec<Scope>,
    /// Names that mean this statistic, beside its own.
    pub accepted_labels: Vec<String>,
    /// Names that mean another one.
    pub excluded_labels: Vec<ExcludedLabel>,
}

impl IndicatorDefinition {
    /// True for indicators that are judged by evidence.
    #[must_use]
    pub fn is_qualitative(&self) -> bool {
        self.value_type == ValueType::Qualitative
    }

    /// True when the definition is a numerator ÷ denominator.
    #[must_use]
    pub fn has_parts(&self) -> bool {
        !self.numerator.is_empty() && !self.denominator.is_empty()
    }

    /// Unit of the numerator, as the brackets at the end of its words say; none where they name no unit of the table.
    #[must_use]
    pub fn numerator_unit(&self) -> Option<Unit> {
        part_unit(&self.numerator)
    }

    /// Unit of the denominator; as [`Self::numerator_unit`].
    #[must_use]
    pub fn denominator_unit(&self) -> Option<Unit> {
        part_unit(&self.denominator)
    }

    /// True when the value is a percentage.
    #[must_use]
    pub fn is_percentage(&self) -> bool {
        self.unit.dimension() == Dimension::Ratio
    }
}

/// A fault of a catalogue file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file} 第{line}行：{problem}")]
pub struct CatalogueError {
    /// Which file: `indicators`, `supplementary` or `labels`.
    pub file: &'static str,
    /// Line, from 1.
    pub line: u64,
    /// What is wrong.
    pub problem: String,
}

/// The definitions in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    version: String,
    definitions: BTreeMap<IndicatorCode, IndicatorDefinition>,
}

#[derive(Deserialize)]
struct Row {
    indicator_no: u32,
    indicator_code: String,
    system_version: String,
    row_status: String,
    level1_code: String,
    level1_zh: String,
    level1_en: String,
    level2_code: String,
    level2_zh: String,
    level2_en: String,
    name_zh: String,
    name_en: String,
    unit: String,
    value_type: String,
    mandatory: bool,
    direction: String,
    formula_zh: String,
    numerator_zh: String,
    denominator_zh: String,
    multiplier: Option<Decimal>,
    data_source_zh: String,
    owner_dept_codes: String,
    reference_value_zh: String,
    reference_source: String,
    name_status: String,
    star_status: String,
    formula_status: String,
    memory_confidence: String,
    source_url: String,
    letter_fact_ids: String,
    caution_zh: String,
    #[serde(default)]
    scopes: String,
}

#[derive(Deserialize)]
struct LabelRow {
    indicator_code: String,
    kind: LabelKind,
    label: String,
    why_zh: String,
    why_en: String,
    report_as: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum LabelKind {
    Accepted,
    Excluded,
}

impl Catalogue {
    /// Reads the catalogue from the texts of its three files: the official table, the indicators that cities chose beside
    /// it (same columns and an optional `scopes`), and the accepted and excluded names.
    ///
    /// # Errors
    /// The first row that cannot be read, an unknown unit, kind, direction or scope, a duplicate code, or a name of an
    /// indicator that neither table has.
    pub fn from_csv(indicators: &str, supplementary: &str, labels: &str) -> Result<Self, CatalogueError> {
        let mut definitions = BTreeMap::new();
        for (file, text) in [("indicators", indicators), ("supplementary", supplementary)] {
            for (line, row) in rows::<Row>(file, text)? {
                let definition = row.parse().map_err(|problem| CatalogueError { file, line, problem })?;
                let code = definition.code.clone();
                if definitions.insert(code.clone(), definition).is_some() {
                    return Err(CatalogueError { file, line, problem: format!("指标代码 {code} 重复") });
                }
            }
        }
        let file = "labels";
        for (line, row) in rows::<LabelRow>(file, labels)? {
            let definition =
                IndicatorCode::parse(&row.indicator_code).ok().and_then(|code| definitions.get_mut(&code)).ok_or_else(
                    || CatalogueError { file, line, problem: format!("没有指标 {}", row.indicator_code) },
                )?;
            match row.kind {
                LabelKind::Accepted => definition.accepted_labels.push(row.label),
                LabelKind::Excluded => definition.excluded_labels.push(ExcludedLabel {
                    label: row.label,
                    why: Text::new(row.why_zh, row.why_en),
                    report_as: row.report_as,
                }),
            }
        }
        Ok(Self { version: CATALOGUE_VERSION.to_owned(), definitions })
    }

    /// Version of the catalogue.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// A definition by its code.
    #[must_use]
    pub fn get(&self, code: &IndicatorCode) -> Option<&IndicatorDefinition> {
        self.definitions.get(code)
    }

    /// Every definition, in the order of codes.
    pub fn iter(&self) -> impl Iterator<Item = &IndicatorDefinition> {
        self.definitions.values()
    }

    /// The mandatory (★) definitions, in the order of codes.
    pub fn mandatory(&self) -> impl Iterator<Item = &IndicatorDefinition> {
        self.definitions.values().filter(|definition| definition.mandatory)
    }

    /// The definition with this name, the search for the way out of a mix-up.
    #[must_use]
    pub fn by_name(&self, name_zh: &str) -> Option<&IndicatorDefinition> {
        self.definitions.values().find(|definition| definition.name.zh == name_zh)
    }
}

impl Row {
    fn parse(self) -> Result<IndicatorDefinition, String> {
        let scopes = list(&self.scopes)
            .iter()
            .map(|code| Scope::from_code(code).ok_or_else(|| format!("范围 {code:?} 无效")))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(IndicatorDefinition {
            code: IndicatorCode::parse(&self.indicator_code).map_err(|error| error.to_string())?,
            ordinal: self.indicator_no,
            system: self.system_version,
            row_status: self.row_status,
            level1_code: self.level1_code,
            level1: Text::new(self.level1_zh, self.level1_en),
            level2_code: self.level2_code,
            level2: Text::new(self.level2_zh, self.level2_en),
            name: Text::new(self.name_zh, self.name_en),
            unit: Unit::parse(&self.unit).map_err(|error| error.to_string())?,
            value_type: ValueType::from_code(&self.value_type)
                .ok_or_else(|| format!("数值类型 {:?} 无效", self.value_type))?,
            mandatory: self.mandatory,
            direction: Direction::from_code(&self.direction)
                .ok_or_else(|| format!("方向 {:?} 无效", self.direction))?,
            formula: self.formula_zh,
            numerator: self.numerator_zh,
            denominator: self.denominator_zh,
            multiplier: self.multiplier,
            data_sources: self.data_source_zh,
            owner_departments: list(&self.owner_dept_codes),
            reference_value: self.reference_value_zh,
            reference_source: self.reference_source,
            name_status: self.name_status,
            star_status: self.star_status,
            formula_status: self.formula_status,
            confidence: self.memory_confidence,
            source_url: self.source_url,
            letter_facts: list(&self.letter_fact_ids),
            caution: self.caution_zh,
            scopes,
            accepted_labels: Vec::new(),
            excluded_labels: Vec::new(),
        })
    }
}

fn rows<T: serde::de::DeserializeOwned>(file: &'static str, text: &str) -> Result<Vec<(u64, T)>, CatalogueError> {
    let fault = |error: csv::Error| CatalogueError {
        file,
        line: error.position().map_or(0, csv::Position::line),
        problem: error.to_string(),
    };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(fault)?.clone();
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.map_err(fault)?;
        let row = record.deserialize(Some(&headers)).map_err(fault)?;
        found.push((record.position().map_or(0, csv::Position::line), row));
    }
    Ok(found)
}

/// The unit of `生活垃圾产生量（万吨）` and of `污泥量（吨，含水率口径须注明）`: what the last brackets begin with.
fn part_unit(words: &str) -> Option<Unit> {
    let (_, inside) = words.rsplit_once('（')?;
    let inside = inside.split(['）', '，']).next()?;
    Unit::parse(inside).ok().filter(|unit| *unit != Unit::NONE)
}

fn list(text: &str) -> Vec<String> {
    text.split(';').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}
