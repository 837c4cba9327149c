//! A program of this workspace as a process of its own, which can be killed.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::Value;

use super::Client;
use super::folder::Folder;

/// A running program that tells its address in its first line.
#[derive(Debug)]
pub struct Process {
    child: Child,
    address: String,
    /// Kept open: a program that cannot write any more would end.
    _out: BufReader<ChildStdout>,
}

/// A program that was built with the tests: beside this one, or beside its folder.
///
/// # Errors
/// When it is not there.
pub fn binary(name: &str) -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe()?;
    let found = this.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.with_context(|| format!("the program {name} is not built; run `just build`"))
}

impl Process {
    /// Starts a program that prints `{"address": …}` and reads that line.
    ///
    /// # Errors
    /// When it does not start or ends at once.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("start a program")?;
        let mut out = BufReader::new(child.stdout.take().context("its output")?);
        // A value may have several lines; it is whole when it is JSON.
        let mut text = String::new();
        let address = loop {
            ensure!(out.read_line(&mut text)? > 0, "the program ended at once: {command:?}");
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                break value["address"].as_str().context("no address")?.to_owned();
            }
        };
        Ok(Self { child, address, _out: out })
    }

    /// Starts a host on `folder`, listening on `port` (0: a free one). Its log goes to `host.log` there.
    ///
    /// # Errors
    /// When it does not start.
    pub fn host(folder: &Path, port: u16) -> anyhow::Result<Self> {
        let log = std::fs::File::options().create(true).append(true).open(folder.join("host.log"))?;
        let mut command = Command::new(binary("apiconnect")?);
        command.args(["serve", "--json", "--listen", &format!("127.0.0.1:{port}"), "--config"]);
        command.arg(folder.join("apiconnect.toml")).stderr(log);
        Self::start(&mut command).with_context(|| {
            let log = std::fs::read_to_string(folder.join("host.log")).unwrap_or_default();
            format!("the host's log: {}", log.lines().rev().take(5).collect::<Vec<_>>().join(" | "))
        })
    }

    /// Starts the simulator of SAP Business One on `port` (0: a free one), its documents in `state`; `more` are further
    /// arguments of `b1sim`.
    ///
    /// # Errors
    /// When it does not start.
    pub fn business_one(state: &Path, port: u16, more: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(binary("b1sim")?);
        Self::start(command.args(["--port", &port.to_string()]).args(more).arg("--state").arg(state))
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0)
    }

    /// Its memory in RAM, in bytes.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn resident(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib << 10)
    }

    /// The process's id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it with SIGKILL, as a power cut would, and waits until it is gone.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Folder {
    /// Makes an admin key. The host must not run.
    ///
    /// # Errors
    /// When the command line fails.
    pub fn admin_key(&self) -> anyhow::Result<String> {
        self.key(&["--scope", "admin"])
    }

    /// Makes a key with these arguments of `key create`. The host must not run.
    ///
    /// # Errors
    /// When the command line fails.
    pub fn key(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new(binary("apiconnect")?);
        command.env_remove("APICONNECT_KEY").args(["key", "create", "--json", "--name", "test", "--config"]);
        let output = command.arg(self.config()).args(arguments).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let value: Value = serde_json::from_slice(&output.stdout)?;
        Ok(value["key"].as_str().context("no key")?.to_owned())
    }

    /// A running host on this folder and a client with an admin key.
    ///
    /// # Errors
    /// When it does not start.
    pub fn serve(&self) -> anyhow::Result<(Process, Client)> {
        let key = self.admin_key()?;
        let host = Process::host(self.path(), 0)?;
        let client = Client::new(host.address(), Some(&key));
        Ok((host, client))
    }
}
