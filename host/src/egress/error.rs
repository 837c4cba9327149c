//! What can go wrong when a connection's way out is opened or used.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::grant::GrantError;
use crate::secret::VaultError;

/// Why a connection's outlet could not be opened: always something to fix in its configuration.
#[derive(Debug, Error)]
pub enum EgressError {
    /// The base URL cannot be used.
    #[error("use base URL `{url}`: {problem}")]
    BaseUrl {
        /// The URL as configured.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A line of the allow-list is not in the grammar.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The authentication names a secret slot that is not there.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The authentication or the connector's login scheme does not add up.
    #[error("set up authentication: {problem}")]
    Auth {
        /// What is wrong and where.
        problem: String,
    },
    /// The extra certificate authority cannot be read.
    #[error("read the extra certificate authority: {problem}")]
    CertificateAuthority {
        /// What is wrong with the PEM text.
        problem: String,
    },
    /// A default header is not a header.
    #[error("use default header `{name}`: {problem}")]
    Header {
        /// The header's name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl EgressError {
    pub(super) fn auth(problem: impl Into<String>) -> Self {
        Self::Auth { problem: problem.into() }
    }
}

/// What kind of failure an exchange ended in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SendErrorKind {
    /// Not granted, or not a proper request.
    Refused,
    /// No connection: name, address, TCP or TLS.
    Connect,
    /// The host could not sign in.
    Unauthorized,
    /// The time was over.
    Timeout,
    /// A limit was passed: bytes or headers, ours or the answer's.
    Limit,
    /// The connection broke during the exchange.
    Broken,
    /// Held back: the circuit is open, the rate is used up, or the system asked to wait.
    Held,
}

impl SendErrorKind {
    /// The word used in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Connect => "connect",
            Self::Unauthorized => "unauthorized",
            Self::Timeout => "timeout",
            Self::Limit => "limit",
            Self::Broken => "broken",
            Self::Held => "held",
        }
    }
}

/// Whether bytes of the request may have reached the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sent {
    /// Certainly nothing left.
    No,
    /// A socket got the request, or part of it; what the other side did with it is unknown.
    Maybe,
}

/// Why there is no answer. The text fits "failed to {error}" and may be shown to a connector.
#[derive(Clone, Debug, Error)]
#[error("{message}")]
pub struct SendError {
    /// The kind of failure.
    pub kind: SendErrorKind,
    /// Whether the request may have left.
    pub sent: Sent,
    /// The status with which the system refused the login, when it did.
    pub status: Option<u16>,
    /// How long to wait before trying again, when that is known.
    pub retry_after: Option<Duration>,
    /// What failed, for anybody.
    pub message: String,
    /// Addresses and library texts, for the operator's log only.
    cause: Option<Arc<str>>,
}

impl SendError {
    pub(super) fn new(kind: SendErrorKind, sent: Sent, message: impl Into<String>) -> Self {
        Self { kind, sent, status: None, retry_after: None, message: message.into(), cause: None }
    }

    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(SendErrorKind::Refused, Sent::No, message)
    }

    pub(super) fn because(mut self, cause: &dyn std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string().into());
        self
    }

    pub(super) fn after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The private cause, for the operator's log; never for a connector or an API client.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }
}
