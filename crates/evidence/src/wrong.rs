//! What can be wrong with a bundle. Each names the place in the file.

use directory::{DirectoryError, KeyRefused};
use domain::Text;
use ledger::{CheckpointError, RequestSignatureError, VerifyError};
use report::manifest::{Difference, ManifestError, NotCanonical};

/// The first thing that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// The file is not JSON with one reading.
    #[error("the file is not JSON with one reading: {0}")]
    Json(#[from] NotCanonical),
    /// The file has not the form of a bundle.
    #[error("the file has not the form of a bundle: {what}")]
    Form {
        /// What is wrong.
        what: String,
    },
    /// A directory cannot be believed.
    #[error("directories[{at}]: {error}")]
    Directory {
        /// Which one.
        at: usize,
        /// Why.
        error: DirectoryError,
    },
    /// Two directories have one version.
    #[error("directories[{at}]: version {version} stands there twice")]
    DirectoryTwice {
        /// The second one.
        at: usize,
        /// Its version.
        version: u64,
    },
    /// A submission names a directory that the bundle does not hold.
    #[error("{place}: the directory version {version}, in which its sender was found, is not in the bundle")]
    NoDirectory {
        /// The submission.
        place: String,
        /// The version.
        version: u64,
    },
    /// Nobody says with which key a log signs.
    #[error("no directory in the bundle lists the node {node}, and no key of its log was given")]
    NoLogKey {
        /// The node.
        node: String,
    },
    /// There is no manifest to compare with.
    #[error("{place}: {error}")]
    Manifest {
        /// `report` or `page`.
        place: &'static str,
        /// Why.
        error: ManifestError,
    },
    /// The report or the page is not as it was signed.
    #[error("{place}: {text}", text = difference.text().en)]
    Differs {
        /// `report` or `page`.
        place: &'static str,
        /// What.
        difference: Difference,
    },
    /// The page was made from another report.
    #[error("page: it was made from {page}, with another manifest than that of {report}")]
    OtherPage {
        /// The report in the bundle.
        report: String,
        /// The report that the page names.
        page: String,
    },
    /// The evaluation used a log that the bundle does not show.
    #[error("the evaluation used the log of {node}, which is not in the bundle")]
    NoLog {
        /// The node.
        node: String,
    },
    /// A log stands there twice.
    #[error("{place}: the log of {node} stands there twice")]
    LogTwice {
        /// Where.
        place: String,
        /// The node.
        node: String,
    },
    /// A checkpoint cannot be believed.
    #[error("{place}: {error}")]
    Checkpoint {
        /// Where.
        place: String,
        /// Why.
        error: CheckpointError,
    },
    /// The checkpoint of the evaluation and the signed one contradict each other.
    #[error("{place}: the tree of the evaluation is not a part of the signed one: {error}")]
    Inconsistent {
        /// Where.
        place: String,
        /// Why.
        error: VerifyError,
    },
    /// A submission is not in the signed log.
    #[error("{place}: the submission is not in the signed log: {error}")]
    NotIncluded {
        /// Where.
        place: String,
        /// Why.
        error: VerifyError,
    },
    /// Bytes cannot be read as what they are.
    #[error("{place}: {what}")]
    Unreadable {
        /// Where.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// Two things that must be the same are not.
    #[error("{place}: expected {expected}, found {found}")]
    Contradiction {
        /// Where.
        place: String,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The signing key did not count for who sent it.
    #[error("{place}: {error}")]
    Key {
        /// Where.
        place: String,
        /// Why.
        error: KeyRefused,
    },
    /// The signature of who submitted it does not fit.
    #[error("{place}: {error}")]
    Signature {
        /// Where.
        place: String,
        /// Why.
        error: RequestSignatureError,
    },
    /// A figure rests on a submission that the bundle does not hold.
    #[error("the figure at {place} rests on entry {index} of {node}, which is not in the bundle")]
    NoSubmission {
        /// Where in the report.
        place: String,
        /// The node.
        node: String,
        /// The entry.
        index: u64,
    },
    /// A figure does not follow from the submissions.
    #[error("the figure {cell}: the report says {reported}, the submissions give {computed}")]
    Figure {
        /// Id of the figure.
        cell: String,
        /// What the report says.
        reported: String,
        /// What follows from the submissions.
        computed: String,
    },
}

impl Wrong {
    pub(crate) fn contradiction(place: impl Into<String>, expected: impl ToString, found: impl ToString) -> Self {
        Self::Contradiction { place: place.into(), expected: expected.to_string(), found: found.to_string() }
    }

    /// What happened, in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Json(NotCanonical { line, column, what }) => {
                format!("文件不是只有一种读法的 JSON：第 {line} 行第 {column} 列，{what}")
            }
            Self::Form { what } => format!("文件不是审计包：{what}"),
            Self::Directory { at, error } => format!("directories[{at}]：{}", error.text().zh),
            Self::DirectoryTwice { at, version } => format!("directories[{at}]：目录第 {version} 版出现两次"),
            Self::NoDirectory { place, version } => {
                format!("{place}：报送者所在的目录第 {version} 版不在审计包中")
            }
            Self::NoLogKey { node } => format!("包中的目录没有登记节点 {node}，也没有另给它的日志公钥"),
            Self::Manifest { place, error } => format!("{place}：{}", error.text().zh),
            Self::Differs { place, difference } => format!("{place}：{}", difference.text().zh),
            Self::OtherPage { report, page } => {
                format!("page：网页由 {page} 生成，所依据的清单不是 {report} 的清单")
            }
            Self::NoLog { node } => format!("评价用到了 {node} 的日志，包中没有"),
            Self::LogTwice { place, node } => format!("{place}：{node} 的日志出现两次"),
            Self::Checkpoint { place, error } => format!("{place}：检查点不可信：{error}"),
            Self::Inconsistent { place, error } => {
                format!("{place}：评价所用的日志不是已签名日志的前缀：{error}")
            }
            Self::NotIncluded { place, error } => format!("{place}：该报文不在已签名的日志中：{error}"),
            Self::Unreadable { place, what } => format!("{place}：无法读取：{what}"),
            Self::Contradiction { place, expected, found } => format!("{place}：应为 {expected}，实为 {found}"),
            Self::Key { place, error } => format!("{place}：{}", error.text().zh),
            Self::Signature { place, error } => format!("{place}：报文签名不符：{error}"),
            Self::NoSubmission { place, node, index } => {
                format!("{place} 处的数字依据 {node} 日志第 {index} 条，包中没有")
            }
            Self::Figure { cell, reported, computed } => {
                format!("数字 {cell}：报告为 {reported}，由报文得出 {computed}")
            }
        };
        Text::new(zh, self.to_string())
    }
}
