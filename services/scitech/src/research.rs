//! Research programmes, which are reported by number, and the projects of them that are named.

use contracts::scitech::v1 as wire;
use domain::{DepartmentId, DomainError, Level, Reason, RegionCode, ResourceName, Text, Violation, Violations};
use node::department::{Fields, Peer, SourceFields, Timing, refuse_duplicate, same_title};

/// Collection of the programmes.
pub const PROGRAMMES: &str = "researchProgrammes";

/// A set of projects of which some may be unnamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    /// Its title.
    pub title: String,
    /// Where it runs.
    pub region: RegionCode,
    /// Number of its projects.
    pub project_count: u32,
}

impl Programme {
    /// Reads a record. A programme without a project is none.
    ///
    /// # Errors
    /// Every fault of its fields.
    pub fn read(record: &wire::ResearchProgramme, mut fields: Fields<'_>) -> Result<Self, Violations> {
        let wire::ResearchProgramme {
            name: _,
            title,
            region,
            period,
            project_count,
            reporting_party,
            source_department,
            evidence,
            citation,
            note,
            record: _,
        } = record;
        let title = fields.title("title", title);
        let region = fields.region("region", region, &[Level::Province, Level::Prefecture]);
        let period = fields.period("period", period.as_ref(), Timing::Begun);
        if *project_count == 0 {
            fields.missing("project_count");
        }
        fields.source(SourceFields { reporting_party, source_department, evidence, citation: citation.as_ref(), note });
        let programme = title.zip(region).zip(period);
        fields.finish(programme.map(|((title, region), _)| Self { title, region, project_count: *project_count }))
    }
}

/// A supported project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its title.
    pub title: String,
    /// The programme that counts it; none when it is supported by itself.
    pub programme: Option<ResourceName>,
}

impl Project {
    /// Reads a record.
    ///
    /// # Errors
    /// Every fault of its fields.
    pub fn read(record: &wire::ResearchProject, mut fields: Fields<'_>) -> Result<Self, Violations> {
        let wire::ResearchProject {
            name: _,
            title,
            region,
            period,
            programme,
            outcomes,
            reporting_party,
            source_department,
            evidence,
            citation,
            note,
            record: _,
        } = record;
        let title = fields.title("title", title);
        let region = fields.region("region", region, &[Level::Province, Level::Prefecture, Level::County]);
        let period = fields.period("period", period.as_ref(), Timing::Begun);
        let programme = fields.reference("programme", programme, &DepartmentId::scitech(), PROGRAMMES);
        for (index, outcome) in outcomes.iter().enumerate() {
            fields.title(&format!("outcomes[{index}]"), outcome);
        }
        fields.source(SourceFields { reporting_party, source_department, evidence, citation: citation.as_ref(), note });
        fields.finish(title.zip(region).zip(period).map(|((title, _), _)| Self { title, programme }))
    }
}

/// Checks a programme against what is on file: its title is not taken, and it counts at least the projects that are named.
/// `own` is how many projects name it.
///
/// # Errors
/// [`Reason::DuplicateResource`], [`Reason::FieldInvalid`].
pub fn check_programme(peers: &[Peer<Programme>], own: usize, next: &Programme) -> Result<(), DomainError> {
    let rule = Text::new("同一地区同名计划只登记一次", "a programme of a place is recorded once");
    let same = |other: &Programme| other.region == next.region && same_title(&other.title, &next.title);
    refuse_duplicate(peers, same, "title", &next.title, rule)?;
    check_count("project_count", own, next)
}

/// Checks a project against what is on file: its title is new, since one project under two ids would be counted twice; its
/// programme exists and has room for it. `others` are the other projects of the department.
///
/// # Errors
/// [`Reason::DuplicateResource`], [`Reason::ResourceNotFound`], [`Reason::FieldInvalid`].
pub fn check_project(
    programme: Option<&Programme>,
    others: &[Peer<Project>],
    next: &Project,
) -> Result<(), DomainError> {
    let rule = Text::new("同名项目只登记一次，否则会重复计数", "a project is recorded once, or it counts twice");
    refuse_duplicate(others, |other| same_title(&other.title, &next.title), "title", &next.title, rule)?;
    let Some(name) = &next.programme else { return Ok(()) };
    let Some(programme) = programme else {
        return Err(Violation::new(
            "programme",
            Reason::ResourceNotFound,
            name,
            Text::new("没有这个计划", "no such programme"),
            Text::new("先登记计划，或留空", "record the programme first, or leave this empty"),
        )
        .into());
    };
    let named = others.iter().filter(|peer| peer.body.programme.as_ref() == Some(name)).count();
    check_count("programme", named + 1, programme)
}

