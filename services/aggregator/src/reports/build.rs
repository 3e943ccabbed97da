//! Builds the wire report from a run and the snapshot it rests on. Lists facts only; free text is for people.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use contracts::{common::v1 as common, evaluation::v1 as pb};
use domain::{
    Catalogue, DepartmentId, FundingLine, FundingStage, FundingSubject, Level, Measure, Observation, Period,
    ProjectGroup, Recorded, RegionTable, ResourceName, ShareStanding, Text, summarize,
};
use rust_decimal::{Decimal, RoundingStrategy};
use sha2::{Digest as _, Sha256};

use crate::{
    followup::Standing,
    reports::facts::{self, Fact},
    runs::results::ProvenanceOf,
    snapshot::Snapshot,
    wire::{decimal, domain_text, fixed, text},
};

/// What is known about one department when the report is made.
pub(crate) struct Party {
    /// The node; none for a city that has no node yet.
    pub(crate) node: Option<DepartmentId>,
    /// City code when it is a city.
    pub(crate) city: Option<domain::RegionCode>,
    pub(crate) name: Text,
    pub(crate) reachable: bool,
    pub(crate) last_contact: Option<DateTime<Utc>>,
    pub(crate) submissions: u64,
    pub(crate) records: u64,
}

/// Everything that a report is made from.
pub(crate) struct Sources<'a> {
    pub(crate) name: String,
    pub(crate) edition: u32,
    pub(crate) now: DateTime<Utc>,
    pub(crate) today: NaiveDate,
    pub(crate) synthetic: bool,
    pub(crate) run: pb::EvaluationRun,
    /// Runs of composite indices, shown beside it.
    pub(crate) index_runs: Vec<pb::EvaluationRun>,
    /// The run of a joint evaluation.
    pub(crate) joint_run: Option<pb::EvaluationRun>,
    pub(crate) scheme_title: common::Text,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) regions: &'a RegionTable,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) corrections: &'a [Recorded<domain::Observation>],
    pub(crate) commitments: &'a [Standing],
    pub(crate) share: &'a ShareStanding,
    pub(crate) share_rule: Text,
    pub(crate) share_deadline: Option<NaiveDate>,
    pub(crate) parties: &'a [Party],
    pub(crate) provenance: &'a ProvenanceOf<'a>,
    /// What people wrote about the period of the run.
    pub(crate) texts: Vec<pb::ReportText>,
}

/// Builds the report; its content digest is still empty.
///
/// # Errors
/// When a stored resource cannot be decoded or a total has no exact decimal.
pub(crate) fn report(sources: &Sources<'_>) -> anyhow::Result<pb::Report> {
    let (listed, unlisted) = figures(sources);
    let (entries, gaps) = facts_and_gaps(sources, listed)?;
    Ok(pb::Report {
        name: sources.name.clone(),
        title: Some(title(sources.synthetic)),
        edition: sources.edition,
        create_time: Some(node::convert::common::time_out(sources.now)),
        synthetic: sources.synthetic,
        run: Some(sources.run.clone()),
        scheme_title: Some(sources.scheme_title.clone()),
        reporting: reporting(sources, gaps),
        funding: funding(sources)?,
        commitments: sources.commitments.iter().map(|standing| commitment(standing, sources.provenance)).collect(),
        share_target: Some(share_target(sources)),
        facts: entries,
        corrections: sources
            .corrections
            .iter()
            .enumerate()
            .map(|(number, row)| correction(number, row, sources))
            .collect(),
        snapshot_id: snapshot_id(&sources.run.checkpoints),
        content_digest: String::new(),
        as_of_date: sources.today.to_string(),
        catalog_note: Some(catalog_note(sources.catalogue)),
        manifest: String::new(),
        index_runs: sources.index_runs.clone(),
        joint_run: sources.joint_run.clone(),
        unlisted_figures: unlisted,
        texts: sources.texts.clone(),
    })
}

