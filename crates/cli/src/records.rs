//! Records as rows of a table: the columns that matter for the kinds that people look at most, and the plain fields of any
//! other kind.

use serde_json::Value;

use crate::screen::Screen;

/// Most plain fields that fit on a screen.
const MOST_COLUMNS: usize = 7;

/// A column: its header in both languages, and how its cell is read.
struct Column {
    zh: &'static str,
    en: &'static str,
    cell: fn(&Value) -> String,
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
            table.add_row(columns.iter().map(|column| (column.cell)(record)));
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
    const NAME: Column = Column { zh: "名称", en: "name", cell: |r| at(r, "/name") };
    const REGION: Column = Column { zh: "地区", en: "region", cell: |r| at(r, "/region") };
    const PERIOD: Column = Column { zh: "时期", en: "period", cell: period };
    const REVISION: Column = Column { zh: "版本", en: "revision", cell: |r| at(r, "/record/revision") };
    const TITLE: Column = Column { zh: "标题", en: "title", cell: |r| at(r, "/title") };
    match kind {
        "observations" => &[
            NAME,
            Column { zh: "指标", en: "indicator", cell: |r| at(r, "/indicator") },
            REGION,
            PERIOD,
            Column { zh: "口径", en: "scope", cell: |r| short(r, "/scope", "SCOPE_") },
            Column { zh: "性质", en: "measure", cell: |r| short(r, "/measure", "MEASURE_") },
            Column { zh: "数值", en: "value", cell: value },
            Column { zh: "状态", en: "status", cell: |r| short(r, "/status", "OBSERVATION_STATUS_") },
            REVISION,
        ],
        "statements" => &[
            NAME,
            Column { zh: "类别", en: "kind", cell: |r| short(r, "/kind", "STATEMENT_KIND_") },
            REGION,
            PERIOD,
            Column { zh: "事项", en: "subject", cell: |r| at(r, "/subject") },
            Column { zh: "内容", en: "text", cell: |r| at(r, "/text") },
            REVISION,
        ],
        "funding-lines" => &[
            NAME,
            Column { zh: "项目", en: "for", cell: |r| at(r, "/project") + &at(r, "/group") },
            Column { zh: "阶段", en: "stage", cell: |r| short(r, "/stage", "FUNDING_STAGE_") },
            Column { zh: "来源", en: "source", cell: |r| short(r, "/source", "FUND_SOURCE_") },
            Column { zh: "金额", en: "amount", cell: |r| at(r, "/amount/amount/value") + &at(r, "/amount/unit") },
            Column { zh: "元", en: "yuan", cell: |r| at(r, "/amount/yuan/value") },
            PERIOD,
            REVISION,
        ],
        "funding-projects" => &[NAME, TITLE, REGION, REVISION],
        "commitments" => &[
            NAME,
            Column { zh: "序号", en: "number", cell: |r| at(r, "/sequence") },
            Column { zh: "事项", en: "promise", cell: |r| at(r, "/text") },
            Column { zh: "时限", en: "deadline", cell: |r| at(r, "/deadline") },
            Column { zh: "灯", en: "light", cell: light },
        ],
        "runs" | "evaluation-runs" => &[
            NAME,
            Column { zh: "方案", en: "scheme", cell: |r| at(r, "/scheme") },
            PERIOD_TEXT,
            Column { zh: "状态", en: "state", cell: |r| short(r, "/state", "RUN_STATE_") },
            Column { zh: "结果校验值", en: "result digest", cell: |r| start(&at(r, "/resultDigest")) },
        ],
        "reports" => &[
            NAME,
            Column { zh: "期次", en: "edition", cell: |r| at(r, "/edition") },
            Column { zh: "时间", en: "made", cell: |r| at(r, "/createTime") },
            Column { zh: "校验值", en: "digest", cell: |r| start(&at(r, "/contentDigest")) },
        ],
        "entries" => &[
            Column { zh: "序号", en: "index", cell: |r| at(r, "/index") },
            Column { zh: "方法", en: "method", cell: |r| at(r, "/envelope/method") },
            Column { zh: "主体", en: "principal", cell: |r| at(r, "/envelope/principal") },
            Column { zh: "时间", en: "time", cell: |r| at(r, "/envelope/receiveTime") },
            Column { zh: "叶哈希", en: "leaf hash", cell: |r| start(&at(r, "/leafHash")) },
        ],
        _ => &[],
    }
}

const PERIOD_TEXT: Column = Column { zh: "时期", en: "period", cell: |r| at(r, "/period") };

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

fn scalar(screen: &Screen, value: &Value) -> String {
    if is_text(value) {
        return at(value, screen.text("/zh", "/en"));
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

fn short(record: &Value, pointer: &str, prefix: &str) -> String {
    at(record, pointer).trim_start_matches(prefix).to_lowercase().replace('_', "-")
}

fn period(record: &Value) -> String {
    let assumed = record.pointer("/period/assumed") == Some(&Value::Bool(true));
    at(record, "/period/value") + if assumed { "（推定）" } else { "" }
}

fn value(record: &Value) -> String {
    let sign = match at(record, "/qualifier").as_str() {
        "QUALIFIER_AT_LEAST" => "≥",
        "QUALIFIER_AT_MOST" => "≤",
        "QUALIFIER_ABOUT" => "≈",
        _ => "",
    };
    let number = at(record, "/value/value/value");
    if number.is_empty() { at(record, "/textValue") } else { format!("{sign}{number}{}", at(record, "/value/unit")) }
}

fn light(record: &Value) -> String {
    match at(record, "/light").as_str() {
        "LIGHT_RED" => "🔴 红 red",
        "LIGHT_YELLOW" => "🟡 黄 yellow",
        "LIGHT_BLUE" => "🔵 蓝 blue",
        "LIGHT_GREEN" => "🟢 绿 green",
        "LIGHT_GREY" => "⚪ 灰 grey",
        _ => "",
    }
    .to_owned()
}

fn start(digest: &str) -> String {
    digest.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_shown_with_its_bound_and_unit() {
        let record = json!({"value": {"value": {"value": "35"}, "unit": "%"}, "qualifier": "QUALIFIER_AT_LEAST"});
        assert_eq!(value(&record), "≥35%");
        assert_eq!(value(&json!({"textValue": "已印发"})), "已印发");
    }
}
