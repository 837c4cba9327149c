//! The connectors that serve, by name. A version is replaced in one step; calls in flight end on the old one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;
use thiserror::Error;

use super::loaded::{LoadError, Loaded, Sandbox};

/// Why a folder or a file could not be taken in.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// The plugins folder cannot be read.
    #[error("read the plugins folder {path}: {problem}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        problem: String,
    },
    /// A component does not load; what served before goes on.
    #[error("{}: {error}", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// Why.
        error: LoadError,
    },
}

/// One installed connector.
#[derive(Clone)]
struct Installed {
    path: PathBuf,
    stamp: Stamp,
    loaded: Arc<Loaded>,
}

/// What tells that a file has changed, without reading it.
type Stamp = (u64, Option<std::time::SystemTime>);

/// The connectors that serve.
#[derive(Clone)]
pub struct Registry {
    sandbox: Sandbox,
    folder: PathBuf,
    installed: Arc<RwLock<BTreeMap<String, Installed>>>,
    refused: Arc<RwLock<BTreeMap<PathBuf, (Stamp, String)>>>,
}

impl Registry {
    /// A registry of the components in `folder`; [`Registry::scan`] reads it.
    #[must_use]
    pub fn new(sandbox: Sandbox, folder: &Path) -> Self {
        Self { sandbox, folder: folder.to_owned(), installed: Arc::default(), refused: Arc::default() }
    }

    /// The connector with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Arc<Loaded>> {
        self.installed.read().get(name).map(|installed| Arc::clone(&installed.loaded))
    }

    /// All connectors, by name.
    #[must_use]
    pub fn list(&self) -> Vec<(PathBuf, Arc<Loaded>)> {
        self.installed.read().values().map(|i| (i.path.clone(), Arc::clone(&i.loaded))).collect()
    }

    /// Files of the folder that do not serve, with the reason.
    #[must_use]
    pub fn refused(&self) -> Vec<(PathBuf, String)> {
        self.refused.read().iter().map(|(path, (_, why))| (path.clone(), why.clone())).collect()
    }

    /// Takes in every new or changed file. A file that does not load changes nothing but is remembered and told once;
    /// a connector whose file is gone goes on serving until the host is started anew.
    ///
    /// # Errors
    /// When the folder itself cannot be read.
    pub async fn scan(&self) -> Result<Vec<String>, RegistryError> {
        let mut changed = Vec::new();
        for path in self.files()? {
            let stamp = stamp(&path);
            let known = self.installed.read().values().any(|i| i.path == path && i.stamp == stamp);
            let refused = self.refused.read().get(&path).is_some_and(|(s, _)| *s == stamp);
            if known || refused {
                continue;
            }
            match self.take(&path, stamp).await {
                Ok(name) => changed.push(name),
                Err(error) => {
                    tracing::error!(file = %path.display(), "failed to {error}");
                    self.refused.write().insert(path, (stamp, error.to_string()));
                }
            }
        }
        Ok(changed)
    }

    async fn take(&self, path: &Path, stamp: Stamp) -> Result<String, LoadError> {
        let loaded = Arc::new(self.sandbox.load(path).await?);
        let name = loaded.description.name.clone();
        if let Some(other) = self.installed.read().get(&name).filter(|other| other.path != path) {
            return Err(LoadError::Contract(format!(
                "{} already has a connector `{name}`; remove one of the two files",
                other.path.display()
            )));
        }
        tracing::info!(
            connector = name,
            version = loaded.description.version,
            digest = loaded.digest,
            "connector serves"
        );
        let installed = Installed { path: path.to_owned(), stamp, loaded };
        self.installed.write().insert(name.clone(), installed);
        self.refused.write().remove(path);
        Ok(name)
    }

    fn files(&self) -> Result<Vec<PathBuf>, RegistryError> {
        let failed = |e: std::io::Error| RegistryError::Folder { path: self.folder.clone(), problem: e.to_string() };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "wasm") {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }
}

fn stamp(path: &Path) -> Stamp {
    std::fs::metadata(path).map_or((0, None), |data| (data.len(), data.modified().ok()))
}
