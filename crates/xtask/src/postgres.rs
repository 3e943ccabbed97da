//! A PostgreSQL of our own for the tests: private port, private data folder, gone afterwards.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::shell::{apt_install, is_root, run, say};

/// A running server; dropping it stops the server and removes its data.
pub(crate) struct Server {
    url: String,
    binaries: PathBuf,
    folder: TempDir,
}

impl Server {
    /// Starts a server on a free loopback port. The server itself refuses to run as root, so root becomes `postgres`.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let binaries = match binaries() {
            Some(found) => found,
            None => {
                apt_install(&["postgresql"])?;
                binaries().context("PostgreSQL was installed, but its programs are not below /usr/lib/postgresql")?
            }
        };
        let folder = tempfile::Builder::new().prefix("wufei-postgres-").tempdir()?;
        let data = folder.path().join("data");
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder.path()))?;
        }
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let server = Self { url: format!("postgres://postgres@127.0.0.1:{port}/postgres"), binaries, folder };
        let data = data.to_string_lossy();
        server.as_owner("initdb", &["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"])?;
        // fsync off: the data live as long as the tests do, and what the tests prove is the SQL, not the disk.
        let options = format!(
            "-p {port} -k {} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200",
            server.folder.path().display()
        );
        let log = server.folder.path().join("log").to_string_lossy().into_owned();
        server.as_owner("pg_ctl", &["-D", &data, "-l", &log, "-o", &options, "-w", "-s", "start"])?;
        say(&format!("xtask: PostgreSQL on {}", server.url));
        Ok(server)
    }

    /// Address of the server's maintenance database.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn as_owner(&self, program: &str, arguments: &[&str]) -> anyhow::Result<()> {
        let program = self.binaries.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(arguments).current_dir(self.folder.path()).stdout(std::process::Stdio::null());
        run(&mut command)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.folder.path().join("data");
        if let Err(error) = self.as_owner("pg_ctl", &["-D", &data.to_string_lossy(), "-m", "immediate", "-s", "stop"]) {
            say(&format!("xtask: PostgreSQL was not stopped: {error:#}"));
        }
    }
}

/// The newest installed server programs.
fn binaries() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(Path::new("/usr/lib/postgresql"))
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            let programs = entry.path().join("bin");
            programs.join("initdb").exists().then_some((version, programs))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, programs)| programs)
}
