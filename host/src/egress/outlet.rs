//! One connection's way out: requests of a connector in, answers without secrets back.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use http::header::{HeaderMap, SET_COOKIE};
use http::{Method, Uri};
use http_body_util::Full;

use super::auth::{Credentials, is_over};
use super::client::Client;
use super::dial;
use super::line::Line;
use super::log::LogEntry;
use super::message::{Request, Response};
use super::pool::Pool;
use super::probe::{self, Probe};
use super::redact::Redactor;
use super::room::Room;
use super::scheme::Expired;
use super::settings::OutletSettings;
use super::signin::{Live, SignIn};
use super::socket::{Answer, Outgoing};
use super::target::{Base, Target};
use super::template;
use super::traffic::Traffic;
use super::{Egress, EgressError, SendError, SendErrorKind, Sent, headers};
use crate::commerce::lane::Lane;
use crate::limits;
use crate::seam::{self, Stopwatch};

/// The way out of one connection. Share it in an `Arc`.
pub struct Outlet {
    connection: String,
    line: Arc<Line>,
    credentials: Credentials,
    defaults: HeaderMap,
    redactor: Redactor,
    traffic: Traffic,
    body_bytes_max: usize,
}

/// A checked request. Cloning it copies its headers; the body is shared.
struct Prepared {
    method: Method,
    headers: HeaderMap,
    body: Bytes,
}

impl Outlet {
    /// Checks the settings and prepares everything that can be prepared; opens no socket.
    ///
    /// # Errors
    /// [`EgressError`] names what to fix in the configuration.
    pub fn open(settings: OutletSettings, shared: &Egress) -> Result<Self, EgressError> {
        let tls = match &settings.extra_ca_pem {
            Some(pem) => dial::tls(Some(pem))?,
            None => shared.tls.clone(),
        };
        let dialer = shared.dialer(tls, settings.private_network);
        let room = Room::new(limits::ANSWERS_HELD_BYTES_MAX);
        let mut redactor = Redactor::of(&settings.vault);
        let line = Arc::new(Line {
            client: Client { dialer, pool: Pool::new(settings.sockets_max), room },
            base: Base::new(&settings.base_url, settings.grants)?,
            credentials_for: settings.credentials_for,
            vault: settings.vault,
            settings: settings.settings,
            log: super::log::Log::default(),
            clock: shared.clock.clone(),
        });
        let credentials = Credentials::new(&line, settings.auth, settings.session)?;
        if let Credentials::Header(_, value) = &credentials {
            // `Basic` carries the password in a form that the vault does not know.
            let text = value.to_str().unwrap_or_default();
            redactor.add(text.rsplit(' ').next().unwrap_or_default());
        }
        Ok(Self {
            connection: settings.connection,
            line,
            credentials,
            defaults: headers::defaults(&settings.default_headers)?,
            redactor,
            traffic: Traffic::new(settings.rate, shared.clock.clone()),
            body_bytes_max: settings.body_bytes_max,
        })
    }

    /// The connection's name.
    #[must_use]
    pub fn connection(&self) -> &str {
        &self.connection
    }

    /// Sends one request and waits for its whole answer, at most for `deadline` (the time left).
    ///
    /// # Errors
    /// [`SendError`] says what failed and whether the request may have left.
    pub async fn send(&self, request: Request, deadline: Duration) -> Result<Response, SendError> {
        self.send_in(Lane::Live, request, deadline).await
    }

