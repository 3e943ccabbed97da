//! Reads the fields of a department's record into domain types, and collects every fault on the way.
//!
//! A record is read twice in its life: when somebody submits it ([`Fields::checking`]: the tables, the owned regions and
//! the calendar are asked too) and when a later submission is compared with it ([`Fields::stored`]: the form only, because
//! a record that was accepted stays valid when a region is abolished).

use contracts::common::v1 as wire;
use domain::{
    DepartmentId, IndicatorCode, Level, Money, OwnedRegions, Period, Quantity, Reason, RegionCode, ResourceName,
    RuleContext, Text, Violation, Violations,
};

use crate::convert::{Reader, common};

/// Longest title, in characters.
const MAX_TITLE: usize = 200;
/// Longest free text, in characters.
const MAX_WORDS: usize = 4000;
/// Most supporting documents of one record.
const MAX_EVIDENCE: usize = 100;

/// How a period stands to today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// A figure about the whole period: the period must be over.
    Over,
    /// Something that began in the period and goes on: the period must have begun.
    Begun,
}

/// A supporting text that says who reported a record and what it rests on; the same in every department's records.
#[derive(Clone, Copy, Debug)]
pub struct SourceFields<'a> {
    /// Who sent it.
    pub reporting_party: &'a str,
    /// 数源部门.
    pub source_department: &'a str,
    /// Supporting documents.
    pub evidence: &'a [wire::Evidence],
    /// The sentence it was taken from.
    pub citation: Option<&'a wire::Citation>,
    /// Remark.
    pub note: &'a str,
}

/// Reads fields and collects faults. Every reader answers `None` for a faulty field and goes on.
#[derive(Debug)]
pub struct Fields<'a> {
    tables: Option<&'a RuleContext<'a>>,
    faults: Violations,
}

impl<'a> Fields<'a> {
    /// Reads a submission: form, tables, owned regions, calendar.
    #[must_use]
    pub fn checking(tables: &'a RuleContext<'a>) -> Self {
        Self { tables: Some(tables), faults: Violations::new() }
    }

    /// Reads what was accepted before: form only.
    #[must_use]
    pub fn stored() -> Self {
        Self { tables: None, faults: Violations::new() }
    }

    /// The record, or every fault.
    ///
    /// # Errors
    /// The faults. A record that could not be put together always comes with at least one.
    pub fn finish<T>(self, record: Option<T>) -> Result<T, Violations> {
        match (self.faults.is_empty(), record) {
            (true, Some(record)) => Ok(record),
            (true, None) => Err(Violation::new(
                "",
                Reason::FieldRequired,
                "",
                Text::new("记录不完整", "the record is incomplete"),
                Text::new("请补齐必填项", "fill in the required fields"),
            )
            .into()),
            (false, _) => Err(self.faults),
        }
    }

    /// Adds a fault of a rule of the department.
    pub fn fault(&mut self, violation: Violation) {
        self.faults.push(violation);
    }

    /// Adds the fault of an empty required field.
    pub fn missing(&mut self, field: &str) {
        self.reader().missing(field);
    }

    /// A required name of a thing.
    pub fn title(&mut self, field: &str, text: &str) -> Option<String> {
        if text.trim().is_empty() {
            self.missing(field);
            return None;
        }
        self.bounded(field, text, MAX_TITLE).then(|| text.trim().to_owned())
    }

    /// Free text that may be empty.
    pub fn words(&mut self, field: &str, text: &str) {
        self.bounded(field, text, MAX_WORDS);
    }

