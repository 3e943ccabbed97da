//! The data-resource catalogue (政务数据目录): what each kind of data is, who provides it, and how it may be shared
//! (State Council Order 809, Art. 13–15).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    labelled::labelled,
    name::{DepartmentId, check_id},
    text::Text,
};

labelled! {
    /// Sharing attribute (Order 809, Art. 14).
    SharingAttribute {
        /// Every member department may read it.
        Unconditional = "unconditional", "无条件共享", "shared without conditions";
        /// Read for the purposes and in the scope that the provider granted.
        Conditional = "conditional", "有条件共享", "shared with conditions";
        /// Not given to others, for a reason that a law or regulation states.
        NotShared = "not-shared", "不予共享", "not shared";
    }
}

labelled! {
    /// Classification level (GB/T 43697-2024). The code is the Chinese word, for that is what the catalogue column holds.
    DataLevel {
        /// Neither important nor core.
        General = "一般数据", "一般数据", "general data";
        /// Important data of the national catalogues.
        Important = "重要数据", "重要数据", "important data";
        /// Core data.
        Core = "核心数据", "核心数据", "core data";
    }
}

/// An entry of the catalogue: the nine fields of Art. 13, and what the program needs to enforce them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataResource {
    /// Id in its resource name, `dataResources/{id}`.
    pub id: String,
    /// The class that policies speak of, for example `figures`. Entries of one class agree in attribute and level.
    pub class: String,
    /// 数据目录名称.
    pub title: String,
    /// 数据项.
    pub items: Vec<String>,
    /// 提供单位.
    pub provider: String,
    /// 数据格式.
    pub format: String,
    /// 数据更新频率.
    pub update_frequency: String,
    /// 共享属性.
    pub sharing: SharingAttribute,
    /// 共享方式.
    pub sharing_mode: String,
    /// 使用条件: scope and purposes, or the law that forbids sharing (Art. 15).
    pub conditions: String,
    /// The level of 数据分类分级.
    pub level: DataLevel,
    /// How far the entry is confirmed; empty when the provider and the authority approved it.
    pub status: String,
    /// Services (`wufei.log.v1.LogService`) and methods (`…/ListStatements`) that serve it. A method wins over its service.
    pub covers: Vec<String>,
}

impl DataResource {
    /// Whether a department holds it: whether a service that serves it keeps data of this department. What the aggregator has
    /// followed is held by the departments that it comes from.
    #[must_use]
    pub fn is_held_by(&self, department: &DepartmentId) -> bool {
        let aggregates = *department == DepartmentId::aggregator();
        self.covers.iter().any(|target| match target.split('.').nth(1).unwrap_or_default() {
            "city" => department.city_region().is_some(),
            "evaluation" | "followup" => aggregates,
            "log" => true,
            "exchange" | "funding" | "sharing" => !aggregates,
            // The lead department keeps the catalogue and the directory (牵头部门).
            "catalog" | "directory" => *department == DepartmentId::ecology(),
            own => own == department.as_str(),
        })
    }
}

/// One fault of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("data_resources 第{line}行：{} / line {line}: {}", .problem.zh, .problem.en)]
pub struct DataResourceFault {
    /// Line of the file, from 1.
    pub line: u64,
    /// What is wrong and what to do.
    pub problem: Text,
}

/// Every fault of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct DataResourceFaults(pub Vec<DataResourceFault>);

/// The entries in force, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataResources {
    entries: BTreeMap<String, DataResource>,
    /// Service or method to the id of its entry.
    covers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    data_class: String,
    title_zh: String,
    items_zh: String,
    provider_zh: String,
    format_zh: String,
    update_frequency_zh: String,
    sharing_attribute: String,
    sharing_mode_zh: String,
    conditions_zh: String,
    level: String,
    status_zh: String,
    covers: String,
}

