//! Derived indicators.

use evaluation::index::{IndexScheme, Options};
use evaluation::{FlagCode, ItemState, MissingState, Presence, Scheme, evaluate, read_csv};
use proptest::prelude::*;

use crate::support::*;

fn yaml(inputs: &str, indicators: &[(&str, &str, &str)]) -> String {
    let mut text = format!(
        "id: s\nversion: '1'\ntitle: {{zh: 甲, en: A}}\nmin_coverage: 0\nover_fulfilment_flag: 1.3\n\
         grades:\n  - {{title: {{zh: 差, en: Poor}}, from: 0}}\ninputs: {{{inputs}}}\n\
         groups:\n  - id: g\n    title: {{zh: 组, en: Group}}\n    weight: 100\n    indicators:\n"
    );
    for (id, unit, formula) in indicators {
        let formula = if formula.is_empty() { String::new() } else { format!("formula: \"{formula}\", ") };
        text.push_str(&format!(
            "      - {{id: {id}, title: {{zh: {id}, en: {id}}}, unit: \"{unit}\", {formula}direction: higher_better, \
             method: S1}}\n"
        ));
    }
    text
}

/// The exact value of an indicator `x` of this unit and formula, or the code of its flag.
fn value(inputs: &str, unit: &str, formula: &str, csv: &str) -> Result<String, FlagCode> {
    let scheme = Scheme::from_yaml(&yaml(inputs, &[("x", unit, formula)])).unwrap_or_else(|errors| panic!("{errors}"));
    let result = evaluate(&scheme, &read_csv(csv, &scheme).unwrap()).unwrap();
    let item = result.units[0].item("x").unwrap();
    match item.inputs.value {
        Some(value) => Ok(value.to_string()),
        None => Err(item.flags[0].code),
    }
}

fn faults(inputs: &str, indicators: &[(&str, &str, &str)]) -> Vec<(String, Option<usize>, String)> {
    let errors = Scheme::from_yaml(&yaml(inputs, indicators)).unwrap_err();
    errors.0.into_iter().map(|fault| (fault.path, fault.line, fault.rule.en)).collect()
}

fn fault(inputs: &str, unit: &str, formula: &str) -> String {
    let found = faults(inputs, &[("x", unit, formula)]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].0.as_str(), found[0].1), ("groups[0].indicators[0].formula", Some(14)));
    found[0].2.clone()
}

#[test]
fn a_rate_is_computed_from_two_raw_columns_and_scored_exactly() {
    let text = yaml("generated: 万吨, recycled: 吨", &[("rate", "%", "recycled / generated * 100")]);
    let scheme = Scheme::from_yaml(&text).unwrap();
    let csv = "unit,generated,recycled,rate:target\nu,3,10000,50\n";
    let result = evaluate(&scheme, &read_csv(csv, &scheme).unwrap()).unwrap();
    let item = result.units[0].item("rate").unwrap();
    assert_eq!(item.inputs.value, Some(decimal("33.333333333333")));
    assert_eq!(result.units[0].exact_score.to_string(), "200/3");
    let computed = item.inputs.computed.as_ref().unwrap();
    assert_eq!(computed.formula, "recycled / generated * 100");
    assert_eq!(computed.parts["generated"], Some(decimal("3")));
    assert!(result.not_in_scheme.is_empty());
}

