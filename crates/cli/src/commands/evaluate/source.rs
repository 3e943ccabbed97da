//! The files of an evaluation: text of a scheme, and a table of data as CSV text whatever its file is.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use domain::Text;
use evaluation::DataFault;

use crate::failure::{Failure, Fault, Outcome};

/// The text of a file.
pub(super) fn text(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| {
        if error.kind() == io::ErrorKind::InvalidData {
            let file = path.display();
            return Failure::failed(
                format!("无法读取 {file}：内容不是 UTF-8 文本；请另存为 UTF-8 编码"),
                format!("cannot read {file}: it is not UTF-8 text; save it as UTF-8"),
            );
        }
        Failure::unreadable(path, &error)
    })
}

/// Data of an evaluation.
#[derive(Debug)]
pub(super) struct Table {
    file: PathBuf,
    /// As CSV.
    pub(super) text: String,
    /// Whether the file has a line for the header. Parquet has none: there, row 1 is the first row of data.
    header_line: bool,
}

impl Table {
    /// The table of a file. Parquet is known by its name.
    pub(super) fn read(path: &Path) -> Outcome<Self> {
        let parquet = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"));
        let text = if parquet { parquet_text(path)? } else { text(path)? };
        Ok(Self { file: path.to_owned(), text, header_line: !parquet })
    }

    /// What is wrong with the table, as a refusal.
    pub(super) fn refusal(&self, faults: Vec<DataFault>) -> Failure {
        let file = self.file.display();
        let faults = faults.into_iter().map(|fault| {
            let header = fault.line <= 1;
            let line = if self.header_line { Some(fault.line) } else { fault.line.checked_sub(1) };
            let action = if header {
                Text::new("请补上、改正或删去此列", "add, correct or remove the column")
            } else {
                Text::new("请改正这一格", "correct this cell")
            };
            Fault {
                line: line.filter(|line| *line > 0),
                field: fault.column,
                reason: String::new(),
                value: fault.value,
                rule: Text::new(fault.rule.zh, fault.rule.en),
                allowed: String::new(),
                action,
            }
        });
        Failure::refused(
            format!("数据表 {file} 有误，未计算"),
            format!("the table {file} has faults; nothing was computed"),
            faults.collect(),
        )
    }
}

#[cfg(not(feature = "parquet"))]
fn parquet_text(path: &Path) -> Outcome<String> {
    let file = path.display();
    Err(Failure::failed(
        format!(
            "此程序未带 Parquet：{file}；请转为 CSV，或用 cargo run -p cli --bin wufei 代替 cargo demo 所构建的程序"
        ),
        format!(
            "this program was built without Parquet: {file}; convert it to CSV, or use cargo run -p cli --bin wufei instead of \
             what cargo demo has built"
        ),
    ))
}

/// The rows of a Parquet file: a header of the column names, then a row of texts for each row; a null is empty.
#[cfg(feature = "parquet")]
fn parquet_text(path: &Path) -> Outcome<String> {
    let file = fs::File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
    super::columnar::csv(file).map_err(|fault| {
        let (file, Text { zh, en }) = (path.display(), fault);
        Failure::refused(
            format!("无法读取 Parquet 文件 {file}：{zh}"),
            format!("cannot read the Parquet file {file}: {en}"),
            Vec::new(),
        )
    })
}
