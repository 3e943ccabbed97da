//! The published JSON Schema of scheme files against their loader.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use evaluation::Plan;
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Value};
use yaml_rust2::{Yaml, YamlLoader};

const SCHEMA: &str = include_str!("../../../../deploy/schemes/scheme.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).unwrap()
}

/// The instance of a YAML text as an editor would see it.
fn instance(yaml: &str) -> Value {
    let documents = YamlLoader::load_from_str(yaml).unwrap();
    json(&documents[0])
}

fn json(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Integer(number) => (*number).into(),
        Yaml::Real(text) => text.parse::<f64>().map_or_else(|_| text.clone().into(), Value::from),
        Yaml::Boolean(value) => (*value).into(),
        Yaml::String(text) => text.clone().into(),
        Yaml::Array(items) => items.iter().map(json).collect(),
        Yaml::Hash(map) => {
            let key = |key: &Yaml| {
                let key = json(key);
                key.as_str().map_or_else(|| key.to_string(), str::to_owned)
            };
            Value::Object(map.iter().map(|(k, v)| (key(k), json(v))).collect())
        }
        Yaml::Null | Yaml::BadValue | Yaml::Alias(_) => Value::Null,
    }
}

fn schemes() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/schemes");
    let files = [&root, &root.join("example")].map(|dir| fs::read_dir(dir).unwrap());
    let paths = files.into_iter().flatten().map(|entry| entry.unwrap().path());
    let yaml = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    yaml.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}

#[test]
fn every_shipped_scheme_is_valid_by_schema_and_loader() {
    let validator = validator();
    let schemes = schemes();
    assert!(schemes.len() >= 9, "only {} schemes found", schemes.len());
    for (path, text) in
        schemes.iter().chain([(String::from("practice"), PRACTICE.into()), ("index".into(), INDEX.into())].iter())
    {
        let errors: Vec<String> =
            validator.iter_errors(&instance(text)).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{path}: {errors:#?}");
        if let Err(errors) = Plan::from_yaml(text) {
            panic!("{path}: {errors}");
        }
    }
}

/// Schemes that use every key there is.
const PRACTICE: &str = include_str!("../schemes/practice.yaml");

const INDEX: &str = include_str!("../schemes/index.yaml");

/// A line for each method that needs parameters: its word and some.
const METHODS: &str = include_str!("../schemes/methods.txt");

const JOINT: &str = include_str!("../../../../deploy/schemes/zwc-joint.yaml");

/// A small index with this aggregation and these weights.
fn with(aggregate: &str, weights: &str) -> String {
    let rest = INDEX.split("weight_sets:").next().unwrap().replace("inputs: {x: 吨, y: 吨}\n", "");
    format!(
        "{rest}stages:\n  - {{stage: aggregate, {aggregate}, weights: {weights}}}\nindex:\n  id: I\n  children:\n    \
         - {{id: a, direction: higher_better}}\n    - {{id: b, direction: lower_better}}\n"
    )
}

/// One scheme for every aggregation and every source of weights, with parameters where it has some.
fn methods() -> Vec<String> {
    let schema = schema();
    let alternatives = |name: &str| -> Vec<String> {
        let mapping = &schema["$defs"][name]["then"];
        let words = mapping["properties"]["method"]["enum"].as_array().unwrap();
        words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let parameters = |word: &str| -> String {
        let line = METHODS.lines().find_map(|line| line.split_once(' ').filter(|(known, _)| *known == word));
        line.map_or_else(|| format!("method: {word}"), |(_, rest)| format!("method: {word}, {rest}"))
    };
    let mut all: Vec<String> = alternatives("aggregate").iter().map(|word| with(&parameters(word), "equal")).collect();
    let set = |word: &&String| *word != "set";
    all.extend(
        alternatives("weights")
            .iter()
            .filter(set)
            .map(|word| with("method: arithmetic", &format!("{{{}}}", parameters(word)))),
    );
    all
}

/// Every mapping of an instance whose keys are fields, as a pointer.
fn mappings(value: &Value, at: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            // Names of columns and of nodes, not fields.
            let named = ["/inputs", "/weight_sets"].iter().any(|free| at.starts_with(free));
            if !named && !at.ends_with("/data_error/indicators") {
                into.push(at.to_owned());
            }
            map.iter().for_each(|(key, value)| mappings(value, &format!("{at}/{key}"), into));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| mappings(value, &format!("{at}/{index}"), into));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `/a/0/b` as the loader writes it: `a[0].b`.
fn path(pointer: &str, key: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').skip(1).chain([key]) {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{part}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(part);
        }
    }
    path
}

