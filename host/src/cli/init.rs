//! `init`: what a new host needs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;

use super::screen::Screen;
use crate::access::{Keys, NewKey, Scope};
use crate::config::{ConnectionFile, HostConfig};
use crate::seam::{self, Clock};
use crate::store::{OpenOptions, SledStore};

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder; it is made if it is not there.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

impl Init {
    pub(super) async fn run(&self, screen: &mut Screen) -> anyhow::Result<bool> {
        let file = self.folder.join("apiconnect.toml");
        if file.exists() {
            bail!(
                "set up a host: {} exists already; run it with `apiconnect serve`, or choose another folder",
                file.display()
            );
        }
        for folder in ["plugins", "connections", "data"] {
            let folder = self.folder.join(folder);
            std::fs::create_dir_all(&folder).with_context(|| format!("make the folder {}", folder.display()))?;
        }
        write(&self.folder.join("connections/erp.toml.example"), ConnectionFile::EXAMPLE)?;
        let key = admin_key(&self.folder.join("data/store")).await?;
        // Last, so that an `init` that failed can be run again.
        write(&file, HostConfig::TEMPLATE)?;
        screen.value(&serde_json::json!({ "config": file, "key": key }));
        screen.line(&format!("Wrote {}, plugins/ and connections/erp.toml.example.", file.display()));
        screen.line("");
        screen.line(&format!("Your admin key, shown this once:\n\n  {key}\n"));
        screen.line("Next:");
        screen.line("  1. put a connector (.wasm) into plugins/");
        screen.line("  2. copy connections/erp.toml.example to connections/erp.toml and change what differs");
        screen.line("  3. apiconnect check      is the way to the system open?");
        screen.line("  4. apiconnect serve      run the host");
        Ok(true)
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("write {}", path.display()))
}

async fn admin_key(folder: &Path) -> anyhow::Result<String> {
    let folder = folder.to_owned();
    let store = Arc::new(seam::spawn_blocking(move || SledStore::open(&folder, OpenOptions::default())).await??);
    let keys = Keys::open(Arc::clone(&store) as _, Clock::system())?;
    let new = NewKey { name: "first admin key".to_owned(), scopes: vec![Scope::Admin], connections: None };
    let (text, _) = keys.create(new).await?;
    seam::spawn_blocking(move || store.close()).await?;
    Ok(text.expose().to_owned())
}
