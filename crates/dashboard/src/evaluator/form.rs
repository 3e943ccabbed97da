//! A form about a commitment and its four steps: asked for, shown again with what was typed, signed, submitted.

use std::collections::BTreeMap;

use axum::{
    Extension,
    extract::{FromRequest, FromRequestParts as _, Multipart, Path, Request},
    response::{IntoResponse, Response},
};
use domain::{Text, Violations};

use super::{Back, Prepared, Unsent, may, refused};
use crate::{
    port::Refusal,
    shell::{Here, Kept, Shell},
    visit::{Site, Visit},
    writing::{Answer, Writing, fault_at, faults::Faults, form::Posted, port::Message, said::Said, to},
};

/// The fields of a form with what they hold.
pub(super) type Fields = Vec<(&'static str, String)>;

/// The ids in an address, by their name.
pub(super) struct Ids(BTreeMap<String, String>);

impl Ids {
    /// An id; empty where the address has none of this name.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

/// What is signed.
pub(super) struct Draft {
    /// Title of the page on which it is signed.
    pub(super) title: Text,
    /// In one sentence.
    pub(super) what: Text,
    /// What the message says.
    pub(super) said: Vec<Said>,
    pub(super) message: Message,
}

/// What a form stands in.
pub(super) struct Frame {
    pub(super) s: Shell,
    pub(super) faults: Faults,
    pub(super) token: String,
}

/// A form, as it was typed.
pub(super) trait Form: Sized + Send + Sync {
    /// What it is about, as the services have it.
    type About: Send + Sync;

    /// The field of the form for the beginning of a path in the request.
    const FIELDS: &'static [(&'static str, &'static str)];

    /// The method that it calls.
    fn method(ids: &Ids) -> &'static str;

    /// Reads what it is about.
    fn about(visit: &Visit, ids: Ids) -> impl Future<Output = Result<Self::About, Refusal>> + Send;

    /// Before anything is typed.
    fn begun(about: &Self::About) -> Self;

    /// As it was sent.
    fn of(posted: &Posted) -> Self;

    /// What goes along with it.
    fn fields(&self) -> Fields;

    /// Its own address. `form` below it shows it again, `sign` leads on.
    fn at(about: &Self::About) -> String;

    /// Where one goes when it is done.
    fn done(&self, about: &Self::About) -> String;

    fn title(about: &Self::About) -> Text;

    /// A rule of the service about who sends it, asked before anybody signs.
    fn allowed(_visit: &Visit, _about: &Self::About) -> Result<(), Violations> {
        Ok(())
    }

    /// What is signed, or everything that is wrong with the form.
    fn draft(&self, about: &Self::About) -> Result<Draft, Violations>;

    /// Its page.
    fn shown(self, about: &Self::About, frame: Frame) -> Response;
}

/// What an address is about, for whoever may send its form.
async fn about<F: Form>(visit: &Visit, writing: &Writing, ids: BTreeMap<String, String>) -> Result<F::About, Response> {
    let ids = Ids(ids);
    may(visit, writing, F::method(&ids)).await?;
    F::about(visit, ids).await.map_err(|refusal| refused(visit, refusal))
}

/// The form; its other language is asked for with what was typed, where something was.
fn page<F: Form>(form: F, visit: &Visit, writing: &Writing, about: &F::About, faults: Faults, typed: bool) -> Response {
    let token = writing.token(visit);
    let mut s = visit.shell(Here::Commitments, F::title(about));
    if typed {
        let action = format!("{}/form", F::at(about));
        s = s.keeping(Kept { action, token: token.clone(), fields: form.fields() });
    }
    form.shown(about, Frame { s, faults, token })
}

fn prepared<F: Form>(form: &F, about: &F::About) -> Result<Prepared, Violations> {
    let Draft { title, what, said, message } = form.draft(about)?;
    let at = F::at(about);
    Ok(Prepared {
        here: Here::Commitments,
        title,
        what,
        said,
        more: String::new(),
        message,
        fields: form.fields(),
        back: Back::Form { edit: format!("{at}/form"), sign: format!("{at}/sign") },
        action: at,
    })
}

pub(super) async fn new<F: Form>(
    visit: Visit,
    Extension(writing): Extension<Writing>,
    Path(ids): Path<BTreeMap<String, String>>,
) -> Answer {
    let about = about::<F>(&visit, &writing, ids).await?;
    Ok(page(F::begun(&about), &visit, &writing, &about, Faults::default(), false))
}

/// A form that was sent, and what it is about. Its token is looked at before anything is read for it.
pub(super) struct Sent<F: Form> {
    visit: Visit,
    writing: Writing,
    posted: Posted,
    about: F::About,
}

impl<F: Form> FromRequest<Site> for Sent<F> {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, site).await?;
        let unfit = |error: &dyn std::fmt::Display| fault_at(Here::Commitments, &visit, error);
        let Extension(writing) =
            Extension::<Writing>::from_request_parts(&mut parts, site).await.map_err(|e| unfit(&e))?;
        let Path(ids) = Path::from_request_parts(&mut parts, site).await.map_err(|e| unfit(&e))?;
        let form = Multipart::from_request(Request::from_parts(parts, body), site).await;
        let posted = Posted::read(&visit, &writing, form.map_err(IntoResponse::into_response)?).await?;
        let about = about::<F>(&visit, &writing, ids).await?;
        Ok(Self { visit, writing, posted, about })
    }
}

impl<F: Form> Sent<F> {
    /// The form again, with what was typed.
    fn again(&self, form: F, faults: Faults) -> Response {
        page(form, &self.visit, &self.writing, &self.about, faults, true)
    }
}

pub(super) async fn edit<F: Form>(sent: Sent<F>) -> Answer {
    Ok(sent.again(F::of(&sent.posted), Faults::default()))
}

pub(super) async fn sign<F: Form>(sent: Sent<F>) -> Answer {
    let form = F::of(&sent.posted);
    let mut faults = F::allowed(&sent.visit, &sent.about).err().unwrap_or_default();
    match prepared(&form, &sent.about) {
        Ok(prepared) if faults.is_empty() => return prepared.page(&sent.visit, &sent.writing),
        Ok(_) => {}
        Err(more) => faults.extend(more),
    }
    Ok(sent.again(form, Faults::of(&faults, sent.visit.lang)))
}

pub(super) async fn submit<F: Form>(mut sent: Sent<F>) -> Answer {
    let form = F::of(&sent.posted);
    let faults = match prepared(&form, &sent.about) {
        Err(faults) => Faults::of(&faults, sent.visit.lang),
        // Who may send it, the service decides.
        Ok(prepared) => match prepared.send(&sent.visit, &sent.writing, &mut sent.posted, F::FIELDS).await {
            Ok(_answer) => return Ok(to(&form.done(&sent.about))),
            Err(Unsent::Page(page)) => return Err(page),
            Err(Unsent::Faults(faults)) => faults,
        },
    };
    Ok(sent.again(form, faults))
}
