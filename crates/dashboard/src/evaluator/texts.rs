//! The chapters of the report that people write: the list, a text with its revisions, the form.

use askama::Template;
use axum::{
    Extension,
    extract::{Multipart, Path, RawQuery},
    response::Response,
};
use contracts::evaluation::v1 as pb;
use domain::{Text, Violations};

use super::{Back, Prepared, Unsent, fault, form_page, may, message, method, refused, request_of};
use crate::{
    answer, format,
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

const PARENT: &str = "departments/aggregator";
const PAGE: i32 = 1000;
/// The field of the form for what a service refuses.
const FIELDS: [(&str, &str); 4] = [
    ("report_text_id", "id"),
    ("report_text.period", "period"),
    ("report_text.chapter", "chapter"),
    ("report_text.text", "text"),
];

/// The chapters that people write, in the order of the report.
const CHAPTERS: [(pb::ReportChapter, &str, &str, &str); 5] = [
    (pb::ReportChapter::Conclusion, "conclusion", "评价结论", "Conclusion"),
    (pb::ReportChapter::Experience, "experience", "主要经验及做法", "Experience and practice"),
    (pb::ReportChapter::Problems, "problems", "存在问题及原因分析", "Problems and their causes"),
    (pb::ReportChapter::Recommendations, "recommendations", "有关建议", "Recommendations"),
    (pb::ReportChapter::Other, "other", "其他需说明的问题", "Other matters"),
];

#[derive(Template)]
#[template(path = "evaluator/texts.html")]
struct List {
    s: Shell,
    texts: Vec<Line>,
    may_write: bool,
}

#[derive(Template)]
#[template(path = "evaluator/text.html")]
struct One {
    s: Shell,
    /// The current revision; none on the page of a new text.
    current: Option<Line>,
    revisions: Vec<Line>,
    form: Option<Form>,
    faults: Faults,
    token: String,
}

/// A revision of a text.
struct Line {
    id: String,
    period: String,
    chapter: Text,
    paragraphs: Vec<String>,
    revision: u32,
    author: String,
    time: String,
}

/// The form of a text, as it is now.
struct Form {
    id: String,
    period: String,
    chapter: &'static str,
    text: String,
    /// Of the revision that it changes; empty of a new text.
    etag: String,
    request: String,
}

impl Form {
    fn chapters(&self) -> impl Iterator<Item = (&'static str, Text, bool)> {
        let chosen = self.chapter;
        CHAPTERS.into_iter().map(move |(_, code, zh, en)| (code, Text::new(zh, en), code == chosen))
    }

    /// Whether it makes a text that is not there yet.
    fn is_new(&self) -> bool {
        self.etag.is_empty()
    }
}

impl Line {
    fn of(text: &pb::ReportText) -> Self {
        let record = text.record.clone().unwrap_or_default();
        let lines = text.text.lines().map(str::trim).filter(|line| !line.is_empty());
        let author = record.provenance.map(|from| from.principal).unwrap_or_default();
        Self {
            id: format::id(&text.name).to_owned(),
            period: text.period.clone(),
            chapter: chapter_name(text.chapter()),
            paragraphs: lines.map(str::to_owned).collect(),
            revision: record.revision,
            author: format::identity(&author).to_owned(),
            time: format::time(record.create_time.as_ref()),
        }
    }

    /// Its beginning, for a list.
    fn start(&self) -> String {
        self.paragraphs.first().map(|line| line.chars().take(40).collect()).unwrap_or_default()
    }
}

fn chapter_name(chapter: pb::ReportChapter) -> Text {
    let found = CHAPTERS.iter().find(|(known, ..)| *known == chapter);
    found.map_or_else(|| Text::new("—", "—"), |(_, _, zh, en)| Text::new(*zh, *en))
}

fn chapter_code(chapter: pb::ReportChapter) -> &'static str {
    CHAPTERS.iter().find(|(known, ..)| *known == chapter).map_or("", |(_, code, ..)| code)
}

fn chapter_of(code: &str) -> Option<pb::ReportChapter> {
    CHAPTERS.iter().find(|(_, known, ..)| *known == code).map(|(chapter, ..)| *chapter)
}

