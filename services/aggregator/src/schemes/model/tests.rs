//! Files and messages are one model.

use std::{collections::BTreeSet, fs, path::Path};

use evaluation::{Document, Plan};
use proptest::prelude::*;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

use super::{
    descriptor, of_yaml, read,
    shape::{choice, in_place, is_flag, is_member, only_list, tagged, word},
    to_yaml, write,
};

const PRACTICE: &str = include_str!("../../../../../crates/evaluation/tests/schemes/practice.yaml");
const INDEX: &str = include_str!("../../../../../crates/evaluation/tests/schemes/index.yaml");
const METHODS: &str = include_str!("../../../../../crates/evaluation/tests/schemes/methods.txt");
const SCHEMA: &str = include_str!("../../../../../deploy/schemes/scheme.schema.json");

/// Says the same after the way through the messages, and the messages after the way through a file.
fn is_one_model(name: &str, text: &str) {
    let plan = Plan::from_yaml(text).unwrap_or_else(|faults| panic!("{name}: {faults}"));
    let model = of_yaml(text).unwrap_or_else(|faults| panic!("{name}: {faults}"));
    let written = to_yaml(&model).unwrap();
    let again = Plan::from_yaml(&written).unwrap_or_else(|faults| panic!("{name}: {faults}\n{written}"));
    assert!(plan == again, "{name} is another scheme:\n{written}");
    assert_eq!(of_yaml(&written).unwrap(), model, "{name}");
}

fn small(aggregate: &str, weights: &str) -> String {
    format!(
        "kind: index\nid: s\nversion: 1\ntitle: {{zh: 甲, en: A}}\nstages:\n  - {{stage: aggregate, {aggregate}, weights: \
         {weights}}}\nindex:\n  id: I\n  children:\n    - {{id: a, direction: higher_better}}\n    - {{id: b, direction: \
         {{range: [1, 2]}}}}\n"
    )
}

fn parameters(of: &str) -> String {
    let line = METHODS.lines().find_map(|line| line.split_once(' ').filter(|(known, _)| *known == of));
    line.map_or_else(|| format!("method: {of}"), |(_, rest)| format!("method: {of}, {rest}"))
}

/// The words of a choice.
fn words(message: &str) -> Vec<String> {
    let pool = node::projection::pool();
    let of = pool.get_message_by_name(&format!("wufei.evaluation.v1.{message}")).unwrap();
    choice(&of).unwrap().fields().map(|field| word(field.name())).collect()
}

#[test]
fn every_shipped_scheme_is_the_same_as_messages() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/schemes");
    let files = [root.clone(), root.join("example")].into_iter().flat_map(|dir| fs::read_dir(dir).unwrap());
    let paths = files.map(|entry| entry.unwrap().path());
    let yaml: Vec<_> = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    assert!(yaml.len() >= 9, "only {} schemes found", yaml.len());
    for path in yaml {
        is_one_model(&path.display().to_string(), &fs::read_to_string(&path).unwrap());
    }
}

#[test]
fn every_key_and_every_method_is_the_same_as_messages() {
    is_one_model("practice", PRACTICE);
    is_one_model("index", INDEX);
    let missing = "missing: {late: hold, refused: leave_out, unknown: hold}\n";
    is_one_model("missing", &format!("{PRACTICE}{missing}"));
    for method in words("Aggregation") {
        is_one_model(&method, &small(&parameters(&method), "equal"));
    }
    for method in words("Weighting").into_iter().filter(|method| method != "set") {
        is_one_model(&method, &small("method: arithmetic", &format!("{{{}}}", parameters(&method))));
    }
}

#[test]
fn messages_and_schema_have_the_same_names() {
    fn of_schema(value: &serde_json::Value, names: &mut BTreeSet<String>) {
        if let Some(map) = value.as_object() {
            if let Some(properties) = map.get("properties").and_then(serde_json::Value::as_object) {
                names.extend(properties.keys().cloned());
            }
            map.values().for_each(|value| of_schema(value, names));
        }
        for value in value.as_array().into_iter().flatten() {
            of_schema(value, names);
        }
    }
    fn of_messages(of: &MessageDescriptor, seen: &mut BTreeSet<String>, names: &mut BTreeSet<String>) {
        if !seen.insert(of.full_name().to_owned()) {
            return;
        }
        let tag = tagged(of);
        names.extend(tag.as_ref().map(|oneof| oneof.name().to_owned()));
        for field in of.fields() {
            // The members of a choice are words, and what stands for its message has no name of its own.
            let alone = matches!(field.kind(), Kind::Message(inner) if inner.fields().next().is_none());
            let a_word = is_flag(&field) || (is_member(&field) && (tag.is_some() || alone));
            if !a_word && !TRANSPARENT.contains(&of.name()) {
                names.insert(field.name().to_owned());
            }
            if let Kind::Message(inner) = field.kind()
                && !field.is_map()
            {
                of_messages(&inner, seen, names);
            }
        }
    }
    const TRANSPARENT: [&str; 3] = ["Numbers", "NumberTable", "WeightSet"];
    let (mut schema, mut messages) = (BTreeSet::new(), BTreeSet::new());
    of_schema(&serde_json::from_str(SCHEMA).unwrap(), &mut schema);
    of_messages(&descriptor().unwrap(), &mut BTreeSet::new(), &mut messages);
    assert_eq!(messages, schema);
}

