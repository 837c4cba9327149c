//! Jobs from their durable acceptance to their recorded outcome, each kind as a process of its own.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use apiconnect::commerce::lane::Lane;
use apiconnect::commerce::types::Ids;
use apiconnect::config::HostConfig;
use apiconnect::host::{Records, systems};
use apiconnect::queue::{
    Answer, Carrier, ConnectorCarrier, Found, Operation, Outgoing, Queue, Sent, State, Submission, Terms,
};
use apiconnect::seam::Clock;
use apiconnect::store::OpenOptions;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::accept::{order, reference};
use super::summary::print;

/// The connection of every job.
pub(super) const CONNECTION: &str = "erp";
/// Documents that a submitter hands over at a time, as one bulk request does.
const HANDED_OVER: u64 = 500;
/// Submitters at a time.
const SUBMITTERS: usize = 4;
/// Calls on their way at a time, so that the queue is what limits.
const PARALLEL: usize = 512;
/// How often the outcomes are counted.
const LOOK: Duration = Duration::from_millis(2);
/// A run that takes longer hangs.
const TIMEOUT: Duration = Duration::from_secs(120);

/// What a process with jobs prints last.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Report {
    /// Jobs that were accepted and are done, or only accepted where nothing is carried.
    pub(super) jobs: u64,
    /// From the first one on.
    pub(super) seconds: f64,
    /// How it was set up.
    pub(super) settings: serde_json::Value,
}

impl Report {
    #[expect(clippy::cast_precision_loss, reason = "no run has that many jobs")]
    pub(super) fn per_second(&self) -> f64 {
        self.jobs as f64 / self.seconds
    }
}

/// Carries out `bench jobs KIND FOLDER JOBS` and prints a [`Report`].
pub(super) async fn run(kind: &str, folder: &Path, jobs: &str) -> anyhow::Result<()> {
    let jobs: u64 = jobs.parse().context("a number of jobs")?;
    let report = match kind {
        "sled" => super::queue_sled::run(folder, jobs).await?,
        "fill" => fill(folder, jobs).await?,
        "connector" => {
            let connections = systems(&config(folder)?, None, Clock::system()).await?;
            carry(folder, jobs, Arc::new(ConnectorCarrier::new(connections)), 64).await?
        }
        _ => carry(folder, jobs, Arc::new(Noop), PARALLEL).await?,
    };
    print(&serde_json::to_string(&report)?);
    Ok(())
}

fn config(folder: &Path) -> anyhow::Result<HostConfig> {
    Ok(HostConfig::read(&folder.join("apiconnect.toml"))?)
}

/// Accepts jobs and carries them at the same time, in the host's own records, until each has its outcome on disk.
async fn carry(folder: &Path, jobs: u64, carrier: Arc<dyn Carrier>, parallel: usize) -> anyhow::Result<Report> {
    let records = Records::open(&config(folder)?, OpenOptions::default()).await?;
    let queue = Queue::open(Arc::clone(&records.store), Clock::system()).await?;
    queue.set_lanes([parallel; 3]);
    queue.set_terms(CONNECTION, &Terms::with_orders(parallel));
    let (stop, stopped) = oneshot::channel::<()>();
    let carried = queue.clone();
    let carried = tokio::spawn(async move { carried.run(carrier, async { drop(stopped.await) }).await });
    let started = Instant::now();
    submit(&queue, jobs, &AtomicU64::new(0)).await?;
    while done(&queue) < jobs {
        ensure!(started.elapsed() < TIMEOUT, "{} of {jobs} jobs are done after {TIMEOUT:?}", done(&queue));
        ensure!(!carried.is_finished(), "the queue has ended: {:?}", carried.await);
        tokio::time::sleep(LOOK).await;
    }
    let seconds = started.elapsed().as_secs_f64();
    let _ = stop.send(());
    carried.await??;
    records.close().await;
    let settings = serde_json::json!({ "parallel": parallel, "submitters": SUBMITTERS, "handed_over": HANDED_OVER });
    Ok(Report { jobs, seconds, settings })
}

/// Accepts jobs for a connection that is paused, and tells how many there are while it does.
async fn fill(folder: &Path, jobs: u64) -> anyhow::Result<Report> {
    let records = Records::open(&config(folder)?, OpenOptions::default()).await?;
    let queue = Queue::open(Arc::clone(&records.store), Clock::system()).await?;
    queue.set_paused(CONNECTION, true).await?;
    let (started, given) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let told = Arc::clone(&given);
    let tell = tokio::spawn(async move {
        loop {
            print(&told.load(Ordering::Relaxed).to_string());
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    submit(&queue, jobs, &given).await?;
    tell.abort();
    let seconds = started.elapsed().as_secs_f64();
    records.close().await;
    Ok(Report { jobs, seconds, settings: serde_json::Value::Null })
}

/// Hands over so many documents from several submitters at once; `given` counts them.
async fn submit(queue: &Queue, jobs: u64, given: &AtomicU64) -> anyhow::Result<()> {
    let submitters = (0..SUBMITTERS).map(|_| async {
        loop {
            let first = given.fetch_add(HANDED_OVER, Ordering::Relaxed);
            if first >= jobs {
                return Ok(());
            }
            let numbers = first..jobs.min(first + HANDED_OVER);
            let queue = queue.clone();
            // In a task of its own, so that documents are made and sealed on every core.
            let accepted =
                tokio::spawn(async move { queue.accept_all(numbers.map(submission).collect()).await }).await?;
            for accepted in accepted {
                ensure!(!accepted?.replayed, "a document was accepted before");
            }
        }
    });
    futures::future::try_join_all(submitters).await.map(drop)
}

/// An order of one of a hundred thousand customers, as `POST /v1/bulk` would hand it over.
pub(super) fn submission(number: u64) -> Submission {
    let customer = format!("C{:06}", number % 100_000);
    Submission {
        connection: CONNECTION.to_owned(),
        lane: Lane::Orders,
        operation: Operation::SubmitOrder,
        priority: 5,
        order_key: customer.clone(),
        reference: reference(number),
        customer,
        idempotency_key: reference(number),
        not_before: None,
        document: order(number).to_string().into_bytes(),
    }
}

fn done(queue: &Queue) -> u64 {
    queue.counts().iter().filter(|((_, _, state), _)| *state == State::Done).map(|(_, count)| *count).sum()
}

/// Carries nothing: every document is there at once.
pub(super) struct Noop;

impl Carrier for Noop {
    fn send<'a>(&'a self, documents: &'a [Outgoing<'a>]) -> BoxFuture<'a, Vec<Answer<Sent>>> {
        let there = |one: &Outgoing<'_>| Answer {
            what: Sent::There {
                ids: Ids { id: one.job.reference.clone(), key: Vec::new(), number: None },
                already: false,
            },
            connector: Some("noop 0.1.0".to_owned()),
        };
        Box::pin(std::future::ready(documents.iter().map(there).collect()))
    }

    fn look_up<'a>(&'a self, _: Outgoing<'a>) -> BoxFuture<'a, Answer<Found>> {
        Box::pin(std::future::ready(Answer::of(Found::Failed("nothing is looked up here".to_owned()))))
    }
}
