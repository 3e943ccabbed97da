//! `wufei pki list`.

use ::pki::{CertificateInfo, CertificateKind, Listed};
use chrono::{DateTime, TimeDelta, Utc};
use directory::Directory;
use domain::Text;
use serde_json::{Value, json};

use super::{At, home::Home};
use crate::{failure::Outcome, screen::Screen};

/// What ends within this time is marked.
const SOON: TimeDelta = TimeDelta::days(30);
/// The part of a certificate's life that is left when it should be renewed: a third.
const LAST_PART: i32 = 3;

/// 证书清单：编号、指纹、起止、剩余天数、是否吊销 / certificates: serial, fingerprint, time, days left, revoked
#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {}

/// How a certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Good,
    /// It ends within [`SOON`].
    Soon,
    /// Less than a third of its life is left.
    Due,
    Ended,
    Revoked,
    Suspended,
    NotAMember,
}

impl State {
    fn of(certificate: &CertificateInfo, directory: &Directory, now: DateTime<Utc>) -> Self {
        if directory.is_revoked(&certificate.fingerprint) {
            return Self::Revoked;
        }
        if certificate.kind == CertificateKind::Identity {
            let principal = Home::principal(directory.instance(), &certificate.spiffe_id).ok();
            match principal.and_then(|principal| directory.member(&principal)) {
                None => return Self::NotAMember,
                Some(member) if member.suspended => return Self::Suspended,
                Some(_) => {}
            }
        }
        let (left, life) = (certificate.left(now), certificate.not_after - certificate.not_before);
        if left < TimeDelta::zero() {
            Self::Ended
        } else if left * LAST_PART < life {
            Self::Due
        } else if left <= SOON {
            Self::Soon
        } else {
            Self::Good
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Soon => "ends-soon",
            Self::Due => "renew-now",
            Self::Ended => "ended",
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
            Self::NotAMember => "not-a-member",
        }
    }

    fn text(self) -> Text {
        match self {
            Self::Good => Text::new("有效", "good"),
            Self::Soon => Text::new("⚠ 30 天内到期", "⚠ ends within 30 days"),
            Self::Due => Text::new("⚠ 请续期", "⚠ renew now"),
            Self::Ended => Text::new("✗ 已到期", "✗ ended"),
            Self::Revoked => Text::new("✗ 已吊销", "✗ revoked"),
            Self::Suspended => Text::new("✗ 成员已停用", "✗ member suspended"),
            Self::NotAMember => Text::new("✗ 不在目录中", "✗ not in the directory"),
        }
    }
}

pub(super) fn run(_: &ListArgs, at: &At, screen: &Screen) -> Outcome<()> {
    let home = Home::look(at);
    let (directory, listed) = (home.directory()?, home.certificates()?);
    if screen.is_json() {
        let rows: Vec<_> = listed.iter().map(|listed| value(listed, &directory, at.now)).collect();
        let document = directory.document();
        screen.value(&json!({
            "instance": document.instance, "certificates": rows,
            "directory": {"version": document.version, "expires": document.expires},
        }));
        return Ok(());
    }
    let mut table = screen.table(&[
        ("名称", "name"),
        ("身份", "identity"),
        ("序列号", "serial"),
        ("SHA-256 指纹", "SHA-256"),
        ("起", "from"),
        ("止", "until"),
        ("剩余天数", "days left"),
        ("状态", "state"),
    ]);
    for listed in &listed {
        table.add_row(row(listed, &directory, at.now, screen));
    }
    screen.line(table);
    let (version, expires) = (directory.version(), directory.document().expires);
    let (days, date) = ((expires - at.now).num_days(), expires.format("%Y-%m-%d"));
    let mark = if expires - at.now <= SOON { "⚠ " } else { "" };
    screen.say(
        format!("{mark}目录第 {version} 版，{date} 到期（剩余 {days} 天）；续签：wufei pki directory sign"),
        format!(
            "{mark}directory version {version} ends {date} ({days} days left); sign it anew: wufei pki directory sign"
        ),
    );
    Ok(())
}

fn row(listed: &Listed, directory: &Directory, now: DateTime<Utc>, screen: &Screen) -> Vec<String> {
    let name = listed.name.clone();
    match &listed.certificate {
        Ok(certificate) => vec![
            name,
            certificate.spiffe_id.clone(),
            certificate.serial.clone(),
            certificate.fingerprint.clone(),
            certificate.not_before.format("%Y-%m-%d").to_string(),
            certificate.not_after.format("%Y-%m-%d").to_string(),
            certificate.left(now).num_days().to_string(),
            screen.read(&State::of(certificate, directory, now).text()).to_owned(),
        ],
        Err(error) => {
            let fault = Text::new(error.zh(), error.to_string());
            let mut row = vec![name];
            row.resize(7, String::new());
            row.push(format!("✗ {}", screen.read(&fault)));
            row
        }
    }
}

fn value(listed: &Listed, directory: &Directory, now: DateTime<Utc>) -> Value {
    match &listed.certificate {
        Ok(certificate) => json!({
            "name": listed.name, "file": listed.path, "identity": certificate.spiffe_id, "serial": certificate.serial,
            "fingerprint": certificate.fingerprint, "notBefore": certificate.not_before,
            "notAfter": certificate.not_after, "daysLeft": certificate.left(now).num_days(),
            "revoked": directory.is_revoked(&certificate.fingerprint),
            "state": State::of(certificate, directory, now).code(),
        }),
        Err(error) => json!({
            "name": listed.name, "file": listed.path, "state": "damaged",
            "fault": {"zh": error.zh(), "en": error.to_string()},
        }),
    }
}
