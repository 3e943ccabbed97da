//! Evaluation schemes: those in force and the drafts beside them; one scheme with its stages and weights, who answers for it, and the
//! runs that were made by it.

use askama::Template;
use axum::{extract::Path, response::Response};
use contracts::evaluation::v1 as pb;
use domain::Text;

use super::outline::{self, Outline};
use crate::{
    answer::{self, Page},
    format,
    port::{CREATE_RUN, CREATE_SCHEME, PROPOSE_SCHEME, PUBLISH_SCHEME, Refusal},
    shell::{Here, Shell},
    visit::Visit,
};

/// End of the name of a draft.
pub(crate) const DRAFT: &str = "@draft";

#[derive(Template)]
#[template(path = "schemes.html")]
struct List {
    s: Shell,
    schemes: Vec<Scheme>,
    may_draft: bool,
}

#[derive(Template)]
#[template(path = "scheme.html")]
struct One {
    s: Shell,
    scheme: Scheme,
    /// The other of the two: the draft beside what is in force, or what is in force beside a draft.
    other: Option<Scheme>,
    outline: Outline,
    yaml: String,
    runs: Vec<Run>,
    may_draft: bool,
    may_propose: bool,
    may_publish: bool,
    may_run: bool,
}

impl One {
    fn content(&self) -> outline::Shown<'_> {
        outline::Shown { s: &self.s, outline: &self.outline }
    }
}

/// What is known of a scheme beside its content.
pub(crate) struct Scheme {
    /// Last part of its name; ends in `@draft` for a draft.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) title: Text,
    pub(crate) version: String,
    pub(crate) kind: Text,
    pub(crate) state: Text,
    pub(crate) is_draft: bool,
    pub(crate) configured: bool,
    pub(crate) author: String,
    pub(crate) proposer: String,
    pub(crate) publisher: String,
    pub(crate) digest: String,
}

/// A run that was made by a scheme.
struct Run {
    id: String,
    period: String,
    ended: String,
    provisional: bool,
    /// Whether it was made by exactly what the page shows.
    same: bool,
}

impl Scheme {
    pub(crate) fn of(scheme: &pb::Scheme) -> Self {
        let title = scheme.title.clone().unwrap_or_default();
        let state = match scheme.state() {
            pb::SchemeState::Draft => Text::new("草稿", "draft"),
            pb::SchemeState::Proposed => Text::new("待发布", "proposed"),
            pb::SchemeState::Published => Text::new("已发布", "in force"),
            pb::SchemeState::Unspecified => Text::new("未知", "not known"),
        };
        let who = |principal: &str| format::identity(principal).to_owned();
        Self {
            id: format::id(&scheme.name).to_owned(),
            name: scheme.name.clone(),
            title: Text::new(title.zh, title.en),
            version: scheme.version.clone(),
            kind: outline::kind(scheme.kind()),
            state,
            is_draft: scheme.name.ends_with(DRAFT),
            configured: scheme.configured,
            author: who(&scheme.author),
            proposer: who(&scheme.proposer),
            publisher: who(&scheme.publisher),
            digest: scheme.digest.clone(),
        }
    }
}

/// Every scheme, with the drafts.
pub(crate) async fn all(visit: &Visit) -> Result<Vec<pb::Scheme>, Refusal> {
    let mut found = Vec::new();
    let mut request = pb::ListSchemesRequest { page_size: 1000, page_token: String::new() };
    loop {
        let mut answer = visit.ask(request.clone()).await?;
        found.append(&mut answer.schemes);
        if answer.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = answer.next_page_token;
    }
}

pub(super) async fn list(visit: Visit) -> Page {
    let schemes = all(&visit).await.map_err(|refusal| visit.refuse(refusal))?;
    let s = visit.shell(Here::Runs, Text::new("评价方案", "Evaluation schemes"));
    let may_draft = visit.may_write(CREATE_SCHEME);
    Ok(answer::page(&List { s, schemes: schemes.iter().map(Scheme::of).collect(), may_draft }))
}

pub(super) async fn page(visit: Visit, Path(id): Path<String>) -> Page {
    shown(&visit, &id).await.map_err(|refusal| visit.refuse(refusal))
}

async fn shown(visit: &Visit, id: &str) -> Result<Response, Refusal> {
    let request = pb::GetSchemeRequest { name: format!("schemes/{id}") };
    let runs = pb::ListEvaluationRunsRequest { page_size: 1000, page_token: String::new() };
    let (found, all) = tokio::try_join!(visit.ask(request), all(visit))?;
    // Who may read schemes and no runs sees the scheme without them.
    let runs = visit.ask(runs).await.map(|answer| answer.evaluation_runs).unwrap_or_default();
    let found = found.scheme.unwrap_or_default();
    let scheme = Scheme::of(&found);
    let plain = found.name.strip_suffix(DRAFT).unwrap_or(&found.name);
    let beside = if scheme.is_draft { plain.to_owned() } else { format!("{plain}{DRAFT}") };
    let of_it = |run: &&pb::EvaluationRun| run.scheme.strip_suffix(DRAFT).unwrap_or(&run.scheme) == plain;
    let runs = runs.iter().filter(of_it).map(|run| Run {
        id: format::id(&run.name).to_owned(),
        period: run.period.clone(),
        ended: format::time(run.end_time.as_ref()),
        provisional: run.provisional,
        same: run.scheme_digest == found.digest,
    });
    let state = found.state();
    Ok(answer::page(&One {
        s: visit.shell(Here::Runs, scheme.title.clone()),
        other: all.iter().find(|other| other.name == beside).map(Scheme::of),
        outline: Outline::of(&found.yaml, visit.lang),
        runs: runs.collect(),
        may_draft: visit.may_write(CREATE_SCHEME),
        may_propose: state == pb::SchemeState::Draft && visit.may_write(PROPOSE_SCHEME),
        may_publish: state == pb::SchemeState::Proposed && visit.may_write(PUBLISH_SCHEME),
        may_run: visit.may_write(CREATE_RUN),
        scheme,
        yaml: found.yaml,
    }))
}
