//! Grants of a department on its conditional data (Order 809, Art. 15, 20, 25): who, what for, which data, until when.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::NaiveDate;
use domain::{RegionCode, SharingAttribute, Text, check_id};
use toml::{Table, Value};

use crate::{cedar::GrantFacts, compile::Policy, principal::Principal};

/// The keys of a `[[grant]]`.
const KEYS: [&str; 10] =
    ["id", "principal", "purpose", "basis", "methods", "classes", "regions", "not_before", "not_after", "revoked"];

/// One grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id, which the audit log names.
    pub id: Arc<str>,
    /// Who may read.
    pub principal: Principal,
    /// 使用场景: what for. A caller states it word for word.
    pub purpose: String,
    /// 使用依据.
    pub basis: String,
    /// `service/method`, each for the data of its own class.
    pub methods: BTreeSet<String>,
    /// Classes of the data-resource catalogue.
    pub classes: BTreeSet<String>,
    /// Regions with everything below them; empty for all.
    pub regions: BTreeSet<RegionCode>,
    /// First day, in China.
    pub not_before: NaiveDate,
    /// Last day, in China.
    pub not_after: NaiveDate,
    /// True when the department withdrew it.
    pub revoked: bool,
}

impl Grant {
    pub(crate) fn facts(&self) -> GrantFacts<'_> {
        GrantFacts {
            id: &self.id,
            purpose: &self.purpose,
            methods: self.methods.iter().map(String::as_str).collect(),
            classes: self.classes.iter().map(String::as_str).collect(),
            regions: self.regions.iter().map(RegionCode::as_str).collect(),
            days: (self.not_before, self.not_after),
            revoked: self.revoked,
        }
    }
}

/// The grants of one department.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(BTreeMap<Principal, Vec<Arc<Grant>>>);

/// One fault of the grants. `Display` is English; [`GrantFault::zh`] is Chinese.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {}", .problem.en)]
pub struct GrantFault {
    /// The key at fault, for example `grant[0].principal`; empty for the whole file.
    pub path: String,
    /// The rule that is broken, the value, and what to do.
    pub problem: Text,
}

impl GrantFault {
    /// The fault in Chinese, for the operator.
    pub fn zh(&self) -> String {
        format!("{}：{}", self.path, self.problem.zh)
    }
}

/// Every fault of the grants.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct GrantFaults(pub Vec<GrantFault>);

impl Grants {
    /// Reads `grants.toml`: see `deploy/policy/grants.example.toml`. `instance` is the trust domain of every principal;
    /// methods and classes are those that `policy` knows and that a grant can open.
    ///
    /// # Errors
    /// Every fault at once, each with its key.
    pub fn parse(text: &str, instance: &str, policy: &Policy) -> Result<Self, GrantFaults> {
        let mut faults = Faults::default();
        let table = match text.parse::<Table>() {
            Ok(table) => table,
            Err(error) => {
                faults.add("", format!("不是合格的 TOML：{error}"), format!("this is not TOML: {error}"));
                return Err(GrantFaults(faults.0));
            }
        };
        for key in table.keys().filter(|key| *key != "grant") {
            faults.unknown(key, &["grant"]);
        }
        let empty = Vec::new();
        let listed = match table.get("grant") {
            None => &empty,
            Some(Value::Array(listed)) => listed,
            Some(_) => {
                faults.add("grant", "须写成 [[grant]]", "write it as [[grant]]");
                &empty
            }
        };
        let mut grants = BTreeMap::<Principal, Vec<Arc<Grant>>>::new();
        let mut ids = BTreeSet::new();
        for (index, value) in listed.iter().enumerate() {
            let path = format!("grant[{index}]");
            let Some(table) = value.as_table() else {
                faults.add(&path, "须写成 [[grant]]", "write it as [[grant]]");
                continue;
            };
            let Some(grant) = (Reader { path: &path, table, instance, policy, faults: &mut faults }).grant() else {
                continue;
            };
            if !ids.insert(Arc::clone(&grant.id)) {
                let id = &grant.id;
                let path = format!("{path}.id");
                faults.add(&path, format!("{id:?} 重复，请改名"), format!("{id:?} is there twice; rename one"));
            }
            grants.entry(grant.principal.clone()).or_default().push(Arc::new(grant));
        }
        if faults.0.is_empty() { Ok(Self(grants)) } else { Err(GrantFaults(faults.0)) }
    }

    /// The grants of one principal, in the order of the file, those that have ended among them.
    pub fn of(&self, principal: &Principal) -> impl Iterator<Item = &Arc<Grant>> {
        self.0.get(principal).into_iter().flatten()
    }

    /// Every grant, by principal.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Grant>> {
        self.0.values().flatten()
    }
}

#[derive(Default)]
struct Faults(Vec<GrantFault>);

impl Faults {
    fn add(&mut self, path: &str, zh: impl Into<String>, en: impl Into<String>) {
        self.0.push(GrantFault { path: path.to_owned(), problem: Text::new(zh, en) });
    }

    fn unknown(&mut self, path: &str, allowed: &[&str]) {
        let (zh, en) = (allowed.join("、"), allowed.join(", "));
        self.add(path, format!("没有这个键；可用：{zh}"), format!("there is no such key; allowed: {en}"));
    }
}

/// One `[[grant]]`.
struct Reader<'a> {
    path: &'a str,
    table: &'a Table,
    instance: &'a str,
    policy: &'a Policy,
    faults: &'a mut Faults,
}

