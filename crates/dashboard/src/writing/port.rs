//! The way to write: what is sent with the signature of the person, and what is refused of it.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use contracts::log::v1 as log;
use domain::Lang;
use sha2::{Digest as _, Sha256};

use crate::port::{Refusal, Source, Visitor};

/// A write before it is signed: what is signed is the method and exactly these bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `package.Service/Method`.
    pub method: &'static str,
    /// The request as it is sent.
    pub bytes: Bytes,
    /// Row of the clerk's sheet for each of its items, so that a fault of `requests[3]` can be shown at its row; empty for other
    /// writes.
    pub rows: Vec<u64>,
}

impl Message {
    /// SHA-256 of the bytes, lower-case hex.
    #[must_use]
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(&self.bytes))
    }
}

/// Why a write was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// The refusal as a whole.
    pub refusal: Refusal,
    /// Each faulty field.
    pub faults: Vec<Fault>,
}

/// A faulty field of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Path in the request, such as `requests[3].observation.value.unit`.
    pub field: String,
    /// Rule, value, what is allowed and what to do, in the language of the visitor.
    pub text: String,
}

/// A source that can be written to.
#[async_trait]
pub trait Writer: Source {
    /// Whether the policies let the visitor call a method, `/service/method`, now.
    fn allows(&self, visitor: &Visitor, lang: Lang, method: &'static str) -> bool;

    /// The same, and a refusal is recorded as that of a call.
    ///
    /// # Errors
    /// The refusal.
    async fn may(&self, visitor: &Visitor, lang: Lang, method: &'static str) -> Result<(), Refusal>;

    /// Sends a write with its signature, in the name of the visitor.
    ///
    /// # Errors
    /// What the services refuse.
    async fn write(
        &self,
        visitor: &Visitor,
        lang: Lang,
        message: &Message,
        signature: log::Signature,
    ) -> Result<Bytes, Denied>;
}

/// The services, shared by all handlers.
pub type SharedWriter = Arc<dyn Writer>;
