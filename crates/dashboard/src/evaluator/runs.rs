//! Starting an evaluation: by which scheme, for which period, with which replicates; of an index the panel, of a joint evaluation the runs
//! that are its parts; or an earlier run again.

use askama::Template;
use axum::{
    Extension,
    extract::{Multipart, RawQuery},
    response::Response,
};
use contracts::evaluation::v1 as pb;
use domain::{Text, Violations};
use prost::Message as _;

use super::{
    Back, Prepared, Unsent, fault, form_page, may, message, method, refused, request_of,
    runs_of::{Joint, Run, joints},
};
use crate::{
    address, format,
    pages::{outline, schemes},
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
const FIELDS: [(&str, &str); 8] = [
    ("scheme", "scheme"),
    ("period", "period"),
    ("replicates", "replicates"),
    ("seed", "seed"),
    ("panel_periods", "panel"),
    ("part_runs", ""),
    ("reporting_deadline", "deadline"),
    ("repeats", ""),
];

#[derive(Template)]
#[template(path = "evaluator/new_run.html")]
struct New {
    s: Shell,
    schemes: Vec<Choice>,
    joints: Vec<Joint>,
    runs: Vec<Run>,
    asked: Asked,
    faults: Faults,
}

impl New {
    /// Whether this run is chosen for a part.
    fn is_part(&self, scheme: &str, part: &str, run: &str) -> bool {
        self.asked.parts.iter().any(|found| *found == (scheme.to_owned(), part.to_owned(), run.to_owned()))
    }
}

/// A scheme to choose.
struct Choice {
    name: String,
    title: Text,
    kind: Text,
    draft: bool,
    chosen: bool,
}

/// What a form says.
#[derive(Default)]
struct Asked {
    scheme: String,
    period: String,
    replicates: String,
    seed: String,
    panel: String,
    deadline: String,
    /// Scheme, part and run: the form has the parts of every joint scheme, and those of the chosen one count.
    parts: Vec<(String, String, String)>,
    repeats: String,
    request: String,
}

impl Asked {
    fn of<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut asked = Self::default();
        for (name, value) in fields {
            let value = value.trim();
            match name {
                "scheme" => value.clone_into(&mut asked.scheme),
                "period" => value.clone_into(&mut asked.period),
                "replicates" => value.clone_into(&mut asked.replicates),
                "seed" => value.clone_into(&mut asked.seed),
                "panel" => value.clone_into(&mut asked.panel),
                "deadline" => value.clone_into(&mut asked.deadline),
                "part" => asked.parts.extend(part(value)),
                "repeats" => value.clone_into(&mut asked.repeats),
                "request" => value.clone_into(&mut asked.request),
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

    /// The fields that were filled.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let one = [
            ("scheme", &self.scheme),
            ("period", &self.period),
            ("replicates", &self.replicates),
            ("seed", &self.seed),
            ("panel", &self.panel),
            ("deadline", &self.deadline),
            ("repeats", &self.repeats),
            ("request", &self.request),
        ];
        let one = one.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.clone()));
        let parts = self.parts.iter().map(|(scheme, part, run)| ("part", format!("{scheme}|{part}|{run}")));
        one.chain(parts).collect()
    }

    /// The address of the form with what was typed.
    fn address(&self) -> String {
        let fields = self.fields();
        let typed = fields.iter().filter(|(name, _)| !["request", "repeats"].contains(name));
        format!("/runs/new?{}", address::query(typed.map(|(name, value)| (*name, value.as_str()))))
    }

    /// What is sent, or everything that is wrong with the form.
    fn read(&self) -> Result<pb::CreateEvaluationRunRequest, Violations> {
        let mut faults = Violations::new();
        if self.repeats.is_empty() {
            if self.scheme.is_empty() {
                let rule = ("须选择方案", "a run is by a scheme");
                faults.push(fault("scheme", "", rule, ("请选择方案", "choose the scheme")));
            }
            if self.period.is_empty() {
                let rule = ("须写明评价期", "a run is of a period");
                faults.push(fault("period", "", rule, ("请填写，如 2024 或 2024-H1", "give it, like 2024 or 2024-H1")));
            }
        }
        let replicates = whole("replicates", &self.replicates, 1_000_000, &mut faults);
        let seed = whole("seed", &self.seed, u64::MAX, &mut faults);
        let panel = self.panel.split([',', '，', '、', ' ']).map(str::trim).filter(|period| !period.is_empty());
        let parts = self.parts.iter().filter(|(scheme, ..)| *scheme == self.scheme);
        faults.into_result(pb::CreateEvaluationRunRequest {
            scheme: self.scheme.clone(),
            period: self.period.clone(),
            checkpoints: Vec::new(),
            request_id: self.request.clone(),
            replicates: u32::try_from(replicates).unwrap_or_default(),
            seed,
            panel_periods: panel.map(str::to_owned).collect(),
            repeats: self.repeats.clone(),
            part_runs: parts
                .map(|(_, part, run)| pb::PartRun { part: part.clone(), run: run.clone(), ..Default::default() })
                .collect(),
            reporting_deadline: self.deadline.clone(),
        })
    }

    fn prepared(&self) -> Result<Prepared, Violations> {
        let create = self.read()?;
        let pb::CreateEvaluationRunRequest { scheme, period, .. } = &create;
        let (what, back) = if self.repeats.is_empty() {
            let what = Text::new(
                format!("按方案 {scheme} 评价 {period} 期，数据为汇总端现有的最新检查点"),
                format!("evaluate {period} by {scheme} over the newest checkpoints that the aggregator holds"),
            );
            (what, self.address())
        } else {
            let id = format::id(&self.repeats);
            let what = Text::new(format!("重算运行 {id}"), format!("repeat the run {id}"));
            (what, format!("/runs/{id}"))
        };
        Ok(Prepared {
            here: Here::Runs,
            title: Text::new("签名并开始评价", "Sign and start the evaluation"),
            what,
            said: said(&create),
            more: String::new(),
            message: message(method::CREATE_RUN, &create),
            fields: self.fields(),
            action: "/runs".to_owned(),
            back: Back::Page(back),
        })
    }
}

