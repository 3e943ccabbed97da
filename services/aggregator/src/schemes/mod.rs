//! Evaluation schemes: those of the release or of the configuration, and those recorded in the aggregator's own log.
//!
//! A recorded scheme goes from draft to proposed to published, and publishing takes another principal than writing and
//! proposing. `schemes/{id}` is what is in force: the recorded one that was published last, or else the configured one, which
//! counts as published by the operator. `schemes/{id}@draft` is the draft beside it, which changes nothing for others.

mod check;
mod index;
mod kinds;
mod known;
mod model;
mod service;
mod states;

use std::sync::Arc;

use contracts::evaluation::v1 as pb;
use domain::{DepartmentId, DomainError, Reason, ResourceName, Text};
use node::{desk::DeskError, services::NodeContext};
use prost::Message as _;
use store::{ResourceQuery, StoredResource, View};

use crate::runs::Evaluations;

pub(crate) use index::code_of;
pub(crate) use kinds::PlanExt;
pub(crate) use known::{Known, faults_error};
pub(crate) use service::SchemeDesk;
pub(crate) use states::{CREATE, PROPOSE, PUBLISH, created, proposed, published};

/// Collection of published schemes, and the first part of the names that callers use.
pub(crate) const SCHEMES: &str = "schemes";
/// Collection of drafts.
const DRAFTS: &str = "schemeDrafts";
/// End of the name of a draft.
const DRAFT: &str = "@draft";

/// Finds schemes.
#[derive(Clone, Debug)]
pub(crate) struct Schemes {
    configured: Arc<Vec<Known>>,
    context: NodeContext,
}

impl Schemes {
    /// Reads the schemes of the release or of the configuration.
    ///
    /// # Errors
    /// When one of them has faults.
    pub(crate) fn open(texts: &[String], context: NodeContext) -> anyhow::Result<Self> {
        let read = |yaml: &String| {
            let known = Known::configured(yaml).map_err(|faults| anyhow::anyhow!("{faults}"))?;
            index::check(&known.plan, context.catalogue(), known::YAML).into_result(known).map_err(|faults| {
                let words =
                    faults.iter().map(|fault| fault.sentence()).map(|text| format!("{} / {}", text.zh, text.en));
                anyhow::anyhow!(words.collect::<Vec<_>>().join("\n"))
            })
        };
        let configured = texts.iter().map(read).collect::<anyhow::Result<_>>()?;
        Ok(Self { configured: Arc::new(configured), context })
    }

    /// A scheme by its name `schemes/{id}` or `schemes/{id}@draft`.
    ///
    /// # Errors
    /// [`Reason::SchemeNotFound`].
    pub(crate) async fn find(&self, name: &str) -> Result<Known, DeskError> {
        self.named(name, &View::Now).await?.ok_or_else(|| not_found(name).into())
    }

    /// As [`Self::find`], as the aggregator's own log said at a size.
    ///
    /// # Errors
    /// [`Reason::SchemeNotFound`].
    pub(crate) async fn find_at(&self, name: &str, size: u64) -> Result<Known, DeskError> {
        self.named(name, &self.upto(size)).await?.ok_or_else(|| not_found(name).into())
    }

    fn catalogue(&self) -> &domain::Catalogue {
        self.context.catalogue()
    }

    fn upto(&self, size: u64) -> View {
        View::Upto([(self.context.department().clone(), size)].into())
    }

    /// The scheme that a run was made with: the one with its digest, as it was known then or is known now.
    ///
    /// # Errors
    /// [`Reason::RunNotReproducible`] when there is none any more.
    pub(crate) async fn of_run(&self, run: &pb::EvaluationRun) -> Result<Known, DeskError> {
        let id = run.scheme.strip_suffix(DRAFT).unwrap_or(&run.scheme);
        for view in [self.upto(run.scheme_log_size), View::Now] {
            for name in [id.to_owned(), format!("{id}{DRAFT}")] {
                let found = self.named(&name, &view).await?;
                if let Some(known) = found.filter(|known| known.wire.digest == run.scheme_digest) {
                    return Ok(known);
                }
            }
        }
        let configured = self.configured.iter().find(|known| known.wire.digest == run.scheme_digest);
        configured.cloned().ok_or_else(|| {
            let text = Text::new(
                format!("运行 {} 所用的方案（摘要 {}）已不存在，无法重现", run.name, run.scheme_digest),
                format!("the scheme of {} (digest {}) is no longer known", run.name, run.scheme_digest),
            );
            DomainError::new(Reason::RunNotReproducible, text).with_fact("name", &run.name).into()
        })
    }

    /// Whether a scheme with this digest is in force or was published.
    pub(crate) async fn is_published(&self, name: &str, digest: &str) -> Result<bool, DeskError> {
        let found = self.named(name.strip_suffix(DRAFT).unwrap_or(name), &View::Now).await?;
        Ok(found.is_some_and(|known| known.wire.digest == digest))
    }

    /// All schemes with the drafts that are not published, by name.
    async fn all(&self) -> Result<Vec<pb::Scheme>, DeskError> {
        let mut all = self.recorded(SCHEMES).await?;
        for configured in self.configured.iter() {
            if !all.iter().any(|known| known.wire.name == configured.wire.name) {
                all.push(configured.clone());
            }
        }
        all.extend(self.recorded(DRAFTS).await?.into_iter().filter(Known::is_draft));
        let mut schemes: Vec<_> = all.into_iter().map(|known| known.wire).collect();
        schemes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(schemes)
    }

    async fn named(&self, name: &str, view: &View) -> Result<Option<Known>, DeskError> {
        let Some(id) = name.strip_prefix("schemes/") else { return Ok(None) };
        let (collection, id) = id.strip_suffix(DRAFT).map_or((SCHEMES, id), |id| (DRAFTS, id));
        let Ok(stored) = ResourceName::new(self.context.department().clone(), collection, id) else { return Ok(None) };
        match self.context.store().resource(&stored, view).await? {
            Some(row) => known_row(&row.body).map(Some),
            None => Ok(self.configured.iter().find(|known| known.wire.name == name).cloned()),
        }
    }

    async fn recorded(&self, collection: &str) -> Result<Vec<Known>, DeskError> {
        let query = ResourceQuery {
            origin: Some(self.context.department().clone()),
            collection: Some(collection.to_owned()),
            view: View::Now,
            after_name: None,
            limit: store::MAX_PAGE,
        };
        let rows = self.context.store().resources(&query).await?;
        rows.iter().map(|row| known_row(&row.body)).collect()
    }
}

fn known_row(row: &StoredResource) -> Result<Known, DeskError> {
    let wire = pb::Scheme::decode(row.body.as_slice())?;
    Known::recorded(wire).map_err(|faults| DeskError::Refused(faults_error(&faults)))
}

/// Where the draft of an id is kept.
fn draft_name(log: &DepartmentId, id: &str) -> Option<ResourceName> {
    ResourceName::new(log.clone(), DRAFTS, id).ok()
}

/// Name of the draft of an id, as callers use it.
fn public_draft(id: &str) -> String {
    format!("{SCHEMES}/{id}{DRAFT}")
}

fn not_found(name: &str) -> DomainError {
    DomainError::new(
        Reason::SchemeNotFound,
        Text::new(
            format!("没有评价方案 {name}，可用 ListSchemes 查看"),
            format!("there is no scheme {name}; see ListSchemes"),
        ),
    )
    .with_fact("name", name)
}

/// What the scheme service is made of.
#[derive(Clone, Debug)]
pub(crate) struct SchemeParts {
    pub(crate) schemes: Schemes,
    pub(crate) evaluations: Evaluations,
}
