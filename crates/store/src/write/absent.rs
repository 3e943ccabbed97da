//! What is known not to be in the database.
//!
//! Most request ids and most figures of a write are new, and asking for each by itself costs more than to write it. So the
//! members of a batch say beforehand what they will ask for; it is looked up for all of them in a few statements, and what
//! was not there stays so, because the log is locked, until this very write puts it there.

use std::collections::HashSet;

use async_recursion::async_recursion as boxed;
use domain::ResourceName;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};

use super::WriteTxn;
use crate::{
    column::{Col, batches},
    driver::During,
    entity::{observation, request},
    error::StoreError,
    rows::any_of,
};

const READ: &str = "look up what a batch will ask for";

/// What the members of a batch will ask for.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Principals and request ids.
    pub requests: Vec<(String, String)>,
    /// Figures.
    pub observations: Vec<ResourceName>,
}

impl Expected {
    /// Takes in what another one expects.
    pub fn extend(&mut self, other: Self) {
        self.requests.extend(other.requests);
        self.observations.extend(other.observations);
    }
}

/// Request ids and figures that are not in the database.
#[derive(Debug, Default)]
pub(super) struct Absent {
    requests: HashSet<(String, String)>,
    observations: HashSet<String>,
}

impl Absent {
    pub(super) fn request(&self, key: &(String, String)) -> bool {
        self.requests.contains(key)
    }

    pub(super) fn observation(&self, name: &ResourceName) -> bool {
        !self.observations.is_empty() && self.observations.contains(&name.to_string())
    }

    /// A request id is about to be written.
    pub(super) fn take_request(&mut self, key: &(String, String)) {
        self.requests.remove(key);
    }

    /// A row of this name is about to be written; tells whether there was none.
    pub(super) fn take_name(&mut self, name: &str) -> bool {
        self.observations.remove(name)
    }
}

/// Request ids, and names of figures.
type There = (HashSet<(String, String)>, HashSet<String>);

impl WriteTxn {
    /// Looks up what will be asked for, all of it at one time. It changes no answer.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn expect(&mut self, expected: Expected) -> Result<(), StoreError> {
        let (known, taken) = self.there(&expected).await?;
        let Expected { requests, observations } = expected;
        let held = &self.held;
        let absent = Absent {
            requests: requests
                .into_iter()
                .filter(|key| !known.contains(key) && held.request(&key.0, &key.1).is_none())
                .collect(),
            observations: observations
                .iter()
                .map(ToString::to_string)
                .filter(|name| !taken.contains(name) && !held.writes(name))
                .collect(),
        };
        self.held.absent = absent;
        Ok(())
    }

    /// Those of these request ids and figures that are in the database.
    async fn there(&self, expected: &Expected) -> Result<There, StoreError> {
        let mut there = There::default();
        #[cfg(feature = "postgres")]
        if crate::rows::takes_arrays(&self.txn) {
            for (first, second) in
                crate::postgres::rows::taken(&self.txn, self.log.as_str(), expected).await.during(READ)?
            {
                match second {
                    Some(id) => there.0.insert((first, id)),
                    None => there.1.insert(first),
                };
            }
            return Ok(there);
        }
        for keys in batches(&expected.requests) {
            let arms = keys.iter().map(|key| self.request_of(key));
            for row in any_of(&self.txn, arms).await.during(READ)? {
                let (principal, id) = (row.try_get("", "principal"), row.try_get("", "request_id"));
                there.0.insert((principal.during(READ)?, id.during(READ)?));
            }
        }
        for names in batches(&expected.observations) {
            let arms = names.iter().map(|name| current(&name.to_string()));
            for row in any_of(&self.txn, arms).await.during(READ)? {
                there.1.insert(row.try_get("", "name").during(READ)?);
            }
        }
        Ok(there)
    }

    fn request_of(&self, (principal, id): &(String, String)) -> SelectStatement {
        Query::select()
            .columns([request::Column::Principal, request::Column::RequestId])
            .from(request::Entity)
            .and_where(Expr::col(request::Column::Log).eq(self.log.as_str()))
            .and_where(Expr::col(request::Column::Principal).eq(principal))
            .and_where(Expr::col(request::Column::RequestId).eq(id))
            .take()
    }
}

/// The current row of this name.
fn current(name: &str) -> SelectStatement {
    Query::select()
        .column(Col::Name)
        .from(observation::Entity)
        .and_where(Expr::col(Col::Name).eq(name))
        .and_where(Expr::col(Col::SupersededIndex).is_null())
        .take()
}