#[rstest::rstest]
#[case::ten_thousand_tons_and_tons("a: 万吨, b: 吨", "吨", "a + b", "1.5,3", "15003")]
#[case::in_the_unit_asked_for("a: 万吨, b: 吨", "万吨", "a + b", "1.5,3", "1.5003")]
#[case::per_money("a: 万吨, b: 亿元", "吨/万元", "a / b", "3,2", "1.5")]
#[case::per_head("a: 吨, b: 万人", "吨/人", "a / b", "3,2", "0.00015")]
#[case::kilograms_per_mu("a: 吨, b: 公顷", "千克/亩", "a / b", "3,2", "100")]
#[case::powers_bind_first("a: '', b: ''", "", "-a^2 + b * 2", "3,2", "-5")]
#[case::from_the_left("a: '', b: ''", "", "a - b - 1", "3,2", "0")]
#[case::quotients_from_the_left("a: '', b: ''", "", "a / b / 2", "3,2", "0.75")]
#[case::brackets("a: '', b: ''", "", "(a + b) * 2", "3,2", "10")]
#[case::a_negative_power("a: '', b: ''", "", "b ^ -2", "3,2", "0.25")]
#[case::a_root("a: '', b: ''", "", "(a + 1) ^ 0.5", "3,2", "2")]
#[case::smallest("a: 万吨, b: 吨", "吨", "min(a, b, 5 [千克])", "3,2", "0.005")]
#[case::largest("a: 万吨, b: 吨", "吨", "max(b, a)", "3,2", "30000")]
#[case::absolute("a: 吨, b: 吨", "吨", "abs(b - a)", "3,2", "1")]
#[case::logarithms("a: 元, b: ''", "", "log10(a / [元]) + ln(1)", "1000,2", "3")]
#[case::a_choice("a: 万吨, b: 吨", "吨", "if(a > b, a, b)", "3,2", "30000")]
#[case::a_choice_by_a_literal("a: '%', b: '%'", "%", "if(a >= 50, 100, a)", "3,2", "3")]
#[case::the_rest_of_a_percentage("a: '%', b: '%'", "%", "100 - a", "3,2", "97")]
#[case::permille_to_percent("a: ‰, b: '%'", "%", "a + b", "30,2", "5")]
#[case::shares_of_an_amount("a: '%', b: 吨", "吨", "a / 100 * b", "30,2", "0.6")]
#[case::names_of_any_language("工业产生量: 吨, b: 吨", "吨", "工业产生量 + b", "3,2", "5")]
#[case::names_with_signs("{a-1: 吨, b: 吨}", "吨", "{a-1} + b", "3,2", "5")]
fn formulas_convert_and_compute_exactly(
    #[case] inputs: &str,
    #[case] unit: &str,
    #[case] formula: &str,
    #[case] row: &str,
    #[case] expected: &str,
) {
    let inputs = inputs.trim_matches(['{', '}']);
    let unit = if unit.is_empty() { "无" } else { unit };
    let inputs = inputs.replace("''", "无");
    let first = inputs.split(':').next().unwrap();
    assert_eq!(value(&inputs, unit, formula, &format!("unit,{first},b\nu,{row}\n")), Ok(expected.to_owned()));
}

#[rstest::rstest]
#[case::mass_and_money("a: 吨, b: 元", "吨", "a + b", "column 3 of the formula: cannot add different units: 吨 and 元")]
#[case::in_a_choice("a: 吨, b: 元", "吨", "if(a > b, a, a)", "cannot compare different units: 吨 and 元")]
#[case::of_the_result("a: 吨, b: 元", "%", "a / b", "the formula gives 吨/元, but the unit of the indicator is %")]
#[case::a_share_and_a_number("a: 吨, b: '%'", "%", "a / a + b", "different units: 1 and %")]
#[case::a_logarithm("a: 吨, b: 元", "无", "ln(a)", "a logarithm has no unit (吨): divide by one of it first, x / [吨]")]
#[case::a_root_of_tons("a: 吨, b: 元", "吨", "a ^ 0.5", "can be raised to a whole power only")]
#[case::days_and_years("a: 吨/日, b: 吨/年", "吨/日", "a + b", "different units: 吨/日 and 吨/年")]
#[case::an_exponent_from_data("a: 无, b: 无", "无", "a ^ b", "the exponent must be a number")]
#[case::a_unit_of_its_own("a: 分, b: 无", "分", "a + b", "different units: 分 and 1")]
#[case::a_name_that_is_none(
    "a: 吨, b: 吨",
    "吨",
    "a + 不存在",
    "column 5 of the formula: 不存在 is neither an indicator"
)]
#[case::an_open_bracket("a: 吨, b: 吨", "吨", "(a + b", "column 7 of the formula: the formula is not complete")]
#[case::a_sign_that_is_none("a: 吨, b: 吨", "吨", "a $ b", "column 3 of the formula: “$” cannot be read here")]
#[case::a_function_that_is_none("a: 吨, b: 吨", "吨", "exp(a)", "expected min, max, abs, ln, log10, if")]
#[case::nothing_after_a_sign("a: 吨, b: 吨", "吨", "a +", "the formula is not complete")]
fn a_formula_that_cannot_be_meant_is_refused_with_its_column(
    #[case] inputs: &str,
    #[case] unit: &str,
    #[case] formula: &str,
    #[case] rule: &str,
) {
    let found = fault(inputs, unit, formula);
    assert!(found.contains(rule), "{found}");
}

