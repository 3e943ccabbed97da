//! `wufei pki init`.

use ::pki::{PLAIN_NOTE, Root, make_note_key, make_private_folder, write_note_key, write_public};
use directory::{Directory, Document, directory_key_name};
use serde_json::json;

use super::{
    At,
    home::{DIRECTORY, DIRECTORY_DAYS, Home},
    no_directory, refused,
};
use crate::{failure::Outcome, screen::Screen};

/// How long the root lasts, in days.
const ROOT_DAYS: u32 = 3650;
/// How long the authority of the instance lasts, in days, unless it is told otherwise.
pub(super) const AUTHORITY_DAYS: u32 = 730;

/// 新建一个实例：根、实例证书机构、目录密钥和空目录 / make an instance: root, authority, directory key, empty directory
#[derive(Debug, clap::Args)]
pub(super) struct InitArgs {
    /// 实例名，即身份中 spiffe:// 之后的信任域 / name of the instance, the trust domain of every identity
    #[arg(long, value_name = "NAME")]
    instance: String,
    /// 实例证书机构的有效天数 / days that the authority of the instance lasts
    #[arg(long, value_name = "DAYS", default_value_t = AUTHORITY_DAYS)]
    authority_days: u32,
}

pub(super) fn run(args: &InitArgs, at: &At, screen: &Screen) -> Outcome<()> {
    let (instance, now) = (args.instance.as_str(), at.now);
    let root = Root::create(instance, now, chrono::TimeDelta::days(ROOT_DAYS.into())).map_err(refused)?;
    let authority = root.certify(args.authority_days, now).map_err(refused)?;
    let signer = make_note_key(&directory_key_name(instance)).map_err(refused)?;
    make_private_folder(&at.dir).map_err(refused)?;
    let home = Home::change(at)?;
    let note = Directory::sign(&Document::first(instance, now, home.in_days(DIRECTORY_DAYS)?), &signer);
    let note = note.map_err(no_directory)?;
    // The root comes first: where one is there already, nothing is written.
    root.save(&at.dir).map_err(refused)?;
    authority.save(&at.dir).map_err(refused)?;
    write_note_key(&at.dir, DIRECTORY, &signer, PLAIN_NOTE).map_err(refused)?;
    write_public(&home.note(), &note).map_err(refused)?;

    if screen.is_json() {
        screen.value(&json!({
            "instance": instance, "dir": at.dir, "root": at.dir.join("root.pem"), "rootNotAfter": root.not_after(),
            "authorityNotAfter": authority.not_after(), "directory": home.note(), "directoryVersion": 1,
        }));
        return Ok(());
    }
    let dir = at.dir.display();
    screen.say(
        format!(
            "实例 {instance} 已建立于 {dir}\n  root.pem        各节点和调用者信任的根\n  root.key        请移到离线介质保存，只在换发实例证书机构时使用\n  \
             directory.vkey  交给各节点，用来核对目录\n  directory.note  目录第 1 版，尚无成员"
        ),
        format!(
            "the instance {instance} is made in {dir}\n  root.pem        what every node and caller trusts\n  root.key        move it offline; it is needed only to renew the authority\n  \
             directory.vkey  for every node, to check the directory\n  directory.note  version 1 of the directory, without members"
        ),
    );
    Ok(())
}
