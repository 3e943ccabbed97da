//! Principals: what parses, and what it means.

use policy::{InvalidPrincipal, Principal};
use proptest::prelude::*;
use rstest::rstest;

#[rstest]
#[case("spiffe://wufei.demo/dept/ecology", Some("ecology"))]
#[case("spiffe://wufei.demo/dept/city-140100", Some("city-140100"))]
#[case("spiffe://wufei.demo/dept/ecology/writer", Some("ecology"))]
#[case("spiffe://wufei.demo/dept/ecology/reader", Some("ecology"))]
#[case("spiffe://wufei.demo/dept/ecology/writer/x", None)]
#[case("spiffe://wufei.demo/dept", None)]
#[case("spiffe://wufei.demo/aggregator", None)]
#[case("spiffe://wufei.demo/aggregator/x", None)]
#[case("spiffe://wufei.demo/evaluator/audit-1", None)]
#[case("spiffe://wufei.demo/evaluator", None)]
#[case("spiffe://wufei.demo/Dept/ecology", None)]
fn the_path_names_the_department_if_it_names_one(#[case] text: &str, #[case] department: Option<&str>) {
    let principal = Principal::parse(text).unwrap();
    assert_eq!((principal.trust_domain(), principal.department()), ("wufei.demo", department));
    assert_eq!(principal.as_str(), text);
}

#[rstest]
#[case("", InvalidPrincipal::Scheme)]
#[case("https://wufei.demo/dept/ecology", InvalidPrincipal::Scheme)]
#[case("SPIFFE://wufei.demo/dept/ecology", InvalidPrincipal::Scheme)]
#[case(" spiffe://wufei.demo/dept/ecology", InvalidPrincipal::Scheme)]
#[case("spiffe:///dept/ecology", InvalidPrincipal::TrustDomain)]
#[case("spiffe://Wufei.demo/dept/ecology", InvalidPrincipal::TrustDomain)]
#[case("spiffe://wufei.demo:8443/dept/ecology", InvalidPrincipal::TrustDomain)]
#[case("spiffe://me@wufei.demo/dept/ecology", InvalidPrincipal::TrustDomain)]
#[case("spiffe://无废/dept/ecology", InvalidPrincipal::TrustDomain)]
#[case("spiffe://wufei.demo", InvalidPrincipal::NoPath)]
#[case("spiffe://wufei.demo/", InvalidPrincipal::Segment)]
#[case("spiffe://wufei.demo/dept/", InvalidPrincipal::Segment)]
#[case("spiffe://wufei.demo//ecology", InvalidPrincipal::Segment)]
#[case("spiffe://wufei.demo/dept/../aggregator", InvalidPrincipal::Segment)]
#[case("spiffe://wufei.demo/dept/./ecology", InvalidPrincipal::Segment)]
#[case("spiffe://wufei.demo/dept/%65cology", InvalidPrincipal::Segment)]
#[case("spiffe://wufei.demo/dept/ecology?x=1", InvalidPrincipal::Segment)]
#[case("spiffe://wufei.demo/dept/ecology#x", InvalidPrincipal::Segment)]
#[case("spiffe://wufei.demo/dept/*", InvalidPrincipal::Segment)]
#[case("spiffe://wufei.demo/dept/ecology\0", InvalidPrincipal::Segment)]
fn another_spelling_is_not_a_principal(#[case] text: &str, #[case] why: InvalidPrincipal) {
    assert_eq!(Principal::parse(text), Err(why));
}

#[test]
fn an_identity_has_at_most_255_bytes() {
    let of = |bytes: usize| format!("spiffe://d/{}", "x".repeat(bytes - "spiffe://d/".len()));
    assert!(Principal::parse(&of(255)).is_ok());
    assert_eq!(Principal::parse(&of(256)), Err(InvalidPrincipal::TooLong(256)));
}

proptest! {
    /// Any text may come out of a certificate.
    #[test]
    fn parsing_never_panics_and_keeps_the_text(text in "(spiffe://)?[a-zA-Z0-9._/%*:@ 无-]{0,60}") {
        if let Ok(principal) = Principal::parse(&text) {
            prop_assert_eq!(principal.as_str(), &text);
            prop_assert_eq!(format!("spiffe://{}{}", principal.trust_domain(), principal.path()), text);
        }
    }
}
