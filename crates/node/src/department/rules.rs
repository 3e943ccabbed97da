//! Ties a department's pure rules to the service that stores its records.

use domain::{DomainError, Violations};

use super::{Fields, Peer, peers};
use crate::{
    desk::DeskError,
    resources::{Resource, State},
};

/// Reads a record of the contract into what the rules need.
pub type Read<M, T> = fn(&M, Fields<'_>) -> Result<T, Violations>;

/// Checks a record beside the others of its collection.
///
/// # Errors
/// What `check` refuses, with the record's field in front of the paths; faults of the store.
pub async fn beside<S, M: Resource<S>, T: Send + Sync>(
    record: &M,
    state: State<'_, M>,
    read: Read<M, T>,
    check: fn(&[Peer<T>], &T) -> Result<(), DomainError>,
) -> Result<Violations, DeskError> {
    let next = read(record, Fields::stored())?;
    let department = state.name.department();
    let others = peers(state.txn, department, M::COLLECTION, Some(state.name), read).await?;
    check(&others, &next).map_err(|error| refusal::<S, M>(error))?;
    Ok(Violations::new())
}

/// A refusal of the rules as the service answers it: with the record's field in front of the paths.
#[must_use]
pub fn refusal<S, M: Resource<S>>(error: DomainError) -> DeskError {
    let DomainError { reason: _, text: _, violations, facts } = error;
    let mut error = DomainError::from(violations.under(&format!("{}.", M::FIELD)));
    error.facts.extend(facts);
    error.into()
}

/// Writes [`Rules`](crate::resources::Rules) for records whose state is compared with their own collection only:
/// the message, how it is read, how it is checked beside the others, and where its citation is.
///
/// ```text
/// node::record_rules! { Ecology:
///     wire::SupportGroup => SupportGroup::read, support_group::check_peers, |record| record.citation.clone();
/// }
/// ```
#[macro_export]
macro_rules! record_rules {
    ($service:ty: $($message:ty => $read:expr, $check:expr, $citation:expr;)+) => {
        $(
            impl $crate::resources::Rules<$service> for $message {
                fn check(
                    &self,
                    _service: &$service,
                    _name: &domain::ResourceName,
                    rules: &domain::RuleContext<'_>,
                ) -> domain::Violations {
                    $read(self, $crate::department::Fields::checking(rules)).err().unwrap_or_default()
                }

                async fn check_state(
                    &self,
                    _service: &$service,
                    state: $crate::resources::State<'_, Self>,
                ) -> Result<domain::Violations, $crate::desk::DeskError> {
                    $crate::department::beside::<$service, _, _>(self, state, $read, $check).await
                }

                fn citation(&self) -> Option<contracts::common::v1::Citation> {
                    let citation: fn(&Self) -> Option<contracts::common::v1::Citation> = $citation;
                    citation(self)
                }
            }
        )+
    };
}
