//! The services of this process as the source of pages, asked from inside in the name of the visitor.

use bytes::Bytes;
#[cfg(feature = "writing")]
use contracts::log::v1::Signature;
#[cfg(feature = "writing")]
use dashboard::writing::port::{Denied, Fault, Message};
use dashboard::{Refusal, RefusalKind, Visitor};
use domain::{Lang, Text};
use node::inside::{Inside, Person};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// A person as the pages know them.
#[must_use]
pub fn visitor(person: &Person) -> Visitor {
    Visitor { principal: person.principal(), fingerprint: person.fingerprint().to_owned(), session: false }
}

/// A visitor as the services know them.
///
/// # Errors
/// When their identity is none of this system.
pub fn person(visitor: &Visitor, lang: Lang) -> Result<Person, Refusal> {
    Person::of(&visitor.principal, &visitor.fingerprint).map_err(|why| {
        let text = Text::new(format!("未能识别身份：{why}"), format!("the identity cannot be read: {why}"));
        Refusal { kind: RefusalKind::Denied, reason: "PRINCIPAL_UNKNOWN".to_owned(), text: text.get(lang).to_owned() }
    })
}

/// Calls a method with one answer, as [`dashboard::Source::call`].
///
/// # Errors
/// What the services refuse.
pub async fn call(
    inside: &Inside,
    visitor: &Visitor,
    lang: Lang,
    method: &str,
    message: Bytes,
) -> Result<Bytes, Refusal> {
    let person = person(visitor, lang)?;
    inside.call(&person, lang, method, message).await.map_err(|status| refusal(&status))
}

/// Calls a method whose answer is a stream that ends by itself, as [`dashboard::Source::collect`].
///
/// # Errors
/// What the services refuse.
pub async fn collect(
    inside: &Inside,
    visitor: &Visitor,
    lang: Lang,
    method: &str,
    message: Bytes,
) -> Result<Vec<Bytes>, Refusal> {
    let person = person(visitor, lang)?;
    inside.collect(&person, lang, method, message).await.map_err(|status| refusal(&status))
}

/// A refusal of the services as a page tells it.
#[must_use]
pub fn refusal(status: &Status) -> Refusal {
    let kind = match status.code() {
        Code::NotFound => RefusalKind::NotFound,
        Code::PermissionDenied | Code::Unauthenticated => RefusalKind::Denied,
        // Aborted: what is to be replaced has changed meanwhile; sent again it is refused again.
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange | Code::AlreadyExists | Code::Aborted => {
            RefusalKind::Invalid
        }
        Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Cancelled => {
            RefusalKind::Unavailable
        }
        Code::Unimplemented | Code::Internal | Code::Unknown | Code::DataLoss | Code::Ok => RefusalKind::Fault,
    };
    let reason = status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default();
    Refusal { kind, reason, text: status.message().to_owned() }
}

/// Whether the policies let a visitor call a method, `/service/method`, now.
#[cfg(feature = "writing")]
#[must_use]
pub fn allows(inside: &Inside, visitor: &Visitor, lang: Lang, method: &'static str) -> bool {
    person(visitor, lang).is_ok_and(|person| inside.allows(&person, lang, method))
}

/// The same, and a refusal is recorded as that of a call.
///
/// # Errors
/// The refusal.
#[cfg(feature = "writing")]
pub async fn may(inside: &Inside, visitor: &Visitor, lang: Lang, method: &'static str) -> Result<(), Refusal> {
    let person = person(visitor, lang)?;
    inside.may(&person, lang, method).await.map_err(|status| refusal(&status))
}

/// Sends a write with its signature, in the name of the visitor.
///
/// # Errors
/// What the services refuse, with each faulty field.
#[cfg(feature = "writing")]
pub async fn write(
    inside: &Inside,
    visitor: &Visitor,
    lang: Lang,
    message: &Message,
    signature: &Signature,
) -> Result<Bytes, Denied> {
    let person = person(visitor, lang).map_err(|refusal| Denied { refusal, faults: Vec::new() })?;
    let method = format!("/{}", message.method);
    let sent = inside.write(&person, lang, &method, message.bytes.clone(), signature).await;
    sent.map_err(|status| denied(&status))
}

#[cfg(feature = "writing")]
fn denied(status: &Status) -> Denied {
    let faults = client::CallError::from(status.clone()).refusal().map_or_else(Vec::new, |refusal| {
        let fault = |fault: &client::FieldFault| Fault { field: fault.field.clone(), text: fault.description.clone() };
        refusal.violations.iter().map(fault).collect()
    });
    Denied { refusal: refusal(status), faults }
}