    /// A region of one of these levels that the node owns.
    pub fn region(&mut self, field: &str, code: &str, levels: &[Level]) -> Option<RegionCode> {
        if code.is_empty() {
            self.missing(field);
            return None;
        }
        let Ok(parsed) = RegionCode::parse(code) else {
            self.unknown_region(field, code);
            return None;
        };
        let Some(tables) = self.tables else { return Some(parsed) };
        let Some(region) = tables.regions.get(&parsed).filter(|region| region.in_force(tables.today)) else {
            self.unknown_region(field, code);
            return None;
        };
        if !levels.contains(&region.level) {
            self.fault(
                Violation::new(
                    field,
                    Reason::RegionLevelMismatch,
                    format!("{code} {}", region.name_zh),
                    Text::new(
                        format!("{}属于{}，级别不符", region.name_zh, region.level.zh()),
                        format!("{code} is a {}, which does not fit here", region.level.en()),
                    ),
                    Text::new("请填所列级别的区划代码", "give a code of a level that is listed"),
                )
                .allowing(levels.iter().map(|level| level.zh())),
            );
            return None;
        }
        if let OwnedRegions::Only(own) = &tables.owned
            && !tables.regions.is_within(&parsed, own)
        {
            self.fault(
                Violation::new(
                    field,
                    Reason::RegionNotOwned,
                    code,
                    Text::new(
                        format!("本节点只登记{own}及其下辖区县的数据"),
                        format!("this node records {own} and its counties only"),
                    ),
                    Text::new("请向该地区自己的节点报送", "submit to that region's own node"),
                )
                .allowing([own]),
            );
            return None;
        }
        Some(parsed)
    }

    /// A required indicator of the catalogue.
    pub fn indicator(&mut self, field: &str, code: &str) -> Option<IndicatorCode> {
        if code.is_empty() {
            self.missing(field);
            return None;
        }
        let parsed = IndicatorCode::parse(code).ok();
        let known = |code: &IndicatorCode| self.tables.is_none_or(|tables| tables.catalogue.get(code).is_some());
        let parsed = parsed.filter(known);
        if parsed.is_none() {
            self.fault(Violation::new(
                field,
                Reason::IndicatorUnknown,
                code,
                Text::new("指标不在目录内", "not an indicator of the catalogue"),
                Text::new("请查 CatalogService.ListIndicators", "look it up with CatalogService.ListIndicators"),
            ));
        }
        parsed
    }

    /// The tables; none for what was accepted before.
    #[must_use]
    pub fn tables(&self) -> Option<&'a RuleContext<'a>> {
        self.tables
    }

    /// A required period.
    pub fn period(&mut self, field: &str, period: Option<&wire::Period>, timing: Timing) -> Option<Period> {
        let (parsed, _assumed) = common::period(&mut self.reader().at(field), period)?;
        let Some(tables) = self.tables else { return Some(parsed) };
        let early = match timing {
            Timing::Over => parsed.is_future(tables.today),
            // Without a known start only the end says when.
            Timing::Begun => parsed.start().unwrap_or_else(|| parsed.end()) > tables.today,
        };
        if early {
            let rule = match timing {
                Timing::Over => {
                    Text::new("期间尚未结束，不能填报其数值", "the period is not over, so there is no figure yet")
                }
                Timing::Begun => Text::new("期间尚未开始", "the period has not begun"),
            };
            self.fault(Violation::new(
                format!("{field}.value"),
                Reason::PeriodInFuture,
                parsed,
                rule,
                Text::new(
                    format!("请填截至今日（{}）的期间", tables.today),
                    format!("give a period up to today, {}", tables.today),
                ),
            ));
            return None;
        }
        Some(parsed)
    }

    /// One value of a closed list. `table` holds the contract's value, ours, and the name for people.
    pub fn choice<W, T>(&mut self, field: &str, raw: i32, table: &[(W, T, &str)]) -> Option<T>
    where
        W: Copy + Into<i32>,
        T: Copy,
    {
        if let Some((_, ours, _)) = table.iter().find(|(theirs, _, _)| (*theirs).into() == raw) {
            return Some(*ours);
        }
        let names = table.iter().map(|(_, _, name)| *name);
        if raw == 0 {
            self.fault(
                Violation::new(
                    field,
                    Reason::FieldRequired,
                    "",
                    Text::new("必填", "required"),
                    Text::new("请选一项", "choose one"),
                )
                .allowing(names),
            );
        } else {
            self.fault(
                Violation::new(
                    field,
                    Reason::FieldInvalid,
                    raw,
                    Text::new("不在代码表内", "not in the code list"),
                    Text::new("请选所列之一", "choose one that is listed"),
                )
                .allowing(names),
            );
        }
        None
    }

