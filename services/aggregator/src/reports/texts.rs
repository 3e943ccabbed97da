//! What people write for the chapters of the report: 评价结论, 经验, 问题, 建议. Each text is a resource of the aggregator's own
//! log, revision by revision; an edition prints the revisions that are current when it is made. The program words nothing.

use contracts::evaluation::v1 as pb;
use domain::{Period, Reason, Recorded, Violations};
use node::{
    caller::Caller,
    convert::{Reader, common},
    desk::{DeskError, Submission},
    pages::Page,
};
use prost::Message as _;
use store::{StoredResource, View, WriteTxn};

use super::Reports;
use crate::{
    followup::rows,
    writes::{Named, Write, before, not_found, recorded},
};

/// Collection of the texts.
pub(crate) const REPORT_TEXTS: &str = "reportTexts";
/// Characters of one text: about twenty pages.
const MOST_CHARACTERS: usize = 20_000;
/// Texts of one period that a report prints.
const MOST_TEXTS: usize = 100;

impl Named for pb::ReportText {
    // Words are edited, not corrected.
    const CORRECTED: bool = false;

    fn name(&self) -> &str {
        &self.name
    }
    fn set_name(&mut self, name: String) {
        self.name = name;
    }
}

impl Reports {
    /// Records a text, or a new revision of it.
    pub(super) async fn write_text<R: prost::Message + Default>(
        &self,
        caller: &Caller,
        submission: Submission<'_>,
        write: Write<'_, pb::ReportText>,
        respond: impl FnOnce(pb::ReportText, Option<contracts::common::v1::Receipt>) -> R,
    ) -> Result<R, DeskError> {
        let mut faults = Violations::new();
        let name = write.name(&mut faults, self.context.department(), REPORT_TEXTS, "report_text", &submission);
        if let Some(message) = &write.resource {
            check(&mut Reader::new(&mut faults).at("report_text"), message);
        }
        let (Some(name), Some(message)) = (name.filter(|_| faults.is_empty()), write.resource) else {
            return Err(faults.into());
        };
        let etag = write.etag;
        let check = async |txn: &mut WriteTxn| before(txn, &name, etag).await;
        self.context
            .desk()
            .submit(caller, submission, check, |outcome, before| {
                let answer = recorded(outcome, before, &name, message, |message, record| message.record = record);
                respond(answer, outcome.receipt.clone())
            })
            .await
    }

    /// A page of the current texts.
    pub(super) async fn list_texts(
        &self,
        caller: &Caller,
        message: pb::ListReportTextsRequest,
    ) -> Result<pb::ListReportTextsResponse, DeskError> {
        caller.must_see(self.context.department(), "")?;
        self.context.department_parent(&message.parent)?;
        let query = pb::ListReportTextsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
        let page = Page::read("ListReportTexts", &query, message.page_size, &message.page_token)?;
        let mut report_texts = self.texts(&message.period).await?;
        if let Some(after) = &page.after {
            report_texts.retain(|text| text.name > *after);
        }
        let next_page_token = page.cut(&mut report_texts, |text| text.name.clone());
        Ok(pb::ListReportTextsResponse { report_texts, next_page_token })
    }

    /// A page of the revisions of one text.
    pub(super) async fn text_revisions(
        &self,
        caller: &Caller,
        message: pb::ListReportTextRevisionsRequest,
    ) -> Result<pb::ListReportTextRevisionsResponse, DeskError> {
        caller.must_see(self.context.department(), "")?;
        let query = pb::ListReportTextRevisionsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
        let page = Page::read("ListReportTextRevisions", &query, message.page_size, &message.page_token)?;
        let name = common::name_to_read(&message.name, REPORT_TEXTS)?;
        let before = page.after.as_ref().and_then(|revision| revision.parse().ok());
        let mut rows = self.context.store().resource_revisions(&name, before, page.limit()).await?;
        if rows.is_empty() && before.is_none() {
            return Err(not_found(&name).into());
        }
        let next_page_token = page.cut(&mut rows, |row| row.revision.to_string());
        let mut report_texts = Vec::with_capacity(rows.len());
        for row in &rows {
            report_texts.push(self.text_out(row, decode(row)?).await?);
        }
        Ok(pb::ListReportTextRevisionsResponse { report_texts, next_page_token })
    }

