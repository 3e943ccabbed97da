//! Figures that are on record already: what a table says of them in another way is a correction, and what was returned is submitted anew.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Submission, Table};

/// Corrects one figure.
const UPDATE: &str = "wufei.exchange.v1.ObservationIngestService/UpdateObservation";
/// What every table says of a figure beside its key.
const ALWAYS: [&str; 8] = ["value", "qualifier", "status", "numerator", "denominator", "textValue", "evidence", "note"];
/// What only some tables say; left out, it stays as it is.
const IF_SAID: [&str; 4] = ["reportedLabel", "reportingParty", "sourceDepartment", "citation"];

/// Why figures on record are corrected.
#[derive(Clone, Copy, Debug)]
pub struct Why<'a> {
    /// `CORRECTION_REASON_…`.
    pub reason: &'a str,
    /// In the clerk's words.
    pub note: &'a str,
}

/// The figures of a node and which of its submissions were returned.
#[derive(Clone, Debug, Default)]
pub struct OnRecord {
    figures: BTreeMap<String, Value>,
    returned: BTreeSet<String>,
}

/// What becomes of the rows of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// The batch of what is new, if anything is, then each correction.
    pub submissions: Vec<Submission>,
    /// Rows that are on record as they are, and were not returned: not sent.
    pub unchanged: usize,
}

impl OnRecord {
    /// From the answers of `ListObservations` and `ListEndorsements`, as proto JSON.
    #[must_use]
    pub fn new(observations: &[Value], endorsements: &[Value]) -> Self {
        let returned = endorsements.iter().filter(|said| said["verdict"] == "ENDORSEMENT_VERDICT_RETURNED");
        Self {
            figures: observations.iter().map(|figure| (key(figure), figure.clone())).collect(),
            returned: returned.map(|said| index(&said["logIndex"])).collect(),
        }
    }

    /// Takes what is on record out of a submission of figures; other submissions stay as they are.
    #[must_use]
    pub fn split(&self, submission: Submission, why: Why<'_>) -> Split {
        if submission.method != Table::Observations.method() {
            return Split { submissions: vec![submission], unchanged: 0 };
        }
        let Submission { method, mut request, lines } = submission;
        let items = request["requests"].as_array_mut().map(std::mem::take).unwrap_or_default();
        let (mut new, mut new_lines, mut corrections, mut unchanged) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for (item, line) in items.into_iter().zip(lines) {
            let Some(held) = self.figures.get(&key(&item["observation"])) else {
                new.push(item);
                new_lines.push(line);
                continue;
            };
            let returned =
                Some(index(&held["record"]["provenance"]["logIndex"])).filter(|at| self.returned.contains(at));
            let figure = &item["observation"];
            if returned.is_none() && says(figure, held) {
                unchanged += 1;
                continue;
            }
            let note = match returned {
                Some(index) => format!("替换已退回的第 {index} 条报送：{}", why.note),
                None => why.note.to_owned(),
            };
            let name = held["name"].as_str().unwrap_or_default();
            let etag = held["record"]["etag"].as_str().unwrap_or_default();
            let request = correction(figure, name, etag, Why { note: &note, ..why });
            corrections.push(Submission { method: UPDATE, request, lines: vec![line] });
        }
        let mut submissions = Vec::with_capacity(corrections.len() + 1);
        if !new.is_empty() {
            request["requests"] = new.into();
            submissions.push(Submission { method, request, lines: new_lines });
        }
        submissions.append(&mut corrections);
        Split { submissions, unchanged }
    }
}

/// The request that corrects a figure, without its request id: `figure` is what it is to say, as in a batch (proto JSON), `name` and `etag`
/// are those of the revision on record.
#[must_use]
pub fn correction(figure: &Value, name: &str, etag: &str, why: Why<'_>) -> Value {
    let mut observation = figure.clone();
    observation["name"] = name.into();
    json!({
        "observation": observation, "updateMask": said(figure).join(","), "etag": etag,
        "correction": { "reason": why.reason, "note": why.note },
    })
}

/// The fields of which a figure says something.
fn said(figure: &Value) -> Vec<&'static str> {
    ALWAYS.into_iter().chain(IF_SAID.into_iter().filter(|field| !figure[field].is_null())).collect()
}

/// Whether a figure says nothing that is not on record.
fn says(figure: &Value, held: &Value) -> bool {
    said(figure).into_iter().all(|field| plain(field, &figure[field]) == plain(field, &held[field]))
}

