//! The export of an audit log as a file, and checking it without the network.
//!
//! The file is lines of JSON: a head with the format, a line for each record, and the signed checkpoint at the end. A line holds
//! the exact bytes of the leaf, which count, and the record in words, which must be what the bytes say.

use std::io::{self, BufRead, Write};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use contracts::log::v1::{
    AuditRecord, Entry, ExportAuditEntriesRequest, audit_log_service_client::AuditLogServiceClient,
};
use domain::Text;
use ledger::{Checkpoint, CheckpointError, CompactRange, Hash, NoteVerifier, leaf_hash, open};
use prost::Message as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    connect::{Connection, MAX_ANSWER_BYTES},
    dynamic::to_json,
    error::CallError,
};

const FORMAT: &str = "wufei.audit/v1";
const RECORD: &str = "wufei.log.v1.AuditRecord";

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", untagged)]
enum Line {
    Head {
        format: String,
    },
    #[serde(rename_all = "camelCase")]
    Record {
        index: u64,
        leaf_hash: String,
        /// Base64; none when the record is older than records are kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leaf: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<Value>,
    },
    End {
        checkpoint: String,
    },
}

/// An export that was not made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The node refused, or cannot be reached.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The file cannot be written.
    #[error("the export cannot be written")]
    Write(#[from] io::Error),
    /// The node sent what is no audit record, or ended without a checkpoint.
    #[error("the node's export is not whole: {what}")]
    NotWhole {
        /// What is wrong.
        what: String,
    },
}

/// Writes the whole audit log of a node, and returns how many records there are.
///
/// # Errors
/// [`ExportError`].
pub async fn export_audit_log(connection: &Connection, out: &mut (impl Write + Send)) -> Result<u64, ExportError> {
    let mut client = AuditLogServiceClient::new(connection.channel()).max_decoding_message_size(MAX_ANSWER_BYTES);
    let asked = ExportAuditEntriesRequest { start_index: 0 };
    let mut chunks = client.export_audit_entries(asked).await.map_err(CallError::from)?.into_inner();
    write_line(out, &Line::Head { format: FORMAT.to_owned() })?;
    let mut records = 0;
    while let Some(chunk) = chunks.message().await.map_err(CallError::from)? {
        for entry in &chunk.entries {
            write_line(out, &line(entry)?)?;
            records += 1;
        }
        if !chunk.checkpoint.is_empty() {
            write_line(out, &Line::End { checkpoint: chunk.checkpoint })?;
            out.flush()?;
            return Ok(records);
        }
    }
    Err(ExportError::NotWhole { what: "it ended without a checkpoint".to_owned() })
}

fn line(entry: &Entry) -> Result<Line, ExportError> {
    let (index, leaf_hash) = (entry.index, entry.leaf_hash.clone());
    if entry.leaf.is_empty() {
        return Ok(Line::Record { index, leaf_hash, leaf: None, record: None });
    }
    let record =
        in_words(&entry.leaf).map_err(|what| ExportError::NotWhole { what: format!("entry {index}: {what}") })?;
    Ok(Line::Record { index, leaf_hash, leaf: Some(BASE64_STANDARD.encode(&entry.leaf)), record: Some(record) })
}

fn in_words(leaf: &[u8]) -> Result<Value, String> {
    let record = AuditRecord::decode(leaf).map_err(|error| error.to_string())?;
    to_json(RECORD, &record).map_err(|error| error.to_string())
}

fn write_line(out: &mut impl Write, line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// What an export was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditVerdict {
    /// The signed tree head: the node recorded exactly this, and cannot take it back.
    pub checkpoint: Checkpoint,
    /// Records of which only the hash is there.
    pub hash_only: u64,
}