#[test]
fn formulas_may_use_each_other_in_any_order_but_not_in_a_circle() {
    let chain = [("x", "吨", "y * 2"), ("y", "吨", "z + a"), ("z", "吨", "")];
    let scheme = Scheme::from_yaml(&yaml("a: 吨", &chain)).unwrap();
    let result = evaluate(&scheme, &read_csv("unit,a,z\nu,1,2\n", &scheme).unwrap()).unwrap();
    assert_eq!(result.units[0].item("x").unwrap().inputs.value, Some(decimal("6")));
    let circle = [("x", "吨", "y * 2"), ("y", "吨", "z + a"), ("z", "吨", "x")];
    let found = faults("a: 吨", &circle);
    assert!(found[0].2.contains("formulas need each other: x → y → z → x"), "{found:?}");
    assert!(faults("a: 吨", &[("x", "吨", "x + a")])[0].2.contains("x → x"));
}

#[test]
fn missing_in_is_missing_out_and_zero_below_is_missing_with_a_flag() {
    let of = |formula: &str, row: &str| value("a: 吨, b: 吨", "无", formula, &format!("unit,a,b\nu,{row}\n"));
    assert_eq!(of("a / b", "1,"), Err(FlagCode::MissingUnknown));
    assert_eq!(of("a / b", "1,0"), Err(FlagCode::MissingUnknown));
    assert_eq!(of("a / b", "n/a,"), Err(FlagCode::NotApplicable));
    assert_eq!(of("log10(a / [吨])", "0,1"), Err(FlagCode::MissingUnknown));
    assert_eq!(of("if(b > [吨], a / [吨], 0)", ",0"), Ok("0".to_owned()), "the branch not taken is not needed");
    let scheme = Scheme::from_yaml(&yaml("a: 吨, b: 吨", &[("x", "无", "a / b"), ("y", "无", "x * 2")])).unwrap();
    let unit = &evaluate(&scheme, &read_csv("unit,a,b\nu,1,0\n", &scheme).unwrap()).unwrap().units[0];
    let (x, y) = (unit.item("x").unwrap(), unit.item("y").unwrap());
    assert_eq!((x.state, x.missing), (ItemState::Missing, Some(MissingState::Unknown)));
    assert!(codes(&x.flags).contains(&FlagCode::DivisionByZero), "{:?}", x.flags);
    assert_eq!(codes(&y.flags), [FlagCode::MissingUnknown]);
    assert_eq!(unit.coverage.reported, 0);
}

#[test]
fn the_state_of_a_missing_part_is_kept_and_a_bound_makes_the_result_approximate() {
    let scheme = Scheme::from_yaml(&yaml("a: 吨, b: 吨", &[("x", "吨", "a + b")])).unwrap();
    let missing = |status: &str| {
        let csv = format!("unit,indicator,value,status\nu,a,1,\nu,b,,{status}\n");
        evaluate(&scheme, &read_csv(&csv, &scheme).unwrap()).unwrap().units[0].item("x").unwrap().missing
    };
    assert_eq!(missing("late"), Some(MissingState::Late));
    assert_eq!(missing("refused"), Some(MissingState::Refused));
    let input = read_csv("unit,a,b,x:target\nu,≥1,2,4\n", &scheme).unwrap();
    let result = evaluate(&scheme, &input).unwrap();
    assert_eq!(codes(&result.units[0].items[0].flags), [FlagCode::Approximate]);
    assert_eq!(result.units[0].score.to_string(), "75.00");
}

#[test]
fn a_value_reported_beside_its_formula_is_a_fault_of_the_file() {
    let scheme = Scheme::from_yaml(&yaml("a: 吨, b: 吨", &[("x", "吨", "a + b")])).unwrap();
    let found = read_csv("unit,a,b,x\nu,1,2,5\n", &scheme).unwrap_err();
    assert_eq!((found[0].line, found[0].column.as_str()), (2, "x"));
}

#[test]
fn repeated_squaring_ends_and_is_flagged() {
    let mut chain = vec![("x0".to_owned(), "a * a * a".to_owned())];
    for step in 1..30 {
        chain.push((format!("x{step}"), format!("x{0} ^ 9", step - 1)));
    }
    let rows: Vec<(&str, &str, &str)> = chain.iter().map(|(id, text)| (id.as_str(), "无", text.as_str())).collect();
    let scheme = Scheme::from_yaml(&yaml("a: 无", &rows)).unwrap();
    let result = evaluate(&scheme, &read_csv("unit,a\nu,1.0000001\n", &scheme).unwrap()).unwrap();
    let undefined =
        result.units[0].items.iter().filter(|item| codes(&item.flags).contains(&FlagCode::FormulaUndefined));
    assert_eq!(undefined.count(), 1);
}