impl Reader<'_> {
    /// The grant, or none when the faults say why not.
    fn grant(mut self) -> Option<Grant> {
        let before = self.faults.0.len();
        for key in self.table.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            self.faults.unknown(&format!("{}.{key}", self.path), &KEYS);
        }
        let (id, principal) = (self.id(), self.principal());
        let (purpose, basis) = (self.words("purpose"), self.words("basis"));
        let (methods, classes, regions) = (self.methods(), self.classes(), self.regions());
        let (not_before, not_after) = (self.date("not_before"), self.date("not_after"));
        let revoked = self.revoked();
        if methods.is_empty() && classes.is_empty() && self.faults.0.len() == before {
            self.fault(
                "classes",
                "classes 和 methods 都为空，须写明使用范围",
                "classes and methods are both empty; say which data are granted",
            );
        }
        if let (Some(first), Some(last)) = (not_before, not_after)
            && last < first
        {
            self.fault(
                "not_after",
                format!("{last} 早于 not_before {first}"),
                format!("{last} is before not_before, {first}"),
            );
        }
        if self.faults.0.len() > before {
            return None;
        }
        Some(Grant {
            id: id?.into(),
            principal: principal?,
            purpose: purpose?,
            basis: basis?,
            methods,
            classes,
            regions,
            not_before: not_before?,
            not_after: not_after?,
            revoked,
        })
    }

    fn fault(&mut self, key: &str, zh: impl Into<String>, en: impl Into<String>) {
        self.faults.add(&format!("{}.{key}", self.path), zh, en);
    }

    fn words(&mut self, key: &str) -> Option<String> {
        let words = self.table.get(key).and_then(Value::as_str).filter(|words| !words.trim().is_empty());
        if words.is_none() {
            self.fault(key, "须填写一段文字", "a text is required");
        }
        words.map(str::to_owned)
    }

    fn id(&mut self) -> Option<String> {
        let id = self.words("id")?;
        if check_id(&id).is_err() {
            self.fault(
                "id",
                format!("{id:?} 只能用小写字母、数字和连字符"),
                format!("{id:?} is not made of lower-case letters, digits and hyphens"),
            );
        }
        Some(id)
    }

    fn principal(&mut self) -> Option<Principal> {
        let text = self.words("principal")?;
        match Principal::parse(&text) {
            Ok(principal) if principal.trust_domain() == self.instance => Some(principal),
            Ok(principal) => {
                let instance = self.instance;
                self.fault(
                    "principal",
                    format!("{principal} 不属于本实例 {instance}，请改正或删去"),
                    format!("{principal} is not of this instance, {instance}; correct it or remove the grant"),
                );
                None
            }
            Err(reason) => {
                self.fault(
                    "principal",
                    format!("{text:?} 不是合格的主体（{reason}），应为 spiffe://{}/…", self.instance),
                    format!("{text:?} is not a principal: {reason}"),
                );
                None
            }
        }
    }

    fn list(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.table.get(key) else { return Vec::new() };
        let items: Option<Vec<_>> =
            value.as_array().and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
        if items.is_none() {
            self.fault(key, "须为文字列表", "a list of texts is required");
        }
        items.unwrap_or_default()
    }

    fn methods(&mut self) -> BTreeSet<String> {
        let mut known = BTreeSet::new();
        for name in self.list("methods") {
            match self.policy.served(&name) {
                None => self.fault(
                    "methods",
                    format!("本服务没有方法 {name:?}，应为 服务/方法"),
                    format!("this server has no method {name:?}; write service/method"),
                ),
                Some(served) if !self.conditional(&served.class) || !self.policy.can_be_granted(served) => self.fault(
                    "methods",
                    format!("{name:?} 不能凭授权开放：它不是有条件共享数据的读取方法"),
                    format!("{name:?} cannot be opened by a grant: it does not read conditional data"),
                ),
                Some(served) => {
                    known.insert(served.name().to_owned());
                }
            }
        }
        known
    }

    fn classes(&mut self) -> BTreeSet<String> {
        let mut known = BTreeSet::new();
        for class in self.list("classes") {
            if self.conditional(&class) {
                known.insert(class);
            } else {
                let open: Vec<_> = self.policy.0.classes.keys().filter(|class| self.conditional(class)).collect();
                let open = open.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                self.fault(
                    "classes",
                    format!("{class:?} 不是有条件共享的数据类别；可用：{open}"),
                    format!("{class:?} is no class of conditional data; allowed: {open}"),
                );
            }
        }
        known
    }

    fn conditional(&self, class: &str) -> bool {
        let facts = self.policy.0.classes.get(class);
        facts.is_some_and(|facts| facts.sharing == SharingAttribute::Conditional)
    }

    fn regions(&mut self) -> BTreeSet<RegionCode> {
        let mut known = BTreeSet::new();
        for text in self.list("regions") {
            match RegionCode::parse(&text) {
                Ok(code) => {
                    known.insert(code);
                }
                Err(error) => self.fault(
                    "regions",
                    error.to_string(),
                    format!("{text:?} is no region code; write six digits (GB/T 2260)"),
                ),
            }
        }
        known
    }

    fn date(&mut self, key: &str) -> Option<NaiveDate> {
        let value = self.table.get(key).and_then(Value::as_datetime);
        let date = value.filter(|value| value.time.is_none() && value.offset.is_none()).and_then(|value| value.date);
        let date = date
            .and_then(|date| NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day)));
        if date.is_none() {
            self.fault(key, "须为日期，如 2026-12-31，不加引号", "a date is required, as 2026-12-31 without quotes");
        }
        date
    }

    fn revoked(&mut self) -> bool {
        match self.table.get("revoked").map(Value::as_bool) {
            None => false,
            Some(Some(revoked)) => revoked,
            Some(None) => {
                self.fault("revoked", "应为 true 或 false", "write true or false");
                true
            }
        }
    }
}
