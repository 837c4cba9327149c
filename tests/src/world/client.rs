//! A keep-alive HTTP client for JSON.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// Longer than anything that is waited for; a test that hangs should say so.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A client of one server. Cheap to clone; clones share their sockets.
#[derive(Clone, Debug)]
pub struct Client {
    base: String,
    key: Option<String>,
    inner: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null when it is none.
    pub body: Value,
}

impl Client {
    /// A client of the server at `base`, such as `http://127.0.0.1:7070`.
    #[must_use]
    pub fn new(base: &str, key: Option<&str>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let inner = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector);
        Self { base: base.trim_end_matches('/').to_owned(), key: key.map(str::to_owned), inner }
    }

    /// The same server with another key.
    #[must_use]
    pub fn with_key(&self, key: Option<&str>) -> Self {
        Self { key: key.map(str::to_owned), ..self.clone() }
    }

    /// GET.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    /// POST of JSON.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::POST, path, &[], Bytes::from(body.to_string())).await
    }

    /// Submits an order.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub async fn order(&self, connection: &str, key: &str, order: &Value) -> anyhow::Result<Answer> {
        let path = format!("/v1/connections/{connection}/orders");
        self.send(Method::POST, &path, &[("idempotency-key", key)], Bytes::from(order.to_string())).await
    }

    /// Any request.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> anyhow::Result<Answer> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("content-type", "application/json").body(Full::new(body))?;
        let exchange = async {
            let (head, body) = self.inner.request(request).await?.into_parts();
            let bytes = body.collect().await?.to_bytes();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            Ok(Answer { status: head.status.as_u16(), headers: head.headers, text, body })
        };
        tokio::time::timeout(TIMEOUT, exchange).await.context("no answer in time")?
    }
}
