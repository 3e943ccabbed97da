//! A commitment that is put on record, and the correction of one.

use askama::Template;
use axum::response::Response;
use contracts::{common::v1 as common, followup::v1 as pb};
use domain::{Quantity, Text, Unit, Violations, check_commitment};

use super::{
    corrected::Why,
    day, fault,
    form::{self, Draft, Fields, Frame, Ids},
    form_page, message, method, number, request_of,
};
use crate::{
    pages::commitment::{PARENT, commitment},
    port::Refusal,
    shell::Shell,
    visit::Visit,
    writing::{faults::Faults, form::Posted, said::Said},
};

#[derive(Template)]
#[template(path = "evaluator/promise.html")]
struct Page {
    s: Shell,
    /// Where the form is, and where the way back leads.
    at: String,
    back: String,
    form: Form,
    faults: Faults,
    token: String,
}

/// What was typed.
pub(super) struct Form {
    id: String,
    sequence: String,
    text: String,
    /// One a line.
    responsible: String,
    basis: String,
    indicator: String,
    value: String,
    unit: String,
    rule: String,
    proxy: String,
    start: String,
    deadline: String,
    assumed: bool,
    evidence: String,
    document: String,
    quote: String,
    /// None of a new one.
    why: Option<Why>,
    request: String,
}

/// The commitment that is corrected; none when a new one is put on record.
pub(super) struct About(Option<(String, pb::Commitment)>);

impl Form {
    /// The units of a target, and whether each is chosen.
    fn units(&self) -> impl Iterator<Item = (&'static str, Text, bool)> {
        let chosen = Unit::parse(&self.unit).ok();
        let of = move |unit: Unit| (unit.zh(), Text::new(unit.zh(), unit.en()), chosen == Some(unit));
        Unit::all().filter(|unit| *unit != Unit::NONE).map(of)
    }

