//! A data set: what each department submits to its own node, as calls of the public methods.
//!
//! A folder holds `dataset.toml`, and for each node `calls.json` and the tables `statements.csv`, `observations.csv` and
//! `funding.csv`, submitted in this order: a funding line names a project or a group, so those come first. `calls.json` of
//! `aggregator` holds the follow-up, which the lead department submits.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use include_dir::Dir;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    embedded,
    failure::{Failure, Outcome},
    profile::AGGREGATOR,
    submission::{self, Table},
};

/// One call of a method.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// `package.Service/Method`.
    pub(crate) method: String,
    /// The request as proto JSON, without its request id.
    pub(crate) request: Value,
}

impl Call {
    pub(crate) fn new(method: &str, request: Value) -> Self {
        Self { method: method.to_owned(), request }
    }

    /// The request with an id that follows from its content: loaded twice, it is recognised and answered with the first
    /// receipt.
    pub(crate) fn identified(&self, department: &str) -> Value {
        let mut request = self.request.clone();
        let id = request_id(&[department, &self.method, &request.to_string()]);
        if let Some(fields) = request.as_object_mut() {
            fields.insert("requestId".to_owned(), Value::from(id.to_string()));
        }
        request
    }
}

/// A UUIDv5 (RFC 9562 §5.5) of the parts.
pub(crate) fn request_id(parts: &[&str]) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("wufei:demo\n{}", parts.join("\n")).as_bytes())
}

/// What one department submits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NodeData {
    /// Department id, such as `city-140100`.
    pub(crate) department: String,
    /// Its calls in order.
    pub(crate) calls: Vec<Call>,
}

/// A data set, ready to be submitted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dataset {
    /// Its name; with the digest it says what a data folder holds.
    pub(crate) name: String,
    /// Chinese title.
    pub(crate) title_zh: String,
    /// English title.
    pub(crate) title_en: String,
    /// Whether its figures are made up.
    pub(crate) synthetic: bool,
    /// Period to evaluate.
    pub(crate) period: String,
    /// Text of the scheme to evaluate by, YAML.
    pub(crate) scheme: String,
    /// What each node gets; the follow-up goes to the aggregator.
    pub(crate) nodes: Vec<NodeData>,
}

/// `dataset.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    name: String,
    title_zh: String,
    title_en: String,
    #[serde(default)]
    synthetic: bool,
    period: String,
    scheme: String,
    nodes: Vec<String>,
}

impl Dataset {
    /// The data of the letter, which the program carries with it.
    pub(crate) fn letter() -> Outcome<Self> {
        Self::read(&Files::Embedded(&embedded::LETTER))
    }

    /// The follow-up of the letter: its commitments are the only real part of the synthetic data set.
    pub(crate) fn letter_commitments() -> Outcome<Vec<Call>> {
        calls(&Files::Embedded(&embedded::LETTER), AGGREGATOR)
    }

    /// A data set from a folder.
    pub(crate) fn folder(dir: &Path) -> Outcome<Self> {
        Self::read(&Files::Folder(dir.to_owned()))
    }

    /// The departments that have a node of their own.
    pub(crate) fn departments(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(|node| node.department.as_str()).filter(|department| *department != AGGREGATOR)
    }

    /// SHA-256 over everything that is submitted, lower-case hex.
    pub(crate) fn digest(&self) -> String {
        let mut sum = Sha256::new();
        for node in &self.nodes {
            for call in &node.calls {
                sum.update(format!("{}\n{}\n{}\n", node.department, call.method, call.request));
            }
        }
        hex::encode(sum.finalize())
    }

