//! A demo in a process of its own, for what is asked of a running instance.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::failure::{Failure, Outcome};

/// A demo that runs until this is dropped.
pub(super) struct Running(Child);

impl Running {
    /// Starts the demo with a data set and waits until its report is written.
    pub(super) fn start(folder: &Path, dataset: &str) -> Outcome<Self> {
        let program = super::program()?;
        let mut child = Command::new(&program)
            .args(["demo", "--dataset", dataset, "--data-dir"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Failure::unreadable(&program, &error))?;
        let stdout = child.stdout.take();
        let running = Self(child);
        // The last table names the profile; by then everything is loaded.
        let mut lines = stdout.map(|stdout| BufReader::new(stdout).lines().map_while(Result::ok)).into_iter().flatten();
        if lines.any(|line| line.contains("client.toml")) {
            return Ok(running);
        }
        Err(Failure::failed("演示没有启动", "the demo did not start"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing left to end.
        let _ended = self.0.kill().and_then(|()| self.0.wait());
    }
}
