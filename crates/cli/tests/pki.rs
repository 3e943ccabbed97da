//! `wufei pki` as an administrator meets it: the real program on a folder of its own.
#![allow(clippy::unwrap_used, reason = "test code outside #[test] functions")]

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Output,
};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A folder of an instance.
struct Office {
    _dir: TempDir,
    pki: PathBuf,
}

impl Office {
    fn empty() -> Self {
        let dir = TempDir::new().unwrap();
        let pki = dir.path().join("pki");
        Self { _dir: dir, pki }
    }

    fn new() -> Self {
        let office = Self::empty();
        office.done(&["init", "--instance", "wufei.test"]);
        office
    }

    /// With the writer of ecology.
    fn with_writer() -> Self {
        let office = Self::new();
        office.done(&["issue", "--id", "dept/ecology/writer", "--role", "department-writer"]);
        office
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::cargo_bin("wufei").unwrap().arg("pki").args(args).arg("--dir").arg(&self.pki).output().unwrap()
    }

    /// What it says with `--json`.
    fn done(&self, args: &[&str]) -> Value {
        let output = self.run(&[args, &["--json"]].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {stderr}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Exit code and message in both languages; whatever is refused changes no file.
    fn refused(&self, args: &[&str]) -> (i32, String) {
        let before = self.files();
        let output = self.run(&[args, &["--json"]].concat());
        assert!(!output.status.success(), "{args:?} was done");
        assert_eq!(self.files(), before, "{args:?} changed something");
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let entries = fs::read_dir(&self.pki).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| !path.ends_with(".lock")).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.pki.join(name)
    }

    fn directory(&self) -> Value {
        self.done(&["directory", "show"])
    }

    fn row(&self, name: &str) -> Value {
        let listed = self.done(&["list"]);
        let rows = listed["certificates"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).unwrap().clone()
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn an_instance_begins_with_a_root_an_authority_and_an_empty_directory() {
    let office = Office::new();
    for key in ["root.key", "ca.key", "directory.key"] {
        assert_eq!(mode(&office.file(key)), 0o600, "{key}");
    }
    let directory = office.directory();
    assert_eq!((&directory["instance"], &directory["version"]), (&"wufei.test".into(), &1.into()));
    assert_eq!(directory["members"].as_array().unwrap().len(), 0);
    let (_, message) = office.refused(&["init", "--instance", "wufei.other"]);
    assert!(message.contains("root.pem") && message.contains("已存在"), "{message}");
}

#[test]
fn a_member_gets_certificate_signing_key_and_its_place_in_the_directory() {
    let office = Office::new();
    let node =
        office.done(&["issue", "--id", "dept/ecology", "--role", "node", "--server", "--dns", "ecology.example"]);
    assert_eq!((&node["name"], &node["directoryVersion"]), (&"ecology".into(), &2.into()));
    assert!(office.file("ecology.sign.key").exists(), "a node signs what it asks of witnesses");
    let args = ["--zh", "填报系统", "--en", "reporting system", "--signing", "sm2"];
    let writer = office
        .done(&[&["issue", "--id", "dept/city-140100/writer", "--role", "department-writer"], &args[..]].concat());
    assert_eq!(mode(&office.file("city-140100-writer.sign.key")), 0o600);
    let member = &office.directory()["members"][1];
    assert_eq!(member["principal"], "spiffe://wufei.test/dept/city-140100/writer");
    assert_eq!((&member["department"], &member["regions"][0]), (&"city-140100".into(), &"140100".into()));
    assert_eq!(
        (&member["display"]["zh"], &member["signing_keys"][0]["algorithm"]),
        (&"填报系统".into(), &"sm2-sm3".into())
    );
    assert_eq!(member["signing_keys"][0]["id"], writer["signingKeyId"]);
    let row = office.row("city-140100-writer");
    assert!((29..=30).contains(&row["daysLeft"].as_i64().unwrap()), "{row}");
    assert_eq!((&row["state"], &row["revoked"]), (&"ends-soon".into(), &false.into()));
    assert_eq!(office.row("root")["state"], "good");
    let checked = office.done(&["directory", "check", office.file("directory.note").to_str().unwrap()]);
    assert_eq!((&checked["signed"], &checked["members"]), (&true.into(), &2.into()));
}

#[test]
fn tables_and_messages_are_in_the_readers_language() {
    let office = Office::with_writer();
    for (lang, words) in [
        ("zh", ["剩余天数", "30 天内到期", "目录第 2 版"]),
        ("en", ["days left", "within 30 days", "directory version 2"]),
    ] {
        let output = office.run(&["list", "--lang", lang]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    }
    let output = office.run(&["directory", "show", "--lang", "zh"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("department-writer") && text.contains("1 个成员"), "{text}");
}

#[test]
fn nobody_is_issued_twice_or_into_another_instance() {
    let office = Office::with_writer();
    let issue = |id: &str, rest: &[&str]| office.refused(&[&["issue", "--role", "node", "--id", id], rest].concat()).1;
    let message = issue("dept/ecology/writer", &[]);
    assert!(message.contains("已是成员") && message.contains("is a member already"), "{message}");
    let message = issue("spiffe://other.test/dept/ecology", &[]);
    assert!(message.contains("other.test") && message.contains("不属于实例 wufei.test"), "{message}");
    let message = issue("dept/scitech", &["--name", "ecology-writer"]);
    assert!(message.contains("ecology-writer.pem") && message.contains("已存在"), "{message}");
    let message = issue("dept/scitech", &["--server"]);
    assert!(message.contains("--dns"), "{message}");
    let message = issue("dept/traffic", &[]);
    assert!(message.contains("members[1].principal") && message.contains("没有此部门"), "{message}");
    let message = issue("dept/scitech", &["--days", "800"]);
    assert!(message.contains("请减少天数"), "{message}");
}

#[test]
fn a_key_that_others_can_read_is_not_used() {
    let office = Office::with_writer();
    for key in ["ca.key", "directory.key"] {
        fs::set_permissions(office.file(key), Permissions::from_mode(0o640)).unwrap();
        let (_, message) = office.refused(&["issue", "--id", "dept/ecology", "--role", "node"]);
        assert!(message.contains(key) && message.contains("chmod 600"), "{message}");
        fs::set_permissions(office.file(key), Permissions::from_mode(0o600)).unwrap();
    }
    office.done(&["issue", "--id", "dept/ecology", "--role", "node"]);
}

#[test]
fn an_ended_authority_is_renewed_and_issues_again() {
    let office = Office::new();
    let long_ago = "2025-01-01T00:00:00Z".parse().unwrap();
    for file in ["root.pem", "root.key", "ca.pem", "ca.key"] {
        fs::remove_file(office.file(file)).unwrap();
    }
    let root = pki::Root::create("wufei.test", long_ago, chrono::TimeDelta::days(3650)).unwrap();
    root.save(&office.pki).unwrap();
    root.certify(30, long_ago).unwrap().save(&office.pki).unwrap();
    let issue = ["issue", "--id", "dept/ecology/writer", "--role", "department-writer"];
    let (_, message) = office.refused(&issue);
    assert!(message.contains("到期") && message.contains("wufei pki renew ca"), "{message}");
    assert_eq!(office.row("ca")["state"], "ended");
    office.done(&["renew", "ca"]);
    office.done(&issue);
    assert_eq!(office.row("ca")["state"], "good");
}

#[test]
fn a_damaged_directory_stops_everything() {
    let office = Office::with_writer();
    let note = office.file("directory.note");
    let good = fs::read_to_string(&note).unwrap();
    fs::write(&note, good.replacen("\"suspended\": false", "\"suspended\": true", 1)).unwrap();
    let file = note.to_str().unwrap();
    for args in [
        &["issue", "--id", "dept/ecology", "--role", "node"][..],
        &["renew", "ecology-writer", "--revoke-old"],
        &["rotate", "ecology-writer"],
        &["revoke", "dept/ecology/writer"],
        &["list"],
        &["directory", "show"],
        &["directory", "sign"],
        &["directory", "check", file],
    ] {
        let (code, message) = office.refused(args);
        assert!(code == 5 && message.contains("签名") && message.contains("signed"), "{args:?} {code}: {message}");
    }
    let (text, _) = good.split_once("\n\n").unwrap();
    fs::write(&note, format!("{text}\n")).unwrap();
    let (code, message) = office.refused(&["directory", "check", file]);
    assert!(code == 5, "a note without its signature is no draft: {message}");
    fs::write(&note, good).unwrap();
    office.done(&["directory", "check", file]);
}

#[test]
fn a_renewed_certificate_keeps_the_identity_and_leaves_the_directory_alone() {
    let office = Office::with_writer();
    let before = office.row("ecology-writer");
    let renewed = office.done(&["renew", "ecology-writer", "--days", "60"]);
    let after = office.row("ecology-writer");
    assert!((59..=60).contains(&after["daysLeft"].as_i64().unwrap()), "{after}");
    assert_eq!((&after["identity"], &after["state"]), (&before["identity"], &"good".into()));
    assert_eq!(
        (&renewed[0]["oldFingerprint"], &renewed[0]["fingerprint"]),
        (&before["fingerprint"], &after["fingerprint"])
    );
    pki::read_identity(&office.file("ecology-writer.pem"), &office.file("ecology-writer.key")).unwrap();
    assert_eq!(office.directory()["version"], 2);
    office.done(&["renew", "ecology-writer", "--revoke-old"]);
    assert_eq!(office.directory()["revoked_certificates"][0], after["fingerprint"]);
    assert_eq!(office.row("ecology-writer")["state"], "ends-soon");
}

#[test]
fn a_rotation_lets_both_signing_keys_count_for_a_while() {
    let office = Office::with_writer();
    let old = office.directory()["members"][0]["signing_keys"][0].clone();
    let old_file = fs::read(office.file("ecology-writer.sign.key")).unwrap();
    let rotated = office.done(&["rotate", "ecology-writer", "--overlap-days", "3"]);
    let keys = office.directory()["members"][0]["signing_keys"].as_array().unwrap().clone();
    assert_eq!((keys.len(), &keys[0]["id"], &keys[1]["id"]), (2, &old["id"], &rotated["signingKeyId"]));
    assert_eq!(keys[0]["not_after"], rotated["overlapEnd"]);
    assert_ne!(fs::read(office.file("ecology-writer.sign.key")).unwrap(), old_file);
    let again = office.done(&["rotate", "ecology-writer", "--overlap-days", "0", "--signing", "sm2"]);
    let keys = office.directory()["members"][0]["signing_keys"].as_array().unwrap().clone();
    assert_eq!(keys.last().unwrap()["algorithm"], "sm2-sm3");
    assert!(
        keys.iter().all(|key| key["id"] == again["signingKeyId"] || key["not_after"] == again["overlapEnd"]),
        "{keys:?}"
    );
}

#[test]
fn a_revoked_member_gets_nothing_new() {
    let office = Office::with_writer();
    let revoked = office.done(&["revoke", "dept/ecology/writer"]);
    let told = revoked["changes"].to_string();
    assert!(told.contains("暂停成员 spiffe://wufei.test/dept/ecology/writer") && told.contains("吊销证书"), "{told}");
    let directory = office.directory();
    assert_eq!(directory["members"][0]["suspended"], true);
    let row = office.row("ecology-writer");
    assert_eq!((&row["revoked"], &row["fingerprint"]), (&true.into(), &directory["revoked_certificates"][0]));
    for args in [&["renew", "ecology-writer"][..], &["rotate", "ecology-writer"]] {
        let (_, message) = office.refused(args);
        assert!(message.contains("已暂停") && message.contains("suspended"), "{message}");
    }
    let (_, message) = office.refused(&["revoke", "dept/ecology/writer"]);
    assert!(message.contains("已经停用"), "{message}");
    let (_, message) = office.refused(&["revoke", "dept/scitech/writer"]);
    assert!(message.contains("不是目录中的成员"), "{message}");
}

#[test]
fn an_edited_directory_becomes_the_next_version() {
    let office = Office::with_writer();
    let edit = office.pki.join("edit.json");
    let mut content = office.directory();
    content["members"][0]["display"]["zh"] = "生态环境填报系统".into();
    fs::write(&edit, content.to_string()).unwrap();
    let file = edit.to_str().unwrap();
    assert_eq!(office.done(&["directory", "check", file])["signed"], false);
    assert_eq!(office.done(&["directory", "sign", file])["version"], 3);
    assert_eq!(office.directory()["members"][0]["display"]["zh"], "生态环境填报系统");
    let (_, message) = office.refused(&["directory", "sign", file]);
    assert!(message.contains("第 2 版") && message.contains("第 3 版"), "{message}");
    content["version"] = 3.into();
    content["members"][0]["roles"][0] = "boss".into();
    content["members"][0]["regions"] = vec!["Taiyuan"].into();
    fs::write(&edit, content.to_string()).unwrap();
    let (code, message) = office.refused(&["directory", "sign", file]);
    assert_eq!(code, 3, "{message}");
    let error: Value = serde_json::from_str(&message).unwrap();
    let places: Vec<_> = error["error"]["violations"].as_array().unwrap().iter().map(|fault| &fault["field"]).collect();
    assert_eq!(places, ["members[0].roles[0]", "members[0].regions[0]"]);
    content["members"][0]["mobile"] = "".into();
    fs::write(&edit, content.to_string()).unwrap();
    let (code, message) = office.refused(&["directory", "sign", file]);
    assert!(code == 3 && message.contains("mobile"), "{message}");
}

#[test]
fn two_commands_do_not_change_one_folder_at_once() {
    let office = Office::with_writer();
    let lock = fs::File::create(office.file(".lock")).unwrap();
    lock.lock().unwrap();
    let (_, message) = office.refused(&["directory", "sign"]);
    assert!(message.contains("另一个 wufei pki"), "{message}");
    drop(lock);
    office.done(&["directory", "sign"]);
}
