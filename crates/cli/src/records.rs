//! Records as rows of a table: the columns that matter for the kinds that people look at most, and the plain fields of any
//! other kind.

mod cases;

use domain::{Colour, FundSource, FundingStage, Lang, Measure, ObservationStatus, Scope, StatementKind};
use serde_json::Value;

use crate::screen::Screen;

/// Most plain fields that fit on a screen.
const MOST_COLUMNS: usize = 7;

/// A column: its header in both languages, and how its cell is read.
struct Column {
    zh: &'static str,
    en: &'static str,
    cell: fn(&Value, Lang) -> String,
}

/// Prints records of one kind.
pub(crate) fn print(screen: &Screen, kind: &str, records: &[Value]) {
    if records.is_empty() {
        screen.say("没有记录", "no records");
        return;
    }
    let columns = columns(kind);
    let table = if columns.is_empty() {
        plain(screen, records)
    } else {
        let mut table = screen.table(&columns.iter().map(|column| (column.zh, column.en)).collect::<Vec<_>>());
        for record in records {
            table.add_row(columns.iter().map(|column| (column.cell)(record, screen.lang())));
        }
        table
    };
    screen.line(table);
}

/// Prints one record field by field.
pub(crate) fn print_one(screen: &Screen, record: &Value) {
    let mut table = screen.table(&[("项目", "field"), ("内容", "content")]);
    let mut rows = Vec::new();
    flatten("", record, &mut rows);
    for (field, content) in rows {
        table.add_row([field, content]);
    }
    screen.line(table);
}

fn columns(kind: &str) -> &'static [Column] {
    const NAME: Column = Column { zh: "名称", en: "name", cell: |r, _| at(r, "/name") };
    const REGION: Column = Column { zh: "地区", en: "region", cell: |r, _| at(r, "/region") };
    const PERIOD: Column = Column { zh: "时期", en: "period", cell: period };
    const REVISION: Column = Column { zh: "版本", en: "revision", cell: |r, _| at(r, "/record/revision") };
    const TITLE: Column = Column { zh: "标题", en: "title", cell: |r, _| at(r, "/title") };
    match kind {
        "report-texts" => &[
            NAME,
            PERIOD_TEXT,
            Column { zh: "章节", en: "chapter", cell: chapter },
            REVISION,
            Column { zh: "作者", en: "author", cell: |r, _| at(r, "/record/provenance/principal") },
            Column { zh: "时间", en: "time", cell: |r, _| at(r, "/record/createTime") },
            Column { zh: "字数", en: "characters", cell: |r, _| at(r, "/text").chars().count().to_string() },
        ],
        "observations" => &[
            NAME,
            Column { zh: "指标", en: "indicator", cell: |r, _| at(r, "/indicator") },
            REGION,
            PERIOD,
            Column {
                zh: "口径",
                en: "scope",
                cell: |r, lang| {
                    named(r, "/scope", "SCOPE_", |code| Scope::from_code(code).map(|found| found.label(lang)))
                },
            },
            Column {
                zh: "性质",
                en: "measure",
                cell: |r, lang| {
                    named(r, "/measure", "MEASURE_", |code| Measure::from_code(code).map(|found| found.label(lang)))
                },
            },
            Column { zh: "数值", en: "value", cell: value },
            Column { zh: "状态", en: "status", cell: status },
            REVISION,
        ],
        "statements" => &[
            NAME,
            Column {
                zh: "类别",
                en: "kind",
                cell: |r, lang| {
                    named(r, "/kind", "STATEMENT_KIND_", |code| {
                        StatementKind::from_code(code).map(|found| found.label(lang))
                    })
                },
            },
            REGION,
            PERIOD,
            Column { zh: "事项", en: "subject", cell: |r, _| at(r, "/subject") },
            Column { zh: "内容", en: "text", cell: |r, _| at(r, "/text") },
            REVISION,
        ],
        "funding-lines" => &[
            NAME,
            Column { zh: "项目", en: "for", cell: |r, _| at(r, "/project") + &at(r, "/group") },
            Column {
                zh: "阶段",
                en: "stage",
                cell: |r, lang| {
                    named(r, "/stage", "FUNDING_STAGE_", |code| {
                        FundingStage::from_code(code).map(|found| found.label(lang))
                    })
                },
            },
            Column {
                zh: "来源",
                en: "source",
                cell: |r, lang| {
                    named(r, "/source", "FUND_SOURCE_", |code| {
                        FundSource::from_code(code).map(|found| found.label(lang))
                    })
                },
            },
            Column { zh: "金额", en: "amount", cell: |r, _| at(r, "/amount/amount/value") + &at(r, "/amount/unit") },
            Column { zh: "元", en: "yuan", cell: |r, _| at(r, "/amount/yuan/value") },
            PERIOD,
            REVISION,
        ],
        "funding-projects" => &[NAME, TITLE, REGION, REVISION],
        "commitments" => &[
            NAME,
            Column { zh: "序号", en: "number", cell: |r, _| at(r, "/sequence") },
            Column { zh: "事项", en: "promise", cell: |r, _| at(r, "/text") },
            Column { zh: "时限", en: "deadline", cell: |r, _| at(r, "/deadline") },
            Column { zh: "灯", en: "light", cell: light },
            Column { zh: "理由", en: "why", cell: |r, lang| in_language(r, "/lightReason", lang) },
        ],
        "share-requests" => &[NAME, cases::DATA, cases::REQUESTER, cases::REQUEST_STATE, cases::DUE],
        "quality-tickets" => &[NAME, cases::FIGURE, cases::REQUESTER, cases::TICKET_STATE, cases::DUE],
        "runs" | "evaluation-runs" => &[
            NAME,
            Column { zh: "方案", en: "scheme", cell: |r, _| at(r, "/scheme") },
            PERIOD_TEXT,
            Column { zh: "状态", en: "state", cell: run_state_name },
            Column { zh: "结果校验值", en: "result digest", cell: |r, _| start(&at(r, "/resultDigest")) },
        ],
        "schemes" => &[
            NAME,
            Column { zh: "标题", en: "title", cell: |r, lang| in_language(r, "/title", lang) },
            Column { zh: "版本", en: "version", cell: |r, _| at(r, "/version") },
            Column { zh: "状态", en: "state", cell: |r, lang| scheme_state(&at(r, "/state"), lang) },
            Column { zh: "摘要", en: "digest", cell: |r, _| start(&at(r, "/digest")) },
        ],
        "reports" => &[
            NAME,
            Column { zh: "期次", en: "edition", cell: |r, _| at(r, "/edition") },
            Column { zh: "时间", en: "made", cell: |r, _| at(r, "/createTime") },
            Column { zh: "校验值", en: "digest", cell: |r, _| start(&at(r, "/contentDigest")) },
        ],
        "entries" => &[
            Column { zh: "序号", en: "index", cell: |r, _| at(r, "/index") },
            Column { zh: "方法", en: "method", cell: |r, _| at(r, "/envelope/method") },
            Column { zh: "主体", en: "principal", cell: |r, _| at(r, "/envelope/principal") },
            Column { zh: "时间", en: "time", cell: |r, _| at(r, "/envelope/receiveTime") },
            Column { zh: "叶哈希", en: "leaf hash", cell: |r, _| start(&at(r, "/leafHash")) },
        ],
        _ => &[],
    }
}

