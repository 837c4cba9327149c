//! Lanes: who must not wait for whom.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of work a call or a job is. Each lane has room of its own, so that a full one holds up nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// A shopper waits for the answer.
    Live,
    /// Documents of customers.
    Orders,
    /// Reference data and other work that runs by the clock.
    Sync,
    /// Many documents at once, which may take their time.
    Bulk,
}

impl Lane {
    /// The lanes that jobs stand in; `live` has none, because nobody waits for an answer over a restart.
    pub const DURABLE: [Self; 3] = [Self::Orders, Self::Sync, Self::Bulk];

    /// The word in the API, in metrics and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Orders => "orders",
            Self::Sync => "sync",
            Self::Bulk => "bulk",
        }
    }
}
