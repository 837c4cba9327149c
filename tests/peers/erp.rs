//! Tryton's own server on a copy of the filled database, and Tryton's own client to look into it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::Value;
use tempfile::TempDir;

/// A running server. It ends with its standard input, so also when the test is killed.
pub(crate) struct Tryton {
    child: Child,
    ready: Value,
    folder: TempDir,
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/tryton").join(name)
}

fn spawn(folder: &Path, arguments: &[&str]) -> anyhow::Result<(Child, Value)> {
    let mut command = Command::new("python3");
    command.arg(script("server.py")).arg("--folder").arg(folder).args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("start python3")?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("its output")?).read_line(&mut line)?;
    ensure!(!line.is_empty(), "Tryton's server ended at once; see {}", folder.join("trytond.log").display());
    Ok((child, serde_json::from_str(&line)?))
}

impl Tryton {
    /// A server on a fresh copy of the database and a free port; `arguments` are further ones of `server.py`.
    pub(crate) fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("tryton-").tempdir()?;
        let (child, ready) = spawn(folder.path(), arguments)?;
        Ok(Self { child, ready, folder })
    }

    /// Stops the server, runs `meanwhile`, and starts it again on the same database and port.
    pub(crate) async fn restart<T>(&mut self, meanwhile: impl Future<Output = T>) -> anyhow::Result<T> {
        self.child.kill()?;
        self.child.wait()?;
        let result = meanwhile.await;
        let port = self.address().trim_end_matches('/').rsplit(':').next().context("no port")?.to_owned();
        (self.child, self.ready) = spawn(self.folder.path(), &["--port", &port])?;
        Ok(result)
    }

    fn text(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap_or_default()
    }

    /// `http://127.0.0.1:PORT/`
    pub(crate) fn address(&self) -> &str {
        self.text("url")
    }

    pub(crate) fn database(&self) -> &str {
        self.text("database")
    }

    pub(crate) fn user(&self) -> &str {
        self.text("user")
    }

    pub(crate) fn password(&self) -> &str {
        self.text("password")
    }

    /// What was entered into the database, and the prices that Tryton itself enters for it.
    pub(crate) fn fixture(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(&std::fs::read(self.text("fixture"))?)?)
    }

    /// The server's own log.
    pub(crate) fn log(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.folder.path().join("trytond.log"))?)
    }

    /// The sales with a reference, as Tryton's own client reads them.
    pub(crate) fn sales(&self, reference: &str) -> anyhow::Result<Vec<Value>> {
        let mut command = Command::new("python3");
        command.arg(script("sales.py")).arg(self.folder.path().join("server.json")).arg(reference);
        let output = command.output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

impl Drop for Tryton {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