    fn read(files: &Files) -> Outcome<Self> {
        let text = files.read("dataset.toml")?.ok_or_else(|| {
            Failure::failed(
                format!("{} 不是数据集：缺少 dataset.toml", files.place()),
                format!("{} is no data set: it has no dataset.toml", files.place()),
            )
        })?;
        let Description { name, title_zh, title_en, synthetic, period, scheme, nodes } =
            toml::from_str(&text).map_err(|error| files.fault("dataset.toml", error))?;
        let scheme_text = match files.read(&scheme)? {
            Some(own) => own,
            None => embedded::scheme(&scheme).map(str::to_owned).ok_or_else(|| {
                Failure::failed(
                    format!("找不到评价方案 {scheme}：数据集中没有，程序也未自带"),
                    format!("there is no scheme {scheme}, neither in the data set nor in the program"),
                )
            })?,
        };
        let mut parts = Vec::new();
        for department in nodes.iter().map(String::as_str).chain([AGGREGATOR]) {
            let mut all = calls(files, department)?;
            if department != AGGREGATOR {
                for table in [Table::Statements, Table::Observations, Table::Funding] {
                    let file = format!("{department}/{}.csv", table.name());
                    if let Some(text) = files.read(&file)? {
                        all.extend(submission::calls(table, department, &file, &text)?);
                    }
                }
            }
            parts.push(NodeData { department: department.to_owned(), calls: all });
        }
        Ok(Self { name, title_zh, title_en, synthetic, period, scheme: scheme_text, nodes: parts })
    }
}

fn calls(files: &Files, department: &str) -> Outcome<Vec<Call>> {
    let file = format!("{department}/calls.json");
    match files.read(&file)? {
        Some(text) => serde_json::from_str(&text).map_err(|error| files.fault(&file, error)),
        None => Ok(Vec::new()),
    }
}

/// Where the files of a data set are.
enum Files {
    Embedded(&'static Dir<'static>),
    Folder(PathBuf),
}

impl Files {
    fn read(&self, file: &str) -> Outcome<Option<String>> {
        match self {
            Self::Embedded(dir) => Ok(embedded::text(dir, file).map(str::to_owned)),
            Self::Folder(dir) => {
                let path = dir.join(file);
                match fs::read_to_string(&path) {
                    Ok(text) => Ok(Some(text)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(Failure::unreadable(&path, &error)),
                }
            }
        }
    }

    fn place(&self) -> String {
        match self {
            Self::Embedded(dir) => dir.path().display().to_string(),
            Self::Folder(dir) => dir.display().to_string(),
        }
    }

    fn fault(&self, file: &str, error: impl std::fmt::Display) -> Failure {
        let place = self.place();
        Failure::failed(
            format!("数据集文件 {place}/{file} 有误：{error}"),
            format!("{place}/{file} of the data set has a fault: {error}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_letter_is_complete_and_submits_projects_before_their_money() {
        let letter = Dataset::letter().unwrap();
        let departments: Vec<_> = letter.departments().collect();
        assert_eq!(departments, ["ecology", "commerce", "scitech", "city-140100"]);
        let taiyuan = letter.nodes.iter().find(|node| node.department == "city-140100").unwrap();
        let place = |method: &str| taiyuan.calls.iter().position(|call| call.method.ends_with(method)).unwrap();
        assert!(place("CreateFundingProject") < place("BatchCreateFundingLines"));
        assert!(letter.nodes.last().unwrap().calls.len() > 10, "the commitments are missing");
        assert!(letter.scheme.contains("id: zwc-2021"));
    }

    #[test]
    fn the_same_content_has_the_same_request_id_and_other_content_another() {
        let id = |call: &Call, department| call.identified(department)["requestId"].clone();
        let call = Call::new("a.S/M", json!({"parent": "departments/ecology"}));
        assert_eq!(id(&call, "ecology"), id(&call.clone(), "ecology"));
        assert_ne!(id(&call, "ecology"), id(&call, "commerce"));
        assert_ne!(id(&call, "ecology"), id(&Call::new("a.S/M", json!({"parent": "departments/commerce"})), "ecology"));
    }

    #[test]
    fn a_folder_without_a_description_is_no_data_set() {
        let dir = tempfile::tempdir().unwrap();
        let failure = Dataset::folder(dir.path()).unwrap_err();
        assert!(failure.text.zh.contains("dataset.toml"), "{failure:?}");
    }
}
