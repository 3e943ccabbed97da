//! Why a directory does not count.

use chrono::{DateTime, Utc};
use domain::Text;
use ledger::NoteError;

use crate::fault::Faults;

/// Why a directory cannot be used or signed. `Display` is English; [`DirectoryError::text`] has both languages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// It is not a note, or no trusted key signed it as it stands.
    #[error("the directory is not signed by a trusted key as it stands: {0}; fetch it again from its administrator")]
    Note(#[from] NoteError),
    /// A trusted key signed it, but not the directory key of its instance.
    #[error("the directory of {instance} must be signed by {expected}, it is signed by {found}", found = signers.join(", "))]
    OtherSigner {
        /// Instance of the directory.
        instance: String,
        /// Name of the key that may sign it.
        expected: String,
        /// Names of the keys that did.
        signers: Vec<String>,
    },
    /// The text has not the form of a directory.
    #[error("not a directory, at {path}: {detail}")]
    Form {
        /// Where in the document; `.` is its top.
        path: String,
        /// What the reader of JSON says.
        detail: String,
    },
    /// It breaks rules.
    #[error(transparent)]
    Faults(#[from] Faults),
    /// Its time is over.
    #[error("version {version} of the directory expired at {expired}; get a newer one from its administrator")]
    Expired {
        /// Its version.
        version: u64,
        /// When it ended.
        expired: DateTime<Utc>,
    },
    /// It comes from the future.
    #[error("version {version} of the directory was issued at {issued}, which is still to come; check the clock")]
    NotYet {
        /// Its version.
        version: u64,
        /// When it begins.
        issued: DateTime<Utc>,
    },
}

impl std::error::Error for Faults {}

impl DirectoryError {
    /// The failure in both languages.
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Note(_) => "目录没有可信密钥的有效签名，或内容被改动；请向目录管理者重新获取".to_owned(),
            Self::OtherSigner { instance, expected, signers } => {
                format!("实例 {instance} 的目录应由 {expected} 签名，实际签名者：{}", signers.join("、"))
            }
            Self::Form { path, detail } => format!("不是目录文件，位置 {path}：{detail}"),
            Self::Faults(faults) => faults.text().zh,
            Self::Expired { version, expired } => {
                format!("目录第 {version} 版已于 {expired} 失效；请向目录管理者获取新版")
            }
            Self::NotYet { version, issued } => {
                format!("目录第 {version} 版的签发时间 {issued} 尚未到来；请核对系统时钟")
            }
        };
        Text::new(zh, self.to_string())
    }
}
