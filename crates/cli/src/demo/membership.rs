//! The signed directory of the demo: every identity that the demo makes, its role, and the key that it signs with.

use std::path::Path;

use ::directory::{Directory, Document, Member, directory_key_name};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{DepartmentId, Text};
use ledger::{NoteSigner, SignatureAlgorithm};
use pki::{
    PLAIN_NOTE, PkiError, SigningKeyPair, load_note_key, make_note_key, read, replace_signing_key, write_note_key,
    write_public,
};
use policy::{Principal, Role};

use super::identities::{CERTIFICATE_DAYS, INSTANCE, failure};
use crate::failure::{Failure, Outcome};

/// The signed directory, below the certificates.
pub(super) const NOTE: &str = "directory.note";
/// Whose writer signs with SM2, so that the demo shows an instance with both kinds of keys.
const SIGNS_WITH_SM2: &str = "commerce";

/// An identity of the demo.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    /// Name of its files.
    pub(crate) name: String,
    /// SPIFFE identity.
    pub(crate) spiffe: String,
    /// Its role.
    pub(crate) role: Role,
}

impl Seat {
    /// A seat.
    pub(crate) fn new(name: &str, spiffe: String, role: Role) -> Self {
        Self { name: name.to_owned(), spiffe, role }
    }
}

/// Writes the directory with these members. What is listed already stays as it is, so a later start with the same members
/// changes nothing.
pub(crate) fn write(dir: &Path, seats: &[Seat], now: DateTime<Utc>) -> Outcome<()> {
    let signer = key(dir)?;
    let path = dir.join(NOTE);
    let expires = now + TimeDelta::days(CERTIFICATE_DAYS.into());
    let old = if path.exists() {
        let note = read(&path).map_err(failure)?;
        Some(Directory::inspect(&note, &[signer.verifier()]).map_err(|error| of(error.text()))?)
    } else {
        None
    };
    let mut document = match &old {
        Some(old) => old.document().next(now, expires),
        None => Document::first(INSTANCE, now, expires),
    };
    let mut grown = false;
    for seat in seats {
        let principal = Principal::parse(&seat.spiffe)
            .map_err(|reason| failure(PkiError::Identity { spiffe_id: seat.spiffe.clone(), reason }))?;
        if old.as_ref().is_none_or(|old| old.member(&principal).is_none()) {
            document.enter(member(dir, seat, principal, now)?).map_err(|error| of(error.text()))?;
            grown = true;
        }
    }
    if !grown && old.is_some_and(|old| old.in_force(now).is_ok()) {
        return Ok(());
    }
    let note = Directory::sign(&document, &signer).map_err(|error| of(error.text()))?;
    write_public(&path, &note).map_err(failure)
}

/// The key of the directory, made on the first start.
pub(super) fn key(dir: &Path) -> Outcome<NoteSigner> {
    let (path, name) = (dir.join("directory.key"), directory_key_name(INSTANCE));
    if path.exists() {
        return load_note_key(&path, &name).map_err(failure);
    }
    let signer = make_note_key(&name).map_err(failure)?;
    write_note_key(dir, "directory", &signer, PLAIN_NOTE).map_err(failure)?;
    Ok(signer)
}

fn member(dir: &Path, seat: &Seat, principal: Principal, now: DateTime<Utc>) -> Outcome<Member> {
    let department = principal.department().and_then(|id| DepartmentId::parse(id).ok());
    let sm2 = department.as_ref().is_some_and(|id| id.as_str() == SIGNS_WITH_SM2);
    let algorithm = if sm2 { SignatureAlgorithm::Sm2Sm3 } else { SignatureAlgorithm::Ed25519 };
    let signing = seat.role.signs_requests().then_some(algorithm);
    let signing = signing.map(SigningKeyPair::generate).transpose().map_err(failure)?;
    if let Some(signing) = &signing {
        // A key that is not listed is of no use to anybody.
        replace_signing_key(dir, &seat.name, signing).map_err(failure)?;
    }
    let name = &seat.name;
    Ok(Member {
        principal,
        display: Text::new(format!("{name}（演示）"), format!("{name} (demo)")),
        roles: [seat.role].into(),
        regions: department.as_ref().and_then(DepartmentId::city_region).into_iter().collect(),
        department,
        suspended: false,
        signing_keys: signing.iter().map(|pair| pair.entry(CERTIFICATE_DAYS, now)).collect(),
    })
}

/// A refusal of the directory.
pub(super) fn of(text: Text) -> Failure {
    Failure { text, ..Failure::failed("", "") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats() -> Vec<Seat> {
        let seat = |name: &str, path: &str, role| Seat {
            name: name.to_owned(),
            spiffe: format!("spiffe://{INSTANCE}/{path}"),
            role,
        };
        vec![
            seat("ecology-writer", "dept/ecology/writer", Role::DepartmentWriter),
            seat("commerce-writer", "dept/commerce/writer", Role::DepartmentWriter),
            seat("aggregator", "aggregator", Role::Aggregator),
        ]
    }

    #[test]
    fn a_directory_is_written_once_and_grows_with_its_members() {
        let dir = tempfile::tempdir().unwrap();
        let now = DateTime::from_timestamp(1_760_000_000, 0).unwrap();
        let opened = || {
            let verifier = pki::load_verifier(&dir.path().join("directory.vkey")).unwrap();
            Directory::open(&read(&dir.path().join(NOTE)).unwrap(), &[verifier], now).unwrap()
        };
        write(dir.path(), &seats()[..2], now).unwrap();
        let first = opened();
        let algorithms: Vec<_> =
            first.document().members.iter().map(|member| member.signing_keys[0].key.algorithm()).collect();
        assert_eq!(algorithms, [SignatureAlgorithm::Ed25519, SignatureAlgorithm::Sm2Sm3]);
        write(dir.path(), &seats()[..2], now).unwrap();
        assert_eq!(opened(), first);
        write(dir.path(), &seats(), now).unwrap();
        let grown = opened();
        assert_eq!((grown.version(), grown.document().members.len()), (2, 3));
        assert_eq!(grown.document().members[..2], first.document().members[..]);
    }
}
