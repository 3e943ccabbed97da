//! What can go wrong, with the path and what to do.

use std::{io, path::PathBuf};

use chrono::{DateTime, Utc};
use policy::InvalidPrincipal;

use crate::certificate::CertificateError;

/// A failure of the authority or of its files. `Display` is English; [`PkiError::zh`] is Chinese. Neither shows key
/// material or the text of a library.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// The operating system refused a file.
    #[error("cannot {action} {}: {}; check that the folder exists and belongs to you", path.display(), source.kind())]
    Io {
        /// What was tried: `read`, `write`, `create`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause, for the log.
        #[source]
        source: io::Error,
    },
    /// A file that is never overwritten is there already.
    #[error("{} exists and is not overwritten: choose another folder or name, or move the old file away", path.display())]
    Exists {
        /// The file in the way.
        path: PathBuf,
    },
    /// Others can read a private file or folder.
    #[error("{} has mode {mode:o}, so others can use it: run chmod {wanted:o} on it", path.display())]
    TooOpen {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// The bits it should have.
        wanted: u32,
    },
    /// A file is not what an authority consists of.
    #[error("{} is not {what}; restore it from your copy, or create a new authority", path.display())]
    NotAnAuthority {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
    },
    /// The identity asked for is not one.
    #[error("{spiffe_id:?} is not an identity: {reason}")]
    Identity {
        /// The identity as asked for.
        spiffe_id: String,
        /// The rule it breaks.
        #[source]
        reason: InvalidPrincipal,
    },
    /// The identity asked for belongs to another instance.
    #[error("{spiffe_id} is not of the instance {instance}; this authority issues for {instance} only")]
    OtherInstance {
        /// The identity as asked for.
        spiffe_id: String,
        /// The instance of the authority.
        instance: String,
    },
    /// A name cannot stand in a certificate or in a file name.
    #[error("{name:?} cannot be {what}")]
    Name {
        /// The name as asked for.
        name: String,
        /// What it was meant to be.
        what: &'static str,
    },
    /// The time asked for is empty, or longer than the authority itself lives.
    #[error("a certificate can be valid from 1 day up to {until}, the end of the authority; ask for fewer days")]
    Validity {
        /// When the authority ends.
        until: DateTime<Utc>,
    },
    /// The authority itself has ended.
    #[error(
        "the authority of {instance} ended at {at}; renew it (wufei pki renew ca), or restore its root key for that"
    )]
    Ended {
        /// The instance.
        instance: String,
        /// When it ended.
        at: DateTime<Utc>,
    },
    /// The certificate is one of an authority, which is renewed in another way.
    #[error("{spiffe_id} is an authority and not the identity of a server or caller")]
    NotAnIdentity {
        /// The name in the certificate.
        spiffe_id: String,
    },
    /// Certificate and key in two files do not belong together.
    #[error(
        "the key in {} does not belong to the certificate in {}; put both files of one issue in place", key.display(), cert.display()
    )]
    Pair {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// A file that should hold a certificate holds none.
    #[error("{} does not hold the certificate of an identity: {reason}; issue it again", path.display())]
    NotACertificate {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        reason: CertificateError,
    },
    /// A file that should hold a key holds none.
    #[error("{} does not hold {what}; restore it from your copy", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// The system gave no random bytes, or the key could not be written down.
    #[error("no key could be made; check the random source of the system")]
    NoKey,
    /// The library could not make the key or the certificate.
    #[error("could not make the key or the certificate")]
    Signing(#[source] rcgen::Error),
}

impl PkiError {
    /// The failure in Chinese, for the operator.
    pub fn zh(&self) -> String {
        match self {
            Self::Io { action, path, source } => {
                let action = match *action {
                    "read" => "读取",
                    "write" => "写入",
                    _ => "创建",
                };
                format!("无法{action} {}（{}）。请检查目录是否存在、是否归本用户所有", path.display(), source.kind())
            }
            Self::Exists { path } => {
                format!("{} 已存在，不会覆盖：请另选目录或名称，或先移走旧文件", path.display())
            }
            Self::TooOpen { path, mode, wanted } => {
                format!("{} 的权限是 {mode:o}，其他用户也能使用。请执行 chmod {wanted:o}", path.display())
            }
            Self::NotAnAuthority { path, .. } => {
                format!("{} 不是本系统证书机构的文件。请从备份恢复，或新建证书机构", path.display())
            }
            Self::Identity { spiffe_id, .. } => {
                format!("{spiffe_id:?} 不是合格的身份，应为 spiffe://实例/dept/部门代码 的形式")
            }
            Self::OtherInstance { spiffe_id, instance } => {
                format!("{spiffe_id} 不属于实例 {instance}，本机构只为 {instance} 签发")
            }
            Self::Name { name, .. } => format!("名称 {name:?} 不能用于证书或文件名"),
            Self::Validity { until } => format!("有效期至少 1 天，且不能晚于证书机构的截止时间 {until}。请减少天数"),
            Self::Ended { instance, at } => {
                format!("实例 {instance} 的证书机构已于 {at} 到期。请续期（wufei pki renew ca），为此须取回根密钥")
            }
            Self::NotAnIdentity { spiffe_id } => format!("{spiffe_id} 是证书机构，不是服务或调用者的身份"),
            Self::Pair { cert, key } => {
                format!("{} 中的密钥与 {} 中的证书不配套。请放入同一次签发的两个文件", key.display(), cert.display())
            }
            Self::NotACertificate { path, reason } => {
                format!("{} 不是身份证书：{}。请重新签发", path.display(), reason.zh())
            }
            Self::NotAKey { path, .. } => format!("{} 不是所需的密钥文件。请从备份恢复", path.display()),
            Self::NoKey => "无法生成密钥，请检查系统的随机数来源".to_owned(),
            Self::Signing(_) => "无法生成密钥或证书".to_owned(),
        }
    }
}
