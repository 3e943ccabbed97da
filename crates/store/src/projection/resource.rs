//! Resources of the other collections and their rows.

use domain::Recorded;

use super::{Place, Projected, place_of, row_at};
use crate::{
    entity::resource::{ActiveModel, Entity, Model},
    error::StoreError,
    types::StoredResource,
};

impl Projected for StoredResource {
    type Entity = Entity;
    type Active = ActiveModel;

    fn read(row: Model) -> Result<Recorded<Self>, StoreError> {
        let body = Self { collection: row.collection, type_name: row.type_name, body: row.body };
        place_of!(row).record(body)
    }

    fn write(&self, place: Place) -> Result<Model, StoreError> {
        Ok(row_at!(Model, place, {
            collection: self.collection.clone(),
            type_name: self.type_name.clone(),
            body: self.body.clone(),
        }))
    }
}