/// Id of the data snapshot: SHA-256 over the checkpoints in the order of the node names, as `node size root` lines.
pub(crate) fn snapshot_id(checkpoints: &[pb::NodeCheckpoint]) -> String {
    let mut hash = Sha256::new();
    for at in crate::wire::sorted(checkpoints.to_vec()) {
        hash.update(format!("{} {} {}\n", at.node, at.size, at.root_hash));
    }
    hex::encode(hash.finalize())
}

fn title(synthetic: bool) -> common::Text {
    let (zh, en) = if synthetic { ("（模拟数据）", " (SYNTHETIC DATA)") } else { ("", "") };
    text(
        format!("山西省“无废城市”建设联合绩效评价报告{zh}"),
        format!("Joint Performance Evaluation of Zero-Waste City Construction in Shanxi{en}"),
    )
}

fn catalog_note(catalogue: &Catalogue) -> common::Text {
    let version = catalogue.version();
    text(
        format!(
            "指标体系版本 {version}：指标名称、★标记和计算方法中未经来源证实的部分标为“未核实”，以生态环境部正式文本为准。"
        ),
        format!("Indicator system {version}: names, stars and formulas that no source confirms are marked unverified."),
    )
}

type Gaps = BTreeMap<DepartmentId, Vec<common::Text>>;

/// The figures that the report lists: of the province and its cities, for a period that has a day in common with the report's;
/// those for which a document is quoted in any case. And how many others there are, of counties and other periods, which a report
/// of the province would drown in.
fn figures<'a>(sources: &'a Sources<'_>) -> (Vec<&'a Recorded<Observation>>, u32) {
    let period = Period::parse(&sources.run.period).ok();
    let listed = |row: &&Recorded<Observation>| {
        let key = &row.body.key;
        let county = sources.regions.get(&key.region).is_some_and(|region| region.level == Level::County);
        let now = period.as_ref().is_none_or(|period| period.overlaps(&key.period));
        row.body.citation.is_some() || (now && !county)
    };
    let actual = sources.snapshot.observations.iter().filter(|row| row.body.key.measure == Measure::Actual);
    let (listed, others): (Vec<_>, Vec<_>) = actual.partition(listed);
    (listed, u32::try_from(others.len()).unwrap_or(u32::MAX))
}

fn facts_and_gaps(
    sources: &Sources<'_>,
    figures: Vec<&Recorded<Observation>>,
) -> anyhow::Result<(Vec<pb::FactEntry>, Gaps)> {
    let mut found: Vec<(ResourceName, DepartmentId, u32, Fact)> = Vec::new();
    for row in figures {
        let name =
            sources.catalogue.get(&row.body.key.indicator).map(|indicator| indicator.name.clone()).unwrap_or_default();
        found.push((row.name.clone(), row.origin.clone(), row.revision, facts::observation(row, &name)));
    }
    for row in &sources.snapshot.resources {
        if let Some(fact) = facts::resource(&row.body)? {
            found.push((row.name.clone(), row.origin.clone(), row.revision, fact));
        }
    }
    // In the order of the source's own numbering where it has one, so that the annex reads like the letter.
    found.sort_by_key(|(name, _, _, fact)| {
        (fact.citation.as_ref().map_or_else(|| "~".to_owned(), |citation| citation.fact.clone()), name.to_string())
    });
    let mut gaps = Gaps::new();
    let mut entries = Vec::with_capacity(found.len());
    for (name, origin, revision, mut fact) in found {
        for gap in fact.gaps.drain(..) {
            let list = gaps.entry(origin.clone()).or_default();
            if !list.contains(&gap) {
                list.push(gap);
            }
        }
        let cell = format!("fact/{origin}/{}/{}", name.collection(), name.id());
        let provenance = (sources.provenance)(&format!("{name}@{revision}"));
        entries.push(fact.entry(cell, sources.regions, provenance));
    }
    Ok((entries, gaps))
}

