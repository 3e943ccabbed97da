//! What stops the start: policies that do not fit the schema or what is served.

use policy::{Method, Policies, Policy, PolicyFault, PolicyTexts};

use crate::support::{LIST, resources, served};

fn faults(texts: &PolicyTexts, served: &[Method]) -> Vec<PolicyFault> {
    let made = Policies::new(texts).and_then(|policies| Policy::new(&policies, &resources(), served, "节点管理员"));
    made.unwrap_err().0
}

fn with_file(text: &str) -> PolicyTexts {
    let mut texts = PolicyTexts::embedded();
    texts.policies.push(("own.cedar".to_owned(), text.to_owned()));
    texts
}

const NAMED: &str = "@id(\"own\") @zh(\"自\") @en(\"own\") ";

#[test]
fn a_served_method_without_an_action_or_without_data_stops_the_start() {
    let mut methods = served();
    methods.push(Method::read("wufei.made.up.v1.MadeUpService/GetIt"));
    methods.push(Method::read("no-method"));
    methods.push(Method::read(LIST));
    let name = || "wufei.made.up.v1.MadeUpService/GetIt".to_owned();
    assert_eq!(
        faults(&PolicyTexts::embedded(), &methods),
        [
            PolicyFault::NoAction { method: name() },
            PolicyFault::Method { method: "/no-method".to_owned() },
            PolicyFault::Method { method: LIST.to_owned() },
        ]
    );
    let mut texts = PolicyTexts::embedded();
    texts.schema = texts.schema.replacen("grpc.health.v1.Health/Watch", &name(), 1);
    let methods = [Method::read(&name())];
    assert_eq!(faults(&texts, &methods), [PolicyFault::NoData { method: name() }]);
}

#[test]
fn a_write_among_the_reads_stops_the_start() {
    let fault = faults(&PolicyTexts::embedded(), &[Method::write(LIST)]);
    assert!(matches!(fault[..], [PolicyFault::AccessDisagrees { .. }]), "{fault:?}");
}

#[test]
fn a_method_that_nobody_can_ever_call_stops_the_start() {
    let mut texts = PolicyTexts::embedded();
    texts.policies.retain(|(file, _)| file != "auditor.cedar");
    let unreachable = faults(&texts, &served());
    let method = |method: &str| PolicyFault::Unreachable { method: format!("wufei.log.v1.AuditLogService/{method}") };
    for name in ["ExportAuditEntries", "GetAuditCheckpoint", "ListAuditRecords"] {
        assert!(unreachable.contains(&method(name)), "{unreachable:?}");
    }
    assert_eq!(unreachable.len(), 3);
}

#[test]
fn a_policy_that_does_not_fit_the_schema_stops_the_start() {
    for wrong in [
        "permit (principal in Wufei::Role::\"department-writter\", action, resource);",
        "permit (principal, action == Wufei::Action::\"made-up\", resource);",
        "permit (principal, action, resource) when { resource.shared };",
        "permit (principal, action, resource) when { resource.class == Wufei::Class::\"figgures\" };",
        "permit (principal, action, resource) when { principal.department == \"ecology\" };",
        "permit (principal, action, resource) when { resource is Wufei::Member };",
    ] {
        let found = faults(&with_file(&format!("{NAMED}{wrong}")), &served());
        let own = |fault: &PolicyFault| matches!(fault, PolicyFault::Invalid { id, .. } if id == "own");
        assert!(found.iter().any(own), "{wrong}: {found:?}");
    }
}

#[test]
fn every_policy_has_its_own_id_and_says_what_it_means() {
    let found = faults(&with_file("@en(\"x\") @zh(\"\")\npermit (principal, action, resource);"), &served());
    let missing = |annotation| {
        let (file, start) = ("own.cedar".to_owned(), "permit (principal, action, resource);".to_owned());
        PolicyFault::Annotation { file, start, annotation }
    };
    assert_eq!(found, [missing("id"), missing("zh")]);

    let twice = format!("{NAMED}permit (principal, action, resource);").replace("\"own\"", "\"auditor-never-writes\"");
    let found = faults(&with_file(&twice), &served());
    assert!(matches!(&found[..], [PolicyFault::IdTwice { id, .. }] if id == "auditor-never-writes"), "{found:?}");
}

#[test]
fn texts_that_cannot_be_read_are_named() {
    let found = faults(&with_file("permit (principal"), &served());
    assert!(matches!(&found[..], [PolicyFault::Syntax { file, .. }] if file == "own.cedar"), "{found:?}");
    let slot = format!("{NAMED}permit (principal == ?principal, action, resource);");
    let found = faults(&with_file(&slot), &served());
    assert!(found.contains(&PolicyFault::Template { file: "own.cedar".to_owned() }), "{found:?}");
    let texts = PolicyTexts { schema: "namespace {".to_owned(), ..PolicyTexts::embedded() };
    assert!(matches!(faults(&texts, &served())[..], [PolicyFault::Schema { .. }]));
}

#[test]
fn a_class_or_a_role_that_the_schema_lacks_stops_the_start() {
    for there in ["\"figures\", ", "\"operator\", "] {
        let mut texts = PolicyTexts::embedded();
        texts.policies.retain(|(file, _)| file != "operator.cedar");
        texts.schema = texts.schema.replacen(there, "", 1);
        let found = faults(&texts, &[Method::read(LIST)]);
        assert!(found.iter().any(|fault| matches!(fault, PolicyFault::Shape { .. })), "{there}: {found:?}");
    }
}

#[test]
fn faults_are_told_in_chinese_too() {
    let found = faults(&PolicyTexts::embedded(), &[Method::write(LIST), Method::read("x/y")]);
    assert!(found[0].zh().contains("是写入方法") && found[1].zh().contains("没有这个动作"), "{found:?}");
}
