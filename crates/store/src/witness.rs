//! The memory of a witness: the newest tree of each log that it cosigned.

use async_recursion::async_recursion as boxed;
use ledger::Hash;
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, sea_query::OnConflict};

use crate::{
    column::{to_column, to_hash, to_u64},
    driver::During,
    entity::witness_state::{ActiveModel, Column, Entity, Model},
    error::StoreError,
    store::Store,
};

const READ: &str = "read what was cosigned";
const WRITE: &str = "keep what is cosigned";

/// A tree that was cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// Its size.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// The signed note, as the log offered it.
    pub note: String,
    /// The first note that contradicts it, if the log ever offered one.
    pub forked_note: Option<String>,
}

impl Store {
    /// What was cosigned last of the log with this origin.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn cosigned(&self, origin: &str) -> Result<Option<Cosigned>, StoreError> {
        let row = Entity::find_by_id(origin.to_owned()).one(&self.db).await.during(READ)?;
        row.map(|row| {
            Ok(Cosigned {
                size: to_u64("the size of a cosigned tree", row.size)?,
                root: to_hash("the root of a cosigned tree", &row.root)?,
                note: row.note,
                forked_note: row.forked_note,
            })
        })
        .transpose()
    }

    /// Goes on from the tree that was cosigned to a larger one, when it is still the one of `before`; false when somebody
    /// else went on meanwhile. When this returns, it is on disk. Takes a writer's turn.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn go_on_cosigning(
        &self,
        origin: &str,
        before: Option<(u64, Hash)>,
        next: (u64, Hash),
        note: &str,
    ) -> Result<bool, StoreError> {
        let _turn = self.turn().await?;
        let (size, root) = (to_column(next.0)?, next.1.as_bytes().to_vec());
        let Some((old_size, old_root)) = before else {
            let row = Model { origin: origin.to_owned(), size, root, note: note.to_owned(), forked_note: None };
            let first = OnConflict::column(Column::Origin).do_nothing().to_owned();
            let inserted =
                Entity::insert(row.into_active_model()).on_conflict(first).exec_without_returning(&self.db).await;
            return match inserted {
                Ok(rows) => Ok(rows == 1),
                Err(DbErr::RecordNotInserted) => Ok(false),
                Err(error) => Err(error).during(WRITE),
            };
        };
        let changed = Entity::update_many()
            .set(ActiveModel { size: Set(size), root: Set(root), note: Set(note.to_owned()), ..Default::default() })
            .filter(Column::Origin.eq(origin))
            .filter(Column::Size.eq(to_column(old_size)?))
            .filter(Column::Root.eq(old_root.as_bytes().to_vec()))
            .exec(&self.db)
            .await
            .during(WRITE)?;
        Ok(changed.rows_affected == 1)
    }

    /// Keeps the first note that contradicts what was cosigned, as evidence. Takes a writer's turn.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn keep_fork(&self, origin: &str, note: &str) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        Entity::update_many()
            .set(ActiveModel { forked_note: Set(Some(note.to_owned())), ..Default::default() })
            .filter(Column::Origin.eq(origin))
            .filter(Column::ForkedNote.is_null())
            .exec(&self.db)
            .await
            .during(WRITE)?;
        Ok(())
    }
}
