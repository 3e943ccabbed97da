//! A Parquet file as CSV text, for the readers of tables.

use std::fs::File;

use domain::Text;
use parquet::{
    errors::ParquetError,
    file::reader::{FileReader as _, SerializedFileReader},
    record::Field,
};

/// Header and rows of a file.
///
/// A null and a float that is not a number are empty cells; a float is written with the fewest digits that read back as it.
pub(super) fn csv(file: File) -> Result<String, Text> {
    let damaged = |error: ParquetError| {
        Text::new(format!("文件已损坏或不是 Parquet（{error}）；请重新导出"), format!("{error}; export it again"))
    };
    let reader = SerializedFileReader::new(file).map_err(damaged)?;
    let columns: Vec<String> =
        reader.metadata().file_metadata().schema().get_fields().iter().map(|field| field.name().to_owned()).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let unwritten = |error: csv::Error| Text::new(error.to_string(), error.to_string());
    writer.write_record(&columns).map_err(unwritten)?;
    for (at, row) in reader.get_row_iter(None).map_err(damaged)?.enumerate() {
        let row = row.map_err(damaged)?;
        let mut cells = Vec::with_capacity(columns.len());
        for (column, field) in row.get_column_iter() {
            cells.push(cell(field).ok_or_else(|| not_flat(at + 1, column))?);
        }
        writer.write_record(&cells).map_err(unwritten)?;
    }
    let bytes = writer.into_inner().map_err(|error| Text::new(error.to_string(), error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Text::new(error.to_string(), error.to_string()))
}

/// One cell as text, on one line so that lines count rows; none where it holds more than one value or no text.
fn cell(field: &Field) -> Option<String> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other kind is one value and writes itself")]
    let text = match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Bytes(bytes) => bytes.as_utf8().ok()?.to_owned(),
        Field::Float(number) => float(f64::from(*number), number),
        Field::Double(number) => float(*number, number),
        Field::Group(_) | Field::ListInternal(_) | Field::MapInternal(_) => return None,
        plain => plain.to_string(),
    };
    Some(text.replace(['\r', '\n'], " "))
}

fn float(number: f64, text: &impl ToString) -> String {
    if number.is_nan() { String::new() } else { text.to_string() }
}

fn not_flat(row: usize, column: &str) -> Text {
    Text::new(
        format!("第{row}行 {column} 列不是单个数值或文本；请展开嵌套的列"),
        format!("row {row}, column {column}: it is no single number or text; flatten nested columns"),
    )
}