/// One line for each department: what it delivered, and 待报送, the obligatory indicators first.
fn reporting(sources: &Sources<'_>, mut gaps: Gaps) -> Vec<pb::ReportingState> {
    sources
        .parties
        .iter()
        .map(|party| {
            let mut open =
                party.city.as_ref().map_or_else(Vec::new, |city| missing_indicators(sources, city.as_str(), party));
            if let Some(node) = &party.node {
                open.append(&mut gaps.remove(node).unwrap_or_default());
            }
            pb::ReportingState {
                node: party.node.as_ref().map_or_else(String::new, |node| format!("departments/{node}")),
                party: Some(domain_text(&party.name)),
                reachable: party.reachable,
                last_contact_time: party.last_contact.map(node::convert::common::time_out),
                submissions: party.submissions,
                records: party.records,
                gaps: open,
            }
        })
        .collect()
}

fn missing_indicators(sources: &Sources<'_>, city: &str, party: &Party) -> Vec<common::Text> {
    let Some(unit) = sources.run.units.iter().find(|unit| unit.unit == city) else { return Vec::new() };
    let missing: Vec<_> = unit.items.iter().filter(|item| item.state() == pb::ItemState::Missing).collect();
    let total = unit.coverage.as_ref().map_or(0, |coverage| coverage.mandatory);
    if party.node.is_none() {
        return vec![text(
            format!("尚未接入节点，{total}项必选指标全部待报送"),
            format!("no node yet: all {total} obligatory indicators are to be reported"),
        )];
    }
    let mut lines: Vec<_> = missing
        .iter()
        .map(|item| {
            let name = item.display_name.clone().unwrap_or_default();
            text(format!("{} {}", item.indicator, name.zh), format!("{} {}", item.indicator, name.en))
        })
        .collect();
    for item in unit.items.iter().filter(|item| item.state() == pb::ItemState::NoTarget) {
        let name = item.display_name.clone().unwrap_or_default();
        lines.push(text(format!("{}：本市目标值", name.zh), format!("{}: the city's own target", name.en)));
    }
    lines
}

fn funding(sources: &Sources<'_>) -> anyhow::Result<Vec<pb::FundingEntry>> {
    let lines: Vec<FundingLine> = sources.snapshot.funding_lines.iter().map(|row| row.body.clone()).collect();
    let groups = &sources.snapshot.groups;
    let totals = summarize(&lines, groups)?;
    Ok(totals
        .into_iter()
        .map(|total| {
            let of: Vec<&Recorded<FundingLine>> = sources
                .snapshot
                .funding_lines
                .iter()
                .filter(|row| row.body.stage == total.stage && row.body.source == total.source)
                .collect();
            let single = of.iter().filter(|row| matches!(row.body.subject, FundingSubject::Project(_))).count();
            let named = named_projects(sources, &of, groups);
            pb::FundingEntry {
                cell: format!("funding/{}/{}", total.stage.code(), total.source.code()),
                stage: Some(text(total.stage.zh(), total.stage.en())),
                source: Some(text(total.source.zh(), total.source.en())),
                amount: Some(node::convert::common::yuan_out(total.amount)),
                project_count: total.projects_in_groups + u32::try_from(single).unwrap_or(u32::MAX),
                named_project_count: total.named_projects,
                subject: of.iter().map(|row| describe(row, sources)).collect::<Vec<_>>().join("；"),
                named_projects: named,
                provenance: of
                    .iter()
                    .filter_map(|row| {
                        let found = (sources.provenance)(&format!("{}@{}", row.name, row.revision))?;
                        let citation = row.body.citation.as_ref().map(node::convert::common::citation_out);
                        Some(common::Provenance { citation, ..found })
                    })
                    .collect(),
            }
        })
        .collect())
}

fn describe(row: &Recorded<FundingLine>, sources: &Sources<'_>) -> String {
    let title = sources.snapshot.titles.get(row.body.subject.name()).cloned().unwrap_or_default();
    let unsplit = matches!(row.body.subject, FundingSubject::Group(_));
    let kind = if unsplit { "（打捆金额，未分项）" } else { "" };
    let year = row.body.budget_year.map(|year| format!("{year}年预算")).unwrap_or_default();
    let applied = if row.body.stage == FundingStage::Applied { "拟申请，尚未批复" } else { "" };
    let notes: Vec<_> =
        [row.body.source_detail.as_str(), &year, applied].into_iter().filter(|part| !part.is_empty()).collect();
    format!("{title}{kind}：{}", notes.join("，"))
}

