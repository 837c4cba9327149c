//! The store, for administrators: what it holds, and a backup of it.

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio::sync::mpsc;

use super::Api;
use super::input::Caller;
use super::problem::Problem;
use super::reply::reply;
use crate::access::Scope;
use crate::limits;
use crate::seam;
use crate::store::{Backup, Stats, StoreError};

/// Chunks of a backup that may wait for the network.
const CHUNKS_WAITING: usize = 4;

/// Counts what the store holds, and what it takes on the disk.
#[utoipa::path(get, path = "/v1/store", tag = "store",
    responses((status = 200, body = Stats), (status = "default", body = Problem)))]
pub(super) async fn stats(State(api): State<Api>, caller: Caller) -> Result<Response, Problem> {
    caller.may(Scope::Admin)?;
    let records = api.0.parts.records.clone();
    let stats = seam::spawn_blocking(move || records.stats()).await;
    reply(&stats.map_err(|e| StoreError::Failed(e.to_string()))??)
}

/// Makes a backup of the store as it is at this moment, while the host goes on. What is sealed stays sealed.
///
/// A backup that was cut off on its way says so itself when it is read: `apiconnect store verify --backup FILE`.
#[utoipa::path(post, path = "/v1/store:backup", tag = "store",
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "default", body = Problem)))]
pub(super) async fn backup(State(api): State<Api>, caller: Caller) -> Result<Response, Problem> {
    caller.may(Scope::Admin)?;
    let backup = Backup::new(api.0.parts.records.snapshot()?, &api.0.parts.clock);
    let (to, from) = mpsc::channel(CHUNKS_WAITING);
    drop(seam::spawn(async move {
        let sequence = backup.header().sequence;
        if send(backup, to).await {
            tracing::info!(sequence, "a backup was made");
        } else {
            tracing::warn!(sequence, "a backup was not made to its end");
        }
    }));
    let chunks = futures::stream::unfold(from, async |mut from| Some((from.recv().await?, from)));
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], Body::from_stream(chunks)).into_response())
}

/// Sends a backup chunk by chunk; whether all of it was taken. A reader that has gone or stands still ends it: what it
/// has got has no trailer, so nobody takes it for whole.
async fn send(mut backup: Backup, to: mpsc::Sender<Result<Bytes, StoreError>>) -> bool {
    loop {
        let read = seam::spawn_blocking(move || {
            let chunk = backup.next_chunk();
            (backup, chunk)
        });
        let Ok((rest, chunk)) = read.await else { return false };
        backup = rest;
        let Some(chunk) = chunk.transpose() else { return true };
        let failed = chunk.is_err();
        let taken = seam::within(limits::BACKUP_READER_TIMEOUT, to.send(chunk)).await;
        if failed || !matches!(taken, Some(Ok(()))) {
            return false;
        }
    }
}
