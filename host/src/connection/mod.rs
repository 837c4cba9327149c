//! Connections: one configured instance of a connector each, read from the connections folder.

mod check;
mod fit;

pub use check::{CheckStep, Checked};
pub use fit::{check_secrets, check_settings, session};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use thiserror::Error;
use tokio::sync::Semaphore;

use crate::config::{ConfigError, ConnectionFile, Delivery, Parallel, RecordedCalls, Recording, read_folder};
use crate::egress::{Egress, EgressError, Outlet, OutletSettings};
use crate::limits;
use crate::plugin::recording::{Calls, Recordings, Rule};
use crate::plugin::{Link, Loaded, Registry};
use crate::seam::{self, Clock};
use crate::secret::{Vault, VaultError};

/// Why a connection cannot be used.
#[derive(Clone, Debug, Error)]
pub enum ConnectionError {
    /// There is no such connection.
    #[error("find connection `{name}`: there is no file {name}.toml in the connections folder{known}")]
    Unknown {
        /// The name.
        name: String,
        /// The names that exist, as a clause.
        known: String,
    },
    /// The connection's file is there but cannot be used.
    #[error("use connection `{name}`: {problem}")]
    Broken {
        /// The name.
        name: String,
        /// What to fix.
        problem: String,
    },
    /// The connector that the connection names is not installed.
    #[error(
        "use connection `{name}`: the connector `{connector}` is not installed; put its .wasm file into the plugins folder"
    )]
    NoConnector {
        /// The connection.
        name: String,
        /// The connector.
        connector: String,
    },
}

/// Why a connection file does not become a connection.
#[derive(Debug, Error)]
enum OpenError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Egress(#[from] EgressError),
    #[error("{0}")]
    Settings(String),
}

/// One connection, ready to be used. A changed file makes a new one; calls in flight end on the old one.
pub struct Connection {
    /// Its name: the file's name without `.toml`.
    pub name: String,
    /// The connector's name.
    pub connector: String,
    /// Calls on their way at a time by lane, where the file says so.
    pub parallel: Parallel,
    /// How patiently its documents are carried, where the file says so.
    pub delivery: Delivery,
    /// Room for live questions.
    pub live: Arc<Semaphore>,
    /// Time of a live call, where the file says so.
    pub timeout: Option<Duration>,
    /// The way out.
    pub outlet: Arc<Outlet>,
    /// What its sandboxes get.
    pub link: Arc<Link>,
    /// The version of the connector that its file holds on to, where it does.
    pinned: Option<Arc<Loaded>>,
    /// What it was made of, to see a change.
    made_of: MadeOf,
}

#[derive(Clone, PartialEq)]
struct MadeOf {
    file: String,
    digest: String,
}

/// All connections. Cheap to clone.
#[derive(Clone)]
pub struct Connections(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    registry: Registry,
    egress: Egress,
    clock: Clock,
    recordings: Recordings,
    open: RwLock<BTreeMap<String, Arc<Connection>>>,
    broken: RwLock<BTreeMap<String, ConnectionError>>,
}

impl Connections {
    /// The connections of a folder; [`Connections::scan`] reads it.
    #[must_use]
    pub fn new(folder: &Path, registry: Registry, egress: Egress, recordings: Recordings, clock: Clock) -> Self {
        let (folder, open, broken) = (folder.to_owned(), RwLock::default(), RwLock::default());
        Self(Arc::new(Inner { folder, registry, egress, clock, recordings, open, broken }))
    }

    /// The connection with this name.
    ///
    /// # Errors
    /// That there is none, or what is wrong with its file.
    pub fn get(&self, name: &str) -> Result<Arc<Connection>, ConnectionError> {
        if let Some(connection) = self.0.open.read().get(name) {
            return Ok(Arc::clone(connection));
        }
        if let Some(error) = self.0.broken.read().get(name) {
            return Err(error.clone());
        }
        let known: Vec<String> = self.0.open.read().keys().cloned().collect();
        let known = if known.is_empty() { String::new() } else { format!("; there are: {}", known.join(", ")) };
        Err(ConnectionError::Unknown { name: name.to_owned(), known })
    }

    /// The connector of a connection, in the version that its file holds on to, else in the one that serves now.
    ///
    /// # Errors
    /// That it is not installed.
    pub fn connector_of(&self, connection: &Connection) -> Result<Arc<Loaded>, ConnectionError> {
        let pinned = connection.pinned.clone();
        pinned.or_else(|| self.0.registry.get(&connection.connector)).ok_or_else(|| ConnectionError::NoConnector {
            name: connection.name.clone(),
            connector: connection.connector.clone(),
        })
    }

