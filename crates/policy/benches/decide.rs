//! What a decision costs: the first step of a call, a row that was asked before, and a refusal.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use domain::{DataResources, DepartmentId};
use policy::{Call, Grants, Member, Method, Policies, Policy, PolicyTexts, Principal, Roles, Row};

const LIST: &str = "/wufei.exchange.v1.ObservationQueryService/ListObservations";
const AUDIT: &str = "/wufei.log.v1.AuditLogService/ListAuditRecords";

fn decide(c: &mut Criterion) {
    let resources = DataResources::from_csv(include_str!("../../../deploy/catalogue/data_resources.csv")).unwrap();
    let served = [Method::read(LIST), Method::read(AUDIT)];
    let policies = Policies::embedded().unwrap();
    let policy = Policy::new(&policies, &resources, &served, "").unwrap();
    let department = DepartmentId::commerce();
    let member = Member {
        principal: Principal::parse("spiffe://wufei.bench/dept/commerce/writer").unwrap(),
        roles: Roles::parse(["department-writer"]).unwrap(),
        department: Some(department.clone()),
        regions: [].into(),
    };
    let grants = Grants::default();
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let call = |method| Call { member: &member, method, node: &department, purpose: None, grants: &grants, now };

    c.bench_function("first step, allowed", |b| b.iter(|| policy.allow(black_box(&call(LIST))).unwrap()));
    c.bench_function("first step, refused", |b| b.iter(|| policy.allow(black_box(&call(AUDIT))).unwrap_err()));
    let row = Row { department: "commerce", region: "140105", class: "figures" };
    c.bench_function("row, first of its kind", |b| {
        b.iter_batched(
            || policy.allow(&call(LIST)).unwrap(),
            |permit| permit.sees(black_box(row)),
            criterion::BatchSize::SmallInput,
        );
    });
    let permit = policy.allow(&call(LIST)).unwrap();
    c.bench_function("row, asked before", |b| b.iter(|| permit.sees(black_box(row))));
    c.bench_function("read the policies", |b| b.iter(|| Policies::new(&PolicyTexts::embedded()).unwrap()));
}

criterion_group!(benches, decide);
criterion_main!(benches);
