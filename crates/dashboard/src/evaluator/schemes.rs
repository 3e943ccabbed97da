//! A scheme from its file to its publication: what was understood is shown, and every fault, before anybody signs.

use askama::Template;
use axum::{
    Extension,
    extract::{Multipart, Path, RawQuery},
    response::Response,
};
use contracts::evaluation::v1 as pb;
use domain::{Lang, Text};

use super::{Back, Prepared, Unsent, form_page, may, message, method, refused, request_of};
use crate::{
    format,
    pages::{
        outline::{self, Outline},
        schemes::{DRAFT, Scheme},
    },
    port::Refusal,
    shell::{Here, Kept, Shell},
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
const FIELDS: [(&str, &str); 1] = [("scheme", "yaml")];

#[derive(Template)]
#[template(path = "evaluator/scheme.html")]
struct Page {
    s: Shell,
    form: Form,
    faults: Faults,
    token: String,
    /// Bytes that a file may have.
    most: usize,
}

/// What a scheme would change on the newest finished run of its id.
#[derive(Template)]
#[template(path = "evaluator/impact.html")]
struct Impact<'a> {
    s: &'a Shell,
    run: String,
    changes: pb::CompareRunsResponse,
    content: outline::Shown<'a>,
    yaml: &'a str,
    has_run: bool,
}

/// What was typed or uploaded.
struct Form {
    yaml: String,
    request: String,
}

impl Form {
    /// A file counts before the text beside it.
    fn of(visit: &Visit, posted: &mut Posted) -> Result<Self, (Self, Faults)> {
        let request = request_of(posted.field("request"));
        let typed = posted.field("yaml").replace("\r\n", "\n");
        let Some(file) = posted.take_file("file") else { return Ok(Self { yaml: typed, request }) };
        match String::from_utf8(file.bytes.to_vec()) {
            Ok(text) => Ok(Self { yaml: text.replace("\r\n", "\n"), request }),
            Err(_) => {
                let text = Text::new(
                    format!("{} 不是 UTF-8 文本；请另存为 UTF-8 的 YAML 文件", file.name),
                    format!("{} is no text in UTF-8; store it as YAML in UTF-8", file.name),
                );
                Err((Self { yaml: typed, request }, Faults::whole(&text, visit.lang)))
            }
        }
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![("yaml", self.yaml.clone()), ("request", self.request.clone())]
    }

    fn page(self, visit: &Visit, writing: &Writing, faults: Faults, typed: bool) -> Response {
        let token = writing.token(visit);
        let mut s = visit.shell(Here::Runs, Text::new("上传评价方案", "Upload a scheme"));
        if typed {
            let action = "/schemes/new".to_owned();
            s = s.keeping(Kept { action, token: token.clone(), fields: self.fields() });
        }
        let faulty = !faults.is_empty();
        form_page(&Page { s, form: self, faults, token, most: super::BOUNDS.content }, faulty)
    }

    fn prepared(&self, visit: &Visit, checked: pb::CheckSchemeResponse) -> Prepared {
        let scheme = checked.scheme.clone().unwrap_or_default();
        let known = Scheme::of(&scheme);
        let create = pb::CreateSchemeRequest {
            scheme: Some(pb::Scheme { yaml: self.yaml.clone(), ..Default::default() }),
            request_id: self.request.clone(),
            validate_only: false,
        };
        Prepared {
            here: Here::Runs,
            title: Text::new("签名并存为草稿", "Sign and store the draft"),
            what: Text::new(
                format!("方案 {} 版本 {}，存为草稿", known.id, known.version),
                format!("the scheme {} version {}, stored as a draft", known.id, known.version),
            ),
            said: said(&known),
            more: more(visit, &self.yaml, checked),
            message: message(method::CREATE_SCHEME, &create),
            fields: self.fields(),
            action: "/schemes".to_owned(),
            back: Back::Form { edit: "/schemes/new".to_owned(), sign: "/schemes/sign".to_owned() },
        }
    }
}

fn said(known: &Scheme) -> Vec<Said> {
    vec![
        Said::text("名称", "Title", known.title.clone()),
        Said::line("标识", "Id", &known.id),
        Said::line("版本", "Version", &known.version),
        Said::text("类型", "Kind", known.kind.clone()),
        Said::line("内容摘要", "Digest", &known.digest),
    ]
}

/// The content in readable form, and what it would change.
fn more(visit: &Visit, yaml: &str, checked: pb::CheckSchemeResponse) -> String {
    let s = visit.shell(Here::Runs, Text::default());
    let outline = Outline::of(yaml, visit.lang);
    let impact = checked.impact.unwrap_or_default();
    let part = Impact {
        s: &s,
        has_run: !impact.run.is_empty(),
        run: format::id(&impact.run).to_owned(),
        changes: impact.changes.unwrap_or_default(),
        content: outline::Shown { s: &s, outline: &outline },
        yaml,
    };
    part.render().unwrap_or_default()
}

async fn check(visit: &Visit, yaml: &str) -> Result<pb::CheckSchemeResponse, Refusal> {
    let scheme = pb::Scheme { yaml: yaml.to_owned(), ..Default::default() };
    visit.ask(pb::CheckSchemeRequest { scheme: Some(scheme) }).await
}

