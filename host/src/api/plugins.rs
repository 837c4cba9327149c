//! Connectors: those that serve with the versions that are kept, files that do not, and changes a person asks for.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Caller, collect, read_body};
use super::problem::Problem;
use super::reply::{reply, rfc3339};
use super::route::{action, unknown_action};
use super::{Api, recordings};
use crate::access::Scope;
use crate::limits;
use crate::plugin::{Asks, Changed, Installed, Interface, Signature, Version};

/// A connector that serves.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PluginView {
    /// Its name, as connection files write it.
    name: String,
    /// What it connects to.
    title: String,
    /// Who made it.
    vendor: String,
    /// The version that serves.
    version: String,
    /// What it can do.
    interfaces: BTreeSet<Interface>,
    /// Its file in the plugins folder, while it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// SHA-256 of the version that serves.
    digest: String,
    /// Its size.
    bytes: u64,
    /// How long it took to load, in milliseconds: some seconds where it was compiled, next to nothing where the code of
    /// an earlier start was found.
    load_ms: u64,
    /// Since when it serves; RFC 3339, UTC.
    since: String,
    /// Why the version that came last waits, when it does, and how to let it serve.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<String>,
    /// The versions that are kept, the last one first.
    versions: Vec<VersionView>,
}

/// A version that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VersionView {
    /// What the connector calls it.
    version: String,
    /// SHA-256 of its file.
    digest: String,
    /// Its size.
    bytes: u64,
    /// Whether it serves.
    active: bool,
    /// What is known of its signature.
    signature: Signature,
    /// What it asks for besides its connection's own address.
    asks: Asks,
    /// When it came; RFC 3339, UTC.
    came: String,
}

/// A file that does not serve.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RefusedFile {
    /// Its name.
    file: String,
    /// What is wrong with it.
    problem: String,
}

/// All connectors and files.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Plugins {
    /// Connectors that serve.
    items: Vec<PluginView>,
    /// Files that do not.
    refused: Vec<RefusedFile>,
}

/// Which version is to serve.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Activation {
    /// Its digest or the beginning of it; the version that came last if there is none.
    digest: Option<String>,
    /// Whether what it asks for beyond the version that serves is accepted.
    accept: bool,
}

/// What a change came to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PluginChange {
    /// The connector.
    name: String,
    /// The version that serves now.
    version: String,
    /// Its digest.
    digest: String,
    /// What is known of its signature.
    signature: Signature,
    /// Why the version that came last waits, when it does, and how to let it serve.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<String>,
}

impl From<Changed> for PluginChange {
    fn from(changed: Changed) -> Self {
        let Changed { name, active, waiting } = changed;
        let Version { version, digest, signature, .. } = active;
        Self { name, version, digest, signature, waiting }
    }
}

/// Lists connectors.
#[utoipa::path(get, path = "/v1/plugins", tag = "plugins",
    responses((status = 200, body = Plugins), (status = "default", body = Problem)))]
pub(super) async fn list(State(api): State<Api>, caller: Caller) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let registry = api.connections().registry();
    let items = registry.list().into_iter().map(|one| {
        let waiting = registry.waiting(&one.loaded.description.name);
        view(one, waiting)
    });
    let refused = registry.refused().into_iter().map(|(path, problem)| RefusedFile { file: name(&path), problem });
    reply(&Plugins { items: items.collect(), refused: refused.collect() })
}

fn view(installed: Installed, waiting: Option<String>) -> PluginView {
    let Installed { file, loaded, record } = installed;
    let about = &loaded.description;
    let versions = record.versions.into_iter().rev().map(|version| VersionView {
        active: version.digest == loaded.digest,
        version: version.version,
        digest: version.digest,
        bytes: version.bytes,
        signature: version.signature,
        asks: version.asks,
        came: rfc3339(version.came),
    });
    PluginView {
        name: about.name.clone(),
        title: about.title.clone(),
        vendor: about.vendor.clone(),
        version: about.version.clone(),
        interfaces: loaded.interfaces.clone(),
        file: file.as_deref().map(name),
        digest: loaded.digest.clone(),
        bytes: loaded.bytes,
        load_ms: u64::try_from(loaded.load_time.as_millis()).unwrap_or(u64::MAX),
        since: rfc3339(record.since),
        waiting,
        versions: versions.collect(),
    }
}