/// Why an export is not believed.
#[derive(Debug, thiserror::Error)]
pub enum AuditNotVerified {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Unreadable(#[from] io::Error),
    /// A line is malformed.
    #[error("line {line} is malformed: {what}")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A record is missing, twice there or in another place.
    #[error("line {line} holds record {found}, where record {expected} belongs")]
    Place {
        /// Number of the line, from 1.
        line: u64,
        /// The index that belongs there.
        expected: u64,
        /// The index that stands there.
        found: u64,
    },
    /// The bytes of a record were changed.
    #[error("record {index} was altered: its bytes do not have the hash that stands beside them")]
    Altered {
        /// Its index.
        index: u64,
    },
    /// The words beside a record say something else than its bytes.
    #[error("the words of record {index} are not what its bytes say")]
    Words {
        /// Its index.
        index: u64,
    },
    /// The file ends without a checkpoint, or goes on behind it.
    #[error("the file does not end with its checkpoint")]
    End,
    /// The checkpoint is malformed or not signed by the log's key.
    #[error("the checkpoint cannot be believed: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// Records were cut off or added.
    #[error("the file holds {found} records, the checkpoint is signed over {signed}")]
    Size {
        /// Records of the file.
        found: u64,
        /// Records of the signed tree.
        signed: u64,
    },
    /// The records are not those that were signed.
    #[error("the records lead to root {computed}, the checkpoint says {signed}")]
    Root {
        /// The root over the records.
        computed: Hash,
        /// The signed root.
        signed: Hash,
    },
    /// The log was cut or rewritten since the earlier export.
    #[error("the log does not extend the earlier one of {size} records: it was cut or rewritten")]
    NotExtended {
        /// Records of the earlier log.
        size: u64,
    },
}

impl AuditNotVerified {
    /// What happened, for people.
    #[must_use]
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Unreadable(error) => format!("文件无法读取：{error}"),
            Self::Line { line, what } => format!("第 {line} 行格式有误：{what}"),
            Self::Place { line, expected, found } => format!("第 {line} 行应为第 {expected} 条记录，实为第 {found} 条"),
            Self::Altered { index } => format!("第 {index} 条记录被改动：内容与所附哈希不符"),
            Self::Words { index } => format!("第 {index} 条记录的文字与其原始字节不符"),
            Self::End => "文件没有以检查点结尾".to_owned(),
            Self::Checkpoint(error) => format!("检查点不可信：{error}"),
            Self::Size { found, signed } => format!("文件有 {found} 条记录，检查点签署的是 {signed} 条"),
            Self::Root { computed, signed } => format!("记录算出的根为 {computed}，检查点为 {signed}"),
            Self::NotExtended { size } => format!("日志不是此前 {size} 条记录的延续：曾被截断或改写"),
        };
        Text::new(zh, self.to_string())
    }
}

/// Checks an export against the public key of the audit log, which the caller takes from somewhere else than the file. With the
/// checkpoint of an `earlier` export it is checked too that the log only grew since.
///
/// # Errors
/// [`AuditNotVerified`] names the first thing that does not hold.
pub fn verify_audit_file(
    file: impl BufRead,
    key: &NoteVerifier,
    earlier: Option<&Checkpoint>,
) -> Result<AuditVerdict, AuditNotVerified> {
    let mut tree = CompactRange::empty();
    let (mut hash_only, mut end) = (0, None);
    let mut extended = earlier.is_none_or(|earlier| earlier.size == 0);
    for (line, text) in (1..).zip(file.lines()) {
        let text = text?;
        if end.is_some() {
            return Err(AuditNotVerified::End);
        }
        let malformed = |what: String| AuditNotVerified::Line { line, what };
        match (line, serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?) {
            (1, Line::Head { format }) if format == FORMAT => {}
            (1, _) => return Err(malformed(format!("it does not say {FORMAT}"))),
            (_, Line::Head { .. }) => return Err(malformed("a second head".to_owned())),
            (_, Line::Record { index, leaf_hash, leaf, record }) => {
                if index != tree.size() {
                    return Err(AuditNotVerified::Place { line, expected: tree.size(), found: index });
                }
                let hash: Hash = leaf_hash.parse().map_err(|error| malformed(format!("leafHash: {error}")))?;
                let leaf = leaf.map(|leaf| BASE64_STANDARD.decode(leaf)).transpose();
                let leaf = leaf.map_err(|error| malformed(format!("leaf: {error}")))?;
                check_record(index, hash, leaf.as_deref(), record.as_ref())?;
                hash_only += u64::from(leaf.is_none());
                tree.append(hash);
                if let Some(earlier) = earlier.filter(|earlier| earlier.size == tree.size()) {
                    extended = tree.root() == earlier.root;
                }
            }
            (_, Line::End { checkpoint }) => end = Some(checkpoint),
        }
    }
    let checkpoint = open(&end.ok_or(AuditNotVerified::End)?, std::slice::from_ref(key))?;
    if checkpoint.size != tree.size() {
        return Err(AuditNotVerified::Size { found: tree.size(), signed: checkpoint.size });
    }
    if checkpoint.root != tree.root() {
        return Err(AuditNotVerified::Root { computed: tree.root(), signed: checkpoint.root });
    }
    if let Some(earlier) = earlier.filter(|_| !extended) {
        return Err(AuditNotVerified::NotExtended { size: earlier.size });
    }
    Ok(AuditVerdict { checkpoint, hash_only })
}

fn check_record(index: u64, hash: Hash, leaf: Option<&[u8]>, record: Option<&Value>) -> Result<(), AuditNotVerified> {
    let Some(leaf) = leaf else {
        // Words without bytes would be words that nobody signed.
        return if record.is_none() { Ok(()) } else { Err(AuditNotVerified::Words { index }) };
    };
    if leaf_hash(leaf) != hash {
        return Err(AuditNotVerified::Altered { index });
    }
    let words = in_words(leaf).ok();
    if words.as_ref() == record { Ok(()) } else { Err(AuditNotVerified::Words { index }) }
}

