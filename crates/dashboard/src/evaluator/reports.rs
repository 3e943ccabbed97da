//! Making an edition of the report: on which run it rests, which indices and which joint evaluation stand beside it.

use askama::Template;
use axum::{
    Extension,
    extract::{Multipart, RawQuery},
    response::Response,
};
use contracts::evaluation::v1 as pb;
use domain::Text;

use super::{Prepared, incomplete, may, message, method, refused, request_id};
use crate::{
    answer, format,
    port::Refusal,
    shell::{Here, Shell},
    visit::Visit,
    writing::{
        Answer, Writing,
        form::{Posted, pairs},
        to,
    },
};

#[derive(Template)]
#[template(path = "evaluator/new_report.html")]
struct New {
    s: Shell,
    practice: Vec<Run>,
    indices: Vec<Run>,
    joint: Vec<Run>,
    texts: usize,
}

/// A run that a report can rest on.
struct Run {
    name: String,
    id: String,
    scheme: String,
    period: String,
    ended: String,
}

impl Run {
    fn of(run: &pb::EvaluationRun) -> Self {
        Self {
            name: run.name.clone(),
            id: format::id(&run.name).to_owned(),
            scheme: run.scheme.clone(),
            period: run.period.clone(),
            ended: format::time(run.end_time.as_ref()),
        }
    }
}

pub(super) async fn new(visit: Visit, Extension(writing): Extension<Writing>) -> Answer {
    may(&visit, &writing, method::CREATE_REPORT).await?;
    let page = choices(&visit).await.map_err(|refusal| refused(&visit, refusal))?;
    Ok(answer::page(&page))
}

async fn choices(visit: &Visit) -> Result<New, Refusal> {
    let runs = pb::ListEvaluationRunsRequest { page_size: 200, page_token: String::new() };
    let texts = pb::ListReportTextsRequest {
        parent: "departments/aggregator".to_owned(),
        page_size: 1000,
        ..Default::default()
    };
    let (runs, texts) = tokio::try_join!(visit.ask(runs), visit.ask(texts))?;
    let good = |run: &&pb::EvaluationRun| run.state() == pb::RunState::Succeeded && !run.provisional;
    let of = |kind: fn(pb::SchemeKind) -> bool| {
        runs.evaluation_runs.iter().filter(good).filter(|run| kind(run.scheme_kind())).map(Run::of).collect()
    };
    Ok(New {
        s: visit.shell(Here::Reports, Text::new("编制一版报告", "Make an edition")),
        practice: of(|kind| matches!(kind, pb::SchemeKind::Practice | pb::SchemeKind::Unspecified)),
        indices: of(|kind| kind == pb::SchemeKind::Index),
        joint: of(|kind| kind == pb::SchemeKind::Joint),
        texts: texts.report_texts.iter().filter(|text| !text.text.trim().is_empty()).count(),
    })
}

/// What a form says.
struct Asked {
    run: String,
    indices: Vec<String>,
    joint: String,
    request: String,
}

impl Asked {
    fn of<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut asked = Self { run: String::new(), indices: Vec::new(), joint: String::new(), request: String::new() };
        for (name, value) in fields.filter(|(_, value)| !value.trim().is_empty()) {
            let value = value.trim().to_owned();
            match name {
                "run" => asked.run = value,
                "index" => asked.indices.push(value),
                "joint" => asked.joint = value,
                "request" => asked.request = value,
                _ => {}
            }
        }
        if asked.request.is_empty() {
            asked.request = request_id();
        }
        asked
    }

    fn prepared(self, visit: &Visit, writing: &Writing) -> Result<Prepared, Response> {
        let Self { run, indices, joint, request } = self;
        if run.is_empty() {
            return Err(incomplete(
                visit,
                writing,
                "请选择报告所依据的运行",
                "choose the run that the report rests on",
            ));
        }
        let create = pb::CreateReportRequest {
            evaluation_run: run.clone(),
            request_id: request.clone(),
            index_runs: indices.clone(),
            joint_run: joint.clone(),
        };
        let beside = indices.len() + usize::from(!joint.is_empty());
        let what = Text::new(
            format!("依据运行 {} 编制一版报告，附 {beside} 个其他运行", format::id(&run)),
            format!("an edition that rests on the run {}, {beside} other runs beside it", format::id(&run)),
        );
        let mut fields = vec![("run", run), ("joint", joint), ("request", request)];
        fields.extend(indices.into_iter().map(|index| ("index", index)));
        Ok(Prepared {
            here: Here::Reports,
            title: Text::new("签名并编制报告", "Sign and make the edition"),
            what,
            message: message(method::CREATE_REPORT, &create),
            fields,
            action: "/reports",
            back: "/reports".to_owned(),
        })
    }
}

pub(super) async fn sign(visit: Visit, Extension(writing): Extension<Writing>, RawQuery(query): RawQuery) -> Answer {
    may(&visit, &writing, method::CREATE_REPORT).await?;
    let found = pairs(query.as_deref());
    let asked = Asked::of(found.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    asked.prepared(&visit, &writing)?.page(&visit, &writing)
}

pub(super) async fn submit(visit: Visit, Extension(writing): Extension<Writing>, form: Multipart) -> Answer {
    let mut posted = Posted::read(&visit, &writing, form).await?;
    let prepared = Asked::of(posted.pairs()).prepared(&visit, &writing)?;
    prepared.send(&visit, &writing, &mut posted).await?;
    Ok(to("/reports"))
}