    /// Sends one request of a lane, as [`Outlet::send`].
    ///
    /// # Errors
    /// As for [`Outlet::send`].
    pub async fn send_in(&self, lane: Lane, request: Request, deadline: Duration) -> Result<Response, SendError> {
        let watch = seam::stopwatch();
        let target = match self.check(&request) {
            Ok(target) => target,
            Err(error) => return Err(self.refuse(request.method, &request.target, error)),
        };
        let trusted = self.line.trusts(&target, &request.target);
        if !trusted && asks_for_secret(&request) {
            return Err(self.refuse(request.method, &request.target, Line::no_secrets(&target)));
        }
        let Request { method, target: asked, headers, body, secrets_in_body } = request;
        let prepared = self.prepare(method.clone(), headers, body, secrets_in_body);
        let prepared = prepared.map_err(|error| self.refuse(method.clone(), &asked, error))?;
        let turn = match self.traffic.turn(lane, deadline).await {
            Ok(turn) => turn,
            Err(error) => return Err(self.refuse(method, &asked, error)),
        };
        let (result, live) = self.deliver(&target, trusted, prepared, deadline, watch).await;
        if let Ok(answer) = &result {
            self.traffic.obey(answer);
        }
        turn.end(&result);
        result.map(|answer| self.hand_over(answer, live.as_deref()))
    }

    /// Sends the requests side by side, at most `parallel` at a time, within one deadline. Answers stand in the
    /// order of the requests.
    pub async fn send_all(
        &self,
        requests: Vec<Request>,
        deadline: Duration,
        parallel: usize,
        lane: Lane,
    ) -> Vec<Result<Response, SendError>> {
        let watch = seam::stopwatch();
        let sends = requests.into_iter().map(|request| async move {
            let left = deadline.saturating_sub(watch.elapsed());
            self.send_in(lane, request, left).await
        });
        futures::stream::iter(sends).buffered(parallel.max(1)).collect().await
    }

    /// Looks at the way to the base URL step by step, within `time`.
    pub async fn probe(&self, time: Duration) -> Probe {
        Box::pin(probe::probe(&self.line, time)).await
    }

    /// Signs in if the connection's scheme has a login and nobody is signed in; for `check`.
    ///
    /// # Errors
    /// [`SendError`] as for [`Outlet::send`].
    pub async fn sign_in(&self) -> Result<(), SendError> {
        match &self.credentials {
            Credentials::SignIn(login, _) => login.credential().await.map(|_| ()),
            _ => Ok(()),
        }
    }

