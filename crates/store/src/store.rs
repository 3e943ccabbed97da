//! The store and its reads.

use async_recursion::async_recursion as boxed;
use std::{collections::BTreeMap, ops::Range, sync::Arc};

use domain::{DepartmentId, FundingLine, Observation, Recorded, ResourceName};
use sea_orm::{
    DatabaseConnection, ExprTrait,
    sea_query::{Cond, Expr},
};
use tokio::sync::Semaphore;

use crate::{
    driver::During,
    entity::{funding_line, observation, resource},
    error::StoreError,
    migration,
    open::{Opened, Place, open},
    projection,
    types::{Counts, FundingQuery, ObservationQuery, ResourceQuery, StoredResource, View},
};

/// The database of a node, or of the aggregator with the mirrors of many nodes. Clones share one pool.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) db: DatabaseConnection,
    pub(crate) writers: Arc<Semaphore>,
}

impl Store {
    /// Opens `sqlite:PATH` or `postgres://…` and brings its schema up to date. A missing `SQLite` file is created with
    /// its folder; a database in memory is refused.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database does not answer; [`StoreError::Internal`] for a URL of another form
    /// and for a database that a later release has migrated.
    #[boxed]
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_at(url, Place::Own).await
    }

    /// Opens the audit log's database beside the node's that `url` names: for `SQLite` the file `node.audit.db` beside
    /// `node.db`, for `PostgreSQL` the schema `public_audit` beside `public`. Each can be locked, granted, moved and backed up
    /// without the other.
    ///
    /// # Errors
    /// As [`Self::open`]; also when the user of the database may not make a schema and there is none.
    #[boxed]
    pub async fn open_audit(url: &str) -> Result<Self, StoreError> {
        Self::open_at(url, Place::Audit).await
    }

    async fn open_at(url: &str, place: Place) -> Result<Self, StoreError> {
        let Opened { db, writers } = open(url, place).await?;
        migration::run(&db).await.during("migrate the database")?;
        Ok(Self { db, writers: Arc::new(Semaphore::new(writers)) })
    }

    /// Closes the pool, for every clone. What was committed is on disk with or without this.
    #[boxed]
    pub async fn close(self) {
        if let Err(err) = self.db.close().await {
            tracing::warn!(error = &err as &dyn std::error::Error, "the database did not close cleanly");
        }
    }

    /// A page of figures in the order of names, byte by byte.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn observations(&self, query: &ObservationQuery) -> Result<Vec<Recorded<Observation>>, StoreError> {
        use observation::Column;
        let is = |column: Column, value: Option<String>| value.map(|value| Expr::col(column).eq(value));
        let mut filter = Cond::all()
            .add_option(query.origin.as_ref().map(projection::in_origin))
            .add_option(is(Column::Indicator, query.indicator.as_ref().map(ToString::to_string)))
            .add_option(is(Column::Period, query.period.as_ref().map(ToString::to_string)))
            .add_option(is(Column::Scope, query.scope.map(|scope| scope.code().to_owned())))
            .add_option(is(Column::Measure, query.measure.map(|measure| measure.code().to_owned())));
        if let Some(region) = &query.region {
            filter = filter.add(match region.as_str().get(..4).filter(|_| query.include_counties) {
                Some(prefix) => Expr::col(Column::Region).like(format!("{prefix}%")),
                None => Expr::col(Column::Region).eq(region.as_str()),
            });
        }
        projection::page(&self.db, filter, &query.view, query.after_name.as_deref(), query.limit).await
    }

    /// One figure; none when the view holds no revision of it.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn observation(
        &self,
        name: &ResourceName,
        view: &View,
    ) -> Result<Option<Recorded<Observation>>, StoreError> {
        projection::find(&self.db, name, view).await
    }

    /// Revisions of one figure, newest first; only those before `before_revision`, when it is given.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn observation_revisions(
        &self,
        name: &ResourceName,
        before_revision: Option<u32>,
        limit: u32,
    ) -> Result<Vec<Recorded<Observation>>, StoreError> {
        projection::revisions(&self.db, name, before_revision, limit).await
    }

    /// Every revision of a figure that the entries of this range made, in log order. Not paged: the caller bounds the
    /// range, because a cursor that stood inside an entry would lose the rest of it.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn observation_changes(
        &self,
        log: &DepartmentId,
        entries: Range<u64>,
    ) -> Result<Vec<Recorded<Observation>>, StoreError> {
        projection::changes(&self.db, log, entries).await
    }

    /// A page of funding lines in the order of names, byte by byte.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn funding_lines(&self, query: &FundingQuery) -> Result<Vec<Recorded<FundingLine>>, StoreError> {
        let year = |year: i32| Expr::col(funding_line::Column::BudgetYear).eq(i64::from(year));
        let filter = Cond::all()
            .add_option(query.origin.as_ref().map(projection::in_origin))
            .add_option(query.budget_year.map(year));
        projection::page(&self.db, filter, &query.view, query.after_name.as_deref(), query.limit).await
    }

    /// One funding line; none when the view holds no revision of it.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn funding_line(
        &self,
        name: &ResourceName,
        view: &View,
    ) -> Result<Option<Recorded<FundingLine>>, StoreError> {
        projection::find(&self.db, name, view).await
    }

    /// A page of other resources in the order of names, byte by byte.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn resources(&self, query: &ResourceQuery) -> Result<Vec<Recorded<StoredResource>>, StoreError> {
        let filter = Cond::all()
            .add_option(query.origin.as_ref().map(projection::in_origin))
            .add_option(query.collection.as_deref().map(in_collection));
        projection::page(&self.db, filter, &query.view, query.after_name.as_deref(), query.limit).await
    }

    /// One other resource; none when the view holds no revision of it.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn resource(
        &self,
        name: &ResourceName,
        view: &View,
    ) -> Result<Option<Recorded<StoredResource>>, StoreError> {
        projection::find(&self.db, name, view).await
    }

    /// Revisions of one other resource, newest first; only those before `before_revision`, when it is given.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn resource_revisions(
        &self,
        name: &ResourceName,
        before_revision: Option<u32>,
        limit: u32,
    ) -> Result<Vec<Recorded<StoredResource>>, StoreError> {
        projection::revisions(&self.db, name, before_revision, limit).await
    }

    /// How much of one department there is.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn counts(&self, origin: &DepartmentId) -> Result<Counts, StoreError> {
        Ok(Counts {
            entries: self.head(origin).await?.map_or(0, |head| head.size),
            observations: projection::count_current::<Observation>(&self.db, origin).await?,
            funding_lines: projection::count_current::<FundingLine>(&self.db, origin).await?,
            resources: projection::count_current::<StoredResource>(&self.db, origin).await?,
        })
    }

    /// The size of every log that has a signed head: what an evaluation freezes as [`View::Upto`].
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn log_sizes(&self) -> Result<BTreeMap<DepartmentId, u64>, StoreError> {
        crate::log::sizes(&self.db).await
    }
}

/// Resources of one collection.
pub(crate) fn in_collection(collection: &str) -> Expr {
    Expr::col(resource::Column::Collection).eq(collection)
}
