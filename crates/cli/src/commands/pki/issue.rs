//! `wufei pki issue`.

use std::net::IpAddr;

use ::pki::{
    CertificateInfo, IssueRequest, PkiError, SigningKeyPair, Usage, write_new_identity, write_new_signing_key,
};
use chrono::{DateTime, Utc};
use clap::{
    ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _},
};
use directory::Member;
use domain::{DepartmentId, RegionCode, Text};
use ledger::SignatureAlgorithm;
use policy::{Principal, Role};
use serde_json::json;

use super::{
    At,
    home::{DIRECTORY_DAYS, Home, tell},
    not_edited, refused,
};
use crate::{
    failure::{Failure, Outcome},
    screen::Screen,
};

/// How long a certificate lasts, in days: short, so that a lost key is of use for weeks and not for years.
pub(super) const CERTIFICATE_DAYS: u32 = 30;
/// How long a signing key counts, in days.
pub(super) const SIGNING_KEY_DAYS: u32 = 365;

/// 签发证书和签名密钥，并把成员登记到目录 / certificate and signing key for a new member of the directory
#[derive(Debug, clap::Args)]
pub(super) struct IssueArgs {
    /// 身份，如 dept/ecology/writer / identity, without spiffe:// and the instance
    #[arg(long, value_name = "ID")]
    id: String,
    /// 角色，可多次给出 / role; may be given several times
    #[arg(long = "role", value_name = "ROLE", required = true, value_parser = role_parser())]
    roles: Vec<Role>,
    /// 请求签名算法；默认会写入的角色用 ed25519，其余不签名 / algorithm of the signing key; by default who writes has ed25519
    #[arg(long, value_enum)]
    signing: Option<Signing>,
    /// 文件名，默认由身份得出 / name of the files; follows from the identity
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// 中文名称（系统或岗位，不写个人） / Chinese name of the system or seat
    #[arg(long, value_name = "TEXT")]
    zh: Option<String>,
    /// 英文名称 / English name of the system or seat
    #[arg(long, value_name = "TEXT")]
    en: Option<String>,
    /// 所属部门，默认由身份得出 / department; follows from the identity
    #[arg(long, value_name = "DEPARTMENT", value_parser = DepartmentId::parse)]
    department: Option<DepartmentId>,
    /// 负责的区划代码，可多次给出 / division it answers for; may be given several times
    #[arg(long = "region", value_name = "CODE", value_parser = RegionCode::parse)]
    regions: Vec<RegionCode>,
    /// 服务器证书（也可调用其他节点） / the certificate of a server, which also calls others
    #[arg(long)]
    server: bool,
    /// 服务器的主机名 / host name of the server
    #[arg(long, value_name = "HOST", requires = "server")]
    dns: Vec<String>,
    /// 服务器的地址 / address of the server
    #[arg(long, value_name = "ADDRESS", requires = "server")]
    ip: Vec<IpAddr>,
    /// 证书有效天数 / days that the certificate lasts
    #[arg(long, value_name = "DAYS", default_value_t = CERTIFICATE_DAYS)]
    days: u32,
}

/// A signing algorithm by its short name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Signing {
    /// 国际算法 Ed25519 / Ed25519
    Ed25519,
    /// 国密 SM2 与 SM3 / SM2 with SM3
    Sm2,
    /// 不签名 / no signing key
    None,
}

impl Signing {
    pub(super) fn algorithm(self) -> Option<SignatureAlgorithm> {
        match self {
            Self::Ed25519 => Some(SignatureAlgorithm::Ed25519),
            Self::Sm2 => Some(SignatureAlgorithm::Sm2Sm3),
            Self::None => None,
        }
    }
}

