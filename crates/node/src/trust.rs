//! The signed directory in force on this node: who is a member, and with which keys members sign their writes.
//!
//! The directory is a file that somebody else signed. A node does not start without one that is in force, looks at the file
//! again and again, and takes a newer version without a restart. A version lower than the highest one that this node has
//! ever taken is refused, also after a restart; so is everything that [`Directory::open`] refuses. What is in force then
//! stays, until it expires: from then on nobody is a member.

mod config;
mod watch;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use contracts::log::v1::Signature;
use directory::{Directory, DirectoryError};
use domain::{DomainError, Reason, Text};
use ledger::NoteVerifier;
use pki::PkiError;
use policy::Principal;
use runtime::clock::SharedClock;
use tokio::sync::watch as channel;

use crate::caller::Caller;

pub use config::{TrustConfig, UnsignedWrites};

/// File of the highest version that was taken, beside the log's key.
const VERSION_FILE: &str = "directory.version";

/// A directory and the note that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// What it says.
    pub directory: Directory,
    /// As it was signed.
    pub note: String,
}

/// Whom the node trusts at this moment. Clones share it.
#[derive(Clone, Debug)]
pub struct Trust(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    in_force: channel::Sender<Arc<InForce>>,
    source: Source,
    unsigned: UnsignedWrites,
    clock: SharedClock,
}

/// Where the directory comes from.
#[derive(Debug)]
struct Source {
    directory: PathBuf,
    version: PathBuf,
    verifier: NoteVerifier,
    instance: String,
}

/// A directory that is not taken. In both languages, because it stops a start or stands in the operator's log.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file cannot be read or written.
    #[error("{} / {}", .0.zh(), .0)]
    File(#[from] PkiError),
    /// The directory may not be used.
    #[error("{}：{} / {}: {cause}", path.display(), cause.text().zh, path.display())]
    Directory {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: DirectoryError,
    },
    /// The directory of another instance.
    #[error(
        "{}：是实例 {found} 的目录，本节点属于 {expected}；请放入本实例的目录 / {}: the directory of {found}, this node is of \
         {expected}; put the directory of this instance there", path.display(), path.display()
    )]
    OtherInstance {
        /// The file.
        path: PathBuf,
        /// Instance of the directory.
        found: String,
        /// Instance of the node.
        expected: String,
    },
    /// The directory is older than one that was in force.
    #[error(
        "{}：第 {found} 版低于已生效的第 {known} 版；请放入最新的目录 / {}: version {found} is lower than version {known}, which \
         was in force; put the newest directory there", path.display(), path.display()
    )]
    Lower {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The highest version taken before.
        known: u64,
    },
    /// Two texts of one version.
    #[error(
        "{}：与已生效的第 {version} 版内容不同而版本号相同；请用更高的版本号重新签发 / {}: differs from version {version} in force \
         and has the same version; sign it with a higher one", path.display(), path.display()
    )]
    SameVersion {
        /// The file.
        path: PathBuf,
        /// The version.
        version: u64,
    },
    /// The file of the highest version holds something else.
    #[error(
        "{}：不是版本号；请从备份恢复，或核实目录后删除此文件 / {}: holds no version; restore it, or delete it after you have \
         made sure of the directory", .0.display(), .0.display()
    )]
    VersionFile(PathBuf),
}

impl Trust {
    /// Reads the directory that is to be in force. `data` keeps the highest version taken.
    ///
    /// # Errors
    /// [`TrustError`]: without a directory in force a node does not start.
    pub fn open(config: &TrustConfig, instance: &str, data: &Path, clock: SharedClock) -> Result<Self, TrustError> {
        let source = Source {
            directory: config.directory.to_path_buf(),
            version: data.join(VERSION_FILE),
            verifier: pki::load_verifier(&config.directory_key)?,
            instance: instance.to_owned(),
        };
        let found = source.read(&*clock)?;
        source.keep(&found)?;
        let (in_force, _) = channel::channel(Arc::new(found));
        Ok(Self(Arc::new(Inner { in_force, source, unsigned: config.unsigned_writes, clock })))
    }

    /// The newest directory that was taken. It may have expired since: see [`Self::member`].
    #[must_use]
    pub fn newest(&self) -> Arc<InForce> {
        self.0.in_force.borrow().clone()
    }

    /// The version in which this principal is a member with a certificate that counts.
    ///
    /// # Errors
    /// [`Reason::MemberUnknown`], [`Reason::CertificateRevoked`].
    pub fn member(&self, principal: &Principal, fingerprint: &str) -> Result<u64, DomainError> {
        Ok(self.membership(principal, fingerprint)?.directory.version())
    }

    /// As [`Self::member`], with the whole directory.
    pub(crate) fn membership(&self, principal: &Principal, fingerprint: &str) -> Result<Arc<InForce>, DomainError> {
        let newest = self.newest();
        let directory = &newest.directory;
        if let Err(expired) = directory.in_force(self.0.clock.now()) {
            return Err(DomainError::new(Reason::MemberUnknown, expired.text()).with_fact("principal", principal));
        }
        let refuse = |reason, zh: String, en: String| {
            DomainError::new(reason, Text::new(zh, en))
                .with_fact("principal", principal)
                .with_fact("directory_version", directory.version())
        };
        let version = directory.version();
        match directory.member(principal) {
            None => Err(refuse(
                Reason::MemberUnknown,
                format!("{principal} 不在第 {version} 版成员目录中；请联系实例管理者登记"),
                format!("{principal} is not in version {version} of the directory; ask its administrator to enter it"),
            )),
            Some(member) if member.suspended => Err(refuse(
                Reason::MemberUnknown,
                format!("{principal} 在第 {version} 版成员目录中已暂停；请联系实例管理者"),
                format!("{principal} is suspended in version {version} of the directory; ask its administrator"),
            )),
            Some(_) if directory.is_revoked(fingerprint) => Err(refuse(
                Reason::CertificateRevoked,
                format!("证书 {fingerprint} 已吊销；请换用新签发的证书"),
                format!("the certificate {fingerprint} is revoked; connect with one that was issued since"),
            )
            .with_fact("fingerprint", fingerprint)),
            Some(_) => Ok(newest),
        }
    }

