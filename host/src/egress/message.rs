//! Requests and answers as a connector sees them.

use bytes::Bytes;
use http::Method;

/// A request as a connector makes it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The HTTP method; `CONNECT` and `TRACE` are refused.
    pub method: Method,
    /// A path with query below the base URL, or an absolute URL of a granted host.
    pub target: String,
    /// Header names and values; values may hold `{{secret:slot}}`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// Whether `{{secret:slot}}` in the body is replaced. Off for ordinary data, where such a text is just a text.
    pub secrets_in_body: bool,
}

impl Request {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: Method, target: impl Into<String>) -> Self {
        let target = target.into();
        Self { method, target, headers: Vec::new(), body: Bytes::new(), secrets_in_body: false }
    }
}

/// A whole answer, without the connection's secrets and cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status; redirects are not followed.
    pub status: u16,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}
