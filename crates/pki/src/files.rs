//! Files with private modes, written so that a reader never sees half of one.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rcgen::KeyPair;
use tempfile::NamedTempFile;
use x509_parser::pem::parse_x509_pem;

use crate::{
    authority::CertifiedKeyPem,
    certificate::{self, CertificateError, spiffe_id},
    error::PkiError,
};

const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_FOLDER: u32 = 0o700;
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

/// Writes `<name>.key` (mode 0600) and `<name>.pem` into the folder, in the place of what is there: this is how a
/// certificate is renewed. A missing folder is made with mode 0700.
///
/// Both files are complete before the first of them is put in its place, the key first. Each is exchanged in one step, and
/// when the second one fails the first is put back. Who reads in between finds the new key beside the old certificate;
/// [`read_identity`] tells, so a service that reloads keeps what it has until both are there.
///
/// # Errors
/// When the name is not a plain file name, or the operating system refuses.
pub fn write_identity(dir: &Path, name: &str, pair: &CertifiedKeyPem) -> Result<IdentityFiles, PkiError> {
    let files = identity_files(dir, name)?;
    make_folder(dir)?;
    replace_pair((&files.key, &pair.key_pem), (&files.cert, &pair.cert_pem))?;
    Ok(files)
}

/// Writes the files of an identity that has none yet.
///
/// # Errors
/// When one of the files is there already, the name is not a plain file name, or the operating system refuses.
pub fn write_new_identity(dir: &Path, name: &str, pair: &CertifiedKeyPem) -> Result<IdentityFiles, PkiError> {
    let files = identity_files(dir, name)?;
    make_folder(dir)?;
    if let Some(path) = [&files.cert, &files.key].into_iter().find(|path| path.exists()) {
        return Err(PkiError::Exists { path: path.clone() });
    }
    write_new_private(&files.key, &pair.key_pem)?;
    write_new_public(&files.cert, &pair.cert_pem)?;
    Ok(files)
}

/// Reads a certificate with its chain and its key, which must belong together and be closed to others.
///
/// # Errors
/// When a file is missing, is none of its kind, does not belong to the other one, or when others can read the key.
pub fn read_identity(cert: &Path, key: &Path) -> Result<CertifiedKeyPem, PkiError> {
    let (cert_pem, key_pem) = (read(cert)?, read_private(key)?);
    let not = |reason| PkiError::NotACertificate { path: cert.to_owned(), reason };
    let (_, pem) = parse_x509_pem(cert_pem.as_bytes()).map_err(|_| not(CertificateError::Malformed))?;
    spiffe_id(&pem.contents).map_err(not)?;
    let parsed = certificate::parse(&pem.contents).map_err(not)?;
    let pair = KeyPair::from_pem(&key_pem)
        .map_err(|_| PkiError::NotAKey { path: key.to_owned(), what: "a private key in PKCS#8 PEM" })?;
    if parsed.public_key().subject_public_key.data != rcgen::PublicKeyData::der_bytes(&pair) {
        return Err(PkiError::Pair { cert: cert.to_owned(), key: key.to_owned() });
    }
    Ok(CertifiedKeyPem { cert_pem, key_pem })
}

/// Writes a file that everybody may read, in the place of what is there, in one step.
///
/// # Errors
/// When the operating system refuses.
pub fn write_public(path: &Path, text: &str) -> Result<(), PkiError> {
    let staged = stage(path, text, PUBLIC_FILE)?;
    put(staged, path)
}

/// Exchanges two files that belong together. Both are complete before the first is put in its place.
pub(crate) fn replace_pair(key: (&Path, &str), cert: (&Path, &str)) -> Result<(), PkiError> {
    let ((key_path, key), (cert_path, cert)) = (key, cert);
    let new_key = stage(key_path, key, PRIVATE_FILE)?;
    let new_cert = stage(cert_path, cert, PUBLIC_FILE)?;
    let old_key = if key_path.exists() { Some(stage(key_path, &read(key_path)?, PRIVATE_FILE)?) } else { None };
    put(new_key, key_path)?;
    let outcome = put(new_cert, cert_path);
    if outcome.is_err() {
        match old_key {
            Some(old_key) => put(old_key, key_path)?,
            None => fs::remove_file(key_path).map_err(io_at("write", key_path))?,
        }
    }
    outcome
}