    /// The texts that an edition of a period prints.
    ///
    /// # Errors
    /// The faults of the store; [`Reason::FieldInvalid`] when there are too many for one report.
    pub(super) async fn printed_texts(&self, period: &str) -> Result<Vec<pb::ReportText>, DeskError> {
        let mut texts = self.texts(period).await?;
        texts.retain(|text| !text.text.trim().is_empty());
        if texts.len() > MOST_TEXTS {
            let mut faults = Violations::new();
            Reader::new(&mut faults).fault(
                "evaluation_run",
                Reason::FieldInvalid,
                texts.len(),
                (&format!("一个期间的文字至多{MOST_TEXTS}段"), &format!("a period has at most {MOST_TEXTS} texts")),
                ("请合并文字，或把多余的清空", "join texts, or empty those that are too many"),
            );
            return Err(faults.into());
        }
        Ok(texts)
    }

    /// The current texts of a period, or of all for an empty one, in the order of names.
    async fn texts(&self, period: &str) -> Result<Vec<pb::ReportText>, DeskError> {
        let rows = rows(self.context.store(), self.context.department(), REPORT_TEXTS, &View::Now).await?;
        let mut texts = Vec::new();
        for row in &rows {
            let message = decode(row)?;
            if period.is_empty() || message.period == period {
                texts.push(self.text_out(row, message).await?);
            }
        }
        Ok(texts)
    }

    /// A text of a row as it is answered.
    async fn text_out(
        &self,
        row: &Recorded<StoredResource>,
        mut message: pb::ReportText,
    ) -> Result<pb::ReportText, DeskError> {
        let source = self.context.sources().of(row).await?;
        message.record = Some(common::record_out(row, None, source.as_ref()));
        Ok(message)
    }
}

fn decode(row: &Recorded<StoredResource>) -> Result<pb::ReportText, DeskError> {
    Ok(pb::ReportText::decode(row.body.body.as_slice())?)
}

/// Checks what a person wrote.
fn check(reader: &mut Reader<'_>, message: &pb::ReportText) {
    if reader.required("period", &message.period).is_some() {
        reader.parse(
            "period",
            &message.period,
            Reason::FieldInvalid,
            "a period is a year, a half-year, a quarter or a month: 2024, 2024-H1, 2024-Q3, 2024-06",
            |text| Period::parse(text).map_err(|_| "期间应为年、半年、季度或月：2024、2024-H1、2024-Q3、2024-06"),
        );
    }
    if message.chapter() == pb::ReportChapter::Unspecified {
        let chapters = [
            pb::ReportChapter::Conclusion,
            pb::ReportChapter::Experience,
            pb::ReportChapter::Problems,
            pb::ReportChapter::Recommendations,
            pb::ReportChapter::Other,
        ];
        reader.fault_allowing(
            "chapter",
            Reason::FieldRequired,
            message.chapter,
            ("须注明章节", "the chapter is required"),
            chapters.map(|chapter| chapter.as_str_name()),
        );
    }
    let length = message.text.chars().count();
    if length > MOST_CHARACTERS {
        reader.fault(
            "text",
            Reason::FieldInvalid,
            length,
            (&format!("至多{MOST_CHARACTERS}字"), &format!("at most {MOST_CHARACTERS} characters")),
            ("请缩短，或分成几段", "shorten it, or make several texts of it"),
        );
    }
    // A document cannot hold them, and nobody sees them on a screen.
    if let Some(found) = message.text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        reader.fault(
            "text",
            Reason::FieldInvalid,
            format!("U+{:04X}", u32::from(found)),
            ("不得含控制字符", "control characters are not allowed"),
            ("请删去后再提交", "remove it"),
        );
    }
}
