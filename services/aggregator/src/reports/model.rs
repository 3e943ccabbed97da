//! From the stored wire report to the model that `report` renders.

use chrono::{DateTime, NaiveDate, Utc};
use contracts::{common::v1 as common, evaluation::v1 as pb};
use domain::{Citation, Colour, Correction, CorrectionReason, Qualifier, Text};
use report::model;
use rust_decimal::Decimal;

use super::joint;
use crate::runs::results::OWN_TARGET;

/// A report that cannot be read: a damaged database, or a file that somebody changed.
#[derive(Debug, thiserror::Error)]
#[error("report: {0}")]
pub struct Unreadable(String);

/// What reading gives.
pub type Read<T> = Result<T, Unreadable>;

/// Parses a report.
///
/// # Errors
/// [`Unreadable`] names the field.
pub fn report(from: &pb::Report) -> Read<model::Report> {
    let run = from.run.as_ref().ok_or_else(|| Unreadable("run is missing".into()))?;
    Ok(model::Report {
        name: from.name.clone(),
        title: text(from.title.as_ref()),
        edition: from.edition,
        create_time: time(from.create_time.as_ref())?.ok_or_else(|| Unreadable("create_time is missing".into()))?,
        synthetic: from.synthetic,
        run: evaluation_run(run)?,
        scheme_title: text(from.scheme_title.as_ref()),
        reporting: from.reporting.iter().map(reporting).collect::<Read<_>>()?,
        funding: from.funding.iter().map(funding).collect::<Read<_>>()?,
        commitments: from.commitments.iter().map(commitment).collect::<Read<_>>()?,
        share_target: from.share_target.as_ref().map(share_target).transpose()?,
        facts: from.facts.iter().map(fact).collect::<Read<_>>()?,
        corrections: from.corrections.iter().map(fact).collect::<Read<_>>()?,
        snapshot_id: from.snapshot_id.clone(),
        content_digest: from.content_digest.clone(),
        as_of_date: day(&from.as_of_date)?.ok_or_else(|| Unreadable("as_of_date is missing".into()))?,
        catalog_note: text(from.catalog_note.as_ref()),
        indices: from.index_runs.iter().map(index).collect::<Read<_>>()?,
        joint: from.joint_run.as_ref().map(joint::table).transpose()?,
        unlisted_figures: from.unlisted_figures,
        written: from.texts.iter().filter_map(|text| written(text).transpose()).collect::<Read<_>>()?,
    })
}

/// A text of a chapter that is not known yet is left to a later release.
fn written(from: &pb::ReportText) -> Read<Option<model::Written>> {
    let chapter = match from.chapter() {
        pb::ReportChapter::Conclusion => model::WrittenChapter::Conclusion,
        pb::ReportChapter::Experience => model::WrittenChapter::Experience,
        pb::ReportChapter::Problems => model::WrittenChapter::Problems,
        pb::ReportChapter::Recommendations => model::WrittenChapter::Recommendations,
        pb::ReportChapter::Other => model::WrittenChapter::Other,
        pb::ReportChapter::Unspecified => return Ok(None),
    };
    let record = from.record.as_ref();
    Ok(Some(model::Written {
        chapter,
        text: from.text.clone(),
        name: from.name.clone(),
        revision: record.map_or(0, |record| record.revision),
        author: record
            .and_then(|record| record.provenance.as_ref())
            .map_or_else(String::new, |found| found.principal.clone()),
        time: time(record.and_then(|record| record.create_time.as_ref()))?,
    }))
}

fn index(from: &pb::EvaluationRun) -> Read<model::IndexTable> {
    let row = |unit: &pb::UnitResult| {
        let coverage = unit.coverage.as_ref();
        Ok(model::IndexRow {
            unit: unit.unit.clone(),
            display_name: text(unit.display_name.as_ref()),
            score: number(unit.score.as_ref())?,
            rank: (unit.rank > 0).then_some(unit.rank),
            grade: unit.grade.as_ref().map(|grade| text(Some(grade))),
            reported: coverage.map_or(0, |c| c.reported),
            applicable: coverage.map_or(0, |c| c.mandatory),
            band: number(unit.rank_p05.as_ref())?.zip(number(unit.rank_p95.as_ref())?),
        })
    };
    Ok(model::IndexTable {
        run: from.name.clone(),
        scheme: from.scheme.clone(),
        result_digest: from.result_digest.clone(),
        period: from.period.clone(),
        replicates: from.replicates,
        rows: from.units.iter().map(row).collect::<Read<_>>()?,
    })
}

