//! What `check` shows about the way to a system, step by step.

use std::time::Duration;

use bytes::Bytes;
use http::header::DATE;
use http::{Method, Uri};
use http_body_util::Full;
use serde::Serialize;

use super::SendError;
use super::line::Line;
use super::target::Target;
use super::traffic::millis;
use crate::limits;
use crate::seam::{self, Stopwatch};

/// The result of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProbeStep {
    /// `dns`, `tcp`, `tls` or `http`.
    pub name: &'static str,
    /// Whether it worked; the steps after a failed one are not tried.
    pub ok: bool,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What was found, or what went wrong. For the operator: it names addresses.
    pub detail: String,
}

/// All steps that were taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Probe {
    /// The steps in order.
    pub steps: Vec<ProbeStep>,
    /// The system's clock minus the host's, in milliseconds, when the system tells its time. Its precision is a second.
    pub clock_skew_ms: Option<i64>,
}

impl Probe {
    /// Whether every step worked.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.steps.iter().all(|step| step.ok)
    }

    fn note<T>(&mut self, name: &'static str, watch: Stopwatch, result: Result<(T, String), SendError>) -> Option<T> {
        let took_ms = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (value, ok, detail) = match result {
            Ok((value, detail)) => (Some(value), true, detail),
            Err(error) => {
                (None, false, error.cause().map_or(error.message.clone(), |cause| format!("{error} ({cause})")))
            }
        };
        self.steps.push(ProbeStep { name, ok, took_ms, detail });
        value
    }
}

/// Takes the steps to the base URL; nothing is signed in and nothing but a `HEAD` is sent.
pub(super) async fn probe(line: &Line, time: Duration) -> Probe {
    let mut probe = Probe::default();
    if seam::within(time.min(limits::EXCHANGE_TIMEOUT), Box::pin(steps(line, time, &mut probe))).await.is_none() {
        let detail = "the time was over".to_owned();
        probe.steps.push(ProbeStep { name: "time", ok: false, took_ms: 0, detail });
    }
    probe
}

async fn steps(line: &Line, time: Duration, probe: &mut Probe) -> Option<()> {
    let (origin, dialer) = (line.base.origin(), &line.client.dialer);
    let watch = seam::stopwatch();
    let found = dialer.addresses(origin).await.map(|addresses| {
        let names: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
        (addresses, names.join(", "))
    });
    let addresses = probe.note("dns", watch, found)?;
    let watch = seam::stopwatch();
    let opened = dialer.connect(origin, &addresses).await.map(|socket| {
        let peer = socket.peer_addr().map_or_else(|_| "connected".to_owned(), |peer| peer.to_string());
        (socket, peer)
    });
    let socket = probe.note("tcp", watch, opened)?;
    if origin.is_secure() {
        let watch = seam::stopwatch();
        let secured = dialer.secure(origin, socket).await.map(|stream| {
            let (_, session) = stream.get_ref();
            ((), session.protocol_version().map_or_else(String::new, |version| format!("{version:?}")))
        });
        probe.note("tls", watch, secured)?;
    }
    let watch = seam::stopwatch();
    let target = line.base.locate("").ok()?;
    let answer = head(line, &target, time).await;
    let (date, asked) = probe.note("http", watch, answer)?;
    let skew = i128::from(date?) - i128::from(asked);
    probe.clock_skew_ms = i64::try_from(skew).ok();
    Some(())
}

type DateAndNow = (Option<u64>, u64);

async fn head(line: &Line, target: &Target, time: Duration) -> Result<(DateAndNow, String), SendError> {
    let mut request = http::Request::new(Full::new(Bytes::new()));
    *request.method_mut() = Method::HEAD;
    let uri = Uri::from(target.path.clone());
    let answer = line.exchange(target, Some(uri), request, time).await?;
    let date = answer.head.headers.get(DATE).and_then(|value| value.to_str().ok());
    let date = date.and_then(|text| httpdate::parse_http_date(text).ok()).map(millis);
    Ok(((date, line.clock.now()), format!("status {}", answer.head.status.as_u16())))
}
