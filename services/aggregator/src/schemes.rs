//! Evaluation schemes: those shipped with the program, and those recorded in the aggregator's own log.

use std::sync::Arc;

use contracts::evaluation::v1::{self as pb, scheme_service_server::SchemeService};
use domain::{Change, DepartmentId, DomainError, Reason, ResourceName, Text, Violation, Violations};
use evaluation::Scheme;
use node::{
    caller::{Caller, RawRequest},
    convert::Reader,
    desk::{self, DeskError, Submission},
    pages::Page,
    projection::{Logged, ProjectionError},
    services::{NodeContext, reply},
};
use prost::Message as _;
use store::{ResourceQuery, View};
use tonic::{Request, Response, Status};

/// Collection of recorded schemes.
pub(crate) const SCHEMES: &str = "schemes";

/// The method whose entries the projection interprets with [`interpret`].
pub(crate) const CREATE_SCHEME: &str = "wufei.evaluation.v1.SchemeService/CreateScheme";

/// A scheme with its wire form.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) scheme: Scheme,
    pub(crate) wire: pb::Scheme,
}

/// Serves and finds schemes.
#[derive(Clone, Debug)]
pub(crate) struct Schemes {
    shipped: Arc<Vec<Known>>,
    context: NodeContext,
}

impl Schemes {
    /// Reads the shipped schemes.
    ///
    /// # Errors
    /// When one of them has faults.
    pub(crate) fn open(shipped: &[String], context: NodeContext) -> anyhow::Result<Self> {
        let shipped = shipped
            .iter()
            .map(|yaml| known(yaml).map_err(|faults| anyhow::anyhow!("{faults}")))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self { shipped: Arc::new(shipped), context })
    }

    /// A scheme by its name `schemes/{id}`; a recorded one wins over a shipped one of the same id.
    ///
    /// # Errors
    /// [`Reason::SchemeNotFound`].
    pub(crate) async fn find(&self, name: &str) -> Result<Known, DeskError> {
        let recorded = self.recorded().await?;
        let found = recorded.into_iter().chain(self.shipped.iter().cloned()).find(|known| known.wire.name == name);
        found.ok_or_else(|| {
            DomainError::new(
                Reason::SchemeNotFound,
                Text::new(
                    format!("没有评价方案 {name}，可用 ListSchemes 查看"),
                    format!("there is no scheme {name}; see ListSchemes"),
                ),
            )
            .with_fact("name", name)
            .into()
        })
    }

    async fn recorded(&self) -> Result<Vec<Known>, DeskError> {
        let query = ResourceQuery {
            origin: Some(self.context.department().clone()),
            collection: Some(SCHEMES.to_owned()),
            view: View::Now,
            after_name: None,
            limit: store::MAX_PAGE,
        };
        let rows = self.context.store().resources(&query).await?;
        rows.iter()
            .map(|row| {
                let wire = pb::Scheme::decode(row.body.body.as_slice())?;
                known(&wire.yaml).map_err(|faults| DeskError::Refused(faults_error(&faults)))
            })
            .collect()
    }
}

/// Name of a scheme as callers use it.
fn public_name(scheme: &Scheme) -> String {
    format!("{SCHEMES}/{}", scheme.id())
}

fn known(yaml: &str) -> Result<Known, evaluation::SchemeErrors> {
    let scheme = Scheme::from_yaml(yaml)?;
    let wire = pb::Scheme {
        name: public_name(&scheme),
        title: Some(crate::wire::engine_text(scheme.title())),
        version: scheme.version().to_owned(),
        yaml: yaml.to_owned(),
        digest: scheme.digest(),
    };
    Ok(Known { scheme, wire })
}

fn faults_error(faults: &evaluation::SchemeErrors) -> DomainError {
    let mut violations = Violations::new();
    for fault in &faults.0 {
        let line = fault.line.map(|line| format!("（第{line}行）")).unwrap_or_default();
        violations.push(Violation::new(
            format!("scheme.yaml{line}:{}", fault.path),
            Reason::SchemeInvalid,
            &fault.value,
            Text::new(fault.rule.zh.clone(), fault.rule.en.clone()),
            Text::new("请改正方案文件后重新提交", "correct the scheme and send it again"),
        ));
    }
    violations.into()
}

