//! Files with private modes, written so that a reader never sees half of one.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::{authority::CertifiedKeyPem, error::PkiError};

pub(crate) const PRIVATE_FILE: u32 = 0o600;
pub(crate) const PRIVATE_FOLDER: u32 = 0o700;
const PUBLIC_FILE: u32 = 0o644;
const PERMISSION_BITS: u32 = 0o777;
const OTHERS: u32 = 0o077;

/// Where an identity was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityFiles {
    /// The certificate, mode 0644.
    pub cert: PathBuf,
    /// The private key, mode 0600.
    pub key: PathBuf,
}

/// Writes `<name>.key` (mode 0600) and then `<name>.pem` into the folder, replacing what is there: this is how a
/// certificate is rotated. Each file is replaced in one step; between the two a reader can see the new key beside the old
/// certificate, so whoever watches should load on a change of the certificate. A missing folder is made with mode 0700.
///
/// # Errors
/// When the name is not a plain file name, or the operating system refuses.
pub fn write_identity(dir: &Path, name: &str, pair: &CertifiedKeyPem) -> Result<IdentityFiles, PkiError> {
    let plain = !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if !plain || matches!(name, "ca") {
        return Err(PkiError::Name { name: name.to_owned(), what: "the name of an identity's files" });
    }
    make_folder(dir)?;
    let files = IdentityFiles { cert: dir.join(format!("{name}.pem")), key: dir.join(format!("{name}.key")) };
    write(dir, &files.key, &pair.key_pem, PRIVATE_FILE, Existing::Replace)?;
    write(dir, &files.cert, &pair.cert_pem, PUBLIC_FILE, Existing::Replace)?;
    Ok(files)
}

pub(crate) fn write_new_private(dir: &Path, path: &Path, text: &str) -> Result<(), PkiError> {
    write(dir, path, text, PRIVATE_FILE, Existing::Keep)
}

pub(crate) fn write_new_public(dir: &Path, path: &Path, text: &str) -> Result<(), PkiError> {
    write(dir, path, text, PUBLIC_FILE, Existing::Keep)
}

/// Makes the folder with mode 0700 where it is missing.
fn make_folder(dir: &Path) -> Result<(), PkiError> {
    DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER).create(dir).map_err(io_at("create", dir))
}

/// Makes the folder, or takes one that is there: an empty one is closed to others, a used one must be closed already,
/// for we do not change the mode of a folder that holds other people's files.
pub(crate) fn make_private_folder(dir: &Path) -> Result<(), PkiError> {
    make_folder(dir)?;
    let empty = fs::read_dir(dir).map_err(io_at("read", dir))?.next().is_none();
    if empty {
        return fs::set_permissions(dir, Permissions::from_mode(PRIVATE_FOLDER)).map_err(io_at("create", dir));
    }
    refuse_open(dir, PRIVATE_FOLDER)
}

pub(crate) fn read(path: &Path) -> Result<String, PkiError> {
    fs::read_to_string(path).map_err(io_at("read", path))
}

/// Reads a file that only its owner may read.
pub(crate) fn read_private(path: &Path) -> Result<String, PkiError> {
    refuse_open(path, PRIVATE_FILE)?;
    read(path)
}

fn refuse_open(path: &Path, wanted: u32) -> Result<(), PkiError> {
    let mode = fs::metadata(path).map_err(io_at("read", path))?.permissions().mode() & PERMISSION_BITS;
    if mode & OTHERS == 0 { Ok(()) } else { Err(PkiError::TooOpen { path: path.to_owned(), mode, wanted }) }
}

#[derive(Clone, Copy)]
enum Existing {
    Replace,
    Keep,
}

fn write(dir: &Path, path: &Path, text: &str, mode: u32, existing: Existing) -> Result<(), PkiError> {
    let failed = io_at("write", path);
    // The temporary file starts with mode 0600, so the key is never open to others, not even for a moment.
    let mut file = NamedTempFile::new_in(dir).map_err(&failed)?;
    file.write_all(text.as_bytes()).map_err(&failed)?;
    file.as_file().set_permissions(Permissions::from_mode(mode)).map_err(&failed)?;
    file.as_file().sync_all().map_err(&failed)?;
    match existing {
        Existing::Replace => file.persist(path).map(drop).map_err(|e| failed(e.error))?,
        Existing::Keep => file.persist_noclobber(path).map(drop).map_err(|e| {
            if e.error.kind() == io::ErrorKind::AlreadyExists {
                PkiError::Exists { path: path.to_owned() }
            } else {
                failed(e.error)
            }
        })?,
    }
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(&failed)
}

fn io_at<'a>(action: &'static str, path: &'a Path) -> impl Fn(io::Error) -> PkiError + 'a {
    move |source| PkiError::Io { action, path: path.to_owned(), source }
}
