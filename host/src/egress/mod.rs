//! The way out: the only module that opens outbound sockets.
//!
//! An [`Outlet`] takes a connector's request through these steps: where it goes and whether that is granted
//! (`target`, `grant`), which headers it may carry (`headers`), whether it is its turn (`traffic`: `rate`,
//! `breaker`), who the connection is (`auth`: `signin` with `session` or `oauth`), a socket to a checked address
//! (`client`, `pool`, `resolver`, `address`, `dial`), the exchange (`socket`), and the answer without secrets
//! (`redact`). Every exchange is in the `log`.

mod address;
mod auth;
mod breaker;
mod client;
mod dial;
mod download;
mod error;
mod forward;
mod grant;
mod headers;
mod line;
mod log;
mod message;
mod oauth;
mod origin;
mod outlet;
mod pool;
mod probe;
mod rate;
mod redact;
mod resolver;
mod room;
mod scheme;
mod session;
mod settings;
mod signin;
mod socket;
mod target;
mod template;
mod traffic;

#[cfg(test)]
mod grant_tests;
#[cfg(test)]
mod outlet_tests;
#[cfg(test)]
mod signin_tests;
#[cfg(test)]
mod ssrf_tests;
#[cfg(test)]
mod target_tests;
#[cfg(test)]
mod test_server;
#[cfg(test)]
mod wire_tests;

pub use address::{Class, classify};
pub use auth::{Auth, sign_in_slots};
pub use breaker::{Circuit, FAILURES_TO_OPEN, OPEN_FIRST, OPEN_LONGEST, Pass, Verdict};
pub use download::Download;
pub use error::{EgressError, SendError, SendErrorKind, Sent};
pub use grant::{GrantError, Grants};
pub use log::LogEntry;
pub use message::{Request, Response};
pub use oauth::{TOKEN_LIFETIME_ASSUMED_MS, TOKEN_MARGIN_MS, TokenStyle};
pub use outlet::Outlet;
pub use probe::{Probe, ProbeStep};
pub use rate::{Bucket, Rate};
pub use redact::REDACTED_BYTES_MIN;
pub use resolver::{Resolve, ScriptedResolver, SystemResolver};
pub(crate) use room::{Held, Room};
pub use scheme::{ApplyHeader, Encode, Expired, From, Keep, LoginRequest, SessionScheme};
pub use settings::OutletSettings;
pub use signin::{LOGIN_HOLD_BACK, LOGIN_RETRY, RENEWAL_PAUSE};
pub use traffic::{RETRY_AFTER_MAX, Traffic};

use std::sync::Arc;

use dial::Dialer;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;

use crate::limits;
use crate::seam::Clock;

/// What all outlets share: the resolver, the public certificate authorities, the clock.
#[derive(Clone)]
pub struct Egress {
    resolver: Arc<dyn Resolve>,
    tls: TlsConnector,
    clock: Clock,
    #[cfg(test)]
    wire: Option<Arc<dial::Wire>>,
}

impl Egress {
    /// With the operating system's resolver.
    ///
    /// # Errors
    /// [`EgressError::CertificateAuthority`] when TLS cannot be set up.
    pub fn new(clock: Clock) -> Result<Self, EgressError> {
        Self::with_resolver(clock, Arc::new(SystemResolver))
    }

    /// With a resolver of your own.
    ///
    /// # Errors
    /// As for [`Egress::new`].
    pub fn with_resolver(clock: Clock, resolver: Arc<dyn Resolve>) -> Result<Self, EgressError> {
        Ok(Self {
            resolver,
            tls: dial::tls(None)?,
            clock,
            #[cfg(test)]
            wire: None,
        })
    }

    fn dialer(&self, tls: TlsConnector, private_network: bool) -> Dialer {
        Dialer {
            resolver: Arc::clone(&self.resolver),
            lookups: Arc::new(Semaphore::new(limits::LOOKUPS_PER_CONNECTION_MAX)),
            tls,
            private_network,
            #[cfg(test)]
            wire: self.wire.clone(),
        }
    }
}
