//! Pages in the configuration of a node: where they listen and how people are let in. Who serves them is `portal`.

use std::{collections::BTreeSet, net::SocketAddr, path::Path};

use chrono::NaiveDate;
use domain::Period;
use runtime::config::{Checked, Faults, FilePath, Text, Tls};
use serde::{Deserialize, Serialize};

use crate::inside::Person;

/// The pages of a department's clerks and approvers (填报): workbooks in, drafts, signing. Where they are, who is let in, what is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClerkPages {
    /// Where they listen; without `tls` on loopback only.
    pub listen: SocketAddr,
    /// Certificate (PEM) of the identity that everybody on this machine is, for a demo. A submission still needs that identity's
    /// signing key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everybody_is: Option<FilePath>,
    /// True when the data of this node are synthetic: every page then says so.
    #[serde(default)]
    pub synthetic: bool,
    /// Mutual TLS with the browser: who looks is the identity in the client certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// The bounds of drafts.
    #[serde(default)]
    pub drafts: DraftBounds,
    /// The rounds that are open, in the order in which pages show them.
    #[serde(default)]
    pub rounds: Vec<OpenRound>,
}

/// A round of reporting that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRound {
    /// What is reported, for example `2024` or `2024-Q3`.
    pub period: Period,
    /// The last day on which it is in time, for example `"2025-03-31"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
}

/// How much of drafts is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DraftBounds {
    /// Drafts of one person.
    pub per_person: usize,
    /// Bytes of one workbook.
    pub file_bytes: usize,
    /// Bytes of all drafts of all persons.
    pub total_bytes: u64,
    /// Days that a draft is kept after its last change.
    pub days: u32,
}

impl Default for DraftBounds {
    /// 20 drafts a person, 8 MiB a workbook, 512 MiB in all, 60 days.
    fn default() -> Self {
        Self { per_person: 20, file_bytes: 8 << 20, total_bytes: 512 << 20, days: 60 }
    }
}

impl Checked for ClerkPages {
    fn check(&self, faults: &mut Faults) {
        check_door(self.listen, self.everybody_is.as_ref(), self.tls.as_ref(), faults);
        let mut seen = BTreeSet::new();
        for (number, OpenRound { period, .. }) in self.rounds.iter().enumerate() {
            let spelled = period.to_string();
            if spelled.contains('/') || !seen.insert(spelled) {
                faults.within(format!("rounds[{number}]"), |faults| {
                    faults.report(
                        "period",
                        period,
                        Text::new(
                            "应为一个年、季、月，且不重复",
                            "is one year, half-year, quarter, month or day, once each",
                        ),
                        Text::new("请填 2024、2024-Q3 等", "give 2024, 2024-Q3 or the like"),
                    );
                });
            }
        }
        let DraftBounds { per_person, file_bytes, total_bytes, days } = self.drafts;
        let bounds = [
            ("per_person", u64::try_from(per_person).unwrap_or(u64::MAX), 1_000),
            ("file_bytes", u64::try_from(file_bytes).unwrap_or(u64::MAX), 64 << 20),
            ("total_bytes", total_bytes, 1 << 40),
            ("days", u64::from(days), 3_650),
        ];
        for (key, value, most) in bounds {
            if value == 0 || value > most {
                faults.within("drafts", |faults| {
                    faults.report(
                        key,
                        value,
                        Text::new(format!("应在 1 到 {most} 之间"), format!("is between 1 and {most}")),
                        Text::new("请改正，或删去此项以用默认值", "correct it, or remove the key for the default"),
                    );
                });
            }
        }
    }
}

/// The rules of every door for browsers: people show a client certificate, or everybody on this machine is one identity.
pub fn check_door(listen: SocketAddr, everybody_is: Option<&FilePath>, tls: Option<&Tls>, faults: &mut Faults) {
    match (everybody_is, tls) {
        (Some(certificate), None) => check_everybody(listen, certificate, faults),
        (None, Some(_)) => {}
        (Some(certificate), Some(_)) => faults.report(
            "everybody_is",
            certificate.display(),
            Text::new("已用客户端证书登录，不能再有统一身份", "people sign in by certificate, so nobody is everybody"),
            Text::new("请删去 everybody_is 或 [web.tls]", "remove everybody_is or [web.tls]"),
        ),
        (None, None) => faults.missing(
            "everybody_is",
            Text::new("须注明页面怎样识别身份", "the pages have to know who looks"),
            Text::new(
                "请填 [web.tls]，或在本机演示时填 everybody_is",
                "give [web.tls], or everybody_is for a demo on this machine",
            ),
        ),
    }
}

fn check_everybody(listen: SocketAddr, certificate: &FilePath, faults: &mut Faults) {
    if !listen.ip().is_loopback() {
        faults.report(
            "listen",
            listen,
            Text::new("没有登录的页面只能监听本机地址", "pages without a login listen on loopback only"),
            Text::new("请填 127.0.0.1:端口，或设 [web.tls]", "give 127.0.0.1:port, or set [web.tls]"),
        );
    }
    if let Err(error) = everybody(certificate) {
        faults.report(
            "everybody_is",
            certificate.display(),
            Text::new(format!("不能作为页面的身份：{error}"), format!("no identity for the pages: {error}")),
            Text::new("请填本实例签发的证书文件", "give a certificate file that this instance issued"),
        );
    }
}

/// The identity in a certificate file (PEM).
///
/// # Errors
/// When the file cannot be read, or names nobody.
pub fn everybody(certificate: &Path) -> anyhow::Result<Person> {
    Ok(Person::of_pem(&std::fs::read_to_string(certificate)?)?)
}
