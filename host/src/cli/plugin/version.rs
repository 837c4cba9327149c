//! `plugin list`, `install`, `activate` and `rollback`: before a running host, or in the folders of one that stands still.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use base64::Engine;
use clap::Args;
use serde_json::{Value, json};

use super::component;
use super::sheet;
use crate::cli::client::{Client, Remote, segment};
use crate::cli::screen::Screen;
use crate::config::HostConfig;
use crate::host;
use crate::host::Records;
use crate::plugin::{Changed, Registry};
use crate::seam::Clock;
use crate::store::OpenOptions;

#[derive(Debug, Args)]
pub(in crate::cli) struct Install {
    /// The component.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Activate {
    /// The connector.
    name: String,
    /// The version's digest or the beginning of it; the version that came last if it is not given.
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    /// Accept what the version asks for beyond the one that serves: hosts and secrets.
    #[arg(long)]
    accept: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Rollback {
    /// The connector.
    name: String,
}

impl Install {
    pub(super) async fn run(&self, config: &Path, remote: &Remote, screen: &mut Screen) -> anyhow::Result<bool> {
        let answer = match remote.has_key() {
            true => upload(&remote.client(config)?, &self.file).await?,
            false => {
                let (bytes, signature) = component::read(&self.file)?;
                in_store(config, async |registry| Ok(registry.install(bytes, signature).await?)).await?
            }
        };
        tell(&answer, screen);
        Ok(true)
    }
}

impl Activate {
    pub(super) async fn run(&self, config: &Path, remote: &Remote, screen: &mut Screen) -> anyhow::Result<bool> {
        let Self { name, digest, accept } = self;
        let answer = match remote.has_key() {
            true => activate(&remote.client(config)?, name, digest.as_deref(), *accept).await?,
            false => {
                in_store(config, async |registry| Ok(registry.activate(name, digest.as_deref(), *accept).await?))
                    .await?
            }
        };
        tell(&answer, screen);
        Ok(true)
    }
}

impl Rollback {
    pub(super) async fn run(&self, config: &Path, remote: &Remote, screen: &mut Screen) -> anyhow::Result<bool> {
        let name = &self.name;
        let answer = match remote.has_key() {
            true => {
                let path = format!("/v1/plugins/{}:rollback", segment(name));
                remote.client(config)?.post(&path, None).await?
            }
            false => in_store(config, async |registry| Ok(registry.roll_back(name).await?)).await?,
        };
        tell(&answer, screen);
        Ok(true)
    }
}

/// Sends a component with its signature to a running host.
pub(super) async fn upload(client: &Client, file: &Path) -> anyhow::Result<Value> {
    let (bytes, signature) = component::read(file)?;
    let signature = signature.map(|text| base64::engine::general_purpose::STANDARD.encode(text));
    client.send_file("/v1/plugins", bytes, signature).await
}

/// Lets a version serve that a running host keeps.
pub(super) async fn activate(client: &Client, name: &str, digest: Option<&str>, accept: bool) -> anyhow::Result<Value> {
    let body = json!({ "digest": digest, "accept": accept });
    client.post(&format!("/v1/plugins/{}:activate", segment(name)), Some(&body)).await
}

async fn in_store(
    config: &Path,
    change: impl AsyncFnOnce(&Registry) -> anyhow::Result<Changed>,
) -> anyhow::Result<Value> {
    let config = HostConfig::read(config)?;
    let opened = Records::open(&config, OpenOptions::default()).await;
    let records = opened.context("change connectors; while the host runs, set APICONNECT_KEY to an admin key")?;
    let registry = host::connectors(&config, Some(Arc::clone(&records.store)), Clock::system()).await?;
    let changed = change(&registry).await;
    records.close().await;
    let Changed { name, active, waiting } = changed?;
    Ok(json!({ "name": name, "version": active.version, "digest": active.digest, "waiting": waiting }))
}

/// What a change came to.
pub(super) fn tell(answer: &Value, screen: &mut Screen) {
    screen.value(answer);
    let (name, version, digest) = (text(answer, "name"), text(answer, "version"), text(answer, "digest"));
    screen.line(&format!("{name} {version} serves ({digest})."));
    if let Some(waiting) = answer.get("waiting").and_then(Value::as_str) {
        screen.line(&format!("But {waiting}"));
    }
}

/// Shows what serves, what is kept and what is wrong; whether nothing is.
pub(super) async fn list(config: &Path, remote: &Remote, screen: &mut Screen) -> anyhow::Result<bool> {
    let answer = match remote.has_key() {
        true => remote.client(config)?.get("/v1/plugins").await?,
        false => in_folder(config).await?,
    };
    screen.value(&answer);
    for one in items(&answer, "items") {
        let can = items(one, "interfaces").filter_map(Value::as_str).map(|name| name.replace('_', "-"));
        let can = can.collect::<Vec<_>>().join(", ");
        screen.line(&format!("{} {}: {can}", text(one, "name"), text(one, "version")));
        for version in items(one, "versions") {
            let mark = if version.get("active").and_then(Value::as_bool) == Some(true) { "serves" } else { "kept" };
            let digest = text(version, "digest").get(..12).unwrap_or_default();
            let signed = version.pointer("/signature/state").and_then(Value::as_str).unwrap_or_default();
            let (name, came) = (text(version, "version"), text(version, "came"));
            screen.line(&format!("  {mark:<6}  {name:<12}  sha256:{digest}  {signed:<9}  {came}"));
        }
        if let Some(waiting) = one.get("waiting").and_then(Value::as_str) {
            screen.line(&format!("  ! {waiting}"));
        }
    }
    for one in items(&answer, "refused") {
        screen.line(&format!("{}: failed to {}", text(one, "file"), text(one, "problem")));
    }
    Ok(items(&answer, "refused").next().is_none())
}

/// The folder as it is. What a host has decided about it is in the store, which a running host holds.
async fn in_folder(config: &Path) -> anyhow::Result<Value> {
    let registry = host::connectors(&HostConfig::read(config)?, None, Clock::system()).await?;
    let items: Vec<Value> = registry.list().iter().map(|one| sheet::value(&one.loaded)).collect();
    let refused = registry.refused();
    let refused: Vec<Value> =
        refused.iter().map(|(file, problem)| json!({ "file": file, "problem": problem })).collect();
    Ok(json!({ "items": items, "refused": refused }))
}

pub(super) fn items<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

pub(super) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
