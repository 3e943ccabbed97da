//! What holds for any member, method, purpose and day.

use std::sync::LazyLock;

use domain::DepartmentId;
use policy::{Call, Grants, Member, Permit, Policies, Policy, PolicyTexts, Role, Row};
use proptest::{prelude::*, sample::select};

use crate::support::{at, member, policy, resources, served};

const DEPARTMENTS: [&str; 5] = ["ecology", "commerce", "scitech", "city-140100", "city-140200"];
const CLASSES: [&str; 6] = ["figures", "funding", "milestones", "log", "evaluation", "audit"];

/// The policies with one more permit, which allows everything: what is refused now is refused by a forbid.
static OPEN: LazyLock<Policy> = LazyLock::new(|| {
    let mut texts = PolicyTexts::embedded();
    let all = "@id(\"all\") @zh(\"全部\") @en(\"all\") permit (principal, action, resource);";
    texts.policies.push(("open.cedar".to_owned(), all.to_owned()));
    Policy::new(&Policies::new(&texts).unwrap(), &resources(), &served(), "节点管理员").unwrap()
});

fn members() -> impl Strategy<Value = Member> {
    let roles = proptest::sample::subsequence(Role::ALL.to_vec(), 0..=3);
    (roles, proptest::option::of(select(&DEPARTMENTS[..]))).prop_map(|(roles, department)| {
        let names = roles.iter().map(|role| role.name()).collect::<Vec<_>>().join("+");
        member(&department.map_or(names.clone(), |department| format!("{names}@{department}")))
    })
}

fn methods() -> impl Strategy<Value = String> {
    select(policy().methods().map(str::to_owned).collect::<Vec<_>>())
}

fn nodes() -> impl Strategy<Value = DepartmentId> {
    let names: Vec<_> = DEPARTMENTS.into_iter().chain(["aggregator"]).collect();
    select(names).prop_map(|name| DepartmentId::parse(name).unwrap())
}

fn regions() -> impl Strategy<Value = &'static str> {
    select(vec!["", "140000", "140100", "140105", "140200"])
}

/// A grant of two classes to this member.
fn granted(member: &Member, purpose: &str, lines: &str) -> Grants {
    let text = format!(
        "[[grant]]\nid = \"g\"\nprincipal = \"{}\"\npurpose = \"{purpose}\"\nbasis = \"b\"\nclasses = [\"figures\", \"funding\"]\n\
         not_before = 2026-01-01\nnot_after = 2026-12-31\n{lines}",
        member.principal
    );
    Grants::parse(&text, "wufei.test", policy()).unwrap()
}

fn allow(policy: &Policy, call: (&Member, &str, &DepartmentId), purpose: &str, grants: &Grants) -> Option<Permit> {
    let (member, method, node) = call;
    let now = at("2026-06-01T00:00:00Z");
    policy.allow(&Call { member, method, node, purpose: Some(purpose), grants, now }).ok()
}

fn sees(permit: Option<&Permit>, node: &DepartmentId, region: &str, class: &str) -> bool {
    permit.is_some_and(|permit| permit.sees(Row { department: node.as_str(), region, class }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Duties that are kept apart stay apart, whatever is permitted later.
    #[test]
    fn a_later_permit_opens_nothing_that_is_forbidden(member in members(), method in methods(), node in nodes()) {
        let none = Grants::default();
        let permit = allow(&OPEN, (&member, &method, &node), "p", &none);
        let (writes, has) = (matches!(permit, Some(Permit::Write(_))), |role| member.roles.has(role));
        prop_assert!(!(writes && (has(Role::Auditor) || has(Role::Administrator) || has(Role::Operator))));
        let business = ["figures", "funding", "evaluation"].contains(&OPEN.class_of(&method).unwrap());
        prop_assert!(!(permit.is_some() && business && (has(Role::Administrator) || has(Role::Operator))));
        let audit = method.contains("AuditLogService");
        prop_assert!(!(permit.is_some() && audit && !has(Role::Auditor)));
        let submits = writes && method.contains("IngestService");
        prop_assert!(!(submits && member.department.as_ref() != Some(&node)));
    }

    /// A grant for another purpose, or one that was revoked, gives what no grant gives.
    #[test]
    fn a_grant_opens_nothing_for_another_purpose_or_after_its_end(
        member in members(), method in methods(), node in nodes(), region in regions(), class in select(&CLASSES[..]),
    ) {
        let call = (&member, method.as_str(), &node);
        let without = allow(policy(), call, "b", &Grants::default());
        for grants in [granted(&member, "a", ""), granted(&member, "b", "revoked = true")] {
            let with = allow(policy(), call, "b", &grants);
            prop_assert_eq!(with.is_some(), without.is_some());
            prop_assert_eq!(
                sees(with.as_ref(), &node, region, class),
                sees(without.as_ref(), &node, region, class)
            );
        }
    }

    /// More regions never show less, and a region shows what lies in it.
    #[test]
    fn a_wider_grant_never_shows_less(
        member in members(), method in methods(), node in nodes(), class in select(&CLASSES[..]),
    ) {
        let call = (&member, method.as_str(), &node);
        let permits = ["regions = [\"140105\"]", "regions = [\"140100\"]", "regions = [\"140000\"]", ""]
            .map(|lines| allow(policy(), call, "p", &granted(&member, "p", lines)));
        for region in ["", "140000", "140100", "140105", "140200"] {
            let seen = permits.each_ref().map(|permit| sees(permit.as_ref(), &node, region, class));
            prop_assert!(seen.is_sorted(), "{region}: {seen:?}");
        }
    }

    /// Answers are kept for the request, and stay the same.
    #[test]
    fn answers_do_not_depend_on_the_order_of_questions(
        member in members(), method in methods(), node in nodes(), regions in proptest::collection::vec(regions(), 1..8),
    ) {
        let permit = allow(policy(), (&member, &method, &node), "p", &granted(&member, "p", ""));
        let ask = |region: &&str| sees(permit.as_ref(), &node, region, "figures");
        let (first, mut second) =
            (regions.iter().map(ask).collect::<Vec<_>>(), regions.iter().rev().map(ask).collect::<Vec<_>>());
        second.reverse();
        prop_assert_eq!(first, second);
    }
}
