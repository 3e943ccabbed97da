//! Creates and updates of the resources that the aggregator's own log holds, and the refusals that all of them share.

use domain::{DomainError, Reason, ResourceName, Text, Violation, Violations};
use node::{
    convert::{Reader, common},
    desk::{self, DeskError, Outcome, Submission},
};
use store::WriteTxn;

/// A create, which has a parent and an id, or an update, which has an etag and, as a rule, a correction.
pub(crate) struct Write<'a, M> {
    pub(crate) parent: Option<&'a str>,
    pub(crate) id: &'a str,
    pub(crate) resource: Option<M>,
    pub(crate) etag: Option<&'a str>,
    pub(crate) correction: Option<&'a contracts::common::v1::Correction>,
}

impl<M: Named> Write<'_, M> {
    /// The name that is written; none when it cannot be, and the faults say why.
    pub(crate) fn name(
        &self,
        faults: &mut Violations,
        department: &domain::DepartmentId,
        collection: &str,
        field: &str,
        submission: &Submission<'_>,
    ) -> Option<ResourceName> {
        let mut reader = Reader::new(faults);
        desk::request_id(&mut reader, submission.request_id);
        if self.resource.is_none() {
            reader.missing(field);
        }
        let Some(parent) = self.parent else {
            if M::CORRECTED {
                common::correction(&mut reader.at("correction"), self.correction);
            }
            let name = self.resource.as_ref().map_or("", Named::name);
            return common::resource_name(&mut reader.at(field), "name", name, collection);
        };
        desk::own_parent(&mut reader, parent, department);
        common::new_name(&mut reader, &format!("{field}_id"), department, collection, self.id)
    }
}

/// A resource that goes by a name.
pub(crate) trait Named {
    /// Whether an update has to say why.
    const CORRECTED: bool = true;

    fn name(&self) -> &str;
    fn set_name(&mut self, name: String);
}

/// The resource as it is answered: with its name, and with the record of what was written.
pub(crate) fn recorded<M: Named>(
    outcome: &Outcome,
    before: u32,
    name: &ResourceName,
    mut message: M,
    set: impl FnOnce(&mut M, Option<contracts::common::v1::Record>),
) -> M {
    message.set_name(name.to_string());
    let record = outcome.recorded(0, before, ()).map(|row| common::record_out(&row, None, Some(&outcome.source)));
    set(&mut message, record);
    message
}

/// The revision that a write replaces: none may be there for a create, and the one read for an update.
pub(crate) async fn before(txn: &mut WriteTxn, name: &ResourceName, etag: Option<&str>) -> Result<u32, DeskError> {
    match (txn.resource(name).await?, etag) {
        (None, None) => Ok(0),
        (None, Some(_)) => Err(not_found(name).into()),
        (Some(row), Some(etag)) if row.etag == etag => Ok(row.revision),
        (Some(row), Some(etag)) => Err(Violation::new(
            "etag",
            Reason::StaleEtag,
            etag,
            Text::new(format!("{name} 已有更新的版本"), format!("{name} has a newer revision")),
            Text::new("请重新读取后再更正", "read it again, then correct it"),
        )
        .allowing([row.etag])
        .into()),
        (Some(row), None) => Err(DomainError::new(
            Reason::DuplicateResource,
            Text::new(format!("{name} 已存在，请用更正"), format!("{name} exists; correct it with Update")),
        )
        .with_fact("name", name)
        .with_fact("etag", row.etag)
        .into()),
    }
}

/// The refusal of something that is not there.
pub(crate) fn not_found(name: &ResourceName) -> DomainError {
    DomainError::new(Reason::ResourceNotFound, Text::new(format!("没有 {name}"), format!("there is no {name}")))
        .with_fact("name", name)
}
