//! The key of a node's log: made once, kept in a file that only the service may read, and never replaced in silence.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use ledger::{KeyError, NoteSigner, open};
use store::LogHead;
use tempfile::NamedTempFile;

/// The files of a log's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyFiles {
    /// The private key, PKCS#8 PEM.
    private: &'static str,
    /// The public key in the form of C2SP signed notes, for those who verify.
    public: &'static str,
}

/// The key of the exchange log.
pub const LOG_KEY: KeyFiles = KeyFiles { private: "log.key", public: "log.vkey" };
/// The key of the audit log.
pub const AUDIT_KEY: KeyFiles = KeyFiles { private: "audit.key", public: "audit.vkey" };
/// Permission bits of the group and of others.
const OTHERS: u32 = 0o077;

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum LogKeyError {
    /// The operating system refused.
    #[error("{path} 无法{action_zh} / cannot {action} {path}", path = path.display())]
    Io {
        /// What was done.
        action: &'static str,
        /// The same in Chinese.
        action_zh: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others can read the key.
    #[error("{path} 可被他人读取（权限 {mode:o}），请改为 600 / others can read {path} (mode {mode:o}), make it 600", path = path.display())]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds no key, or the name is none.
    #[error("日志密钥无效 / the log's key is not valid: {0}")]
    Key(#[from] KeyError),
    /// No random bytes.
    #[error("系统没有提供随机数 / the system gave no random bytes: {0}")]
    Random(getrandom::Error),
    /// There are entries, and the key that signed them is not here. A new one would be a new log to everybody who follows.
    #[error(
        "日志已有 {size} 条记录，而 {path} 不在；请从备份恢复密钥 / the log has {size} entries but {path} is not there; restore the key from the backup",
        path = path.display()
    )]
    Lost {
        /// Where it should be.
        path: PathBuf,
        /// Entries of the log.
        size: u64,
    },
    /// The head of the log was signed with another key.
    #[error(
        "{path} 不是签署本日志的密钥；请核对数据目录与数据库是否配套 / {path} is not the key that signed this log; check that the data folder and the database belong together",
        path = path.display()
    )]
    Other {
        /// The key's file.
        path: PathBuf,
    },
}

/// The key of a log, made if the log is new. `head` is what the database holds of the log.
///
/// # Errors
/// [`LogKeyError`].
pub fn load_or_make(
    folder: &Path,
    files: KeyFiles,
    name: &str,
    head: Option<&LogHead>,
) -> Result<NoteSigner, LogKeyError> {
    let path = folder.join(files.private);
    let head = head.filter(|head| head.size > 0);
    let signer = if path.exists() {
        load(&path, name)?
    } else if let Some(head) = head {
        return Err(LogKeyError::Lost { path, size: head.size });
    } else {
        make(folder, &path, name)?
    };
    if let Some(head) = head
        && open(&head.note, &[signer.verifier()]).is_err()
    {
        return Err(LogKeyError::Other { path });
    }
    let verifier = folder.join(files.public);
    fs::write(&verifier, format!("{}\n", signer.verifier())).map_err(failed("write", "写入", &verifier))?;
    Ok(signer)
}

fn load(path: &Path, name: &str) -> Result<NoteSigner, LogKeyError> {
    let mode = fs::metadata(path).map_err(failed("read", "读取", path))?.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(LogKeyError::TooOpen { path: path.to_owned(), mode });
    }
    let pem = fs::read_to_string(path).map_err(failed("read", "读取", path))?;
    Ok(NoteSigner::from_pkcs8_pem(name, &pem)?)
}

/// Temporary files have mode 0600 from the start, so the key is never open to others, not even for a moment.
fn make(folder: &Path, path: &Path, name: &str) -> Result<NoteSigner, LogKeyError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed("create", "创建", folder))?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(LogKeyError::Random)?;
    let signer = NoteSigner::generate(name, seed)?;
    let write = || -> io::Result<NamedTempFile> {
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(signer.to_pkcs8_pem().map_err(io::Error::other)?.as_bytes())?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    let file = write().map_err(failed("write", "写入", path))?;
    file.persist_noclobber(path).map_err(|error| failed("write", "写入", path)(error.error))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("write", "写入", folder))?;
    Ok(signer)
}

fn failed<'a>(action: &'static str, action_zh: &'static str, path: &'a Path) -> impl Fn(io::Error) -> LogKeyError + 'a {
    move |source| LogKeyError::Io { action, action_zh, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use ledger::{Checkpoint, Hash, sign};

    use super::*;

    const NAME: &str = "wufei.test/dept/ecology";

    fn head(signer: &NoteSigner) -> LogHead {
        let root = Hash::from([7; 32]);
        let note = sign(&Checkpoint { origin: NAME.to_owned(), size: 3, root }, signer).unwrap();
        LogHead { size: 3, root, note, last_time: None }
    }

    #[test]
    fn the_key_is_made_once_and_closed_to_others() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("ecology");
        let made = load_or_make(&folder, LOG_KEY, NAME, None).unwrap();
        let mode = fs::metadata(folder.join(LOG_KEY.private)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let again = load_or_make(&folder, LOG_KEY, NAME, Some(&head(&made))).unwrap();
        assert_eq!(made.verifier(), again.verifier());
        let vkey = fs::read_to_string(folder.join(LOG_KEY.public)).unwrap();
        assert_eq!(vkey.trim_end(), made.verifier().to_string());
    }

    #[test]
    fn a_log_with_entries_never_gets_a_new_key() {
        let dir = tempfile::tempdir().unwrap();
        let other = NoteSigner::generate(NAME, [1; 32]).unwrap();
        let error = load_or_make(dir.path(), LOG_KEY, NAME, Some(&head(&other))).unwrap_err();
        assert!(matches!(error, LogKeyError::Lost { size: 3, .. }), "{error}");
        assert!(!dir.path().join(LOG_KEY.private).exists());
        load_or_make(dir.path(), LOG_KEY, NAME, None).unwrap();
        let error = load_or_make(dir.path(), LOG_KEY, NAME, Some(&head(&other))).unwrap_err();
        assert!(matches!(error, LogKeyError::Other { .. }), "{error}");
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        load_or_make(dir.path(), LOG_KEY, NAME, None).unwrap();
        fs::set_permissions(dir.path().join(LOG_KEY.private), Permissions::from_mode(0o640)).unwrap();
        let error = load_or_make(dir.path(), LOG_KEY, NAME, None).unwrap_err();
        assert!(matches!(error, LogKeyError::TooOpen { mode: 0o640, .. }), "{error}");
    }
}
