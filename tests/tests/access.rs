//! The policies of the release know the contracts: every method of every service, and nothing else.
#![allow(clippy::unwrap_used, reason = "test code outside #[test] functions")]

use std::collections::BTreeSet;

use domain::DataResources;
use node::served::Served;
use policy::{Method, Policies, Policy, PolicyTexts};
use prost_reflect::DescriptorPool;

/// Every method of the contracts, with health and reflection.
fn served() -> Vec<Method> {
    let pool = DescriptorPool::decode(contracts::FILE_DESCRIPTOR_SET).unwrap();
    let services: Vec<_> = pool.services().map(|service| service.full_name().to_owned()).collect();
    let served = Served::of(&pool, services.iter().map(String::as_str)).unwrap();
    served.paths().map(|path| Method::new(path, served.get(path).unwrap().access)).collect()
}

fn resources() -> DataResources {
    DataResources::from_csv(include_str!("../../deploy/catalogue/data_resources.csv")).unwrap()
}

#[test]
fn the_policies_can_serve_every_method_of_the_contracts() {
    let policy = Policy::new(&Policies::embedded().unwrap(), &resources(), &served(), "节点管理员");
    let known: BTreeSet<_> = policy.as_ref().unwrap().methods().map(str::to_owned).collect();
    let contracts: BTreeSet<_> = served().iter().map(|method| method.path().to_owned()).collect();
    assert_eq!(known, contracts);
}

#[test]
fn schema_and_catalogue_name_no_method_that_the_contracts_lack() {
    let contracts: BTreeSet<_> =
        served().iter().map(|method| method.path().trim_start_matches('/').to_owned()).collect();
    let schema = PolicyTexts::embedded().schema;
    let quoted: BTreeSet<_> =
        schema.split('"').filter(|text| text.contains('/') && text.contains("Service/")).collect();
    assert!(quoted.len() > 100, "{quoted:?}");
    for method in quoted {
        assert!(contracts.contains(method), "the schema has {method}");
    }
    for target in resources().iter().flat_map(|entry| &entry.covers) {
        let known = contracts.iter().any(|method| method == target || method.starts_with(&format!("{target}/")));
        assert!(known, "the catalogue covers {target}");
    }
}
