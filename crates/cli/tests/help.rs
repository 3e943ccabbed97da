//! The help and the reference as users see them, from the real program.
#![allow(clippy::unwrap_used, reason = "test code outside #[test] functions")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

/// Runs the program where no terminal and no variable says how wide it is: help is 100 columns wide.
fn wufei(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wufei")).args(args).env_remove("COLUMNS").output().unwrap()
}

fn help(args: &[&str]) -> String {
    let output = wufei(args);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What is said about wrong words; they end with 2 and print nothing on stdout.
fn wrong(args: &[&str]) -> String {
    let output = wufei(args);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn help_is_chinese_first_and_english_one_switch_away() {
    for (name, args) in [("all", &[][..]), ("submit", &["submit"]), ("node", &["node"])] {
        insta::assert_snapshot!(format!("{name}-zh"), help(&[args, &["--help"]].concat()));
        insta::assert_snapshot!(format!("{name}-en"), help(&[&["--lang", "en"], args, &["--help"]].concat()));
    }
}

#[test]
fn the_switch_may_stand_anywhere_and_help_has_three_doors() {
    let english = help(&["--lang", "en", "submit", "--help"]);
    assert_eq!(help(&["submit", "--help", "--lang=en"]), english);
    assert_eq!(help(&["--lang", "en", "submit", "-h"]), english);
    assert_eq!(help(&["--lang", "en", "help", "submit"]), english);
}

#[test]
fn wrong_words_are_answered_in_the_readers_language() {
    insta::assert_snapshot!("wrong-option-zh", wrong(&["submit", "a.csv", "--nod", "ecology"]));
    insta::assert_snapshot!("wrong-option-en", wrong(&["--lang", "en", "submit", "a.csv", "--nod", "ecology"]));
    for (args, said) in [
        (&["submti"][..], "没有命令 submti。是否指 submit？"),
        (&["submit"], "缺少参数：<FILE>"),
        (&["report", "--format", "doc"], "--format <FORMAT> 不能为 doc；可选：json, html, pdf, xlsx, docx"),
        (&["report", "--format"], "--format <FORMAT> 后面须写值"),
        (&["demo", "--port-base", "70000"], "--port-base <PORT> 的值 70000 不是合格的数"),
        (&["demo", "--once", "--once"], "--once 只能写一次"),
        (&["demo", "--once=5"], "--once 不带值"),
        (&["serve", "ecology", "--config", "x", "--check-config", "--dump-config"], "不能与 --dump-config 同时使用"),
        (&["--lang", "fr", "list", "units"], "--lang <LANG> 不能为 fr；可选：zh, en"),
    ] {
        let found = wrong(args);
        assert!(found.starts_with(said) || found.lines().next().unwrap().contains(said), "{args:?}: {found}");
    }
    assert!(wrong(&["--lang", "en", "submit"]).starts_with("these arguments are missing: <FILE>"));
    assert!(wrong(&["node"]).contains("用法"), "without more words a command shows its help");
}

#[test]
fn wrong_words_are_json_where_json_was_asked_for() {
    let error: Value = serde_json::from_str(&wrong(&["list", "--json"])).unwrap();
    assert_eq!(error["error"]["code"], 2);
    assert_eq!(error["error"]["message"]["zh"], "缺少参数：<KIND>");
}

#[test]
fn the_reference_is_the_one_of_this_program() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let kept = fs::read_to_string(file).unwrap_or_default();
    assert_eq!(kept, help(&["manual"]), "docs/cli.md is stale: run cargo xtask docs");
}
