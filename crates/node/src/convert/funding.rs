//! Funding lines, projects and groups.

use contracts::funding::v1 as wire;
use domain::{
    FundSource, FundingLine, FundingProject, FundingStage, FundingSubject, ProjectGroup, Reason, Recorded, ResourceName,
};

use super::{
    Reader,
    common::{self, EntrySource},
};

/// Collection of funding lines.
pub const LINES: &str = "fundingLines";
/// Collection of projects.
pub const PROJECTS: &str = "fundingProjects";
/// Collection of groups.
pub const GROUPS: &str = "fundingGroups";

/// Reads a funding line. `None` when a part of it cannot be read; the faults say which.
pub fn read_line(
    reader: &mut Reader<'_>,
    line_name: Option<ResourceName>,
    message: Option<wire::FundingLine>,
) -> Option<FundingLine> {
    let Some(message) = message else {
        reader.missing("");
        return None;
    };
    let wire::FundingLine {
        name: _,
        subject,
        stage,
        source,
        source_detail,
        amount,
        budget_year,
        period,
        basis,
        split_of,
        moved_from,
        reporting_party,
        source_department,
        evidence,
        citation,
        note,
        record: _,
    } = message;
    let before = reader.fault_count();
    let subject = read_subject(reader, subject);
    let stage = read_stage(reader, stage);
    let source = read_source(reader, source);
    let amount = common::money(&mut reader.at("amount"), amount.as_ref());
    let period = common::period(&mut reader.at("period"), period.as_ref());
    let basis = common::basis(&mut reader.at("basis"), basis.as_ref());
    let split_of = optional_line(reader, "split_of", &split_of);
    let moved_from = optional_line(reader, "moved_from", &moved_from);
    let evidence = common::evidence(reader, "evidence", &evidence);
    if budget_year != 0 && !(1949..=2999).contains(&budget_year) {
        let action = ("请填四位年份；不详填0", "give a year, or 0 when it is not known");
        reader.fault("budget_year", Reason::FieldInvalid, budget_year, ("预算年度无效", "no budget year"), action);
    }
    if reader.fault_count() > before {
        return None;
    }
    let (amount, entered) = amount?;
    let (period, period_assumed) = period?;
    Some(FundingLine {
        name: line_name?,
        subject: subject?,
        stage: stage?,
        source: source?,
        source_detail,
        amount,
        entered,
        budget_year: (budget_year != 0).then_some(budget_year),
        period,
        period_assumed,
        basis,
        split_of,
        moved_from,
        evidence,
        citation: common::citation(citation),
        reporting_party,
        source_department,
        note,
    })
}

fn read_subject(reader: &mut Reader<'_>, subject: Option<wire::funding_line::Subject>) -> Option<FundingSubject> {
    match subject {
        None => {
            let rule = ("须注明项目或项目组", "name a project or a group");
            reader.fault(
                "project",
                Reason::FieldRequired,
                "",
                rule,
                ("请填 project 或 group", "fill in project or group"),
            );
            None
        }
        Some(wire::funding_line::Subject::Project(name)) => {
            common::resource_name(reader, "project", &name, PROJECTS).map(FundingSubject::Project)
        }
        Some(wire::funding_line::Subject::Group(name)) => {
            common::resource_name(reader, "group", &name, GROUPS).map(FundingSubject::Group)
        }
    }
}

fn optional_line(reader: &mut Reader<'_>, field: &str, name: &str) -> Option<ResourceName> {
    if name.is_empty() { None } else { common::resource_name(reader, field, name, LINES) }
}

fn read_stage(reader: &mut Reader<'_>, value: i32) -> Option<FundingStage> {
    let parsed = stage_in(value);
    if parsed.is_none() {
        let rule = ("须注明资金阶段", "the stage is required");
        let allowed = FundingStage::ALL.iter().map(|stage| stage.zh());
        reader.fault_allowing("stage", Reason::FieldRequired, "", rule, allowed);
    }
    parsed
}

fn read_source(reader: &mut Reader<'_>, value: i32) -> Option<FundSource> {
    let parsed = source_in(value);
    if parsed.is_none() {
        let rule = ("须注明资金来源", "the source is required");
        let allowed = FundSource::ALL.iter().map(|source| source.zh());
        reader.fault_allowing("source", Reason::FieldRequired, "", rule, allowed);
    }
    parsed
}

fn stage_in(value: i32) -> Option<FundingStage> {
    match wire::FundingStage::try_from(value).unwrap_or_default() {
        wire::FundingStage::Unspecified => None,
        wire::FundingStage::Applied => Some(FundingStage::Applied),
        wire::FundingStage::Recommended => Some(FundingStage::Recommended),
        wire::FundingStage::Awarded => Some(FundingStage::Awarded),
        wire::FundingStage::Allocated => Some(FundingStage::Allocated),
        wire::FundingStage::Arrived => Some(FundingStage::Arrived),
        wire::FundingStage::Spent => Some(FundingStage::Spent),
        wire::FundingStage::Recovered => Some(FundingStage::Recovered),
    }
}

/// A stage as it travels.
#[must_use]
pub fn stage_out(stage: FundingStage) -> i32 {
    let stage = match stage {
        FundingStage::Applied => wire::FundingStage::Applied,
        FundingStage::Recommended => wire::FundingStage::Recommended,
        FundingStage::Awarded => wire::FundingStage::Awarded,
        FundingStage::Allocated => wire::FundingStage::Allocated,
        FundingStage::Arrived => wire::FundingStage::Arrived,
        FundingStage::Spent => wire::FundingStage::Spent,
        FundingStage::Recovered => wire::FundingStage::Recovered,
    };
    stage.into()
}