    /// The circuit and the rate.
    #[must_use]
    pub const fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// The last exchanges, the oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<LogEntry> {
        self.line.log.entries(&self.redactor)
    }

    /// How many sockets are open and idle.
    #[must_use]
    pub fn idle_sockets(&self) -> usize {
        self.line.client.pool.idle()
    }

    fn check(&self, request: &Request) -> Result<Target, SendError> {
        if request.method == Method::CONNECT || request.method == Method::TRACE {
            return Err(SendError::refused(format!("send the request: the method {} is not allowed", request.method)));
        }
        if request.body.len() > self.body_bytes_max {
            let message = format!("send the request: its body has over {} bytes", self.body_bytes_max);
            return Err(SendError::new(SendErrorKind::Limit, Sent::No, message));
        }
        self.line.base.locate(&request.target)
    }

    fn refuse(&self, method: Method, asked: &str, error: SendError) -> SendError {
        self.line.refuse(method, asked, &error);
        error
    }

    fn prepare(
        &self,
        method: Method,
        pairs: Vec<(String, String)>,
        body: Bytes,
        secrets_in_body: bool,
    ) -> Result<Prepared, SendError> {
        let headers = headers::of_request(pairs, &self.defaults, &self.line.vault)?;
        let body = if secrets_in_body {
            headers::body_with_secrets(body, &headers, &self.line.vault, self.body_bytes_max)?
        } else {
            body
        };
        Ok(Prepared { method, headers, body })
    }

    /// One request with its credentials; with those of a login, once more if the answer says that the login is over.
    /// That is safe: a request that was answered so was not carried out.
    async fn deliver(
        &self,
        target: &Target,
        trusted: bool,
        prepared: Prepared,
        deadline: Duration,
        watch: Stopwatch,
    ) -> (Result<Answer, SendError>, Option<Arc<Live>>) {
        let left = || deadline.saturating_sub(watch.elapsed());
        let (mut uri, mut request) = (None, prepared);
        match &self.credentials {
            Credentials::SignIn(login, expired) if trusted => {
                return self.deliver_signed(target, request, (login, expired), &left).await;
            }
            Credentials::Header(name, value) if trusted => {
                request.headers.insert(name.clone(), value.clone());
            }
            Credentials::Query(pair) if trusted => match with_query(target, pair) {
                Ok(with_key) => uri = Some(with_key),
                Err(error) => return (Err(error), None),
            },
            _ => {}
        }
        (self.line.exchange(target, uri, request.outgoing(), left()).await, None)
    }

    async fn deliver_signed(
        &self,
        target: &Target,
        request: Prepared,
        (login, expired): (&SignIn, &[Expired]),
        left: &(impl Fn() -> Duration + Sync),
    ) -> (Result<Answer, SendError>, Option<Arc<Live>>) {
        let live = match in_time(left(), login.credential()).await {
            Ok(live) => live,
            Err(error) => return (Err(error), None),
        };
        let first = self.line.exchange(target, None, request.signed(&live), left()).await;
        if !first.as_ref().is_ok_and(|answer| is_over(expired, answer)) {
            return (first, Some(live));
        }
        let renewed = in_time(left(), async { login.renew(&live).await.transpose() }).await;
        let live = match renewed {
            Ok(Some(renewed)) => renewed,
            Ok(None) => return (first, Some(live)),
            Err(error) => return (Err(error), None),
        };
        let second = self.line.exchange(target, None, request.signed(&live), left()).await;
        if second.as_ref().is_ok_and(|answer| is_over(expired, answer)) {
            login.renewed_in_vain();
        }
        (second, Some(live))
    }

    fn hand_over(&self, answer: Answer, live: Option<&Live>) -> Response {
        let Answer { head, mut body, held } = answer;
        let live = live.map(|live| &live.fresh.redactor);
        let redactors = [Some(&self.redactor), live];
        let active = || redactors.into_iter().flatten().filter(|redactor| !redactor.is_idle());
        let mut headers = Vec::with_capacity(head.headers.len());
        for (name, value) in &head.headers {
            // Cookies are the host's: a connector could not send them back anyway.
            if *name == SET_COOKIE {
                continue;
            }
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            headers.push((name.as_str().to_owned(), active().fold(text, |text, redactor| redactor.clean_text(text))));
        }
        for redactor in active() {
            body = redactor.clean(body);
        }
        Response { status: head.status.as_u16(), headers, body: held.around(body) }
    }
}

impl Prepared {
    fn outgoing(self) -> Outgoing {
        let mut request = http::Request::new(Full::new(self.body));
        *request.method_mut() = self.method;
        *request.headers_mut() = self.headers;
        request
    }

    fn signed(&self, live: &Live) -> Outgoing {
        let (method, mut headers) = (self.method.clone(), self.headers.clone());
        for (name, value) in &live.fresh.headers {
            headers.insert(name.clone(), value.clone());
        }
        Self { method, headers, body: self.body.clone() }.outgoing()
    }
}

/// Whether a placeholder would be filled in.
fn asks_for_secret(request: &Request) -> bool {
    let in_body = request.secrets_in_body && template::asks_for_secret(&request.body);
    in_body || request.headers.iter().any(|(_, value)| template::asks_for_secret(value.as_bytes()))
}

async fn in_time<T>(time: Duration, work: impl Future<Output = Result<T, SendError>>) -> Result<T, SendError> {
    let late = || SendError::new(SendErrorKind::Timeout, Sent::No, "sign in: the time is over");
    seam::within(time, work).await.unwrap_or_else(|| Err(late()))
}

fn with_query(target: &Target, pair: &str) -> Result<Uri, SendError> {
    let joint = if target.path.query().is_some() { '&' } else { '?' };
    let text = format!("{}{joint}{pair}", target.path);
    Uri::from_maybe_shared(Bytes::from(text))
        .map_err(|error| SendError::refused("build the URL: it is malformed").because(&error))
}