/// Which of these keys of a mapping the loader says that it does not know.
fn unknown_to_the_loader<'k>(text: &str, pointer: &str, keys: &[&'k str]) -> Vec<&'k str> {
    let Err(errors) = Plan::from_yaml(text) else { return Vec::new() };
    let unknown = |key: &str| {
        let at = path(pointer, key);
        errors.0.iter().any(|fault| {
            (fault.path == at && fault.rule.en.starts_with("unknown key"))
                || fault.rule.en.contains(&format!("unknown field `{key}`"))
        })
    };
    keys.iter().copied().filter(|key| unknown(key)).collect()
}

/// The keys of a mapping that the schema says that it does not know.
fn unknown_to_the_schema(validator: &Validator, value: &Value, pointer: &str) -> BTreeSet<String> {
    let unexpected = |error: jsonschema::ValidationError<'_>| {
        let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() else { return Vec::new() };
        if error.instance_path().to_string() == pointer { unexpected.clone() } else { Vec::new() }
    };
    validator.iter_errors(value).flat_map(unexpected).collect()
}

/// Names of all fields that the schema has anywhere.
fn fields(value: &Value, into: &mut BTreeSet<String>) {
    if let Value::Object(map) = value {
        if let Some(Value::Object(properties)) = map.get("properties") {
            into.extend(properties.keys().cloned());
        }
        map.values().for_each(|value| fields(value, into));
    } else if let Value::Array(items) = value {
        items.iter().for_each(|value| fields(value, into));
    }
}

fn with_keys(value: &Value, pointer: &str, keys: &[&str]) -> Value {
    let mut value = value.clone();
    let map: &mut Map<String, Value> = value.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
    keys.iter().for_each(|key| drop(map.insert((*key).to_owned(), "1".into())));
    value
}

/// Keys that decide what the other keys are.
const DECIDING: [&str; 5] = ["kind", "children", "method", "stage", "groups"];

