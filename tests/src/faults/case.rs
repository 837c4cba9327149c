//! One host whose disk fails once.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::world::{Client, Folder, Process, binary};

/// Writes that are offered to each host, from several clients at a time.
pub(super) const WRITES: usize = 48;
const CLIENTS: usize = 4;
/// How long a host whose disk has failed may take to stop by itself; a whole drain is 30 s.
const STOP: Duration = Duration::from_secs(45);

/// Which call fails, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) call: &'static str,
    pub(super) error: &'static str,
    /// The number of the call within a thread, counted from 1; the first thread to reach it meets the fault.
    pub(super) at: usize,
}

/// What a fault did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The host did not start.
    Unstarted,
    /// The host stopped.
    Stopped,
    /// Every write was acknowledged all the same.
    Untouched,
}

/// How often the busiest thread of an undisturbed run makes a call: strace counts for each thread by itself.
pub(super) async fn count(call: &str) -> anyhow::Result<usize> {
    let folder = Folder::new()?;
    let key = folder.admin_key()?;
    let trace = folder.path().join("trace");
    let mut host = Host::start(&folder, call, &[], &trace)?;
    let address = host.address.clone().context("the host does not start under strace")?;
    let acknowledged = load(&address, &key).await;
    ensure!(
        acknowledged.len() == WRITES,
        "only {} of {WRITES} writes are acknowledged undisturbed",
        acknowledged.len()
    );
    host.terminate()?;
    ensure!(host.ended().await?.success(), "the host does not stop undisturbed: {}", host.log()?);
    let trace = std::fs::read_to_string(trace)?;
    let mut calls: BTreeMap<&str, usize> = BTreeMap::new();
    for line in trace.lines().filter(|line| line.contains(&format!(" {call}("))) {
        *calls.entry(line.split(' ').next().unwrap_or_default()).or_default() += 1;
    }
    Ok(calls.into_values().max().unwrap_or_default())
}

impl Case {
    /// Runs it; with what was acknowledged and what must not happen.
    pub(super) async fn run(self) -> anyhow::Result<(Verdict, usize, Vec<String>)> {
        let folder = Folder::new()?;
        let key = folder.admin_key()?;
        let inject = format!("inject={}:error={}:when={}", self.call, self.error, self.at);
        let mut host = Host::start(&folder, self.call, &["-e", &inject], Path::new("/dev/null"))?;
        let mut problems = Vec::new();
        let (mut acknowledged, mut verdict) = (BTreeSet::new(), Verdict::Unstarted);
        if let Some(address) = host.address.clone() {
            acknowledged = load(&address, &key).await;
            verdict = if acknowledged.len() == WRITES { Verdict::Untouched } else { Verdict::Stopped };
            if verdict == Verdict::Untouched {
                host.terminate()?;
            }
        }
        let status = host.ended().await;
        let log = host.log()?;
        match (&status, verdict) {
            (Err(error), _) => problems.push(format!("{error}: {log}")),
            // The fault may hit the orderly end, which then need not be a success.
            (Ok(_), Verdict::Untouched) => {}
            (Ok(status), _) if status.success() => problems.push(format!("it ended as if all were well: {log}")),
            (Ok(_), _) if !log.contains("{\"error\":\"use the store: ") => {
                problems.push(format!("no plain message: {log}"))
            }
            (Ok(_), _) => {}
        }
        if log.contains("restore a backup") {
            problems.push(format!("a disk that refuses is called damage: {log}"));
        }
        if log.contains("panicked at") && !log.contains("the storage engine panicked") {
            problems.push(format!("a panic reached the user: {log}"));
        }
        problems.extend(again(&folder, &key, &acknowledged).await?);
        Ok((verdict, acknowledged.len(), problems))
    }
}

/// Starts the host again, with a disk that works, and looks for everything that was acknowledged.
async fn again(folder: &Folder, key: &str, acknowledged: &BTreeSet<String>) -> anyhow::Result<Vec<String>> {
    let host = match Process::host(folder.path(), 0) {
        Ok(host) => host,
        Err(error) => return Ok(vec![format!("the next start fails: {error:#}")]),
    };
    let client = Client::new(host.address(), Some(key));
    let list = client.get("/v1/keys").await?;
    let there: BTreeSet<String> = ids(&list.body).collect();
    let lost = acknowledged.difference(&there).map(|id| format!("{id} was acknowledged and is gone"));
    let mut problems: Vec<String> = lost.collect();
    let more = client.post("/v1/keys", &json!({ "name": "after", "scopes": ["read"] })).await?;
    if more.status != 200 {
        problems.push(format!("the next start takes no writes: {}", more.text));
    }
    Ok(problems)
}

fn ids(list: &Value) -> impl Iterator<Item = String> {
    let items = list["items"].as_array().into_iter().flatten();
    items.filter_map(|item| item["id"].as_str().map(str::to_owned))
}

/// Offers writes until all are acknowledged or one is not; the ids of those that were.
async fn load(address: &str, key: &str) -> BTreeSet<String> {
    let clients = (0..CLIENTS).map(|at| {
        let client = Client::new(address, Some(key));
        async move {
            let mut acknowledged = Vec::new();
            for number in 0..WRITES / CLIENTS {
                // An API key is as durable as an order and needs no system behind the host.
                let name = format!("{at}-{number}");
                let answer = client.post("/v1/keys", &json!({ "name": name, "scopes": ["read"] })).await;
                match answer {
                    Ok(answer) if answer.status == 200 => {
                        acknowledged.extend(answer.body["id"].as_str().map(str::to_owned));
                    }
                    _ => break,
                }
            }
            acknowledged
        }
    });
    futures::future::join_all(clients).await.into_iter().flatten().collect()
}

/// A host under strace, which is its child and not its parent.
struct Host {
    child: Child,
    address: Option<String>,
    log: std::path::PathBuf,
}

impl Host {
    fn start(folder: &Folder, call: &str, strace: &[&str], output: &Path) -> anyhow::Result<Self> {
        let log = folder.path().join("faulty.log");
        let mut command = Command::new("strace");
        command.args(["-D", "-f", "-e", &format!("trace={call}")]).args(strace);
        if call == "write" {
            command.arg("-P").arg(folder.path().join("data/store/records/acknowledged"));
        }
        command.arg("-o").arg(output).arg(binary("apiconnect")?);
        command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--config"]).arg(folder.config());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(std::fs::File::create(&log)?);
        let mut child = command.spawn().context("start strace (apt install strace)")?;
        let mut out = BufReader::new(child.stdout.take().context("its output")?);
        let mut text = String::new();
        let address = loop {
            if out.read_line(&mut text)? == 0 {
                break None;
            }
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                break value["address"].as_str().map(str::to_owned);
            }
        };
        // Read to its end, so that the host can always write.
        std::thread::spawn(move || out.read_to_end(&mut Vec::new()));
        Ok(Self { child, address, log })
    }

    fn terminate(&self) -> anyhow::Result<()> {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        ensure!(status.success(), "the host cannot be told to stop");
        Ok(())
    }

    async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        let deadline = tokio::time::Instant::now() + STOP;
        while tokio::time::Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        anyhow::bail!("it did not stop by itself in {STOP:?}")
    }

    fn log(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(&self.log)?)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