#[cfg(test)]
mod tests {
    use contracts::log::v1::AuditEvent;
    use ledger::{NoteSigner, sign};

    use super::*;

    fn signer() -> NoteSigner {
        NoteSigner::generate("wufei.test/dept/ecology/audit", [7; 32]).unwrap()
    }

    fn entry(index: u64) -> Entry {
        let record = AuditRecord {
            version: 1,
            event: AuditEvent::DataRead.into(),
            principal: format!("spiffe://wufei.test/reader/{index}"),
            count: 1,
            ..AuditRecord::default()
        };
        let leaf = record.encode_to_vec();
        Entry { index, leaf_hash: leaf_hash(&leaf).to_string(), leaf, ..Entry::default() }
    }

    /// A file of so many records, of which the first is forgotten.
    fn file(size: u64) -> Vec<String> {
        let mut tree = CompactRange::empty();
        let mut lines = vec![Line::Head { format: FORMAT.to_owned() }];
        for index in 0..size {
            let mut entry = entry(index);
            tree.append(leaf_hash(&entry.leaf));
            if index == 0 {
                entry.leaf.clear();
            }
            lines.push(line(&entry).unwrap());
        }
        let signer = signer();
        let checkpoint = Checkpoint { origin: signer.name().to_owned(), size, root: tree.root() };
        lines.push(Line::End { checkpoint: sign(&checkpoint, &signer).unwrap() });
        lines.iter().map(|line| serde_json::to_string(line).unwrap()).collect()
    }

    fn verify(lines: &[String], earlier: Option<&Checkpoint>) -> Result<AuditVerdict, AuditNotVerified> {
        verify_audit_file(lines.join("\n").as_bytes(), &signer().verifier(), earlier)
    }

    #[test]
    fn a_whole_export_holds_and_extends_the_earlier_one() {
        let (old, new) = (verify(&file(3), None).unwrap(), file(9));
        let verdict = verify(&new, Some(&old.checkpoint)).unwrap();
        assert_eq!((verdict.checkpoint.size, verdict.hash_only), (9, 1));
        verify(&file(3), Some(&verify(&new, None).unwrap().checkpoint)).unwrap_err();
        let forked = Checkpoint { root: leaf_hash(b"another history"), ..old.checkpoint };
        assert!(matches!(verify(&new, Some(&forked)), Err(AuditNotVerified::NotExtended { size: 3 })));
        assert_eq!(verify(&file(0), None).unwrap().checkpoint.size, 0);
    }

    #[test]
    fn whatever_is_changed_is_found_and_named() {
        let good = file(5);
        let changed = |at: usize, from: &str, to: &str| {
            let mut lines = good.clone();
            assert!(lines[at].contains(from), "{}", lines[at]);
            lines[at] = lines[at].replace(from, to);
            verify(&lines, None).unwrap_err()
        };
        assert!(matches!(changed(3, "reader/2", "reader/1"), AuditNotVerified::Words { index: 2 }));
        let (own, other) = (BASE64_STANDARD.encode(entry(2).leaf), BASE64_STANDARD.encode(entry(3).leaf));
        assert!(matches!(changed(3, &own, &other), AuditNotVerified::Altered { index: 2 }));
        assert!(matches!(changed(3, "\"index\":2", "\"index\":3"), AuditNotVerified::Place { line: 4, .. }));
        assert!(matches!(changed(0, "v1", "v2"), AuditNotVerified::Line { line: 1, .. }));
        assert!(matches!(changed(6, "ecology/audit", "ecology/audio"), AuditNotVerified::Checkpoint(_)));

        let without = |at: usize| {
            let mut lines = good.clone();
            lines.remove(at);
            verify(&lines, None).unwrap_err()
        };
        assert!(matches!(without(6), AuditNotVerified::End));
        assert!(matches!(without(5), AuditNotVerified::Size { found: 4, signed: 5 }));
        assert!(matches!(without(2), AuditNotVerified::Place { line: 3, expected: 1, found: 2 }));

        let mut lines = good.clone();
        let replaced = Entry { index: 2, ..entry(7) };
        lines[3] = serde_json::to_string(&line(&replaced).unwrap()).unwrap();
        assert!(matches!(verify(&lines, None), Err(AuditNotVerified::Root { .. })), "with a hash that fits");
        let other = NoteSigner::generate("wufei.test/dept/ecology/audit", [8; 32]).unwrap();
        let refused = verify_audit_file(good.join("\n").as_bytes(), &other.verifier(), None).unwrap_err();
        assert!(matches!(refused, AuditNotVerified::Checkpoint(_)));
    }
}
