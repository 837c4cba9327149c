//! What a call is made with.

use serde::de::DeserializeOwned;

use crate::types::{Error, RawContext};

/// What a call is made with: the connection, its settings, the time left.
#[derive(Debug)]
pub struct Context(RawContext);

impl Context {
    pub(crate) fn new(raw: RawContext) -> Self {
        Self(raw)
    }

    /// A context for native tests.
    #[must_use]
    pub fn for_test(settings: &str) -> Self {
        Self(RawContext {
            connection: "test".into(),
            settings: settings.into(),
            deadline_ms: 30_000,
            call_id: "call_test".into(),
            want_native: false,
        })
    }

    /// The connection's name.
    #[must_use]
    pub fn connection(&self) -> &str {
        &self.0.connection
    }

    /// The connection's settings, as JSON.
    #[must_use]
    pub fn settings_json(&self) -> &str {
        &self.0.settings
    }

    /// The connection's settings.
    ///
    /// # Errors
    /// `invalid` when they do not fit `T`; the host checks them against the connector's schema beforehand.
    pub fn settings<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.0.settings).map_err(|e| Error::invalid("settings", e.to_string()))
    }

    /// Milliseconds left for the call.
    #[must_use]
    pub fn deadline_ms(&self) -> u64 {
        self.0.deadline_ms
    }

    /// Names this call in logs.
    #[must_use]
    pub fn call_id(&self) -> &str {
        &self.0.call_id
    }

    /// Whether the system's own payload is wanted.
    #[must_use]
    pub fn wants_native(&self) -> bool {
        self.0.want_native
    }
}