#[test]
fn what_messages_have_no_place_for_is_named_by_its_path() {
    for (good, bad, path) in [
        ("min_coverage: 0.6", "min_coverage: 0.6\nsurprise: 1", "surprise"),
        ("decimals: 2", "decimals: two", "result.decimals"),
        ("pass_line: 40", "pass_lines: 40", "groups[1].indicators[0].method.pass_lines"),
        ("endorsements: [reviewer]", "endorsements: [boss]", "endorsements[0]"),
    ] {
        assert!(PRACTICE.contains(good), "the case no longer fits");
        let faults = of_yaml(&PRACTICE.replacen(good, bad, 1)).unwrap_err();
        assert_eq!(faults.0[0].path, path);
    }
}

/// Makes messages out of bytes.
struct Maker<'a>(&'a [u8]);

impl Maker<'_> {
    fn next(&mut self) -> usize {
        let (first, rest) = self.0.split_first().map_or((0, self.0), |(first, rest)| (usize::from(*first), rest));
        self.0 = rest;
        first
    }

    fn text(&mut self) -> String {
        const TEXTS: [&str; 12] = [
            "a",
            "1/3",
            "0.250",
            "log10(901)",
            "无废: 城市",
            "true",
            "- x",
            "\"q\" # c",
            "null",
            "12",
            "两\n行",
            "{a}",
        ];
        TEXTS[self.next() % TEXTS.len()].to_owned()
    }

    fn message(&mut self, of: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(of.clone());
        let inner = in_place(of);
        if let Some(oneof) = choice(of) {
            // A choice that can go on for ever ends with its first word.
            let members: Vec<FieldDescriptor> = oneof.fields().collect();
            let at = if depth > 6 { 0 } else { self.next() % members.len() };
            let value = self.single(&members[at].kind(), depth + 1);
            message.set_field(&members[at], value);
        }
        for field in of.fields().filter(|field| !is_member(field)) {
            let must = inner.as_ref() == Some(&field) || only_list(of).is_some();
            if must || (depth < 7 && self.next().is_multiple_of(3)) {
                let value = if is_flag(&field) { Value::Bool(true) } else { self.value(&field, depth) };
                message.set_field(&field, value);
            }
        }
        message
    }

    fn value(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        let many = 1 + self.next() % 2;
        if field.is_map() {
            let Kind::Message(entry) = field.kind() else { unreachable!("a map is of entries") };
            let of = entry.map_entry_value_field().kind();
            return Value::Map((0..many).map(|_| (MapKey::String(self.text()), self.single(&of, depth + 1))).collect());
        }
        if field.is_list() {
            return Value::List((0..many).map(|_| self.single(&field.kind(), depth + 1)).collect());
        }
        self.single(&field.kind(), depth + 1)
    }

    fn single(&mut self, kind: &Kind, depth: usize) -> Value {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the other kinds of protobuf are not in schemes")]
        match kind {
            Kind::Message(of) => Value::Message(self.message(of, depth)),
            Kind::String => Value::String(self.text()),
            Kind::Bool => Value::Bool(self.next().is_multiple_of(2)),
            Kind::Uint32 => Value::U32(u32::try_from(self.next()).unwrap()),
            Kind::Enum(of) => {
                let numbers: Vec<i32> = of.values().map(|value| value.number()).filter(|number| *number > 0).collect();
                Value::EnumNumber(numbers[self.next() % numbers.len()])
            }
            other => unreachable!("schemes have no {other:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whether or not they are a scheme: any messages are the same after the way through the text of a file.
    #[test]
    fn any_messages_come_back_from_a_file(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let of = descriptor().unwrap();
        let message = Maker(&bytes).message(&of, 0);
        let text = write::document(&message).to_yaml();
        let document = Document::from_yaml(&text).map_err(|faults| TestCaseError::fail(format!("{faults}\n{text}")))?;
        let again = read::message(&document, &of, "").map_err(|misfit| TestCaseError::fail(format!("{misfit:?}\n{text}")))?;
        prop_assert_eq!(again, message, "{}", text);
    }
}
