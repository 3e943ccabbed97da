//! `wufei pki revoke`.

use directory::{Directory, Document, Fingerprint};
use serde_json::json;

use super::{
    At, fingerprint,
    home::{DIRECTORY_DAYS, Home, tell},
    not_edited,
};
use crate::{
    failure::{Failure, Outcome},
    screen::Screen,
};

/// 停用成员并吊销其证书，或吊销一张证书 / stop a member and revoke its certificates, or revoke one certificate
#[derive(Debug, clap::Args)]
pub(super) struct RevokeArgs {
    /// 身份，或证书的 SHA-256 指纹 / an identity, or a certificate's SHA-256
    #[arg(value_name = "PRINCIPAL|FINGERPRINT")]
    target: String,
}

pub(super) fn run(args: &RevokeArgs, at: &At, screen: &Screen) -> Outcome<()> {
    let home = Home::change(at)?;
    let directory = home.directory()?;
    let mut next = home.next(&directory, DIRECTORY_DAYS)?;
    match Fingerprint::parse(&args.target) {
        Some(fingerprint) => next.revoke(fingerprint).map_err(not_edited)?,
        None => stop(&home, &directory, &mut next, &args.target)?,
    }
    let prepared = home.prepare(&directory, &next)?;
    if prepared.changes.is_empty() {
        let target = &args.target;
        return Err(Failure::failed(
            format!("{target} 已经停用，证书也已吊销"),
            format!("{target} is suspended already, and its certificates are revoked"),
        ));
    }
    home.publish(&prepared)?;
    if screen.is_json() {
        let changes: Vec<_> = prepared
            .changes
            .iter()
            .map(|change| change.text())
            .map(|text| json!({"zh": text.zh, "en": text.en}))
            .collect();
        screen.value(&json!({"directoryVersion": prepared.directory.version(), "changes": changes}));
        return Ok(());
    }
    tell(&prepared, &home.note(), screen);
    Ok(())
}

/// Suspends the member, and revokes the certificates of it that are in the folder.
fn stop(home: &Home, directory: &Directory, next: &mut Document, target: &str) -> Outcome<()> {
    let principal = Home::principal(directory.instance(), target)?;
    next.suspend(&principal).map_err(not_edited)?;
    for certificate in home.certificates()?.into_iter().filter_map(|listed| listed.certificate.ok()) {
        if certificate.spiffe_id == principal.as_str() && !directory.is_revoked(&certificate.fingerprint) {
            next.revoke(fingerprint(&certificate.fingerprint)?).map_err(not_edited)?;
        }
    }
    Ok(())
}