fn source_in(value: i32) -> Option<FundSource> {
    match wire::FundSource::try_from(value).unwrap_or_default() {
        wire::FundSource::Unspecified => None,
        wire::FundSource::CentralBudgetInvestment => Some(FundSource::CentralBudgetInvestment),
        wire::FundSource::UltraLongTreasuryBond => Some(FundSource::UltraLongTreasuryBond),
        wire::FundSource::SpecialBond => Some(FundSource::SpecialBond),
        wire::FundSource::CentralEnvironment => Some(FundSource::CentralEnvironment),
        wire::FundSource::ProvincialScience => Some(FundSource::ProvincialScience),
        wire::FundSource::Municipal => Some(FundSource::Municipal),
        wire::FundSource::Bank => Some(FundSource::Bank),
        wire::FundSource::SelfRaised => Some(FundSource::SelfRaised),
    }
}

/// A source as it travels.
#[must_use]
pub fn source_out(source: FundSource) -> i32 {
    let source = match source {
        FundSource::CentralBudgetInvestment => wire::FundSource::CentralBudgetInvestment,
        FundSource::UltraLongTreasuryBond => wire::FundSource::UltraLongTreasuryBond,
        FundSource::SpecialBond => wire::FundSource::SpecialBond,
        FundSource::CentralEnvironment => wire::FundSource::CentralEnvironment,
        FundSource::ProvincialScience => wire::FundSource::ProvincialScience,
        FundSource::Municipal => wire::FundSource::Municipal,
        FundSource::Bank => wire::FundSource::Bank,
        FundSource::SelfRaised => wire::FundSource::SelfRaised,
    };
    source.into()
}

/// A recorded line as it travels.
#[must_use]
pub fn line_out(recorded: &Recorded<FundingLine>, entry: Option<&EntrySource>) -> wire::FundingLine {
    let FundingLine {
        name: _,
        subject,
        stage,
        source,
        source_detail,
        amount,
        entered,
        budget_year,
        period,
        period_assumed,
        basis,
        split_of,
        moved_from,
        evidence,
        citation,
        reporting_party,
        source_department,
        note,
    } = &recorded.body;
    let citation = citation.as_ref().map(common::citation_out);
    wire::FundingLine {
        name: recorded.name.to_string(),
        subject: Some(match subject {
            FundingSubject::Project(name) => wire::funding_line::Subject::Project(name.to_string()),
            FundingSubject::Group(name) => wire::funding_line::Subject::Group(name.to_string()),
        }),
        stage: stage_out(*stage),
        source: source_out(*source),
        source_detail: source_detail.clone(),
        amount: Some(common::money_out(*amount, *entered)),
        budget_year: budget_year.unwrap_or_default(),
        period: Some(common::period_out(*period, *period_assumed)),
        basis: basis.as_ref().map(common::basis_out),
        split_of: split_of.as_ref().map(ToString::to_string).unwrap_or_default(),
        moved_from: moved_from.as_ref().map(ToString::to_string).unwrap_or_default(),
        reporting_party: reporting_party.clone(),
        source_department: source_department.clone(),
        evidence: evidence.iter().map(common::evidence_out).collect(),
        citation: citation.clone(),
        note: note.clone(),
        record: Some(common::record_out(recorded, citation, entry)),
    }
}

/// Reads a project for its rules. `None` when a part of it cannot be read.
pub fn read_project(
    reader: &mut Reader<'_>,
    name: ResourceName,
    message: &wire::FundingProject,
) -> Option<FundingProject> {
    let wire::FundingProject {
        name: _,
        title,
        region,
        project_code,
        owner_organisation,
        design_capacity,
        reporting_party,
        source_department,
        evidence,
        citation,
        note,
        record: _,
    } = message;
    let before = reader.fault_count();
    let region = common::region(reader, "region", region);
    let capacity = common::quantity(&mut reader.at("design_capacity"), design_capacity.as_ref());
    let evidence = common::evidence(reader, "evidence", evidence);
    if reader.fault_count() > before {
        return None;
    }
    Some(FundingProject {
        name,
        title: title.clone(),
        region: region?,
        code: common::filled(project_code),
        owner_organisation: owner_organisation.clone(),
        design_capacity: capacity,
        evidence,
        citation: common::citation(citation.clone()),
        reporting_party: reporting_party.clone(),
        source_department: source_department.clone(),
        note: note.clone(),
    })
}

/// Reads a group for its rules. `None` when a part of it cannot be read.
pub fn read_group(reader: &mut Reader<'_>, name: ResourceName, message: &wire::FundingGroup) -> Option<ProjectGroup> {
    let wire::FundingGroup {
        name: _,
        title,
        region,
        project_count,
        named_projects,
        reporting_party,
        source_department,
        evidence,
        citation,
        note,
        record: _,
    } = message;
    let before = reader.fault_count();
    let region = common::region(reader, "region", region);
    let mut named = Vec::with_capacity(named_projects.len());
    for (index, project) in named_projects.iter().enumerate() {
        named.extend(common::resource_name(reader, &format!("named_projects[{index}]"), project, PROJECTS));
    }
    let evidence = common::evidence(reader, "evidence", evidence);
    if reader.fault_count() > before {
        return None;
    }
    Some(ProjectGroup {
        name,
        title: title.clone(),
        region: region?,
        project_count: *project_count,
        named_projects: named,
        evidence,
        citation: common::citation(citation.clone()),
        reporting_party: reporting_party.clone(),
        source_department: source_department.clone(),
        note: note.clone(),
    })
}