    fn lines(&self) -> Vec<String> {
        self.responsible.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// The target; none where nothing of it is filled, which is honest.
    fn target(&self, faults: &mut Violations) -> Option<domain::CommitmentTarget> {
        if [&self.indicator, &self.value, &self.unit, &self.rule].iter().all(|part| part.is_empty()) {
            return None;
        }
        let rule = ("量化目标须写全：指标、数值、单位", "a measurable target has an indicator, a value and a unit");
        let action = ("请补全，或把目标各栏都清空", "fill it, or empty all fields of the target");
        for (field, text) in [("indicator", &self.indicator), ("value", &self.value), ("unit", &self.unit)] {
            if text.is_empty() {
                faults.push(fault(field, "", rule, action));
            }
        }
        let value = number("value", &self.value, faults);
        let unit = Unit::parse(&self.unit).ok();
        if unit.is_none() && !self.unit.is_empty() {
            let rule = ("单位不在单位表内", "the unit is not in the table of units");
            faults.push(fault("unit", &self.unit, rule, ("请从列表中选择", "choose one from the list")));
        }
        let (value, unit) = value.zip(unit)?;
        Some(domain::CommitmentTarget {
            indicator: self.indicator.clone(),
            quantity: Quantity::new(value, unit),
            counting_rule: self.rule.clone(),
        })
    }

    /// The commitment as the rules see it, or everything that is wrong with it.
    fn read(&self, faults: &mut Violations) -> domain::Commitment {
        if self.id.is_empty() {
            let rule = ("须有标识", "a commitment has an id");
            let action =
                ("请填写小写字母、数字和连字符，如 c5-1", "give lower-case letters, digits and hyphens, like c5-1");
            faults.push(fault("id", "", rule, action));
        }
        let responsible = self.lines();
        if responsible.is_empty() {
            let rule = ("须写明责任单位", "somebody is responsible");
            faults.push(fault("responsible", "", rule, ("请填写，一行一个", "name them, one a line")));
        }
        let (start, deadline) = (day("start", &self.start, faults), day("deadline", &self.deadline, faults));
        let commitment = domain::Commitment {
            id: self.id.clone(),
            sequence: self.sequence.clone(),
            text: self.text.clone(),
            responsible,
            responsible_basis: self.basis.clone(),
            target: self.target(faults),
            suggested_proxy: self.proxy.clone(),
            start,
            deadline,
            deadline_assumed: self.assumed,
            evidence_suggested: self.evidence.clone(),
            citation: None,
        };
        if let Err(more) = check_commitment(&commitment) {
            faults.extend(more);
        }
        commitment
    }

    /// What is sent of it. A number of the data set stays as it was.
    fn wire(&self, from: &domain::Commitment, before: Option<&pb::Commitment>) -> pb::Commitment {
        let target = from.target.as_ref().map(|target| pb::CommitmentTarget {
            indicator: target.indicator.clone(),
            value: Some(common::Quantity {
                value: Some(common::Decimal { value: target.quantity.value.to_string() }),
                unit: target.quantity.unit.zh().to_owned(),
            }),
            counting_rule: target.counting_rule.clone(),
        });
        let cited = before.and_then(|before| before.citation.as_ref());
        let citation = common::Citation {
            document: self.document.clone(),
            fact: cited.map(|cited| cited.fact.clone()).unwrap_or_default(),
            quote: self.quote.clone(),
        };
        pb::Commitment {
            name: before.map(|before| before.name.clone()).unwrap_or_default(),
            sequence: from.sequence.clone(),
            text: from.text.clone(),
            responsible: from.responsible.clone(),
            responsible_basis: from.responsible_basis.clone(),
            target,
            suggested_proxy: from.suggested_proxy.clone(),
            start_date: self.start.clone(),
            deadline: self.deadline.clone(),
            deadline_assumed: from.deadline_assumed,
            suggested_evidence: from.evidence_suggested.clone(),
            citation: Some(citation).filter(|citation| *citation != common::Citation::default()),
            ..Default::default()
        }
    }

    fn said(&self, sent: &pb::Commitment) -> Vec<Said> {
        let target = sent.target.as_ref().map(|target| format!("{} {} {}", target.indicator, self.value, self.unit));
        let target =
            target.map_or_else(|| Text::new("无量化目标", "no measurable target"), |one| Text::new(&one, &one));
        let assumed = if self.assumed { Text::new("（推定）", " (assumed)") } else { Text::default() };
        let deadline =
            Text::new(format!("{}{}", self.deadline, assumed.zh), format!("{}{}", self.deadline, assumed.en));
        let none = Text::new("无", "none");
        let mut said = vec![
            Said::line("编号", "No.", &self.sequence),
            Said::paragraphs("承诺内容", "Commitment", &self.text),
            Said::line("责任单位", "Responsible", &sent.responsible.join("、")),
            Said::line("责任依据", "Responsibility stated", &self.basis),
            Said::text("量化目标", "Target", target),
            Said::line("计数规则", "Counted by", &self.rule),
            Said::line("可商定的替代目标", "Proxy suggested", &self.proxy),
            Said::line("开始", "Start", &self.start),
            Said::text("期限", "Deadline", if self.deadline.is_empty() { none } else { deadline }),
            Said::line("建议佐证", "Evidence suggested", &self.evidence),
            Said::line("出处", "Source", &self.document),
            Said::line("原文", "Words", &self.quote),
        ];
        said.extend(self.why.iter().flat_map(Why::said));
        said
    }
}

impl form::Form for Form {
    type About = About;

    const FIELDS: &'static [(&'static str, &'static str)] = &[
        ("commitment_id", "id"),
        ("commitment.name", ""),
        ("commitment.text", "text"),
        ("commitment.responsible", "responsible"),
        ("commitment.responsible_basis", "basis"),
        ("commitment.target", "indicator"),
        ("commitment.target.value", "value"),
        ("commitment.target.value.unit", "unit"),
        ("commitment.start_date", "start"),
        ("commitment.deadline", "deadline"),
        ("correction", "reason"),
        ("correction.note", "note"),
        ("etag", ""),
    ];