impl DataResources {
    /// Reads the catalogue from the text of `data_resources.csv`; lists within a cell are separated by `;`.
    ///
    /// # Errors
    /// Every fault at once: lines that cannot be read, empty fields of the nine, unknown attributes and levels, an entry that
    /// is not shared without naming its law (Art. 15), doubled ids, a method that two entries cover, and entries of one class
    /// that disagree.
    pub fn from_csv(text: &str) -> Result<Self, DataResourceFaults> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let mut faults = Vec::new();
        let mut table = Self::default();
        let headers = match reader.headers() {
            Ok(headers) => headers.clone(),
            Err(error) => return Err(DataResourceFaults(vec![unreadable(1, &error)])),
        };
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    faults.push(unreadable(error.position().map_or(0, csv::Position::line), &error));
                    continue;
                }
            };
            let line = record.position().map_or(0, csv::Position::line);
            match record.deserialize::<Row>(Some(&headers)) {
                Ok(row) => match row.parse(line) {
                    Ok(entry) => table.add(entry, line, &mut faults),
                    Err(problems) => faults.extend(problems),
                },
                Err(error) => faults.push(unreadable(line, &error)),
            }
        }
        if faults.is_empty() { Ok(table) } else { Err(DataResourceFaults(faults)) }
    }

    /// An entry by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&DataResource> {
        self.entries.get(id)
    }

    /// Every entry, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = &DataResource> {
        self.entries.values()
    }

    /// What a method serves, `service/method` with or without a leading slash.
    #[must_use]
    pub fn of_method(&self, method: &str) -> Option<&DataResource> {
        let method = method.strip_prefix('/').unwrap_or(method);
        let service = method.split_once('/').map_or(method, |(service, _)| service);
        let id = self.covers.get(method).or_else(|| self.covers.get(service))?;
        self.entries.get(id)
    }

    /// Any entry of a class; all of them agree in attribute and level.
    #[must_use]
    pub fn of_class(&self, class: &str) -> Option<&DataResource> {
        self.entries.values().find(|entry| entry.class == class)
    }

    /// The classes.
    #[must_use]
    pub fn classes(&self) -> BTreeSet<&str> {
        self.entries.values().map(|entry| entry.class.as_str()).collect()
    }

    fn add(&mut self, entry: DataResource, line: u64, faults: &mut Vec<DataResourceFault>) {
        let mut fault = |zh: String, en: String| faults.push(DataResourceFault { line, problem: Text::new(zh, en) });
        if self.entries.contains_key(&entry.id) {
            fault(format!("标识 {} 重复，请改名", entry.id), format!("the id {} is there twice; rename one", entry.id));
            return;
        }
        if let Some(other) = self.of_class(&entry.class)
            && (other.sharing, other.level) != (entry.sharing, entry.level)
        {
            let (class, other) = (&entry.class, &other.id);
            fault(
                format!("类别 {class} 的共享属性或级别与 {other} 不同；请统一，或另设类别"),
                format!(
                    "class {class} has another attribute or level in {other}; make them agree or use another class"
                ),
            );
        }
        for target in &entry.covers {
            if let Some(other) = self.covers.insert(target.clone(), entry.id.clone()) {
                fault(
                    format!("{target} 已由 {other} 登记；一个方法只属于一项"),
                    format!("{target} is covered by {other} already; a method belongs to one entry"),
                );
            }
        }
        self.entries.insert(entry.id.clone(), entry);
    }
}

impl Row {
    fn parse(self, line: u64) -> Result<DataResource, Vec<DataResourceFault>> {
        let mut faults = Vec::new();
        let mut fault = |zh: String, en: String| faults.push(DataResourceFault { line, problem: Text::new(zh, en) });
        for (column, id) in [("id", &self.id), ("data_class", &self.data_class)] {
            if let Err(error) = check_id(id) {
                fault(
                    format!("{column}：{error}"),
                    format!("{column}: {id:?} is not lower-case letters, digits and hyphens"),
                );
            }
        }
        let sharing = SharingAttribute::from_code(&self.sharing_attribute);
        if sharing.is_none() {
            let value = &self.sharing_attribute;
            fault(
                format!("sharing_attribute：{value:?} 无效，应为 unconditional、conditional 或 not-shared"),
                format!("sharing_attribute: {value:?} is not unconditional, conditional or not-shared"),
            );
        }
        let level = DataLevel::from_code(&self.level);
        if level.is_none() {
            let value = &self.level;
            fault(
                format!("level：{value:?} 无效，应为一般数据、重要数据或核心数据"),
                format!("level: {value:?} is not 一般数据, 重要数据 or 核心数据"),
            );
        }
        for (column, value) in [
            ("title_zh", &self.title_zh),
            ("items_zh", &self.items_zh),
            ("provider_zh", &self.provider_zh),
            ("format_zh", &self.format_zh),
            ("update_frequency_zh", &self.update_frequency_zh),
            ("sharing_mode_zh", &self.sharing_mode_zh),
            ("conditions_zh", &self.conditions_zh),
        ] {
            if value.is_empty() {
                fault(
                    format!("{column} 为空；国务院令第809号第十三条要求填写"),
                    format!("{column} is empty; Order 809, Art. 13 asks for it"),
                );
            }
        }
        if sharing == Some(SharingAttribute::NotShared) && !names_an_article(&self.conditions_zh) {
            fault(
                "不予共享的数据须在 conditions_zh 写明所依据的法律、行政法规或国务院决定的条款，如《…》第…条（第809号令第十五条）"
                    .to_owned(),
                "data that are not shared need the article they rest on in conditions_zh, as 《…》第…条 (Order 809, Art. 15)"
                    .to_owned(),
            );
        }
        let (Some(sharing), Some(level)) = (sharing, level) else { return Err(faults) };
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(DataResource {
            id: self.id,
            class: self.data_class,
            title: self.title_zh,
            items: list(&self.items_zh),
            provider: self.provider_zh,
            format: self.format_zh,
            update_frequency: self.update_frequency_zh,
            sharing,
            sharing_mode: self.sharing_mode_zh,
            conditions: self.conditions_zh,
            level,
            status: self.status_zh,
            covers: list(&self.covers),
        })
    }
}

/// True when the words cite an article: `《…》…第…条`.
fn names_an_article(words: &str) -> bool {
    words
        .split_once('《')
        .and_then(|(_, rest)| rest.split_once('》'))
        .and_then(|(title, rest)| rest.split_once('第').filter(|_| !title.is_empty()))
        .is_some_and(|(_, rest)| rest.contains('条'))
}

fn list(text: &str) -> Vec<String> {
    text.split(';').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

fn unreadable(line: u64, error: &csv::Error) -> DataResourceFault {
    DataResourceFault {
        line, problem: Text::new(format!("无法读取：{error}"), format!("cannot be read: {error}"))
    }
}