#[test]
fn loader_and_schema_know_the_same_keys_everywhere() {
    let validator = validator();
    let mut keys = BTreeSet::from(["unheard_of".to_owned()]);
    fields(&schema(), &mut keys);
    DECIDING.iter().for_each(|key| assert!(keys.remove(*key), "{key}"));
    let (mut compared, mut differ) = (0, BTreeSet::new());
    let whole = [PRACTICE.to_owned(), INDEX.to_owned(), JOINT.to_owned()];
    for text in whole.iter().chain(&methods()) {
        let plain = instance(text);
        let mut places = Vec::new();
        mappings(&plain, "", &mut places);
        // Of the schemes of single methods only what belongs to the method.
        let single = !whole.contains(text);
        let mut seen = BTreeSet::new();
        for pointer in places.iter().filter(|place| !single || place.starts_with("/stages/0")) {
            let there = plain.pointer(pointer).unwrap().as_object().unwrap();
            // Mappings under the same name with the same keys are of one kind.
            let name = pointer.split('/').rfind(|part| part.parse::<usize>().is_err()).unwrap_or_default();
            if !seen.insert((name.to_owned(), there.keys().cloned().collect::<Vec<_>>())) {
                continue;
            }
            let new: Vec<&str> = keys.iter().map(String::as_str).filter(|key| !there.contains_key(*key)).collect();
            let strange = unknown_to_the_schema(&validator, &with_keys(&plain, pointer, &new), pointer);
            let (unknown, known): (Vec<&str>, Vec<&str>) = new.iter().partition(|key| strange.contains(**key));
            compared += new.len();
            // JSON is YAML. None of these is known, so the loader names them all; serde, which reads the parameters of single
            // methods, stops at the first.
            let named = unknown_to_the_loader(&with_keys(&plain, pointer, &unknown).to_string(), pointer, &unknown);
            let by_serde = single || pointer.ends_with("/weights") || pointer.starts_with("/uncertainty/weights");
            if named.is_empty() || (named.len() < unknown.len() && !by_serde) {
                differ.insert(format!("{pointer}: of {unknown:?} the loader refuses only {named:?}"));
            }
            for key in known {
                let text = with_keys(&plain, pointer, &[key]).to_string();
                if !unknown_to_the_loader(&text, pointer, &[key]).is_empty() {
                    differ.insert(format!("{pointer} {key}: only the schema knows it"));
                }
            }
        }
    }
    assert!(compared > 10_000, "only {compared} compared");
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn a_scheme_for_every_method_is_valid() {
    let validator = validator();
    for text in methods() {
        let errors: Vec<String> = validator.iter_errors(&instance(&text)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{text}");
        if let Err(errors) = Plan::from_yaml(&text) {
            panic!("{errors}\n{text}");
        }
    }
}

#[rstest::rstest]
#[case::missing_title(PRACTICE, "title: {zh: 甲, en: A}\n", "")]
#[case::one_language(PRACTICE, "title: {zh: 甲, en: A}", "title: {zh: 甲}")]
#[case::empty_text(PRACTICE, "id: s", "id: ''")]
#[case::unknown_key(PRACTICE, "version: 1", "versoin: 1")]
#[case::share_above_one(PRACTICE, "min_coverage: 0.6", "min_coverage: 60")]
#[case::share_that_is_no_number(PRACTICE, "min_coverage: 0.6", "min_coverage: 60%")]
#[case::flag_below_one(PRACTICE, "over_fulfilment_flag: 1.3", "over_fulfilment_flag: 0.3")]
#[case::no_weight(PRACTICE, "weight: 30", "weight: 0")]
#[case::no_grades(
    PRACTICE,
    "- {title: {zh: 优, en: Excellent}, from: 90}\n  - {title: {zh: 差, en: Poor}, from: 0}",
    "[]"
)]
#[case::direction(PRACTICE, "direction: higher_better, mandatory", "direction: sideways, mandatory")]
#[case::method_that_does_not_fit(PRACTICE, "direction: qualitative, method: S6", "direction: qualitative, method: S3")]
#[case::direction_of_s1(PRACTICE, "rate_of_change: false, method: S1", "rate_of_change: false, method: S2")]
#[case::formula_of_a_qualitative_item(PRACTICE, "method: S6", "method: S6, formula: spent")]
#[case::parameters(PRACTICE, "{id: S4, pass_line: 40}", "S4")]
#[case::parameters_of_another(PRACTICE, "{id: S4, pass_line: 40}", "{id: S4, deduct_per_unit: 40}")]
#[case::word_of_a_list(PRACTICE, "endorsements: [reviewer]", "endorsements: [boss]")]
#[case::bonus_without_cap(PRACTICE, "bonus: {cap: 5, ", "bonus: {")]
#[case::veto_without_effect(PRACTICE, ", score_at_most: 0, grade_at_most: 差", "")]
#[case::framework(PRACTICE, "framework: self_evaluation", "framework: none")]
#[case::id_with_a_sign(PRACTICE, "{id: f,", "{id: 'f:g',")]
#[case::kind(PRACTICE, "kind: practice", "kind: practise")]
#[case::no_stages(INDEX, "stages:", "stages: []\nignored:")]
#[case::stage(INDEX, "{stage: denominate}", "{stage: denominator}")]
#[case::key_of_a_stage(INDEX, "{stage: denominate}", "{stage: denominate, by: people}")]
#[case::imputation(INDEX, "method: last, max_age: 2", "method: lost")]
#[case::parameter_of_imputation(INDEX, "method: group_mean, group: region", "method: group_mean")]
#[case::whole_number(INDEX, "max_age: 2", "max_age: 2.5")]
#[case::aggregation(INDEX, "method: generalised, power: 2", "method: generalized, power: 2")]
#[case::power(INDEX, "method: generalised, power: 2", "method: generalised")]
#[case::weights(INDEX, "{method: set, name: other}", "{method: set}")]
#[case::range(INDEX, "{range: [1, 2]}", "{range: [1]}")]
#[case::middle_and_range(INDEX, "{range: [1, 2]}", "{range: [1, 2], middle: 3}")]
#[case::goalposts(INDEX, "goalposts: {min: 1, max: 2,", "goalposts: {min: 1,")]
#[case::negative_weight(INDEX, "weight: 2", "weight: -2")]
#[case::index_without_children(INDEX, "index:\n  id: I\n", "index:\n  id: I\n  direction: higher_better\nignored:\n")]
#[case::noise(INDEX, "weight_noise: 0.25", "weight_noise: 1")]
#[case::alternative(INDEX, "linear]", "lineal]")]
#[case::treatment(INDEX, "treat: [none,", "treat: [no,")]
#[case::distribution(INDEX, "distribution: normal", "distribution: cauchy")]
#[case::negative_error(INDEX, "relative: 0.05", "relative: -0.05")]
#[case::rounding(INDEX, "rounding: half_even", "rounding: half_down")]
#[case::decimals(INDEX, "decimals: 2", "decimals: 13")]
#[case::evidence_in_an_index(INDEX, "per_unit: 1, max: 2", "per_unit: 1, evidence: true")]
#[case::part_without_basis(JOINT, "basis: {zh: 按指标", "basics: {zh: 按指标")]
#[case::source(JOINT, "from: score", "from: scores")]
#[case::credit(JOINT, "credit: 0.5", "credit: 5")]
fn what_the_schema_refuses_the_loader_refuses_too(#[case] scheme: &str, #[case] good: &str, #[case] bad: &str) {
    assert!(scheme.contains(good), "the case no longer fits");
    let broken = scheme.replacen(good, bad, 1);
    assert!(!validator().is_valid(&instance(&broken)), "the schema takes it");
    assert!(Plan::from_yaml(&broken).is_err(), "the loader takes it");
}