    fn method(ids: &Ids) -> &'static str {
        if ids.get("id").is_empty() { method::CREATE_COMMITMENT } else { method::UPDATE_COMMITMENT }
    }

    async fn about(visit: &Visit, ids: Ids) -> Result<About, Refusal> {
        let id = ids.get("id");
        if id.is_empty() {
            return Ok(About(None));
        }
        Ok(About(Some((id.to_owned(), commitment(visit, id).await?))))
    }

    fn begun(About(before): &About) -> Self {
        let why = before.as_ref().map(|(_, found)| Why::of_revision(found.record.as_ref()));
        let (id, found) = before.clone().unwrap_or_default();
        let target = found.target.unwrap_or_default();
        let quantity = target.value.unwrap_or_default();
        let citation = found.citation.unwrap_or_default();
        Self {
            id,
            sequence: found.sequence,
            text: found.text,
            responsible: found.responsible.join("\n"),
            basis: found.responsible_basis,
            indicator: target.indicator,
            value: quantity.value.map(|value| value.value).unwrap_or_default(),
            unit: quantity.unit,
            rule: target.counting_rule,
            proxy: found.suggested_proxy,
            start: found.start_date,
            deadline: found.deadline,
            assumed: found.deadline_assumed,
            evidence: found.suggested_evidence,
            document: citation.document,
            quote: citation.quote,
            why,
            request: request_of(""),
        }
    }

    fn of(posted: &Posted) -> Self {
        // A browser ends the lines of a form with CR LF.
        let get = |name: &str| posted.field(name).trim().replace("\r\n", "\n");
        Self {
            id: get("id"),
            sequence: get("sequence"),
            text: get("text"),
            responsible: get("responsible"),
            basis: get("basis"),
            indicator: get("indicator"),
            value: get("value"),
            unit: get("unit"),
            rule: get("rule"),
            proxy: get("proxy"),
            start: get("start"),
            deadline: get("deadline"),
            assumed: !posted.field("assumed").is_empty(),
            evidence: get("evidence"),
            document: get("document"),
            quote: get("quote"),
            why: Some(Why::of(posted)).filter(|why| !why.etag.is_empty()),
            request: request_of(posted.field("request")),
        }
    }

    fn fields(&self) -> Fields {
        let assumed = if self.assumed { "yes" } else { "" };
        let mut fields: Fields = vec![
            ("id", self.id.clone()),
            ("sequence", self.sequence.clone()),
            ("text", self.text.clone()),
            ("responsible", self.responsible.clone()),
            ("basis", self.basis.clone()),
            ("indicator", self.indicator.clone()),
            ("value", self.value.clone()),
            ("unit", self.unit.clone()),
            ("rule", self.rule.clone()),
            ("proxy", self.proxy.clone()),
            ("start", self.start.clone()),
            ("deadline", self.deadline.clone()),
            ("assumed", assumed.to_owned()),
            ("evidence", self.evidence.clone()),
            ("document", self.document.clone()),
            ("quote", self.quote.clone()),
            ("request", self.request.clone()),
        ];
        fields.extend(self.why.iter().flat_map(Why::fields));
        fields
    }

    fn at(About(before): &About) -> String {
        match before {
            None => "/commitments/new".to_owned(),
            Some((id, _)) => format!("/commitments/{id}/correction"),
        }
    }

    fn done(&self, About(before): &About) -> String {
        let id = before.as_ref().map_or(&self.id, |(id, _)| id);
        format!("/commitments/{id}")
    }

    fn title(About(before): &About) -> Text {
        match before {
            None => Text::new("登记承诺事项", "Put a commitment on record"),
            Some((_, found)) => {
                let sequence = &found.sequence;
                Text::new(format!("更正承诺事项：{sequence}"), format!("Correct the commitment {sequence}"))
            }
        }
    }

    fn draft(&self, About(before): &About) -> Result<Draft, Violations> {
        let mut faults = Violations::new();
        let read = self.read(&mut faults);
        let correction = before.as_ref().map(|_| self.why.clone().unwrap_or_default().read(&mut faults));
        faults.into_result(())?;
        let sent = self.wire(&read, before.as_ref().map(|(_, found)| found));
        let said = self.said(&sent);
        let sequence = if self.sequence.is_empty() { &self.id } else { &self.sequence };
        let request_id = self.request.clone();
        let (title, what, message) = match correction {
            None => {
                let create = pb::CreateCommitmentRequest {
                    parent: PARENT.to_owned(),
                    commitment_id: self.id.clone(),
                    commitment: Some(sent),
                    request_id,
                    validate_only: false,
                };
                let what = Text::new(format!("登记承诺事项 {sequence}"), format!("the commitment {sequence}"));
                (Text::new("签名并登记", "Sign and put on record"), what, message(method::CREATE_COMMITMENT, &create))
            }
            Some(correction) => {
                let update = pb::UpdateCommitmentRequest {
                    commitment: Some(sent),
                    etag: self.why.as_ref().map(|why| why.etag.clone()).unwrap_or_default(),
                    correction,
                    request_id,
                    validate_only: false,
                };
                let what =
                    Text::new(format!("更正承诺事项 {sequence}"), format!("a correction of the commitment {sequence}"));
                (Text::new("签名并更正", "Sign and correct"), what, message(method::UPDATE_COMMITMENT, &update))
            }
        };
        Ok(Draft { title, what, said, message })
    }

    fn shown(self, about: &About, Frame { s, faults, token }: Frame) -> Response {
        let back = about.0.as_ref().map_or_else(|| "/commitments".to_owned(), |(id, _)| format!("/commitments/{id}"));
        let faulty = !faults.is_empty();
        form_page(&Page { s, at: Self::at(about), back, form: self, faults, token }, faulty)
    }
}
