//! sled alone with what a queue has to write: for each job its acceptance, its start and its outcome, each durable
//! before the next, in groups as large as those of the host. No queue decides what comes next.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use apiconnect::limits;
use apiconnect::queue::{Queue, Terms};
use apiconnect::seam::Clock;
use apiconnect::store::{MemoryStore, Store};

use super::queue_jobs::{CONNECTION, Noop, Report, submission};

/// What the envelope of a record and its seal add to the value.
const ENVELOPE_BYTES: usize = 14 + 41;
/// Jobs that one group accepts, starts and finishes: commits of all three kinds fill it.
const JOBS_PER_GROUP: u64 = limits::GROUP_COMMITS_MAX as u64 / 2;

/// The records of one job, as the queue writes them.
struct Kinds {
    accepted: Vec<(String, Vec<u8>)>,
    started: Vec<(String, Vec<u8>)>,
    done: Vec<(String, Vec<u8>)>,
}

/// Writes the records of so many jobs.
pub(super) async fn run(folder: &Path, jobs: u64) -> anyhow::Result<Report> {
    let kinds = kinds().await?;
    let place = folder.join("sled");
    let db = sled::Config::new()
        .path(&place)
        .segment_size(limits::STORE_SEGMENT_BYTES)
        .cache_capacity(limits::STORE_CACHE_BYTES)
        .flush_every_ms(Some(200))
        .open()?;
    let file = File::options().read(true).write(true).open(place.join("db"))?;
    let groups = jobs.div_ceil(JOBS_PER_GROUP);
    let started = Instant::now();
    // A group accepts new jobs, starts those of the group before, and finishes those of the one before that.
    for group in 0..groups + 2 {
        let mut writes = sled::Batch::default();
        for (behind, records) in [&kinds.accepted, &kinds.started, &kinds.done].into_iter().enumerate() {
            let Some(group) = group.checked_sub(behind as u64).filter(|group| *group < groups) else { continue };
            let numbers = group * JOBS_PER_GROUP..jobs.min((group + 1) * JOBS_PER_GROUP);
            for (key, value) in numbers
                .flat_map(|number| records.iter().map(move |record| (number, record)))
                .map(|(number, (kind, value))| (key(kind, number), value))
            {
                writes.insert(key, value.as_slice());
            }
        }
        db.apply_batch(writes)?;
        db.flush()?;
        file.sync_data()?;
    }
    let seconds = started.elapsed().as_secs_f64();
    Ok(Report { jobs, seconds, settings: serde_json::json!({ "jobs_per_group": JOBS_PER_GROUP }) })
}

/// As long as the host's key of this kind; hashes are spread over the tree as the host's are.
fn key(kind: &str, number: u64) -> Vec<u8> {
    match kind {
        "job" | "document" => format!("r{kind}/job_{number:026}").into_bytes(),
        _ => {
            let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
            [b"r", kind.as_bytes(), b"/", &spread.repeat(4)].concat()
        }
    }
}

/// Lets the queue carry one job in memory and looks at what it has written.
async fn kinds() -> anyhow::Result<Kinds> {
    let store = Arc::new(MemoryStore::new());
    let queue = Queue::open(Arc::clone(&store) as Arc<dyn Store>, Clock::system()).await?;
    queue.set_terms(CONNECTION, &Terms::with_orders(1));
    let job = queue.accept(submission(0)).await?.job;
    let accepted = records(&*store)?;
    ensure!(accepted.len() == 3, "a job is {} records", accepted.len());
    // The start changes the job's record only.
    let started = accepted.iter().filter(|(kind, _)| kind == "job").cloned().collect();
    let settled = queue.settled(job.id, std::time::Duration::from_secs(10));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let carried = queue.run(Arc::new(Noop), async { drop(stopped.await) });
    let wait = async {
        let settled = settled.await;
        let _ = stop.send(());
        settled
    };
    let (carried, settled) = tokio::join!(carried, wait);
    carried?;
    ensure!(settled?.ids.is_some(), "the job is not done");
    let changed = |(kind, _): &(String, Vec<u8>)| kind == "job" || kind == "reference";
    let done: Vec<_> = records(&*store)?.into_iter().filter(changed).collect();
    ensure!(done.len() == 2, "an outcome is {} records", done.len());
    Ok(Kinds { accepted, started, done })
}

fn records(store: &dyn Store) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let entries = store.scan(b"", None, 100)?;
    let record = |entry: apiconnect::store::Entry| {
        let kind = entry.key.split(|byte| *byte == b'/').next().unwrap_or_default();
        let kind = String::from_utf8(kind.to_vec()).context("a record has a kind")?;
        Ok((kind, [entry.value.as_ref(), &[0x5e; ENVELOPE_BYTES]].concat()))
    };
    entries.into_iter().map(record).collect()
}