    /// All connections that can be used.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<Connection>> {
        self.0.open.read().values().cloned().collect()
    }

    /// All connections that cannot be used, with the reason.
    #[must_use]
    pub fn broken(&self) -> Vec<(String, ConnectionError)> {
        self.0.broken.read().iter().map(|(name, error)| (name.clone(), error.clone())).collect()
    }

    /// Recorded calls.
    #[must_use]
    pub fn recordings(&self) -> &Recordings {
        &self.0.recordings
    }

    /// The installed connectors.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// Reads the folder. A new or changed file, or a new version of its connector, opens the connection anew; a file
    /// that cannot be used leaves the running connection as it is and is reported.
    pub async fn scan(&self) -> Vec<Arc<Connection>> {
        let folder = self.0.folder.clone();
        let Ok(files) = seam::spawn_blocking(move || read_folder(&folder)).await else { return Vec::new() };
        let read = files.iter().filter_map(|(_, file)| file.as_ref().ok());
        let pins: Vec<_> = read.filter_map(|file| Some((file.connector.clone(), file.version.clone()?))).collect();
        self.0.registry.hold(pins).await;
        let connections = self.clone();
        seam::spawn_blocking(move || connections.take_up(files)).await.unwrap_or_default()
    }

    fn take_up(&self, files: Vec<(String, Result<ConnectionFile, ConfigError>)>) -> Vec<Arc<Connection>> {
        let mut opened = Vec::new();
        let mut broken = BTreeMap::new();
        let names: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
        for (name, file) in files {
            match file.map_err(OpenError::from).and_then(|file| self.open(&name, &file)) {
                Ok(Some(connection)) => opened.push(connection),
                Ok(None) => {}
                Err(error) => {
                    let problem = error.to_string();
                    broken.insert(name.clone(), ConnectionError::Broken { name, problem });
                }
            }
        }
        let mut open = self.0.open.write();
        open.retain(|name, _| names.contains(name));
        for connection in &opened {
            open.insert(connection.name.clone(), Arc::clone(connection));
        }
        drop(open);
        self.report(&broken);
        *self.0.broken.write() = broken;
        opened
    }

    fn report(&self, broken: &BTreeMap<String, ConnectionError>) {
        let known = self.0.broken.read();
        for (name, error) in broken {
            if known.get(name).is_none_or(|before| before.to_string() != error.to_string()) {
                tracing::error!(connection = name, "failed to {error}");
            }
        }
    }

    /// Opens a connection unless it is open as it is.
    fn open(&self, name: &str, file: &ConnectionFile) -> Result<Option<Arc<Connection>>, OpenError> {
        if !file.enabled {
            return Err(OpenError::Settings("it is switched off (enabled = false)".to_owned()));
        }
        let pinned = self.pinned(file)?;
        let loaded = pinned.clone().or_else(|| self.0.registry.get(&file.connector)).ok_or_else(|| {
            OpenError::Settings(format!(
                "the connector `{}` is not installed; put its .wasm file into the plugins folder",
                file.connector
            ))
        })?;
        let made_of = MadeOf { file: format!("{file:?}"), digest: loaded.digest.clone() };
        if self.0.open.read().get(name).is_some_and(|open| open.made_of == made_of) {
            return Ok(None);
        }
        check_settings(&file.settings, &loaded).map_err(OpenError::Settings)?;
        let vault = Vault::read(&file.secrets, &self.0.folder)?;
        check_secrets(&vault, &loaded).map_err(OpenError::Settings)?;
        let outlet = Arc::new(Outlet::open(self.outlet_settings(name, file, &loaded, vault.clone())?, &self.0.egress)?);
        let settings = file.settings.to_string();
        let recorder = self.0.recordings.of(name);
        recorder.set_rule(rule(file.recording));
        let link = Link::new(name, settings, Arc::clone(&outlet) as _, vault, self.0.clock.clone());
        let mut link = link.recorded(recorder);
        link.parallel = file.limits.requests_parallel.unwrap_or(limits::REQUESTS_PARALLEL);
        // Whoever follows its lines goes on doing so over a new version.
        if let Some(open) = self.0.open.read().get(name) {
            link.journal = open.link.journal.clone();
        }
        Ok(Some(Arc::new(Connection {
            name: name.to_owned(),
            connector: file.connector.clone(),
            parallel: file.limits.parallel,
            delivery: file.delivery,
            live: Arc::new(Semaphore::new(file.limits.parallel.live.unwrap_or(limits::LIVE_PARALLEL))),
            timeout: file.limits.timeout_ms.map(Duration::from_millis),
            outlet,
            link: Arc::new(link),
            pinned,
            made_of,
        })))
    }

    fn pinned(&self, file: &ConnectionFile) -> Result<Option<Arc<Loaded>>, OpenError> {
        let Some(version) = &file.version else { return Ok(None) };
        let found = self.0.registry.pinned(&file.connector, version);
        found.map(Some).map_err(|problem| OpenError::Settings(format!("version = \"{version}\": {problem}")))
    }

    fn outlet_settings(
        &self,
        name: &str,
        file: &ConnectionFile,
        loaded: &Loaded,
        vault: Vault,
    ) -> Result<OutletSettings, OpenError> {
        let base_url = url::Url::parse(&file.base_url)
            .map_err(|e| OpenError::Settings(format!("base_url `{}` is no URL: {e}", file.base_url)))?;
        let extra_ca_pem = file.ca_file.as_ref().map(|path| {
            let path = self.0.folder.join(path);
            std::fs::read_to_string(&path).map_err(|e| OpenError::Settings(format!("ca_file {}: {e}", path.display())))
        });
        let mut settings = OutletSettings::new(name, base_url);
        settings.grants = file.grants.hosts.clone();
        settings.private_network = file.grants.private_network;
        settings.credentials_for = file.grants.credentials_for.clone();
        settings.extra_ca_pem = extra_ca_pem.transpose()?;
        settings.auth = file.auth.clone();
        settings.vault = vault;
        settings.settings = file.settings.clone();
        settings.session = loaded.description.session.as_ref().map(session);
        settings.rate = file.limits.rate;
        settings.sockets_max = file.limits.sockets.unwrap_or(limits::SOCKETS_PER_CONNECTION_MAX);
        Ok(settings)
    }
}

/// What a connection's file says about recordings.
fn rule(file: Recording) -> Rule {
    let calls = match file.calls {
        RecordedCalls::Off => Calls::Off,
        RecordedCalls::Errors => Calls::Errors,
        RecordedCalls::All => Calls::All,
    };
    let age = file.keep_hours.map_or(limits::RECORDING_AGE, |hours| Duration::from_secs(u64::from(hours) * 3_600));
    Rule { calls, keep: file.keep.unwrap_or(limits::RECORDINGS_KEPT), age }
}