fn named_projects(sources: &Sources<'_>, lines: &[&Recorded<FundingLine>], groups: &[ProjectGroup]) -> Vec<String> {
    let mut names = BTreeSet::new();
    for row in lines {
        match &row.body.subject {
            FundingSubject::Project(name) => {
                names.insert(name.clone());
            }
            FundingSubject::Group(name) => {
                names.extend(
                    groups.iter().filter(|group| group.name == *name).flat_map(|group| group.named_projects.clone()),
                );
            }
        }
    }
    names.into_iter().filter_map(|name| sources.snapshot.titles.get(&name).cloned()).collect()
}

fn commitment(standing: &Standing, provenance: &ProvenanceOf<'_>) -> pb::CommitmentEntry {
    let body = &standing.commitment.body;
    let target = body.target.as_ref().map_or_else(
        || text("无量化目标", "no measurable target"),
        |target| {
            let value = format!("{}{}", target.quantity.value.normalize(), target.quantity.unit.zh());
            text(format!("{} ≥{value}", target.indicator), format!("at least {value}"))
        },
    );
    let citation = body.citation.as_ref().map(node::convert::common::citation_out);
    pb::CommitmentEntry {
        cell: format!("commitment/{}", body.id),
        sequence: body.sequence.clone(),
        text: body.text.clone(),
        responsible: body.responsible.clone(),
        responsible_basis: body.responsible_basis.clone(),
        target: Some(target),
        deadline: body.deadline.map(|day| day.to_string()).unwrap_or_default(),
        light: standing.light.colour.code().to_owned(),
        light_reason: Some(domain_text(&standing.light.why)),
        progress: standing
            .reports
            .iter()
            .max_by_key(|report| report.as_of)
            .map_or_else(String::new, |report| report.summary.clone()),
        provenance: provenance(&format!("{}@{}", standing.commitment.name, standing.commitment.revision))
            .map(|found| common::Provenance { citation, ..found }),
    }
}

fn share_target(sources: &Sources<'_>) -> pb::ShareTargetEntry {
    let share = sources.share;
    let name = |code: &domain::RegionCode| {
        sources.regions.get(code).map_or_else(
            || text(code.to_string(), code.to_string()),
            |found| text(found.name_zh.clone(), found.name_en.clone()),
        )
    };
    let percent = share.percent.unwrap_or_default().round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero);
    let rows = sources.snapshot.resources.iter().filter(|row| row.body.type_name == "wufei.ecology.v1.CityStageRecord");
    pb::ShareTargetEntry {
        cell: "share-target".to_owned(),
        target_percent: Some(decimal(Decimal::from(60))),
        counted: share.counted.iter().map(name).collect(),
        preparing: share.stages.keys().filter(|code| !share.counted.contains(*code)).map(name).collect(),
        total: share.total,
        needed: share.needed,
        gap: share.missing,
        share_percent: Some(fixed(percent, 1)),
        counting_rule: Some(domain_text(&sources.share_rule)),
        deadline: sources.share_deadline.map(|day| day.to_string()).unwrap_or_default(),
        provenance: rows.filter_map(|row| (sources.provenance)(&format!("{}@{}", row.name, row.revision))).collect(),
    }
}

fn correction(number: usize, row: &Recorded<domain::Observation>, sources: &Sources<'_>) -> pb::FactEntry {
    let name =
        sources.catalogue.get(&row.body.key.indicator).map(|indicator| indicator.name.clone()).unwrap_or_default();
    let mut fact = facts::observation(row, &name);
    if let Some(correction) = &row.correction {
        fact.flags.insert(
            0,
            text(
                format!("{}：{}（第{}版）", correction.reason.zh(), correction.note, row.revision),
                format!("{}: {} (revision {})", correction.reason.en(), correction.note, row.revision),
            ),
        );
    }
    let provenance = (sources.provenance)(&format!("{}@{}", row.name, row.revision));
    fact.entry(format!("correction/{}", number + 1), sources.regions, provenance)
}