/// Exchanges a private file in one step.
pub(crate) fn replace_private(path: &Path, text: &str) -> Result<(), PkiError> {
    let staged = stage(path, text, PRIVATE_FILE)?;
    put(staged, path)
}

pub(crate) fn write_new_private(path: &Path, text: &str) -> Result<(), PkiError> {
    put_new(stage(path, text, PRIVATE_FILE)?, path)
}

pub(crate) fn write_new_public(path: &Path, text: &str) -> Result<(), PkiError> {
    put_new(stage(path, text, PUBLIC_FILE)?, path)
}

/// A name that cannot leave the folder, and that is none of the authorities' own.
pub(crate) fn plain_name(name: &str) -> Result<(), PkiError> {
    let plain = !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if plain && !matches!(name, "ca" | "root") {
        return Ok(());
    }
    Err(PkiError::Name { name: name.to_owned(), what: "the name of an identity's files" })
}

fn identity_files(dir: &Path, name: &str) -> Result<IdentityFiles, PkiError> {
    plain_name(name)?;
    Ok(IdentityFiles { cert: dir.join(format!("{name}.pem")), key: dir.join(format!("{name}.key")) })
}

/// Makes the folder with mode 0700 where it is missing.
fn make_folder(dir: &Path) -> Result<(), PkiError> {
    DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER).create(dir).map_err(io_at("create", dir))
}

/// Makes the folder, or takes one that is there: an empty one is closed to others, a used one must be closed already,
/// for we do not change the mode of a folder that holds other people's files.
///
/// # Errors
/// When a used folder is open to others, or the operating system refuses.
pub fn make_private_folder(dir: &Path) -> Result<(), PkiError> {
    make_folder(dir)?;
    let empty = fs::read_dir(dir).map_err(io_at("read", dir))?.next().is_none();
    if empty {
        return fs::set_permissions(dir, Permissions::from_mode(PRIVATE_FOLDER)).map_err(io_at("create", dir));
    }
    refuse_open(dir, PRIVATE_FOLDER)
}

/// Reads a file that everybody may read.
///
/// # Errors
/// When it is missing, is no UTF-8 text, or the operating system refuses.
pub fn read(path: &Path) -> Result<String, PkiError> {
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

/// A complete file beside the one it will become. It starts with mode 0600, so a key is never open to others, not even for
/// a moment.
fn stage(path: &Path, text: &str, mode: u32) -> Result<NamedTempFile, PkiError> {
    let failed = io_at("write", path);
    let mut file = NamedTempFile::new_in(folder(path)).map_err(&failed)?;
    file.write_all(text.as_bytes()).map_err(&failed)?;
    file.as_file().set_permissions(Permissions::from_mode(mode)).map_err(&failed)?;
    file.as_file().sync_all().map_err(&failed)?;
    Ok(file)
}

fn put(staged: NamedTempFile, path: &Path) -> Result<(), PkiError> {
    staged.persist(path).map_err(|e| io_at("write", path)(e.error))?;
    sync(path)
}

fn put_new(staged: NamedTempFile, path: &Path) -> Result<(), PkiError> {
    staged.persist_noclobber(path).map_err(|e| {
        if e.error.kind() == io::ErrorKind::AlreadyExists {
            PkiError::Exists { path: path.to_owned() }
        } else {
            io_at("write", path)(e.error)
        }
    })?;
    sync(path)
}

fn sync(path: &Path) -> Result<(), PkiError> {
    File::open(folder(path)).and_then(|dir| dir.sync_all()).map_err(io_at("write", path))
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

pub(crate) fn io_at<'a>(action: &'static str, path: &'a Path) -> impl Fn(io::Error) -> PkiError + 'a {
    move |source| PkiError::Io { action, path: path.to_owned(), source }
}