const PERIOD_TEXT: Column = Column { zh: "时期", en: "period", cell: |r, _| at(r, "/period") };

/// The scalar fields that the records have, in the order in which they appear.
fn plain(screen: &Screen, records: &[Value]) -> comfy_table::Table {
    let mut fields: Vec<String> = Vec::new();
    for record in records.iter().filter_map(Value::as_object) {
        for (field, value) in record {
            let scalar = !value.is_array() && (!value.is_object() || value.get("value").is_some() || is_text(value));
            if scalar && !fields.contains(field) && field != "yaml" {
                fields.push(field.clone());
            }
        }
    }
    // The name comes first wherever the JSON has it.
    fields.sort_by_key(|field| !matches!(field.as_str(), "name" | "code"));
    fields.truncate(MOST_COLUMNS);
    let mut table = screen.table(&fields.iter().map(|field| (field.as_str(), field.as_str())).collect::<Vec<_>>());
    for record in records {
        table.add_row(
            fields.iter().map(|field| record.get(field).map(|value| scalar(screen, value)).unwrap_or_default()),
        );
    }
    table
}

/// A text of the contract in one language.
fn in_language(record: &Value, pointer: &str, lang: Lang) -> String {
    let language = match lang {
        Lang::Zh => "zh",
        Lang::En => "en",
    };
    at(record, &format!("{pointer}/{language}"))
}

fn scalar(screen: &Screen, value: &Value) -> String {
    if is_text(value) {
        return in_language(value, "", screen.lang());
    }
    match value.pointer("/value") {
        Some(inner) => plain_text(inner),
        None => plain_text(value),
    }
}

fn is_text(value: &Value) -> bool {
    value.get("zh").is_some()
}

fn flatten(path: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (field, inner) in fields {
                let path = if path.is_empty() { field.clone() } else { format!("{path}.{field}") };
                flatten(&path, inner, rows);
            }
        }
        Value::Array(items) => {
            for (place, inner) in items.iter().enumerate() {
                flatten(&format!("{path}[{place}]"), inner, rows);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            rows.push((path.to_owned(), plain_text(value)));
        }
    }
}