    /// Tells of another directory, and of the end of the one in force.
    pub(crate) fn subscribe(&self) -> channel::Receiver<Arc<InForce>> {
        self.0.in_force.subscribe()
    }

    /// Waits until this principal is a member no more, or its certificate does not count any more, and says why.
    pub async fn ended(self, principal: Principal, fingerprint: String) -> DomainError {
        let mut versions = self.0.in_force.subscribe();
        loop {
            versions.mark_unchanged();
            if let Err(refused) = self.member(&principal, &fingerprint) {
                return refused;
            }
            if versions.changed().await.is_err() {
                std::future::pending::<()>().await; // Not reached: `self` holds the sender.
            }
        }
    }

    /// Verifies the signature of a write and notes it in the caller, with the version that it was verified by. The method is
    /// `package.Service/Method`; the request is the exact bytes of its message.
    ///
    /// # Errors
    /// [`Reason::SignatureRequired`] without a signature, unless the node takes unsigned writes;
    /// [`Reason::SigningKeyUnknown`] when the directory lists no such key for the caller now; [`Reason::SignatureInvalid`].
    pub fn admit(
        &self,
        caller: &mut Caller,
        method: &str,
        request: &[u8],
        signature: Option<Signature>,
    ) -> Result<(), DomainError> {
        // An upload may have taken long: who was a member when it began may be none now.
        caller.directory_version = self.member(&caller.principal, &caller.fingerprint)?;
        let Some(signature) = signature else {
            return match self.0.unsigned {
                UnsignedWrites::Accept => Ok(()),
                UnsignedWrites::Refuse => Err(required(method)),
            };
        };
        let InForce { directory, .. } = &*self.newest();
        let listed = directory
            .signing_key(&caller.principal, &signature.key_id, self.0.clock.now())
            .map_err(|refused| DomainError::new(Reason::SigningKeyUnknown, refused.text()))
            .map_err(|error| error.with_fact("key_id", &signature.key_id))?;
        if signature.algorithm != listed.key.algorithm().as_str() {
            let found = &signature.algorithm;
            return Err(invalid(&format!(
                "the key {} is of {}, not of {found:?}",
                signature.key_id,
                listed.key.algorithm()
            )));
        }
        listed.key.verify(method, request, &signature.value).map_err(|why| invalid(&why.to_string()))?;
        caller.signatures = vec![signature];
        caller.directory_version = directory.version();
        Ok(())
    }
}

impl Source {
    /// The directory in the file, when it may be taken.
    fn read(&self, clock: &dyn runtime::clock::Clock) -> Result<InForce, TrustError> {
        let note = pki::read(&self.directory)?;
        let path = || self.directory.clone();
        let directory = Directory::open(&note, std::slice::from_ref(&self.verifier), clock.now())
            .map_err(|cause| TrustError::Directory { path: path(), cause })?;
        if directory.instance() != self.instance {
            let (found, expected) = (directory.instance().to_owned(), self.instance.clone());
            return Err(TrustError::OtherInstance { path: path(), found, expected });
        }
        match self.highest()? {
            Some(known) if directory.version() < known => {
                Err(TrustError::Lower { path: path(), found: directory.version(), known })
            }
            Some(_) | None => Ok(InForce { directory, note }),
        }
    }

    fn highest(&self) -> Result<Option<u64>, TrustError> {
        if !self.version.exists() {
            return Ok(None);
        }
        let text = pki::read(&self.version)?;
        text.trim().parse().map(Some).map_err(|_| TrustError::VersionFile(self.version.clone()))
    }

    /// Notes the version, so that no lower one is taken any more.
    fn keep(&self, taken: &InForce) -> Result<(), TrustError> {
        Ok(pki::write_public(&self.version, &format!("{}\n", taken.directory.version()))?)
    }

    /// The text of the file, to see whether it changed.
    fn text(&self) -> Option<String> {
        fs::read_to_string(&self.directory).ok()
    }
}

fn required(method: &str) -> DomainError {
    let text = Text::new(
        "本节点只接受签名的写请求；请用目录中登记的密钥对报文签名",
        "this node takes signed writes only; sign the request with a key that the directory lists for you",
    );
    DomainError::new(Reason::SignatureRequired, text).with_fact("method", method)
}

/// A signature that does not count, or cannot be read.
pub(crate) fn invalid(why: &str) -> DomainError {
    let text = Text::new(
        format!("报文签名不符（{why}）；请对实际发送的字节和方法签名"),
        format!(
            "the signature does not count: {why}; sign the exact bytes that are sent, for the method that is called"
        ),
    );
    DomainError::new(Reason::SignatureInvalid, text).with_fact("why", why)
}
