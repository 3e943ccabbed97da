//! Starting an evaluation: which scheme, which period, how many replicates; or an earlier run again.

use askama::Template;
use axum::{
    Extension,
    extract::{Multipart, RawQuery},
    response::Response,
};
use contracts::evaluation::v1 as pb;
use domain::Text;
use prost::Message as _;

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
#[template(path = "evaluator/new_run.html")]
struct New {
    s: Shell,
    schemes: Vec<Choice>,
    period: String,
}

/// A scheme to choose.
struct Choice {
    name: String,
    title: Text,
    draft: bool,
}

pub(super) async fn new(visit: Visit, Extension(writing): Extension<Writing>) -> Answer {
    may(&visit, &writing, method::CREATE_RUN).await?;
    let (schemes, period) = choices(&visit).await.map_err(|refusal| refused(&visit, refusal))?;
    let s = visit.shell(Here::Runs, Text::new("开始一次评价", "Start an evaluation"));
    Ok(answer::page(&New { s, schemes, period }))
}

/// The schemes, and the period of the newest run.
async fn choices(visit: &Visit) -> Result<(Vec<Choice>, String), Refusal> {
    let runs = pb::ListEvaluationRunsRequest { page_size: 1, page_token: String::new() };
    let schemes = pb::ListSchemesRequest { page_size: 1000, page_token: String::new() };
    let (runs, schemes) = tokio::try_join!(visit.ask(runs), visit.ask(schemes))?;
    let mut choices: Vec<Choice> = schemes
        .schemes
        .into_iter()
        // A joint evaluation takes the runs of its parts, which the command line names.
        .filter(|scheme| scheme.kind() != pb::SchemeKind::Joint)
        .map(|scheme| {
            let title = scheme.title.clone().unwrap_or_default();
            Choice {
                draft: scheme.state() != pb::SchemeState::Published,
                name: scheme.name,
                title: Text::new(title.zh, title.en),
            }
        })
        .collect();
    choices.sort_by_key(|choice| choice.draft);
    let period = runs.evaluation_runs.into_iter().next().map(|run| run.period).unwrap_or_default();
    Ok((choices, period))
}

/// What a form says.
struct Asked {
    scheme: String,
    period: String,
    replicates: String,
    repeats: String,
    request: String,
}

impl Asked {
    fn of<'a>(get: impl Fn(&str) -> &'a str) -> Self {
        let get = |name: &str| get(name).trim().to_owned();
        let request = Some(get("request")).filter(|id| !id.is_empty()).unwrap_or_else(request_id);
        Self {
            scheme: get("scheme"),
            period: get("period"),
            replicates: get("replicates"),
            repeats: get("repeats"),
            request,
        }
    }

    fn prepared(&self, visit: &Visit, writing: &Writing) -> Result<Prepared, Response> {
        let Self { scheme, period, replicates, repeats, request } = self;
        if repeats.is_empty() && (scheme.is_empty() || period.is_empty()) {
            return Err(incomplete(visit, writing, "请选择方案，填写评价期", "choose the scheme and give the period"));
        }
        let number = if replicates.is_empty() { Some(0) } else { replicates.parse::<u32>().ok() };
        let Some(number) = number else {
            return Err(incomplete(
                visit,
                writing,
                "重复次数应为 0 至 1000000 的整数",
                "replicates are a whole number from 0 to 1000000",
            ));
        };
        let create = pb::CreateEvaluationRunRequest {
            scheme: scheme.clone(),
            period: period.clone(),
            request_id: request.clone(),
            replicates: number,
            repeats: repeats.clone(),
            ..Default::default()
        };
        let what = if repeats.is_empty() {
            Text::new(
                format!("按方案 {scheme} 评价 {period} 期，数据为汇总端现有的最新检查点"),
                format!("evaluate {period} by {scheme} over the newest checkpoints that the aggregator holds"),
            )
        } else {
            Text::new(format!("重算运行 {repeats}"), format!("repeat the run {repeats}"))
        };
        Ok(Prepared {
            here: Here::Runs,
            title: Text::new("签名并开始评价", "Sign and start the evaluation"),
            what,
            message: message(method::CREATE_RUN, &create),
            fields: vec![
                ("scheme", scheme.clone()),
                ("period", period.clone()),
                ("replicates", replicates.clone()),
                ("repeats", repeats.clone()),
                ("request", request.clone()),
            ],
            action: "/runs",
            back: "/runs".to_owned(),
        })
    }
}

pub(super) async fn sign(visit: Visit, Extension(writing): Extension<Writing>, RawQuery(query): RawQuery) -> Answer {
    may(&visit, &writing, method::CREATE_RUN).await?;
    let found = pairs(query.as_deref());
    let asked = Asked::of(|name| found.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value));
    asked.prepared(&visit, &writing)?.page(&visit, &writing)
}

pub(super) async fn submit(visit: Visit, Extension(writing): Extension<Writing>, form: Multipart) -> Answer {
    let mut posted = Posted::read(&visit, &writing, form).await?;
    let prepared = Asked::of(|name| posted.field(name)).prepared(&visit, &writing)?;
    let answer = prepared.send(&visit, &writing, &mut posted).await?;
    let run = pb::CreateEvaluationRunResponse::decode(answer).map_err(|error| writing.fault(&visit, &error))?;
    let name = run.evaluation_run.map(|run| run.name).unwrap_or_default();
    Ok(to(&format!("/runs/{}", format::id(&name))))
}
