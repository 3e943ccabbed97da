//! buf: lint, format and breaking changes of the contracts.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::shell::{apt_install, command, installed, root, run, say, tools};

/// Pinned, because a newer buf may know new lint rules.
const PACKAGE: &str = "@bufbuild/buf@1.75.0";

/// What later contracts are compared with.
const BASE: &str = "proto/base.binpb";

/// buf lint (STANDARD and COMMENTS), format, and breaking changes against the base where there is one.
pub(crate) fn check() -> anyhow::Result<()> {
    let buf = program()?;
    run(command(&buf).args(["lint", "proto"]))?;
    run(command(&buf).args(["format", "proto", "--diff", "--exit-code"]))?;
    if root().join(BASE).exists() {
        run(command(&buf).args(["breaking", "proto", "--against", BASE]))?;
    } else {
        say("xtask: no base of the contracts yet, buf breaking has nothing to compare with");
    }
    Ok(())
}

/// Writes the base.
pub(crate) fn write_base() -> anyhow::Result<()> {
    run(command(program()?).args(["build", "proto", "--exclude-source-info", "-o", BASE]))
}

fn program() -> anyhow::Result<PathBuf> {
    let folder = tools().join("buf");
    let program = folder.join("node_modules/.bin/buf");
    if !program.exists() {
        if !installed("npm") {
            apt_install(&["npm"])?;
        }
        std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        run(command("npm")
            .args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"])
            .arg(&folder)
            .arg(PACKAGE))?;
    }
    Ok(program)
}
