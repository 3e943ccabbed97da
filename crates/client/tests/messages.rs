//! Typed messages as proto JSON and back.

use client::{
    CallError,
    dynamic::{from_json, to_json},
};
use contracts::{
    common::v1::{Decimal, Period, Quantity, Scope},
    exchange::v1::{GetObservationResponse, Observation},
    log::v1::Entry,
};
use serde_json::json;

const OBSERVATION: &str = "wufei.exchange.v1.Observation";

#[test]
fn a_message_survives_the_way_to_json_and_back() {
    let value = Quantity { value: Some(Decimal { value: "35.0".to_owned() }), unit: "%".to_owned() };
    let observation = Observation {
        indicator: "ZWC2021-26".to_owned(),
        period: Some(Period { value: "2024".to_owned(), assumed: true }),
        scope: Scope::MainUrban as i32,
        value: Some(value),
        ..Default::default()
    };
    let json = to_json(OBSERVATION, &observation).unwrap();
    assert_eq!(json["scope"], "SCOPE_MAIN_URBAN");
    assert_eq!(json["value"]["value"]["value"], "35.0", "no digit of a value is lost");
    assert!(json.get("note").is_none(), "unset fields are left out");
    assert_eq!(from_json::<Observation>(OBSERVATION, json).unwrap(), observation);
}

#[test]
fn large_numbers_and_bytes_keep_every_digit() {
    let entry = Entry { index: u64::MAX, leaf: vec![0, 255], ..Entry::default() };
    let json = to_json("wufei.log.v1.Entry", &entry).unwrap();
    assert_eq!(json, json!({"index": "18446744073709551615", "leaf": "AP8="}));
    assert_eq!(from_json::<Entry>("wufei.log.v1.Entry", json).unwrap(), entry);
}

#[test]
fn a_faulty_field_is_named_by_its_path() {
    let json = json!({"observation": {"period": {"valu": "2024"}}});
    let error = from_json::<GetObservationResponse>("wufei.exchange.v1.GetObservationResponse", json).unwrap_err();
    let CallError::Json(fault) = &error else { panic!("{error}") };
    assert!(fault.path.starts_with("observation.period"), "{fault}");
    assert!(fault.what.contains("valu"), "{fault}");
    assert!(error.text().zh.contains("observation.period"));
}

#[test]
fn an_unknown_type_is_named() {
    let error = to_json("wufei.exchange.v1.Nothing", &Observation::default()).unwrap_err();
    assert!(matches!(error, CallError::UnknownMessage { message } if message == "wufei.exchange.v1.Nothing"));
}
