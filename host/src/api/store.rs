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
    let mut backup = Backup::new(api.0.parts.records.snapshot()?, &api.0.parts.clock);
    let sequence = backup.header().sequence;
    let (to, from) = mpsc::channel::<Result<Bytes, StoreError>>(CHUNKS_WAITING);
    let made = seam::spawn_blocking(move || {
        loop {
            let chunk = backup.next_chunk().transpose();
            let (ended, failed) = (chunk.is_none(), matches!(chunk, Some(Err(_))));
            // A reader that has gone ends the backup.
            if ended || to.blocking_send(chunk.unwrap_or(Err(StoreError::Closed))).is_err() || failed {
                return ended;
            }
        }
    });
    drop(seam::spawn(async move {
        match made.await {
            Ok(true) => tracing::info!(sequence, "a backup was made"),
            _ => tracing::warn!(sequence, "a backup was not made to its end"),
        }
    }));
    let chunks = futures::stream::unfold(from, async |mut from| Some((from.recv().await?, from)));
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], Body::from_stream(chunks)).into_response())
}
