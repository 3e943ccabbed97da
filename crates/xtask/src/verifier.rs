//! The second verifier of `tests/verifier`: a Python of its own with the pinned package.

use std::{fs, path::PathBuf};

use anyhow::Context as _;

use crate::shell::{apt_install, command, installed, root, run, say, tools};

/// What the verifier needs, pinned.
const REQUIREMENTS: &str = "tests/verifier/requirements.txt";

/// The interpreter of the virtual environment, made or renewed when the requirements are others than it was made for.
pub(crate) fn python() -> anyhow::Result<PathBuf> {
    let folder = tools().join("verifier");
    let python = folder.join("bin/python");
    let made_for = folder.join("requirements.txt");
    let wanted = fs::read_to_string(root().join(REQUIREMENTS)).with_context(|| format!("reading {REQUIREMENTS}"))?;
    if python.exists() && fs::read_to_string(&made_for).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    // Debian ships the module without what it needs to make an environment.
    let can_make = || {
        installed("python3")
            && command("python3").args(["-c", "import ensurepip"]).output().is_ok_and(|o| o.status.success())
    };
    if !can_make() {
        apt_install(&["python3", "python3-venv"])?;
    }
    say("xtask: making the Python environment of the second verifier");
    run(command("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    run(command(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]))?;
    fs::write(&made_for, wanted).with_context(|| format!("writing {}", made_for.display()))?;
    Ok(python)
}
