//! `init`: what a new host needs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;

use super::screen::Screen;
use crate::access::{Keys, NewKey, Scope};
use crate::config::{ConnectionFile, HostConfig};
use crate::host::Records;
use crate::seam::Clock;
use crate::secret::MasterKey;
use crate::store::OpenOptions;

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
        let master = self.folder.join(HostConfig::MASTER_KEY_FILE);
        // One that is there may be the only key of records that exist.
        if !master.exists() {
            MasterKey::create(&master).with_context(|| format!("write {}", master.display()))?;
        }
        // Under its own name last, so that an `init` that failed can be run again.
        let unfinished = file.with_extension("toml.unfinished");
        write(&unfinished, &HostConfig::template_with_master_key())?;
        let key = admin_key(&unfinished).await?;
        std::fs::rename(&unfinished, &file).with_context(|| format!("write {}", file.display()))?;
        screen.value(&serde_json::json!({ "config": file, "master_key": master, "key": key }));
        screen.line(&format!("Wrote {}, plugins/ and connections/erp.toml.example.", file.display()));
        screen.line(&format!(
            "Records are sealed with {}. Keep a copy of it: without it nobody can read them, nor a backup of them.",
            master.display()
        ));
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

async fn admin_key(config: &Path) -> anyhow::Result<String> {
    let records = Records::open(&HostConfig::read(config)?, OpenOptions::default()).await?;
    let keys = Keys::open(Arc::clone(&records.store), Clock::system())?;
    let new = NewKey { name: "first admin key".to_owned(), scopes: vec![Scope::Admin], connections: None };
    let (text, _) = keys.create(new).await?;
    records.close().await;
    Ok(text.expose().to_owned())
}
