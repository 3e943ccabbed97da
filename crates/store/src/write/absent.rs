//! What is known not to be in the database.
//!
//! Most request ids and most figures of a write are new, and asking for each by itself costs more than to write it. So the
//! members of a batch say beforehand what they will ask for; it is looked up for all of them in a few statements, and what
//! was not there stays so, because the log is locked, until this very write puts it there.

use std::collections::{BTreeMap, HashSet};

use async_recursion::async_recursion as boxed;
use domain::ResourceName;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};

use super::WriteTxn;
use crate::{
    column::{Col, batches},
    driver::During,
    entity::{observation, request},
    error::StoreError,
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

impl WriteTxn {
    /// Looks up what will be asked for, all of it at one time. It changes no answer.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn expect(&mut self, expected: Expected) -> Result<(), StoreError> {
        let Expected { requests, observations } = expected;
        let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        requests.iter().for_each(|(principal, id)| ids.entry(principal).or_default().push(id));
        let mut known = HashSet::new();
        for (principal, ids) in ids {
            for ids in batches(&ids) {
                let there: Vec<String> = request::Entity::find()
                    .select_only()
                    .column(request::Column::RequestId)
                    .filter(request::Column::Log.eq(self.log.as_str()))
                    .filter(request::Column::Principal.eq(principal))
                    .filter(request::Column::RequestId.is_in(ids.iter().copied()))
                    .into_tuple()
                    .all(&self.txn)
                    .await
                    .during(READ)?;
                known.extend(there.into_iter().map(|id| (principal.to_owned(), id)));
            }
        }
        let names: Vec<String> = observations.iter().map(ToString::to_string).collect();
        let mut taken: HashSet<String> = HashSet::new();
        for names in batches(&names) {
            let read = Query::select()
                .column(Col::Name)
                .from(observation::Entity)
                .and_where(Expr::col(Col::Name).is_in(names))
                .and_where(Expr::col(Col::SupersededIndex).is_null())
                .take();
            for row in self.txn.query_all(&read).await.during(READ)? {
                taken.insert(row.try_get("", "name").during(READ)?);
            }
        }
        let held = &self.held;
        let absent = Absent {
            requests: requests
                .into_iter()
                .filter(|key| !known.contains(key) && held.request(&key.0, &key.1).is_none())
                .collect(),
            observations: names.into_iter().filter(|name| !taken.contains(name) && !held.writes(name)).collect(),
        };
        self.held.absent = absent;
        Ok(())
    }
}
