//! The rules of a directory, each with the words that say what to do.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr as _,
};

use chrono::{DateTime, Utc};
use domain::{DepartmentId, RegionCode, Text};
use ledger::{CosignatureVerifier, Quorum, QuorumError, RequestKey, SignatureAlgorithm};
use policy::{Principal, Role};

use crate::{
    document::{Document, Fingerprint, Member, NodeEntry},
    fault::Faults,
    key::{SigningKey, VerifierKey},
    wire::{FORMAT, WireDocument, WireKey, WireMember, WireNode},
};

/// The largest whole number that every reader of JSON keeps exactly (RFC 7493 §2.2).
const MAX_VERSION: u64 = (1 << 53) - 1;

/// Parses every value of a document and checks every rule.
///
/// # Errors
/// All faults at once.
pub(crate) fn check(wire: &WireDocument) -> Result<Document, Faults> {
    let mut check = Check { instance: &wire.instance, faults: Faults::default() };
    let head = check.head(wire);
    let members = check.members(&wire.members);
    let nodes = check.nodes(&wire.nodes);
    let revoked_certificates = check.revoked(&wire.revoked_certificates);
    check.quorum(wire.witness_quorum, &nodes);
    match head {
        Some((issued, expires)) if check.faults.0.is_empty() => Ok(Document {
            instance: wire.instance.clone(),
            version: wire.version,
            issued,
            expires,
            members,
            nodes,
            revoked_certificates,
            witness_quorum: wire.witness_quorum,
        }),
        _ => Err(check.faults),
    }
}

/// What is found on the way. Parts with a fault are left out of what is returned; the faults refuse the whole.
struct Check<'a> {
    instance: &'a str,
    faults: Faults,
}

