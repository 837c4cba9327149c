//! How patiently a connection's documents are carried, as plain data.

use std::time::Duration;

use crate::limits;

/// The rules of one connection. Where its file says nothing, the values of `limits` hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Attempts that may fail for a reason other than the system being away.
    pub attempts: u32,
    /// Times the connector may crash over one document.
    pub crashes: u32,
    /// How long a document is carried while the system is away.
    pub carry: Duration,
    /// How long a system that was cut off in the middle of a write is left alone before it is asked.
    pub settle: Duration,
    /// How often a look-up must come back empty before the document is sent again.
    pub lookups: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts: limits::ATTEMPTS_MAX,
            crashes: limits::CRASHES_MAX,
            carry: limits::CARRY_TIME,
            settle: limits::SETTLE_TIME,
            lookups: limits::EMPTY_LOOKUPS_MIN,
        }
    }
}

/// How many documents one call of the connector takes, and how long the first of them waits for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gathering {
    /// Documents at most.
    pub most: usize,
    /// How long the first one waits.
    pub wait: Duration,
}

impl Default for Gathering {
    fn default() -> Self {
        Self { most: 1, wait: Duration::ZERO }
    }
}

/// Everything the queue has to know of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Calls on their way at a time in the lanes `orders`, `sync` and `bulk`.
    pub parallel: [usize; 3],
    /// Documents that travel together.
    pub gathering: Gathering,
    /// How patiently they are carried.
    pub policy: Policy,
}

impl Terms {
    /// Terms under which so many orders are on their way at a time, and everything else is usual.
    #[must_use]
    pub fn with_orders(parallel: usize) -> Self {
        let bulk = (parallel / 2).max(1);
        Self { parallel: [parallel, 1, bulk], gathering: Gathering::default(), policy: Policy::default() }
    }
}