pub(super) async fn list(visit: Visit, Extension(writing): Extension<Writing>) -> Answer {
    let mut texts = all(&visit).await.map_err(|refusal| refused(&visit, refusal))?;
    let place = |text: &pb::ReportText| CHAPTERS.iter().position(|(known, ..)| *known == text.chapter());
    texts.sort_by(|a, b| {
        b.period.cmp(&a.period).then_with(|| place(a).cmp(&place(b))).then_with(|| a.name.cmp(&b.name))
    });
    let may_write = writing.writer().allows(&visit.visitor, visit.lang, method::CREATE_TEXT);
    let s = visit.shell(Here::Texts, Text::new("报告文字", "Written chapters"));
    Ok(answer::page(&List { s, texts: texts.iter().map(Line::of).collect(), may_write }))
}

/// Every current text.
async fn all(visit: &Visit) -> Result<Vec<pb::ReportText>, Refusal> {
    let mut found = Vec::new();
    let mut request = pb::ListReportTextsRequest { parent: PARENT.to_owned(), page_size: PAGE, ..Default::default() };
    loop {
        let mut answer = visit.ask(request.clone()).await?;
        found.append(&mut answer.report_texts);
        if answer.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = answer.next_page_token;
    }
}

pub(super) async fn page(visit: Visit, Extension(writing): Extension<Writing>, Path(id): Path<String>) -> Answer {
    let request = pb::ListReportTextRevisionsRequest {
        name: format!("{PARENT}/reportTexts/{id}"),
        page_size: PAGE,
        ..Default::default()
    };
    let answer = visit.ask(request).await.map_err(|refusal| refused(&visit, refusal))?;
    let newest = answer.report_texts.first();
    let may_write = writing.writer().allows(&visit.visitor, visit.lang, method::UPDATE_TEXT);
    let form = newest.filter(|_| may_write).map(|text| Form {
        id: id.clone(),
        period: text.period.clone(),
        chapter: chapter_code(text.chapter()),
        text: text.text.clone(),
        etag: text.record.as_ref().map(|record| record.etag.clone()).unwrap_or_default(),
        request: request_of(""),
    });
    let title = newest.map_or_else(|| Text::new("报告文字", "Written chapter"), |text| chapter_name(text.chapter()));
    Ok(answer::page(&One {
        s: visit.shell(Here::Texts, title),
        current: newest.map(Line::of),
        revisions: answer.report_texts.iter().map(Line::of).collect(),
        form,
        faults: Faults::default(),
        token: writing.token(&visit),
    }))
}

pub(super) async fn new(visit: Visit, Extension(writing): Extension<Writing>, RawQuery(query): RawQuery) -> Answer {
    may(&visit, &writing, method::CREATE_TEXT).await?;
    let asked = pairs(query.as_deref());
    let get = |name: &str| asked.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value);
    let form = Form {
        id: String::new(),
        period: get("period").to_owned(),
        chapter: chapter_of(get("chapter")).map_or("", chapter_code),
        text: String::new(),
        etag: String::new(),
        request: request_of(""),
    };
    Ok(form.page(&visit, &writing, Faults::default(), false))
}

impl Form {
    fn of(posted: &Posted) -> Self {
        let get = |name: &str| posted.field(name).trim().to_owned();
        Self {
            id: get("id"),
            period: get("period"),
            chapter: chapter_of(posted.field("chapter")).map_or("", chapter_code),
            // A browser ends the lines of a form with CR LF, whatever they ended with before.
            text: posted.field("text").replace("\r\n", "\n").trim_end().to_owned(),
            etag: get("etag"),
            request: request_of(posted.field("request")),
        }
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![
            ("id", self.id.clone()),
            ("period", self.period.clone()),
            ("chapter", self.chapter.to_owned()),
            ("text", self.text.clone()),
            ("etag", self.etag.clone()),
            ("request", self.request.clone()),
        ]
    }

    fn page(self, visit: &Visit, writing: &Writing, faults: Faults, typed: bool) -> Response {
        let token = writing.token(visit);
        let mut s = visit.shell(Here::Texts, Text::new("写一段报告文字", "Write a chapter"));
        if typed {
            s = s.keeping(Kept { action: "/texts/new".to_owned(), token: token.clone(), fields: self.fields() });
        }
        let faulty = !faults.is_empty();
        form_page(&One { s, current: None, revisions: Vec::new(), form: Some(self), faults, token }, faulty)
    }