fn evaluation_run(from: &pb::EvaluationRun) -> Read<model::EvaluationRun> {
    Ok(model::EvaluationRun {
        name: from.name.clone(),
        state: match from.state() {
            pb::RunState::Unspecified | pb::RunState::Running => model::RunState::Running,
            pb::RunState::Succeeded => model::RunState::Succeeded,
            pb::RunState::Failed => model::RunState::Failed,
            pb::RunState::Cancelled => model::RunState::Cancelled,
        },
        scheme: from.scheme.clone(),
        scheme_digest: from.scheme_digest.clone(),
        data_digest: from.data_digest.clone(),
        engine_version: from.engine_version.clone(),
        checkpoints: from
            .checkpoints
            .iter()
            .map(|at| model::NodeCheckpoint { node: at.node.clone(), size: at.size, root_hash: at.root_hash.clone() })
            .collect(),
        units: from.units.iter().map(unit).collect::<Read<_>>()?,
        result_digest: from.result_digest.clone(),
        period: from.period.clone(),
        as_of_date: day(&from.as_of_date)?.ok_or_else(|| Unreadable("run.as_of_date is missing".into()))?,
        failure: from.failure.clone(),
        record: from.record.as_ref().map(record).transpose()?,
    })
}

fn unit(from: &pb::UnitResult) -> Read<model::UnitResult> {
    let coverage = from.coverage.as_ref();
    Ok(model::UnitResult {
        unit: from.unit.clone(),
        display_name: text(from.display_name.as_ref()),
        score: required(from.score.as_ref(), "score")?,
        rank: (from.rank > 0).then_some(from.rank),
        grade: from.grade.as_ref().map(|grade| text(Some(grade))),
        ranked: from.ranked,
        coverage: model::Coverage {
            reported: coverage.map_or(0, |c| c.reported),
            mandatory: coverage.map_or(0, |c| c.mandatory),
            weight_share: number(coverage.and_then(|c| c.weight_share.as_ref()))?.unwrap_or_default(),
            scored: coverage.map_or(0, |c| c.scored),
        },
        nodes: from
            .nodes
            .iter()
            .map(|node| {
                Ok(model::NodeScore {
                    node: node.node.clone(),
                    title: text(node.title.as_ref()),
                    score: required(node.score.as_ref(), "node score")?,
                    weight: required(node.weight.as_ref(), "node weight")?,
                })
            })
            .collect::<Read<_>>()?,
        items: from.items.iter().map(item).collect::<Read<_>>()?,
    })
}

fn item(from: &pb::ItemScore) -> Read<model::ItemScore> {
    Ok(model::ItemScore {
        indicator: from.indicator.clone(),
        display_name: text(from.display_name.as_ref()),
        group: from.group.clone(),
        method: from.method.clone(),
        state: match from.state() {
            pb::ItemState::Scored => model::ItemState::Scored,
            pb::ItemState::Unspecified | pb::ItemState::Missing => model::ItemState::Missing,
            pb::ItemState::NotApplicable => model::ItemState::NotApplicable,
            pb::ItemState::NoTarget => model::ItemState::NoTarget,
            pb::ItemState::EvidencePending => model::ItemState::EvidencePending,
            pb::ItemState::NotScorable => model::ItemState::NotScorable,
        },
        value: number(from.value.as_ref())?,
        qualifier: match from.qualifier() {
            common::Qualifier::Unspecified => None,
            common::Qualifier::Equal => Some(Qualifier::Equal),
            common::Qualifier::AtLeast => Some(Qualifier::AtLeast),
            common::Qualifier::AtMost => Some(Qualifier::AtMost),
            common::Qualifier::About => Some(Qualifier::About),
        },
        target: number(from.target.as_ref())?,
        baseline: number(from.baseline.as_ref())?,
        weight: required(from.weight.as_ref(), "item weight")?,
        score: required(from.score.as_ref(), "item score")?,
        raw_score: required(from.raw_score.as_ref(), "item raw_score")?,
        flags: from.flags.iter().map(|flag| text(Some(flag))).collect(),
        provenance: from.provenance.as_ref().map(provenance).transpose()?,
        unit: from.unit.clone(),
        target_source: target_source(&from.target_source),
    })
}

fn reporting(from: &pb::ReportingState) -> Read<model::ReportingState> {
    Ok(model::ReportingState {
        node: from.node.clone(),
        party: text(from.party.as_ref()),
        reachable: from.reachable,
        last_contact_time: time(from.last_contact_time.as_ref())?,
        submissions: from.submissions,
        records: from.records,
        gaps: from.gaps.iter().map(|gap| text(Some(gap))).collect(),
    })
}

fn funding(from: &pb::FundingEntry) -> Read<model::FundingEntry> {
    let money = from.amount.as_ref().ok_or_else(|| Unreadable("funding amount is missing".into()))?;
    Ok(model::FundingEntry {
        cell: from.cell.clone(),
        stage: text(from.stage.as_ref()),
        source: text(from.source.as_ref()),
        amount: model::Amount {
            amount: required(money.amount.as_ref(), "funding amount")?,
            unit: money.unit.clone(),
            currency_code: money.currency_code.clone(),
            yuan: required(money.yuan.as_ref(), "funding yuan")?,
        },
        project_count: from.project_count,
        named_project_count: from.named_project_count,
        subject: from.subject.clone(),
        named_projects: from.named_projects.clone(),
        provenance: from.provenance.iter().map(provenance).collect::<Read<_>>()?,
    })
}

