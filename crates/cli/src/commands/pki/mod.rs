//! `wufei pki`.

use std::path::PathBuf;

use ::directory::{DirectoryError, EditError, Fingerprint};
use ::pki::PkiError;
use chrono::{DateTime, SubsecRound as _, Utc};
use domain::Text;
use runtime::clock::{Clock as _, SystemClock};

use crate::{
    failure::{Code, Failure, Fault, Outcome},
    guide::Guide,
    screen::Screen,
};

mod directory;
mod home;
mod init;
mod issue;
mod list;
mod renew;
mod revoke;

/// How the command is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        (
            "wufei pki init --instance wufei.demo --dir pki",
            "新建根、实例证书机构和目录 / make root, authority and directory",
        ),
        (
            "wufei pki issue --dir pki --id dept/ecology --role node --server --dns ecology.example --ip 10.0.0.5",
            "节点的证书 / the certificate of a node",
        ),
        (
            "wufei pki issue --dir pki --id dept/ecology/writer --role department-writer --signing sm2",
            "填报系统的证书和签名密钥 / certificate and signing key of a reporting system",
        ),
        (
            "wufei pki list --dir pki",
            "证书清单，30 天内到期的有标记 / the certificates; those that end within 30 days are marked",
        ),
        ("wufei pki renew --dir pki ecology ecology-writer", "同一身份换新证书 / same identities, new certificates"),
        ("wufei pki rotate --dir pki ecology-writer", "同时更换签名密钥 / and a new signing key"),
        (
            "wufei pki revoke --dir pki dept/ecology/writer",
            "停用成员并吊销其证书 / stop a member and revoke its certificates",
        ),
        (
            "wufei pki directory check directory.note --key directory.vkey",
            "核对目录的签名和期限 / check signature and time of a directory",
        ),
    ],
    notes: &[
        "root.key 签发完实例证书机构后请离线保存。 / Keep root.key offline once the authority is made.",
        "成员是系统或岗位，不登记个人。 / Members are systems or seats, never persons.",
    ],
    json: "所做之事：文件、成员、目录版本；list 为数组 / what was done: files, member, version of the directory; list prints an array",
};

/// 建立实例的证书机构与目录，签发、续期、更换、吊销 / authority and directory of an instance: issue, renew, rotate, revoke
#[derive(Debug, clap::Args)]
pub(crate) struct PkiArgs {
    /// 证书与密钥所在的文件夹 / folder of certificates and keys
    #[arg(long, value_name = "DIR", global = true, default_value = "wufei-pki")]
    dir: PathBuf,
    #[command(subcommand)]
    what: What,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
enum What {
    Init(init::InitArgs),
    Issue(issue::IssueArgs),
    Renew(renew::RenewArgs),
    Rotate(renew::RotateArgs),
    Revoke(revoke::RevokeArgs),
    List(list::ListArgs),
    Directory(directory::DirectoryArgs),
}

pub(crate) fn run(args: PkiArgs, screen: &Screen) -> Outcome<()> {
    let PkiArgs { dir, what } = args;
    let at = At { dir, now: SystemClock.now().trunc_subsecs(0) };
    match what {
        What::Init(args) => init::run(&args, &at, screen),
        What::Issue(args) => issue::run(&args, &at, screen),
        What::Renew(args) => renew::run(&args, &at, screen),
        What::Rotate(args) => renew::rotate(&args, &at, screen),
        What::Revoke(args) => revoke::run(&args, &at, screen),
        What::List(args) => list::run(&args, &at, screen),
        What::Directory(args) => directory::run(&args, &at, screen),
    }
}

/// Where and when a command works.
#[derive(Clone, Debug)]
struct At {
    dir: PathBuf,
    now: DateTime<Utc>,
}

/// A refusal of the certificates' side.
fn refused(error: PkiError) -> Failure {
    of(Code::Failed, Text::new(error.zh(), error.to_string()))
}

/// A step that cannot be taken in the directory.
fn not_edited(error: EditError) -> Failure {
    of(Code::Failed, error.text())
}

/// A directory that does not count. Broken rules are told one by one.
fn no_directory(error: DirectoryError) -> Failure {
    match error {
        DirectoryError::Faults(faults) => {
            let count = faults.0.len();
            let faults = faults.0.into_iter().map(|fault| Fault {
                field: fault.path,
                value: fault.value,
                rule: fault.rule,
                ..Fault::default()
            });
            Failure::refused(
                format!("目录有 {count} 处问题，未采用"),
                format!("the directory has {count} fault(s) and is not used"),
                faults.collect(),
            )
        }
        DirectoryError::Form { .. } => of(Code::Refused, error.text()),
        DirectoryError::Note(_)
        | DirectoryError::OtherSigner { .. }
        | DirectoryError::Expired { .. }
        | DirectoryError::NotYet { .. } => of(Code::NotVerified, error.text()),
    }
}

fn of(code: Code, text: Text) -> Failure {
    Failure { text, ..Failure::new(code, "", "") }
}

/// The fingerprint of a certificate that this program has read.
fn fingerprint(text: &str) -> Outcome<Fingerprint> {
    Fingerprint::parse(text).ok_or_else(|| Failure::unexpected("fingerprint", text))
}
