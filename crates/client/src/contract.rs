//! What the contracts say of themselves.

use std::sync::LazyLock;

use contracts::FILE_DESCRIPTOR_SET;
use prost_reflect::{DescriptorPool, MessageDescriptor, MethodDescriptor};

use crate::error::CallError;

/// The contracts are a constant of the program, so they are decoded once.
static POOL: LazyLock<Result<DescriptorPool, String>> =
    LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).map_err(|error| error.to_string()));

/// Descriptors of every contract.
///
/// # Errors
/// [`CallError::Contracts`] when the embedded descriptors cannot be decoded, which is a fault of the build.
pub fn pool() -> Result<&'static DescriptorPool, CallError> {
    POOL.as_ref().map_err(|what| CallError::Contracts(what.clone()))
}

/// A method by its full name `package.Service/Method`; a leading slash is allowed.
pub(crate) fn method(name: &str) -> Result<MethodDescriptor, CallError> {
    let asked = name.trim_start_matches('/');
    let unknown = || CallError::UnknownMethod { method: asked.to_owned() };
    let (service, method) = asked.split_once('/').ok_or_else(unknown)?;
    let service = pool()?.get_service_by_name(service).ok_or_else(unknown)?;
    service.methods().find(|candidate| candidate.name() == method).ok_or_else(unknown)
}

/// A message type by its full name.
pub(crate) fn message(name: &str) -> Result<MessageDescriptor, CallError> {
    pool()?.get_message_by_name(name).ok_or_else(|| CallError::UnknownMessage { message: name.to_owned() })
}

/// Whether a method reads, by its verb (AIP-131, AIP-132). Others that only read are not known here: nothing depends on it
/// when they are taken for writes.
pub(crate) fn reads(method: &MethodDescriptor) -> bool {
    method.input().get_field_by_name("request_id").is_none()
        && ["Get", "List"].iter().any(|verb| method.name().starts_with(verb))
}

/// Whether a call of the method at this path is signed: one request, one answer, and it may write.
pub(crate) fn is_signed(path: &str) -> bool {
    !is_streaming(path) && method(path).is_ok_and(|method| !reads(&method))
}

/// Whether the answer of the method at this path never ends by itself or may take long: such a call gets no deadline.
pub(crate) fn is_streaming(path: &str) -> bool {
    method(path).is_ok_and(|method| method.is_server_streaming() || method.is_client_streaming())
}
