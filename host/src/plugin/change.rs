//! Changes that a person asks for: a component that comes over the API, another version, the way back.

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use super::file::{self, File, FileError};
use super::loaded::{LoadError, Loaded};
use super::record::{Record, Verdict, Version};
use super::registry::{Registry, RegistryError, stamp, waiting_text};
use crate::seam;
use crate::store::StoreError;

/// Why a change was not made. What served before goes on.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// There is no such connector.
    #[error("find connector `{name}`: it is not installed{known}")]
    Unknown {
        /// The name.
        name: String,
        /// The names that exist, as a clause.
        known: String,
    },
    /// No kept version has this digest.
    #[error("find a version of `{name}`: {problem}")]
    NoVersion {
        /// The connector.
        name: String,
        /// What to write instead.
        problem: String,
    },
    /// Nothing served before.
    #[error("go back: no version of `{0}` that served before is kept")]
    NothingBefore(String),
    /// The version asks for more, and nobody has accepted that.
    #[error("let it serve unasked: {0}")]
    AsksForMore(String),
    /// The component does not load.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// What was decided could not be written down.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FileError> for ChangeError {
    fn from(error: FileError) -> Self {
        Self::Load(error.into())
    }
}

impl From<RegistryError> for ChangeError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Load(error) => Self::Load(error),
            RegistryError::Store(error) => Self::Store(error),
            RegistryError::Folder { path, problem } => FileError::Unreadable { path, problem }.into(),
        }
    }
}

/// What a change came to.
pub struct Changed {
    /// The connector.
    pub name: String,
    /// The version that serves now.
    pub active: Version,
    /// Why the version that came waits, when it does.
    pub waiting: Option<String>,
}

impl Registry {
    /// Takes in a component that was sent: checked, compiled and asked who it is before anything is written, then moved
    /// into the folder and served as if a person had put it there.
    ///
    /// # Errors
    /// What is wrong with the component; what served before goes on.
    pub async fn install(&self, bytes: Vec<u8>, signature: Option<String>) -> Result<Changed, ChangeError> {
        let hashed = seam::spawn_blocking(move || File::of(bytes, signature)).await;
        let file = Arc::new(hashed.map_err(|e| LoadError::Compile(e.to_string()))??);
        let state = self.trust(&file)?;
        let loaded = Arc::new(self.0.sandbox.load_file(&file).await?);
        let name = loaded.description.name.clone();
        let _turn = self.0.turn.lock().await;
        let path = self.path_for(&name)?;
        let (to, put) = (path.clone(), Arc::clone(&file));
        let placed = seam::spawn_blocking(move || place(&to, &put)).await;
        placed.map_err(|e| LoadError::Compile(e.to_string()))??;
        // Moved first, then written down: after a crash in between, the next start takes the file in as a new one.
        let verdict = self.accept(file, state, loaded).await?;
        self.0.files.write().insert(path.clone(), (stamp(&path), Ok(name.clone())));
        let waiting = match verdict {
            Verdict::Serves => None,
            Verdict::Waits(_) => self.waiting(&name),
        };
        self.changed(name, waiting)
    }

    /// Lets a kept version serve: the one with this digest, or the last that came.
    ///
    /// # Errors
    /// [`ChangeError::AsksForMore`] when it asks for more than the version that serves and `accept` is not set.
    pub async fn activate(&self, name: &str, digest: Option<&str>, accept: bool) -> Result<Changed, ChangeError> {
        let _turn = self.0.turn.lock().await;
        let mut record = self.known(name)?;
        let found = record.find(digest.unwrap_or(&record.seen));
        let version = found.map_err(|problem| ChangeError::NoVersion { name: name.to_owned(), problem })?.clone();
        let wants = record.wants(&version);
        if !wants.is_empty() && !accept {
            return Err(ChangeError::AsksForMore(waiting_text(name, &version, &wants)));
        }
        let loaded = self.trusted(name, &version).await?;
        record.activate(&version.digest, self.0.place.clock.now());
        self.write(name, record).await?;
        self.serve(name, loaded);
        self.changed(name.to_owned(), self.waiting(name))
    }

