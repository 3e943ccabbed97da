//! What the tests of the pages need: Chromium, a font with Chinese letters, Node with the pinned packages of `tests/browser`.

use std::{fs, path::PathBuf};

use anyhow::Context as _;

use crate::shell::{apt_install, command, installed, root, run, say, tools};

/// The packages, pinned.
const PACKAGES: &str = "tests/browser/package.json";

/// `node_modules` with the packages, made or renewed when the list is another than it was made for.
pub(crate) fn modules() -> anyhow::Result<PathBuf> {
    for (program, package) in [("chromium", "chromium"), ("npm", "npm"), ("node", "nodejs")] {
        if !installed(program) {
            apt_install(&[package, "fonts-noto-cjk"])?;
        }
    }
    let folder = tools().join("browser");
    let made_for = folder.join("package.json");
    let wanted = fs::read_to_string(root().join(PACKAGES)).with_context(|| format!("reading {PACKAGES}"))?;
    let modules = folder.join("node_modules");
    if modules.exists() && fs::read_to_string(&made_for).is_ok_and(|found| found == wanted) {
        return Ok(modules);
    }
    say("xtask: installing the packages of the browser tests");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    fs::write(&made_for, wanted).with_context(|| format!("writing {}", made_for.display()))?;
    let installed =
        run(command("npm").args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"]).arg(&folder));
    if installed.is_err() {
        // What is half installed is not taken for whole the next time.
        let _gone = fs::remove_file(&made_for);
    }
    installed?;
    Ok(modules)
}
