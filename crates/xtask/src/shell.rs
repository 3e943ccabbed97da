//! Running other programs, and finding or installing them.

use std::{
    ffi::OsStr,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};

/// Writes a line for the person who runs the task.
pub(crate) fn say(text: &str) {
    // A closed standard error leaves nobody to tell.
    let _closed = writeln!(std::io::stderr(), "{text}");
}

/// The workspace's root folder. Cargo says where it is now; a target folder may have been built where the clone was before.
pub(crate) fn root() -> PathBuf {
    let now = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = now.as_deref().unwrap_or(Path::new(env!("CARGO_MANIFEST_DIR")));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Folder for what the tasks install: below `target`, so that a clean clone stays clean.
pub(crate) fn tools() -> PathBuf {
    root().join("target").join("xtask")
}

/// A command that runs in the workspace's root.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Runs a command to its end; a status other than 0 is an error that shows the command.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("starting {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}

/// Runs cargo with extra environment variables.
pub(crate) fn cargo(arguments: &[&str], variables: &[(&str, &str)]) -> anyhow::Result<()> {
    run(cargo_itself().args(arguments).envs(variables.iter().copied()))
}

/// Cargo as a person calls it: without what it said to this program about this program. The build script of `ring` asks for such
/// variables, so with them it would run again, and all that rests on it, whenever cargo is called by hand and from here in turn.
pub(crate) fn cargo_itself() -> Command {
    let mut command = command(env!("CARGO"));
    let ours =
        |name: &OsStr| ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.to_string_lossy().starts_with(start));
    for (name, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command
}

/// True when `program` is on the path.
pub(crate) fn installed(program: &str) -> bool {
    Command::new("sh").args(["-c", &format!("command -v {program} >/dev/null")]).status().is_ok_and(|s| s.success())
}

/// True when this process may install Debian packages and act as another user.
pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}

/// Installs Debian packages; says what to do where that is not possible.
pub(crate) fn apt_install(packages: &[&str]) -> anyhow::Result<()> {
    if !installed("apt-get") || !is_root() {
        bail!("install these packages first, then run again: {}", packages.join(" "));
    }
    say(&format!("xtask: installing {}", packages.join(" ")));
    run(command("apt-get").args(["update", "-q"]))?;
    run(command("apt-get")
        .args(["install", "-y", "-q", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Path of a cargo tool of this exact version, installed below `target` when it is missing.
pub(crate) fn cargo_tool(name: &str, version: &str) -> anyhow::Result<PathBuf> {
    let folder = tools().join(format!("{name}-{version}"));
    let program = folder.join("bin").join(name);
    if !program.exists() {
        let folder = folder.to_str().context("the workspace's path is not UTF-8")?;
        cargo(&["install", name, "--version", version, "--locked", "--debug", "--root", folder], &[])?;
    }
    Ok(program)
}