/// `scheme|part|run`.
fn part(value: &str) -> Option<(String, String, String)> {
    let mut words = value.split('|').map(str::to_owned);
    let found = (words.next()?, words.next()?, words.next()?);
    (words.next().is_none() && !found.2.is_empty()).then_some(found)
}

/// A whole number; 0 when it is empty.
fn whole(field: &str, text: &str, most: u64, faults: &mut Violations) -> u64 {
    if text.is_empty() {
        return 0;
    }
    let read = text.parse::<u64>().ok().filter(|number| *number <= most);
    read.unwrap_or_else(|| {
        let (zh, en) = (format!("应为 0 到 {most} 的整数"), format!("this is a whole number from 0 to {most}"));
        faults.push(fault(field, text, (&zh, &en), ("请改正，或留空按方案", "correct it, or leave it empty")));
        0
    })
}

/// What is signed, in words.
fn said(create: &pb::CreateEvaluationRunRequest) -> Vec<Said> {
    if !create.repeats.is_empty() {
        return vec![Said::line("重算的运行", "Run to repeat", &create.repeats)];
    }
    let of_scheme = Text::new("按方案", "as the scheme says");
    let number = |number: u64| match number {
        0 => of_scheme.clone(),
        number => Text::new(number.to_string(), number.to_string()),
    };
    let mut said = vec![
        Said::line("方案", "Scheme", &create.scheme),
        Said::line("评价期", "Period", &create.period),
        Said::text(
            "数据",
            "Data",
            Text::new("汇总端现有的最新检查点", "the newest checkpoints that the aggregator holds"),
        ),
        Said::text("重复次数", "Replicates", number(create.replicates.into())),
        Said::text("随机种子", "Seed", number(create.seed)),
    ];
    if !create.panel_periods.is_empty() {
        said.push(Said::line("往期", "Earlier periods", &create.panel_periods.join("、")));
    }
    for part in &create.part_runs {
        said.push(Said::line(
            "联合评价的部分",
            "Part of the joint evaluation",
            &format!("{} = {}", part.part, part.run),
        ));
    }
    if !create.reporting_deadline.is_empty() {
        said.push(Said::line("报送截止日", "Reporting deadline", &create.reporting_deadline));
    }
    said
}

