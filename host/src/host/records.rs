//! The records of a host: its store opened, with the seal before it.

use std::path::PathBuf;
use std::sync::Arc;

use super::HostError;
use crate::config::HostConfig;
use crate::seam;
use crate::secret::MasterKey;
use crate::store::{MasterKeys, OpenOptions, Progress, SealedStore, SledStore, Store, StoreError};

/// Where the records of a host are: a folder in its data folder.
#[must_use]
pub fn records_folder(config: &HostConfig) -> PathBuf {
    config.data.join("store")
}

/// The master keys that the configuration names.
///
/// # Errors
/// [`HostError::Secret`] names the one that cannot be read.
pub fn master_keys(config: &HostConfig) -> Result<MasterKeys, HostError> {
    let read = |slot, source: &Option<_>| -> Result<Option<MasterKey>, HostError> {
        // The configuration has made the path of a file absolute.
        Ok(source.as_ref().map(|source| MasterKey::read(slot, source, std::path::Path::new(""))).transpose()?)
    };
    Ok(MasterKeys {
        current: read("master_key", &config.store.master_key)?,
        previous: read("previous_key", &config.store.previous_key)?,
    })
}

/// An opened store.
pub struct Records {
    /// The folder itself, whose values are sealed: for backups and figures.
    pub folder: Arc<SledStore>,
    /// What everybody else uses.
    pub store: Arc<dyn Store>,
}

impl Records {
    /// Opens the store of a host and unseals it.
    ///
    /// # Errors
    /// [`HostError`] when it is damaged or in use, or a master key is missing or wrong.
    pub async fn open(config: &HostConfig, options: OpenOptions) -> Result<Self, HostError> {
        let keys = master_keys(config)?;
        let folder = open_folder(config, options, |_| {}).await?;
        let store = SealedStore::open(Arc::clone(&folder) as _, &keys).await?;
        Ok(Self { folder, store })
    }

    /// Ends what is under way and closes the folder.
    pub async fn close(self) {
        let _ = seam::spawn_blocking(move || self.folder.close()).await;
    }
}

/// Opens the folder of a host's records without unsealing it, off the runtime; `progress` hears how far it is.
///
/// # Errors
/// When it is damaged or in use.
pub async fn open_folder(
    config: &HostConfig,
    options: OpenOptions,
    mut progress: impl FnMut(Progress) + Send + 'static,
) -> Result<Arc<SledStore>, HostError> {
    let folder = records_folder(config);
    let opened = seam::spawn_blocking(move || SledStore::open_watched(&folder, options, &mut progress)).await;
    Ok(Arc::new(opened.map_err(|e| StoreError::Failed(e.to_string()))??))
}
