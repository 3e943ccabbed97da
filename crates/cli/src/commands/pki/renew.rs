//! `wufei pki renew` and `wufei pki rotate`.

use ::pki::{CertificateInfo, Root, SigningKeyPair, replace_signing_key, write_identity};
use chrono::TimeDelta;
use directory::{Directory, EditError, Member};
use serde_json::{Value, json};

use super::{
    At, fingerprint,
    home::{DIRECTORY_DAYS, Home, Prepared, tell},
    init::AUTHORITY_DAYS,
    issue::{CERTIFICATE_DAYS, SIGNING_KEY_DAYS, Signing},
    not_edited, refused,
};
use crate::{
    failure::{Failure, Outcome},
    screen::Screen,
};

/// The name of the authority's own files.
const AUTHORITY: &str = "ca";

/// 同一身份换新密钥和新证书；ca 指实例证书机构 / same identity, new key and certificate; ca is the authority itself
#[derive(Debug, clap::Args)]
pub(super) struct RenewArgs {
    /// 文件名（不含 .pem），可多个 / names of the files without .pem
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// 有效天数，默认证书 30 天，ca 730 天 / days it lasts: a certificate 30, ca 730
    #[arg(long, value_name = "DAYS")]
    days: Option<u32>,
    /// 同时吊销旧证书 / revoke the old certificate as well
    #[arg(long)]
    revoke_old: bool,
}

/// 更换证书和签名密钥，新旧签名密钥在重叠期内都有效 / new certificate and signing key; both keys count for a while
#[derive(Debug, clap::Args)]
pub(super) struct RotateArgs {
    /// 文件名（不含 .pem） / name of the files without .pem
    #[arg(value_name = "NAME")]
    name: String,
    /// 证书有效天数 / days that the certificate lasts
    #[arg(long, value_name = "DAYS", default_value_t = CERTIFICATE_DAYS)]
    days: u32,
    /// 旧签名密钥还有效几天 / days that the old signing key still counts
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    overlap_days: u32,
    /// 签名算法，默认与旧密钥相同 / algorithm of the signing key; that of the old one
    #[arg(long, value_enum)]
    signing: Option<Signing>,
    /// 同时吊销旧证书 / revoke the old certificate as well
    #[arg(long)]
    revoke_old: bool,
}

pub(super) fn run(args: &RenewArgs, at: &At, screen: &Screen) -> Outcome<()> {
    let home = Home::change(at)?;
    let mut renewed = Vec::new();
    for name in &args.names {
        renewed.push(if name == AUTHORITY {
            authority(args, &home, screen)?
        } else {
            certificate(args, &home, name, screen)?
        });
    }
    if screen.is_json() {
        screen.value(&Value::from(renewed));
    }
    Ok(())
}

fn authority(args: &RenewArgs, home: &Home, screen: &Screen) -> Outcome<Value> {
    let root = Root::load(home.dir()).map_err(refused)?;
    let authority = root.certify(args.days.unwrap_or(AUTHORITY_DAYS), home.now()).map_err(refused)?;
    authority.replace(home.dir()).map_err(refused)?;
    let until = authority.not_after();
    if !screen.is_json() {
        let date = until.format("%Y-%m-%d");
        screen.say(
            format!("实例证书机构已换新，{date} 前有效；已签发的证书不受影响。请把 root.key 移回离线介质"),
            format!("the authority is new, until {date}; issued certificates stay good. Move root.key offline again"),
        );
    }
    Ok(json!({"name": AUTHORITY, "notAfter": until}))
}

fn certificate(args: &RenewArgs, home: &Home, name: &str, screen: &Screen) -> Outcome<Value> {
    let directory = home.directory()?;
    let old = home.certificate(name)?;
    active(&directory, &old)?;
    let pair = home.authority()?.renew(&old, args.days.unwrap_or(CERTIFICATE_DAYS), home.now()).map_err(refused)?;
    let prepared = if args.revoke_old {
        let mut next = home.next(&directory, DIRECTORY_DAYS)?;
        next.revoke(fingerprint(&old.fingerprint)?).map_err(not_edited)?;
        Some(home.prepare(&directory, &next)?)
    } else {
        None
    };
    write_identity(home.dir(), name, &pair).map_err(refused)?;
    if let Some(prepared) = &prepared {
        home.publish(prepared)?;
    }
    let new = home.certificate(name)?;
    told(name, &old, &new, home, prepared.as_ref(), screen);
    Ok(value(name, &old, &new, prepared.as_ref()))
}

