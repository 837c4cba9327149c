//! A native program that takes orders as durably as the host does: the same HTTP server, the same bytes into sled in
//! groups, and `fdatasync` before the answer. It reads no key, parses no order, schedules nothing.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::Context;
use apiconnect::limits;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::tell_address;

/// The records of one order, and where to say that they are durable.
struct Commit {
    writes: [(Vec<u8>, Vec<u8>); 3],
    done: oneshot::Sender<()>,
}

struct Orders {
    commits: SyncSender<Commit>,
    made: AtomicU64,
}

/// As long as the host's own record of a job, and as the answer to the caller.
#[derive(Serialize)]
struct Job<'a> {
    id: String,
    connection: &'static str,
    operation: &'static str,
    order_key: &'static str,
    reference: &'a str,
    customer: &'static str,
    idempotency_key: &'a str,
    state: &'static str,
    outcome: &'static str,
    already_there: bool,
    sends: u32,
    failures: u32,
    empty_lookups: u32,
    attempts: [u32; 0],
    accepted: u64,
    updated: u64,
}

/// Serves until the process is killed; the records are kept in `folder`.
pub(super) async fn serve(folder: PathBuf) -> anyhow::Result<()> {
    let db = sled::Config::new()
        .path(&folder)
        .segment_size(limits::STORE_SEGMENT_BYTES)
        .cache_capacity(limits::STORE_CACHE_BYTES)
        .flush_every_ms(Some(200))
        .open()?;
    let file = File::options().read(true).write(true).open(folder.join("db"))?;
    let (commits, waiting) = sync_channel(limits::COMMITS_WAITING_MAX);
    std::thread::Builder::new().name("commit".to_owned()).spawn(move || commit(&db, &file, &waiting))?;
    let orders = Arc::new(Orders { commits, made: AtomicU64::new(0) });
    let routes = axum::Router::new().route("/v1/connections/{connection}/orders", post(submit)).with_state(orders);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    tell_address(&listener)?;
    let listener = axum::serve::ListenerExt::tap_io(listener, |socket| drop(socket.set_nodelay(true)));
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn submit(State(orders): State<Arc<Orders>>, headers: HeaderMap, order: Bytes) -> Response {
    match orders.accept(&headers, &order).await {
        Ok(job) => {
            let location = format!("/v1/jobs/{}", orders.made.load(Ordering::Relaxed));
            let headers = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::LOCATION, location)];
            (StatusCode::ACCEPTED, headers, job).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

impl Orders {
    async fn accept(&self, headers: &HeaderMap, order: &[u8]) -> anyhow::Result<Vec<u8>> {
        let key = headers.get("idempotency-key").context("no key")?.to_str()?;
        let id = format!("job_{:026}", self.made.fetch_add(1, Ordering::Relaxed));
        let claim = format!("{{\"job\":\"{id}\",\"fingerprint\":\"{:064x}\"}}", order.len());
        let job = serde_json::to_vec(&job(id.clone(), key))?;
        let writes = [
            (format!("rjob/{id}").into_bytes(), job.clone()),
            (format!("rdocument/{id}").into_bytes(), order.to_vec()),
            (format!("ridempotency/{key:>32}").into_bytes(), claim.into_bytes()),
        ];
        let (done, durable) = oneshot::channel();
        self.commits.try_send(Commit { writes, done }).context("too many orders wait")?;
        durable.await?;
        Ok(job)
    }
}

fn job(id: String, key: &str) -> Job<'_> {
    Job {
        id,
        connection: "erp",
        operation: "orders.submit",
        order_key: "C70000",
        reference: key,
        customer: "C70000",
        idempotency_key: key,
        state: "ready",
        outcome: "none",
        already_there: false,
        sends: 0,
        failures: 0,
        empty_lookups: 0,
        attempts: [],
        accepted: 1_795_500_000_000,
        updated: 1_795_500_000_000,
    }
}

/// Makes groups durable until nobody is left to ask for it, or a write fails: then nothing is answered any more.
fn commit(db: &sled::Db, file: &File, waiting: &Receiver<Commit>) {
    let (mut expected, mut patience) = (1, Duration::ZERO);
    while let Ok(first) = waiting.recv() {
        let started = Instant::now();
        let group = fill(first, waiting, expected, started + patience);
        let began = Instant::now();
        let mut writes = sled::Batch::default();
        for (key, value) in group.iter().flat_map(|commit| &commit.writes) {
            writes.insert(key.as_slice(), value.as_slice());
        }
        if db.apply_batch(writes).and_then(|()| db.flush()).is_err() || file.sync_data().is_err() {
            return;
        }
        // Whoever is answered now is back within about one such round.
        (expected, patience) = (group.len(), began.elapsed().min(limits::GROUP_WAIT));
        for commit in group {
            // The caller may have gone; its order stands all the same.
            let _ = commit.done.send(());
        }
    }
}

/// Everything that waits, and what comes before `until` as long as fewer than `expected` are there.
fn fill(first: Commit, waiting: &Receiver<Commit>, expected: usize, until: Instant) -> Vec<Commit> {
    let mut group = vec![first];
    while group.len() < limits::GROUP_COMMITS_MAX {
        if let Ok(next) = waiting.try_recv() {
            group.push(next);
            continue;
        }
        let left = until.saturating_duration_since(Instant::now());
        if group.len() >= expected || left.is_zero() {
            break;
        }
        match waiting.recv_timeout(left) {
            Ok(next) => group.push(next),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    group
}