/// A field without what makes no difference: zeros at the end of a number, and what the node adds to evidence.
fn plain(field: &str, value: &Value) -> Value {
    let number = |value: &Value| {
        let text = value["value"].as_str().unwrap_or_default();
        text.parse::<Decimal>().map_or_else(|_| text.to_owned(), |number| number.normalize().to_string())
    };
    match field {
        "value" => json!([number(&value["value"]), value["unit"].as_str().unwrap_or_default()]),
        "numerator" | "denominator" => number(value).into(),
        "evidence" => {
            let titles = value.as_array().into_iter().flatten();
            titles.map(|one| one["title"].clone()).collect()
        }
        "citation" => value.clone(),
        _ => value.as_str().unwrap_or_default().into(),
    }
}

/// What makes a figure the same.
fn key(figure: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parts =
        [&figure["indicator"], &figure["region"], &figure["period"]["value"], &figure["scope"], &figure["measure"]];
    parts.map(text).join("|")
}

/// An index of the log in proto JSON, which leaves zero out.
fn index(value: &Value) -> String {
    value.as_str().unwrap_or("0").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "indicator,region,period,scope,measure,value,unit,qualifier,status,note\n\
                         ZWC2021-26,140100,2024,WHOLE_CITY,ACTUAL,35.0,%,AT_LEAST,NORMAL,模拟数据\n\
                         ZWC2021-25,140100,2024,WHOLE_CITY,ACTUAL,91,%,EQUAL,NORMAL,模拟数据\n\
                         ZWC2021-11,140100,2024,WHOLE_CITY,ACTUAL,250,万吨,EQUAL,NORMAL,模拟数据\n";
    const WHY: Why<'_> = Why { reason: "CORRECTION_REASON_CLERICAL_ERROR", note: "B2" };

    fn held(indicator: &str, value: &str, qualifier: &str, log_index: &str) -> Value {
        json!({
            "name": format!("departments/city-140100/observations/{indicator}"), "indicator": indicator, "region": "140100",
            "period": { "value": "2024" }, "scope": "SCOPE_WHOLE_CITY", "measure": "MEASURE_ACTUAL",
            "value": { "value": { "value": value }, "unit": "%" }, "qualifier": qualifier,
            "status": "OBSERVATION_STATUS_NORMAL", "note": "模拟数据", "sourceDepartment": "住建",
            "record": { "etag": "e1", "provenance": { "logIndex": log_index } },
        })
    }

    fn split(endorsements: &[Value]) -> Split {
        let figures =
            [held("ZWC2021-26", "35", "QUALIFIER_AT_LEAST", "7"), held("ZWC2021-25", "90", "QUALIFIER_EQUAL", "8")];
        let table = super::super::read_table(Table::Observations, "city-140100", TABLE).unwrap().remove(0);
        OnRecord::new(&figures, endorsements).split(table, WHY)
    }

    #[test]
    fn what_is_on_record_is_not_sent_again_and_another_value_corrects_its_revision() {
        let Split { submissions, unchanged } = split(&[]);
        assert_eq!(unchanged, 1);
        let [new, correction] = submissions.as_slice() else { panic!("{submissions:?}") };
        assert_eq!((new.request["requests"].as_array().unwrap().len(), new.lines.as_slice()), (1, &[4][..]));
        assert_eq!(new.request["requests"][0]["observation"]["indicator"], "ZWC2021-11");
        assert_eq!((correction.method, correction.lines.as_slice()), (UPDATE, &[3][..]));
        let request = &correction.request;
        assert_eq!(request["observation"]["name"], "departments/city-140100/observations/ZWC2021-25");
        assert_eq!((&request["etag"], &request["correction"]["note"]), (&json!("e1"), &json!("B2")));
        assert_eq!(request["updateMask"], ALWAYS.join(","), "what the table does not say stays");
    }

    #[test]
    fn what_was_returned_is_submitted_anew_whether_it_changed_or_not_and_says_what_it_replaces() {
        let said = json!({ "logIndex": "7", "verdict": "ENDORSEMENT_VERDICT_RETURNED" });
        let Split { submissions, unchanged } = split(&[said]);
        assert_eq!((submissions.len(), unchanged), (3, 0));
        assert_eq!(submissions[1].request["correction"]["note"], "替换已退回的第 7 条报送：B2");
        assert_eq!(submissions[2].request["correction"]["note"], "B2", "this one was not returned");
    }
}
