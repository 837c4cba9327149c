//! HTTP in: who asks, what is asked, and the way to the part that answers. One file a resource.

mod bulk;
mod carriage;
mod catalog;
mod causes;
mod connections;
mod customers;
mod filter;
mod health;
mod input;
mod invoices;
mod jobs;
mod keys;
mod live;
mod observe;
mod openapi;
mod orders;
mod plugins;
mod problem;
mod quotes;
mod recordings;
mod reference;
mod reply;
mod route;
mod schedules;
mod store;
mod vault;

pub use openapi::document as openapi;
pub use route::router;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::access::{Keys, Scope};
use crate::commerce::lane::Lane;
use crate::connection::{Connection, Connections};
use crate::limits;
use crate::plugin::{Call, Ended, Interface, Loaded};
use crate::queue::Queue;
use crate::seam::{self, Clock, Millis, Stopwatch};
use crate::store::{SledStore, Store};
use crate::telemetry::metric;
use input::Caller;
use problem::Problem;
use reply::Provenance;

/// What the API stands on.
pub struct Parts {
    /// Who may do what.
    pub keys: Keys,
    /// The durable path.
    pub queue: Queue,
    /// The systems.
    pub connections: Connections,
    /// Asked only whether it still works.
    pub store: Arc<dyn Store>,
    /// The folder of the records, for backups and figures.
    pub records: Arc<SledStore>,
    /// The time.
    pub clock: Clock,
    /// The longest request body.
    pub body_bytes: usize,
    /// How long a live question may take, where its connection does not say.
    pub live_timeout: Duration,
}

/// The state of the API. Cheap to clone.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    parts: Parts,
    stopping: AtomicBool,
    admitted: Semaphore,
    uploads: Semaphore,
    calls: AtomicU64,
}

impl Api {
    /// An API over these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let admitted = Semaphore::new(limits::REQUESTS_AT_ONCE_MAX);
        let uploads = Semaphore::new(limits::UPLOADS_AT_ONCE_MAX);
        let calls = AtomicU64::new(seam::random_below(1 << 48));
        Self(Arc::new(Inner { parts, stopping: AtomicBool::new(false), admitted, uploads, calls }))
    }

    /// Tells `readyz` that the host is going down, so that nobody sends it new work.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
    }

    fn stopping(&self) -> bool {
        self.0.stopping.load(Ordering::Relaxed)
    }

    fn keys(&self) -> &Keys {
        &self.0.parts.keys
    }

    fn queue(&self) -> &Queue {
        &self.0.parts.queue
    }

    fn connections(&self) -> &Connections {
        &self.0.parts.connections
    }

    /// A place for an upload; none while there are as many as may be.
    fn upload(&self) -> Option<SemaphorePermit<'_>> {
        self.0.uploads.try_acquire().ok()
    }

    fn body_bytes(&self) -> usize {
        self.0.parts.body_bytes
    }

    /// Whether the connector of a connection offers an interface.
    fn offers(&self, connection: &str, interface: Interface) -> Result<(), Problem> {
        let connection = self.connections().get(connection)?;
        Ok(self.connections().connector_of(&connection)?.require(interface)?)
    }

    /// Asks one live question that has no lines.
    async fn ask<T>(
        &self,
        caller: &Caller,
        connection: &str,
        operation: &'static str,
        ask: impl AsyncFnOnce(Arc<Loaded>, Call) -> Ended<T>,
    ) -> Result<T, Problem> {
        caller.may_use(Scope::Read, connection)?;
        let live = self.live(connection, operation).await?;
        let ended = ask(Arc::clone(&live.loaded), live.call()).await;
        live.end(operation, ended.result.is_ok());
        Ok(ended.result?)
    }

    /// Everything one live question needs. `operation` is its name in the contract.
    async fn live(&self, connection: &str, operation: &'static str) -> Result<Live, Problem> {
        let connection = self.connections().get(connection)?;
        let loaded = self.connections().connector_of(&connection)?;
        let watch = seam::stopwatch();
        let time = connection.timeout.unwrap_or(self.0.parts.live_timeout);
        let room = seam::within(time, Arc::clone(&connection.live).acquire_owned()).await;
        let Some(Ok(room)) = room else { return Err(Problem::busy_connection(&connection.name)) };
        let about = loaded.description.operations.iter().find(|about| about.name == operation);
        let most = |told: u32| usize::try_from(told).unwrap_or(usize::MAX).max(1);
        Ok(Live {
            max_batch: about.map_or(limits::QUERY_LINES_MAX, |about| most(about.max_batch)),
            max_parallel: about.map_or(1, |about| most(about.max_parallel)).min(limits::CALLS_OF_A_QUESTION_MAX),
            time,
            asked: self.0.parts.clock.now(),
            watch,
            queue: self.0.parts.queue.clone(),
            _room: room,
            id: Arc::from(format!("call_{:x}", self.0.calls.fetch_add(1, Ordering::Relaxed))),
            connection,
            loaded,
        })
    }
}

/// One live question on its way.
struct Live {
    loaded: Arc<Loaded>,
    connection: Arc<Connection>,
    /// Lines that one call takes.
    max_batch: usize,
    /// Calls side by side.
    max_parallel: usize,
    time: Duration,
    asked: Millis,
    watch: Stopwatch,
    id: Arc<str>,
    queue: Queue,
    /// One of the connection's places for live questions.
    _room: OwnedSemaphorePermit,
}

impl Live {
    /// What a call is made with; the time that has gone is gone.
    fn call(&self) -> Call {
        Call {
            link: Arc::clone(&self.connection.link),
            id: Arc::clone(&self.id),
            lane: Lane::Live,
            time: self.time.saturating_sub(self.watch.elapsed()),
            want_native: false,
        }
    }

    /// Counts the question and tells where its answer comes from.
    fn end(&self, operation: &'static str, ok: bool) -> Provenance {
        let took = self.watch.elapsed();
        metric::call_ended(&self.connection.name, operation, if ok { "ok" } else { "failed" }, took);
        if ok {
            // Documents that wait for the system need not wait for their own probe.
            self.queue.seen_alive(&self.connection.name);
        }
        Provenance {
            source: "live",
            as_of: reply::rfc3339(self.asked),
            stale: false,
            connector: self.loaded.description.name.clone(),
            version: self.loaded.description.version.clone(),
            latency_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
