//! Accepting a commitment as done, on evidence, by somebody other than those who reported.

use askama::Template;
use axum::response::Response;
use contracts::followup::v1 as pb;
use domain::{Closure, Text, Violations};

use super::{
    documents::{self, Documents},
    form::{self, Draft, Fields, Frame, Ids},
    form_page, message, method, request_of,
};
use crate::{
    format,
    pages::commitment::{Promise, all_reports, commitment},
    port::Refusal,
    shell::Shell,
    visit::Visit,
    writing::{faults::Faults, form::Posted, said::Said},
};

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
pub(super) struct Form {
    documents: Documents,
    request: String,
}

/// A commitment, its id, and who reported its progress.
pub(super) struct About {
    id: String,
    commitment: pb::Commitment,
    reporters: Vec<String>,
}

impl form::Form for Form {
    type About = About;

    const FIELDS: &'static [(&'static str, &'static str)] =
        &[("accepted_by", ""), ("evidence", "title-0"), ("name", "")];

    fn method(_ids: &Ids) -> &'static str {
        method::ACCEPT
    }

    async fn about(visit: &Visit, ids: Ids) -> Result<About, Refusal> {
        let id = ids.get("id").to_owned();
        let (commitment, reports) = tokio::try_join!(commitment(visit, &id), all_reports(visit))?;
        let of_it = reports.into_iter().filter(|report| report.commitment == commitment.name);
        let from = of_it.filter_map(|report| report.record.and_then(|record| record.provenance));
        let mut reporters: Vec<String> = from.map(|from| from.principal).collect();
        reporters.sort();
        reporters.dedup();
        Ok(About { id, commitment, reporters })
    }

    fn begun(_about: &About) -> Self {
        Self { documents: Documents::empty(), request: request_of("") }
    }

    fn of(posted: &Posted) -> Self {
        Self { documents: Documents::of(posted), request: request_of(posted.field("request")) }
    }

    fn fields(&self) -> Fields {
        let mut fields = vec![("request", self.request.clone())];
        fields.extend(self.documents.fields());
        fields
    }

    fn at(about: &About) -> String {
        format!("/commitments/{}/acceptance", about.id)
    }

    fn done(&self, about: &About) -> String {
        format!("/commitments/{}", about.id)
    }

    fn title(about: &About) -> Text {
        let sequence = &about.commitment.sequence;
        Text::new(format!("认定办结：{sequence}"), format!("Accept as done: {sequence}"))
    }

    /// Who reported cannot accept.
    fn allowed(visit: &Visit, about: &About) -> Result<(), Violations> {
        let day = about.commitment.light_date.parse().unwrap_or_default();
        let mut faults = Violations::new();
        for reporter in &about.reporters {
            // With evidence, which the form looks at by itself.
            let shown = domain::Evidence {
                title: "—".to_owned(),
                document_number: None,
                issued: None,
                uri: None,
                digest: None,
            };
            if let Err(more) = Closure::accept(reporter, &visit.visitor.principal, day, vec![shown]) {
                faults.extend(more);
            }
        }
        for fault in &mut faults.0 {
            // It is about the person, and no field of the form.
            fault.field.clear();
        }
        faults.into_result(())
    }

    fn draft(&self, about: &About) -> Result<Draft, Violations> {
        let mut faults = Violations::new();
        self.documents.check(true, &mut faults);
        faults.into_result(())?;
        let accept = pb::AcceptCommitmentRequest {
            name: about.commitment.name.clone(),
            evidence: self.documents.evidence(),
            request_id: self.request.clone(),
        };
        let mut said = vec![Said::paragraphs("承诺事项", "Commitment", &about.commitment.text)];
        said.extend(documents::said(&accept.evidence));
        let sequence = &about.commitment.sequence;
        Ok(Draft {
            title: Text::new("签名并认定办结", "Sign and accept"),
            what: Text::new(
                format!("认定承诺事项 {sequence} 已办结"),
                format!("the commitment {sequence} is accepted as done"),
            ),
            said,
            message: message(method::ACCEPT, &accept),
        })
    }

    fn shown(self, about: &About, Frame { s, faults, token }: Frame) -> Response {
        let promise = Promise::of(&about.commitment);
        let reporters = about.reporters.iter().map(|reporter| format::identity(reporter).to_owned()).collect();
        let faulty = !faults.is_empty();
        form_page(&Page { s, id: about.id.clone(), promise, reporters, form: self, faults, token }, faulty)
    }
}
