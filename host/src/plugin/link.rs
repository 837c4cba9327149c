//! What a connection gives to every call made for it.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use super::import::state::State;
use crate::commerce::lane::Lane;
use crate::egress::{Outlet, Request, Response, SendError};
use crate::limits;
use crate::seam::Clock;
use crate::secret::Vault;

/// Carries requests of a connector to its system; an [`Outlet`] in production.
pub trait Exchange: Send + Sync + 'static {
    /// Sends the requests, at most `parallel` at a time, within `time`. Answers stand in the order of the requests.
    /// Requests of the lane `live` have a share of the connection's rate that no other lane takes.
    fn send_all(
        &self,
        requests: Vec<Request>,
        time: Duration,
        parallel: usize,
        lane: Lane,
    ) -> BoxFuture<'_, Vec<Result<Response, SendError>>>;
}

impl Exchange for Outlet {
    fn send_all(
        &self,
        requests: Vec<Request>,
        time: Duration,
        parallel: usize,
        lane: Lane,
    ) -> BoxFuture<'_, Vec<Result<Response, SendError>>> {
        Box::pin(Outlet::send_all(self, requests, time, parallel, lane))
    }
}

/// One connection as its sandboxes see it.
pub struct Link {
    /// The connection's name.
    pub connection: String,
    /// Its settings as a JSON object.
    pub settings: String,
    /// Where requests go.
    pub exchange: Arc<dyn Exchange>,
    /// Requests of one call on the wire at a time.
    pub parallel: usize,
    pub(super) vault: Vault,
    pub(super) state: State,
    pub(super) clock: Clock,
}

impl Link {
    /// A link for a connection.
    #[must_use]
    pub fn new(connection: &str, settings: String, exchange: Arc<dyn Exchange>, vault: Vault, clock: Clock) -> Self {
        let state = State::new(clock.clone());
        let connection = connection.to_owned();
        Self { connection, settings, exchange, parallel: limits::REQUESTS_PARALLEL, vault, state, clock }
    }
}