const INDEX: &str = "\
kind: index
id: i
version: '1'
title: {zh: 指数, en: index}
inputs: {recycled: 万吨, generated: 吨}
stages:
  - {stage: normalise, method: none}
  - {stage: aggregate, method: arithmetic}
index:
  id: I
  children:
    - {id: rate, unit: '%', formula: recycled / generated * 100, direction: higher_better}
    - {id: twice, unit: '%', formula: 2 * rate + b, direction: higher_better}
    - {id: b, unit: '%', direction: higher_better}
";

#[test]
fn an_index_has_derived_indicators_wide_and_long() {
    let scheme = IndexScheme::from_yaml(INDEX).unwrap_or_else(|errors| panic!("{errors}"));
    let run = |csv: &str| {
        let data = evaluation::index::read_csv(csv, &scheme).unwrap_or_else(|faults| panic!("{faults:?}"));
        evaluation::index::evaluate(&scheme, &data, Options::default()).unwrap()
    };
    let wide = run("u,recycled,generated,b\ny,1,0,7\nx,0.0003,6,1\n");
    let x = &wide.units[0];
    assert_eq!((x.nodes["rate"], x.nodes["twice"], x.nodes["b"]), (50.0, 101.0, 1.0));
    assert_eq!((x.coverage.reported, x.coverage.share), (3, 1.0));
    let y = &wide.units[1];
    assert!(y.nodes["rate"].is_nan() && y.nodes["twice"].is_nan());
    assert_eq!(y.flags.iter().map(|flag| flag.code).collect::<Vec<_>>(), [FlagCode::DivisionByZero]);
    assert_eq!((wide.undefined.len(), wide.undefined[0].indicator.as_str()), (1, "rate"));
    let long = "unit,indicator,value,status\nx,recycled,0.0003,\nx,generated,6,\nx,b,1,\n\
                y,recycled,,not_applicable\ny,generated,0,\ny,b,7,\n";
    let long = run(long);
    assert_eq!(long.units[0].nodes["twice"], 101.0);
    assert_eq!(long.units[1].coverage.not_applicable, 2);
    let faults = evaluation::index::read_csv("u,recycled,b,rate\nx,1,2,3\n", &scheme).unwrap_err();
    let columns: Vec<_> = faults.iter().map(|fault| fault.column.as_str()).collect();
    assert_eq!(columns, ["rate", "generated"]);
}

#[test]
fn a_unit_that_does_not_fit_is_refused_in_an_index_too() {
    let bad = INDEX.replace("recycled: 万吨", "recycled: 万元");
    let faults = IndexScheme::from_yaml(&bad).unwrap_err().0;
    assert_eq!((faults[0].path.as_str(), faults[0].line), ("index.children[0].formula", Some(12)));
    assert!(faults[0].rule.zh.contains("公式得到的单位是 元/吨，与指标的单位 % 不符"), "{}", faults[0].rule.zh);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_of_formulas_panic(text in "(a|b|1|2\\.5|\\+|-|\\*|/|\\^|\\(|\\)|,| |if|min|ln|<|=|\\[吨\\]|\\{a\\}|甲){0,40}") {
        let text = yaml("a: 吨, b: 元", &[("x", "吨", &text)]);
        let _ = Scheme::from_yaml(&text);
    }

    #[test]
    fn a_formula_does_not_depend_on_the_unit_its_parts_are_reported_in(a in 0i64..100_000, b in 1i64..100_000) {
        let plain = value("a: 吨, b: 吨", "%", "a / (a + b) * 100", &format!("unit,a,b\nu,{a},{b}\n"));
        let scaled = value("a: 千克, b: 吨", "%", "a / (a + b) * 100", &format!("unit,a,b\nu,{a}000,{b}\n"));
        prop_assert_eq!(plain, scaled);
    }
}

#[test]
fn the_cell_of_a_derived_indicator_keeps_its_target_only() {
    let scheme = Scheme::from_yaml(&yaml("a: 吨", &[("x", "吨", "a * 2")])).unwrap();
    let cells = [("u", "a", reported("3")), ("u", "x", against("1000", "8"))];
    let item = run(&scheme, &cells).units[0].items[0].clone();
    assert_eq!((item.inputs.value, item.inputs.target), (Some(decimal("6")), Some(decimal("8"))));
    assert!(matches!(cells[1].2.presence, Presence::Reported(_)));
}
