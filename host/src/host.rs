//! A host: its parts put together, started, and stopped without losing anything.

mod records;

pub use records::{Records, master_keys, open_folder, records_folder};

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::access::Keys;
use crate::api::{self, Api, Parts};
use crate::config::HostConfig;
use crate::connection::{Connection, Connections};
use crate::egress::{Egress, EgressError};
use crate::limits;
use crate::plugin::recording::Recordings;
use crate::plugin::{
    self, EngineError, LoadError, Loaded, Place, Registry, RegistryError, Sandbox, SignatureError, Trust,
};
use crate::queue::{ConnectorCarrier, Gathering, Queue, QueueError, Terms};
use crate::seam::{self, Clock};
use crate::secret::VaultError;
use crate::store::{FileSeal, OpenOptions, SledStore, Store, StoreError};
use crate::telemetry::metric;

/// Why a host does not start, or had to stop.
#[derive(Debug, Error)]
pub enum HostError {
    /// A folder cannot be made.
    #[error("make the folder {path}: {problem}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        problem: String,
    },
    /// The address cannot be listened on.
    #[error("listen on {address}: {problem}; change `listen` in the configuration")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        problem: String,
    },
    /// The sandbox.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The sandbox's link to the contract.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A key that may sign connectors.
    #[error(transparent)]
    Trust(#[from] SignatureError),
    /// The plugins folder.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The way out.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// A master key.
    #[error(transparent)]
    Secret(#[from] VaultError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// Metrics.
    #[error("collect metrics: {0}")]
    Metrics(String),
}

/// The systems a configuration names: connectors loaded, connections open. Without a `store` nothing is written and
/// every connector serves as its file is, which is what `check` needs beside a host that runs.
///
/// # Errors
/// When the sandbox cannot be set up or the plugins folder cannot be read. A connector or connection that does not
/// load is no error; it is listed as refused or broken.
pub async fn systems(
    config: &HostConfig,
    store: Option<Arc<dyn Store>>,
    clock: Clock,
) -> Result<Connections, HostError> {
    // A look beside a host that runs records nothing.
    let recordings = match &store {
        Some(store) => {
            let (folder, seal) = place_of_recordings(config)?;
            Recordings::beside(&folder, seal, Arc::clone(store), clock.clone())
        }
        None => Recordings::off(clock.clone()),
    };
    let registry = connectors(config, store, clock.clone()).await?;
    let egress = Egress::new(clock.clone())?;
    let connections = Connections::new(&config.connections, registry, egress, recordings, clock);
    connections.scan().await;
    Ok(connections)
}

/// The recordings of a host: files below its data folder, which can be read while it runs.
///
/// # Errors
/// [`HostError::Secret`] when a master key cannot be read.
pub fn recordings(config: &HostConfig, clock: Clock) -> Result<Recordings, HostError> {
    let (folder, seal) = place_of_recordings(config)?;
    Ok(Recordings::new(&folder, seal, clock))
}

fn place_of_recordings(config: &HostConfig) -> Result<(PathBuf, FileSeal), HostError> {
    Ok((config.data.join("recordings"), FileSeal::new(&master_keys(config)?)))
}

/// The connectors of a configuration, loaded.
///
/// # Errors
/// See [`systems`].
pub async fn connectors(
    config: &HostConfig,
    store: Option<Arc<dyn Store>>,
    clock: Clock,
) -> Result<Registry, HostError> {
    for folder in [&config.data, &config.plugins, &config.connections] {
        std::fs::create_dir_all(folder)
            .map_err(|e| HostError::Folder { path: folder.clone(), problem: e.to_string() })?;
    }
    // wasmtime wants an absolute folder.
    let cache = std::path::absolute(config.data.join("compiled"))
        .map_err(|e| HostError::Folder { path: config.data.clone(), problem: e.to_string() })?;
    let sandbox = Sandbox::new(plugin::engine(Some(&cache))?)?.compiling_apart(&cache);
    let place = Place {
        folder: config.plugins.clone(),
        kept: config.data.join("plugins"),
        trust: Trust::new(&config.trust.keys, config.trust.require_signed)?,
        store,
        clock,
    };
    let registry = Registry::open(sandbox, place)?;
    registry.scan().await?;
    Ok(registry)
}

/// A running host.
pub struct Host {
    api: Api,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: tokio::task::JoinSet<Result<(), HostError>>,
    store: Arc<SledStore>,
    recordings: Recordings,
}

impl Host {
    /// Starts a host: opens the store, takes up connectors and connections, carries waiting documents, listens.
    ///
    /// # Errors
    /// [`HostError`] says what to do. A connector or connection that does not load does not keep the host from
    /// starting.
    pub async fn start(config: &HostConfig, clock: Clock) -> Result<Self, HostError> {
        metric::install().map_err(|e| HostError::Metrics(e.to_string()))?;
        let Records { folder: store, store: shared } = Records::open(config, OpenOptions::default()).await?;
        let connections = systems(config, Some(Arc::clone(&shared)), clock.clone()).await?;
        let keys = Keys::open(Arc::clone(&shared), clock.clone())?;
        let queue = Queue::open(Arc::clone(&shared), clock.clone()).await?;
        let api = Api::new(Parts {
            keys,
            queue: queue.clone(),
            connections: connections.clone(),
            store: shared,
            records: Arc::clone(&store),
            clock: clock.clone(),
            body_bytes: config.limits.body_bytes,
            live_timeout: Duration::from_millis(config.live.timeout_ms),
        });
        let listen = |e: std::io::Error| HostError::Listen { address: config.listen, problem: e.to_string() };
        let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = tokio::task::JoinSet::new();
        let rules = config.queue.lanes;
        queue.set_lanes([rules.orders, rules.sync, rules.bulk]);
        let recordings = connections.recordings().clone();
        let lanes = Lanes { connections, queue, parallel: config.queue.parallel };
        lanes.set();
        tasks.spawn(lanes.clone().carry(stopped.clone()));
        let keep = Duration::from_secs(u64::from(config.queue.keep_done_days) * 24 * 3_600);
        tasks.spawn(lanes.clone().retain(keep, clock, stopped.clone()));
        tasks.spawn(lanes.watch_folders(stopped.clone()));
        tasks.spawn(watch_store(Arc::clone(&store), stopped.clone()));
        tasks.spawn(serve(listener, api.clone(), stopped));
        tracing::info!(%address, "apiconnect serves");
        Ok(Self { api, address, stop, tasks, store, recordings })
    }

    /// Where the API listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs until `asked` is done or the host cannot go on, then takes no new work and lets what runs come to its end.
    ///
    /// # Errors
    /// Why the host could not go on; the store is the usual reason.
    pub async fn run(mut self, asked: impl Future<Output = ()>) -> Result<(), HostError> {
        tokio::pin!(asked);
        let ended = tokio::select! {
            () = &mut asked => Ok(()),
            Some(ended) = self.tasks.join_next() => flatten(ended),
        };
        self.api.stop();
        let _ = self.stop.send(true);
        let drained = seam::within(limits::DRAIN_TIMEOUT, async {
            let mut result = Ok(());
            while let Some(ended) = self.tasks.join_next().await {
                result = result.and(flatten(ended));
            }
            self.recordings.settled().await;
            result
        });
        let drained = drained.await.unwrap_or_else(|| {
            tracing::warn!("some work did not end in time; it is looked up at the next start");
            Ok(())
        });
        let store = Arc::clone(&self.store);
        let _ = seam::spawn_blocking(move || store.close()).await;
        ended.and(drained)
    }
}

fn flatten(ended: Result<Result<(), HostError>, tokio::task::JoinError>) -> Result<(), HostError> {
    ended.unwrap_or_else(|error| Err(StoreError::Failed(format!("a part of the host failed: {error}")).into()))
}

/// The queue and the connections it serves, kept in step.
#[derive(Clone)]
struct Lanes {
    connections: Connections,
    queue: Queue,
    parallel: usize,
}

impl Lanes {
    async fn carry(self, mut stopped: watch::Receiver<bool>) -> Result<(), HostError> {
        let carrier = Arc::new(ConnectorCarrier::new(self.connections));
        let stop = async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        Ok(self.queue.run(carrier, stop).await?)
    }

    /// Tells the queue the terms of every connection.
    fn set(&self) {
        for connection in self.connections.list() {
            let loaded = self.connections.connector_of(&connection).ok();
            self.queue.set_terms(&connection.name, &terms(&connection, loaded.as_deref(), self.parallel));
        }
    }

    /// Lets go of jobs that were done longer than `keep` ago, and of recordings that are too old, now and from time to
    /// time.
    async fn retain(self, keep: Duration, clock: Clock, mut stopped: watch::Receiver<bool>) -> Result<(), HostError> {
        loop {
            let removed = self.queue.retain(keep).await?;
            if removed > 0 {
                tracing::info!(removed, "jobs that were done long ago were removed");
            }
            let recordings = self.connections.recordings().clone();
            let _ = seam::spawn_blocking(move || recordings.tidy()).await;
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
                () = clock.sleep(limits::RETENTION_PERIOD) => {}
            }
        }
    }

    /// Takes up what has changed in the folders. Documents that lacked a mapping may have one now.
    async fn take_up(&self) -> Result<(), HostError> {
        let opened = self.connections.scan().await;
        let lanes = self.clone();
        let told = seam::spawn_blocking(move || {
            lanes.set();
            metric::tidy();
        });
        let _ = told.await;
        for connection in opened {
            let swept = self.queue.retry_unmapped(&connection.name).await?;
            if swept.changed > 0 {
                tracing::info!(connection = connection.name, jobs = swept.changed, "tried again with new settings");
            }
        }
        Ok(())
    }

    async fn watch_folders(self, mut stopped: watch::Receiver<bool>) -> Result<(), HostError> {
        while seam::within(limits::FOLDER_WATCH, stopped.wait_for(|stopped| *stopped)).await.is_none() {
            // A folder that cannot be read for a moment changes nothing of what serves.
            if let Err(error) = self.connections.registry().scan().await {
                tracing::error!("failed to {error}");
            }
            self.take_up().await?;
        }
        Ok(())
    }
}

