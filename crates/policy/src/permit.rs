//! The value that proves a "yes".

use std::{collections::BTreeSet, fmt, marker::PhantomData, sync::Arc};

use crate::{
    denied::Denied,
    method::Access,
    principal::Principal,
    sight::{Row, Sight},
};

/// Marks a permission to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {}

/// Marks a permission to write; an endorsement is a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {}

/// What a decision rests on, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// The policy that allowed the call, its `@id`.
    pub rule: Arc<str>,
    /// The grant that it needed; none when the member's role is enough.
    pub grant: Option<Arc<str>>,
    /// The purpose that the caller stated.
    pub purpose: Option<Arc<str>>,
}

struct Decided {
    basis: Basis,
    sight: Sight,
}

/// The proof that a principal may call a method. Only a decision makes one, so a function that takes `Allowed<Write>` cannot
/// be reached without it. It belongs to one request: do not keep it. Streams ask the policy again.
///
/// A read cannot be passed off as a write:
/// ```compile_fail
/// fn submit(_proof: policy::Allowed<policy::Write>) {}
/// fn list(proof: policy::Allowed<policy::Read>) {
///     submit(proof);
/// }
/// ```
pub struct Allowed<Action> {
    decided: Arc<Decided>,
    seal: PhantomData<fn() -> Action>,
}

impl<Action> Allowed<Action> {
    /// Who is allowed.
    pub fn principal(&self) -> &Principal {
        &self.decided.sight.member.principal
    }

    /// The method the decision is about, `/service/method`.
    pub fn method(&self) -> &str {
        &self.decided.sight.served.path
    }

    /// The class of the data that the method serves, which is the class of its rows unless it serves a log.
    pub fn class(&self) -> &str {
        &self.decided.sight.served.class
    }

    /// What the first step rests on.
    pub fn basis(&self) -> &Basis {
        &self.decided.basis
    }

    /// The second step: whether the caller sees this row. Answers are kept for the request, so that a list of thousands of
    /// rows costs as many decisions as it has regions and classes.
    pub fn sees(&self, row: Row<'_>) -> bool {
        self.decided.sight.sees(row)
    }

    /// As [`Self::sees`], with the reason of a "no".
    ///
    /// # Errors
    /// A refusal with the policy that decided, and what is missing where it is a purpose or a grant.
    pub fn require(&self, row: Row<'_>) -> Result<(), Denied> {
        self.decided.sight.require(row)
    }

    /// Every grant that the call or a row of its answer has needed so far.
    pub fn grants(&self) -> BTreeSet<Arc<str>> {
        let mut grants = self.decided.sight.grants();
        grants.extend(self.decided.basis.grant.clone());
        grants
    }
}

/// Needed because a request's extensions are `Clone`; by hand, because a derive would ask it of the marker.
impl<Action> Clone for Allowed<Action> {
    fn clone(&self) -> Self {
        Self { decided: Arc::clone(&self.decided), seal: PhantomData }
    }
}

impl<Action> fmt::Debug for Allowed<Action> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Allowed")
            .field("principal", self.principal())
            .field("method", &self.method())
            .field("basis", self.basis())
            .finish_non_exhaustive()
    }
}

/// A "yes", by what the method does.
#[derive(Debug, Clone)]
pub enum Permit {
    /// The method reads.
    Read(Allowed<Read>),
    /// The method writes.
    Write(Allowed<Write>),
}

/// Calls the same method of the proof inside.
macro_rules! either {
    ($permit:expr, $proof:ident => $call:expr) => {
        match $permit {
            Permit::Read($proof) => $call,
            Permit::Write($proof) => $call,
        }
    };
}

impl Permit {
    pub(crate) fn new(basis: Basis, sight: Sight) -> Self {
        let access = sight.served.access;
        let decided = Arc::new(Decided { basis, sight });
        match access {
            Access::Read => Self::Read(Allowed { decided, seal: PhantomData }),
            Access::Write => Self::Write(Allowed { decided, seal: PhantomData }),
        }
    }

    /// Who is allowed.
    pub fn principal(&self) -> &Principal {
        either!(self, proof => proof.principal())
    }

    /// The method the decision is about.
    pub fn method(&self) -> &str {
        either!(self, proof => proof.method())
    }

    /// As [`Allowed::class`].
    pub fn class(&self) -> &str {
        either!(self, proof => proof.class())
    }

    /// As [`Allowed::basis`].
    pub fn basis(&self) -> &Basis {
        either!(self, proof => proof.basis())
    }

    /// As [`Allowed::sees`].
    pub fn sees(&self, row: Row<'_>) -> bool {
        either!(self, proof => proof.sees(row))
    }

    /// As [`Allowed::require`].
    ///
    /// # Errors
    /// As there.
    pub fn require(&self, row: Row<'_>) -> Result<(), Denied> {
        either!(self, proof => proof.require(row))
    }

    /// As [`Allowed::grants`].
    pub fn grants(&self) -> BTreeSet<Arc<str>> {
        either!(self, proof => proof.grants())
    }
}
