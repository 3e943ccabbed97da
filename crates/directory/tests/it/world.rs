//! A small instance.

use chrono::{DateTime, Utc};
use directory::{Directory, Document, Member, NodeEntry, SigningKey, VerifierKey, directory_key_name};
use domain::{DepartmentId, RegionCode, Text};
use ledger::{NoteSigner, RequestKey, SignatureAlgorithm, sign_note};
use policy::{Principal, Role};

pub(crate) const INSTANCE: &str = "wufei.test";

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn signer() -> NoteSigner {
    NoteSigner::generate(directory_key_name(INSTANCE), [9; 32]).unwrap()
}

pub(crate) fn principal(path: &str) -> Principal {
    Principal::parse(&format!("spiffe://{INSTANCE}/{path}")).unwrap()
}

pub(crate) fn ed25519(seed: u8) -> RequestKey {
    let key = NoteSigner::generate("key", [seed; 32]).unwrap().verifier().public_key();
    RequestKey::from_bytes(SignatureAlgorithm::Ed25519, &key).unwrap()
}

/// The public key of GB/T 32918.5 annex A.2.
pub(crate) fn sm2() -> RequestKey {
    let hex = "04\
        09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020\
        ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    RequestKey::from_bytes(SignatureAlgorithm::Sm2Sm3, &bytes).unwrap()
}

pub(crate) fn signing(key: RequestKey) -> SigningKey {
    SigningKey { key, not_before: at("2026-01-01T00:00:00Z"), not_after: at("2027-01-01T00:00:00Z") }
}

pub(crate) fn member(path: &str, role: Role, keys: Vec<RequestKey>) -> Member {
    let principal = principal(path);
    let department = principal.department().map(|id| DepartmentId::parse(id).unwrap());
    Member {
        principal,
        display: Text::new("填报系统", "reporting system"),
        roles: [role].into(),
        department,
        regions: [].into(),
        suspended: false,
        signing_keys: keys.into_iter().map(signing).collect(),
    }
}

pub(crate) fn vkey(name: &str, kind: u8) -> VerifierKey {
    VerifierKey::new(&format!("{INSTANCE}/{name}"), kind, &ed25519(7).to_bytes()).unwrap()
}

/// Three members, one node, one revoked certificate; issued on 5 January 2026 for 90 days.
pub(crate) fn document() -> Document {
    let (issued, expires) = (at("2026-01-05T01:00:00Z"), at("2026-04-05T01:00:00Z"));
    let mut document = Document::first(INSTANCE, issued, expires);
    let city = Member {
        regions: [RegionCode::parse("140100").unwrap()].into(),
        ..member("dept/city-140100/writer", Role::DepartmentWriter, vec![])
    };
    for member in [
        member("dept/ecology/writer", Role::DepartmentWriter, vec![ed25519(1)]),
        member("dept/commerce/writer", Role::DepartmentWriter, vec![sm2()]),
        city,
    ] {
        document.enter(member).unwrap();
    }
    document.nodes.push(NodeEntry {
        department: DepartmentId::ecology(),
        address: "https://ecology.example:7443".into(),
        server_name: "ecology.example".into(),
        log_key: vkey("dept/ecology", 0x01),
        audit_key: vkey("dept/ecology/audit", 0x01),
        witness_key: Some(vkey("witness/ecology", 0x04)),
    });
    document.revoke(directory::Fingerprint::parse(&"ab".repeat(32)).unwrap()).unwrap();
    document
}

pub(crate) fn signed() -> String {
    Directory::sign(&document(), &signer()).unwrap()
}

pub(crate) fn json() -> String {
    Directory::check(&document()).unwrap().to_json().unwrap()
}

/// A note over any text, signed by the directory key.
pub(crate) fn note(text: &str) -> String {
    sign_note(text, &signer()).unwrap()
}
