//! The signed directory of a test's instance: every service, every department's writer, approver and signatory, and one member of each
//! role that is of no department.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use anyhow::Context as _;
use chrono::{DateTime, TimeZone as _, Utc};
use directory::{Directory, Document, Member, SigningKey, directory_key_name};
use domain::{DepartmentId, Text};
use ledger::{NoteSigner, RequestSigner, SignatureAlgorithm};
use node::trust::{TrustConfig, UnsignedWrites};
use pki::{PLAIN_NOTE, SigningKeyPair, make_note_key, write_new_signing_key, write_note_key, write_public};
use policy::{Principal, Role};

use crate::{
    configs::AGGREGATOR,
    identities::{
        INSTANCE, administrator_id, approver_id, auditor_id, evaluator_id, operator_id, public_id, service_id,
        signatory_id, writer_id,
    },
    province::DEPARTMENTS,
};

/// Whose writer signs with SM2, so that every world has both kinds of keys.
const SIGNS_WITH_SM2: &str = "commerce";

/// The directory, its key, and the keys of those who sign.
#[derive(Debug)]
pub(crate) struct Membership {
    note: PathBuf,
    verifier: PathBuf,
    signer: NoteSigner,
    document: Mutex<Document>,
    signers: BTreeMap<String, RequestSigner>,
}

impl Membership {
    /// Writes the first version. It counts whatever the clock of a test shows.
    pub(crate) fn new(folder: &Path) -> anyhow::Result<Self> {
        let signer = make_note_key(&directory_key_name(INSTANCE))?;
        write_note_key(folder, "directory", &signer, PLAIN_NOTE)?;
        let mut document = Document::first(INSTANCE, new_year(2000)?, new_year(2100)?);
        let mut signers = BTreeMap::new();
        let services = DEPARTMENTS.iter().map(|department| (*department, Role::Node));
        for (service, role) in services.chain([(AGGREGATOR, Role::Aggregator)]) {
            let (member, pair) = member(&service_id(service), role, &mut signers)?;
            document.enter(member)?;
            write_new_signing_key(folder, service, &pair.context("a service signs")?)?;
        }
        let seats = DEPARTMENTS.iter().flat_map(|department| {
            [
                (writer_id(department), Role::DepartmentWriter),
                (approver_id(department), Role::DepartmentApprover),
                (signatory_id(department), Role::DepartmentApprover),
            ]
        });
        let others = [
            (evaluator_id(), Role::Evaluator),
            (auditor_id(), Role::Auditor),
            (operator_id(), Role::Operator),
            (administrator_id(), Role::Administrator),
            (public_id(), Role::Public),
        ];
        for (principal, role) in seats.chain(others) {
            document.enter(member(&principal, role, &mut signers)?.0)?;
        }
        let (note, verifier) = (folder.join("directory.note"), folder.join("directory.vkey"));
        let membership = Self { note, verifier, signer, document: Mutex::new(document.clone()), signers };
        membership.put(&Directory::sign(&document, &membership.signer)?)?;
        Ok(membership)
    }

    pub(crate) fn signer(&self, principal: &str) -> Option<RequestSigner> {
        self.signers.get(principal).cloned()
    }

    pub(crate) fn trust(&self) -> TrustConfig {
        TrustConfig {
            directory: self.note.clone().into(),
            directory_key: self.verifier.clone().into(),
            unsigned_writes: UnsignedWrites::Refuse,
            policy: None,
            grants: None,
        }
    }

    pub(crate) fn publish(&self, change: impl FnOnce(&mut Document)) -> anyhow::Result<u64> {
        let mut document = self.document.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = document.next(document.issued, document.expires);
        change(&mut next);
        self.put(&Directory::sign(&next, &self.signer)?)?;
        *document = next;
        Ok(document.version)
    }

    pub(crate) fn note(&self) -> anyhow::Result<String> {
        Ok(pki::read(&self.note)?)
    }

    pub(crate) fn put(&self, note: &str) -> anyhow::Result<()> {
        Ok(write_public(&self.note, note)?)
    }
}

fn new_year(year: i32) -> anyhow::Result<DateTime<Utc>> {
    Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single().context("a time")
}

/// A member, and the key that it signs with.
fn member(
    id: &str,
    role: Role,
    signers: &mut BTreeMap<String, RequestSigner>,
) -> anyhow::Result<(Member, Option<SigningKeyPair>)> {
    let principal = Principal::parse(id)?;
    let department = principal.department().map(DepartmentId::parse).transpose()?;
    let sm2 = principal.department() == Some(SIGNS_WITH_SM2);
    let (mut signing_keys, mut signs) = (Vec::new(), None);
    if role.signs_requests() {
        let algorithm = if sm2 { SignatureAlgorithm::Sm2Sm3 } else { SignatureAlgorithm::Ed25519 };
        let pair = SigningKeyPair::generate(algorithm)?;
        signing_keys.push(SigningKey {
            key: pair.public.clone(),
            not_before: new_year(2000)?,
            not_after: new_year(2100)?,
        });
        signers.insert(id.to_owned(), pair.signer().clone());
        signs = Some(pair);
    }
    let member = Member {
        display: Text::new("测试", "test"),
        roles: [role].into(),
        regions: department.as_ref().and_then(DepartmentId::city_region).into_iter().collect(),
        department,
        suspended: false,
        signing_keys,
        principal,
    };
    Ok((member, signs))
}
