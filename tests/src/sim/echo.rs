//! A system that answers with what it was asked, to see what leaves the host and what comes back.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The token that its `/token` gives out. Nobody but the host may see it.
pub const ACCESS_TOKEN: &str = "canary-access-token-of-the-echo";

/// A running echo; it ends when it is dropped.
#[derive(Debug)]
pub struct Echo {
    address: String,
    task: JoinHandle<()>,
}

impl Echo {
    /// Starts one on a free port, in the current runtime.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, Router::new().fallback(answer)).await;
        });
        Ok(Self { address, task })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `/fixed…` answers with its own path, `/binary` with bytes that are no text, `/large` with seven megabytes, `/slow`
/// never, `/token` with a token; everything else with the request as it came.
async fn answer(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    match uri.path() {
        path if path.starts_with("/fixed") => format!("fixed {path}").into_response(),
        "/binary" => Body::from(vec![0_u8, 159, 146, 150]).into_response(),
        "/large" => "x".repeat(7 << 20).into_response(),
        "/slow" => std::future::pending().await,
        "/token" => {
            let text = format!(r#"{{"access_token":"{ACCESS_TOKEN}","token_type":"bearer","expires_in":3600}}"#);
            (StatusCode::OK, [("content-type", "application/json")], text).into_response()
        }
        path => {
            let headers: Vec<String> =
                headers.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap_or_default())).collect();
            let text = format!("{method} {path} {} {}", headers.join(" "), String::from_utf8_lossy(&body));
            ([("x-echo", headers.join(" "))], text).into_response()
        }
    }
}