impl Check<'_> {
    fn head(&mut self, wire: &WireDocument) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        if wire.format != FORMAT {
            self.faults.push(
                "format",
                &wire.format,
                "本程序只认 wufei.directory/v1，请使用相应版本的程序",
                "this program reads wufei.directory/v1; use the program of that version",
            );
        }
        // A principal says where its trust domain ends, so one is tried.
        let trial = Principal::parse(&format!("spiffe://{}/aggregator", wire.instance));
        if !trial.is_ok_and(|trial| trial.trust_domain() == wire.instance) {
            self.faults.push(
                "instance",
                &wire.instance,
                "实例名只用小写字母、数字、点、连字符和下划线，即身份中 spiffe:// 之后的部分",
                "made of a-z, 0-9, '.', '-' and '_': the part after spiffe:// in an identity",
            );
        }
        if !(1..=MAX_VERSION).contains(&wire.version) {
            self.faults.push(
                "version",
                wire.version,
                "版本号从 1 开始，每次加 1，不超过 2^53-1",
                "starts at 1, grows by 1 and is at most 2^53-1",
            );
        }
        let (issued, expires) = (self.time("issued", &wire.issued), self.time("expires", &wire.expires));
        let (issued, expires) = (issued?, expires?);
        if expires <= issued {
            self.faults.push(
                "expires",
                &wire.expires,
                "失效时间应晚于签发时间 issued",
                "must be later than issued; give it a longer life",
            );
        }
        Some((issued, expires))
    }

    fn members(&mut self, wires: &[WireMember]) -> Vec<Member> {
        let (mut principals, mut keys) = (BTreeMap::new(), BTreeMap::new());
        let mut members = Vec::new();
        for (at, wire) in wires.iter().enumerate() {
            let path = format!("members[{at}]");
            if let Some(first) = principals.insert(wire.principal.as_str(), path.clone()) {
                let (zh, en) =
                    (format!("身份只能出现一次，已见于 {first}"), format!("stands at {first} already; join the two"));
                self.faults.push(format!("{path}.principal"), &wire.principal, &zh, &en);
            }
            for (key_at, key) in wire.signing_keys.iter().enumerate() {
                let path = format!("{path}.signing_keys[{key_at}].id");
                if let Some(first) = keys.insert(key.id.as_str(), path.clone()) {
                    let zh = format!("签名公钥只能属于一个成员、列出一次，已见于 {first}");
                    let en = format!("a key belongs to one member and is listed once; it stands at {first} already");
                    self.faults.push(path, &key.id, &zh, &en);
                }
            }
            members.extend(self.member(&path, wire));
        }
        members
    }

    fn member(&mut self, path: &str, wire: &WireMember) -> Option<Member> {
        let WireMember { principal, display, roles, department, regions, suspended, signing_keys } = wire;
        let principal = self.principal(&format!("{path}.principal"), principal);
        for (field, text) in [("zh", &display.zh), ("en", &display.en)] {
            if text.trim().is_empty() || text.chars().any(char::is_control) {
                self.faults.push(
                    format!("{path}.display.{field}"),
                    text,
                    "填写系统或岗位的名称（一行），不写个人姓名",
                    "give the name of the system or seat, on one line; no personal names",
                );
            }
        }
        let roles = self.roles(&format!("{path}.roles"), roles);
        let department = self.member_department(path, department.as_deref(), principal.as_ref(), &roles);
        let regions = self.regions(&format!("{path}.regions"), regions);
        let signing_keys: Vec<_> = signing_keys
            .iter()
            .enumerate()
            .filter_map(|(at, key)| self.signing_key(&format!("{path}.signing_keys[{at}]"), key))
            .collect();
        let display = Text::new(&display.zh, &display.en);
        Some(Member { principal: principal?, display, roles, department, regions, suspended: *suspended, signing_keys })
    }

    fn principal(&mut self, path: &str, text: &str) -> Option<Principal> {
        let principal = match Principal::parse(text) {
            Ok(principal) => principal,
            Err(rule) => {
                self.faults.push(path, text, "不是合格的身份，应为 spiffe://实例/路径", &rule.to_string());
                return None;
            }
        };
        if principal.trust_domain() != self.instance {
            let instance = self.instance;
            let zh = format!("不属于实例 {instance}，目录只列本实例的成员");
            let en = format!("not of the instance {instance}; a directory lists members of its own instance only");
            self.faults.push(path, text, &zh, &en);
        }
        Some(principal)
    }

    fn roles(&mut self, path: &str, codes: &[String]) -> BTreeSet<Role> {
        let mut roles = BTreeSet::new();
        for (at, code) in codes.iter().enumerate() {
            match Role::parse(code) {
                Some(role) if roles.insert(role) => {}
                Some(_) => {
                    self.faults.push(format!("{path}[{at}]"), code, "角色重复，请删去", "stands twice; leave one")
                }
                None => {
                    let known = Role::ALL.map(Role::name).join(", ");
                    let (zh, en) = (format!("没有此角色；可用：{known}"), format!("no such role; there are {known}"));
                    self.faults.push(format!("{path}[{at}]"), code, &zh, &en);
                }
            }
        }
        if codes.is_empty() {
            self.faults.push(
                path,
                "",
                "至少一个角色；暂停成员请用 suspended",
                "at least one role; to stop a member, set suspended",
            );
        }
        roles
    }

    /// A department in the path of the identity is the member's department: the certificate and the directory must not
    /// say two things.
    fn member_department(
        &mut self,
        member: &str,
        text: Option<&str>,
        principal: Option<&Principal>,
        roles: &BTreeSet<Role>,
    ) -> Option<DepartmentId> {
        let path = format!("{member}.department");
        let department = text.and_then(|text| self.department(&path, text));
        let named = principal.and_then(Principal::department);
        if let Some(named) = named
            && DepartmentId::parse(named).is_err()
        {
            self.department(&format!("{member}.principal"), named);
        } else if let Some(named) = named
            && text != Some(named)
        {
            let zh = format!("身份属于部门 {named}，此处应与之一致");
            let en = format!("the identity is of the department {named}; write the same");
            self.faults.push(&path, text.unwrap_or_default(), &zh, &en);
        }
        if let Some(role) = roles.iter().find(|role| role.needs_department())
            && text.is_none()
            && named.is_none()
        {
            let (zh, en) = (format!("角色 {role} 须写明部门"), format!("the role {role} needs a department"));
            self.faults.push(&path, "", &zh, &en);
        }
        department
    }

    fn department(&mut self, path: &str, text: &str) -> Option<DepartmentId> {
        let department = DepartmentId::parse(text).ok();
        if department.is_none() {
            self.faults.push(
                path,
                text,
                "没有此部门；可用 ecology、commerce、scitech、aggregator、city-六位区划代码",
                "no such department; there are ecology, commerce, scitech, aggregator and city-<six digits>",
            );
        }
        department
    }

    fn regions(&mut self, path: &str, codes: &[String]) -> BTreeSet<RegionCode> {
        let mut regions = BTreeSet::new();
        for (at, code) in codes.iter().enumerate() {
            if !RegionCode::parse(code).is_ok_and(|region| regions.insert(region)) {
                self.faults.push(
                    format!("{path}[{at}]"),
                    code,
                    "应为六位区划代码，且不重复",
                    "a division code of six digits, each one once",
                );
            }
        }
        regions
    }

    fn signing_key(&mut self, path: &str, wire: &WireKey) -> Option<SigningKey> {
        let WireKey { id, algorithm, public_key, not_before, not_after } = wire;
        let known = SignatureAlgorithm::from_str(algorithm).ok();
        if known.is_none() {
            self.faults.push(
                format!("{path}.algorithm"),
                algorithm,
                "签名算法应为 ed25519 或 sm2-sm3",
                "the algorithm is ed25519 or sm2-sm3",
            );
        }
        let key = known.and_then(|known| match RequestKey::from_base64(known, public_key) {
            Ok(key) => Some(key),
            Err(error) => {
                let zh = format!("不是 {known} 公钥（base64）；请用 wufei pki 重新生成");
                self.faults.push(format!("{path}.public_key"), public_key, &zh, &format!("{error}, in base64"));
                None
            }
        });
        if let Some(key) = &key
            && key.id() != *id
        {
            let expected = key.id();
            let (zh, en) = (format!("该公钥的编号是 {expected}"), format!("the id of this key is {expected}"));
            self.faults.push(format!("{path}.id"), id, &zh, &en);
        }
        let from = self.time(&format!("{path}.not_before"), not_before);
        let until = self.time(&format!("{path}.not_after"), not_after);
        let (from, until) = (from?, until?);
        if until <= from {
            self.faults.push(
                format!("{path}.not_after"),
                not_after,
                "应晚于 not_before",
                "must be later than not_before",
            );
        }
        Some(SigningKey { key: key?, not_before: from, not_after: until })
    }

    fn nodes(&mut self, wires: &[WireNode]) -> Vec<NodeEntry> {
        let mut departments = BTreeMap::new();
        let mut nodes = Vec::new();
        for (at, wire) in wires.iter().enumerate() {
            let path = format!("nodes[{at}]");
            if let Some(first) = departments.insert(wire.department.as_str(), path.clone()) {
                let zh = format!("一个部门只有一个节点，已见于 {first}");
                let en = format!("a department has one node; it stands at {first} already");
                self.faults.push(format!("{path}.department"), &wire.department, &zh, &en);
            }
            nodes.extend(self.node(&path, wire));
        }
        nodes
    }

    fn node(&mut self, path: &str, wire: &WireNode) -> Option<NodeEntry> {
        let WireNode { department, address, server_name, log_key, audit_key, witness_key } = wire;
        let department = self.department(&format!("{path}.department"), department);
        let host = address.strip_prefix("https://").unwrap_or_default();
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '@')) {
            self.faults.push(
                format!("{path}.address"),
                address,
                "应为 https://主机:端口，后面不带路径",
                "written https://host:port, with nothing after it",
            );
        }
        if server_name.is_empty() || !server_name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        {
            self.faults.push(
                format!("{path}.server_name"),
                server_name,
                "填写节点证书中的主机名",
                "give the host name in the node's certificate",
            );
        }
        let log_key = self.verifier(&format!("{path}.log_key"), log_key);
        let audit_key = self.verifier(&format!("{path}.audit_key"), audit_key);
        let witness_key = match witness_key {
            Some(text) => Some(self.witness(&format!("{path}.witness_key"), text)?),
            None => None,
        };
        let (address, server_name) = (address.clone(), server_name.clone());
        Some(NodeEntry {
            department: department?,
            address,
            server_name,
            log_key: log_key?,
            audit_key: audit_key?,
            witness_key,
        })
    }

    fn verifier(&mut self, path: &str, text: &str) -> Option<VerifierKey> {
        let key = match VerifierKey::from_str(text) {
            Ok(key) => key,
            Err(error) => {
                let zh = "应为节点数据目录中 .vkey 文件里的一行：名称+编号+base64";
                self.faults.push(path, text, zh, &format!("{error}; copy the line of the node's .vkey file"));
                return None;
            }
        };
        if !key.name().strip_prefix(self.instance).is_some_and(|rest| rest.starts_with('/')) {
            let instance = self.instance;
            let zh = format!("公钥名称应以 {instance}/ 开头，请核对是否为本实例的节点");
            let en = format!("its name must start with {instance}/; check that the node is of this instance");
            self.faults.push(path, text, &zh, &en);
        }
        Some(key)
    }

    /// The key of a witness: of the one type that cosigns, so that it is never taken for the key of a log.
    fn witness(&mut self, path: &str, text: &str) -> Option<VerifierKey> {
        let key = self.verifier(path, text)?;
        if let Err(error) = text.parse::<CosignatureVerifier>() {
            let zh = "应为节点数据目录中 witness.vkey 文件里的一行";
            self.faults.push(path, text, zh, &format!("{error}; copy the line of the node's witness.vkey"));
            return None;
        }
        Some(key)
    }

    /// Every log must be able to reach the quorum, and no log is its own witness.
    fn quorum(&mut self, quorum: Option<u32>, nodes: &[NodeEntry]) {
        let witnesses: Vec<_> = nodes.iter().filter_map(NodeEntry::witness).collect();
        if let Err(QuorumError::Twice(name)) = Quorum::new(witnesses.clone(), 1) {
            let zh = format!("见证公钥 {name} 重复；各节点须各用自己的密钥");
            let en = format!("the witness key {name} stands twice; each node has a key of its own");
            self.faults.push("nodes", name, &zh, &en);
        }
        let Some(quorum) = quorum else { return };
        let most = witnesses.len().saturating_sub(1);
        if quorum == 0 || usize::try_from(quorum).is_ok_and(|quorum| quorum > most) {
            let zh =
                format!("应在 1 与 {most} 之间：有见证公钥的节点数减一，因为日志不为自己见证；不要求见证时删去此项");
            let en = format!(
                "from 1 to {most}: the nodes with a witness key less one, for no log is its own witness; leave it out where \
                 logs are not witnessed"
            );
            self.faults.push("witness_quorum", quorum, &zh, &en);
        }
    }

    fn revoked(&mut self, texts: &[String]) -> BTreeSet<Fingerprint> {
        let mut revoked = BTreeSet::new();
        for (at, text) in texts.iter().enumerate() {
            if !Fingerprint::parse(text).is_some_and(|fingerprint| revoked.insert(fingerprint)) {
                self.faults.push(
                    format!("revoked_certificates[{at}]"),
                    text,
                    "应为证书 SHA-256 指纹：64 位小写十六进制，且不重复",
                    "a certificate's SHA-256: 64 lower-case hexadecimal digits, each one once",
                );
            }
        }
        revoked
    }

    fn time(&mut self, path: &str, text: &str) -> Option<DateTime<Utc>> {
        let parsed = DateTime::parse_from_rfc3339(text).ok().filter(|_| text.ends_with('Z'));
        if parsed.is_none() {
            self.faults.push(
                path,
                text,
                "时间用 RFC 3339 的协调世界时，如 2026-01-05T01:00:00Z",
                "a time is RFC 3339 in UTC, such as 2026-01-05T01:00:00Z",
            );
        }
        parsed.map(|time| time.to_utc())
    }
}
