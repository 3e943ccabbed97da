//! What holds for every directory.

use chrono::{DateTime, TimeDelta, Utc};
use directory::{Directory, Document, Fingerprint, Member, changes};
use domain::{DepartmentId, RegionCode, Text};
use policy::Role;
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::world::{INSTANCE, at, ed25519, principal, signer, signing};

fn start() -> DateTime<Utc> {
    at("2026-01-05T01:00:00Z")
}

/// A city's writer, so that every member has an identity of its own.
fn a_member(number: u8) -> impl Strategy<Value = Member> {
    let roles = proptest::sample::subsequence(Role::ALL.to_vec(), 1..=Role::ALL.len());
    (roles, any::<bool>(), 0_u8..3, "[一-龥a-z]{1,12}").prop_map(move |(roles, suspended, keys, name)| {
        let region = RegionCode::parse(&format!("1401{number:02}")).unwrap();
        let department = DepartmentId::city(&region);
        Member {
            principal: principal(&format!("dept/{department}/writer")),
            display: Text::new(name.clone(), name),
            roles: roles.into_iter().collect(),
            department: Some(department),
            regions: [region].into(),
            suspended,
            signing_keys: (0..keys).map(|key| signing(ed25519(number * 3 + key))).collect(),
        }
    })
}

fn a_document() -> impl Strategy<Value = Document> {
    let members: Vec<_> = (1..=6).map(a_member).collect();
    (members, 0_usize..=6, 1_u64..1000, vec(any::<[u8; 32]>(), 0..4), 1_i64..400).prop_map(
        |(mut members, kept, version, revoked, days)| {
            members.truncate(kept);
            let hex = |bytes: [u8; 32]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            Document {
                version,
                members,
                revoked_certificates: revoked.into_iter().map(|it| Fingerprint::parse(&hex(it)).unwrap()).collect(),
                ..Document::first(INSTANCE, start(), start() + TimeDelta::days(days))
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_signed_is_what_is_read(document in a_document()) {
        let note = Directory::sign(&document, &signer()).unwrap();
        let directory = Directory::open(&note, &[signer().verifier()], start()).unwrap();
        prop_assert_eq!(directory.document(), &document);
        prop_assert_eq!(Directory::sign(directory.document(), &signer()).unwrap(), note);
    }

    #[test]
    fn a_changed_note_is_refused(document in a_document(), place in any::<Index>(), other in any::<char>(), how in 0..3) {
        let note = Directory::sign(&document, &signer()).unwrap();
        let mut chars: Vec<char> = note.chars().collect();
        let place = place.index(chars.len());
        match how {
            0 => { chars.remove(place); }
            1 => chars.insert(place, other),
            _ => chars[place] = other,
        }
        let changed: String = chars.into_iter().collect();
        prop_assume!(changed != note);
        prop_assert!(Directory::open(&changed, &[signer().verifier()], start()).is_err());
    }

    #[test]
    fn the_order_of_members_does_not_matter(document in a_document(), turn in any::<Index>()) {
        let mut turned = document.clone();
        if !turned.members.is_empty() {
            let by = turn.index(turned.members.len());
            turned.members.rotate_left(by);
        }
        let (one, two) = (Directory::check(&document).unwrap(), Directory::check(&turned).unwrap());
        for member in &document.members {
            prop_assert_eq!(one.member(&member.principal), Some(member));
            prop_assert_eq!(two.member(&member.principal), Some(member));
            for key in &member.signing_keys {
                let id = key.key.id();
                prop_assert_eq!(two.signing_key(&member.principal, id.as_str(), key.not_before), Ok(key));
            }
        }
        prop_assert_eq!(changes(&one, &two), []);
    }
}
