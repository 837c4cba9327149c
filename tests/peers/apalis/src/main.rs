//! No-op jobs through apalis over SQLite: pushed durably, handled, recorded as done. Prints what it took as JSON.
//!
//! `apalis-peer FOLDER JOBS BATCH CONNECTIONS PUSHERS POLL_MS LOCK`: BATCH jobs are pushed in one transaction and
//! fetched at a time; LOCK says whether the start of each job is written as well, which is apalis' default.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use apalis::prelude::*;
use apalis_sqlite::{Config, SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteStorage, SqliteTask};
use serde_json::value::RawValue;

const QUEUE: &str = "orders";
/// How often the rows are counted once every handler has run.
const LOOK: Duration = Duration::from_millis(20);
/// A run that takes longer hangs.
const TIMEOUT: Duration = Duration::from_secs(120);

/// How the jobs are pushed and fetched.
#[derive(Clone, Copy, Debug)]
struct Settings {
    batch: usize,
    connections: u32,
    pushers: usize,
    poll_ms: u64,
    lock: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let &[folder, jobs, batch, connections, pushers, poll_ms, lock] = words.as_slice() else {
        bail!("usage: apalis-peer FOLDER JOBS BATCH CONNECTIONS PUSHERS POLL_MS LOCK");
    };
    let settings = Settings {
        batch: batch.parse()?,
        connections: connections.parse()?,
        pushers: pushers.parse()?,
        poll_ms: poll_ms.parse()?,
        lock: lock.parse()?,
    };
    let jobs: u64 = jobs.parse()?;
    let document = document()?;
    let seconds = measure(Path::new(folder), jobs, settings, &document).await?;
    let Settings { batch, connections, pushers, poll_ms, lock } = settings;
    let settings = serde_json::json!({ "batch": batch, "connections": connections, "pushers": pushers,
        "poll_ms": poll_ms, "lock": lock });
    println!("{}", serde_json::json!({ "jobs": jobs, "seconds": seconds, "settings": settings }));
    Ok(())
}

/// The document comes from whoever measures, so that both sides carry the same bytes.
fn document() -> anyhow::Result<Vec<u8>> {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut std::io::stdin(), &mut text)?;
    let _: Box<RawValue> = serde_json::from_str(&text).context("the document on standard input is JSON")?;
    Ok(text.into_bytes())
}

async fn measure(folder: &Path, jobs: u64, settings: Settings, document: &[u8]) -> anyhow::Result<f64> {
    let file = folder.join("apalis.sqlite");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    // The setup switches the syncing of its connection off, so that one is used for nothing else.
    let setup = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
    SqliteStorage::setup(&setup).await?;
    setup.close().await;
    let pool = pool(options, settings.connections).await?;
    // Whoever looks must not take a connection from those that work.
    let looking =
        SqlitePoolOptions::new().max_connections(1).connect_with(SqliteConnectOptions::new().filename(&file)).await?;
    let handled = Arc::new(AtomicU64::new(0));
    let config = Config::default().queue(QUEUE).batch_size(settings.batch).lock_tasks(settings.lock);
    let backend = SqliteStorage::<Box<RawValue>>::new(&pool)
        .with_config(config)
        .poll_with_interval(Duration::from_millis(settings.poll_ms.max(1)));
    let count = Arc::clone(&handled);
    let handler = move |_: Box<RawValue>| {
        count.fetch_add(1, Ordering::Relaxed);
        async { Ok::<(), BoxDynError>(()) }
    };
    let worker = WorkerBuilder::new("bench").backend(backend).build(handler);
    let started = Instant::now();
    let all = async {
        push(&pool, jobs, settings, document).await?;
        while handled.load(Ordering::Relaxed) < jobs || done(&looking).await? < jobs {
            ensure!(started.elapsed() < TIMEOUT, "{} of {jobs} jobs are done after {TIMEOUT:?}", done(&looking).await?);
            tokio::time::sleep(LOOK).await;
        }
        Ok(started.elapsed().as_secs_f64())
    };
    tokio::select! {
        ended = worker.run() => bail!("the worker ended early: {ended:?}"),
        seconds = all => seconds,
    }
}

/// Connections that write as durably as SQLite can, and says so if one does not.
async fn pool(options: SqliteConnectOptions, connections: u32) -> anyhow::Result<SqlitePool> {
    let options = options
        .pragma("journal_mode", "WAL")
        .pragma("synchronous", "FULL")
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", "64000")
        .pragma("journal_size_limit", "67108864")
        .busy_timeout(Duration::from_secs(30));
    let pool = SqlitePoolOptions::new().max_connections(connections).connect_with(options).await?;
    let full: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&pool).await?;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&pool).await?;
    ensure!(full == 2 && mode == "wal", "synchronous is {full} and the journal {mode}");
    Ok(pool)
}

/// Pushes all jobs, so many in one transaction, from several tasks at once.
async fn push(pool: &SqlitePool, jobs: u64, settings: Settings, document: &[u8]) -> anyhow::Result<()> {
    let left = Arc::new(AtomicU64::new(jobs));
    let pushers: Vec<_> = (0..settings.pushers.max(1))
        .map(|_| tokio::spawn(pusher(pool.clone(), Arc::clone(&left), settings.batch, document.to_vec())))
        .collect();
    for pusher in pushers {
        pusher.await??;
    }
    Ok(())
}

async fn pusher(pool: SqlitePool, left: Arc<AtomicU64>, batch: usize, document: Vec<u8>) -> anyhow::Result<()> {
    loop {
        let batch = batch as u64;
        let Ok(were) = left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| (left > 0).then(|| left.saturating_sub(batch)))
        else {
            return Ok(());
        };
        let tasks: Vec<SqliteTask> = (0..were.min(batch)).map(|_| TaskBuilder::new(document.clone()).build()).collect();
        let mut transaction = pool.begin().await?;
        apalis_sqlite::queries::push_tasks(&mut *transaction, QUEUE, &tasks).await?;
        transaction.commit().await?;
    }
}

/// Jobs whose row says that they are done.
async fn done(pool: &SqlitePool) -> anyhow::Result<u64> {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM Jobs WHERE job_type = ? AND status = 'Done'")
        .bind(QUEUE)
        .fetch_one(pool)
        .await?;
    Ok(u64::try_from(count)?)
}
