//! The connectors that serve, by name. A version is replaced in one step; calls in flight end on the old one.
//!
//! The folder is looked through twice a second rather than watched by the operating system: a look costs one listing
//! and one `stat` a file, and it also sees what change notices do not, on network file systems and on folders that are
//! mounted into a container. A file that is still being copied is refused and taken in once it has changed again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;
use thiserror::Error;
use tokio::sync::Mutex;

use super::file::{self, File};
use super::kept::Kept;
use super::loaded::{LoadError, Loaded, Sandbox};
use super::record::{Asks, Record, Verdict, Version, short};
use super::signature::{Signature, Trust};
use crate::limits;
use crate::seam::{self, Clock};
use crate::store::{Batch, Store, StoreError};

/// Prefix of connector records in the store.
const RECORDS: &[u8] = b"plugin/";

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
    #[error(transparent)]
    Load(#[from] LoadError),
    /// What was decided could not be written down, so nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where a registry finds connectors and keeps what it knows of them.
pub struct Place {
    /// The folder that people put components into.
    pub folder: PathBuf,
    /// The folder of accepted components.
    pub kept: PathBuf,
    /// Whom the operator trusts.
    pub trust: Trust,
    /// Where decisions are written down. Without it every file of the folder serves as it is and nothing is kept:
    /// that is for a look at the folder while a host may be using it.
    pub store: Option<Arc<dyn Store>>,
    /// The time.
    pub clock: Clock,
}

/// A connector that serves.
#[derive(Clone)]
pub struct Installed {
    /// Its file in the folder, while it is there.
    pub file: Option<PathBuf>,
    /// The version that serves.
    pub loaded: Arc<Loaded>,
    /// What is remembered of it.
    pub record: Record,
}

/// What tells that a file or its signature has changed, without reading it.
type Stamp = [(u64, Option<std::time::SystemTime>); 2];

/// What became of a file: the connector in it, or why it does not serve.
pub(super) type Seen = (Stamp, Result<String, String>);

/// The connectors that serve. Cheap to clone.
#[derive(Clone)]
pub struct Registry(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) sandbox: Sandbox,
    pub(super) place: Place,
    pub(super) kept: Kept,
    serving: RwLock<BTreeMap<String, Arc<Loaded>>>,
    /// Versions that connections hold on to, by digest.
    held: RwLock<BTreeMap<String, Arc<Loaded>>>,
    records: RwLock<BTreeMap<String, Record>>,
    pub(super) files: RwLock<BTreeMap<PathBuf, Seen>>,
    /// One change at a time: each reads what is, decides, writes down and swaps.
    pub(super) turn: Mutex<()>,
}

impl Registry {
    /// A registry over this place; [`Registry::scan`] reads its folder.
    ///
    /// # Errors
    /// When what was written down cannot be read.
    pub fn open(sandbox: Sandbox, place: Place) -> Result<Self, StoreError> {
        let mut records = BTreeMap::new();
        let entries = place.store.as_ref().map(|store| store.scan(RECORDS, None, limits::CONNECTORS_MAX));
        for entry in entries.transpose()?.into_iter().flatten() {
            let name = String::from_utf8_lossy(entry.key.get(RECORDS.len()..).unwrap_or_default()).into_owned();
            let record: Record = serde_json::from_slice(&entry.value).map_err(|e| StoreError::Damaged {
                place: entry.key.escape_ascii().to_string(),
                problem: format!("its record cannot be read: {e}"),
                way_out: "move the folder aside and restore a backup".to_owned(),
            })?;
            records.insert(name, record);
        }
        let kept = Kept::new(&place.kept);
        Ok(Self(Arc::new(Inner {
            sandbox,
            place,
            kept,
            serving: RwLock::default(),
            held: RwLock::default(),
            records: RwLock::new(records),
            files: RwLock::default(),
            turn: Mutex::default(),
        })))
    }

