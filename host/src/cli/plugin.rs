//! `plugin`: connectors as files, and the versions that serve.

mod test;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use base64::Engine;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{Remote, segment};
use super::screen::Screen;
use super::shadow::Shadow;
use crate::config::HostConfig;
use crate::host;
use crate::host::Records;
use crate::limits;
use crate::plugin::{self, Changed, Interface, Registry, Sandbox, Signature, Trust, component_of};
use crate::seam::Clock;
use crate::store::OpenOptions;

/// With APICONNECT_KEY a running host is asked; without it the folders are used, which works while the host stands
/// still.
#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// List connectors, the version that serves, the versions that are kept, and files that do not load.
    List,
    /// Load a file as the host would, and tell what it is, what it can do and what it asks for.
    Inspect {
        /// The component.
        file: PathBuf,
    },
    Test(test::TestCommand),
    /// Install a connector, or a new version of one. A signature is taken from FILE.minisig beside it.
    Install {
        /// The component.
        file: PathBuf,
    },
    /// Let a version that is kept serve.
    Activate(Activate),
    /// Try another version on recorded calls, without a network, before it serves. Nothing changes.
    ///
    /// The exit code is 0 when every recorded call ends as it did, and 1 when one differs, crashes or asks for something
    /// that was not recorded.
    Shadow(Shadow),
    /// Go back to the version that served before.
    Rollback {
        /// The connector.
        name: String,
    },
    /// Compile the component on standard input into a cache folder; the host runs this for itself.
    #[command(hide = true)]
    Compile {
        /// The cache.
        cache: PathBuf,
    },
    /// Make a component of a core module that was built with the Rust SDK.
    Componentize {
        /// The core module: target/wasm32-unknown-unknown/…/name.wasm
        module: PathBuf,
        /// Where the component is written.
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct Activate {
    /// The connector.
    name: String,
    /// The version's digest or the beginning of it; the version that came last if it is not given.
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    /// Accept what the version asks for beyond the one that serves: hosts and secrets.
    #[arg(long)]
    accept: bool,
}

impl PluginCommand {
    pub(super) async fn run(&self, config: &Path, remote: &Remote, screen: &mut Screen) -> anyhow::Result<bool> {
        match self {
            Self::Inspect { file } => inspect(config, file, screen).await,
            Self::Test(test) => test.run(screen).await,
            Self::Shadow(shadow) => shadow.run(config, remote, screen).await,
            Self::Componentize { module, output } => componentize(module, output, screen),
            Self::Compile { cache } => {
                let mut wasm = Vec::new();
                std::io::stdin().take(limits::COMPONENT_BYTES_MAX).read_to_end(&mut wasm)?;
                plugin::compile_into(cache, &wasm)?;
                Ok(true)
            }
            Self::List => {
                let answer = match remote.has_key() {
                    true => remote.client(config)?.get("/v1/plugins").await?,
                    false => in_folder(config).await?,
                };
                Ok(show(&answer, screen))
            }
            change => {
                let answer = match remote.has_key() {
                    true => change.over_api(config, remote).await?,
                    false => change.in_store(config).await?,
                };
                screen.value(&answer);
                screen.line(&format!(
                    "{} {} serves ({}).",
                    text(&answer, "name"),
                    text(&answer, "version"),
                    text(&answer, "digest")
                ));
                if let Some(waiting) = answer.get("waiting").and_then(Value::as_str) {
                    screen.line(&format!("But {waiting}"));
                }
                Ok(true)
            }
        }
    }

    async fn over_api(&self, config: &Path, remote: &Remote) -> anyhow::Result<Value> {
        let client = remote.client(config)?;
        match self {
            Self::Install { file } => {
                let (bytes, signature) = read(file)?;
                let signature = signature.map(|text| base64::engine::general_purpose::STANDARD.encode(text));
                client.send_file("/v1/plugins", bytes, signature).await
            }
            Self::Activate(Activate { name, digest, accept }) => {
                let body = json!({ "digest": digest, "accept": accept });
                client.post(&format!("/v1/plugins/{}:activate", segment(name)), Some(&body)).await
            }
            Self::Rollback { name } => client.post(&format!("/v1/plugins/{}:rollback", segment(name)), None).await,
            Self::List
            | Self::Inspect { .. }
            | Self::Test(_)
            | Self::Shadow(_)
            | Self::Componentize { .. }
            | Self::Compile { .. } => {
                bail!("change nothing")
            }
        }
    }

    async fn in_store(&self, config: &Path) -> anyhow::Result<Value> {
        let config = HostConfig::read(config)?;
        let opened = Records::open(&config, OpenOptions::default()).await;
        let records = opened.context("change connectors; while the host runs, set APICONNECT_KEY to an admin key")?;
        let registry = host::connectors(&config, Some(Arc::clone(&records.store)), Clock::system()).await?;
        let changed = self.change(&registry).await;
        records.close().await;
        let Changed { name, active, waiting } = changed?;
        Ok(json!({ "name": name, "version": active.version, "digest": active.digest, "waiting": waiting }))
    }

    async fn change(&self, registry: &Registry) -> anyhow::Result<Changed> {
        match self {
            Self::Install { file } => {
                let (bytes, signature) = read(file)?;
                Ok(registry.install(bytes, signature).await?)
            }
            Self::Activate(Activate { name, digest, accept }) => {
                Ok(registry.activate(name, digest.as_deref(), *accept).await?)
            }
            Self::Rollback { name } => Ok(registry.roll_back(name).await?),
            Self::List
            | Self::Inspect { .. }
            | Self::Test(_)
            | Self::Shadow(_)
            | Self::Componentize { .. }
            | Self::Compile { .. } => {
                bail!("change nothing")
            }
        }
    }
}

/// A component and the signature beside it.
fn read(file: &Path) -> anyhow::Result<(Vec<u8>, Option<String>)> {
    let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
    let mut beside = file.as_os_str().to_owned();
    beside.push(".minisig");
    let beside = PathBuf::from(beside);
    let signature = match beside.exists() {
        true => Some(std::fs::read_to_string(&beside).with_context(|| format!("read {}", beside.display()))?),
        false => None,
    };
    Ok((bytes, signature))
}

fn componentize(module: &Path, output: &Path, screen: &mut Screen) -> anyhow::Result<bool> {
    let bytes = std::fs::read(module).with_context(|| format!("read {}", module.display()))?;
    let component = component_of(&bytes)?;
    // Written beside and moved: a host that watches the folder never sees half a file.
    let beside = output.with_extension("wasm.new");
    std::fs::write(&beside, &component).with_context(|| format!("write {}", beside.display()))?;
    std::fs::rename(&beside, output).with_context(|| format!("write {}", output.display()))?;
    screen.value(&json!({ "file": output, "bytes": component.len() }));
    screen.line(&format!("Wrote {} ({} kB).", output.display(), component.len() / 1_000));
    Ok(true)
}

/// The folder as it is. What a host has decided about it is in the store, which a running host holds.
async fn in_folder(config: &Path) -> anyhow::Result<Value> {
    let registry = host::connectors(&HostConfig::read(config)?, None, Clock::system()).await?;
    let items: Vec<Value> = registry.list().iter().map(|one| told(&one.loaded)).collect();
    Ok(json!({ "items": items, "refused": refused(&registry) }))
}

fn refused(registry: &Registry) -> Vec<Value> {
    registry.refused().iter().map(|(file, problem)| json!({ "file": file, "problem": problem })).collect()
}

fn told(loaded: &plugin::Loaded) -> Value {
    let about = &loaded.description;
    let secrets: Vec<Value> = about
        .secrets
        .iter()
        .map(|slot| json!({ "name": slot.name, "purpose": slot.purpose, "required": slot.required }))
        .collect();
    json!({ "name": about.name, "title": about.title, "vendor": about.vendor, "version": about.version,
        "interfaces": loaded.interfaces, "bytes": loaded.bytes, "digest": loaded.digest, "hosts": about.hosts,
        "secrets": secrets })
}

async fn inspect(config: &Path, file: &Path, screen: &mut Screen) -> anyhow::Result<bool> {
    // A file may be looked at where there is no configuration; then there are no keys to check a signature with.
    let trust = match config.exists() {
        true => HostConfig::read(config)?.trust,
        false => Default::default(),
    };
    let (bytes, signature) = read(file)?;
    let signed = Trust::new(&trust.keys, false)?.check(&bytes, signature.as_deref());
    let loaded = Sandbox::new(plugin::engine(None)?)?.load(file).await?;
    let mut about = told(&loaded);
    let signed = match signed {
        Ok(Signature::Unsigned) => "not signed".to_owned(),
        Ok(Signature::Unchecked) => "signed; [trust] names no key to check it with".to_owned(),
        Ok(Signature::Verified { key, comment }) => format!("signed with the trusted key {key} ({comment})"),
        Err(error) => format!("failed to {error}"),
    };
    if let Some(fields) = about.as_object_mut() {
        fields.insert("signature".to_owned(), signed.clone().into());
    }
    screen.value(&about);
    let description = &loaded.description;
    screen.line(&format!(
        "{} {} by {} ({})",
        description.name, description.version, description.vendor, description.title
    ));
    let can: Vec<&str> = loaded.interfaces.iter().copied().map(Interface::name).collect();
    screen.line(&format!("  can do     {}", can.join(", ")));
    for host in &description.hosts {
        screen.line(&format!("  asks for   the host {host}"));
    }
    for slot in &description.secrets {
        let need = if slot.required { "" } else { ", optional" };
        screen.line(&format!("  asks for   the secret `{}` ({}{need})", slot.name, slot.purpose));
    }
    screen.line(&format!("  signature  {signed}"));
    screen.line(&format!("  size       {} kB", loaded.bytes / 1_000));
    screen.line(&format!("  sha-256    {}", loaded.digest));
    Ok(true)
}

/// Shows what serves, what is kept and what is wrong; whether nothing is.
fn show(answer: &Value, screen: &mut Screen) -> bool {
    screen.value(answer);
    for one in list(answer, "items") {
        let can = list(one, "interfaces").filter_map(Value::as_str).map(|name| name.replace('_', "-"));
        let can = can.collect::<Vec<_>>().join(", ");
        screen.line(&format!("{} {}: {can}", text(one, "name"), text(one, "version")));
        for version in list(one, "versions") {
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
    for one in list(answer, "refused") {
        screen.line(&format!("{}: failed to {}", text(one, "file"), text(one, "problem")));
    }
    list(answer, "refused").next().is_none()
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