fn commitment(from: &pb::CommitmentEntry) -> Read<model::CommitmentEntry> {
    Ok(model::CommitmentEntry {
        cell: from.cell.clone(),
        sequence: from.sequence.clone(),
        text: from.text.clone(),
        responsible: from.responsible.clone(),
        responsible_basis: from.responsible_basis.clone(),
        target: text(from.target.as_ref()),
        deadline: day(&from.deadline)?,
        light: Colour::from_code(&from.light).ok_or_else(|| Unreadable(format!("light {:?}", from.light)))?,
        light_reason: text(from.light_reason.as_ref()),
        progress: from.progress.clone(),
        provenance: from.provenance.as_ref().map(provenance).transpose()?,
    })
}

fn share_target(from: &pb::ShareTargetEntry) -> Read<model::ShareTargetEntry> {
    Ok(model::ShareTargetEntry {
        cell: from.cell.clone(),
        target_percent: required(from.target_percent.as_ref(), "target_percent")?,
        counted: from.counted.iter().map(|city| text(Some(city))).collect(),
        preparing: from.preparing.iter().map(|city| text(Some(city))).collect(),
        total: from.total,
        needed: from.needed,
        gap: from.gap,
        share_percent: required(from.share_percent.as_ref(), "share_percent")?,
        counting_rule: text(from.counting_rule.as_ref()),
        deadline: day(&from.deadline)?,
        provenance: from.provenance.iter().map(provenance).collect::<Read<_>>()?,
    })
}

fn fact(from: &pb::FactEntry) -> Read<model::FactEntry> {
    Ok(model::FactEntry {
        cell: from.cell.clone(),
        party: text(from.party.as_ref()),
        subject: from.subject.clone(),
        value: from.value.clone(),
        region: text(from.region.as_ref()),
        scope: text(from.scope.as_ref()),
        period: from.period.clone(),
        period_assumed: from.period_assumed,
        indicator: from.indicator.clone(),
        flags: from.flags.iter().map(|flag| text(Some(flag))).collect(),
        provenance: from.provenance.as_ref().map(provenance).transpose()?,
    })
}

fn provenance(from: &common::Provenance) -> Read<model::Provenance> {
    Ok(model::Provenance {
        node: from.node.clone(),
        log_index: from.log_index,
        position: from.position,
        leaf_hash: from.leaf_hash.clone(),
        principal: from.principal.clone(),
        receive_time: time(from.receive_time.as_ref())?,
        citation: from.citation.as_ref().map(|found| Citation {
            document: found.document.clone(),
            fact: found.fact.clone(),
            quote: found.quote.clone(),
        }),
        revision_name: from.revision_name.clone(),
    })
}

fn record(from: &common::Record) -> Read<model::Record> {
    Ok(model::Record {
        revision: from.revision,
        etag: from.etag.clone(),
        create_time: time(from.create_time.as_ref())?,
        supersede_time: time(from.supersede_time.as_ref())?,
        correction: from.correction.as_ref().and_then(|found| {
            let reason = match found.reason() {
                common::CorrectionReason::Unspecified => return None,
                common::CorrectionReason::StatisticalFinalisation => CorrectionReason::StatisticalFinalisation,
                common::CorrectionReason::AuditAdjustment => CorrectionReason::AuditAdjustment,
                common::CorrectionReason::DefinitionChange => CorrectionReason::DefinitionChange,
                common::CorrectionReason::ClericalError => CorrectionReason::ClericalError,
                common::CorrectionReason::ProcedureStep => CorrectionReason::ProcedureStep,
            };
            Some(Correction { reason, note: found.note.clone() })
        }),
        provenance: from.provenance.as_ref().map(provenance).transpose()?,
    })
}

pub(super) fn text(from: Option<&common::Text>) -> Text {
    from.map_or_else(Text::default, |found| Text::new(found.zh.clone(), found.en.clone()))
}

pub(super) fn number(from: Option<&common::Decimal>) -> Read<Option<Decimal>> {
    from.map(|found| {
        Decimal::from_str_exact(&found.value).map_err(|_| Unreadable(format!("decimal {:?}", found.value)))
    })
    .transpose()
}

fn required(from: Option<&common::Decimal>, what: &str) -> Read<Decimal> {
    number(from)?.ok_or_else(|| Unreadable(format!("{what} is missing")))
}

fn day(text: &str) -> Read<Option<NaiveDate>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Unreadable(format!("date {text:?}")))
}

fn time(from: Option<&prost_types::Timestamp>) -> Read<Option<DateTime<Utc>>> {
    from.map(|found| {
        let nanos = u32::try_from(found.nanos).unwrap_or_default();
        DateTime::from_timestamp(found.seconds, nanos).ok_or_else(|| Unreadable("timestamp out of range".into()))
    })
    .transpose()
}

/// A document's name stands as it was given; the city's own target has a name in both languages.
fn target_source(source: &str) -> Text {
    let en = if source == OWN_TARGET { "the city's own target" } else { "" };
    Text::new(source, en)
}
