//! Requests to the connected system. The host signs in, keeps the sockets and enforces every limit.

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::bindings::shared::http::{Failure, FailureKind, Header, Method, Request as RawRequest};
use crate::types::Error;

/// A request being put together.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request(RawRequest, Option<Error>);

/// A `GET` of `target`: a path with query relative to the connection's base URL, or an absolute URL of a granted host.
pub fn get(target: impl Into<String>) -> Request {
    request(Method::Get, target)
}

/// A `POST` to `target`.
pub fn post(target: impl Into<String>) -> Request {
    request(Method::Post, target)
}

/// A `PATCH` of `target`.
pub fn patch(target: impl Into<String>) -> Request {
    request(Method::Patch, target)
}

/// Any request.
pub fn request(method: Method, target: impl Into<String>) -> Request {
    let raw =
        RawRequest { method, target: target.into(), headers: Vec::new(), body: Vec::new(), secrets_in_body: false };
    Request(raw, None)
}

impl Request {
    /// Adds a header. `Authorization`, `Cookie`, `Host` and the like are the host's and are refused when it is sent.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.headers.push(Header { name: name.into(), value: value.into() });
        self
    }

    /// Sets a JSON body. A value that cannot be written makes the request fail when it is sent.
    pub fn json<T: Serialize>(mut self, body: &T) -> Self {
        match crate::json::write(body) {
            Ok(body) => self.0.body = body,
            Err(error) => self.1 = Some(error),
        }
        self.header("content-type", "application/json")
    }

    /// Sets a body of any type.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.0.body = body.into();
        self.header("content-type", content_type)
    }

    /// Lets the host fill in placeholders from [`crate::secret::placeholder`] in the body too.
    pub fn with_secrets_in_body(mut self) -> Self {
        self.0.secrets_in_body = true;
        self
    }

    /// Sends it.
    ///
    /// # Errors
    /// Why no whole answer came. A status of 400 or more is an answer, see [`Response::success`].
    pub fn send(self) -> Result<Response, Failure> {
        if let Some(error) = self.1 {
            return Err(unwritten(&error));
        }
        dispatch_one(self.0).map(Response::new)
    }
}

fn unwritten(error: &Error) -> Failure {
    Failure { kind: FailureKind::Refused, maybe_sent: false, message: format!("{error:?}") }
}

/// Sends requests side by side. Answers stand in the order of the requests.
pub fn send_all(requests: impl IntoIterator<Item = Request>) -> Vec<Result<Response, Failure>> {
    let mut broken = Vec::new();
    let mut raw = Vec::new();
    for (at, request) in requests.into_iter().enumerate() {
        match request.1 {
            Some(error) => broken.push((at, unwritten(&error))),
            None => raw.push(request.0),
        }
    }
    let mut answers: Vec<_> = if raw.is_empty() {
        Vec::new()
    } else {
        dispatch(raw).into_iter().map(|answer| answer.map(Response::new)).collect()
    };
    for (at, failure) in broken {
        answers.insert(at, Err(failure));
    }
    answers
}

#[cfg(target_arch = "wasm32")]
fn dispatch(requests: Vec<RawRequest>) -> Vec<Result<RawResponse, Failure>> {
    crate::bindings::shared::http::send_all(&requests)
}

#[cfg(target_arch = "wasm32")]
fn dispatch_one(request: RawRequest) -> Result<RawResponse, Failure> {
    crate::bindings::shared::http::send(&request)
}

#[cfg(not(target_arch = "wasm32"))]
fn dispatch(requests: Vec<RawRequest>) -> Vec<Result<RawResponse, Failure>> {
    requests.into_iter().map(dispatch_one).collect()
}

#[cfg(not(target_arch = "wasm32"))]
fn dispatch_one(request: RawRequest) -> Result<RawResponse, Failure> {
    crate::testing::answer(request)
}

pub(crate) use crate::bindings::shared::http::Response as RawResponse;

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    headers: Vec<Header>,
    /// The body, at most as long as the host's limit.
    pub body: Vec<u8>,
}

impl Response {
    fn new(raw: RawResponse) -> Self {
        Self { status: raw.status, headers: raw.headers, body: raw.body }
    }

    /// The first header with this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// `internal` when it is not what `T` expects.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        crate::json::read(&self.body)
    }

    /// The answer when its status is 2xx.
    ///
    /// # Errors
    /// What the status means in general: 401 and 403 `unauthorized`, 404 `not-found`, 429 `rate-limited`, 502 to 504
    /// `unavailable`, other 4xx `invalid`, other 5xx `outcome-unknown`. Connectors read their system's own error
    /// body first where it says more.
    pub fn success(self) -> Result<Self, Error> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let start: String = self.text().chars().take(300).collect();
        let said = format!("the system answered {}: {start}", self.status);
        Err(match self.status {
            401 | 403 => Error::Unauthorized(said),
            404 => Error::NotFound(said),
            429 => Error::RateLimited(self.retry_after_ms()),
            502..=504 => Error::Unavailable(said),
            400..500 => Error::invalid("", said),
            _ => Error::OutcomeUnknown(said),
        })
    }

    /// `Retry-After` in milliseconds, where it is given in seconds.
    #[must_use]
    pub fn retry_after_ms(&self) -> Option<u64> {
        self.header("retry-after")?.trim().parse::<u64>().ok().and_then(|seconds| seconds.checked_mul(1_000))
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure.kind {
            FailureKind::Unauthorized => Self::Unauthorized(failure.message),
            FailureKind::Refused | FailureKind::Limit if !failure.maybe_sent => Self::Internal(failure.message),
            _ if failure.maybe_sent => Self::OutcomeUnknown(failure.message),
            _ => Self::Unavailable(failure.message),
        }
    }
}

/// A text with everything but letters, digits, `-`, `_`, `.` and `~` percent-encoded, for a path segment or a query.
///
/// ```
/// assert_eq!(apiconnect_sdk::http::encode("O'Neil & Co"), "O%27Neil%20%26%20Co");
/// ```
#[must_use]
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push('%');
            out.extend([byte >> 4, byte & 15].map(|nibble| char::from(b"0123456789ABCDEF"[usize::from(nibble)])));
        }
    }
    out
}
