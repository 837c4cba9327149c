//! `recordings` and `replay`: recorded calls, to look at, to pass on and to run again.

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::client::{Remote, segment};
use super::screen::Screen;
use crate::config::HostConfig;
use crate::host::{self, master_keys};
use crate::plugin::recording::{Difference, Recording, Recordings, Replayed, read_recording, replay};
use crate::plugin::{self, Loaded, Sandbox, find_component};
use crate::seam::{self, Clock, Millis};
use crate::store::FileSeal;

/// With APICONNECT_KEY a running host is asked; without it the data folder is read, which works while the host runs, too.
#[derive(Debug, Subcommand)]
pub(super) enum RecordingsCommand {
    /// List recorded calls, the newest first.
    List {
        /// Only this connection.
        connection: Option<String>,
        /// Recordings at most.
        #[arg(long, value_name = "N", default_value_t = 20)]
        last: usize,
    },
    /// Write one recorded call as JSON, to look at it or to pass it on to the connector's vendor.
    ///
    /// There are no secrets in it. What the store asked and the system answered is: names, addresses, prices, documents.
    /// Read it before you pass it on.
    Export {
        /// The connection.
        connection: String,
        /// The recording's name, or `latest`.
        recording: String,
        /// Where it is written; standard output if it is not given.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// A recording to run again.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// The recording: what `apiconnect recordings export` wrote, or a file of the data folder.
    file: PathBuf,
    /// The component to run; the one that was recorded, from the host's folders, if it is not given.
    #[arg(long, value_name = "COMPONENT")]
    connector: Option<PathBuf>,
}

impl RecordingsCommand {
    pub(super) async fn run(&self, config: &Path, remote: &Remote, screen: &mut Screen) -> anyhow::Result<bool> {
        match self {
            Self::List { connection, last } => {
                let items = match remote.has_key() {
                    true => remote_list(config, remote, connection.as_deref(), *last).await?,
                    false => {
                        let found = local(config)?.list(connection.as_deref());
                        found.iter().take(*last).map(|one| serde_json::to_value(one).unwrap_or_default()).collect()
                    }
                };
                show(&items, screen);
            }
            Self::Export { connection, recording, output } => {
                let found = match remote.has_key() {
                    true => remote_one(config, remote, connection, recording).await?,
                    false => local_one(&local(config)?, connection, recording)?,
                };
                export(&found, output.as_deref(), screen)?;
            }
        }
        Ok(true)
    }
}

/// The recordings of the data folder.
pub(super) fn local(config: &Path) -> anyhow::Result<Recordings> {
    Ok(host::recordings(&HostConfig::read(config)?, Clock::system())?)
}

fn local_one(recordings: &Recordings, connection: &str, name: &str) -> anyhow::Result<Recording> {
    let id = match name {
        "latest" => recordings.list(Some(connection)).first().map(|summary| summary.id),
        name => Some(name.parse()?),
    };
    let id = id.with_context(|| format!("find a recording: there is none of connection `{connection}`"))?;
    Ok(recordings.read(connection, id)?)
}

async fn remote_list(
    config: &Path,
    remote: &Remote,
    connection: Option<&str>,
    last: usize,
) -> anyhow::Result<Vec<Value>> {
    let client = remote.client(config)?;
    let names = match connection {
        Some(name) => vec![name.to_owned()],
        None => {
            let all = client.get("/v1/connections").await?;
            let open = list(&all, "items").filter(|item| text(item, "state") == "open");
            open.map(|item| text(item, "name").to_owned()).collect()
        }
    };
    let mut items = Vec::new();
    for name in names {
        let found = client.get(&format!("/v1/connections/{}/recordings?limit={last}", segment(&name))).await?;
        items.extend(list(&found, "items").cloned());
    }
    items.sort_by(|one, other| text(other, "id").cmp(text(one, "id")));
    items.truncate(last);
    Ok(items)
}

async fn remote_one(config: &Path, remote: &Remote, connection: &str, name: &str) -> anyhow::Result<Recording> {
    let name = match name {
        "latest" => {
            let found = remote_list(config, remote, Some(connection), 1).await?;
            let first = found
                .first()
                .with_context(|| format!("find a recording: there is none of connection `{connection}`"))?;
            text(first, "id").to_owned()
        }
        name => name.to_owned(),
    };
    let path = format!("/v1/connections/{}/recordings/{}", segment(connection), segment(&name));
    // Not through a JSON value, which would round long numbers.
    serde_json::from_slice(&remote.client(config)?.get_bytes(&path).await?).context("read the host's answer")
}

fn show(items: &[Value], screen: &mut Screen) {
    screen.value(&json!({ "items": items }));
    screen.line(&format!(
        "{:<30}  {:<16}  {:<26}  {:<9}  {:>8}  WHEN (UTC)",
        "RECORDING", "CONNECTION", "OPERATION", "END", "BYTES"
    ));
    for item in items {
        let number = |field: &str| item.get(field).and_then(Value::as_u64).unwrap_or_default();
        screen.line(&format!(
            "{:<30}  {:<16}  {:<26}  {:<9}  {:>8}  {}",
            text(item, "id"),
            text(item, "connection"),
            text(item, "operation"),
            text(item, "end"),
            number("bytes"),
            when(number("at"))
        ));
    }
    if items.is_empty() {
        screen.line("Nothing is recorded. `apiconnect connection record NAME --for 10m` records calls for a while.");
    }
}

fn export(recording: &Recording, output: Option<&Path>, screen: &mut Screen) -> anyhow::Result<()> {
    let Some(path) = output else {
        screen.pretty(recording);
        return Ok(());
    };
    let bytes = serde_json::to_vec_pretty(recording)?;
    std::fs::write(path, &bytes).with_context(|| format!("write {}", path.display()))?;
    screen.value(&json!({ "file": path, "bytes": bytes.len() }));
    screen.line(&format!(
        "Wrote {} ({} kB). There are no secrets in it, but people's and business data: read it before you pass it on.",
        path.display(),
        bytes.len() / 1_000
    ));
    Ok(())
}

impl Replay {
    pub(super) async fn run(&self, config: &Path, screen: &mut Screen) -> anyhow::Result<bool> {
        // A vendor replays where there is no host.
        let config = if config.exists() { Some(HostConfig::read(config)?) } else { None };
        let seal = config.as_ref().map(master_keys).transpose()?.map(|keys| FileSeal::new(&keys));
        let file = self.file.clone();
        let read = seam::spawn_blocking(move || read_recording(&file, &seal.unwrap_or_default())).await?;
        let recording = read?;
        let component = match &self.connector {
            Some(path) => path.clone(),
            None => recorded_component(config.as_ref(), &recording)?,
        };
        let loaded = load(&component, screen).await?;
        let (version, at) = (format!("{} {}", recording.connector, recording.version), recording.at);
        let replayed = replay(&loaded, recording).await?;
        screen.value(&replayed);
        tell(&replayed, &version, at, screen);
        Ok(replayed.same)
    }
}

/// Loads a component and shows that something happens meanwhile.
pub(super) async fn load(component: &Path, screen: &Screen) -> anyhow::Result<Loaded> {
    let bar = if screen.json() { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(format!("compiling {}", component.display()));
    bar.enable_steady_tick(Duration::from_millis(100));
    let loaded = Sandbox::new(plugin::engine(None)?)?.load(component).await;
    bar.finish_and_clear();
    Ok(loaded?)
}

fn recorded_component(config: Option<&HostConfig>, recording: &Recording) -> anyhow::Result<PathBuf> {
    let kept = config.map(|config| (config.data.join("plugins"), config.plugins.clone()));
    let found = kept.and_then(|(kept, folder)| find_component(&recording.digest, &[&kept, &folder]));
    match found {
        Some(path) => Ok(path),
        None => bail!(
            "find the component of {} {} (sha256:{}), which was recorded: give it with --connector FILE, or run this where \
             the host's folders are (--config)",
            recording.connector,
            recording.version,
            recording.digest.get(..12).unwrap_or_default()
        ),
    }
}

fn tell(replayed: &Replayed, version: &str, at: Millis, screen: &mut Screen) {
    let Replayed { operation, connection, connector, .. } = replayed;
    screen.line(&format!("{operation} on {connection}, recorded with {version} at {}", when(at)));
    if connector != version {
        screen.line(&format!("  run with   {connector}"));
    }
    screen.line(&format!("  asked      {} questions, {} requests", replayed.questions, replayed.requests));
    for note in &replayed.notes {
        screen.line(&format!("  ! {note}"));
    }
    for line in &replayed.log {
        screen.line(&format!("  log        {line}"));
    }
    for difference in &replayed.differences {
        differs(difference, "  ", screen);
    }
    screen.line(if replayed.same { "  ✓ bit for bit the same" } else { "  ✗ it is not the same" });
}

/// A difference, with both sides below its place.
pub(super) fn differs(difference: &Difference, margin: &str, screen: &mut Screen) {
    screen.line(&format!("{margin}✗ {}", difference.place));
    screen.line(&format!("{margin}    recorded  {}", difference.recorded));
    screen.line(&format!("{margin}    now       {}", difference.now));
}

fn when(at: Millis) -> String {
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(at)).to_string()
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
