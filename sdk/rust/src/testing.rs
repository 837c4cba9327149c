//! A fake host, so that a connector is unit-tested natively, without Wasm.
//!
//! ```
//! use apiconnect_sdk::{http, testing::FakeHost};
//!
//! let host = FakeHost::new().on("GET", "ping", 200, "pong");
//! let host = host.run(|| assert_eq!(http::get("ping").send().unwrap().text(), "pong"));
//! assert_eq!(host.requests()[0].target, "ping");
//! ```

mod fixture;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

pub use crate::bindings::shared::http::Request;
use crate::bindings::shared::http::{Failure, FailureKind, Header, Method, Response};
use crate::log::Level;
use crate::types::WriteContext;

thread_local! {
    static HOST: RefCell<FakeHost> = RefCell::new(FakeHost::default());
}

type Answer = Result<Response, Failure>;

/// Answers requests from a script and remembers what it was asked.
#[derive(Debug, Default)]
pub struct FakeHost {
    answers: Vec<(String, String, Answer)>,
    fixtures: Vec<fixture::Fixture>,
    /// What was made in the system, as the recorded answers say.
    marks: BTreeSet<String>,
    requests: Vec<Request>,
    #[cfg_attr(target_arch = "wasm32", expect(dead_code, reason = "in Wasm the real host keeps it"))]
    pub(crate) state: BTreeMap<String, Vec<u8>>,
    pub(crate) log: Vec<(Level, String)>,
    pub(crate) now_ms: u64,
}

impl FakeHost {
    /// A host that knows no answer yet; its clock stands at 2026-01-01.
    #[must_use]
    pub fn new() -> Self {
        Self { now_ms: 1_767_225_600_000, ..Self::default() }
    }

    /// Sets the clock, in milliseconds since the epoch.
    #[must_use]
    pub fn at_ms(mut self, now_ms: u64) -> Self {
        self.now_ms = now_ms;
        self
    }

    /// Answers the next request with this method whose target starts with `target`. Each answer is given once, the
    /// earliest first.
    #[must_use]
    pub fn on(self, method: &str, target: &str, status: u16, body: &str) -> Self {
        self.on_with_headers(method, target, status, &[], body)
    }

    /// The same with headers in the answer.
    #[must_use]
    pub fn on_with_headers(
        mut self,
        method: &str,
        target: &str,
        status: u16,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Self {
        let headers = headers.iter().map(|(n, v)| Header { name: (*n).into(), value: (*v).into() }).collect();
        let answer = Response { status, headers, body: body.as_bytes().to_vec() };
        self.answers.push((method.into(), target.into(), Ok(answer)));
        self
    }

    /// Fails the next such request as a cut connection does: it may have been sent.
    #[must_use]
    pub fn cut(mut self, method: &str, target: &str) -> Self {
        let failure = Failure { kind: FailureKind::Broken, maybe_sent: true, message: "the connection was cut".into() };
        self.answers.push((method.into(), target.into(), Err(failure)));
        self
    }

    /// Runs `test` on this host and gives the host back, to look at what happened.
    ///
    /// # Panics
    /// When `test` does.
    #[must_use = "the host says what was asked of it"]
    pub fn run(self, test: impl FnOnce()) -> Self {
        HOST.set(self);
        test();
        HOST.take()
    }

    /// Every request, in order.
    #[must_use]
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// Log lines, in order.
    #[must_use]
    pub fn log(&self) -> Vec<&str> {
        self.log.iter().map(|(_, line)| line.as_str()).collect()
    }

    /// Answers of the script that nobody asked for.
    #[must_use]
    pub fn unused(&self) -> usize {
        self.answers.len()
    }
}

/// What a first attempt at the document `reference` is made with.
#[must_use]
pub fn write(reference: &str) -> WriteContext {
    let idempotency_key = format!("key-{reference}");
    WriteContext { idempotency_key, reference: reference.into(), attempt: 1, dry_run: false }
}

pub(crate) fn with<R>(act: impl FnOnce(&mut FakeHost) -> R) -> R {
    HOST.with_borrow_mut(act)
}

fn method_name(method: &Method) -> &str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
        Method::Other(name) => name,
    }
}

#[cfg_attr(target_arch = "wasm32", expect(dead_code, reason = "in Wasm the real host answers"))]
pub(crate) fn answer(request: Request) -> Answer {
    with(|host| {
        let method = method_name(&request.method).to_owned();
        let at =
            host.answers.iter().position(|(m, target, _)| *m == method && request.target.starts_with(target.as_str()));
        let mut recorded = || fixture::answer(&host.fixtures, &request, &mut host.marks);
        let answer = match at {
            Some(at) => host.answers.remove(at).2,
            None => recorded().unwrap_or_else(|| {
                Err(Failure {
                    kind: FailureKind::Refused,
                    maybe_sent: false,
                    message: format!("the fake host has no answer for {method} {}", request.target),
                })
            }),
        };
        host.requests.push(request);
        answer
    })
}
