//! What another version changes, and the steps that make one.

use chrono::{DateTime, Utc};
use directory::{Change, Directory, Document, EditError, Fingerprint, changes};
use domain::DepartmentId;
use policy::Role;
use rstest::rstest;

use crate::world::{at, document, ed25519, member, principal, signing};

fn later() -> (DateTime<Utc>, DateTime<Utc>) {
    (at("2026-02-01T00:00:00Z"), at("2026-05-01T00:00:00Z"))
}

fn told(edit: impl FnOnce(&mut Document)) -> Vec<Change> {
    let old = document();
    let mut new = old.next(later().0, later().1);
    edit(&mut new);
    assert_eq!(new.version, old.version + 1);
    changes(&Directory::check(&old).unwrap(), &Directory::check(&new).unwrap())
}

#[test]
fn the_same_content_changes_nothing() {
    assert_eq!(told(|_| {}), []);
    assert_eq!(told(|new| new.members.reverse()), []);
}

#[test]
fn what_ends_access_is_told() {
    let (ecology, commerce) = (principal("dept/ecology/writer"), principal("dept/commerce/writer"));
    let fingerprint = Fingerprint::parse(&"cd".repeat(32)).unwrap();
    let found = told(|new| {
        new.suspend(&ecology).unwrap();
        new.members.retain(|member| member.principal != commerce);
        new.members.iter_mut().for_each(|member| member.regions.clear());
        new.revoke(fingerprint.clone()).unwrap();
        new.nodes.clear();
    });
    let expected = [
        Change::MemberChanged(principal("dept/city-140100/writer")),
        Change::MemberSuspended(ecology),
        Change::MemberGone(commerce),
        Change::CertificateRevoked(fingerprint),
        Change::NodeGone(DepartmentId::ecology()),
    ];
    assert_eq!(found, expected);
    assert!(found.iter().all(|change| change.may_end_access() && change.text().zh != change.text().en));
}

#[test]
fn what_is_new_ends_nothing() {
    let found = told(|new| {
        new.enter(member("evaluator/one", Role::Evaluator, vec![])).unwrap();
        new.members[2].signing_keys.push(signing(ed25519(3)));
        new.nodes[0].address = "https://elsewhere.example:7443".into();
    });
    let expected = [
        Change::KeyEntered(principal("dept/city-140100/writer"), ed25519(3).id()),
        Change::MemberEntered(principal("evaluator/one")),
        Change::NodeChanged(DepartmentId::ecology()),
    ];
    assert_eq!(found, expected);
    assert!(!found.iter().any(Change::may_end_access));
}

#[test]
fn a_rotated_key_overlaps_with_the_one_before() {
    let who = principal("dept/ecology/writer");
    let (old, new, end) = (ed25519(1).id(), ed25519(4).id(), at("2026-02-08T00:00:00Z"));
    let mut next = document().next(later().0, later().1);
    next.rotate(&who, signing(ed25519(4)), end).unwrap();
    let directory = Directory::check(&next).unwrap();
    let counts = |id: &str, moment| directory.signing_key(&who, id, at(moment)).is_ok();
    assert!(counts(old.as_str(), "2026-02-07T23:59:59Z") && counts(new.as_str(), "2026-02-07T23:59:59Z"));
    assert!(!counts(old.as_str(), "2026-02-08T00:00:00Z") && counts(new.as_str(), "2026-02-08T00:00:00Z"));
    let found = changes(&Directory::check(&document()).unwrap(), &directory);
    assert_eq!(found, [Change::KeyEntered(who.clone(), new), Change::KeyEnded(who.clone(), old)]);
    let mut third = next.next(at("2026-03-01T00:00:00Z"), later().1);
    third.rotate(&who, signing(ed25519(5)), at("2026-03-08T00:00:00Z")).unwrap();
    let keys = Directory::check(&third).unwrap().member(&who).unwrap().signing_keys.len();
    assert_eq!(keys, 2, "a key that ended before this version is left out");
}

#[rstest]
fn a_step_that_makes_no_sense_is_refused() {
    let mut document = document();
    let (known, stranger) = (principal("dept/ecology/writer"), principal("dept/scitech/writer"));
    let again = document.enter(member("dept/ecology/writer", Role::DepartmentWriter, vec![]));
    assert_eq!(again, Err(EditError::AlreadyMember(known.clone())));
    assert_eq!(document.suspend(&stranger), Err(EditError::NotAMember(stranger.clone())));
    let revoked = Fingerprint::parse(&"ab".repeat(32)).unwrap();
    assert_eq!(document.revoke(revoked.clone()), Err(EditError::AlreadyRevoked(revoked)));
    document.suspend(&known).unwrap();
    let refused = document.rotate(&known, signing(ed25519(6)), later().0).unwrap_err();
    assert!(matches!(&refused, EditError::Suspended(_)) && refused.text().zh.contains("暂停"), "{refused}");
}
