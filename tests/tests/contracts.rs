//! The contracts as a whole: packages and services are the fixed ones, and every reason of an error has its page.
#![allow(clippy::unwrap_used, reason = "test code outside #[test] functions")]

use std::{collections::BTreeSet, fs, path::Path};

use domain::Reason;
use prost_reflect::DescriptorPool;

/// Fixed names: clients and tests written against them keep working.
const SERVICES: [&str; 22] = [
    "wufei.catalog.v1.CatalogService",
    "wufei.city.v1.CityService",
    "wufei.commerce.v1.CommerceService",
    "wufei.directory.v1.DirectoryService",
    "wufei.ecology.v1.EcologyService",
    "wufei.evaluation.v1.EvaluationService",
    "wufei.evaluation.v1.ReportService",
    "wufei.evaluation.v1.SchemeService",
    "wufei.exchange.v1.EndorsementService",
    "wufei.exchange.v1.ObservationIngestService",
    "wufei.exchange.v1.ObservationQueryService",
    "wufei.followup.v1.FollowUpService",
    "wufei.funding.v1.FundingIngestService",
    "wufei.funding.v1.FundingQueryService",
    "wufei.log.v1.AuditLogService",
    "wufei.log.v1.FollowedLogService",
    "wufei.log.v1.LogService",
    "wufei.log.v1.WitnessService",
    "wufei.scitech.v1.ScitechService",
    "wufei.sharing.v1.SharingService",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
];

fn pool() -> DescriptorPool {
    DescriptorPool::decode(contracts::FILE_DESCRIPTOR_SET).unwrap()
}

#[test]
fn the_services_are_the_fixed_ones() {
    let found: BTreeSet<_> = pool().services().map(|service| service.full_name().to_owned()).collect();
    let fixed: BTreeSet<_> =
        SERVICES.iter().filter(|name| name.starts_with("wufei.")).map(|n| (*n).to_owned()).collect();
    assert_eq!(found, fixed);
}

#[test]
fn every_write_carries_a_request_id() {
    for service in pool().services() {
        for method in service.methods().filter(|method| !method.is_client_streaming()) {
            let writes = ["Create", "BatchCreate", "Update", "Accept", "Cancel", "Propose", "Publish"]
                .iter()
                .any(|verb| method.name().starts_with(verb));
            let has = method.input().get_field_by_name("request_id").is_some();
            assert_eq!(writes, has, "{}", method.full_name());
        }
    }
}

#[test]
fn no_message_carries_a_float() {
    for message in pool().all_messages() {
        for field in message.fields() {
            let float = matches!(field.kind(), prost_reflect::Kind::Float | prost_reflect::Kind::Double);
            assert!(!float, "{}", field.full_name());
        }
    }
}

#[test]
fn every_reason_is_the_same_in_contract_domain_and_docs() {
    let list = pool().get_enum_by_name("wufei.common.v1.ErrorReason").unwrap();
    let contract: BTreeSet<_> = list
        .values()
        .map(|value| value.name().trim_start_matches("ERROR_REASON_").to_owned())
        .filter(|name| name != "UNSPECIFIED")
        .collect();
    let domain: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.as_str().to_owned()).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors");
    let pages: BTreeSet<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().trim_end_matches(".md").to_owned())
        .filter(|name| name != "README")
        .collect();
    assert_eq!(contract, domain);
    assert_eq!(contract, pages);
}