fn check_count(field: &str, named: usize, programme: &Programme) -> Result<(), DomainError> {
    let count = programme.project_count;
    if usize::try_from(count).is_ok_and(|count| named <= count) {
        return Ok(());
    }
    Err(Violation::new(
        field,
        Reason::FieldInvalid,
        format!("{named} > {count}"),
        Text::new("列名项目多于计划的项目数", "more projects are named than the programme counts"),
        Text::new("请先核对计划的项目数", "check the programme's number first"),
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programme(project_count: u32) -> Programme {
        Programme { title: "立项支持".to_owned(), region: RegionCode::parse("140000").unwrap(), project_count }
    }

    fn project(title: &str) -> Project {
        let programme = Some("departments/scitech/researchProgrammes/f001".parse().unwrap());
        Project { title: title.to_owned(), programme }
    }

    fn on_file(titles: &[&str]) -> Vec<Peer<Project>> {
        let name = |index| format!("departments/scitech/researchProjects/p{index}").parse().unwrap();
        titles.iter().enumerate().map(|(index, title)| Peer { name: name(index), body: project(title) }).collect()
    }

    #[test]
    fn a_programme_of_sixteen_may_leave_thirteen_unnamed() {
        let named = on_file(&["煤矸石", "粉煤灰"]);
        assert_eq!(check_project(Some(&programme(16)), &named, &project("脱硫石膏")), Ok(()));
        assert_eq!(check_programme(&[], 3, &programme(16)), Ok(()));
    }

    #[test]
    fn a_programme_never_counts_fewer_projects_than_are_named() {
        let named = on_file(&["煤矸石", "粉煤灰"]);
        let error = check_project(Some(&programme(2)), &named, &project("脱硫石膏")).unwrap_err();
        assert_eq!((error.reason, error.violations.0[0].field.as_str()), (Reason::FieldInvalid, "programme"));
        let error = check_programme(&[], 3, &programme(2)).unwrap_err();
        assert_eq!((error.reason, error.violations.0[0].field.as_str()), (Reason::FieldInvalid, "project_count"));
    }

    #[test]
    fn one_project_under_two_ids_is_refused_with_the_name_of_the_first() {
        let named = on_file(&["“煤矸石制备人工生态土壤技术研究与示范”"]);
        let error =
            check_project(Some(&programme(16)), &named, &project("煤矸石制备人工生态土壤技术研究与示范")).unwrap_err();
        assert_eq!(error.reason, Reason::DuplicateResource);
        assert_eq!(error.facts["existing"], "departments/scitech/researchProjects/p0");
    }

    #[test]
    fn a_named_programme_must_exist() {
        let error = check_project(None, &[], &project("脱硫石膏")).unwrap_err();
        assert_eq!(error.reason, Reason::ResourceNotFound);
        let alone = Project { programme: None, ..project("脱硫石膏") };
        assert_eq!(check_project(None, &[], &alone), Ok(()));
    }

    #[test]
    fn a_programme_of_another_department_is_no_programme() {
        let record = wire::ResearchProject {
            title: "脱硫石膏".to_owned(),
            region: "140000".to_owned(),
            period: Some(contracts::common::v1::Period { value: "2024".to_owned(), assumed: false }),
            programme: "departments/commerce/backboneProgrammes/f008".to_owned(),
            ..Default::default()
        };
        let faults = Project::read(&record, Fields::stored()).unwrap_err();
        assert_eq!(faults.0[0].field, "programme");
    }

    #[test]
    fn a_programme_without_projects_is_refused() {
        let faults = Programme::read(&wire::ResearchProgramme::default(), Fields::stored()).unwrap_err();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["title", "region", "period", "project_count"]);
    }
}
