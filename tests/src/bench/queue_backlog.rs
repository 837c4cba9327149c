//! A host with a million documents that wait: how soon it is back, what it holds, what it still takes in.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::Progress;
use super::accept::{order, reference};
use super::queue_jobs::CONNECTION;
use super::queue_pace::{Pace, Times};
use super::usage::resident_mb;
use super::wire::post;
use crate::world::{Client, Folder, Process};

/// Orders a second over HTTP; a fifth of what a small machine takes.
pub(super) const RATE: u32 = 500;
/// How long they are sent in one run.
const RUN: Duration = Duration::from_secs(4);
/// A start that takes longer hangs.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A folder with documents that wait, and a key to it.
pub(super) struct Backlog {
    folder: Folder,
    key: String,
    jobs: u64,
}

/// A host that was started on one.
pub(super) struct Started {
    host: Process,
    pace: Arc<Pace>,
    /// Seconds until it was ready and told of every job.
    pub(super) seconds: f64,
    /// What it held then.
    pub(super) megabytes: f64,
}

impl Backlog {
    /// Fills a folder in a process of its own, so that its memory is gone afterwards. The connection is paused.
    pub(super) fn fill(jobs: u64, progress: &Progress) -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        folder.install("noop")?;
        folder.connection(CONNECTION, "connector = \"noop\"\nbase_url = \"http://127.0.0.1:9\"\n")?;
        let key = folder.admin_key()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["jobs", "fill"]).arg(folder.path()).arg(jobs.to_string());
        let mut child = command.stdout(Stdio::piped()).spawn().context("start the filling")?;
        for line in BufReader::new(child.stdout.take().context("its output")?).lines() {
            if let Ok(given) = line?.parse::<u64>() {
                progress.say(format!("{given} of {jobs} documents accepted"));
            }
        }
        ensure!(child.wait()?.success(), "the folder could not be filled");
        Ok(Self { folder, key, jobs })
    }

    /// Starts the host and waits until it knows every job.
    pub(super) async fn start(&self) -> anyhow::Result<Started> {
        let started = Instant::now();
        let host = Process::host(self.folder.path(), 0)?;
        let client = Client::new(host.address(), Some(&self.key));
        let ready = async {
            while client.get("/readyz").await?.status != 200 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            client.get(&format!("/v1/connections/{CONNECTION}")).await
        };
        let known = tokio::time::timeout(TIMEOUT, ready).await.context("the host is not ready in time")??;
        let seconds = started.elapsed().as_secs_f64();
        let waiting = known.body["waiting"].as_u64();
        ensure!(waiting >= Some(self.jobs), "{waiting:?} documents wait instead of {}: {}", self.jobs, known.text);
        let megabytes = resident_mb(host.id())?;
        let pace = Arc::new(self.pace(&host));
        Ok(Started { host, pace, seconds, megabytes })
    }

    /// New orders behind those that wait.
    fn pace(&self, host: &Process) -> Pace {
        let (key, sent) = (format!("authorization: Bearer {}", self.key), AtomicU64::new(10 * self.jobs.max(1)));
        // Another start must not repeat the keys of this one.
        sent.fetch_add(u64::from(host.id()) * 1_000_000, Ordering::Relaxed);
        let next = move || {
            let number = sent.fetch_add(1, Ordering::Relaxed);
            let headers = [key.clone(), format!("idempotency-key: {}", reference(number))];
            post(&format!("/v1/connections/{CONNECTION}/orders"), &headers, &order(number).to_string())
        };
        Pace { address: host.address().to_owned(), rate: RATE, status: 202, next: Box::new(next) }
    }
}

impl Started {
    /// One run of orders at the fixed rate.
    pub(super) async fn accept(&self) -> anyhow::Result<Times> {
        self.pace.run(RUN).await
    }

    /// Ends it as a power cut would.
    pub(super) fn kill(self) -> anyhow::Result<()> {
        self.host.kill()
    }
}