    /// Loads a kept version without letting it serve: the one with this digest, or the last that came.
    ///
    /// # Errors
    /// [`ChangeError`] when there is none, or it does not load.
    pub async fn kept_version(&self, name: &str, digest: Option<&str>) -> Result<Arc<Loaded>, ChangeError> {
        let record = self.known(name)?;
        let found = record.find(digest.unwrap_or(&record.seen));
        let version = found.map_err(|problem| ChangeError::NoVersion { name: name.to_owned(), problem })?.clone();
        self.trusted(name, &version).await
    }

    /// Goes back to the version that served before. It stays although the folder has a newer file, until another one
    /// comes or somebody activates a version by name.
    ///
    /// # Errors
    /// [`ChangeError::NothingBefore`].
    pub async fn roll_back(&self, name: &str) -> Result<Changed, ChangeError> {
        let _turn = self.0.turn.lock().await;
        let mut record = self.known(name)?;
        let version = record.roll_back(self.0.place.clock.now());
        let version = version.ok_or_else(|| ChangeError::NothingBefore(name.to_owned()))?;
        let loaded = self.trusted(name, &version).await?;
        self.write(name, record).await?;
        self.serve(name, loaded);
        self.changed(name.to_owned(), self.waiting(name))
    }

    /// Why the last version of a connector that came waits, when it does.
    #[must_use]
    pub fn waiting(&self, name: &str) -> Option<String> {
        let record = self.record(name)?;
        record.waiting().map(|(version, wants)| waiting_text(name, version, &wants))
    }

    async fn trusted(&self, name: &str, version: &Version) -> Result<Arc<Loaded>, ChangeError> {
        self.0.place.trust.still(&version.signature).map_err(LoadError::from)?;
        match self.get(name).filter(|loaded| loaded.digest == version.digest) {
            Some(loaded) => Ok(loaded),
            None => Ok(self.load_kept(&version.digest).await?),
        }
    }

    fn known(&self, name: &str) -> Result<Record, ChangeError> {
        self.record(name).ok_or_else(|| {
            let known: Vec<String> = self.list().into_iter().map(|one| one.loaded.description.name.clone()).collect();
            let known = if known.is_empty() { String::new() } else { format!("; there are: {}", known.join(", ")) };
            ChangeError::Unknown { name: name.to_owned(), known }
        })
    }

    fn changed(&self, name: String, waiting: Option<String>) -> Result<Changed, ChangeError> {
        let record = self.known(&name)?;
        match record.version(&record.active) {
            Some(active) => Ok(Changed { name, active: active.clone(), waiting }),
            None => Err(ChangeError::NothingBefore(name)),
        }
    }

    /// Where a connector's file goes: where it is, else under its name.
    fn path_for(&self, name: &str) -> Result<PathBuf, ChangeError> {
        if let Some(path) = self.file_of(name) {
            return Ok(path);
        }
        let path = self.0.place.folder.join(format!("{name}.wasm"));
        match self.0.files.read().get(&path).and_then(|(_, seen)| seen.as_ref().ok()) {
            Some(other) => Err(LoadError::Contract(format!(
                "{} has the connector `{other}`; rename that file first",
                path.display()
            ))
            .into()),
            None => Ok(path),
        }
    }
}

/// Puts a component and its signature into the folder. The signature goes first: nobody looks at it alone, and no look
/// happens before both are there.
fn place(path: &std::path::Path, file: &File) -> Result<(), FileError> {
    let beside = file::signature_of(path);
    match &file.signature {
        Some(text) => file::place(&beside, text.as_bytes())?,
        // A signature of the file before would belong to other bytes.
        None if beside.exists() => std::fs::remove_file(&beside)
            .map_err(|e| FileError::Unwritable { path: beside.clone(), problem: e.to_string() })?,
        None => {}
    }
    file::place(path, &file.bytes)
}
