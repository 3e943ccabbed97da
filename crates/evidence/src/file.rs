//! The form of a bundle: one JSON document. Bytes are base64, hashes hexadecimal, numbers of 64 bits texts.

use base64::prelude::BASE64_STANDARD;
use ledger::Hash;
use report::manifest;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::wrong::Wrong;

/// Format and version.
pub(crate) const FORMAT: &str = "wufei.bundle/v1";

/// A report with everything that it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// [`FORMAT`].
    format: String,
    /// The report as proto JSON, with its signed manifest.
    pub report: Value,
    /// The page, with its signed manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Every directory that a submission or a key needs, as signed notes.
    pub directories: Vec<String>,
    /// The logs of the nodes.
    pub logs: Vec<Log>,
}

/// What is shown of a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Node, for example `departments/ecology`.
    pub node: String,
    /// A signed checkpoint (C2SP signed note) that every path here leads to.
    pub checkpoint: String,
    /// From the checkpoint of the evaluation to this one; none for the aggregator's own log, which no evaluation reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consistency: Option<Consistency>,
    /// The submissions that the report rests on.
    pub entries: Vec<SubmissionEntry>,
}

/// Proof that the tree of the evaluation is a prefix of the tree of the checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    /// Hashes of the proof (RFC 6962 §2.1.2).
    #[serde(with = "hashes")]
    pub hashes: Vec<Hash>,
}

/// A submission, byte for byte.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SubmissionEntry {
    /// Index in the log.
    #[serde(with = "number")]
    pub index: u64,
    /// The serialized envelope.
    #[serde(with = "bytes")]
    pub leaf: Vec<u8>,
    /// The exact bytes of the request.
    #[serde(with = "bytes")]
    pub request: Vec<u8>,
    /// Seed of the salts of its rows.
    #[serde(with = "bytes")]
    pub row_seed: Vec<u8>,
    /// Path from the leaf to the root of the checkpoint.
    #[serde(with = "hashes")]
    pub path: Vec<Hash>,
}

impl Bundle {
    /// A bundle of these parts.
    #[must_use]
    pub fn new(report: Value, page: Option<String>, directories: Vec<String>, logs: Vec<Log>) -> Self {
        Self { format: FORMAT.to_owned(), report, page, directories, logs }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`Wrong::Json`] with line and column, [`Wrong::Form`].
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let value = manifest::parse(text)?;
        let bundle: Self = serde_json::from_value(value).map_err(|error| Wrong::Form { what: error.to_string() })?;
        if bundle.format != FORMAT {
            return Err(Wrong::Form { what: format!("format is {:?}, not {FORMAT:?}", bundle.format) });
        }
        Ok(bundle)
    }

    /// The file.
    ///
    /// # Errors
    /// [`Wrong::Form`], which no bundle is known to cause.
    pub fn to_json(&self) -> Result<String, Wrong> {
        serde_json::to_string_pretty(self).map_err(|error| Wrong::Form { what: error.to_string() })
    }
}

mod number {
    use super::{Deserialize, Deserializer, Serializer};
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(value: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&value.to_string())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let text = String::deserialize(from)?;
        let value: u64 = text.parse().map_err(D::Error::custom)?;
        if value.to_string() == text { Ok(value) } else { Err(D::Error::custom("a number without leading zeros")) }
    }
}

mod bytes {
    use super::{BASE64_STANDARD, Deserialize, Deserializer, Serializer};
    use base64::Engine as _;
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(value: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64_STANDARD.encode(value))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        BASE64_STANDARD.decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

mod hashes {
    use super::{Deserialize, Deserializer, Hash, Serialize as _, Serializer};
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(value: &[Hash], to: S) -> Result<S::Ok, S::Error> {
        value.iter().map(Hash::to_string).collect::<Vec<_>>().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Hash>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        texts.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
    }
}
