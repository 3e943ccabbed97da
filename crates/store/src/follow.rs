//! The follower's notes on the logs that it mirrors.

use async_recursion::async_recursion as boxed;
use sea_orm::{EntityTrait, IntoActiveModel, QueryOrder, sea_query::OnConflict};

use crate::{
    column::{parsed, to_column, to_micros, to_u64},
    driver::During,
    entity::follow_state::{Column, Entity, Model},
    error::StoreError,
    store::Store,
    types::FollowState,
};

impl Store {
    /// What is known of every log that is followed, in the order of departments.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn follow_states(&self) -> Result<Vec<FollowState>, StoreError> {
        let rows =
            Entity::find().order_by_asc(Column::Log).all(&self.db).await.during("read the state of following")?;
        rows.into_iter()
            .map(|row| {
                Ok(FollowState {
                    log: parsed("the department of a log", &row.log)?,
                    last_contact: row.last_contact,
                    last_error: row.last_error,
                    announced_size: to_u64("the size of a log", row.announced_size)?,
                })
            })
            .collect()
    }

    /// Replaces what is known of one log. Takes a writer's turn, so never call it while a [`WriteTxn`](crate::WriteTxn)
    /// is open in the same task.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn set_follow_state(&self, state: &FollowState) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        let row = Model {
            log: state.log.to_string(),
            last_contact: state.last_contact.map(to_micros),
            last_error: state.last_error.clone(),
            announced_size: to_column(state.announced_size)?,
        };
        let replace = OnConflict::column(Column::Log)
            .update_columns([Column::LastContact, Column::LastError, Column::AnnouncedSize])
            .to_owned();
        Entity::insert(row.into_active_model())
            .on_conflict(replace)
            .exec_without_returning(&self.db)
            .await
            .during("write the state of following")?;
        Ok(())
    }
}
