//! API keys, for administrators.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::input::{Caller, Json};
use super::problem::Problem;
use super::reply::{Listed, reply};
use super::route::{action, unknown_action};
use crate::access::{KeyRecord, NewKey, Scope};
use crate::seam::Millis;

/// A key as the API shows it: never its text, never its hash.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyView {
    /// `key_…`
    id: String,
    /// What it is for.
    name: String,
    /// What it may do.
    scopes: Vec<Scope>,
    /// The connections it is for; absent for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    connections: Option<Vec<String>>,
    /// When it was made; milliseconds since the epoch.
    created: Millis,
    /// When it was revoked, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked: Option<Millis>,
}

impl From<KeyRecord> for KeyView {
    fn from(record: KeyRecord) -> Self {
        let KeyRecord { id, name, scopes, connections, created, revoked, .. } = record;
        Self { id, name, scopes, connections, created, revoked }
    }
}

/// A new key. Its text is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedKey {
    /// The key: `ack_…`
    key: String,
    /// What is kept of it.
    #[serde(flatten)]
    view: KeyView,
}

/// Lists all keys.
#[utoipa::path(get, path = "/v1/keys", tag = "keys",
    responses((status = 200, body = Listed<KeyView>), (status = "default", body = Problem)))]
pub(super) async fn list(State(api): State<Api>, caller: Caller) -> Result<Response, Problem> {
    caller.may(Scope::Admin)?;
    reply(&Listed { items: api.keys().list().into_iter().map(KeyView::from).collect(), next: None })
}

/// Makes a key.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", request_body = NewKey,
    responses((status = 200, body = CreatedKey), (status = "default", body = Problem)))]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Json(new): Json<NewKey>,
) -> Result<Response, Problem> {
    caller.may(Scope::Admin)?;
    let (text, record) = api.keys().create(new).await?;
    reply(&CreatedKey { key: text.expose().to_owned(), view: record.into() })
}

/// Acts on a key: `:revoke` behind its id.
pub(super) async fn act(State(api): State<Api>, Path(path): Path<String>, caller: Caller) -> Result<Response, Problem> {
    caller.may(Scope::Admin)?;
    let (id, action) = action(&path)?;
    if action != "revoke" {
        return Err(unknown_action(action, "`:revoke`"));
    }
    reply(&KeyView::from(api.keys().revoke(id).await?))
}

/// Makes a key useless, at once.
#[utoipa::path(post, path = "/v1/keys/{key}:revoke", tag = "keys",
    params(("key" = String, Path, description = "The key's id")),
    responses((status = 200, body = KeyView), (status = "default", body = Problem)))]
#[expect(dead_code, reason = "the router cannot tell actions apart; this describes one of `act`")]
pub(super) fn revoke() -> StatusCode {
    StatusCode::OK
}
