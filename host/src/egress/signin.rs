//! Signing in once for everybody: concurrent callers share one login, and a refused login is not repeated at once.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use http::{HeaderName, HeaderValue};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::redact::Redactor;
use super::{SendError, SendErrorKind, Sent};
use crate::seam::{self, Clock, Millis};

/// Systems lock an account after a handful of wrong passwords; at this pace a person can still react.
pub const LOGIN_HOLD_BACK: Duration = Duration::from_secs(30);
/// A login that failed for another reason is tried again soon, but not by every waiting caller.
pub const LOGIN_RETRY: Duration = Duration::from_secs(1);
/// A credential that is refused right after it was renewed is valid but not enough; renewing it again is no help.
pub const RENEWAL_PAUSE: Duration = Duration::from_secs(10);

/// What a login gives.
pub(super) struct Fresh {
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// Until when it may be used; for ever when the system does not say.
    pub(super) until: Option<Millis>,
    /// What must not come back to a connector.
    pub(super) redactor: Redactor,
}

/// A credential in use.
pub(super) struct Live {
    pub(super) fresh: Fresh,
    /// Counts the logins, so that many refusals of one credential cause one login.
    pub(super) generation: u64,
}

type Outcome = Result<Arc<Live>, SendError>;
type Flight = Shared<BoxFuture<'static, Outcome>>;

#[derive(Default)]
struct State {
    live: Option<Arc<Live>>,
    generation: u64,
    flight: Option<Flight>,
    held: Option<(Millis, SendError)>,
    no_renewal_until: Millis,
}

/// How to sign in; `session` and `oauth` are the two ways.
pub(super) trait Login: Send + Sync + 'static {
    /// Signs in once.
    fn login(self: Arc<Self>) -> BoxFuture<'static, Result<Fresh, SendError>>;
}

/// The credential of a connection and the one login that may be under way.
pub(super) struct SignIn {
    login: Arc<dyn Login>,
    state: Arc<Mutex<State>>,
    clock: Clock,
}

impl SignIn {
    pub(super) fn new(login: Arc<dyn Login>, clock: Clock) -> Self {
        Self { login, state: Arc::default(), clock }
    }

    /// The credential, signing in when there is none.
    pub(super) async fn credential(&self) -> Outcome {
        let now = self.clock.now();
        let flight = {
            let mut state = self.state.lock();
            let usable = |live: &&Arc<Live>| live.fresh.until.is_none_or(|until| now < until);
            if let Some(live) = state.live.as_ref().filter(usable) {
                return Ok(Arc::clone(live));
            }
            self.join(&mut state, now)?
        };
        flight.await
    }

    /// A newer credential than `refused`, or `None` when renewing was just tried in vain.
    pub(super) async fn renew(&self, refused: &Live) -> Option<Outcome> {
        let now = self.clock.now();
        let flight = {
            let mut state = self.state.lock();
            if let Some(live) = state.live.as_ref().filter(|live| live.generation > refused.generation) {
                return Some(Ok(Arc::clone(live)));
            }
            if now < state.no_renewal_until {
                return None;
            }
            self.join(&mut state, now)
        };
        match flight {
            Ok(flight) => Some(flight.await),
            Err(error) => Some(Err(error)),
        }
    }

    /// Notes that even a renewed credential was refused.
    pub(super) fn renewed_in_vain(&self) {
        self.state.lock().no_renewal_until = after(self.clock.now(), RENEWAL_PAUSE);
    }

    /// Joins the login that is under way or starts one.
    ///
    /// It runs in a task of its own: a caller with little time left must not cut off a login that the next caller
    /// would have to start again.
    fn join(&self, state: &mut State, now: Millis) -> Result<Flight, SendError> {
        // A flight that somebody has seen the end of but that is still here has lost its task.
        if let Some(flight) = state.flight.as_ref().filter(|flight| flight.peek().is_none()) {
            return Ok(flight.clone());
        }
        if let Some((until, error)) = state.held.as_ref().filter(|(until, _)| now < *until) {
            return Err(error.clone().after(Duration::from_millis(until - now)));
        }
        let (done, landed) = oneshot::channel();
        let (shared, clock) = (Arc::clone(&self.state), self.clock.clone());
        let login = Arc::clone(&self.login).login();
        seam::spawn(async move {
            let result = login.await;
            let outcome = shared.lock().land(result, clock.now());
            drop(done.send(outcome));
        });
        let flight = landed.map(|outcome| outcome.unwrap_or_else(|_| Err(lost()))).boxed().shared();
        state.flight = Some(flight.clone());
        Ok(flight)
    }
}

impl State {
    fn land(&mut self, result: Result<Fresh, SendError>, now: Millis) -> Outcome {
        self.flight = None;
        match result {
            Ok(fresh) => {
                self.generation += 1;
                let live = Arc::new(Live { fresh, generation: self.generation });
                self.live = Some(Arc::clone(&live));
                self.held = None;
                Ok(live)
            }
            Err(mut error) => {
                // Whatever happened to the login, the request behind it has not left.
                error.sent = Sent::No;
                let refused = error.status.is_some_and(|status| (400..500).contains(&status));
                let wait = if refused { LOGIN_HOLD_BACK } else { LOGIN_RETRY };
                self.live = None;
                self.held = Some((after(now, wait), error.clone()));
                Err(error)
            }
        }
    }
}

fn after(now: Millis, wait: Duration) -> Millis {
    now.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
}

fn lost() -> SendError {
    SendError::new(SendErrorKind::Unauthorized, Sent::No, "sign in: the login was lost")
}