/// The faults of a scheme as sentences: line, place, rule, value, what to do.
fn faults(found: &[pb::SchemeFault], lang: Lang) -> Faults {
    let text = |text: &Option<contracts::common::v1::Text>| {
        let text = text.clone().unwrap_or_default();
        Text::new(text.zh, text.en).get(lang).to_owned()
    };
    let sentence = |fault: &pb::SchemeFault| {
        let line = Text::new(format!("第 {} 行 ", fault.line), format!("line {} ", fault.line));
        let line = if fault.line > 0 { line.get(lang) } else { "" };
        let value = Text::new(format!("；填的是 {}", fault.value), format!("; it says {}", fault.value));
        let value = if fault.value.is_empty() { "" } else { value.get(lang) };
        let colon = Text::new("：", ": ");
        let end = Text::new("；", "; ");
        let (rule, action) = (text(&fault.rule), text(&fault.action));
        format!("{line}{}{}{rule}{value}{}{action}", fault.path, colon.get(lang), end.get(lang))
    };
    Faults::at_one("yaml", found.iter().map(sentence))
}

pub(super) async fn new(visit: Visit, Extension(writing): Extension<Writing>, RawQuery(query): RawQuery) -> Answer {
    may(&visit, &writing, method::CREATE_SCHEME).await?;
    let asked = pairs(query.as_deref());
    let from = asked.iter().find(|(name, _)| name == "from").map(|(_, id)| id.as_str());
    let yaml = match from {
        None => String::new(),
        Some(id) => scheme(&visit, id).await.map_err(|refusal| refused(&visit, refusal))?.yaml,
    };
    Ok(Form { yaml, request: request_of("") }.page(&visit, &writing, Faults::default(), false))
}

pub(super) async fn edit(visit: Visit, Extension(writing): Extension<Writing>, form: Multipart) -> Answer {
    let mut posted = Posted::read(&visit, &writing, form).await?;
    may(&visit, &writing, method::CREATE_SCHEME).await?;
    let (form, faults) = match Form::of(&visit, &mut posted) {
        Ok(form) => (form, Faults::default()),
        Err(faulty) => faulty,
    };
    Ok(form.page(&visit, &writing, faults, true))
}

/// The draft that a form becomes, or the form with its faults.
async fn read(visit: &Visit, writing: &Writing, posted: &mut Posted) -> Result<(Form, Prepared), Response> {
    may(visit, writing, method::CREATE_SCHEME).await?;
    let form = match Form::of(visit, posted) {
        Ok(form) => form,
        Err((form, faults)) => return Err(form.page(visit, writing, faults, true)),
    };
    if form.yaml.trim().is_empty() {
        let text = Text::new(
            "没有方案；请选择方案文件，或把内容贴在下面",
            "there is no scheme; choose its file, or paste it below",
        );
        return Err(form.page(visit, writing, Faults::whole(&text, visit.lang), true));
    }
    let checked = check(visit, &form.yaml).await.map_err(|refusal| refused(visit, refusal))?;
    if !checked.faults.is_empty() {
        let faults = faults(&checked.faults, visit.lang);
        return Err(form.page(visit, writing, faults, true));
    }
    let prepared = form.prepared(visit, checked);
    Ok((form, prepared))
}

pub(super) async fn sign(visit: Visit, Extension(writing): Extension<Writing>, form: Multipart) -> Answer {
    let mut posted = Posted::read(&visit, &writing, form).await?;
    let (_, prepared) = read(&visit, &writing, &mut posted).await?;
    prepared.page(&visit, &writing)
}

pub(super) async fn submit(visit: Visit, Extension(writing): Extension<Writing>, form: Multipart) -> Answer {
    let mut posted = Posted::read(&visit, &writing, form).await?;
    let (form, prepared) = read(&visit, &writing, &mut posted).await?;
    match prepared.send(&visit, &writing, &mut posted, &FIELDS).await {
        Ok(answer) => {
            let stored = <pb::CreateSchemeResponse as prost::Message>::decode(answer);
            let stored = stored.map_err(|error| writing.fault(&visit, &error))?;
            let name = stored.scheme.map(|scheme| scheme.name).unwrap_or_default();
            Ok(to(&format!("/schemes/{}", format::id(&name))))
        }
        Err(Unsent::Page(page)) => Err(page),
        Err(Unsent::Faults(faults)) => Ok(form.page(&visit, &writing, faults, true)),
    }
}

async fn scheme(visit: &Visit, id: &str) -> Result<pb::Scheme, Refusal> {
    let request = pb::GetSchemeRequest { name: format!("schemes/{id}") };
    Ok(visit.ask(request).await?.scheme.unwrap_or_default())
}

/// A step of a draft.
#[derive(Clone, Copy)]
enum Step {
    Propose,
    Publish,
}

impl Step {
    fn of(visit: &Visit, word: &str) -> Result<Self, Response> {
        match word {
            "propose" => Ok(Self::Propose),
            "publish" => Ok(Self::Publish),
            _ => Err(refused_as_nothing(visit)),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Propose => "propose",
            Self::Publish => "publish",
        }
    }