    fn prepared(&self) -> Result<Prepared, Violations> {
        let Self { id, period, chapter, text, etag, request } = self;
        let mut faults = Violations::new();
        if id.is_empty() {
            let rule = ("须有标识", "a text has an id");
            faults.push(fault(
                "id",
                "",
                rule,
                ("请填写小写字母、数字和连字符", "give lower-case letters, digits and hyphens"),
            ));
        }
        if period.is_empty() {
            let rule = ("须写明期间", "a text is of a period");
            faults.push(fault("period", "", rule, ("请填写，如 2024", "give it, like 2024")));
        }
        let chapter = chapter_of(chapter);
        if chapter.is_none() {
            let rule = ("须注明章节", "a text is of a chapter");
            faults.push(fault("chapter", "", rule, ("请选择章节", "choose it")));
        }
        let chapter = faults.into_result(chapter.unwrap_or_default())?;
        let name = format!("{PARENT}/reportTexts/{id}");
        let body = pb::ReportText {
            name: if etag.is_empty() { String::new() } else { name },
            period: period.clone(),
            chapter: chapter.into(),
            text: text.clone(),
            record: None,
        };
        let Text { zh, en } = chapter_name(chapter);
        let characters = text.chars().count();
        let said = vec![
            Said::line("文字", "Text id", id),
            Said::line("期间", "Period", &body.period),
            Said::text("章节", "Chapter", chapter_name(body.chapter())),
            Said::paragraphs("正文", "Text", &body.text),
        ];
        let message = if etag.is_empty() {
            let create = pb::CreateReportTextRequest {
                parent: PARENT.to_owned(),
                report_text_id: id.clone(),
                report_text: Some(body),
                request_id: request.clone(),
                validate_only: false,
            };
            message(method::CREATE_TEXT, &create)
        } else {
            let update = pb::UpdateReportTextRequest {
                report_text: Some(body),
                etag: etag.clone(),
                request_id: request.clone(),
                validate_only: false,
            };
            message(method::UPDATE_TEXT, &update)
        };
        Ok(Prepared {
            here: Here::Texts,
            title: Text::new("签名并保存文字", "Sign and store the text"),
            what: Text::new(
                format!("{period} 年期报告的《{zh}》，文字 {id}，{characters} 字"),
                format!("{en} of the report for {period}: text {id}, {characters} characters"),
            ),
            said,
            more: String::new(),
            message,
            fields: self.fields(),
            action: "/texts".to_owned(),
            back: Back::Form { edit: "/texts/new".to_owned(), sign: "/texts/sign".to_owned() },
        })
    }
}

pub(super) async fn edit(visit: Visit, Extension(writing): Extension<Writing>, form: Multipart) -> Answer {
    let posted = Posted::read(&visit, &writing, form).await?;
    Ok(Form::of(&posted).page(&visit, &writing, Faults::default(), true))
}

pub(super) async fn sign(visit: Visit, Extension(writing): Extension<Writing>, form: Multipart) -> Answer {
    let posted = Posted::read(&visit, &writing, form).await?;
    let form = Form::of(&posted);
    match form.prepared() {
        Ok(prepared) => prepared.page(&visit, &writing),
        Err(faults) => Ok(form.page(&visit, &writing, Faults::of(&faults, visit.lang), true)),
    }
}

pub(super) async fn submit(visit: Visit, Extension(writing): Extension<Writing>, form: Multipart) -> Answer {
    let mut posted = Posted::read(&visit, &writing, form).await?;
    let form = Form::of(&posted);
    let faults = match form.prepared() {
        Err(faults) => Faults::of(&faults, visit.lang),
        Ok(prepared) => match prepared.send(&visit, &writing, &mut posted, &FIELDS).await {
            Ok(_answer) => return Ok(to(&format!("/texts/{}", form.id))),
            Err(Unsent::Page(page)) => return Err(page),
            Err(Unsent::Faults(faults)) => faults,
        },
    };
    Ok(form.page(&visit, &writing, faults, true))
}
