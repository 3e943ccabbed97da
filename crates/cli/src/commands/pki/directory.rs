//! `wufei pki directory`.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use ::pki::{load_verifier, read};
use chrono::{DateTime, Utc};
use directory::{Directory, Member};
use serde_json::json;

use super::{
    At,
    home::{DIRECTORY_DAYS, Home, tell},
    no_directory, refused,
};
use crate::{
    failure::{Failure, Outcome},
    screen::Screen,
};

/// 查看、签名、核对目录 / show, sign or check the directory
#[derive(Debug, clap::Args)]
pub(super) struct DirectoryArgs {
    #[command(subcommand)]
    what: What,
}

/// What to do with the directory.
#[derive(Debug, clap::Subcommand)]
enum What {
    /// 显示目录；--json 输出可修改的内容 / show the directory; --json prints what can be edited
    Show(ShowArgs),
    /// 把修改后的内容（或原内容）签名为下一版 / sign the edited content, or the same, as the next version
    Sign(SignArgs),
    /// 核对签名、期限和每条规则 / check signature, time and every rule
    Check(CheckArgs),
}

/// Which directory to show.
#[derive(Debug, clap::Args)]
struct ShowArgs {
    /// 目录文件；默认文件夹中的 directory.note / the directory; directory.note of the folder
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// What to sign.
#[derive(Debug, clap::Args)]
struct SignArgs {
    /// 修改后的内容（JSON）；不给则沿用原内容 / edited content as JSON; the same content without it
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// 有效天数 / days that it counts
    #[arg(long, value_name = "DAYS", default_value_t = DIRECTORY_DAYS)]
    days: u32,
}

/// What to check.
#[derive(Debug, clap::Args)]
struct CheckArgs {
    /// 目录文件；以 .json 结尾者只检查内容 / the directory; a file named .json is checked for its content only
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// 目录公钥；默认文件夹中的 directory.vkey / key of the directory; directory.vkey of the folder
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

pub(super) fn run(args: &DirectoryArgs, at: &At, screen: &Screen) -> Outcome<()> {
    match &args.what {
        What::Show(args) => show(args, at, screen),
        What::Sign(args) => sign(args, at, screen),
        What::Check(args) => check(args, at, screen),
    }
}

fn show(args: &ShowArgs, at: &At, screen: &Screen) -> Outcome<()> {
    let directory = match &args.file {
        Some(file) => opened(file, &at.dir.join("directory.vkey"))?,
        None => Home::look(at).directory()?,
    };
    if screen.is_json() {
        screen.bytes(directory.to_json().map_err(no_directory)?.as_bytes());
        return Ok(());
    }
    head(&directory, at.now, screen);
    let mut table = screen.table(&[
        ("身份", "identity"),
        ("名称", "name"),
        ("角色", "roles"),
        ("部门", "department"),
        ("签名公钥", "signing keys"),
        ("状态", "state"),
    ]);
    for member in &directory.document().members {
        table.add_row(row(member, at.now, screen));
    }
    screen.line(table);
    let revoked = &directory.document().revoked_certificates;
    if !revoked.is_empty() {
        screen.say("已吊销的证书：", "revoked certificates:");
        revoked.iter().for_each(|fingerprint| screen.line(format_args!("  {fingerprint}")));
    }
    Ok(())
}

fn sign(args: &SignArgs, at: &At, screen: &Screen) -> Outcome<()> {
    let home = Home::change(at)?;
    let current = home.directory()?;
    let edited = match &args.file {
        None => current.clone(),
        Some(file) => Directory::from_json(&read(file).map_err(refused)?).map_err(no_directory)?,
    };
    let (was, is) = (edited.version(), current.version());
    if was != is {
        return Err(Failure::failed(
            format!("该内容取自第 {was} 版，现行为第 {is} 版；请用 wufei pki directory show --json 重新取出再改"),
            format!(
                "this was made from version {was}, and {is} is the newest; edit the output of directory show --json again"
            ),
        ));
    }
    let next = home.next(&edited, args.days)?;
    let prepared = home.prepare(&current, &next)?;
    home.publish(&prepared)?;
    if screen.is_json() {
        screen.value(&json!({
            "version": prepared.directory.version(), "expires": prepared.directory.document().expires,
            "directory": home.note(), "changes": prepared.changes.len(),
        }));
        return Ok(());
    }
    tell(&prepared, &home.note(), screen);
    Ok(())
}

fn check(args: &CheckArgs, at: &At, screen: &Screen) -> Outcome<()> {
    // The name decides, not the content: a note that has lost its signature must not pass as a draft.
    let signed = args.file.extension() != Some(OsStr::new("json"));
    let directory = if signed {
        let key = args.key.clone().unwrap_or_else(|| at.dir.join("directory.vkey"));
        let directory = opened(&args.file, &key)?;
        directory.in_force(at.now).map_err(no_directory)?;
        directory
    } else {
        Directory::from_json(&read(&args.file).map_err(refused)?).map_err(no_directory)?
    };
    if screen.is_json() {
        let document = directory.document();
        screen.value(&json!({
            "valid": true, "signed": signed, "instance": document.instance, "version": document.version,
            "expires": document.expires, "members": document.members.len(), "nodes": document.nodes.len(),
        }));
        return Ok(());
    }
    if signed {
        screen.say("核对通过：签名、期限和规则均无误", "it holds: signature, time and every rule");
    } else {
        screen.say("内容符合规则，尚未签名", "the content keeps every rule; it is not signed");
    }
    head(&directory, at.now, screen);
    Ok(())
}

fn opened(file: &Path, key: &Path) -> Outcome<Directory> {
    let note = read(file).map_err(refused)?;
    let verifier = load_verifier(key).map_err(refused)?;
    Directory::inspect(&note, &[verifier]).map_err(no_directory)
}

fn head(directory: &Directory, now: DateTime<Utc>, screen: &Screen) {
    let document = directory.document();
    let (instance, version, members) = (&document.instance, document.version, document.members.len());
    let (until, days) = (document.expires.format("%Y-%m-%d"), (document.expires - now).num_days());
    screen.say(
        format!("实例 {instance}，目录第 {version} 版，{members} 个成员，{until} 到期（剩余 {days} 天）"),
        format!(
            "instance {instance}, directory version {version}, {members} member(s), ends {until} ({days} days left)"
        ),
    );
}

fn row(member: &Member, now: DateTime<Utc>, screen: &Screen) -> [String; 6] {
    let roles: Vec<_> = member.roles.iter().map(ToString::to_string).collect();
    let keys = member.signing_keys.iter().map(|signing| {
        let ended = if signing.not_after <= now { screen.text("（已终止）", " (ended)") } else { "" };
        format!("{} {}{ended}", signing.key.algorithm(), signing.key.id())
    });
    let state =
        if member.suspended { screen.text("✗ 停用", "✗ suspended") } else { screen.text("有效", "active") };
    [
        member.principal.to_string(),
        screen.read(&member.display).to_owned(),
        roles.join("\n"),
        member.department.as_ref().map(ToString::to_string).unwrap_or_default(),
        keys.collect::<Vec<_>>().join("\n"),
        state.to_owned(),
    ]
}