    /// A quantity that may be left out.
    pub fn quantity(&mut self, field: &str, quantity: Option<&wire::Quantity>) -> Option<Quantity> {
        common::quantity(&mut self.reader().at(field), quantity)
    }

    /// An amount of money that may be left out.
    pub fn money(&mut self, field: &str, money: Option<&wire::Money>) -> Option<Money> {
        let (money, _entered) = common::money(&mut self.reader().at(field), Some(money?))?;
        Some(money)
    }

    /// The name of another record of this department that may be left out.
    pub fn reference(
        &mut self,
        field: &str,
        name: &str,
        department: &DepartmentId,
        collection: &str,
    ) -> Option<ResourceName> {
        if name.is_empty() {
            return None;
        }
        let parsed = ResourceName::parse(name)
            .ok()
            .filter(|parsed| parsed.department() == department && parsed.collection() == collection);
        if parsed.is_none() {
            self.fault(
                Violation::new(
                    field,
                    Reason::FieldInvalid,
                    name,
                    Text::new("不是本单位该类记录的名称", "not the name of such a record of this department"),
                    Text::new("请填所列形式的名称", "give a name of the listed form"),
                )
                .allowing([format!("{}/{collection}/{{id}}", department.parent())]),
            );
        }
        parsed
    }

    /// Who reported it and what it rests on.
    pub fn source(&mut self, source: SourceFields<'_>) {
        let SourceFields { reporting_party, source_department, evidence, citation, note } = source;
        self.bounded("reporting_party", reporting_party, MAX_TITLE);
        self.bounded("source_department", source_department, MAX_TITLE);
        self.words("note", note);
        if let Some(wire::Citation { document, fact, quote }) = citation {
            if document.trim().is_empty() {
                self.missing("citation.document");
            }
            self.bounded("citation.document", document, MAX_TITLE);
            self.bounded("citation.fact", fact, MAX_TITLE);
            self.words("citation.quote", quote);
        }
        if evidence.len() > MAX_EVIDENCE {
            self.too_long("evidence", evidence.len(), MAX_EVIDENCE);
        }
        common::evidence(&mut self.reader(), "evidence", evidence);
    }

    /// A claim that needs at least one supporting document.
    pub fn needs_evidence(&mut self, claim: &Text, evidence: &[wire::Evidence]) {
        if evidence.is_empty() {
            self.fault(Violation::new(
                "evidence",
                Reason::EvidenceRequired,
                "",
                Text::new(format!("{}须有佐证材料", claim.zh), format!("{} needs a supporting document", claim.en)),
                Text::new("请附文件名称和文号", "give the title and number of the document"),
            ));
        }
    }

    fn reader(&mut self) -> Reader<'_> {
        Reader::new(&mut self.faults)
    }

    fn unknown_region(&mut self, field: &str, code: &str) {
        self.fault(Violation::new(
            field,
            Reason::RegionUnknown,
            code,
            Text::new("不是现行行政区划代码", "not a division code in force (GB/T 2260)"),
            Text::new("请查 CatalogService.ListRegions", "look it up with CatalogService.ListRegions"),
        ));
    }

    fn bounded(&mut self, field: &str, text: &str, most: usize) -> bool {
        let length = text.chars().count();
        if length > most {
            self.too_long(field, length, most);
        }
        length <= most
    }

    fn too_long(&mut self, field: &str, length: usize, most: usize) {
        self.fault(Violation::new(
            field,
            Reason::FieldInvalid,
            length,
            Text::new(format!("过长，至多{most}"), format!("too long, at most {most}")),
            Text::new("请缩短", "shorten it"),
        ));
    }
}
