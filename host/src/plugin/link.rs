//! What a connection gives to every call made for it.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use super::import::state::State;
use super::journal::Journal;
use super::recording::{Playback, Recorder, Source};
use crate::commerce::lane::Lane;
use crate::egress::{Outlet, Request, Response, SendError};
use crate::limits;
use crate::seam::{Clock, Millis};
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
    /// The last lines that its calls logged.
    pub journal: Journal,
    pub(super) vault: Vault,
    pub(super) state: State,
    pub(super) clock: Clock,
    pub(super) tapes: Source,
}

impl Link {
    /// A link for a connection.
    #[must_use]
    pub fn new(connection: &str, settings: String, exchange: Arc<dyn Exchange>, vault: Vault, clock: Clock) -> Self {
        let state = State::new(clock.clone());
        let connection = connection.to_owned();
        let (parallel, tapes, journal) = (limits::REQUESTS_PARALLEL, Source::None, Journal::default());
        Self { connection, settings, exchange, parallel, journal, vault, state, clock, tapes }
    }

    /// The same with a recorder of its calls.
    #[must_use]
    pub fn recorded(self, recorder: Arc<Recorder>) -> Self {
        Self { tapes: Source::Recorder(recorder), ..self }
    }

    /// A link that is answered out of a recording and reaches nothing.
    pub(super) fn playing(connection: &str, settings: &str, at: Millis, playback: Arc<Playback>) -> Self {
        let nothing = (Arc::new(Nowhere), Vault::default(), Clock::manual(at));
        let link = Self::new(connection, settings.to_owned(), nothing.0, nothing.1, nothing.2);
        Self { tapes: Source::Playback(playback), ..link }
    }

    /// How long a call may take that has `time`: a replay waits for nobody and has its own.
    pub(super) fn patience(&self, time: Duration) -> Duration {
        if matches!(self.tapes, Source::Playback(_)) { limits::REPLAY_TIMEOUT } else { time }
    }
}

/// The way out of a call that has none.
pub(super) struct Nowhere;

impl Exchange for Nowhere {
    fn send_all(
        &self,
        requests: Vec<Request>,
        _: Duration,
        _: usize,
        _: Lane,
    ) -> BoxFuture<'_, Vec<Result<Response, SendError>>> {
        let refuse = |_| Err(SendError::refused("send a request while there is no connection"));
        Box::pin(std::future::ready(requests.into_iter().map(refuse).collect()))
    }
}