/// The text at a JSON pointer; empty where nothing stands.
pub(crate) fn at(record: &Value, pointer: &str) -> String {
    record.pointer(pointer).map(plain_text).unwrap_or_default()
}

fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// The value of a closed list by its name in the reader's language; one that this program does not know by its code.
fn named(record: &Value, pointer: &str, prefix: &str, name: impl Fn(&str) -> Option<&'static str>) -> String {
    let code = at(record, pointer).trim_start_matches(prefix).to_lowercase().replace('_', "-");
    name(&code).map_or(code, str::to_owned)
}

fn status(record: &Value, lang: Lang) -> String {
    let known = |code: &str| {
        let status = match code {
            "normal" => ObservationStatus::Normal,
            "estimated" => ObservationStatus::Estimated,
            "provisional" => ObservationStatus::Provisional,
            "not-applicable" => ObservationStatus::NotApplicable,
            "not-collected" => ObservationStatus::NotCollected,
            "missing" => ObservationStatus::Missing,
            _ => return None,
        };
        Some(status.label(lang))
    };
    named(record, "/status", "OBSERVATION_STATUS_", known)
}

/// The state of a scheme in words.
pub(crate) fn scheme_state(state: &str, lang: Lang) -> String {
    let (zh, en) = match state {
        "SCHEME_STATE_DRAFT" => ("草稿", "draft"),
        "SCHEME_STATE_PROPOSED" => ("待发布", "proposed"),
        "SCHEME_STATE_PUBLISHED" => ("已发布", "published"),
        other => (other, other),
    };
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => en.to_owned(),
    }
}

/// The state of a run in words.
pub(crate) fn run_state_name(run: &Value, lang: Lang) -> String {
    named(run, "/state", "RUN_STATE_", |code| run_state(code, lang))
}

fn run_state(code: &str, lang: Lang) -> Option<&'static str> {
    let (zh, en) = match code {
        "running" => ("计算中", "running"),
        "succeeded" => ("已完成", "succeeded"),
        "failed" => ("失败", "failed"),
        "cancelled" => ("已取消", "cancelled"),
        _ => return None,
    };
    Some(match lang {
        Lang::Zh => zh,
        Lang::En => en,
    })
}

fn period(record: &Value, lang: Lang) -> String {
    let assumed = record.pointer("/period/assumed") == Some(&Value::Bool(true));
    let mark = match lang {
        _ if !assumed => "",
        Lang::Zh => "（推定）",
        Lang::En => " (assumed)",
    };
    at(record, "/period/value") + mark
}

fn value(record: &Value, _: Lang) -> String {
    let sign = match at(record, "/qualifier").as_str() {
        "QUALIFIER_AT_LEAST" => "≥",
        "QUALIFIER_AT_MOST" => "≤",
        "QUALIFIER_ABOUT" => "≈",
        _ => "",
    };
    let number = at(record, "/value/value/value");
    if number.is_empty() { at(record, "/textValue") } else { format!("{sign}{number}{}", at(record, "/value/unit")) }
}

fn light(record: &Value, lang: Lang) -> String {
    let code = at(record, "/light").trim_start_matches("LIGHT_").to_lowercase();
    let Some(colour) = Colour::from_code(&code) else { return String::new() };
    let sign = match colour {
        Colour::Red => "🔴",
        Colour::Yellow => "🟡",
        Colour::Blue => "🔵",
        Colour::Green => "🟢",
        Colour::Grey => "⚪",
    };
    format!("{sign} {}", colour.label(lang))
}

fn start(digest: &str) -> String {
    digest.chars().take(12).collect()
}

/// What people call the chapter of a text.
fn chapter(text: &Value, lang: Lang) -> String {
    let (zh, en) = match at(text, "/chapter").as_str() {
        "REPORT_CHAPTER_CONCLUSION" => ("评价结论", "conclusion"),
        "REPORT_CHAPTER_EXPERIENCE" => ("主要经验及做法", "experience and practice"),
        "REPORT_CHAPTER_PROBLEMS" => ("存在问题及原因分析", "problems and their causes"),
        "REPORT_CHAPTER_RECOMMENDATIONS" => ("有关建议", "recommendations"),
        "REPORT_CHAPTER_OTHER" => ("其他需说明的问题", "other matters"),
        other => return other.to_owned(),
    };
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => en.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_shown_with_its_bound_and_unit() {
        let record = json!({"value": {"value": {"value": "35"}, "unit": "%"}, "qualifier": "QUALIFIER_AT_LEAST"});
        assert_eq!(value(&record, Lang::Zh), "≥35%");
        assert_eq!(value(&json!({"textValue": "已印发"}), Lang::Zh), "已印发");
    }
}
