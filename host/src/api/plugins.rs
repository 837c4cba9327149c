//! Connectors: those that serve, and files that do not.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::input::Caller;
use super::problem::Problem;
use super::reply::reply;
use crate::access::Scope;
use crate::plugin::Interface;

/// A connector that serves.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PluginView {
    /// Its name, as connection files write it.
    name: String,
    /// The product it connects to.
    title: String,
    /// Who made it.
    vendor: String,
    /// Its version.
    version: String,
    /// What it can do.
    interfaces: Vec<Interface>,
    /// The file.
    file: String,
    /// SHA-256 of the file.
    digest: String,
    /// Size of the file.
    bytes: u64,
}

/// A file that does not serve.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RefusedFile {
    /// The file.
    file: String,
    /// Why not, and what to do.
    problem: String,
}

/// The plugins folder.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Plugins {
    /// Connectors that serve.
    items: Vec<PluginView>,
    /// Files that do not; a version that served before goes on.
    refused: Vec<RefusedFile>,
}

/// Lists the connectors that serve, and the files that do not with the reason.
#[utoipa::path(get, path = "/v1/plugins", tag = "plugins",
    responses((status = 200, body = Plugins), (status = "default", body = Problem)))]
pub(super) async fn list(State(api): State<Api>, caller: Caller) -> Result<Response, Problem> {
    caller.may(Scope::Read)?;
    let registry = api.connections().registry();
    let items = registry.list().into_iter().map(|(path, loaded)| PluginView {
        name: loaded.description.name.clone(),
        title: loaded.description.title.clone(),
        vendor: loaded.description.vendor.clone(),
        version: loaded.description.version.clone(),
        interfaces: loaded.interfaces.iter().copied().collect(),
        file: name(&path),
        digest: loaded.digest.clone(),
        bytes: loaded.bytes,
    });
    let refused = registry.refused().into_iter().map(|(path, problem)| RefusedFile { file: name(&path), problem });
    reply(&Plugins { items: items.collect(), refused: refused.collect() })
}

fn name(path: &std::path::Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
