//! The chapters of the report that people write: the list, a text with its revisions, the form.

use askama::Template;
use axum::{
    Extension,
    extract::{Multipart, Path, RawQuery},
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

const PARENT: &str = "departments/aggregator";
const PAGE: i32 = 1000;

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
    token: String,
    id: String,
    period: String,
    chapter: &'static str,
    text: String,
    etag: String,
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
        token: writing.token(&visit),
        id: id.clone(),
        period: text.period.clone(),
        chapter: chapter_code(text.chapter()),
        text: text.text.clone(),
        etag: text.record.as_ref().map(|record| record.etag.clone()).unwrap_or_default(),
    });
    let title = newest.map_or_else(|| Text::new("报告文字", "Written chapter"), |text| chapter_name(text.chapter()));
    Ok(answer::page(&One {
        s: visit.shell(Here::Texts, title),
        current: newest.map(Line::of),
        revisions: answer.report_texts.iter().map(Line::of).collect(),
        form,
    }))
}

pub(super) async fn new(visit: Visit, Extension(writing): Extension<Writing>, RawQuery(query): RawQuery) -> Answer {
    may(&visit, &writing, method::CREATE_TEXT).await?;
    let asked = pairs(query.as_deref());
    let get = |name: &str| asked.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value);
    let form = Form {
        token: writing.token(&visit),
        id: String::new(),
        period: get("period").to_owned(),
        chapter: chapter_of(get("chapter")).map_or("", chapter_code),
        text: String::new(),
        etag: String::new(),
    };
    let s = visit.shell(Here::Texts, Text::new("写一段报告文字", "Write a chapter"));
    Ok(answer::page(&One { s, current: None, revisions: Vec::new(), form: Some(form) }))
}

/// What a form says.
struct Written {
    id: String,
    period: String,
    chapter: pb::ReportChapter,
    text: String,
    etag: String,
    request: String,
}

impl Written {
    fn of(visit: &Visit, writing: &Writing, posted: &Posted) -> Result<Self, Response> {
        let get = |name: &str| posted.field(name).trim().to_owned();
        let (id, period) = (get("id"), get("period"));
        if id.is_empty() || period.is_empty() {
            return Err(incomplete(visit, writing, "请填写标识和期间", "give the text an id, and its period"));
        }
        let Some(chapter) = chapter_of(posted.field("chapter")) else {
            return Err(incomplete(visit, writing, "请选择章节", "choose the chapter"));
        };
        // A browser ends the lines of a form with CR LF, whatever they ended with before.
        let text = posted.field("text").replace("\r\n", "\n").trim_end().to_owned();
        let request = Some(get("request")).filter(|id| !id.is_empty()).unwrap_or_else(request_id);
        Ok(Self { id, period, chapter, text, etag: get("etag"), request })
    }

    fn prepared(&self) -> Prepared {
        let Self { id, period, chapter, text, etag, request } = self;
        let name = format!("{PARENT}/reportTexts/{id}");
        let body = pb::ReportText {
            name: if etag.is_empty() { String::new() } else { name },
            period: period.clone(),
            chapter: (*chapter).into(),
            text: text.clone(),
            record: None,
        };
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
        let Text { zh, en } = chapter_name(*chapter);
        let characters = text.chars().count();
        Prepared {
            here: Here::Texts,
            title: Text::new("签名并保存文字", "Sign and store the text"),
            what: Text::new(
                format!("{period} 年期报告的《{zh}》，文字 {id}，{characters} 字"),
                format!("{en} of the report for {period}: text {id}, {characters} characters"),
            ),
            message,
            fields: vec![
                ("id", id.clone()),
                ("period", period.clone()),
                ("chapter", chapter_code(*chapter).to_owned()),
                ("text", text.clone()),
                ("etag", etag.clone()),
                ("request", request.clone()),
            ],
            action: "/texts",
            back: if etag.is_empty() { "/texts".to_owned() } else { format!("/texts/{id}") },
        }
    }
}

pub(super) async fn sign(visit: Visit, Extension(writing): Extension<Writing>, form: Multipart) -> Answer {
    let posted = Posted::read(&visit, &writing, form).await?;
    Written::of(&visit, &writing, &posted)?.prepared().page(&visit, &writing)
}

pub(super) async fn submit(visit: Visit, Extension(writing): Extension<Writing>, form: Multipart) -> Answer {
    let mut posted = Posted::read(&visit, &writing, form).await?;
    let written = Written::of(&visit, &writing, &posted)?;
    written.prepared().send(&visit, &writing, &mut posted).await?;
    Ok(to(&format!("/texts/{}", written.id)))
}
