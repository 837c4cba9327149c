//! A strict simulator of the SAP Business One Service Layer, OData V3 dialect (`/b1s/v1/`).
//!
//! It is written from what is known of the real service, not from the connector, and refuses what the real one
//! refuses: calls without both cookies, unknown properties, filters it cannot read, documents for unknown or frozen
//! customers and items. `NumAtCard` is not unique here either, so a document that was sent twice is there twice.
//!
//! | module | what it holds |
//! |---|---|
//! | `server`, `routes` | sockets, and which request is which call |
//! | `session`, `faults`, `control` | sign-in, what goes wrong on demand, the path that steers both |
//! | `schema`, `query`, `filter` | properties, query options, `$filter` |
//! | `seed`, `records`, `price` | the company, its master data, which price a customer pays |
//! | `create`, `documents`, `persist` | making orders and quotations, keeping them, keeping them on disk |

mod answer;
mod control;
mod create;
mod documents;
mod faults;
mod filter;
mod number;
mod persist;
mod price;
mod query;
mod records;
mod routes;
mod schema;
mod seed;
mod server;
mod session;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Context;
use tokio::sync::watch;

pub use control::HeldDocument;
pub use faults::Faults;
pub use seed::{Item, Partner, PriceList, Seed, SpecialPrice};

use persist::{Journal, Loaded};
use price::Catalog;
use routes::Company;

/// Where a simulator listens and what it keeps.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The file that documents are kept in across starts.
    pub state: Option<PathBuf>,
}

/// Starts simulators.
#[derive(Debug)]
pub struct BusinessOne;

impl BusinessOne {
    /// Starts a simulator on a free port, on a thread of its own.
    ///
    /// # Errors
    /// When no port or no thread can be had.
    pub fn start(seed: Seed) -> anyhow::Result<Simulator> {
        Self::start_with(seed, &Options::default())
    }

    /// The same with a port and a state file.
    ///
    /// # Errors
    /// When the port is taken, no thread can be had, or the state file cannot be read.
    pub fn start_with(seed: Seed, options: &Options) -> anyhow::Result<Simulator> {
        let (journal, loaded) = match &options.state {
            Some(path) => Journal::open(path).map(|(journal, loaded)| (Some(journal), loaded))?,
            None => (None, Loaded::default()),
        };
        let company = Arc::new(Company::new(Catalog::new(seed), journal, loaded));
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).context("cannot listen")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = watch::channel(false);
        let served = Arc::clone(&company);
        let thread = std::thread::Builder::new().name("business-one".into()).spawn(move || {
            runtime.block_on(async {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    server::run(listener, served, stopped).await;
                }
            });
        })?;
        Ok(Simulator { company, address, stop, thread: Some(thread) })
    }
}

/// A running simulator; it stops when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    company: Arc<Company>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What a connection file has as its `base_url`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/b1s/v1/", self.address)
    }

    /// The faults in force, with what is left of the counted ones.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.company.faults.get()
    }

    /// Puts these faults in force, in place of all others.
    pub fn set_faults(&self, faults: Faults) {
        self.company.faults.set(faults);
    }

    /// Every order, oldest first.
    #[must_use]
    pub fn orders(&self) -> Vec<HeldDocument> {
        self.company.orders.map(HeldDocument::of)
    }

    /// Every quotation, oldest first.
    #[must_use]
    pub fn quotations(&self) -> Vec<HeldDocument> {
        self.company.quotations.map(HeldDocument::of)
    }

    /// One whole order as the service shows it.
    #[must_use]
    pub fn order(&self, doc_entry: u64) -> Option<serde_json::Value> {
        self.company.orders.get(doc_entry).ok()
    }

    /// How often each call was made, by name: `login`, `item_price`, `orders_create`, `orders_read` …
    #[must_use]
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.company.counts()
    }

    /// Ends every session: the next call of each client is answered with 401.
    pub fn expire_sessions(&self) {
        self.company.sessions.expire();
    }

    /// Waits until the simulator ends, which it does only when the process is killed.
    pub fn wait(mut self) {
        self.join();
    }

    /// Stops the simulator; open connections are cut.
    pub fn stop(mut self) {
        self.halt();
    }

    fn halt(&mut self) {
        self.stop.send_replace(true);
        self.join();
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so on the error stream.
            let _ = thread.join();
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.halt();
    }
}
