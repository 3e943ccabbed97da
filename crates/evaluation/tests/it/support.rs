//! Small schemes and inputs.

use std::collections::BTreeMap;
use std::fmt::Write;

use evaluation::{Cell, Evaluation, EvidenceState, Input, MissingState, Presence, Scheme, Unit, Value, evaluate};
use rust_decimal::Decimal;

pub(crate) fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

/// A scheme of one group; each indicator is `(id, marks, the rest of its YAML as a flow mapping without braces)`.
pub(crate) fn scheme(min_coverage: &str, indicators: &[(&str, &str, &str)]) -> Scheme {
    let mut yaml = format!(
        "id: s\nversion: '1'\ntitle: {{zh: 甲, en: A}}\nmin_coverage: {min_coverage}\nover_fulfilment_flag: 1.3\n\
         grades:\n  - {{title: {{zh: 优, en: Excellent}}, from: 90}}\n  - {{title: {{zh: 良, en: Good}}, from: 80}}\n  \
         - {{title: {{zh: 中, en: Fair}}, from: 60}}\n  - {{title: {{zh: 差, en: Poor}}, from: 0}}\n\
         groups:\n  - id: g\n    title: {{zh: 组, en: Group}}\n    weight: 100\n    indicators:\n"
    );
    for (id, marks, rest) in indicators {
        writeln!(yaml, "      - {{id: {id}, marks: {marks}, title: {{zh: {id}, en: {id}}}, unit: '%', {rest}}}")
            .unwrap();
    }
    Scheme::from_yaml(&yaml).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The flow mapping of an S1 indicator.
pub(crate) const S1: &str = "direction: higher_better, method: S1";

pub(crate) fn reported(value: &str) -> Cell {
    Cell::of(Presence::Reported(Value::exactly(decimal(value))))
}

pub(crate) fn against(value: &str, target: &str) -> Cell {
    Cell { target: Some(decimal(target)), ..reported(value) }
}

pub(crate) fn evidence(state: EvidenceState) -> Cell {
    Cell::of(Presence::Reported(Value { evidence: Some(state), ..Value::exactly(Decimal::ONE) }))
}

pub(crate) fn missing(state: MissingState) -> Cell {
    Cell::of(Presence::Missing(state))
}

pub(crate) fn not_applicable() -> Cell {
    Cell::of(Presence::NotApplicable { reason: "境内无此类企业".into() })
}

pub(crate) fn input(cells: &[(&str, &str, Cell)]) -> Input {
    let mut units: Vec<String> = cells.iter().map(|(unit, _, _)| (*unit).to_owned()).collect();
    units.dedup();
    Input {
        units: units.into_iter().map(|id| Unit { name: id.clone(), id }).collect(),
        cells: cells
            .iter()
            .map(|(unit, indicator, cell)| (((*unit).to_owned(), (*indicator).to_owned()), cell.clone()))
            .collect::<BTreeMap<_, _>>(),
    }
}

pub(crate) fn run(scheme: &Scheme, cells: &[(&str, &str, Cell)]) -> Evaluation {
    evaluate(scheme, &input(cells)).unwrap()
}

pub(crate) fn codes(flags: &[evaluation::Flag]) -> Vec<evaluation::FlagCode> {
    flags.iter().map(|flag| flag.code).collect()
}