    fn method(self) -> &'static str {
        match self {
            Self::Propose => method::PROPOSE_SCHEME,
            Self::Publish => method::PUBLISH_SCHEME,
        }
    }
}

fn refused_as_nothing(visit: &Visit) -> Response {
    crate::answer::refused(visit.nothing("这个地址没有页面", "there is no page at this address"))
}

/// The step of the draft as it stands now.
async fn step(visit: &Visit, writing: &Writing, id: &str, step: Step, request: String) -> Result<Prepared, Response> {
    may(visit, writing, step.method()).await?;
    let read = async {
        let plain = id.strip_suffix(DRAFT).unwrap_or(id);
        let draft = scheme(visit, &format!("{plain}{DRAFT}")).await?;
        let checked = check(visit, &draft.yaml).await?;
        Ok((draft, checked))
    };
    let (draft, checked) = read.await.map_err(|refusal| refused(visit, refusal))?;
    let known = Scheme::of(&draft);
    let (id, version) = (known.id.clone(), known.version.clone());
    // The text says all; with the messages beside it, the same content could have other bytes each time.
    let sent = Some(pb::Scheme { model: None, ..draft.clone() });
    let (title, what, message) = match step {
        Step::Propose => (
            Text::new("签名并提交发布", "Sign and propose"),
            Text::new(
                format!("提交 {id}（版本 {version}）供他人发布"),
                format!("{id} (version {version}) is put forward"),
            ),
            message(
                step.method(),
                &pb::ProposeSchemeRequest { scheme: sent, request_id: request.clone(), validate_only: false },
            ),
        ),
        Step::Publish => (
            Text::new("签名并发布", "Sign and publish"),
            Text::new(
                format!("发布 {id}（版本 {version}），即日生效"),
                format!("{id} (version {version}) comes into force"),
            ),
            message(
                step.method(),
                &pb::PublishSchemeRequest { scheme: sent, request_id: request.clone(), validate_only: false },
            ),
        ),
    };
    let mut said = said(&known);
    said.push(Said::line("编制", "Written by", &known.author));
    if let Step::Publish = step {
        said.push(Said::line("提交发布", "Proposed by", &known.proposer));
    }
    Ok(Prepared {
        here: Here::Runs,
        title,
        what,
        said,
        more: more(visit, &draft.yaml, checked),
        message,
        fields: vec![("request", request)],
        action: format!("/schemes/{id}/{}", step.word()),
        back: Back::Page(format!("/schemes/{id}")),
    })
}

pub(super) async fn sign_step(
    visit: Visit,
    Extension(writing): Extension<Writing>,
    Path((id, word)): Path<(String, String)>,
) -> Answer {
    let wanted = Step::of(&visit, &word)?;
    step(&visit, &writing, &id, wanted, request_of("")).await?.page(&visit, &writing)
}

pub(super) async fn submit_step(
    visit: Visit,
    Extension(writing): Extension<Writing>,
    Path((id, word)): Path<(String, String)>,
    form: Multipart,
) -> Answer {
    let wanted = Step::of(&visit, &word)?;
    let mut posted = Posted::read(&visit, &writing, form).await?;
    let prepared = step(&visit, &writing, &id, wanted, request_of(posted.field("request"))).await?;
    match prepared.send(&visit, &writing, &mut posted, &FIELDS).await {
        Ok(_answer) => {
            let plain = id.strip_suffix(DRAFT).unwrap_or(&id);
            Ok(to(&match wanted {
                Step::Propose => format!("/schemes/{plain}{DRAFT}"),
                Step::Publish => format!("/schemes/{plain}"),
            }))
        }
        Err(Unsent::Page(page)) => Err(page),
        Err(Unsent::Faults(faults)) => Err(not_taken(&visit, &writing, &id, &faults)),
    }
}

/// Why a step was not taken; there is no form to go back to.
fn not_taken(visit: &Visit, writing: &Writing, id: &str, faults: &Faults) -> Response {
    let text = faults.iter().map(|fault| fault.text.as_str()).collect::<Vec<_>>().join(" ");
    let heading = Text::new("没有提交：节点没有接受", "Nothing was submitted: the node refused");
    writing.told_back(visit, heading, Text::new(text.clone(), text), format!("/schemes/{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_a_scheme_names_line_place_rule_value_and_what_to_do() {
        let text = |zh: &str, en: &str| Some(contracts::common::v1::Text { zh: zh.to_owned(), en: en.to_owned() });
        let fault = pb::SchemeFault {
            path: "groups[0].weight".to_owned(),
            line: 7,
            value: "120".to_owned(),
            rule: text("各组之和须为 100", "groups sum to 100"),
            action: text("请改正", "correct it"),
        };
        let told = |lang| faults(std::slice::from_ref(&fault), lang).at("yaml");
        assert_eq!(told(Lang::Zh), "第 7 行 groups[0].weight：各组之和须为 100；填的是 120；请改正");
        assert_eq!(told(Lang::En), "line 7 groups[0].weight: groups sum to 100; it says 120; correct it");
    }
}
