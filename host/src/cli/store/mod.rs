//! `store`: the records of a host, on the disk and in a backup.

mod bar;
mod table;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::client::Remote;
use super::screen::Screen;
use crate::config::HostConfig;
use crate::host::{master_keys, open_folder, records_folder};
use crate::seam::{self, Clock};
use crate::store::{
    Backup, BackupHeader, OpenOptions, Progress, SealedStore, SledStore, Store, StoreError, rekey, restore,
    save_backup, verify_backup,
};
use bar::Bar;

/// What a command needs that reads records a few at a time.
const PAGE: usize = 16;

/// Accepted documents, jobs, cross-references and API keys are records of the store, in the data folder.
#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Read every record and say whether all that was acknowledged is there and sound.
    ///
    /// Works while the host stands still; of a running host, make a backup and verify that with `--backup FILE`.
    /// The exit code is 0 when everything is sound and 1 when it is not.
    Verify(Verify),
    /// Write all records into one file, while the host runs or stands still.
    ///
    /// With APICONNECT_KEY (an admin key) the running host is asked, and goes on meanwhile; without, the data folder is
    /// read, which works while the host stands still. Sealed records stay sealed: keep the master key, elsewhere.
    Backup {
        /// The file; it is replaced only when the new one is whole.
        file: PathBuf,
    },
    /// Make the store of a backup. There must be none yet: what is there is never replaced.
    ///
    /// The whole backup is verified first, and the store made of it once more, before it takes its place.
    Restore {
        /// A file that `store backup` wrote.
        file: PathBuf,
    },
    /// Show what the store holds, by kind of record, and what it takes on the disk.
    ///
    /// With APICONNECT_KEY (an admin key) the running host is asked; without, the data folder is read.
    Stats,
    /// Seal every record with the current master key: after a change of keys, or for the first time.
    ///
    /// Works while the host stands still. To change keys, set `[store] master_key` to the new key and `previous_key` to
    /// the old one. It can be interrupted and run again.
    Rekey,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Verify this backup and not the data folder.
    #[arg(long, value_name = "FILE")]
    backup: Option<PathBuf>,
}

impl StoreCommand {
    pub(super) async fn run(&self, config: &Path, remote: &Remote, screen: &mut Screen) -> anyhow::Result<bool> {
        match self {
            Self::Verify(Verify { backup: Some(file) }) => verify_file(file.clone(), screen).await?,
            Self::Verify(Verify { backup: None }) => verify(&HostConfig::read(config)?, screen).await?,
            Self::Backup { file } if remote.has_key() => download(config, remote, file, screen).await?,
            Self::Backup { file } => back_up(&HostConfig::read(config)?, file.clone(), screen).await?,
            Self::Restore { file } => bring_back(&HostConfig::read(config)?, file.clone(), screen).await?,
            Self::Stats => stats(config, remote, screen).await?,
            Self::Rekey => change_keys(&HostConfig::read(config)?, screen).await?,
        }
        Ok(true)
    }
}

/// Opens the store that there is; a host that runs has it locked.
async fn open(
    config: &HostConfig,
    screen: &Screen,
    running: &'static str,
) -> anyhow::Result<std::sync::Arc<SledStore>> {
    let bar = Bar::new("reading records", screen);
    let options = OpenOptions { create: false, ..OpenOptions::default() };
    open_folder(config, options, move |at| bar.at(at)).await.context(running)
}