/// What the queue has to know of a connection: its file first, then its connector, then the host's own rule.
fn terms(connection: &Connection, loaded: Option<&Loaded>, usual: usize) -> Terms {
    let about = loaded.and_then(|l| l.description.operations.iter().find(|about| about.name == "orders.submit"));
    let told = about.and_then(|about| usize::try_from(about.max_parallel).ok()).map(|parallel| parallel.max(1));
    let parallel = connection.parallel;
    let mut terms = Terms::with_orders(parallel.orders.or(told).unwrap_or(usual));
    let [_, sync, bulk] = &mut terms.parallel;
    *sync = parallel.sync.unwrap_or(*sync);
    *bulk = parallel.bulk.unwrap_or(*bulk);
    let delivery = connection.delivery;
    let policy = &mut terms.policy;
    policy.attempts = delivery.attempts.unwrap_or(policy.attempts);
    policy.crashes = delivery.crashes.unwrap_or(policy.crashes);
    policy.lookups = delivery.lookups.unwrap_or(policy.lookups);
    policy.settle = delivery.settle_ms.map_or(policy.settle, Duration::from_millis);
    policy.carry =
        delivery.give_up_after_hours.map_or(policy.carry, |hours| Duration::from_secs(u64::from(hours) * 3_600));
    // A connector that takes many at once says how many; gathering them is the connection's choice.
    let takes = about.filter(|_| loaded.is_some_and(Loaded::takes_batches)).map_or(1, |about| about.max_batch);
    if let Some(batch) = delivery.batch {
        let most = batch.documents.min(usize::try_from(takes).unwrap_or(1)).max(1);
        terms.gathering = Gathering { most, wait: Duration::from_millis(batch.wait_ms) };
    }
    terms
}

/// Ends the host when its disk has failed: nothing can be accepted, and a start looks at everything anew.
async fn watch_store(store: Arc<SledStore>, mut stopped: watch::Receiver<bool>) -> Result<(), HostError> {
    while seam::within(limits::FOLDER_WATCH, stopped.wait_for(|stopped| *stopped)).await.is_none() {
        if let Some(why) = store.failed() {
            return Err(StoreError::Failed(why).into());
        }
    }
    Ok(())
}

async fn serve(listener: TcpListener, api: Api, mut stopped: watch::Receiver<bool>) -> Result<(), HostError> {
    let served = axum::serve(NoDelay(listener), api::router(api)).with_graceful_shutdown(async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    });
    served.await.map_err(|e| StoreError::Failed(format!("the API stopped: {e}")).into())
}

/// Answers leave at once: with Nagle's algorithm the second part of a keep-alive answer waits for the first one's
/// acknowledgement.
struct NoDelay(TcpListener);

impl axum::serve::Listener for NoDelay {
    type Io = tokio::net::TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (socket, address) = axum::serve::Listener::accept(&mut self.0).await;
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a socket could not be set to answer at once");
        }
        (socket, address)
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.0.local_addr()
    }
}
