//! The folder of an instance's certificates, keys and directory.
//!
//! | file | what |
//! |---|---|
//! | `root.pem`, `root.key` | the root, which every member trusts; the key belongs offline |
//! | `ca.pem`, `ca.key` | the authority of the instance, signed by the root |
//! | `directory.key`, `directory.vkey` | signs the directory, and checks it |
//! | `directory.note` | the signed directory |
//! | `NAME.pem`, `NAME.key`, `NAME.sign.key` | certificate chain, its key, and the key that signs requests |

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use ::pki::{Authority, CertificateInfo, Listed, PkiError, load_note_key, load_verifier};
use chrono::{DateTime, TimeDelta, Utc};
use directory::{Change, Directory, Document, changes, directory_key_name};
use policy::Principal;

use super::{At, no_directory, of, refused};
use crate::{
    failure::{Code, Failure, Outcome},
    screen::Screen,
};

/// Names of the directory's files, without their ends.
pub(super) const DIRECTORY: &str = "directory";
/// How long a directory counts unless its administrator says otherwise, in days. Every step signs a new one.
pub(super) const DIRECTORY_DAYS: u32 = 90;
/// Keeps two commands from making the same version.
const LOCK: &str = ".lock";

/// The folder.
#[derive(Debug)]
pub(super) struct Home {
    at: At,
    /// Held while something is changed.
    _lock: Option<File>,
}

/// A version of the directory that is signed and not written yet.
#[derive(Debug)]
pub(super) struct Prepared {
    note: String,
    /// What it says.
    pub(super) directory: Directory,
    /// What it changes.
    pub(super) changes: Vec<Change>,
}

impl Home {
    /// The folder, to be looked at.
    pub(super) fn look(at: &At) -> Self {
        Self { at: at.clone(), _lock: None }
    }

    /// The folder, to be changed by nobody else meanwhile.
    pub(super) fn change(at: &At) -> Outcome<Self> {
        let path = at.dir.join(LOCK);
        let lock = File::create(&path).map_err(|source| refused(PkiError::Io { action: "write", path, source }))?;
        lock.try_lock().map_err(|_| {
            let dir = at.dir.display();
            Failure::failed(
                format!("另一个 wufei pki 正在使用 {dir}，请稍后再试"),
                format!("another wufei pki is at work in {dir}; try again when it is done"),
            )
        })?;
        Ok(Self { at: at.clone(), _lock: Some(lock) })
    }

    pub(super) fn dir(&self) -> &Path {
        &self.at.dir
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.at.now
    }

    /// The authority that issues.
    pub(super) fn authority(&self) -> Outcome<Authority> {
        Authority::load(self.dir()).map_err(refused)
    }

    /// Where the directory is.
    pub(super) fn note(&self) -> PathBuf {
        self.dir().join("directory.note")
    }

    /// The newest directory, expired or not: its owner must be able to sign the next one.
    pub(super) fn directory(&self) -> Outcome<Directory> {
        let note = ::pki::read(&self.note()).map_err(refused)?;
        let verifier = load_verifier(&self.dir().join("directory.vkey")).map_err(refused)?;
        Directory::inspect(&note, &[verifier]).map_err(no_directory)
    }

    /// The next version, with the same content.
    pub(super) fn next(&self, directory: &Directory, days: u32) -> Outcome<Document> {
        Ok(directory.document().next(self.now(), self.in_days(days)?))
    }

    /// Checks and signs the next version. Nothing is written yet, so whatever is wrong is found before other files are.
    pub(super) fn prepare(&self, old: &Directory, next: &Document) -> Outcome<Prepared> {
        let key = self.dir().join("directory.key");
        let signer = load_note_key(&key, &directory_key_name(old.instance())).map_err(refused)?;
        let verifier = load_verifier(&self.dir().join("directory.vkey")).map_err(refused)?;
        if signer.verifier() != verifier {
            return Err(refused(PkiError::NotAKey { path: key, what: "the key of directory.vkey beside it" }));
        }
        let note = Directory::sign(next, &signer).map_err(no_directory)?;
        let directory = Directory::check(next).map_err(no_directory)?;
        let changes = changes(old, &directory);
        Ok(Prepared { note, directory, changes })
    }

    /// Puts the next version in the place of the one before.
    pub(super) fn publish(&self, prepared: &Prepared) -> Outcome<()> {
        ::pki::write_public(&self.note(), &prepared.note).map_err(refused)
    }

    /// The identity meant by `dept/ecology/writer` or by its whole text.
    pub(super) fn principal(instance: &str, text: &str) -> Outcome<Principal> {
        let whole = if text.contains("://") { text.to_owned() } else { format!("spiffe://{instance}/{text}") };
        let principal = Principal::parse(&whole)
            .map_err(|reason| refused(PkiError::Identity { spiffe_id: whole.clone(), reason }))?;
        if principal.trust_domain() == instance {
            return Ok(principal);
        }
        Err(refused(PkiError::OtherInstance { spiffe_id: whole, instance: instance.to_owned() }))
    }

    /// The certificate of an identity by the name of its files.
    pub(super) fn certificate(&self, name: &str) -> Outcome<CertificateInfo> {
        let path = self.dir().join(format!("{name}.pem"));
        let text = ::pki::read(&path).map_err(refused)?;
        CertificateInfo::from_pem(&text).map_err(|reason| refused(PkiError::NotACertificate { path, reason }))
    }

    /// That no file of this name is there, so that nothing is written when one of several would be in the way.
    pub(super) fn free(&self, name: &str) -> Outcome<()> {
        let paths = ["pem", "key", "sign.key"].map(|end| self.dir().join(format!("{name}.{end}")));
        let taken = paths.into_iter().find(|path| path.exists());
        taken.map_or(Ok(()), |path| Err(refused(PkiError::Exists { path })))
    }

    /// Every certificate in the folder.
    pub(super) fn certificates(&self) -> Outcome<Vec<Listed>> {
        ::pki::list(self.dir()).map_err(refused)
    }

    /// The moment in so many days, at least one.
    pub(super) fn in_days(&self, days: u32) -> Outcome<DateTime<Utc>> {
        let end = self.now().checked_add_signed(TimeDelta::days(days.into())).filter(|_| days > 0);
        end.ok_or_else(|| of(Code::Failed, domain::Text::new("天数至少为 1", "give at least 1 day")))
    }
}

/// Tells what a new version changes.
pub(super) fn tell(prepared: &Prepared, note: &Path, screen: &Screen) {
    let (version, expires) = (prepared.directory.version(), prepared.directory.document().expires);
    let (file, date) = (note.display(), expires.format("%Y-%m-%d"));
    screen.say(
        format!("目录第 {version} 版已签名，{date} 前有效：{file}，请分发到各节点"),
        format!("version {version} of the directory is signed, in force until {date}: {file}; bring it to every node"),
    );
    for change in &prepared.changes {
        screen.line(format_args!("  {}", screen.read(&change.text())));
    }
}