/// What a recorded scheme does to the tables: the id comes from the scheme itself.
pub(crate) fn interpret(entry: Logged<'_>, log: &DepartmentId) -> Result<Vec<Change>, ProjectionError> {
    let request = pb::CreateSchemeRequest::decode(entry.request)
        .map_err(|source| ProjectionError::Request { method: entry.envelope.method.clone(), source })?;
    let yaml = request.scheme.unwrap_or_default().yaml;
    let Ok(known) = known(&yaml) else {
        tracing::warn!(log = %log, "a recorded scheme cannot be read by this version and has no effect");
        return Ok(Vec::new());
    };
    let Ok(name) = ResourceName::new(log.clone(), SCHEMES, known.scheme.id()) else { return Ok(Vec::new()) };
    Ok(vec![Change::PutResource {
        collection: SCHEMES.to_owned(),
        name,
        type_name: "wufei.evaluation.v1.Scheme".to_owned(),
        body: known.wire.encode_to_vec(),
        correction: None,
    }])
}

#[tonic::async_trait]
impl SchemeService for Schemes {
    async fn create_scheme(
        &self,
        request: Request<pb::CreateSchemeRequest>,
    ) -> Result<Response<pb::CreateSchemeResponse>, Status> {
        let caller = Caller::of(&request)?;
        let raw = RawRequest::of(&request)?;
        let message = request.into_inner();
        let outcome = async {
            let mut faults = Violations::new();
            desk::request_id(&mut Reader::new(&mut faults), &message.request_id);
            let yaml = message.scheme.as_ref().map(|scheme| scheme.yaml.clone()).unwrap_or_default();
            if yaml.trim().is_empty() {
                Reader::new(&mut faults).missing("scheme.yaml");
            }
            if !faults.is_empty() {
                return Err(DeskError::from(faults));
            }
            let known = known(&yaml).map_err(|faults| DeskError::Refused(faults_error(&faults)))?;
            domain::check_id(known.scheme.id()).map_err(|_error| {
                Violation::new(
                    "scheme.yaml:id",
                    Reason::FieldInvalid,
                    known.scheme.id(),
                    Text::new(
                        "方案标识只用小写字母、数字和连字符",
                        "a scheme id has lower-case letters, digits and hyphens",
                    ),
                    Text::new("请改正 id", "correct the id"),
                )
            })?;
            let submission = Submission {
                method: CREATE_SCHEME,
                request: raw,
                request_id: &message.request_id,
                validate_only: message.validate_only,
            };
            let check = async |_txn: &mut store::WriteTxn| Ok(());
            self.context
                .desk()
                .submit(&caller, submission, check, |outcome, ()| pb::CreateSchemeResponse {
                    scheme: Some(known.wire.clone()),
                    receipt: outcome.receipt.clone(),
                })
                .await
        };
        reply(caller.lang, outcome.await)
    }

    async fn get_scheme(
        &self,
        request: Request<pb::GetSchemeRequest>,
    ) -> Result<Response<pb::GetSchemeResponse>, Status> {
        let caller = Caller::of(&request)?;
        let outcome = async {
            caller.must_see(self.context.department(), "")?;
            self.find(&request.into_inner().name).await
        };
        let found = outcome.await;
        reply(caller.lang, found.map(|known| pb::GetSchemeResponse { scheme: Some(known.wire) }))
    }

    async fn list_schemes(
        &self,
        request: Request<pb::ListSchemesRequest>,
    ) -> Result<Response<pb::ListSchemesResponse>, Status> {
        let caller = Caller::of(&request)?;
        let message = request.into_inner();
        let outcome = async {
            caller.must_see(self.context.department(), "")?;
            let query = pb::ListSchemesRequest { page_size: 0, page_token: String::new() };
            let page = Page::read("ListSchemes", &query, message.page_size, &message.page_token)?;
            let mut all: Vec<_> = self.recorded().await?;
            for shipped in self.shipped.iter() {
                if !all.iter().any(|known| known.wire.name == shipped.wire.name) {
                    all.push(shipped.clone());
                }
            }
            let mut schemes: Vec<_> = all.into_iter().map(|known| known.wire).collect();
            schemes.sort_by(|a, b| a.name.cmp(&b.name));
            if let Some(after) = &page.after {
                schemes.retain(|scheme| scheme.name > *after);
            }
            let next_page_token = page.cut(&mut schemes, |scheme| scheme.name.clone());
            Ok::<_, DeskError>(pb::ListSchemesResponse { schemes, next_page_token })
        };
        reply(caller.lang, outcome.await)
    }
}