/// The form with what was typed.
async fn page(visit: &Visit, mut asked: Asked, faults: Faults) -> Result<Response, Refusal> {
    let runs = pb::ListEvaluationRunsRequest { page_size: 200, page_token: String::new() };
    let (runs, schemes) = tokio::try_join!(visit.ask(runs), schemes::all(visit))?;
    let joints = joints(&schemes);
    let mut choices: Vec<Choice> = schemes
        .into_iter()
        .map(|scheme| {
            let title = scheme.title.clone().unwrap_or_default();
            Choice {
                draft: scheme.state() != pb::SchemeState::Published,
                kind: outline::kind(scheme.kind()),
                chosen: scheme.name == asked.scheme,
                name: scheme.name,
                title: Text::new(title.zh, title.en),
            }
        })
        .collect();
    // A joint evaluation takes runs of other schemes, so those come first.
    choices.sort_by_key(|choice| (choice.draft, joints.iter().any(|joint| joint.scheme == choice.name)));
    // As the newest run, unless something was typed.
    if asked.period.is_empty() && faults.is_empty() {
        asked.period = runs.evaluation_runs.first().map(|run| run.period.clone()).unwrap_or_default();
    }
    let s = visit.shell(Here::Runs, Text::new("开始一次评价", "Start an evaluation")).found_at(asked.address());
    let runs = runs.evaluation_runs.iter().filter(|run| Run::may_be_part(run)).map(Run::of).collect();
    let faulty = !faults.is_empty();
    Ok(form_page(&New { s, schemes: choices, joints, runs, asked, faults }, faulty))
}

pub(super) async fn new(visit: Visit, Extension(writing): Extension<Writing>, RawQuery(query): RawQuery) -> Answer {
    may(&visit, &writing, method::CREATE_RUN).await?;
    let asked = Asked::of_query(query.as_deref());
    page(&visit, asked, Faults::default()).await.map_err(|refusal| refused(&visit, refusal))
}

pub(super) async fn sign(visit: Visit, Extension(writing): Extension<Writing>, RawQuery(query): RawQuery) -> Answer {
    if query.as_deref().is_none_or(str::is_empty) {
        // Who asks for it without a form gets an empty one.
        return new(visit, Extension(writing), RawQuery(query)).await;
    }
    may(&visit, &writing, method::CREATE_RUN).await?;
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
            Ok(answer) => {
                let run = pb::CreateEvaluationRunResponse::decode(answer);
                let run = run.map_err(|error| writing.fault(&visit, &error))?.evaluation_run;
                return Ok(to(&format!("/runs/{}", format::id(&run.map(|run| run.name).unwrap_or_default()))));
            }
            Err(Unsent::Page(page)) => return Err(page),
            Err(Unsent::Faults(faults)) => faults,
        },
    };
    page(&visit, asked, faults).await.map_err(|refusal| refused(&visit, refusal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_parts_of_the_chosen_scheme_are_sent() {
        let asked = Asked::of_query(Some(
            "scheme=schemes%2Fj&period=2024&part=schemes%2Fj%7Cindicators%7Cr1&part=schemes%2Fother%7Cx%7Cr2\
             &part=schemes%2Fj%7Cfunding%7C&panel=2022%2C2023&seed=7&deadline=2025-03-31",
        ));
        let create = asked.read().unwrap();
        assert_eq!(create.part_runs.len(), 1);
        assert_eq!((create.part_runs[0].part.as_str(), create.part_runs[0].run.as_str()), ("indicators", "r1"));
        assert_eq!(
            (create.panel_periods, create.seed, create.reporting_deadline),
            (vec!["2022".to_owned(), "2023".to_owned()], 7, "2025-03-31".to_owned())
        );
        assert!(asked.address().contains("part=schemes%2Fother%7Cx%7Cr2"), "what was typed stays");
    }

    #[test]
    fn what_is_no_number_is_named_at_its_field_with_the_rest() {
        let faults = Asked::of_query(Some("replicates=many&seed=-1")).read().unwrap_err();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["scheme", "period", "replicates", "seed"]);
        Asked::of_query(Some("replicates=1000001&repeats=r")).read().unwrap_err();
    }
}