pub(super) fn run(args: &IssueArgs, at: &At, screen: &Screen) -> Outcome<()> {
    let home = Home::change(at)?;
    let (authority, directory) = (home.authority()?, home.directory()?);
    if args.server && args.dns.is_empty() && args.ip.is_empty() {
        return Err(Failure::failed(
            "服务器证书须用 --dns 或 --ip 给出主机名或地址",
            "the certificate of a server needs a host name (--dns) or an address (--ip)",
        ));
    }
    if authority.instance() != directory.instance() {
        let (spiffe_id, instance) = (format!("spiffe://{}", directory.instance()), authority.instance().to_owned());
        return Err(refused(PkiError::OtherInstance { spiffe_id, instance }));
    }
    let principal = Home::principal(directory.instance(), &args.id)?;
    let name = args.name.clone().unwrap_or_else(|| file_name(&principal));
    let writes = args.roles.iter().any(|role| role.signs_requests());
    let algorithm = args.signing.map_or(writes.then_some(SignatureAlgorithm::Ed25519), Signing::algorithm);
    let signing = algorithm.map(SigningKeyPair::generate).transpose().map_err(refused)?;
    let mut next = home.next(&directory, DIRECTORY_DAYS)?;
    next.enter(member(args, &principal, signing.as_ref(), at.now)).map_err(not_edited)?;
    let prepared = home.prepare(&directory, &next)?;
    let request = IssueRequest {
        spiffe_id: principal.to_string(),
        dns_names: args.dns.clone(),
        ip_addresses: args.ip.clone(),
        days: args.days,
        usage: if args.server { Usage::ServerAndClient } else { Usage::Client },
    };
    let pair = authority.issue(&request, at.now).map_err(refused)?;

    home.free(&name)?;
    // The directory comes last: a member is entered when it has its files.
    let signing_file = signing.as_ref().map(|signing| write_new_signing_key(home.dir(), &name, signing));
    let signing_file = signing_file.transpose().map_err(refused)?;
    let files = write_new_identity(home.dir(), &name, &pair).map_err(refused)?;
    home.publish(&prepared)?;

    let info = CertificateInfo::from_pem(&pair.cert_pem).map_err(|error| Failure::unexpected("certificate", error))?;
    let key_id = signing.map(|signing| signing.public.id());
    if screen.is_json() {
        screen.value(&json!({
            "principal": principal.as_str(), "name": name, "certificate": files.cert, "key": files.key,
            "signingKey": signing_file, "signingKeyId": key_id, "fingerprint": info.fingerprint,
            "notAfter": info.not_after, "directoryVersion": prepared.directory.version(),
        }));
        return Ok(());
    }
    let (cert, key, until) = (files.cert.display(), files.key.display(), info.not_after.format("%Y-%m-%d"));
    screen.say(
        format!("已为 {principal} 签发证书，{until} 前有效\n  证书 {cert}\n  私钥 {key}"),
        format!("{principal} has a certificate until {until}\n  certificate {cert}\n  key {key}"),
    );
    if let (Some(path), Some(id)) = (&signing_file, &key_id) {
        let path = path.display();
        screen.say(format!("  签名密钥 {path}（编号 {id}）"), format!("  signing key {path} (id {id})"));
    }
    tell(&prepared, &home.note(), screen);
    Ok(())
}

fn member(args: &IssueArgs, principal: &Principal, signing: Option<&SigningKeyPair>, now: DateTime<Utc>) -> Member {
    let named = principal.department().and_then(|id| DepartmentId::parse(id).ok());
    let department = args.department.clone().or(named);
    let city = department.as_ref().and_then(DepartmentId::city_region);
    let regions =
        if args.regions.is_empty() { city.into_iter().collect() } else { args.regions.iter().cloned().collect() };
    let path = principal.path().trim_start_matches('/');
    Member {
        principal: principal.clone(),
        display: Text::new(args.zh.as_deref().unwrap_or(path), args.en.as_deref().unwrap_or(path)),
        roles: args.roles.iter().copied().collect(),
        department,
        regions,
        suspended: false,
        signing_keys: signing.map(|pair| pair.entry(SIGNING_KEY_DAYS, now)).into_iter().collect(),
    }
}

/// `dept/ecology/writer` → `ecology-writer`.
fn file_name(principal: &Principal) -> String {
    let path = principal.path().trim_start_matches('/');
    path.strip_prefix("dept/").unwrap_or(path).replace('/', "-")
}

fn role_parser() -> impl clap::builder::TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(|role| PossibleValue::new(role.name()).help(part(role))))
        .try_map(|code| Role::parse(&code).ok_or("no such role"))
}

/// What a role is for.
fn part(role: Role) -> &'static str {
    match role {
        Role::DepartmentWriter => "填报 / submits for its department",
        Role::DepartmentApprover => "审核、签署 / endorses what its department submits",
        Role::Evaluator => "评价 / makes schemes, runs and reports",
        Role::Auditor => "审计 / reads everything, writes nothing",
        Role::Operator => "运维 / keeps the servers running",
        Role::Administrator => "管理 / keeps the directory",
        Role::Public => "社会公众 / reads the public page and nothing else",
        Role::Node => "部门节点 / the server of a department",
        Role::Aggregator => "汇总节点 / the server that follows and evaluates",
    }
}
