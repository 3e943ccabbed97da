//! Making an edition of the report: on which run it rests, which indices and which joint evaluation stand beside it.

use askama::Template;
use axum::{
    Extension,
    extract::{Multipart, RawQuery},
    response::Response,
};
use contracts::evaluation::v1 as pb;
use domain::{Text, Violations};

use super::{Back, Prepared, Unsent, fault, form_page, may, message, method, refused, request_of, runs_of::Run};
use crate::{
    address, format,
    port::Refusal,
    shell::{Here, Shell},
    visit::Visit,
    writing::{
        Answer, Writing,
        faults::Faults,
        form::{Posted, pairs},
        said::Said,
        to,
    },
};

/// The field of the form for what a service refuses.
const FIELDS: [(&str, &str); 3] = [("evaluation_run", "run"), ("joint_run", "joint"), ("index_runs", "")];

#[derive(Template)]
#[template(path = "evaluator/new_report.html")]
struct New {
    s: Shell,
    practice: Vec<Run>,
    indices: Vec<Run>,
    joint: Vec<Run>,
    texts: usize,
    asked: Asked,
    faults: Faults,
}

impl New {
    fn is_beside(&self, run: &str) -> bool {
        self.asked.indices.iter().any(|index| index == run)
    }
}

pub(super) async fn new(visit: Visit, Extension(writing): Extension<Writing>, RawQuery(query): RawQuery) -> Answer {
    may(&visit, &writing, method::CREATE_REPORT).await?;
    let asked = Asked::of_query(query.as_deref());
    page(&visit, asked, Faults::default()).await.map_err(|refusal| refused(&visit, refusal))
}

/// The form with what was chosen.
async fn page(visit: &Visit, asked: Asked, faults: Faults) -> Result<Response, Refusal> {
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
    let faulty = !faults.is_empty();
    let page = New {
        s: visit.shell(Here::Reports, Text::new("编制一版报告", "Make an edition")).found_at(asked.address()),
        practice: of(|kind| matches!(kind, pb::SchemeKind::Practice | pb::SchemeKind::Unspecified)),
        indices: of(|kind| kind == pb::SchemeKind::Index),
        joint: of(|kind| kind == pb::SchemeKind::Joint),
        texts: texts.report_texts.iter().filter(|text| !text.text.trim().is_empty()).count(),
        asked,
        faults,
    };
    Ok(form_page(&page, faulty))
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
        asked.request = request_of(&asked.request);
        asked
    }

    fn of_query(query: Option<&str>) -> Self {
        let found = pairs(query);
        Self::of(found.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields =
            vec![("run", self.run.clone()), ("joint", self.joint.clone()), ("request", self.request.clone())];
        fields.extend(self.indices.iter().map(|index| ("index", index.clone())));
        fields
    }

    /// The address of the form with what was chosen.
    fn address(&self) -> String {
        let fields = self.fields();
        let chosen = fields.iter().filter(|(name, value)| *name != "request" && !value.is_empty());
        format!("/reports/new?{}", address::query(chosen.map(|(name, value)| (*name, value.as_str()))))
    }

    fn prepared(&self) -> Result<Prepared, Violations> {
        let Self { run, indices, joint, request } = self;
        if run.is_empty() {
            let rule = ("须选择报告所依据的运行", "an edition rests on a run");
            return Err(fault("run", "", rule, ("请选择一次运行", "choose the run")).into());
        }
        let create = pb::CreateReportRequest {
            evaluation_run: run.clone(),
            request_id: request.clone(),
            index_runs: indices.clone(),
            joint_run: joint.clone(),
        };
        let beside = indices.len() + usize::from(!joint.is_empty());
        let what = Text::new(
            format!("依据运行 {} 编制一版报告，附 {beside} 个其他运行", format::id(run)),
            format!("an edition that rests on the run {}, {beside} other runs beside it", format::id(run)),
        );
        let mut said = vec![Said::line("依据的运行", "Run it rests on", &create.evaluation_run)];
        said.extend(create.index_runs.iter().map(|index| Said::line("附列的指数", "Index beside it", index)));
        said.push(Said::line("联合评价", "Joint evaluation", &create.joint_run));
        let printed = Text::new("编制时该期现行的各段", "those of the period that are current when it is made");
        said.push(Said::text("文字", "Texts", printed));
        Ok(Prepared {
            here: Here::Reports,
            title: Text::new("签名并编制报告", "Sign and make the edition"),
            what,
            said,
            more: String::new(),
            message: message(method::CREATE_REPORT, &create),
            fields: self.fields(),
            action: "/reports".to_owned(),
            back: Back::Page(self.address()),
        })
    }
}

pub(super) async fn sign(visit: Visit, Extension(writing): Extension<Writing>, RawQuery(query): RawQuery) -> Answer {
    if query.as_deref().is_none_or(str::is_empty) {
        // Who asks for it without a form gets an empty one.
        return new(visit, Extension(writing), RawQuery(query)).await;
    }
    may(&visit, &writing, method::CREATE_REPORT).await?;
    let asked = Asked::of_query(query.as_deref());
    match asked.prepared() {
        Ok(prepared) => prepared.page(&visit, &writing),
        Err(faults) => {
            let faults = Faults::of(&faults, visit.lang);
            page(&visit, asked, faults).await.map_err(|refusal| refused(&visit, refusal))
        }
    }
}

pub(super) async fn submit(visit: Visit, Extension(writing): Extension<Writing>, form: Multipart) -> Answer {
    let mut posted = Posted::read(&visit, &writing, form).await?;
    let asked = Asked::of(posted.pairs());
    let faults = match asked.prepared() {
        Err(faults) => Faults::of(&faults, visit.lang),
        Ok(prepared) => match prepared.send(&visit, &writing, &mut posted, &FIELDS).await {
            Ok(_answer) => return Ok(to("/reports")),
            Err(Unsent::Page(page)) => return Err(page),
            Err(Unsent::Faults(faults)) => faults,
        },
    };
    page(&visit, asked, faults).await.map_err(|refusal| refused(&visit, refusal))
}
