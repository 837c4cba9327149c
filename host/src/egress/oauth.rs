//! OAuth 2.0 client credentials (RFC 6749 §4.4): a token for the connection's own account.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http_body_util::Full;
use serde::Deserialize;
use serde_json::Value;

use super::headers::sensitive;
use super::line::Line;
use super::redact::Redactor;
use super::session::rejected;
use super::signin::{Fresh, Login};
use super::socket::{Answer, Outgoing};
use super::target::Target;
use super::template::Escape;
use super::{SendError, SendErrorKind, Sent};
use crate::limits;
use crate::secret::Secret;

/// The lifetime of a token whose server does not tell.
pub const TOKEN_LIFETIME_ASSUMED_MS: u64 = 5 * 60 * 1_000;
/// A token is renewed this long before it ends, or a quarter of a shorter life, so that none ends on its way.
pub const TOKEN_MARGIN_MS: u64 = 60 * 1_000;

/// How the client proves who it is to the token server.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TokenStyle {
    /// In the `Authorization` header, as the standard prefers.
    #[default]
    Basic,
    /// As fields of the form.
    Body,
}

/// A client-credentials grant, ready to be used.
pub(super) struct ClientCredentials {
    pub(super) line: Arc<Line>,
    pub(super) target: Target,
    pub(super) client_id: String,
    pub(super) client_secret: Secret,
    pub(super) scope: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) style: TokenStyle,
}

impl ClientCredentials {
    fn request(&self) -> Result<Outgoing, SendError> {
        let mut form = String::from("grant_type=client_credentials");
        let mut field = |name: &str, value: &str| {
            form.push('&');
            form.push_str(name);
            form.push('=');
            Escape::Percent.push(&mut form, value);
        };
        if let Some(scope) = &self.scope {
            field("scope", scope);
        }
        if let Some(audience) = &self.audience {
            field("audience", audience);
        }
        if self.style == TokenStyle::Body {
            field("client_id", &self.client_id);
            field("client_secret", self.client_secret.expose());
        }
        let mut request = http::Request::new(Full::new(Bytes::from(form)));
        *request.method_mut() = Method::POST;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if self.style == TokenStyle::Basic {
            // Both halves are form-encoded first (RFC 6749 §2.3.1), else a colon in the id would move the border.
            let id = Escape::Percent.apply(&self.client_id);
            let pair = format!("{id}:{}", Escape::Percent.apply(self.client_secret.expose()));
            let value = sensitive(&format!("Basic {}", STANDARD.encode(pair))).ok_or_else(unusable)?;
            headers.insert(AUTHORIZATION, value);
        }
        Ok(request)
    }

    async fn fetch(&self) -> Result<Fresh, SendError> {
        let answer = self.line.exchange(&self.target, None, self.request()?, limits::EXCHANGE_TIMEOUT).await?;
        self.read(&answer)
    }

    fn read(&self, answer: &Answer) -> Result<Fresh, SendError> {
        let status = answer.head.status.as_u16();
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if !answer.head.status.is_success() {
            let code = error_code(&body);
            return Err(rejected(status, format!("sign in: the token server answered {status}{code}")));
        }
        let Some(token) = body.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty()) else {
            return Err(rejected(status, "sign in: the token server's answer has no access_token".to_owned()));
        };
        let mut redactor = Redactor::default();
        redactor.add(token);
        let value = sensitive(&format!("Bearer {token}")).ok_or_else(unusable)?;
        let lifetime = lifetime_ms(&body);
        let usable = lifetime - TOKEN_MARGIN_MS.min(lifetime / 4);
        let until = self.line.clock.now().saturating_add(usable);
        Ok(Fresh { headers: vec![(AUTHORIZATION, value)], until: Some(until), redactor })
    }
}

impl Login for ClientCredentials {
    fn login(self: Arc<Self>) -> BoxFuture<'static, Result<Fresh, SendError>> {
        Box::pin(async move { self.fetch().await })
    }
}

/// The error code of RFC 6749 §5.2 says what to fix. Anything that is not such a word stays out of the message.
fn error_code(body: &Value) -> String {
    match body.get("error").and_then(Value::as_str) {
        Some(code) if code.len() <= 40 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => {
            format!(" ({code})")
        }
        _ => String::new(),
    }
}

/// Some servers write the number as a text.
fn lifetime_ms(body: &Value) -> u64 {
    let seconds = body.get("expires_in").and_then(|value| match value {
        Value::String(text) => text.parse::<u64>().ok(),
        other => other.as_u64(),
    });
    seconds.map_or(TOKEN_LIFETIME_ASSUMED_MS, |seconds| seconds.saturating_mul(1_000))
}

fn unusable() -> SendError {
    SendError::new(SendErrorKind::Unauthorized, Sent::No, "sign in: the credential holds characters it may not")
}
