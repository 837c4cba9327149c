//! Errors as `application/problem+json` (RFC 9457), each with a code for programs and a text that says what to do.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{AccessError, KeyError};
use crate::commerce::types::{Error as Refusal, FieldProblem};
use crate::connection::ConnectionError;
use crate::plugin::{CallError, ChangeError};
use crate::queue::{QueueError, ScheduleError};
use crate::store::StoreError;

/// The body of an error.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// `urn:apiconnect:error:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The code in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What went wrong and what to do.
    detail: String,
    /// The code for programs.
    code: &'static str,
    /// Which fields are wrong, where it is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem with this status, code and text.
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:apiconnect:error:{code}"),
            title: title(code),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// A document whose fields are wrong.
    pub(super) fn invalid(errors: Vec<FieldProblem>) -> Self {
        let detail = Refusal::Invalid(errors.clone()).to_string();
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_document", detail);
        problem.errors = errors;
        problem
    }

    /// A document the queue gave no answer for, which it always does.
    pub(super) fn unanswered() -> Self {
        let text = "the host lost track of this line; send it again with the same key";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "host_failed", text)
    }

    /// The HTTP status.
    pub(super) const fn status(&self) -> u16 {
        self.status
    }

    /// A connection with more live questions than it may have.
    pub(super) fn busy_connection(name: &str) -> Self {
        let text = format!(
            "connection `{name}` has as many questions in progress as it may have; try again in a moment, or raise              limits.parallel.live in its file"
        );
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", text).retry_after(1)
    }

    /// Says when to try again, in seconds.
    #[must_use]
    pub(super) const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

fn title(code: &str) -> String {
    let mut words = code.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", format!("failed to {error}"))
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Store(error) => QueueError::Store(error).into(),
            KeyError::Invalid(problem) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_key", problem),
            KeyError::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "unknown_key", format!("failed to {error}")),
        }
    }
}

impl From<ConnectionError> for Problem {
    fn from(error: ConnectionError) -> Self {
        let (status, code) = match error {
            ConnectionError::Unknown { .. } => (StatusCode::NOT_FOUND, "unknown_connection"),
            ConnectionError::Broken { .. } => (StatusCode::SERVICE_UNAVAILABLE, "broken_connection"),
            ConnectionError::NoConnector { .. } => (StatusCode::SERVICE_UNAVAILABLE, "no_connector"),
        };
        Self::new(status, code, format!("failed to {error}"))
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = refusal.code();
        let status = match &refusal {
            Refusal::Invalid(problems) => return Self::invalid(problems.clone()),
            Refusal::NotSupported(_) => StatusCode::NOT_IMPLEMENTED,
            Refusal::Unauthorized(_) | Refusal::Internal(_) => StatusCode::BAD_GATEWAY,
            Refusal::NotFound(_) => StatusCode::NOT_FOUND,
            Refusal::Conflict(_) => StatusCode::CONFLICT,
            Refusal::NeedsMapping(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::RateLimited(wait) => {
                let seconds = wait.map_or(1, |millis| millis.div_ceil(1_000));
                return Self::new(StatusCode::SERVICE_UNAVAILABLE, code, refusal.to_string()).retry_after(seconds);
            }
            Refusal::Unavailable(_) | Refusal::NotSent(_) | Refusal::OutcomeUnknown(_) => {
                return Self::new(StatusCode::SERVICE_UNAVAILABLE, code, refusal.to_string()).retry_after(5);
            }
        };
        Self::new(status, code, refusal.to_string())
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(refusal) => refusal.into(),
            CallError::NotOffered { .. } => {
                Self::new(StatusCode::NOT_IMPLEMENTED, "not_supported", format!("failed to {error}"))
            }
            CallError::Deadline => Self::new(
                StatusCode::GATEWAY_TIMEOUT,
                "deadline",
                "the system did not answer in time; try again, or raise the connection's timeout_ms",
            ),
            CallError::Trap { text } => {
                // The text names files and addresses of the connector: it is the operator's, not the caller's.
                tracing::error!("{text}");
                Self::new(
                    StatusCode::BAD_GATEWAY,
                    "connector_failed",
                    "the connector failed; the host's log says why. Its vendor needs that text",
                )
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let detail = format!("failed to {error}");
        tracing::error!("{detail}");
        match error {
            // The folder's place is the operator's and not the caller's.
            StoreError::NoRoom { .. } => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "disk_nearly_full",
                "the host's disk is nearly full, so nothing more is taken in; what was taken in before goes on. Try \
                 again later",
            )
            .retry_after(60),
            StoreError::Busy(text) => Self::new(StatusCode::CONFLICT, "store_busy", text).retry_after(30),
            _ => {
                let text = "the host cannot write to its disk at the moment, so nothing was accepted; try again later";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_failed", text).retry_after(10)
            }
        }
    }
}

impl From<QueueError> for Problem {
    fn from(error: QueueError) -> Self {
        let detail = format!("failed to {error}");
        match error {
            QueueError::Store(error) => error.into(),
            QueueError::KeyReused { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail)
            }
            QueueError::Full { .. } => Self::new(StatusCode::TOO_MANY_REQUESTS, "queue_full", detail).retry_after(30),
            QueueError::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "unknown_job", detail),
            QueueError::NotNow { .. } => Self::new(StatusCode::CONFLICT, "job_state", detail),
        }
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        let detail = format!("failed to {error}");
        let (status, code) = match error {
            ChangeError::Store(error) => return QueueError::Store(error).into(),
            ChangeError::Unknown { .. } => (StatusCode::NOT_FOUND, "unknown_plugin"),
            ChangeError::NoVersion { .. } => (StatusCode::NOT_FOUND, "unknown_version"),
            ChangeError::NothingBefore(_) => (StatusCode::CONFLICT, "nothing_before"),
            ChangeError::AsksForMore(_) => (StatusCode::CONFLICT, "asks_for_more"),
            ChangeError::Load(_) => (StatusCode::UNPROCESSABLE_ENTITY, "unusable_plugin"),
        };
        Self::new(status, code, detail)
    }
}

impl From<ScheduleError> for Problem {
    fn from(error: ScheduleError) -> Self {
        let detail = format!("failed to {error}");
        match error {
            ScheduleError::Queue(error) => error.into(),
            ScheduleError::Invalid(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_schedule", detail),
            ScheduleError::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "unknown_schedule", detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nearly_full_disk_is_told_apart_from_a_broken_one() {
        let no_room = StoreError::NoRoom { folder: "/data/store".into(), free_mib: 3, min_mib: 256 };
        let response = Problem::from(QueueError::Store(no_room)).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "60");
        let broken = Problem::from(QueueError::Store(StoreError::Failed("at /data".to_owned())));
        assert_eq!((broken.status, broken.code), (503, "store_failed"));
        assert!(!broken.detail.contains("/data"), "places are for the operator");
    }
}
