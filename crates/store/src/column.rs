//! Values between Rust and columns: whole numbers as `i64`, times to the microsecond, decimals and nested parts as text.

use std::{fmt::Display, str::FromStr};

use chrono::{DateTime, SubsecRound, Utc};
use ledger::Hash;
use rust_decimal::Decimal;
use serde::{Serialize, de::DeserializeOwned};

use crate::error::{BoxedSource, StoreError};

/// Columns that several tables share.
#[derive(Clone, Copy, Debug, sea_orm::DeriveIden)]
pub(crate) enum Col {
    Name,
    Revision,
    Origin,
    LogIndex,
    Position,
    KnownFrom,
    SupersededIndex,
    SupersededTime,
}

/// A size or index as a column. Trees hold at most 2^63 − 1 leaves, so nothing real is refused.
pub(crate) fn to_column(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::internal(format!("{number} is too large for the database")))
}

/// A size or index from a column.
pub(crate) fn to_u64(what: &'static str, number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::corrupt(format!("{what} {number} is below zero")))
}

/// A small number from a column.
pub(crate) fn to_u32(what: &'static str, number: i64) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::corrupt(format!("{what} {number} is out of range")))
}

/// A time as both engines keep it: `PostgreSQL` counts microseconds, so finer parts are cut off before either sees them.
pub(crate) fn to_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}

/// A hash from a column.
pub(crate) fn to_hash(what: &'static str, bytes: &[u8]) -> Result<Hash, StoreError> {
    Hash::try_from(bytes).map_err(|err| StoreError::unreadable(what, err))
}

/// A parsed value from its text.
pub(crate) fn parsed<T>(what: &'static str, text: &str) -> Result<T, StoreError>
where
    T: FromStr<Err: Into<BoxedSource>>,
{
    text.parse().map_err(|err: T::Err| StoreError::unreadable(what, err))
}

/// A value of a closed list from its code.
pub(crate) fn coded<T>(what: &'static str, code: &str, from_code: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    from_code(code).ok_or_else(|| StoreError::corrupt(format!("{what} has an unknown code")))
}

/// A decimal from its text, with every digit it was written with.
pub(crate) fn decimal(what: &'static str, text: &str) -> Result<Decimal, StoreError> {
    Decimal::from_str_exact(text).map_err(|err| StoreError::unreadable(what, err))
}

/// An optional decimal from its text.
pub(crate) fn optional_decimal(what: &'static str, text: Option<String>) -> Result<Option<Decimal>, StoreError> {
    text.map(|text| decimal(what, &text)).transpose()
}

/// An optional value as text.
pub(crate) fn optional_text(value: Option<&impl Display>) -> Option<String> {
    value.map(ToString::to_string)
}

/// A nested part as JSON text.
pub(crate) fn to_json(what: &'static str, value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|err| StoreError::Internal { what: what.to_owned(), source: Some(err.into()) })
}

/// A nested part from its JSON text.
pub(crate) fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|err| StoreError::unreadable(what, err))
}

/// Cuts a list into pieces of 32, 16, 8 … 1, so that statements of many rows come in six shapes only and the statement
/// caches stay small.
pub(crate) fn batches<T>(mut items: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let len = items.len().checked_ilog2().map(|log| 1_usize << log.min(5))?;
        let (head, tail) = items.split_at(len);
        items = tail;
        Some(head)
    })
}
