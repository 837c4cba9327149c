//! What a connection's requests and its logins share: sockets, base URL, secrets, log.

use std::time::Duration;

use http::header::HOST;
use http::{Method, Uri};
use http_body::Body;
use serde_json::Value;
use url::Url;

use super::client::Client;
use super::log::{Log, Place, Record};
use super::socket::{Answer, Outgoing};
use super::target::{Base, Target};
use super::{Grants, SendError, Sent};
use crate::limits;
use crate::seam::{self, Clock};
use crate::secret::Vault;

/// One connection's line to its system.
pub(super) struct Line {
    pub(super) client: Client,
    pub(super) base: Base,
    /// Granted hosts besides the base URL's own that get credentials and secrets.
    pub(super) credentials_for: Grants,
    pub(super) vault: Vault,
    pub(super) settings: Value,
    pub(super) log: Log,
    pub(super) clock: Clock,
}

impl Line {
    /// Whether credentials and secrets may go where `asked` leads. A granted host may be the connector's own vendor's;
    /// the secrets are the system's.
    pub(super) fn trusts(&self, target: &Target, asked: &str) -> bool {
        target.home || Url::parse(asked).is_ok_and(|url| self.credentials_for.permits(&url))
    }

    /// Says that a secret may not go there.
    pub(super) fn no_secrets(target: &Target) -> SendError {
        SendError::refused(format!(
            "send a secret to {}: only the base URL's own host gets secrets; name it under grants.credentials_for if it \
             should, too",
            target.origin
        ))
    }

    /// One exchange, logged as going to `target`; `uri` is what is sent, with the key in its query if there is one.
    pub(super) async fn exchange(
        &self,
        target: &Target,
        uri: Option<Uri>,
        mut request: Outgoing,
        time: Duration,
    ) -> Result<Answer, SendError> {
        *request.uri_mut() = uri.unwrap_or_else(|| Uri::from(target.path.clone()));
        request.headers_mut().insert(HOST, target.origin.header());
        let (at, watch, method) = (self.clock.now(), seam::stopwatch(), request.method().clone());
        let request_bytes = usize::try_from(request.body().size_hint().lower()).unwrap_or(usize::MAX);
        let result = self.client.exchange(&target.origin, request, time).await;
        self.log.add(Record {
            at,
            method,
            place: Place::Target(target.clone()),
            outcome: result
                .as_ref()
                .map(|answer| answer.head.status.as_u16())
                .map_err(|error| (error.kind, error.sent)),
            request_bytes,
            response_bytes: result.as_ref().map_or(0, |answer| answer.body.len()),
            duration: watch.elapsed(),
        });
        result
    }

    /// Logs a request that was refused before it went anywhere.
    pub(super) fn refuse(&self, method: Method, asked: &str, error: &SendError) {
        let end = (0..=limits::REFUSED_TARGET_BYTES_MAX.min(asked.len())).rev().find(|at| asked.is_char_boundary(*at));
        let asked = asked.get(..end.unwrap_or(0)).unwrap_or_default().to_owned();
        self.log.add(Record {
            at: self.clock.now(),
            method,
            place: Place::Refused(asked),
            outcome: Err((error.kind, Sent::No)),
            request_bytes: 0,
            response_bytes: 0,
            duration: Duration::ZERO,
        });
    }
}
