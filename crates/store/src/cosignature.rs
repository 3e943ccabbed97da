//! The cosignatures of a log: each witness has a row of its own for each checkpoint, so the order in which they come in does
//! not matter and none can overwrite another.

use async_recursion::async_recursion as boxed;
use domain::DepartmentId;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, sea_query::OnConflict,
};

use crate::{
    column::{to_column, to_u64},
    driver::During,
    entity::{cosignature, log_checkpoint},
    error::StoreError,
    store::Store,
};

const READ: &str = "read the cosignatures";
const WRITE: &str = "keep a cosignature";

impl Store {
    /// Keeps the line that a witness put under the checkpoint of this size, in the place of an earlier one of the same
    /// witness. Takes a writer's turn.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn keep_cosignature(
        &self,
        log: &DepartmentId,
        size: u64,
        witness: &str,
        line: &str,
    ) -> Result<(), StoreError> {
        use cosignature::Column;
        let _turn = self.turn().await?;
        let (log, size) = (log.to_string(), to_column(size)?);
        let row = cosignature::Model { log, size, witness: witness.to_owned(), line: line.to_owned() };
        let replace =
            OnConflict::columns([Column::Log, Column::Size, Column::Witness]).update_column(Column::Line).to_owned();
        cosignature::Entity::insert(row.into_active_model())
            .on_conflict(replace)
            .exec_without_returning(&self.db)
            .await
            .during(WRITE)?;
        Ok(())
    }

    /// The lines under the checkpoint of this size, in the order of the witnesses' names.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn cosignatures(&self, log: &DepartmentId, size: u64) -> Result<Vec<String>, StoreError> {
        use cosignature::Column;
        let rows = cosignature::Entity::find()
            .filter(Column::Log.eq(log.as_str()))
            .filter(Column::Size.eq(to_column(size)?))
            .order_by_asc(Column::Witness)
            .all(&self.db)
            .await
            .during(READ)?;
        Ok(rows.into_iter().map(|row| row.line).collect())
    }

    /// Notes that enough witnesses have cosigned the checkpoint of this size. Takes a writer's turn.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn mark_witnessed(&self, log: &DepartmentId, size: u64) -> Result<(), StoreError> {
        use log_checkpoint::Column;
        let _turn = self.turn().await?;
        log_checkpoint::Entity::update_many()
            .set(log_checkpoint::ActiveModel { witnessed: Set(true), ..Default::default() })
            .filter(Column::Log.eq(log.as_str()))
            .filter(Column::Size.eq(to_column(size)?))
            .exec(&self.db)
            .await
            .during(WRITE)?;
        Ok(())
    }

    /// Size and signed note, without cosignatures, of the smallest witnessed tree that holds an entry.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn witnessed_over(
        &self,
        log: &DepartmentId,
        log_index: u64,
    ) -> Result<Option<(u64, String)>, StoreError> {
        use log_checkpoint::Column;
        let row = log_checkpoint::Entity::find()
            .filter(Column::Log.eq(log.as_str()))
            .filter(Column::Witnessed.eq(true))
            .filter(Column::Size.gt(to_column(log_index)?))
            .order_by_asc(Column::Size)
            .one(&self.db)
            .await
            .during(READ)?;
        row.map(|row| Ok((to_u64("the size of a tree", row.size)?, row.note))).transpose()
    }

    /// Size of the largest witnessed tree; 0 when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn newest_witnessed(&self, log: &DepartmentId) -> Result<u64, StoreError> {
        use log_checkpoint::Column;
        let row = log_checkpoint::Entity::find()
            .filter(Column::Log.eq(log.as_str()))
            .filter(Column::Witnessed.eq(true))
            .order_by_desc(Column::Size)
            .one(&self.db)
            .await
            .during(READ)?;
        row.map_or(Ok(0), |row| to_u64("the size of a tree", row.size))
    }
}