async fn verify(config: &HostConfig, screen: &mut Screen) -> anyhow::Result<()> {
    let keys = master_keys(config)?;
    let folder = open(
        config,
        screen,
        "verify the store (of a running host: `store backup FILE`, then `store verify --backup FILE`)",
    )
    .await?;
    let found = folder.verified();
    let store = SealedStore::open(folder.clone(), &keys).await?;
    let bar = Bar::new("opening seals", screen);
    let (opened, stats) = seam::spawn_blocking(move || -> Result<_, StoreError> {
        let (mut opened, mut after) = (0, None::<Vec<u8>>);
        loop {
            let page = store.scan(b"", after.as_deref(), PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            opened += page.len() as u64;
            bar.at(Progress { done: opened, total: found.records });
        }
        let stats = folder.stats()?;
        folder.close();
        Ok((opened, stats))
    })
    .await??;
    let on_disk: u64 = stats.files.iter().map(|file| file.on_disk).sum();
    let place = records_folder(config);
    screen.value(&json!({ "folder": place, "records": opened, "rows": found.records, "sequence": found.sequence,
        "bytes_on_disk": on_disk, "sealed": keys.current.is_some() }));
    screen.line(&format!(
        "{} is sound: {opened} records, {}, last commit {}, {} on the disk.",
        place.display(),
        if keys.current.is_some() { "sealed and opened with the master key" } else { "not sealed" },
        found.sequence,
        table::size(on_disk)
    ));
    Ok(())
}

async fn verify_file(file: PathBuf, screen: &mut Screen) -> anyhow::Result<()> {
    let bar = Bar::new("verifying the backup", screen);
    let path = file.clone();
    let header = seam::spawn_blocking(move || verify_backup(&path, &mut |at| bar.at(at))).await??;
    told(screen, &file, &header, "is whole");
    Ok(())
}

async fn back_up(config: &HostConfig, file: PathBuf, screen: &mut Screen) -> anyhow::Result<()> {
    let folder =
        open(config, screen, "back up the store; while the host runs, set APICONNECT_KEY to an admin key").await?;
    let bar = Bar::new("writing the backup", screen);
    let path = file.clone();
    let header = seam::spawn_blocking(move || -> Result<BackupHeader, StoreError> {
        let mut backup = Backup::new(folder.snapshot()?, &Clock::system());
        let header = backup.header().clone();
        save_backup(&path, || {
            bar.at(backup.progress());
            backup.next_chunk()
        })?;
        folder.close();
        Ok(header)
    })
    .await??;
    told(screen, &file, &header, "was written");
    Ok(())
}

/// Takes the backup of a running host, and verifies what has arrived before it gets its name.
async fn download(config: &Path, remote: &Remote, file: &Path, screen: &mut Screen) -> anyhow::Result<()> {
    let mut answer = remote.download(config, "/v1/store:backup").await?;
    let (to, mut from) = mpsc::channel::<Result<bytes::Bytes, StoreError>>(4);
    let mut arriving = file.as_os_str().to_owned();
    arriving.push(".arriving");
    let arriving = PathBuf::from(arriving);
    let path = arriving.clone();
    let saved = seam::spawn_blocking(move || save_backup(&path, || from.blocking_recv().transpose()));
    let broke = loop {
        match answer.next().await {
            Ok(Some(piece)) => {
                if to.send(Ok(piece)).await.is_err() {
                    break None;
                }
            }
            Ok(None) => break None,
            Err(error) => {
                // Whoever saves must not take the end for the end of the backup.
                let _ = to.send(Err(StoreError::Closed)).await;
                break Some(error);
            }
        }
    };
    drop(to);
    let saved = saved.await?;
    if let Some(error) = broke {
        return Err(anyhow::Error::from(error).context("take the backup of the running host; try again"));
    }
    saved?;
    let bar = Bar::new("verifying the backup", screen);
    let (path, to) = (arriving, file.to_owned());
    let header = seam::spawn_blocking(move || -> anyhow::Result<BackupHeader> {
        let header = verify_backup(&path, &mut |at| bar.at(at));
        if header.is_err() {
            let _ = std::fs::remove_file(&path);
        }
        let header = header?;
        std::fs::rename(&path, &to).with_context(|| format!("write {}", to.display()))?;
        Ok(header)
    })
    .await??;
    told(screen, file, &header, "was written");
    Ok(())
}

async fn bring_back(config: &HostConfig, file: PathBuf, screen: &mut Screen) -> anyhow::Result<()> {
    let folder = records_folder(config);
    let bar = Bar::new("restoring", screen);
    let (path, to) = (file, folder.clone());
    let restored = seam::spawn_blocking(move || {
        restore(&path, &to, OpenOptions::default(), &mut |step, at| {
            bar.step(step);
            bar.at(at);
        })
    });
    let header = restored.await??;
    told(screen, &folder, &header, "was restored");
    Ok(())
}

async fn stats(config: &Path, remote: &Remote, screen: &mut Screen) -> anyhow::Result<()> {
    let stats = if remote.has_key() {
        remote.client(config)?.get("/v1/store").await?
    } else {
        let config = HostConfig::read(config)?;
        let running = "read the store; while the host runs, set APICONNECT_KEY to an admin key";
        let folder = open(&config, screen, running).await?;
        let stats = seam::spawn_blocking(move || {
            let stats = folder.stats();
            folder.close();
            stats
        });
        serde_json::to_value(stats.await??)?
    };
    screen.value(&stats);
    table::show(&stats, screen);
    Ok(())
}

async fn change_keys(config: &HostConfig, screen: &mut Screen) -> anyhow::Result<()> {
    let keys = master_keys(config)?;
    let folder = open(config, screen, "change the master key; stop the host first").await?;
    let bar = Bar::new("sealing", screen);
    let store: std::sync::Arc<dyn Store> = folder.clone();
    let done = rekey(&store, &keys, &mut |at| bar.at(at)).await?;
    drop(bar);
    seam::spawn_blocking(move || folder.close()).await?;
    screen.value(&done);
    screen.line(&format!(
        "All {} records are sealed with the current key; {} were not before.",
        done.sealed, done.changed
    ));
    if keys.previous.is_some() {
        screen.line("Take `previous_key` out of the configuration; the key itself is needed for older backups only.");
    }
    Ok(())
}

fn told(screen: &mut Screen, place: &Path, header: &BackupHeader, what: &str) {
    let mut value = serde_json::to_value(header).unwrap_or(Value::Null);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("place".to_owned(), json!(place));
    }
    screen.value(&value);
    let made = humantime::format_rfc3339_seconds(std::time::UNIX_EPOCH + std::time::Duration::from_millis(header.made));
    screen.line(&format!(
        "{} {what}: {} records up to commit {}, backed up {made} by apiconnect {}.",
        place.display(),
        header.records,
        header.sequence,
        header.product
    ));
}
