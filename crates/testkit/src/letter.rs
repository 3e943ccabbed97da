//! The data of letter 晋环提函〔2025〕35号 as the calls that its departments make.

use std::{fs, io, path::Path};

use anyhow::Context as _;
use client::{Table, read_table};
use serde_json::Value;

/// One call of a method.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// `package.Service/Method`.
    pub method: String,
    /// The request as proto JSON, with its request id.
    pub request: Value,
}

impl Call {
    /// A call with a request id that follows from its content: sent twice, it is recognised.
    #[must_use]
    pub fn new(department: &str, method: impl Into<String>, mut request: Value) -> Self {
        let method = method.into();
        let id = client::request_id(department, &method, &request).to_string();
        if let Some(fields) = request.as_object_mut() {
            fields.insert("requestId".to_owned(), id.into());
        }
        Self { method, request }
    }
}

/// What a department submits, in order; for the aggregator the follow-up.
///
/// # Errors
/// When a file of the data set is not sound.
pub fn letter(department: &str) -> anyhow::Result<Vec<Call>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/demo/letter").join(department);
    let mut calls = Vec::new();
    if let Some(text) = read(&folder.join("calls.json"))? {
        let listed: Vec<Value> = serde_json::from_str(&text)?;
        for mut call in listed {
            let method = call["method"].as_str().context("a call without a method")?.to_owned();
            calls.push(Call::new(department, method, call["request"].take()));
        }
    }
    // A funding line names a project or a group, so money comes last.
    for (table, file) in [
        (Table::Statements, "statements.csv"),
        (Table::Observations, "observations.csv"),
        (Table::FundingLines, "funding.csv"),
    ] {
        if let Some(text) = read(&folder.join(file))? {
            let submissions = read_table(table, department, &text).map_err(|faults| anyhow::anyhow!("{faults:?}"))?;
            calls.extend(submissions.into_iter().map(|found| Call::new(department, found.method, found.request)));
        }
    }
    Ok(calls)
}

fn read(path: &Path) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}
