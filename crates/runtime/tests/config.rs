//! Configuration: what loads, what is refused, and what people are told.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of these tests are not test functions")]

use std::{collections::BTreeMap, ffi::OsString, fs, path::Path};

use rstest::rstest;
use runtime::config::{
    Checked, ConfigFaults, Database, Faults, FilePath, Limits, Listen, Place, Source, Telemetry, Text, Tls, load, parse,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct Config {
    department: String,
    listen: Listen,
    tls: Tls,
    database: Database,
    #[serde(default)]
    telemetry: Telemetry,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    grants: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    peers: Vec<Peer>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    #[default]
    Normal,
    ReadOnly,
}

#[derive(Debug, Serialize, Deserialize)]
struct Peer {
    name: String,
    port: u16,
}

impl Checked for Config {
    fn check(&self, faults: &mut Faults) {
        faults.within("listen", |faults| self.listen.check(faults));
        faults.within("tls", |faults| self.tls.check(faults));
        faults.within("database", |faults| self.database.check(faults));
        faults.within("telemetry", |faults| self.telemetry.check(faults));
        faults.within("limits", |faults| self.limits.check(faults));
        if self.department.is_empty() {
            faults.report(
                "department",
                "\"\"",
                Text::new("不能为空", "must not be empty"),
                Text::new("请填写", "fill it in"),
            );
        }
    }
}

const GOOD: &str = r#"department = "ecology"
[listen]
grpc = "127.0.0.1:7001"
[tls]
ca = "pki/ca.pem"
cert = "pki/ecology.pem"
key = "/etc/wufei/ecology.key"
[database]
url = "sqlite://data/ecology.db?mode=rwc"
[grants]
"wufei.exchange.v1.ObservationIngestService" = ["spiffe://wufei.demo/dept/ecology/writer"]
"#;

fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigFaults> {
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
    parse(&Source { file: Path::new("/srv/ecology.toml"), text, variables })
}

/// The faults as `key@place`, without those of files that do not exist here.
fn keys(outcome: Result<Config, ConfigFaults>) -> Vec<String> {
    let Err(ConfigFaults { faults, .. }) = outcome else { return Vec::new() };
    faults
        .iter()
        .filter(|fault| !fault.key.starts_with("tls.") || fault.value.as_ref().is_none_or(|v| !v.starts_with('/')))
        .map(|fault| match &fault.place {
            Place::Line(line) => format!("{}@{line}", fault.key),
            Place::Variable(name) => format!("{}@{name}", fault.key),
            Place::Absent => format!("{}@-", fault.key),
        })
        .collect()
}

/// A folder with a loadable configuration.
fn folder(text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for file in ["ca.pem", "ecology.pem", "ecology.key"] {
        fs::write(dir.path().join(file), "").unwrap();
    }
    let text = text.replace("pki/", "").replace("/etc/wufei/", "");
    fs::write(dir.path().join("ecology.toml"), text).unwrap();
    dir
}

#[test]
fn a_good_file_loads_and_relative_paths_count_from_its_folder() {
    let dir = folder(GOOD);
    let config: Config = load(&dir.path().join("ecology.toml")).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(config.tls.ca.as_path(), dir.path().join("ca.pem"));
    let url = format!("sqlite://{}/data/ecology.db?mode=rwc", dir.path().display());
    assert_eq!(config.database.url, url);
    assert_eq!((config.limits.clone(), config.telemetry.log.as_str()), (Limits::default(), "info"));
    assert!(config.grants.contains_key("wufei.exchange.v1.ObservationIngestService"));
}

#[test]
fn an_absolute_path_stays() {
    let text = GOOD.replace("pki/", "/nowhere/");
    let faults = read(&text, &[]).unwrap_err();
    let values: Vec<_> = faults.faults.iter().filter_map(|fault| fault.value.as_deref()).collect();
    assert_eq!(values, ["/nowhere/ca.pem", "/nowhere/ecology.pem", "/etc/wufei/ecology.key"]);
}

#[rstest]
#[case("sqlite::memory:", "sqlite::memory:")]
#[case("sqlite:///var/lib/a.db", "sqlite:///var/lib/a.db")]
#[case("sqlite:a.db", "sqlite:///srv/a.db")]
#[case("sqlite://../a.db?mode=rwc", "sqlite:///srv/../a.db?mode=rwc")]
#[case("postgres://db/ecology", "postgres://db/ecology")]
fn a_database_url_is_completed_only_where_it_is_a_relative_file(#[case] given: &str, #[case] want: &str) {
    #[derive(Deserialize)]
    struct Only {
        database: Database,
    }
    impl Checked for Only {
        fn check(&self, _: &mut Faults) {}
    }
    let text = format!("database.url = {given:?}");
    let only: Only = parse(&Source { file: Path::new("/srv/ecology.toml"), text: &text, variables: vec![] }).unwrap();
    assert_eq!(only.database.url, want);
}

#[test]
fn all_faults_are_told_at_once_with_key_line_value_rule_and_remedy() {
    let text = r#"departement = "ecology"
mode = "readonly"
[listen]
grpc = "localhost"
ops = 9000
[tls]
cert = 7
key = "pki/ecology.key"
[database]
url = "mysql://wufei:s3cret@db/ecology"
pool = 3
[telemetry]
log = "info,,=="
json = "yes"
otlp_endpoint = "collector:4317"
[limits]
max_batch = 5000
max_message_bytes = -1
[grants]
"wufei.exchange.v1.ObservationQueryService" = "spiffe://wufei.demo/aggregator"
[[peers]]
name = "commerce"
port = 7002
[[peers]]
name = "scitech"
port = 70000
colour = "red"
"#;
    let outcome = read(text, &[]);
    let shown = outcome.as_ref().map_err(|faults| format!("{faults}\n{}", faults.en())).unwrap_err();
    let mut found = keys(outcome);
    found.sort();
    let mut want = vec![
        "departement@1",
        "department@-",
        "mode@2",
        "listen.grpc@4",
        "listen.ops@5",
        "tls.ca@6",
        "tls.cert@7",
        "database.url@10",
        "database.pool@11",
        "telemetry.log@13",
        "telemetry.json@14",
        "telemetry.otlp_endpoint@15",
        "limits.max_batch@17",
        "limits.max_message_bytes@18",
        "grants.\"wufei.exchange.v1.ObservationQueryService\"@20",
        "peers.1.port@26",
        "peers.1.colour@27",
    ];
    want.sort_unstable();
    assert_eq!(found, want, "{shown}");
    assert!(!shown.contains("s3cret"), "{shown}");
    for part in [
        "配置文件 /srv/ecology.toml 有",
        "limits.max_batch（第 17 行）：须在 1 到 1000 之间，现为 5000。请改正，或删去以用默认值",
        "limits.max_batch (line 17): must be from 1 to 1000, is 5000; correct it, or remove it to take the default",
        "department：缺少必填项。请补上",
        "departement（第 1 行）：没有这个配置项",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
}

#[test]
fn a_missing_section_is_one_fault_and_not_one_for_each_of_its_keys() {
    let text = GOOD.replace("[listen]\ngrpc = \"127.0.0.1:7001\"\n", "");
    assert_eq!(keys(read(&text, &[])), ["listen@-"]);
}

#[test]
fn every_line_that_is_not_toml_is_named() {
    let outcome = read("a = \nb = 1\nc == 2\n", &[]);
    let faults = outcome.unwrap_err().faults;
    let lines: Vec<_> = faults.iter().map(|fault| &fault.place).collect();
    assert!(lines.contains(&&Place::Line(1)) && lines.contains(&&Place::Line(3)), "{faults:?}");
}

#[test]
fn a_missing_file_is_named() {
    let faults = load::<Config>(Path::new("/nowhere/ecology.toml")).unwrap_err();
    assert!(faults.to_string().contains("/nowhere/ecology.toml"), "{faults}");
}

#[test]
fn the_environment_overrides_the_file() {
    let dir = folder(GOOD);
    let file = dir.path().join("ecology.toml");
    let text = fs::read_to_string(&file).unwrap();
    let variables = [
        ("WUFEI__LISTEN__GRPC", "127.0.0.1:0"),
        ("WUFEI__LISTEN__OPS", "127.0.0.1:0"),
        ("WUFEI__LIMITS__MAX_BATCH", "10"),
        ("WUFEI__TELEMETRY__JSON", "true"),
        ("WUFEI__DEPARTMENT", "140100"),
        ("WUFEI__DATABASE__URL", "sqlite://other.db"),
        ("WUFEI_UNRELATED", "x"),
        ("PATH", "x"),
    ];
    let variables = variables.map(|(name, value)| (OsString::from(name), OsString::from(value))).to_vec();
    let config: Config =
        parse(&Source { file: &file, text: &text, variables }).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!((config.listen.grpc.port(), config.listen.ops.is_some()), (0, true));
    assert_eq!((config.limits.max_batch, config.telemetry.json), (10, true));
    assert_eq!(config.department, "140100", "a number where text is wanted is taken as text");
    assert_eq!(config.database.url, format!("sqlite://{}/other.db", dir.path().display()));
}

#[test]
fn a_faulty_override_names_its_variable() {
    let variables = [
        ("WUFEI__LIMITS__MAX_BATCH", "many"),
        ("WUFEI__LIMITS__MAX_BATHC", "1"),
        ("WUFEI__LISTEN__GRPC", "localhost"),
        ("WUFEI__", "1"),
    ];
    let mut found = keys(read(GOOD, &variables));
    found.sort();
    let want = [
        "@WUFEI__",
        "limits.max_batch@WUFEI__LIMITS__MAX_BATCH",
        "limits.max_bathc@WUFEI__LIMITS__MAX_BATHC",
        "listen.grpc@WUFEI__LISTEN__GRPC",
    ];
    assert_eq!(found, want);
}

#[test]
fn the_operations_address_is_another_one() {
    let text = GOOD.replace("[tls]", "ops = \"127.0.0.1:7001\"\n[tls]");
    assert_eq!(keys(read(&text, &[])), ["listen.ops@4"]);
}

#[test]
fn a_database_password_is_not_shown_in_debug_output() {
    let database = Database { url: "postgres://wufei:s3cret@db/ecology".into() };
    let shown = format!("{database:?}");
    assert!(!shown.contains("s3cret") && shown.contains("wufei:***@db"), "{shown}");
}

#[test]
fn a_path_made_in_code_stays_as_it_is() {
    assert_eq!(FilePath::from("pki/ca.pem").as_path(), Path::new("pki/ca.pem"));
}
