//! The test of the engine's bytes, on builds and machines that `cargo xtask test` does not have: a release build, and arm64.
//!
//! For arm64 it takes a compiler, a standard library and a linker from Debian, because Rust's own library for another machine is
//! not everywhere to be had, and runs a release build in an emulator.

use anyhow::Context as _;

use crate::shell::{apt_install, cargo, command, installed, is_root, run, tools};

/// The test.
const TEST: [&str; 7] = ["-p", "evaluation", "--features", "vectors", "--test", "it", "bytes::"];
/// What Debian calls them. `rustc-web` is the compiler that it keeps new enough for browsers.
const PACKAGES: [&str; 7] = [
    "rustc-web",
    "libstd-rust-web-dev:arm64",
    "gcc-aarch64-linux-gnu",
    "libc6-dev-arm64-cross",
    "libc6:arm64",
    "libgcc-s1:arm64",
    "qemu-user",
];
const COMPILER: &str = "/usr/bin/rustc";
const LIBRARY: &str = "/usr/lib/rustlib/aarch64-unknown-linux-gnu";
const LINKER: &str = "aarch64-linux-gnu-gcc";
/// It finds the C library of `libc6:arm64` by itself. With `-L` it would take the loader of the cross compiler and the library of
/// `libc6:arm64`, which do not fit together: the first thread never starts.
const EMULATOR: &str = "qemu-aarch64";
const LOADER: &str = "/lib/ld-linux-aarch64.so.1";

/// Runs it on both.
pub(crate) fn check() -> anyhow::Result<()> {
    release().context("the bytes of a release build")?;
    arm64().context("the bytes on arm64")
}

fn release() -> anyhow::Result<()> {
    cargo(&[["test", "--release"].as_slice(), &TEST].concat(), &[])
}

fn arm64() -> anyhow::Result<()> {
    let there = |path: &str| std::path::Path::new(path).exists();
    if !(there(COMPILER) && there(LIBRARY) && there(LOADER) && installed(LINKER) && installed(EMULATOR)) {
        if is_root() && installed("dpkg") {
            run(command("dpkg").args(["--add-architecture", "arm64"]))?;
        }
        apt_install(&PACKAGES)?;
    }
    // A folder of its own: what another compiler has built is of no use to this one.
    let folder = tools().join("arm64");
    let folder = folder.to_str().context("the workspace's path is not UTF-8")?;
    let variables = [
        ("RUSTC", COMPILER),
        ("CARGO_TARGET_DIR", folder),
        ("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER),
        ("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", EMULATOR),
    ];
    cargo(&[["test", "--release", "--target", "aarch64-unknown-linux-gnu"].as_slice(), &TEST].concat(), &variables)
}