pub(super) fn rotate(args: &RotateArgs, at: &At, screen: &Screen) -> Outcome<()> {
    let home = Home::change(at)?;
    let (authority, directory) = (home.authority()?, home.directory()?);
    let old = home.certificate(&args.name)?;
    let member = active(&directory, &old)?;
    // The newest key says what the member's system can sign with.
    let newest = member.signing_keys.iter().max_by_key(|key| key.not_after).map(|key| key.key.algorithm());
    let algorithm = args.signing.map_or(newest, Signing::algorithm).ok_or_else(|| {
        let name = &args.name;
        Failure::failed(
            format!("{name} 没有签名密钥可换：请用 wufei pki renew，或用 --signing 指定算法"),
            format!("{name} has no signing key to rotate: use wufei pki renew, or say which with --signing"),
        )
    })?;
    let signing = SigningKeyPair::generate(algorithm).map_err(refused)?;
    let pair = authority.renew(&old, args.days, at.now).map_err(refused)?;
    let overlap_end = at.now + TimeDelta::days(args.overlap_days.into());
    let mut next = home.next(&directory, DIRECTORY_DAYS)?;
    next.rotate(&member.principal, signing.entry(SIGNING_KEY_DAYS, at.now), overlap_end).map_err(not_edited)?;
    if args.revoke_old {
        next.revoke(fingerprint(&old.fingerprint)?).map_err(not_edited)?;
    }
    let prepared = home.prepare(&directory, &next)?;
    // The directory comes first: a new signing key is of no use before it is listed.
    home.publish(&prepared)?;
    replace_signing_key(home.dir(), &args.name, &signing).map_err(refused)?;
    write_identity(home.dir(), &args.name, &pair).map_err(refused)?;
    let new = home.certificate(&args.name)?;
    let key_id = signing.public.id();
    if screen.is_json() {
        let mut value = value(&args.name, &old, &new, Some(&prepared));
        value["signingKeyId"] = Value::from(key_id);
        value["overlapEnd"] = json!(overlap_end);
        screen.value(&value);
        return Ok(());
    }
    told(&args.name, &old, &new, &home, Some(&prepared), screen);
    Ok(())
}

/// The member that a certificate names, which must be able to act: nobody who was stopped gets a new certificate.
fn active<'d>(directory: &'d Directory, certificate: &CertificateInfo) -> Outcome<&'d Member> {
    let principal = Home::principal(directory.instance(), &certificate.spiffe_id)?;
    match directory.member(&principal) {
        None => Err(not_edited(EditError::NotAMember(principal))),
        Some(member) if member.suspended => Err(not_edited(EditError::Suspended(principal))),
        Some(member) => Ok(member),
    }
}

fn told(
    name: &str,
    old: &CertificateInfo,
    new: &CertificateInfo,
    home: &Home,
    prepared: Option<&Prepared>,
    screen: &Screen,
) {
    if screen.is_json() {
        return;
    }
    let (until, old_until) = (new.not_after.format("%Y-%m-%d"), old.not_after.format("%Y-%m-%d"));
    let (fingerprint, old_fingerprint) = (&new.fingerprint, &old.fingerprint);
    screen.say(
        format!("{name} 已换新证书，{until} 前有效，指纹 {fingerprint}\n  旧证书到期 {old_until}，指纹 {old_fingerprint}"),
        format!("{name} has a new certificate until {until}, fingerprint {fingerprint}\n  the old one ends {old_until}, fingerprint {old_fingerprint}"),
    );
    if let Some(prepared) = prepared {
        tell(prepared, &home.note(), screen);
    }
}

fn value(name: &str, old: &CertificateInfo, new: &CertificateInfo, prepared: Option<&Prepared>) -> Value {
    json!({
        "name": name, "fingerprint": new.fingerprint, "notAfter": new.not_after, "oldFingerprint": old.fingerprint,
        "oldNotAfter": old.not_after, "directoryVersion": prepared.map(|prepared| prepared.directory.version()),
    })
}