    /// The connector with this name, in the version that serves.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Arc<Loaded>> {
        self.0.serving.read().get(name).cloned()
    }

    /// All connectors that serve, by name.
    #[must_use]
    pub fn list(&self) -> Vec<Installed> {
        let serving: Vec<(String, Arc<Loaded>)> =
            self.0.serving.read().iter().map(|(name, loaded)| (name.clone(), Arc::clone(loaded))).collect();
        let found = serving.into_iter().map(|(name, loaded)| Installed {
            file: self.file_of(&name),
            record: self.record(&name).unwrap_or_default(),
            loaded,
        });
        found.collect()
    }

    /// Files of the folder that do not serve, with the reason.
    #[must_use]
    pub fn refused(&self) -> Vec<(PathBuf, String)> {
        let files = self.0.files.read();
        files.iter().filter_map(|(path, (_, seen))| Some((path.clone(), seen.as_ref().err()?.clone()))).collect()
    }

    /// The version that a connection holds on to.
    ///
    /// # Errors
    /// What to write instead.
    pub fn pinned(&self, name: &str, version: &str) -> Result<Arc<Loaded>, String> {
        let digest = match self.record(name) {
            Some(record) => record.find(version).map(|found| found.digest.clone()),
            None => Err(format!("no version of `{name}` is kept")),
        };
        let held = self.0.held.read();
        match digest {
            Ok(digest) => {
                held.get(&digest).cloned().ok_or_else(|| format!("the kept version `{version}` does not load"))
            }
            // Without a store there is no record, and what is held was found by its name.
            Err(problem) => {
                let prefix = version.strip_prefix("sha256:").unwrap_or(version);
                let mut found = held.iter().filter(|(digest, _)| digest.starts_with(prefix)).map(|(_, loaded)| loaded);
                found
                    .next()
                    .filter(|loaded| self.0.place.store.is_none() && loaded.description.name == name)
                    .cloned()
                    .ok_or(problem)
            }
        }
    }

    /// Loads the versions that connections hold on to, and lets go of the others. One that does not load is told by
    /// [`Registry::pinned`].
    pub async fn hold(&self, pins: impl IntoIterator<Item = (String, String)>) {
        let mut wanted = BTreeSet::new();
        for (name, version) in pins {
            let found = self.record(&name).and_then(|r| r.find(&version).ok().map(|v| v.digest.clone()));
            let prefix = version.strip_prefix("sha256:").unwrap_or(&version);
            let found = found.or_else(|| self.0.place.store.is_none().then(|| self.0.kept.find(prefix)).flatten());
            let Some(digest) = found else { continue };
            let serves = self.get(&name).filter(|loaded| loaded.digest == digest);
            wanted.insert(digest.clone());
            if self.0.held.read().contains_key(&digest) {
                continue;
            }
            let loaded = match serves {
                Some(loaded) => Ok(loaded),
                None => self.load_kept(&digest).await,
            };
            match loaded {
                Ok(loaded) => _ = self.0.held.write().insert(digest, loaded),
                Err(error) => tracing::error!(connector = name, digest, "failed to {error}"),
            }
        }
        self.0.held.write().retain(|digest, _| wanted.contains(digest));
    }

    /// Takes in every new or changed file. A file that does not load changes nothing but is remembered and told once;
    /// a connector whose file is gone goes on serving until the host is started anew.
    ///
    /// # Errors
    /// When the folder itself cannot be read.
    pub async fn scan(&self) -> Result<(), RegistryError> {
        let _turn = self.0.turn.lock().await;
        let files = self.files()?;
        self.0.files.write().retain(|path, _| files.contains(path));
        for path in files {
            let stamp = stamp(&path);
            if self.0.files.read().get(&path).is_some_and(|(known, _)| *known == stamp) {
                continue;
            }
            let seen = match self.take(&path).await {
                Ok(name) => Ok(name),
                Err(error) => {
                    tracing::error!(file = %path.display(), "failed to {error}");
                    Err(error.to_string())
                }
            };
            self.0.files.write().insert(path, (stamp, seen));
        }
        Ok(())
    }

    async fn take(&self, path: &Path) -> Result<String, RegistryError> {
        let from = path.to_owned();
        let read = seam::spawn_blocking(move || file::read(&from)).await;
        let file = Arc::new(read.map_err(|e| LoadError::Compile(e.to_string()))?.map_err(LoadError::from)?);
        let signature = self.trust(&file)?;
        // A file that was decided about before keeps its decision: after a way back, and over a restart.
        let decided = self.0.records.read().iter().find(|(_, r)| r.seen == file.digest).map(|(name, _)| name.clone());
        if let Some(name) = decided {
            self.only(&name, path)?;
            if self.get(&name).is_some() {
                return Ok(name);
            }
            match self.resume(&name).await {
                Ok(()) => return Ok(name),
                Err(error) => tracing::error!(connector = name, "failed to {error}; its file is loaded instead"),
            }
        }
        let loaded = Arc::new(self.0.sandbox.load_file(&file).await?);
        let name = loaded.description.name.clone();
        self.only(&name, path)?;
        self.accept(file, signature, loaded).await?;
        Ok(name)
    }

    pub(super) fn trust(&self, file: &File) -> Result<Signature, LoadError> {
        Ok(self.0.place.trust.check(&file.bytes, file.signature.as_deref())?)
    }

    /// Makes sure that no other file of the folder has this connector.
    pub(super) fn only(&self, name: &str, path: &Path) -> Result<(), LoadError> {
        match self.file_of(name).filter(|other| other != path && other.exists()) {
            Some(other) => Err(LoadError::Contract(format!(
                "{} already has a connector `{name}`; remove one of the two files",
                other.display()
            ))),
            None => Ok(()),
        }
    }

    /// Serves the version that served before the host was stopped.
    async fn resume(&self, name: &str) -> Result<(), RegistryError> {
        let Some(record) = self.record(name) else { return Ok(()) };
        if let Some(active) = record.version(&record.active) {
            self.0.place.trust.still(&active.signature).map_err(LoadError::from)?;
        }
        let loaded = self.load_kept(&record.active).await?;
        self.serve(name, loaded);
        self.warn_waiting(name, &record);
        Ok(())
    }

    /// Keeps a version, writes down what becomes of it, and lets it serve unless it asks for more than the one before.
    pub(super) async fn accept(
        &self,
        file: Arc<File>,
        signature: Signature,
        loaded: Arc<Loaded>,
    ) -> Result<Verdict, RegistryError> {
        let name = loaded.description.name.clone();
        let mut record = self.record(&name).unwrap_or_default();
        let now = self.0.place.clock.now();
        let version = Version {
            digest: loaded.digest.clone(),
            version: loaded.description.version.clone(),
            bytes: loaded.bytes,
            signature,
            asks: Asks::of(&loaded.description),
            came: now,
        };
        let verdict = record.take_in(version, now);
        if self.0.place.store.is_some() {
            let kept = self.0.kept.clone();
            let put = seam::spawn_blocking(move || kept.put(&file)).await;
            put.map_err(|e| LoadError::Compile(e.to_string()))?.map_err(LoadError::from)?;
        }
        self.write(&name, record).await?;
        match &verdict {
            Verdict::Serves => self.serve(&name, loaded),
            Verdict::Waits(_) if self.get(&name).is_none() => self.resume(&name).await?,
            Verdict::Waits(_) => self.record(&name).iter().for_each(|record| self.warn_waiting(&name, record)),
        }
        Ok(verdict)
    }

    fn warn_waiting(&self, name: &str, record: &Record) {
        if let Some((version, wants)) = record.waiting() {
            tracing::warn!(
                connector = name,
                version = version.version,
                digest = version.digest,
                "{}",
                waiting_text(name, version, &wants)
            );
        }
    }

    /// Swaps the version that serves, in one step.
    pub(super) fn serve(&self, name: &str, loaded: Arc<Loaded>) {
        let (version, digest) = (&loaded.description.version, &loaded.digest);
        let load_ms = loaded.load_time.as_millis();
        tracing::info!(connector = name, version, digest, load_ms, "connector serves");
        self.0.serving.write().insert(name.to_owned(), loaded);
    }

    /// Loads a version that is kept. Its machine code comes from the cache when this host compiled it before.
    pub(super) async fn load_kept(&self, digest: &str) -> Result<Arc<Loaded>, LoadError> {
        let (kept, wanted) = (self.0.kept.clone(), digest.to_owned());
        let read = seam::spawn_blocking(move || kept.read(&wanted)).await;
        let file = Arc::new(read.map_err(|e| LoadError::Compile(e.to_string()))??);
        Ok(Arc::new(self.0.sandbox.load_file(&file).await?))
    }

    /// Writes a record down, and lets go of versions beyond the bound once it stands.
    pub(super) async fn write(&self, name: &str, mut record: Record) -> Result<(), StoreError> {
        let held = self.0.held.read().keys().cloned().collect();
        let gone = record.prune(&held);
        if let Some(store) = &self.0.place.store {
            let bytes = serde_json::to_vec(&record)
                .map_err(|e| StoreError::Failed(format!("a connector's record cannot be written: {e}")))?;
            store.commit(Batch::new().put([RECORDS, name.as_bytes()].concat(), bytes)).await?;
            gone.iter().for_each(|digest| self.0.kept.remove(digest));
        }
        self.0.records.write().insert(name.to_owned(), record);
        Ok(())
    }

    pub(super) fn record(&self, name: &str) -> Option<Record> {
        self.0.records.read().get(name).cloned()
    }

    pub(super) fn file_of(&self, name: &str) -> Option<PathBuf> {
        let files = self.0.files.read();
        files.iter().find(|(_, (_, seen))| seen.as_ref().is_ok_and(|n| n == name)).map(|(path, _)| path.clone())
    }

    fn files(&self) -> Result<Vec<PathBuf>, RegistryError> {
        let folder = &self.0.place.folder;
        let failed = |e: std::io::Error| RegistryError::Folder { path: folder.clone(), problem: e.to_string() };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "wasm") {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }
}

/// What an operator reads about a version that waits.
pub(super) fn waiting_text(name: &str, version: &Version, wants: &[String]) -> String {
    let (digest, wants) = (short(&version.digest), wants.join(", "));
    format!(
        "version {} ({digest}) of `{name}` asks for more than the version that serves: {wants}. It waits; let it serve \
         with `apiconnect plugin activate {name} --digest {digest} --accept`",
        version.version
    )
}

pub(super) fn stamp(path: &Path) -> Stamp {
    let of = |path: &Path| std::fs::metadata(path).map_or((0, None), |data| (data.len(), data.modified().ok()));
    [of(path), of(&file::signature_of(path))]
}
