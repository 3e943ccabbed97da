//! The same pages in Chromium, with a client certificate, the mouse and the keyboard.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use node::web::DraftBounds;
use tempfile::TempDir;
use testkit::{Engine, Province, approver_id, signatory_id, writer_id};

use super::{CITY, books, person::Browser, signer};

/// Certificate, its key and the signing key of a person.
pub(crate) fn equip(province: &Province, folder: &Path, name: &str, principal: &str) {
    let (_, pair) = province.identities().caller_pem(principal).unwrap();
    let pem = signer(province, principal).to_pkcs8_pem().unwrap();
    for (end, text) in [("pem", pair.cert_pem.as_str()), ("key", pair.key_pem.as_str()), ("sign.key", pem.as_str())] {
        fs::write(folder.join(format!("{name}.{end}")), text).unwrap();
    }
}

/// Runs a script of `tests/browser` at these pages; `folder` has what its people show, sign with and upload.
pub(crate) async fn in_chromium(script: &str, pages: SocketAddr, folder: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // `cargo xtask test` installs the packages and names them; where they were installed before, the test runs without it too.
    let made = root.join("target/xtask/browser/node_modules");
    let modules = std::env::var_os("WUFEI_TEST_NODE_MODULES").map_or(made, PathBuf::from);
    assert!(
        modules.join("playwright-core").exists(),
        "the browser tests need their packages: run `cargo xtask test` once"
    );
    let mut command = Command::new("node");
    command
        .arg(root.join("tests/browser").join(script))
        .args([&format!("https://{pages}"), "/usr/bin/chromium"])
        .arg(std::env::var_os("WUFEI_SCREENSHOTS").map_or(folder.join("screenshots"), PathBuf::from))
        .arg(folder)
        .env("WUFEI_TEST_NODE_MODULES", &modules);
    // The services of the test run on threads of their own.
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_reports_and_two_others_review_and_sign_in_a_browser() {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    province.add_department_with_pages(CITY, DraftBounds::default()).await.unwrap();
    let folder = TempDir::new().unwrap();
    for (name, principal) in
        [("writer", writer_id(CITY)), ("approver", approver_id(CITY)), ("signatory", signatory_id(CITY))]
    {
        equip(&province, folder.path(), name, &principal);
    }
    let template = Browser::of(&province, CITY, &writer_id(CITY)).get("/rounds/2024/template.xlsx").await.bytes;
    for (name, values) in [
        ("zh-faulty.xlsx", &[("ZWC2021-26", "135"), ("ZWC2021-11", "约250万吨")][..]),
        ("zh-good.xlsx", &[("ZWC2021-26", "35%以上"), ("ZWC2021-11", "约250万吨")]),
        ("en-faulty.xlsx", &[("ZWC2021-25", "161.5")]),
    ] {
        fs::write(folder.path().join(name), books::template_filled(&template, values)).unwrap();
    }
    in_chromium("clerks.mjs", province.pages_of(CITY).unwrap(), folder.path()).await;
    province.end().await.unwrap();
}
