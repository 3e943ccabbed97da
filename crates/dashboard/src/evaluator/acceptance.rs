//! Accepting a commitment as done, on evidence, by somebody other than those who reported.

use askama::Template;
use axum::{
    Extension,
    extract::{Multipart, Path},
    response::Response,
};
use contracts::followup::v1 as pb;
use domain::{Closure, Text, Violations};

use super::{
    Back, Prepared, Unsent, documents, documents::Documents, form_page, may, message, method, refused, request_of,
};
use crate::{
    format,
    pages::commitment::{Promise, all_reports, commitment},
    port::Refusal,
    shell::{Here, Kept, Shell},
    visit::Visit,
    writing::{Answer, Writing, faults::Faults, form::Posted, said::Said, to},
};

/// The field of the form for what a service refuses.
const FIELDS: [(&str, &str); 3] = [("accepted_by", ""), ("evidence", "title-0"), ("name", "")];

#[derive(Template)]
#[template(path = "evaluator/acceptance.html")]
struct Page {
    s: Shell,
    id: String,
    promise: Promise,
    /// Who reported progress, each once.
    reporters: Vec<String>,
    form: Form,
    faults: Faults,
    token: String,
}

/// What was typed.
#[derive(Clone)]
struct Form {
    documents: Documents,
    request: String,
}

/// A commitment, its id, and who reported its progress.
struct About {
    id: String,
    commitment: pb::Commitment,
    reporters: Vec<String>,
}

impl About {
    /// The commitment of an address, for whoever may accept it.
    async fn of(visit: &Visit, writing: &Writing, id: String) -> Result<Self, Response> {
        may(visit, writing, method::ACCEPT).await?;
        Self::read(visit, id).await.map_err(|refusal| refused(visit, refusal))
    }

    async fn read(visit: &Visit, id: String) -> Result<Self, Refusal> {
        let (commitment, reports) = tokio::try_join!(commitment(visit, &id), all_reports(visit))?;
        let of_it = reports.into_iter().filter(|report| report.commitment == commitment.name);
        let from = of_it.filter_map(|report| report.record.and_then(|record| record.provenance));
        let mut reporters: Vec<String> = from.map(|from| from.principal).collect();
        reporters.sort();
        reporters.dedup();
        Ok(Self { id, commitment, reporters })
    }

    /// The rule of the service, asked before anybody signs: who reported cannot accept.
    fn may_accept(&self, visit: &Visit) -> Result<(), Violations> {
        let day = self.commitment.light_date.parse().unwrap_or_default();
        for reporter in &self.reporters {
            // With evidence, which the form looks at by itself.
            let shown = domain::Evidence {
                title: "—".to_owned(),
                document_number: None,
                issued: None,
                uri: None,
                digest: None,
            };
            Closure::accept(reporter, &visit.visitor.principal, day, vec![shown])?;
        }
        Ok(())
    }

    fn page(&self, visit: &Visit, writing: &Writing, form: Form, faults: Faults, typed: bool) -> Response {
        let promise = Promise::of(&self.commitment);
        let title =
            Text::new(format!("认定办结：{}", promise.sequence), format!("Accept as done: {}", promise.sequence));
        let token = writing.token(visit);
        let mut s = visit.shell(Here::Commitments, title);
        if typed {
            let action = format!("/commitments/{}/acceptance/form", self.id);
            s = s.keeping(Kept { action, token: token.clone(), fields: form.fields() });
        }
        let reporters = self.reporters.iter().map(|reporter| format::identity(reporter).to_owned()).collect();
        let faulty = !faults.is_empty();
        form_page(&Page { s, id: self.id.clone(), promise, reporters, form, faults, token }, faulty)
    }
}

impl Form {
    fn of(posted: &Posted) -> Self {
        Self { documents: Documents::of(posted), request: request_of(posted.field("request")) }
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![("request", self.request.clone())];
        fields.extend(self.documents.fields());
        fields
    }

    /// Everything that is wrong with the form and with who sends it.
    fn check(&self, visit: &Visit, about: &About) -> Result<(), Faults> {
        let mut faults = Violations::new();
        if let Err(more) = about.may_accept(visit) {
            faults.extend(more);
        }
        for fault in &mut faults.0 {
            // It is about the person, and no field of the form.
            fault.field.clear();
        }
        self.documents.check(true, &mut faults);
        if faults.is_empty() { Ok(()) } else { Err(Faults::of(&faults, visit.lang)) }
    }

    fn prepared(&self, about: &About) -> Prepared {
        let accept = pb::AcceptCommitmentRequest {
            name: about.commitment.name.clone(),
            evidence: self.documents.evidence(),
            request_id: self.request.clone(),
        };
        let mut said = vec![Said::paragraphs("承诺事项", "Commitment", &about.commitment.text)];
        said.extend(documents::said(&accept.evidence));
        let sequence = &about.commitment.sequence;
        let at = format!("/commitments/{}/acceptance", about.id);
        Prepared {
            here: Here::Commitments,
            title: Text::new("签名并认定办结", "Sign and accept"),
            what: Text::new(
                format!("认定承诺事项 {sequence} 已办结"),
                format!("the commitment {sequence} is accepted as done"),
            ),
            said,
            more: String::new(),
            message: message(method::ACCEPT, &accept),
            fields: self.fields(),
            back: Back::Form { edit: format!("{at}/form"), sign: format!("{at}/sign") },
            action: at,
        }
    }
}

pub(super) async fn new(visit: Visit, Extension(writing): Extension<Writing>, Path(id): Path<String>) -> Answer {
    let about = About::of(&visit, &writing, id).await?;
    let form = Form { documents: Documents::empty(), request: request_of("") };
    Ok(about.page(&visit, &writing, form, Faults::default(), false))
}

pub(super) async fn edit(
    visit: Visit,
    Extension(writing): Extension<Writing>,
    Path(id): Path<String>,
    form: Multipart,
) -> Answer {
    let posted = Posted::read(&visit, &writing, form).await?;
    let about = About::of(&visit, &writing, id).await?;
    Ok(about.page(&visit, &writing, Form::of(&posted), Faults::default(), true))
}

pub(super) async fn sign(
    visit: Visit,
    Extension(writing): Extension<Writing>,
    Path(id): Path<String>,
    form: Multipart,
) -> Answer {
    let posted = Posted::read(&visit, &writing, form).await?;
    let (about, form) = (About::of(&visit, &writing, id).await?, Form::of(&posted));
    match form.check(&visit, &about) {
        Ok(()) => form.prepared(&about).page(&visit, &writing),
        Err(faults) => Ok(about.page(&visit, &writing, form, faults, true)),
    }
}

pub(super) async fn submit(
    visit: Visit,
    Extension(writing): Extension<Writing>,
    Path(id): Path<String>,
    form: Multipart,
) -> Answer {
    let mut posted = Posted::read(&visit, &writing, form).await?;
    let (about, form) = (About::of(&visit, &writing, id).await?, Form::of(&posted));
    // The service decides.
    match form.prepared(&about).send(&visit, &writing, &mut posted, &FIELDS).await {
        Ok(_answer) => Ok(to(&format!("/commitments/{}", about.id))),
        Err(Unsent::Page(page)) => Err(page),
        Err(Unsent::Faults(faults)) => Ok(about.page(&visit, &writing, form, faults, true)),
    }
}