/// Installs a connector or a new version of one: the body is the `.wasm` file. It is checked, compiled and asked who
/// it is before anything changes. A version that asks for more hosts or secrets than the one that serves is kept and
/// waits; the answer is 202 then.
#[utoipa::path(post, path = "/v1/plugins", tag = "plugins",
    params(("X-Signature" = Option<String>, Header, description = "The .minisig file, base64-encoded")),
    request_body(content = Vec<u8>, content_type = "application/wasm"),
    responses((status = 201, body = PluginChange), (status = 202, body = PluginChange),
        (status = "default", body = Problem)))]
pub(super) async fn install(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    caller.may(Scope::Admin)?;
    let signature = signature(&headers)?;
    let Some(_room) = api.upload() else {
        let text = "other connectors are being installed; try again in a moment";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", text).retry_after(2));
    };
    let most = usize::try_from(limits::COMPONENT_BYTES_MAX).unwrap_or(usize::MAX);
    let bytes = collect(body, most).await?;
    let changed = api.connections().registry().install(bytes.into(), signature).await?;
    let status = if changed.waiting.is_some() { StatusCode::ACCEPTED } else { StatusCode::CREATED };
    Ok((status, reply(&PluginChange::from(changed))?).into_response())
}

/// A minisign file has four lines, which no header can hold: it comes base64-encoded.
fn signature(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(header) = headers.get("x-signature") else { return Ok(None) };
    let decoded = base64::engine::general_purpose::STANDARD.decode(header.as_bytes());
    match decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) => Ok(Some(text)),
        None => {
            let text =
                "the header X-Signature is the whole .minisig file, base64-encoded: `base64 -w0 NAME.wasm.minisig`";
            Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_signature", text))
        }
    }
}

/// Changes which version of a connector serves, or tries one: `:activate`, `:rollback` or `:shadow` behind its name.
pub(super) async fn act(
    State(api): State<Api>,
    Path(path): Path<String>,
    caller: Caller,
    body: Body,
) -> Result<Response, Problem> {
    let (name, action) = action(&path)?;
    caller.may(Scope::Admin)?;
    let registry = api.connections().registry();
    let changed = match action {
        "activate" => {
            let body = collect(body, api.body_bytes()).await?;
            let Activation { digest, accept } = if body.is_empty() { Activation::default() } else { read_body(&body)? };
            registry.activate(name, digest.as_deref(), accept).await?
        }
        "rollback" => registry.roll_back(name).await?,
        "shadow" => return recordings::try_on(&api, &caller, name, body).await,
        other => return Err(unknown_action(other, "`:activate`, `:rollback` and `:shadow`")),
    };
    reply(&PluginChange::from(changed))
}

/// Lets a kept version serve. One that asks for more than the version that serves needs `accept`.
#[utoipa::path(post, path = "/v1/plugins/{plugin}:activate", tag = "plugins",
    params(("plugin" = String, Path, description = "The connector's name")), request_body = Activation,
    responses((status = 200, body = PluginChange), (status = "default", body = Problem)))]
#[expect(dead_code, reason = "the router cannot tell actions apart; this describes one of `act`")]
pub(super) fn activate() -> StatusCode {
    StatusCode::OK
}

/// Goes back to the version that served before. It stays until a new file comes or a version is activated by name.
#[utoipa::path(post, path = "/v1/plugins/{plugin}:rollback", tag = "plugins",
    params(("plugin" = String, Path, description = "The connector's name")),
    responses((status = 200, body = PluginChange), (status = "default", body = Problem)))]
#[expect(dead_code, reason = "the router cannot tell actions apart; this describes one of `act`")]
pub(super) fn rollback() -> StatusCode {
    StatusCode::OK
}

fn name(path: &std::path::Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
