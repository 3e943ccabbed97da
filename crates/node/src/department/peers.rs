//! Compares a record with the others of its kind that the department holds.

use domain::{DepartmentId, DomainError, Period, Reason, Recorded, ResourceName, Text, Violation, Violations};
use prost::Message;
use store::{StoreError, StoredResource, WriteTxn};

use super::Fields;

/// Another record that is on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer<T> {
    /// Its name.
    pub name: ResourceName,
    /// What it says.
    pub body: T,
}

/// The current records of a collection inside the transaction, without the one that is being written. A record that this
/// release cannot read any more is left out and logged: it must not stop every later write.
///
/// # Errors
/// [`StoreError`].
pub async fn peers<M, T>(
    txn: &mut WriteTxn,
    department: &DepartmentId,
    collection: &str,
    written: Option<&ResourceName>,
    read: impl Fn(&M, Fields<'_>) -> Result<T, Violations>,
) -> Result<Vec<Peer<T>>, StoreError>
where
    M: Message + Default,
{
    let rows = txn.resources(department, collection).await?;
    Ok(rows.into_iter().filter(|row| Some(&row.name) != written).filter_map(|row| peer(row, &read)).collect())
}

/// One current record inside the transaction; none when it is not there or cannot be read.
///
/// # Errors
/// [`StoreError`].
pub async fn peer_named<M, T>(
    txn: &mut WriteTxn,
    name: &ResourceName,
    read: impl Fn(&M, Fields<'_>) -> Result<T, Violations>,
) -> Result<Option<Peer<T>>, StoreError>
where
    M: Message + Default,
{
    Ok(txn.resource(name).await?.and_then(|row| peer(row, &read)))
}

/// A record that was stored, read again; none, and a line in the log, when this release cannot read it.
pub fn peer<M, T>(
    row: Recorded<StoredResource>,
    read: impl Fn(&M, Fields<'_>) -> Result<T, Violations>,
) -> Option<Peer<T>>
where
    M: Message + Default,
{
    let message = M::decode(row.body.body.as_slice());
    let body = message.ok().and_then(|message| read(&message, Fields::stored()).ok());
    if body.is_none() {
        tracing::error!(name = %row.name, log_index = row.log_index, "a stored record cannot be read and is not compared");
    }
    body.map(|body| Peer { name: row.name, body })
}

/// Refuses a record that says the same thing as one on file under another name: two names for one thing would be counted
/// twice.
///
/// # Errors
/// [`Reason::DuplicateResource`] on `field`, with the name of the record on file as the fact `existing`.
pub fn refuse_duplicate<T>(
    peers: &[Peer<T>],
    same: impl Fn(&T) -> bool,
    field: &str,
    value: impl ToString,
    rule: Text,
) -> Result<(), DomainError> {
    let Some(peer) = peers.iter().find(|peer| same(&peer.body)) else { return Ok(()) };
    let action = Text::new(
        format!("已有记录 {}；要改正请用 Update", peer.name),
        format!("{} is on file; correct it with Update", peer.name),
    );
    let error: DomainError = Violation::new(field, Reason::DuplicateResource, value, rule, action).into();
    Err(error.with_fact("existing", &peer.name))
}

/// True when two titles name the same thing: spaces and quotation marks do not count, nor do full-width letters.
#[must_use]
pub fn same_title(one: &str, other: &str) -> bool {
    plain(one).eq(plain(other))
}

/// True when two periods have a day in common. An open start reaches back for ever.
#[must_use]
pub fn overlap(one: &Period, other: &Period) -> bool {
    let begins_by = |a: &Period, b: &Period| a.start().is_none_or(|start| start <= b.end());
    begins_by(one, other) && begins_by(other, one)
}

fn plain(title: &str) -> impl Iterator<Item = char> {
    title.chars().filter_map(|char| match char {
        '“' | '”' | '‘' | '’' | '"' | '\'' | '《' | '》' | '〈' | '〉' | '「' | '」' => None,
        char if char.is_whitespace() => None,
        // Full-width forms of ASCII stand 0xFEE0 above it.
        char @ '\u{ff01}'..='\u{ff5e}' => char::from_u32(char as u32 - 0xfee0).map(|char| char.to_ascii_lowercase()),
        char => Some(char.to_ascii_lowercase()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_of_marks_and_spaces_does_not_make_another_title() {
        assert!(same_title("“脱硫石膏高端利用”", "脱硫石膏 高端利用"));
        assert!(same_title("ＡＢＣ（一期）", "abc(一期)"));
        assert!(!same_title("黄河实验室", "山西省黄河实验室"));
    }

    #[test]
    fn periods_overlap_when_they_share_a_day() {
        let period = |text: &str| Period::parse(text).unwrap();
        assert!(overlap(&period("../2022-12-31"), &period("2022")));
        assert!(overlap(&period("2024"), &period("2024-H1")));
        assert!(!overlap(&period("2021/2022"), &period("2023-01-01")));
    }
}
